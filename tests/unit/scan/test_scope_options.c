/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <assay/log.h>

#include "base/sizes.h"
#include "opt_file.h"
#include "scan/scope_options.h"
#include "check_run.h"

static const assay_conf_option *option(const char *name)
{
    for (const assay_conf_option *o = assay__scope_option_table; o->name; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    ck_abort_msg("no option %s", name);
    return NULL;
}

static const assay_conf_word *word(const char *name, const char *text)
{
    for (const assay_conf_word *w = option(name)->words; w->name; w++) {
        if (strcmp(w->name, text) == 0)
            return w;
    }
    ck_abort_msg("no word %s of %s", text, name);
    return NULL;
}

/* AV-10, AV-14 … AV-28: the documented defaults and ranges. */
static const struct {
    const char *name;
    assay_conf_type type;
    const char *want;
    int64_t min, max;
} table_cases[] = {
    {"enabled", ASSAY_CONF_BOOL, "true", 0, 0},
    {"debug_level", ASSAY_CONF_ENUM, "ERROR", 0, 0},
    {"action", ASSAY_CONF_ENUM, "reject", 0, 0},
    {"cache_size", ASSAY_CONF_INT, "1000", 0, INT32_MAX},
    {"clean_cache_size", ASSAY_CONF_INT, "10000", 0, INT32_MAX},
    {"context_variable", ASSAY_CONF_STRING, NULL, 0, 0},
    {"error_code", ASSAY_CONF_INT, "451", 400, 599},
    {"file_base", ASSAY_CONF_PATH, NULL, 0, 0},
    {"max_concurrency", ASSAY_CONF_INT, "0", 0, INT32_MAX},
    {"mime_decompose", ASSAY_CONF_BOOL, "0", 0, 0},
    {"paranoid", ASSAY_CONF_BOOL, "0", 0, 0},
    {"pool", ASSAY_CONF_STRING, NULL, 0, 0},
    {"skip_context_variable", ASSAY_CONF_STRING, "skip_virus_check", 0, 0},
    {"timeout", ASSAY_CONF_INT, "10", 1, 86400},
    {"use_wire_rep", ASSAY_CONF_BOOL, "true", 0, 0},
    {"max_size", ASSAY_CONF_SIZE, "0", 0, 0},
    {"on_error", ASSAY_CONF_ENUM, NULL, 0, 0},
    {"on_timeout", ASSAY_CONF_ENUM, NULL, 0, 0},
    {"on_unscannable", ASSAY_CONF_ENUM, NULL, 0, 0},
    {"on_oversize", ASSAY_CONF_ENUM, NULL, 0, 0},
    {"on_encrypted", ASSAY_CONF_ENUM, "pass", 0, 0},
    {"isolation", ASSAY_CONF_ENUM, "process", 0, 0},
    {"sandbox", ASSAY_CONF_ENUM, "on", 0, 0},
    {"scanner_user", ASSAY_CONF_STRING, NULL, 0, 0},
    {"scanner_memory", ASSAY_CONF_SIZE, "2147483648", 0, 0},
    {"scanner_growth", ASSAY_CONF_SIZE, "268435456", 0, 0},
    {"scanner_scans", ASSAY_CONF_INT, "10000", 0, INT32_MAX},
    {"reload", ASSAY_CONF_ENUM, "beside", 0, 0},
};

START_TEST(option_has_documented_type_default_and_range)
{
    const assay_conf_option *got = option(table_cases[_i].name);

    ck_assert_int_eq(got->type, table_cases[_i].type);
    ck_assert_pstr_eq(got->default_value, table_cases[_i].want);
    ck_assert_int_eq(got->min, table_cases[_i].min);
    ck_assert_int_eq(got->max, table_cases[_i].max);
}
END_TEST

START_TEST(table_has_no_other_option)
{
    size_t count = 0;

    while (assay__scope_option_table[count].name)
        count++;
    ck_assert_uint_eq(count, ASSAY_COUNT_OF(table_cases));
}
END_TEST

/* AV-12 */
START_TEST(quarantine_is_refused_with_its_history)
{
    const assay_conf_word *quarantine = word("action", "quarantine");

    ck_assert_ptr_nonnull(quarantine->refusal);
    ck_assert_ptr_nonnull(strstr(quarantine->refusal, "invalid since 3.1"));
    ck_assert_ptr_null(word("action", "reject")->refusal);
    ck_assert_ptr_null(word("action", "pass")->refusal);
}
END_TEST

START_TEST(debug_levels_are_log_levels)
{
    ck_assert_int_eq(word("debug_level", "DEBUG")->value, ASSAY_LOG_DEBUG);
    ck_assert_int_eq(word("debug_level", "INFO")->value, ASSAY_LOG_INFO);
    ck_assert_int_eq(word("debug_level", "NOTICE")->value, ASSAY_LOG_INFO);
    ck_assert_int_eq(word("debug_level", "WARNING")->value, ASSAY_LOG_WARN);
    ck_assert_int_eq(word("debug_level", "ERROR")->value, ASSAY_LOG_ERROR);
    ck_assert_int_eq(word("debug_level", "CRITICAL")->value, ASSAY_LOG_ERROR);
}
END_TEST

START_TEST(description_agrees_with_table)
{
    char text[2048];
    size_t differences =
        opt_file_compare(SOURCE_FOLDER "/src/scan/antivirus.opt",
                         assay__scope_option_table, text, sizeof text);

    ck_assert_msg(differences == 0, "%s", text);
}
END_TEST

#define R ASSAY__ANSWER_REJECT
#define T ASSAY__ANSWER_TEMPFAIL
#define P ASSAY__ANSWER_PASS

/* AV-02, AV-10, AV-11, AV-19: the decision matrix without on_* options. */
static const struct {
    assay_status status;
    assay_reason reason;
    enum assay__answer want_reject, want_pass;
} matrix[] = {
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, P, P},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, R, P},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL, R, P},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_OVERSIZE, R, P},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED, R, P},
    {ASSAY_STATUS_NOT_SUITABLE, ASSAY_REASON_NONE, R, P},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, T, P},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT, T, P},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_UNAVAILABLE, T, P},
    {ASSAY_STATUS_SKIPPED, ASSAY_REASON_NONE, P, P},
    {ASSAY_STATUS_NO_ENGINE, ASSAY_REASON_NONE, P, P},
    {ASSAY_STATUS_NAME_TOO_LONG, ASSAY_REASON_NONE, T, P},
    {ASSAY_STATUS_PART_IS_CONTAINER, ASSAY_REASON_NONE, T, P},
    {(assay_status)88, ASSAY_REASON_NONE, T, P},
};

START_TEST(answer_follows_action)
{
    const assay_verdict verdict = {.status = matrix[_i].status,
                                   .reason = matrix[_i].reason};
    struct assay__scope_options options = {.action = ASSAY__SCAN_REJECT};

    ck_assert_msg(assay__scope_answer(&options, &verdict) ==
                      matrix[_i].want_reject,
                  "case %d: reject", _i);
    options.action = ASSAY__SCAN_PASS;
    ck_assert_msg(assay__scope_answer(&options, &verdict) ==
                      matrix[_i].want_pass,
                  "case %d: pass", _i);
}
END_TEST

/* One answer per cause, with another value in each of the five options. */
static const struct {
    assay_status status;
    assay_reason reason;
    enum assay__answer want;
} causes[] = {
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, R},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_OVERLOAD, R},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT, P},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL, T},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_LIMIT, T},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_OVERSIZE, P},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED, R},
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, P},
};

START_TEST(answer_set_for_a_cause_beats_action)
{
    const assay_verdict verdict = {.status = causes[_i].status,
                                   .reason = causes[_i].reason};
    struct assay__scope_options options = {.on_error = R,
                                           .on_timeout = P,
                                           .on_unscannable = T,
                                           .on_oversize = P,
                                           .on_encrypted = R};

    for (int action = ASSAY__SCAN_REJECT; action <= ASSAY__SCAN_PASS;
         action++) {
        options.action = action;
        ck_assert_msg(assay__scope_answer(&options, &verdict) ==
                          causes[_i].want,
                      "case %d, action %d", _i, action);
    }
}
END_TEST

/* AV-19: 5xx is honoured where action asks for error_code, and is not what
 * "tempfail" means. */
static const struct {
    int action, on_error, want_code;
    int64_t error_code;
    const char *want_option;
} codes[] = {
    {ASSAY__SCAN_REJECT, ASSAY__ANSWER_DEFAULT, 451, 451, "action"},
    {ASSAY__SCAN_REJECT, ASSAY__ANSWER_DEFAULT, 420, 420, "action"},
    {ASSAY__SCAN_REJECT, ASSAY__ANSWER_DEFAULT, 554, 554, "action"},
    {ASSAY__SCAN_PASS, ASSAY__ANSWER_DEFAULT, 0, 554, "action"},
    {ASSAY__SCAN_PASS, ASSAY__ANSWER_TEMPFAIL, 420, 420, "on_error"},
    {ASSAY__SCAN_REJECT, ASSAY__ANSWER_TEMPFAIL, 451, 554, "on_error"},
    {ASSAY__SCAN_PASS, ASSAY__ANSWER_REJECT, 550, 451, "on_error"},
    {ASSAY__SCAN_REJECT, ASSAY__ANSWER_PASS, 0, 451, "on_error"},
};

START_TEST(a_decision_names_its_code_and_option)
{
    const assay_verdict verdict = {.status = ASSAY_STATUS_ERROR,
                                   .reason = ASSAY_REASON_ENGINE};
    const struct assay__scope_options options = {.action = codes[_i].action,
                                                 .on_error = codes[_i].on_error,
                                                 .error_code =
                                                     codes[_i].error_code};
    const struct assay__scope_decision decision =
        assay__scope_decide(&options, &verdict);

    ck_assert_msg(decision.code == codes[_i].want_code, "case %d: %d", _i,
                  decision.code);
    ck_assert_str_eq(decision.option, codes[_i].want_option);
}
END_TEST

START_TEST(encrypted_mail_passes_by_default)
{
    const assay_verdict verdict = {.status = ASSAY_STATUS_UNSCANNABLE,
                                   .reason = ASSAY_REASON_ENCRYPTED};
    const struct assay__scope_options options = {
        .action = ASSAY__SCAN_REJECT,
        .on_encrypted = word("on_encrypted", "pass")->value};

    ck_assert_str_eq(option("on_encrypted")->default_value, "pass");
    ck_assert_int_eq(assay__scope_answer(&options, &verdict), P);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scope_options");
    TCase *tc = tcase_create("scope_options");

    tcase_add_loop_test(tc, option_has_documented_type_default_and_range, 0,
                        ASSAY_COUNT_OF(table_cases));
    tcase_add_test(tc, table_has_no_other_option);
    tcase_add_test(tc, quarantine_is_refused_with_its_history);
    tcase_add_test(tc, debug_levels_are_log_levels);
    tcase_add_test(tc, description_agrees_with_table);
    tcase_add_loop_test(tc, answer_follows_action, 0, ASSAY_COUNT_OF(matrix));
    tcase_add_loop_test(tc, answer_set_for_a_cause_beats_action, 0,
                        ASSAY_COUNT_OF(causes));
    tcase_add_loop_test(tc, a_decision_names_its_code_and_option, 0,
                        (int)ASSAY_COUNT_OF(codes));
    tcase_add_test(tc, encrypted_mail_passes_by_default);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
