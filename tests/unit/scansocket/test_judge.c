/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which way bytes are scanned, and whose verdict counts. The library's two
 * calls are wrapped: each is counted and answers what the case says.
 */
#include "judge.h"

#include <check.h>
#include <string.h>

#include "check_run.h"

void __wrap_assay_scan(assay *library, assay_message *message,
                       const char *engine, assay_verdict *verdict_out);
void __wrap_assay_scan_bytes(assay *library, const void *data, size_t size,
                             const char *file_name, assay_verdict *verdict_out);

static struct assay__budget budget;
static struct assay__scan_settings settings;
static struct assay__client client;
static struct assay__stream stream;
static assay_verdict verdict;

static assay_status mail_status, bytes_status;
static int mails, others;
static size_t other_size;
static char mail[512]; /* the last message */
static size_t mail_len;
static size_t used; /* of the budget, during the scan of a mail */

void __wrap_assay_scan(assay *library, assay_message *message,
                       const char *engine, assay_verdict *verdict_out)
{
    assay_bytes bytes;

    (void)library;
    ck_assert_ptr_null(engine);
    ck_assert_int_eq(
        assay_message_bytes(message, ASSAY_RENDITION_RECEIVED, &bytes, NULL),
        ASSAY_OK);
    ck_assert_uint_le(bytes.len, sizeof mail);
    if (bytes.len > 0)
        memcpy(mail, bytes.data, bytes.len);
    mail_len = bytes.len;
    used = budget.used;
    mails++;
    *verdict_out = (assay_verdict){.status = mail_status, .info = "mail"};
}

void __wrap_assay_scan_bytes(assay *library, const void *data, size_t size,
                             const char *file_name, assay_verdict *verdict_out)
{
    (void)library;
    (void)data;
    ck_assert_ptr_null(file_name);
    other_size = size;
    others++;
    *verdict_out = (assay_verdict){.status = bytes_status, .info = "bytes"};
}

static void setup(void)
{
    assay__budget_init(&budget, 1 << 20);
    settings = (struct assay__scan_settings){
        .max_size = 1 << 16, .content = ASSAY__SCAN_CONTENT_ANY};
    client = (struct assay__client){.settings = &settings, .budget = &budget};
    assay__stream_init(&stream, &budget, 1 << 16);
    mail_status = bytes_status = ASSAY_STATUS_CLEAN;
    mails = others = 0;
    memset(&verdict, 0xff, sizeof verdict);
}

static void teardown(void)
{
    assay__stream_fini(&stream);
    ck_assert_uint_eq(budget.used, 0);
}

static void judge(const char *text)
{
    ck_assert_int_eq(assay__stream_add(&stream, text, strlen(text), NULL),
                     ASSAY_OK);
    assay__judge_bytes(&client, &stream, &verdict);
}

START_TEST(bytes_are_scanned_as_bytes)
{
    judge("hello");
    ck_assert_int_eq(mails, 0);
    ck_assert_int_eq(others, 1);
    ck_assert_uint_eq(other_size, 5);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_CLEAN);
}
END_TEST

START_TEST(what_looks_like_a_mail_is_scanned_both_ways)
{
    judge("From x\r\nTo: a\r\n\r\nhello\r\n");
    ck_assert_int_eq(mails, 1);
    ck_assert_uint_eq(mail_len, 16);
    ck_assert_mem_eq(mail, "To: a\r\n\r\nhello\r\n", 16);
    ck_assert_int_eq(others, 1);
    ck_assert_uint_eq(other_size, 24);
}
END_TEST

START_TEST(mail_with_lf_gets_crlf_and_is_counted)
{
    judge("To: a\n\nhello\n");
    ck_assert_uint_eq(mail_len, 16);
    ck_assert_mem_eq(mail, "To: a\r\n\r\nhello\r\n", 16);
    ck_assert_uint_eq(used, stream.cap + mail_len);
}
END_TEST

START_TEST(no_room_for_the_copy_is_an_error)
{
    assay__budget_init(&budget, 4096);
    judge("To: a\n\nhello\n");
    ck_assert_int_eq(mails, 0);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_MEMORY);
}
END_TEST

START_TEST(listener_for_mail_scans_a_mail_once)
{
    settings.content = ASSAY__SCAN_CONTENT_MAIL;
    judge("To: a\r\n\r\nhello\r\n");
    ck_assert_int_eq(mails, 1);
    ck_assert_int_eq(others, 0);
}
END_TEST

static const char *const doubtful[] = {" To: a\r\n\r\n", "\r\nTo: a\r\n\r\n",
                                       "MZ\x90", "no header\r\n"};

START_TEST(listener_for_mail_scans_what_is_doubtful_both_ways)
{
    settings.content = ASSAY__SCAN_CONTENT_MAIL;
    judge(doubtful[_i]);
    ck_assert_int_eq(mails, 1);
    ck_assert_int_eq(others, 1);
}
END_TEST

START_TEST(nothing_is_scanned_as_bytes)
{
    settings.content =
        _i == 0 ? ASSAY__SCAN_CONTENT_ANY : ASSAY__SCAN_CONTENT_MAIL;
    judge("");
    ck_assert_int_eq(mails, 0);
    ck_assert_int_eq(others, 1);
    ck_assert_uint_eq(other_size, 0);
}
END_TEST

static const struct {
    assay_status mail, bytes;
    const char *want; /* whose verdict counts */
} pairs[] = {
    {ASSAY_STATUS_CLEAN, ASSAY_STATUS_CLEAN, "mail"},
    {ASSAY_STATUS_CLEAN, ASSAY_STATUS_INFECTED, "bytes"},
    {ASSAY_STATUS_CLEAN, ASSAY_STATUS_UNSCANNABLE, "bytes"},
    {ASSAY_STATUS_CLEAN, ASSAY_STATUS_ERROR, "bytes"},
    {ASSAY_STATUS_CLEAN, ASSAY_STATUS_NOT_SUITABLE, "bytes"},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_STATUS_CLEAN, "mail"},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_STATUS_ERROR, "bytes"},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_STATUS_INFECTED, "bytes"},
    {ASSAY_STATUS_ERROR, ASSAY_STATUS_CLEAN, "mail"},
    {ASSAY_STATUS_ERROR, ASSAY_STATUS_INFECTED, "bytes"},
    {ASSAY_STATUS_INFECTED, ASSAY_STATUS_CLEAN, "mail"},
    {ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_CLEAN, "mail"},
};

START_TEST(worse_verdict_counts)
{
    mail_status = pairs[_i].mail;
    bytes_status = pairs[_i].bytes;
    judge("To: a\r\n\r\n");
    ck_assert_str_eq(verdict.info, pairs[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("judge");
    TCase *tcase = tcase_create("judge");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, bytes_are_scanned_as_bytes);
    tcase_add_test(tcase, what_looks_like_a_mail_is_scanned_both_ways);
    tcase_add_test(tcase, mail_with_lf_gets_crlf_and_is_counted);
    tcase_add_test(tcase, no_room_for_the_copy_is_an_error);
    tcase_add_test(tcase, listener_for_mail_scans_a_mail_once);
    tcase_add_loop_test(tcase,
                        listener_for_mail_scans_what_is_doubtful_both_ways, 0,
                        (int)(sizeof doubtful / sizeof *doubtful));
    tcase_add_loop_test(tcase, nothing_is_scanned_as_bytes, 0, 2);
    tcase_add_loop_test(tcase, worse_verdict_counts, 0,
                        (int)(sizeof pairs / sizeof *pairs));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
