/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What is written into a mail about its scan: what the sender wrote under
 * these names is gone, and nothing that was not scanned is called clean.
 */
#include "policy/scan_record.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"

static const char forged[] = "X-Virus-Scanned: by magic\r\n"
                             "Subject: hi\r\n"
                             "x-virus-status: Clean\r\n"
                             "X-Virus-Status: No\r\n"
                             "\r\n"
                             "text\r\n";

static struct assay__scan_record record;
static assay_message *message;

static void setup(void)
{
    assay__scan_record_init(&record);
    ck_assert_int_eq(assay_message_new_borrowed(forged, sizeof forged - 1, NULL,
                                                &message, NULL),
                     ASSAY_OK);
}

static void teardown(void)
{
    assay_message_free(&message);
}

static assay_verdict verdict(assay_status status, assay_reason reason,
                             const char *info)
{
    assay_verdict v = {.status = status,
                       .reason = reason,
                       .engine = "clamav",
                       .epoch = "1.4.6/27000",
                       .coverage = {10, 10, 1, 1, 0, 0}};

    (void)snprintf(v.info, sizeof v.info, "%s", info);
    return v;
}

static void scanned(assay_verdict v, bool is_whole)
{
    assay__scan_record_engine(&record, &v);
    assay__scan_record_add(&record, &v, is_whole);
}

static void check_mail(const char *headers)
{
    assay_bytes bytes;
    char want[1024];

    ck_assert_int_eq(
        assay__scan_record_set_headers(&record, "Assay 9.9", message, NULL),
        ASSAY_OK);
    ck_assert_int_eq(
        assay_message_bytes(message, ASSAY_RENDITION_CANONICAL, &bytes, NULL),
        ASSAY_OK);
    (void)snprintf(want, sizeof want, "Subject: hi\r\n%s\r\ntext\r\n", headers);
    ck_assert_msg(bytes.len == strlen(want) &&
                      memcmp(bytes.data, want, bytes.len) == 0,
                  "got %.*s, want %s", (int)bytes.len, bytes.data, want);
}

static const char *scanned_by(const char *status)
{
    static char headers[512];

    (void)snprintf(headers, sizeof headers,
                   "X-Virus-Scanned: Assay 9.9 (clamav 1.4.6/27000)\r\n"
                   "X-Virus-Status: %s\r\n",
                   status);
    return headers;
}

START_TEST(clean_mail_says_who_looked)
{
    scanned(verdict(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, ""), true);
    scanned(verdict(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, ""), true);
    check_mail(scanned_by("Clean"));
}
END_TEST

START_TEST(threat_is_named)
{
    scanned(verdict(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, ""), true);
    scanned(verdict(ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "Evil.Test"),
            true);
    check_mail(scanned_by("Infected (Evil.Test)"));
}
END_TEST

START_TEST(threat_in_a_part_counts)
{
    scanned(verdict(ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "Evil.Test"),
            false);
    check_mail(scanned_by("Infected (Evil.Test)"));
}
END_TEST

START_TEST(clean_part_does_not_make_a_clean_mail)
{
    scanned(verdict(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, ""), false);
    check_mail(scanned_by("Not scanned: no engine was asked"));
}
END_TEST

START_TEST(encrypted_is_not_clean)
{
    scanned(verdict(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, ""), true);
    scanned(verdict(ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED, "zip"),
            true);
    check_mail(scanned_by("Not scanned: encrypted"));
}
END_TEST

static const struct {
    assay_status status;
    assay_reason reason;
    const char *info, *want;
} nothing_seen[] = {
    {ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT, "error: timeout", "timeout"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_OVERLOAD, "error: x", "overload"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_NONE, "error: x", "error"},
    {ASSAY_STATUS_SKIPPED, ASSAY_REASON_NONE, "skipped", "skipped"},
    {ASSAY_STATUS_SKIPPED, ASSAY_REASON_NONE, "bypassed", "bypassed"},
    {ASSAY_STATUS_NO_ENGINE, ASSAY_REASON_NONE, "", "no engine was asked"},
};

START_TEST(what_was_not_looked_at_says_why)
{
    char want[128];

    scanned(verdict(nothing_seen[_i].status, nothing_seen[_i].reason,
                    nothing_seen[_i].info),
            true);
    (void)snprintf(want, sizeof want, "X-Virus-Status: Not scanned: %s\r\n",
                   nothing_seen[_i].want);
    check_mail(want);
}
END_TEST

START_TEST(many_engines_fit_or_are_left_out)
{
    assay_verdict v = verdict(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, "");

    for (int i = 0; i < 100; i++) {
        (void)snprintf(v.engine, sizeof v.engine, "engine%d", i);
        scanned(v, true);
    }
    ck_assert_uint_lt(strlen(record.engines), sizeof record.engines);
    ck_assert_int_eq(
        assay__scan_record_set_headers(&record, "Assay 9.9", message, NULL),
        ASSAY_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan record");
    TCase *tcase = tcase_create("headers");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, clean_mail_says_who_looked);
    tcase_add_test(tcase, threat_is_named);
    tcase_add_test(tcase, threat_in_a_part_counts);
    tcase_add_test(tcase, clean_part_does_not_make_a_clean_mail);
    tcase_add_test(tcase, encrypted_is_not_clean);
    tcase_add_loop_test(tcase, what_was_not_looked_at_says_why, 0,
                        sizeof nothing_seen / sizeof *nothing_seen);
    tcase_add_test(tcase, many_engines_fit_or_are_left_out);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
