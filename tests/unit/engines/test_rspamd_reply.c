/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Replies of rspamd; more of them are in tests/conformance/test_rspamd.py. */
#include <check.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "rspamd_reply.h"
#include "seal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static assay_score score;
static assay_error err;

static void setup(void)
{
    memset(&score, 0, sizeof score);
    err = (assay_error){0};
}

/* From a block of its own, so that sanitizers see its end. */
static assay_rc parse(const char *text)
{
    size_t size = strlen(text);
    char *data = malloc(size + 1);
    assay_rc rc;

    ck_assert_ptr_nonnull(data);
    memcpy(data, text, size);
    rc = assay__rspamd_reply_parse(data, size, &score, &err);
    free(data);
    return rc;
}

/* As rspamd 3.4 says it. */
START_TEST(gtube_scores_all)
{
    ck_assert_msg(
        parse("{\"is_skipped\":true,\"score\":15.0,\"required_score\":15.0,"
              "\"action\":\"reject\",\"symbols\":{\"GTUBE\":{\"name\":"
              "\"GTUBE\",\"score\":0.0,\"metric_score\":0.0}},\"messages\":"
              "{\"smtp_message\":\"Gtube pattern\"}}") == ASSAY_OK,
        "%s", err.msg);
    ck_assert_double_eq(score.score, 100);
    ck_assert_str_eq(score.category, "test");
    ck_assert_str_eq(score.sub_category, "GTUBE");
    ck_assert_str_eq(score.analysis,
                     "score=15.00; required=15.00; action=reject; "
                     "skipped=yes; symbols=GTUBE");
}
END_TEST

START_TEST(symbols_may_be_missing)
{
    ck_assert_int_eq(parse("{\"score\":1,\"required_score\":15,"
                           "\"action\":\"no action\"}"),
                     ASSAY_OK);
    ck_assert_double_eq_tol(score.score, 6, 0.001);
    ck_assert_str_eq(score.category, "");
    ck_assert_str_eq(score.analysis,
                     "score=1.00; required=15.00; action=no action; symbols=");
}
END_TEST

static const struct {
    const char *score, *action;
    double want;
    bool rescan;
} actions[] = {
    {"3", "no action", 18, false},      {"3", "greylist", 18, true},
    {"3", "soft reject", 18, true},     {"3", "reject", 90, false},
    {"3", "discard", 90, false},        {"3", "quarantine", 90, false},
    {"30", "reject", 95, false},        {"30", "no action", 89.99, false},
    {"30", "add header", 89.99, false}, {"30", "rewrite subject", 89.99, false},
    {"30", "soft reject", 89.99, true}, {"30", "my own", 95, false},
    {"3", "my own", 18, false},         {"-3", "no action", 0, false},
};

START_TEST(an_action_goes_before_points)
{
    char text[256];

    (void)snprintf(text, sizeof text,
                   "{\"score\":%s,\"required_score\":15,\"action\":\"%s\"}",
                   actions[_i].score, actions[_i].action);
    ck_assert_int_eq(parse(text), ASSAY_OK);
    ck_assert_msg(fabs(score.score - actions[_i].want) < 0.001,
                  "case %d: got %g, want %g", _i, score.score,
                  actions[_i].want);
    ck_assert_int_eq(score.rescan, actions[_i].rescan);
}
END_TEST

#define REST ",\"required_score\":15,\"action\":\"reject\"}"

static const struct {
    const char *text, *want;
} wrong[] = {
    {"", "not JSON"},
    {"[]", "not an object"},
    {"{\"score\":nan" REST, "not JSON"},
    {"{\"score\":1e999" REST, "not JSON"},
    {"{\"x\":1" REST, "no 'score'"},
    {"{\"score\":null" REST, "'score' is not a number"},
    {"{\"score\":\"1\"" REST, "'score' is not a number"},
    {"{\"score\":1,\"action\":\"reject\"}", "no 'required_score'"},
    {"{\"score\":1,\"required_score\":null,\"action\":\"reject\"}",
     "'required_score' is not a number"},
    {"{\"score\":1,\"required_score\":0,\"action\":\"reject\"}", "above 0"},
    {"{\"score\":1,\"required_score\":15}", "'action' is not a text"},
    {"{\"score\":1,\"required_score\":15,\"action\":\"a\\nb\"}",
     "control character"},
    {"{\"is_skipped\":1,\"score\":1" REST, "'is_skipped'"},
    {"{\"symbols\":[],\"score\":1" REST, "'symbols' is not an object"},
    {"{\"symbols\":{\"A\":1},\"score\":1" REST, "an entry of 'symbols'"},
};

START_TEST(wrong_replies_are_errors)
{
    assay_rc rc = parse(wrong[_i].text);

    ck_assert_msg(rc == ASSAY_E_IO, "case %d: %d", _i, (int)rc);
    ck_assert_msg(strstr(err.msg, wrong[_i].want) != NULL,
                  "case %d: got %s, want %s", _i, err.msg, wrong[_i].want);
}
END_TEST

static const struct {
    const char *points, *want;
} written[] = {
    {"3.4", "score=3.40; "},
    {"0", "score=0.00; "},
    {"-0.1", "score=-0.10; "},
    {"-12.345678", "score=-12.35; "},
    {"14.996", "score=15.00; "},
    {"99.994", "score=99.99; "},
    {"1e15", "score=1000000000000000.00; "},
};

/* Set a locale with a comma as its decimal sign, made here as hosts need not
 * have one.
 * @return false when it cannot be made */
static bool set_comma_locale(void)
{
    char folder[] = "/tmp/assay-test-locale-XXXXXX", command[512];
    bool is_set;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(command, sizeof command,
                   "cd '%s' && printf '%%s\\n' LC_NUMERIC "
                   "'decimal_point \"<U002C>\"' 'thousands_sep \"\"' "
                   "'grouping -1' 'END LC_NUMERIC' >source && "
                   "localedef -c -i ./source -f UTF-8 ./comma 2>/dev/null",
                   folder);
    /* it warns of all that is left out, and says so with its status; there is
     * one thread here */
    is_set = system(command) >= 0 && setenv("LOCPATH", folder, 1) == 0 &&
             // NOLINTNEXTLINE(concurrency-mt-unsafe)
             setlocale(LC_NUMERIC, "comma") != NULL;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    return is_set;
}

static void check_written(void)
{
    char text[128];

    for (size_t i = 0; i < COUNT_OF(written); i++) {
        (void)snprintf(text, sizeof text, "{\"score\":%s" REST,
                       written[i].points);
        ck_assert_msg(parse(text) == ASSAY_OK, "%s", err.msg);
        ck_assert_msg(
            !strncmp(score.analysis, written[i].want, strlen(written[i].want)),
            "%s", score.analysis);
    }
}

START_TEST(points_are_written_alike_in_any_locale)
{
    check_written();
    if (!set_comma_locale())
        return; /* there is no localedef here */
    check_written();
    (void)setlocale(LC_NUMERIC, "C"); // NOLINT(concurrency-mt-unsafe)
}
END_TEST

/* Bytes of the longest word of a text. */
static size_t longest_word(const char *text)
{
    size_t longest = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        longest = len > longest ? len : longest;
        text += len + strspn(text + len, " ");
    }
    return longest;
}

/* Names that are none, and more of them than there is room for. */
START_TEST(the_analysis_keeps_to_its_limit)
{
    enum { COUNT = 2000, EACH = 80 };
    char *text = malloc(COUNT * EACH + 256);
    int used;

    ck_assert_ptr_nonnull(text);
    used = snprintf(text, 256, "{\"symbols\":{\"a b\\r\\n\":{}");
    for (int i = 0; i < COUNT; i++)
        used += snprintf(text + used, EACH, ",\"SYMBOL_%055d\":{}", i);
    (void)snprintf(text + used, 128, "},\"score\":1" REST);
    ck_assert_msg(parse(text) == ASSAY_OK, "%s", err.msg);
    ck_assert_uint_le(strlen(score.analysis),
                      ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM);
    ck_assert_uint_gt(strlen(score.analysis),
                      ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM - EACH);
    ck_assert_uint_lt(longest_word(score.analysis), EACH);
    ck_assert_ptr_null(strpbrk(score.analysis, "\r\n"));
    ck_assert_ptr_null(strstr(score.analysis, "a b"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rspamd_reply");
    TCase *tcase = tcase_create("rspamd_reply");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, gtube_scores_all);
    tcase_add_test(tcase, symbols_may_be_missing);
    tcase_add_loop_test(tcase, an_action_goes_before_points, 0,
                        COUNT_OF(actions));
    tcase_add_loop_test(tcase, wrong_replies_are_errors, 0, COUNT_OF(wrong));
    tcase_add_test(tcase, points_are_written_alike_in_any_locale);
    tcase_add_test(tcase, the_analysis_keeps_to_its_limit);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
