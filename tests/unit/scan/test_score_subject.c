/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/sizes.h"
#include "check_run.h"
#include "scan/score_subject.h"

#define HEADER "From: a@example.org\r\nSubject: x\r\n\r\n"

static const char mail[] = HEADER ".line\r\nsecond\r\n";

static struct assay__scorer_options options;
static const struct assay__score_client nobody;
static assay_message *message;
static assay_score_subject subject;

static void setup(void)
{
    options = (struct assay__scorer_options){.use_wire_rep = true};
    ck_assert_int_eq(
        assay_message_new_borrowed(mail, sizeof mail - 1, NULL, &message, NULL),
        ASSAY_OK);
    subject = (assay_score_subject){0};
}

static void teardown(void)
{
    assay__score_subject_fini(&subject);
    assay_message_free(&message);
}

static void make(const struct assay__score_client *client)
{
    ck_assert_int_eq(
        assay__score_subject_init(&options, message, client, &subject, NULL),
        ASSAY_OK);
}

static void assert_body(const char *want)
{
    size_t len = sizeof HEADER - 1;

    ck_assert_uint_eq(subject.size, len + strlen(want));
    ck_assert_mem_eq((const char *)subject.data + len, want, strlen(want));
}

/* CM-10: as received, dot-stuffed, without the terminating line. */
START_TEST(wire_is_stuffed)
{
    make(&nobody);
    assert_body("..line\r\nsecond\r\n");
}
END_TEST

START_TEST(canonical_is_not_stuffed_and_has_edits)
{
    static const char want[] = "X-A: 1\r\n\r\n.line\r\nsecond\r\n";
    size_t len = sizeof want - 1;

    options.use_wire_rep = false;
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_APPEND, "X-A", "1", NULL),
        ASSAY_OK);
    make(&nobody);
    ck_assert_mem_eq((const char *)subject.data + subject.size - len, want,
                     len);
}
END_TEST

START_TEST(wire_has_no_edits)
{
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_APPEND, "X-A", "1", NULL),
        ASSAY_OK);
    make(&nobody);
    ck_assert_ptr_null(memmem(subject.data, subject.size, "X-A", 3));
}
END_TEST

/* CM-08 */
START_TEST(cuts_the_body_and_keeps_the_header)
{
    options.max_body_length = 4;
    make(&nobody);
    assert_body("..li");
    ck_assert(subject.is_cut);
}
END_TEST

START_TEST(a_body_of_just_the_length_is_whole)
{
    options.max_body_length = strlen("..line\r\nsecond\r\n");
    make(&nobody);
    assert_body("..line\r\nsecond\r\n");
    ck_assert(!subject.is_cut);
}
END_TEST

/* CM-36: there is no array of fixed size anywhere. */
START_TEST(lists_all_recipients)
{
    char address[64];

    for (int i = 0; i < 1000; i++) {
        (void)snprintf(address, sizeof address, "user%d@example.org", i);
        ck_assert_int_eq(assay_message_add_recipient(message, address, NULL),
                         ASSAY_OK);
    }
    make(&nobody);
    ck_assert_uint_eq(subject.recipient_count, 1000);
    ck_assert_str_eq(subject.recipients[999], "user999@example.org");
    ck_assert_ptr_null(subject.recipients[1000]);
}
END_TEST

static const struct {
    const char *text, *want;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"IPv6:2001:db8::1", "2001:db8::1"},
    {"2001:db8::1", "2001:db8::1"},
    {"ipv6:::1", "::1"},
    {"192.0.2", ""},
    {"example.org", ""},
    {"192.0.2.1 x", ""},
    {"IPv6:", ""},
    {"", ""},
    {NULL, ""},
};

START_TEST(address_is_one_in_numbers)
{
    ck_assert_str_eq(assay__score_address(addresses[_i].text),
                     addresses[_i].want);
}
END_TEST

START_TEST(knows_the_client)
{
    const struct assay__score_client client = {
        .address = "192.0.2.7", .host = "mx.example.org", .helo = "mx"};

    assay_message_set_id(message, "4ABC");
    make(&client);
    ck_assert_str_eq(subject.client_address, "192.0.2.7");
    ck_assert_str_eq(subject.client_host, "mx.example.org");
    ck_assert_str_eq(subject.helo, "mx");
    ck_assert_str_eq(subject.queue_id, "4ABC");
    ck_assert_str_eq(subject.sender, "");
}
END_TEST

START_TEST(an_unfinished_message_has_no_subject)
{
    assay_message *unfinished = NULL;

    ck_assert_int_eq(assay_message_new(NULL, &unfinished, NULL), ASSAY_OK);
    ck_assert_int_eq(assay__score_subject_init(&options, unfinished, &nobody,
                                               &subject, NULL),
                     ASSAY_E_STATE);
    assay_message_free(&unfinished);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score_subject");
    TCase *tcase = tcase_create("score_subject");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, wire_is_stuffed);
    tcase_add_test(tcase, canonical_is_not_stuffed_and_has_edits);
    tcase_add_test(tcase, wire_has_no_edits);
    tcase_add_test(tcase, cuts_the_body_and_keeps_the_header);
    tcase_add_test(tcase, a_body_of_just_the_length_is_whole);
    tcase_add_test(tcase, lists_all_recipients);
    tcase_add_loop_test(tcase, address_is_one_in_numbers, 0,
                        ASSAY_COUNT_OF(addresses));
    tcase_add_test(tcase, knows_the_client);
    tcase_add_test(tcase, an_unfinished_message_has_no_subject);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
