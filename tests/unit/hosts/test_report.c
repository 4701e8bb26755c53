/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Lines for people, JSON, sums, exit status, and the progress bar.
 */
#include "hosts/cli/report.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/cli/command.h"
#include "hosts/cli/progress.h"
#include "check_run.h"

static const struct assay__outcome clean = {
    .verdict = {.status = ASSAY_STATUS_CLEAN,
                .engine = "clamav1",
                .scope = "av",
                .scan_code = "OK",
                .epoch = "clamav 1.0.9 daily 1",
                .coverage = {.bytes_seen = 10,
                             .bytes_total = 10,
                             .parts_seen = 2,
                             .parts_total = 2},
                .elapsed_us = 1250},
};

static const struct assay__outcome infected = {
    .verdict = {.status = ASSAY_STATUS_INFECTED,
                .info = "Test.Sample",
                .engine = "clamav1"},
};

static const struct assay__outcome unscannable = {
    .verdict = {.status = ASSAY_STATUS_UNSCANNABLE,
                .reason = ASSAY_REASON_LIMIT,
                .info = "Heuristics.Limits",
                .engine = "clamav1",
                .coverage = {.limits_hit =
                                 ASSAY_LIMIT_FILES | ASSAY_LIMIT_OTHER,
                             .members_unopened = 3}},
};

static const struct assay__outcome failed_scan = {
    .verdict = {.status = ASSAY_STATUS_ERROR, .reason = ASSAY_REASON_TIMEOUT},
};

static void check_line(const char *name, const struct assay__outcome *outcome,
                       size_t *columns, const char *want)
{
    char *got = assay__report_text(name, outcome, columns);

    ck_assert_ptr_nonnull(got);
    ck_assert_str_eq(got, want);
    free(got);
}

/* ---- text -------------------------------------------------------------- */

START_TEST(text_is_lined_up)
{
    size_t columns = 0;

    check_line("a.eml", &clean, &columns,
               "a.eml:                    clean       "
               "                                      clamav1\n");
    check_line("b.eml", &infected, &columns,
               "b.eml:                    infected     "
               "Test.Sample                          clamav1\n");
    check_line("a-name-of-just-thirty-letters!", &failed_scan, &columns,
               "a-name-of-just-thirty-letters!: error        timeout\n");
    check_line("c.eml", &unscannable, &columns,
               "c.eml:                          unscannable  "
               "limit: Heuristics.Limits             clamav1\n");
}
END_TEST

/* The info of a verdict stands alone in logs and answers; beside the columns
 * of status and reason it would say the same twice. */
static const struct once_case {
    assay_status status;
    assay_reason reason;
    const char *info, *want;
} once_cases[] = {
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_OVERSIZE,
     "error: unscannable: 9 bytes", "unscannable  oversize: 9 bytes\n"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT, "error: timeout after 5s",
     "error        timeout after 5s\n"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_CRASHED, "error: crashed",
     "error        crashed\n"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_LIMIT, "error: limits of all",
     "error        limit: limits of all\n"},
    {ASSAY_STATUS_NOT_SUITABLE, ASSAY_REASON_NONE, "error: not suitable: a",
     "not-suitable a\n"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_NONE, "error in line 3",
     "error        error in line 3\n"},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "error: a name",
     "infected     error: a name\n"},
};

START_TEST(text_says_nothing_twice)
{
    static const char name[] = "twenty-four-columns-wide";
    const struct once_case *c = &once_cases[_i];
    struct assay__outcome outcome = {
        .verdict = {.status = c->status, .reason = c->reason}};
    char want[100];
    size_t columns = 0;

    (void)snprintf(outcome.verdict.info, sizeof outcome.verdict.info, "%s",
                   c->info);
    (void)snprintf(want, sizeof want, "%s: %s", name, c->want);
    check_line(name, &outcome, &columns, want);
}
END_TEST

START_TEST(column_of_paths_has_a_bound)
{
    char name[201] = "", want[300];
    size_t columns = 0;

    memset(name, 'n', sizeof name - 1);
    (void)snprintf(want, sizeof want, "%s: error        timeout\n", name);
    check_line(name, &failed_scan, &columns, want);
    ck_assert_uint_eq(columns, ASSAY__REPORT_PATH_COLUMNS_MAX);
}
END_TEST

START_TEST(name_cannot_make_a_line_of_its_own)
{
    size_t columns = 0;

    check_line("x\ny.eml: clean\x1b[2K", &failed_scan, &columns,
               "x\\ny.eml: clean\\x1b[2K:   error        timeout\n");
    check_line(NULL, &failed_scan, &columns,
               "(out of memory):          error        timeout\n");
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error_of_input)
{
    struct assay__outcome outcome;
    size_t columns = 0;

    assay__judge_unreadable("Permission denied", &outcome);
    check_line("x", &outcome, &columns,
               "x:                        error        "
               "input: Permission denied\n");
}
END_TEST

static struct assay__outcome rejected(void)
{
    struct assay__outcome outcome = infected;

    outcome.has_answer = true;
    outcome.answer = (struct assay__answer){
        .phase = ASSAY_PHASE_DATA,
        .disposition = {.action = ASSAY_ACTION_REJECT,
                        .code = 550,
                        .enhanced = "5.7.1",
                        .text = "virus \xff found",
                        .module = "antivirus av"},
        .edits = json_pack("[{ss ss ss}]", "kind", "append", "name", "X-A",
                           "value", "yes"),
    };
    return outcome;
}

START_TEST(text_shows_the_answer_of_the_policy)
{
    struct assay__outcome outcome = rejected();
    char *got;
    size_t columns = 0;

    (void)snprintf(outcome.answer.disposition.text,
                   sizeof outcome.answer.disposition.text, "virus found");
    got = assay__report_text("x", &outcome, &columns);
    ck_assert_msg(strstr(got, " clamav1; reject at data: 550 5.7.1 virus found "
                              "[antivirus av], 1 header edit\n"),
                  "got %s", got);
    free(got);
    assay__outcome_fini(&outcome);
}
END_TEST

/* ---- JSON -------------------------------------------------------------- */

/* The line parsed; it must be one line of ASCII. */
static json_t *parse(const char *name, const struct assay__outcome *outcome)
{
    char *line = assay__report_json(name, outcome);
    json_error_t error;
    json_t *object;
    size_t len;

    ck_assert_ptr_nonnull(line);
    len = strlen(line);
    ck_assert_ptr_eq(strchr(line, '\n'), line + len - 1);
    for (size_t i = 0; i + 1 < len; i++)
        ck_assert_msg(line[i] >= 0x20 && line[i] <= 0x7f, "byte %zu of %s", i,
                      line);
    object = json_loads(line, 0, &error);
    ck_assert_msg(object != NULL, "%s: %s", error.text, line);
    free(line);
    return object;
}

START_TEST(json_has_the_full_verdict)
{
    char *line = assay__report_json("a.eml", &clean);

    ck_assert_str_eq(
        line,
        "{\"path\":\"a.eml\",\"status\":\"clean\",\"reason\":\"\",\"info\":"
        "\"\",\"engine\":\"clamav1\",\"scope\":\"av\",\"scan_code\":\"OK\","
        "\"epoch\":\"clamav 1.0.9 daily 1\",\"elapsed_ms\":1.25,"
        "\"coverage\":{\"bytes_seen\":10,\"bytes_total\":10,\"parts_seen\":2,"
        "\"parts_total\":2,\"limits\":[],\"members_unopened\":0}}\n");
    free(line);
}
END_TEST

START_TEST(json_names_limits)
{
    json_t *object = parse("a.eml", &unscannable);
    json_t *limits =
        json_object_get(json_object_get(object, "coverage"), "limits");

    ck_assert_uint_eq(json_array_size(limits), 2);
    ck_assert_str_eq(json_string_value(json_array_get(limits, 0)), "files");
    ck_assert_str_eq(json_string_value(json_array_get(limits, 1)), "other");
    json_decref(object);
}
END_TEST

START_TEST(json_is_valid_whatever_the_bytes)
{
    struct assay__outcome outcome = infected;
    char name[256];
    json_t *object;

    for (int i = 0; i < 255; i++)
        name[i] = outcome.verdict.info[i] = (char)(i + 1);
    name[255] = outcome.verdict.info[255] = '\0';
    object = parse(name, &outcome);
    /* 127 bytes of ASCII as they are, then each other byte replaced */
    ck_assert_uint_eq(json_string_length(json_object_get(object, "path")),
                      127 + 128 * 3);
    ck_assert_uint_eq(json_string_length(json_object_get(object, "info")),
                      127 + 128 * 3);
    json_decref(object);
}
END_TEST

START_TEST(json_tells_what_cannot_be_read)
{
    struct assay__outcome outcome;
    json_t *object;

    assay__judge_unreadable("Permission denied", &outcome);
    object = parse("x", &outcome);
    ck_assert_str_eq(json_string_value(json_object_get(object, "status")),
                     "error");
    ck_assert_str_eq(json_string_value(json_object_get(object, "reason")),
                     "input");
    ck_assert_str_eq(json_string_value(json_object_get(object, "info")),
                     "Permission denied");
    ck_assert_ptr_null(json_object_get(object, "disposition"));
    json_decref(object);
}
END_TEST

START_TEST(json_has_the_disposition)
{
    struct assay__outcome outcome = rejected();
    json_t *object, *want, *got;

    memcpy(outcome.answer.score, "12.5", 5);
    object = parse("x", &outcome);
    want = json_pack("{ss ss si ss ss ss sb s[{ss ss ss}] ss}", "action",
                     "reject", "phase", "data", "code", 550, "enhanced",
                     "5.7.1", "text", "virus \xef\xbf\xbd found", "module",
                     "antivirus av", "disconnect", 0, "edits", "kind", "append",
                     "name", "X-A", "value", "yes", "score", "12.5");
    got = json_object_get(object, "disposition");
    ck_assert_ptr_nonnull(want);
    ck_assert(json_equal(got, want));
    json_decref(want);
    json_decref(object);
    assay__outcome_fini(&outcome);
}
END_TEST

/* ---- sums -------------------------------------------------------------- */

static const struct status_case {
    assay_status statuses[3];
    int want;
} status_cases[] = {
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_CLEAN, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_OK},
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_INFECTED, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_FOUND},
    {{ASSAY_STATUS_ERROR, ASSAY_STATUS_INFECTED, ASSAY_STATUS_UNSCANNABLE},
     ASSAY__EXIT_FOUND},
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_UNSCANNABLE, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_TROUBLE},
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_ERROR, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_TROUBLE},
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_SKIPPED, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_TROUBLE},
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_NOT_SUITABLE, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_TROUBLE},
    {{ASSAY_STATUS_CLEAN, ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_CLEAN},
     ASSAY__EXIT_TROUBLE},
};

START_TEST(exit_status_follows_the_worst)
{
    const struct status_case *c = &status_cases[_i];
    struct assay__tally tally = {0};

    for (size_t i = 0; i < 3; i++) {
        const struct assay__outcome outcome = {
            .verdict = {.status = c->statuses[i]}};

        assay__tally_add(&tally, &outcome, 1);
    }
    ck_assert_msg(assay__tally_exit_status(&tally) == c->want,
                  "case %d: got %d, want %d", _i,
                  assay__tally_exit_status(&tally), c->want);
    ck_assert_uint_eq(tally.messages, 3);
    ck_assert_uint_eq(tally.bytes, 3);
    ck_assert_uint_eq(
        tally.clean + tally.infected + tally.unscannable + tally.errors, 3);
}
END_TEST

static int status_with(assay_action action, const struct assay__outcome *base)
{
    struct assay__tally tally = {.with_policy = true};
    struct assay__outcome outcome = *base;

    outcome.has_answer = true;
    outcome.answer.disposition.action = action;
    assay__tally_add(&tally, &outcome, 0);
    return assay__tally_exit_status(&tally);
}

START_TEST(exit_status_follows_the_policy)
{
    struct assay__tally tally = {.with_policy = true};

    ck_assert_int_eq(status_with(ASSAY_ACTION_CONTINUE, &infected),
                     ASSAY__EXIT_OK);
    ck_assert_int_eq(status_with(ASSAY_ACTION_REJECT, &clean),
                     ASSAY__EXIT_FOUND);
    ck_assert_int_eq(status_with(ASSAY_ACTION_DISCARD, &clean),
                     ASSAY__EXIT_FOUND);
    ck_assert_int_eq(status_with(ASSAY_ACTION_TEMPFAIL, &clean),
                     ASSAY__EXIT_TROUBLE);
    assay__tally_add(&tally, &failed_scan, 0); /* never got to an answer */
    ck_assert_int_eq(assay__tally_exit_status(&tally), ASSAY__EXIT_TROUBLE);
}
END_TEST

START_TEST(summary_adds_up)
{
    struct assay__tally tally = {0};
    char *text;

    assay__tally_add(&tally, &clean, 100);
    assay__tally_add(&tally, &infected, 20);
    assay__tally_add(&tally, &failed_scan, 3);
    text = assay__report_summary(&tally, 1234);
    ck_assert_str_eq(text, "3 messages: 1 clean, 1 infected, 0 unscannable, "
                           "1 error; 123 bytes in 1.234 seconds\n");
    free(text);
    tally.skipped = 2;
    tally.was_interrupted = true;
    tally.with_policy = true;
    tally.answers[ASSAY_ACTION_REJECT] = 1;
    text = assay__report_summary(&tally, 0);
    ck_assert_str_eq(text,
                     "interrupted after 3 messages: 1 clean, 1 infected, "
                     "0 unscannable, 1 error; 2 skipped; 123 bytes in 0.000 "
                     "seconds\npolicy: 0 continue, 1 reject, 0 tempfail, "
                     "0 discard\n");
    free(text);
}
END_TEST

/* ---- progress ---------------------------------------------------------- */

static const struct bar_case {
    struct assay__progress_state state;
    size_t columns;
    const char *want;
} bar_cases[] = {
    {{.messages = 7, .bytes = 5000000, .elapsed_ms = 2000},
     80,
     "7 messages, 5.0 MB, 2.5 MB/s"},
    {{.messages = 7,
      .bytes = 5000000,
      .bytes_total = 10000000,
      .elapsed_ms = 2000},
     80,
     " 50% [###############...............] 7 messages, 5.0 MB, 2.5 MB/s"},
    {{.bytes = 30, .bytes_total = 10, .elapsed_ms = 0},
     20,
     "100% [##############"},
    {{.messages = 1}, 0, ""},
};

START_TEST(bar_fits_its_columns)
{
    const struct bar_case *c = &bar_cases[_i];
    char got[ASSAY__PROGRESS_COLUMNS_MAX + 1];

    assay__progress_render(&c->state, c->columns, got, sizeof got);
    ck_assert_msg(strcmp(got, c->want) == 0, "case %d: got \"%s\", want \"%s\"",
                  _i, got, c->want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");

    tcase_add_test(tcase, text_is_lined_up);
    tcase_add_loop_test(tcase, text_says_nothing_twice, 0,
                        (int)(sizeof once_cases / sizeof *once_cases));
    tcase_add_test(tcase, column_of_paths_has_a_bound);
    tcase_add_test(tcase, name_cannot_make_a_line_of_its_own);
    tcase_add_test(tcase, what_cannot_be_read_is_an_error_of_input);
    tcase_add_test(tcase, text_shows_the_answer_of_the_policy);
    tcase_add_test(tcase, json_has_the_full_verdict);
    tcase_add_test(tcase, json_names_limits);
    tcase_add_test(tcase, json_is_valid_whatever_the_bytes);
    tcase_add_test(tcase, json_tells_what_cannot_be_read);
    tcase_add_test(tcase, json_has_the_disposition);
    tcase_add_loop_test(tcase, exit_status_follows_the_worst, 0,
                        (int)(sizeof status_cases / sizeof *status_cases));
    tcase_add_test(tcase, exit_status_follows_the_policy);
    tcase_add_test(tcase, summary_adds_up);
    tcase_add_loop_test(tcase, bar_fits_its_columns, 0,
                        (int)(sizeof bar_cases / sizeof *bar_cases));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
