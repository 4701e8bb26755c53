/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Readings of hostile mail: bounds hold, what is cut off is told, and the work
 * grows with the size of the mail and not with its square (C13 of the faults).
 */
#include <assay/verdict.h>

#include "base/clock.h"
#include "base/sizes.h"
#include "base/strbuf.h"
#include "check_run.h"
#include "mail/readings_priv.h"
#include "mail_test.h"

static struct assay__strbuf mail;
static assay_message *message;
static struct assay__readings *readings;

static void setup(void)
{
    assay__strbuf_init(&mail, (size_t)64 << 20);
}

static void teardown(void)
{
    assay__readings_free(&readings);
    assay_message_free(&message);
    assay__strbuf_fini(&mail);
}

static void add(const char *text)
{
    ck_assert_int_eq(assay__strbuf_adds(&mail, text), ASSAY_OK);
}

/* "%d" in the text, if any, becomes 0, 1, … */
static void repeat(const char *text, int count)
{
    const char *number = strstr(text, "%d");

    for (int i = 0; i < count; i++) {
        if (number) {
            ck_assert_int_eq(
                assay__strbuf_add(&mail, text, (size_t)(number - text)),
                ASSAY_OK);
            ck_assert_int_eq(assay__strbuf_addf(&mail, "%d", i), ASSAY_OK);
            add(number + 2);
        } else {
            add(text);
        }
    }
}

static void read_mail(const struct assay__reading_bounds *bounds)
{
    message = message_over((assay_bytes){mail.data, mail.len}, NULL);
    ck_assert_int_eq(assay__readings_new(message, bounds, &readings, NULL),
                     ASSAY_OK);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static const struct {
    const char *head;
    const char *text; /* repeated */
    int count;
    bool is_cut;
} hostile[] = {
    {MIXED, "--b\r\n\r\nx%d\r\n", 20000, true},
    {MIXED, "--b\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n", 4000, true},
    {"Content-Type: multipart/mixed", ";\r\n boundary*%d=a", 100000, true},
    {"Content-Type: multipart/mixed", "; boundary=b%d", 10000, true},
    {"Content-Type: text/plain", ";\r\n name*%d=a", 100000, true},
    {"", "Content-Type: multipart/mixed; boundary=b%d\r\n", 1000, true},
    {"", "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", 10000,
     true},
    {"", "Content-Type: message/rfc822\r\n\r\n", 30000, true},
    {"\r\n", "begin 644 a%d\r\n#86)C\r\n", 20000, false},
    {"\r\n", "begin 644 a\r\n!%d\r\nend\r\n", 20000, false},
    {"\r\n", "=ybegin line=1 name=a\r\n%d\r\n", 30000, true},
    {"\r\n", "(This file must be converted with BinHex 4.0)\r\n\r\n:abc%d\r\n",
     18000, true},
    {"\r\n", "Content-Type: text/plain\r\n\r\nx%d\r\n", 10000, true},
    {"\r\n", "--b%d\r\nContent-Type: text/plain\r\n\r\nx\r\n", 5000, true},
    {"Content-Transfer-Encoding: base64\r\n\r\n", "QUJ=REVG!\r\n", 90000,
     false},
    {"Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=x=aZ= \r\n",
     100000, false},
    {MIXED "--b\r\n\r\n", "--\r\n", 200000, false},
};

START_TEST(hostile_mail_is_read_within_bounds)
{
    size_t work;

    add(hostile[_i].head);
    repeat(hostile[_i].text, hostile[_i].count);
    read_mail(NULL);
    work = ASSAY__READINGS_WORK_FACTOR * (mail.len < ASSAY__READINGS_WORK_MIN
                                              ? ASSAY__READINGS_WORK_MIN
                                              : mail.len);
    ck_assert_uint_le(readings->work_left, work);
    ck_assert_uint_le(readings->walks, ASSAY__READINGS_TREES);
    ck_assert_uint_le(readings->document_count, ASSAY__READINGS_TREES);
    ck_assert_uint_le(readings->count, ASSAY__READINGS_LEAVES);
    ck_assert_msg((assay__readings_limits(readings) != 0) == hostile[_i].is_cut,
                  "case %d: limits %#x", _i,
                  (unsigned)assay__readings_limits(readings));
}
END_TEST

/* The work of twice the mail is about twice the work. */
START_TEST(work_grows_with_the_size)
{
    size_t left[2];

    for (int round = 0; round < 2; round++) {
        add("\r\n");
        repeat("begin 644 a\r\n#86)C\r\nend\r\n", 5000 * (round + 1));
        read_mail(NULL);
        ck_assert_uint_eq(assay__readings_limits(readings), 0);
        left[round] = ASSAY__READINGS_WORK_FACTOR * ASSAY__READINGS_WORK_MIN -
                      readings->work_left;
        teardown();
        setup();
    }
    ck_assert_uint_le(left[1], 2 * left[0] + left[0] / 2);
}
END_TEST

/* ---- bounds of the caller -------------------------------------------------
 */

START_TEST(leaves_are_bounded)
{
    const struct assay__reading_bounds bounds = {.max_leaves = 5};

    add("\r\n");
    repeat("begin 644 a\r\n#8%d)C\r\nend\r\n", 9);
    read_mail(&bounds);
    ck_assert_uint_le(assay__readings_count(readings), 5);
    ck_assert_uint_eq(assay__readings_limits(readings), ASSAY_LIMIT_FILES);
}
END_TEST

START_TEST(decoded_bytes_are_bounded)
{
    const struct assay__reading_bounds bounds = {.max_decoded_bytes = 20};

    add("\r\n");
    repeat("begin 644 a\r\n#8%d)C\r\nend\r\n", 9);
    read_mail(&bounds);
    ck_assert_uint_eq(assay__readings_limits(readings), ASSAY_LIMIT_SCAN_SIZE);
}
END_TEST

START_TEST(trees_are_bounded)
{
    const struct assay__reading_bounds bounds = {.max_readings = 2};

    add("Content-Type: multipart/mixed; boundary=a; boundary=b; boundary=c;"
        " boundary=d\r\n\r\n");
    read_mail(&bounds);
    ck_assert_uint_eq(readings->walks, 2);
    ck_assert_uint_eq(assay__readings_limits(readings), ASSAY_LIMIT_PARTS);
}
END_TEST

START_TEST(a_deadline_that_passed_is_told)
{
    const struct assay__reading_bounds bounds = {.deadline_ms =
                                                     assay__clock_ms() - 1};

    add("Content-Type: text/plain\r\n\r\nx\r\n");
    read_mail(&bounds);
    ck_assert_uint_eq(assay__readings_limits(readings), ASSAY_LIMIT_TIME);
}
END_TEST

START_TEST(a_message_that_is_not_finished_has_no_readings)
{
    ck_assert_int_eq(assay_message_new(NULL, &message, NULL), ASSAY_OK);
    ck_assert_int_eq(assay__readings_new(message, NULL, &readings, NULL),
                     ASSAY_E_STATE);
    ck_assert_ptr_null(readings);
    ck_assert(!assay__readings_agree(message));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reading_bounds");
    TCase *tcase = tcase_create("bounds");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120); /* sanitizers on a busy machine */
    tcase_add_loop_test(tcase, hostile_mail_is_read_within_bounds, 0,
                        (int)ASSAY_COUNT_OF(hostile));
    tcase_add_test(tcase, work_grows_with_the_size);
    tcase_add_test(tcase, leaves_are_bounded);
    tcase_add_test(tcase, decoded_bytes_are_bounded);
    tcase_add_test(tcase, trees_are_bounded);
    tcase_add_test(tcase, a_deadline_that_passed_is_told);
    tcase_add_test(tcase, a_message_that_is_not_finished_has_no_readings);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
