/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the sender reads about a message that an automatic scan did not let in:
 * our fault is called ours, and what the message is refused for is named.
 */
#include "policy/outcome.h"

#include <check.h>
#include <stdio.h>

#include "check_run.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct {
    assay_status status;
    assay_reason reason;
    const char *info;
    struct assay__scope_options options;
    int code;
    const char *enhanced, *text;
} answers[] = {
    {ASSAY_STATUS_INFECTED,
     ASSAY_REASON_NONE,
     "Worm",
     {.error_code = 451},
     550,
     "5.7.1",
     "Message refused: infected by Worm"},
    {ASSAY_STATUS_UNSCANNABLE,
     ASSAY_REASON_LIMIT,
     "error: unscannable: x",
     {.error_code = 451},
     550,
     "5.7.1",
     "Message refused: it could not be scanned (limit)"},
    {ASSAY_STATUS_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED,
     "error: unscannable: x",
     {.error_code = 451, .on_encrypted = ASSAY__ANSWER_TEMPFAIL},
     451,
     "4.7.1",
     "Message deferred: it could not be scanned (encrypted)"},
    {ASSAY_STATUS_UNSCANNABLE,
     ASSAY_REASON_OVERSIZE,
     "error: unscannable: x",
     {.error_code = 554, .on_oversize = ASSAY__ANSWER_TEMPFAIL},
     451,
     "4.7.1",
     "Message deferred: it could not be scanned (oversize)"},
    {ASSAY_STATUS_ERROR,
     ASSAY_REASON_TIMEOUT,
     "error: x",
     {.error_code = 451},
     451,
     "4.3.0",
     "Local error in processing: message not scanned"},
    {ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE,
     "error: x",
     {.error_code = 554},
     554,
     "5.3.0",
     "Local error in processing: message not scanned"},
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, "", {.error_code = 451}, 0, "", ""},
};

START_TEST(the_sender_is_told_what_is_true)
{
    const struct assay__scope scope = {.name = "av"};
    const struct assay__engine_instance engine = {.options =
                                                      answers[_i].options};
    assay_verdict verdict = {.status = answers[_i].status,
                             .reason = answers[_i].reason};
    assay_disposition got;

    (void)snprintf(verdict.info, sizeof verdict.info, "%s", answers[_i].info);
    assay__outcome_disposition(&scope, &engine, &verdict, &got);
    ck_assert_int_eq(got.code, answers[_i].code);
    ck_assert_str_eq(got.enhanced, answers[_i].enhanced);
    ck_assert_str_eq(got.text, answers[_i].text);
    ck_assert_str_eq(got.module, got.code ? "antivirus:av" : "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outcome");
    TCase *tcase = tcase_create("answers");

    tcase_add_loop_test(tcase, the_sender_is_told_what_is_true, 0,
                        COUNT(answers));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
