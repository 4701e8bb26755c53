/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "check_run.h"
#include "opt_file.h"
#include "scan/scorer.h"

/* The settings of tests/support/scripted_scorer.c. */
struct scripted_settings {
    const char *answer;
    bool refuse_open;
};

static const assay_score_subject subject = {.data = "x", .size = 1};
static struct assay__scorer_module *module;
static struct assay__scorer_options options;
static struct scripted_settings settings;
static struct assay__scorer *scorer;
static assay_score *score;
static assay_error err;

static void setup(void)
{
    ck_assert_int_eq(
        assay__scorer_module_load(SCORERS_FOLDER, "scripted", &module, NULL),
        ASSAY_OK);
    options = (struct assay__scorer_options){.minimum_score = 80,
                                             .use_wire_rep = true,
                                             .backend = "scripted",
                                             .timeout_s = 20,
                                             .pool = "IO",
                                             .max_concurrency = 4};
    settings = (struct scripted_settings){.answer = "90"};
    score = calloc(1, sizeof *score);
    ck_assert_ptr_nonnull(score);
    err = (assay_error){0};
}

static void teardown(void)
{
    assay__scorer_unref(&scorer);
    assay__scorer_module_unref(&module);
    free(score);
}

static struct assay__scorer *make(const char *answer)
{
    struct assay__scorer *made = NULL;

    settings.answer = answer;
    ck_assert_int_eq(
        assay__scorer_new(module, &options, &settings, NULL, &made, &err),
        ASSAY_OK);
    return made;
}

static assay_rc score_with(const char *answer)
{
    scorer = make(answer);
    ck_assert_int_eq(assay__scorer_open(scorer, NULL, &err), ASSAY_OK);
    return assay__scorer_score(scorer, &subject, NULL, score, &err);
}

static uint64_t value(enum assay__scorer_counter which)
{
    return scorer->counts[which].value;
}

/* CM-09, CM-12: past the threshold, strictly. */
static const struct {
    int64_t minimum;
    const char *answer;
    bool is_spam;
} thresholds[] = {
    {80, "90", true}, {80, "80", false}, {80, "80.01", true}, {-1, "99", false},
    {0, "0", false},  {0, "0.5", true},  {100, "100", false},
};

START_TEST(flags_what_exceeds_minimum_score)
{
    options.minimum_score = thresholds[_i].minimum;
    ck_assert_int_eq(score_with(thresholds[_i].answer), ASSAY_OK);
    ck_assert_msg(score->is_spam == thresholds[_i].is_spam, "case %d", _i);
    ck_assert_uint_eq(value(ASSAY__SCORER_SCANNED), 1);
    ck_assert_uint_eq(value(ASSAY__SCORER_SPAM), thresholds[_i].is_spam);
    ck_assert_uint_eq(value(ASSAY__SCORER_ERRORS), 0);
}
END_TEST

static const char *const absurd[] = {
    "nan",     "inf",        "-1",           "100.5",   "90 control",
    "90 utf8", "90 unended", "90 badheader", "90 many", "fail",
};

START_TEST(an_absurd_score_is_an_error_and_leaves_the_output_alone)
{
    score->score = 7;
    ck_assert_msg(score_with(absurd[_i]) != ASSAY_OK, "%s", absurd[_i]);
    ck_assert_msg(err.msg[0] != '\0', "%s", absurd[_i]);
    ck_assert(score->score == 7);
    ck_assert_uint_eq(value(ASSAY__SCORER_ERRORS), 1);
    ck_assert_uint_eq(value(ASSAY__SCORER_SCANNED), 0);
}
END_TEST

START_TEST(minus_zero_is_zero)
{
    char text[32];

    ck_assert_int_eq(score_with("-0.0"), ASSAY_OK);
    (void)snprintf(text, sizeof text, "%g", score->score);
    ck_assert_str_eq(text, "0");
}
END_TEST

START_TEST(what_comes_after_the_timeout_is_an_error)
{
    options.timeout_s = 1;
    ck_assert_int_eq(score_with("late"), ASSAY_E_TIMEOUT);
    ck_assert_uint_eq(value(ASSAY__SCORER_ERRORS), 1);
}
END_TEST

START_TEST(an_analysis_nobody_made_does_not_reach_the_backend)
{
    static char long_text[1024 * 1024];

    memset(long_text, 'a', sizeof long_text);
    ck_assert_int_eq(score_with("90"), ASSAY_OK);
    ck_assert_int_eq(assay__scorer_analyze(scorer, long_text, sizeof long_text,
                                           NULL, score, &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(
        assay__scorer_analyze(scorer, "a\0b", 3, NULL, score, &err),
        ASSAY_E_INVAL);
    ck_assert_int_eq(
        assay__scorer_analyze(scorer, "forged", 6, NULL, score, &err),
        ASSAY_E_INVAL);
    ck_assert_uint_eq(value(ASSAY__SCORER_ERRORS), 3);
}
END_TEST

/* CM-33 */
START_TEST(scores_addresses_and_nothing_else)
{
    ck_assert_int_eq(score_with("90"), ASSAY_OK);
    ck_assert_int_eq(
        assay__scorer_score_address(scorer, "192.0.2.66", NULL, score, &err),
        ASSAY_OK);
    ck_assert(score->score == 66);
    ck_assert_int_eq(assay__scorer_score_address(scorer, "example.org/../x",
                                                 NULL, score, &err),
                     ASSAY_E_INVAL);
}
END_TEST

START_TEST(a_backend_that_cannot_open_says_why)
{
    settings.refuse_open = true;
    scorer = make("90");
    ck_assert_int_eq(assay__scorer_open(scorer, NULL, &err), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "cloudmark: backend scripted: open is refused");
}
END_TEST

START_TEST(is_the_same_when_its_stanza_is)
{
    struct assay__scorer *other = make("90");

    scorer = make("90");
    ck_assert(assay__scorer_is_same(scorer, other));
    assay__scorer_unref(&other);
    other = make("91");
    ck_assert(!assay__scorer_is_same(scorer, other));
    assay__scorer_unref(&other);
    options.minimum_score = 81;
    other = make("90");
    ck_assert(!assay__scorer_is_same(scorer, other));
    assay__scorer_unref(&other);
}
END_TEST

/* ---- in a pool, from many threads --------------------------------------- */

enum { THREADS = 8, ROUNDS = 50 };

static void *score_often(void *arg)
{
    assay_score *mine = calloc(1, sizeof *mine);
    size_t *failures = arg;

    for (int i = 0; mine && i < ROUNDS; i++)
        *failures += assay__scorer_score(scorer, &subject, NULL, mine, NULL) !=
                         ASSAY_OK ||
                     mine->score != 90;
    *failures += mine == NULL;
    free(mine);
    return NULL;
}

START_TEST(many_threads_score_in_a_pool)
{
    const struct assay__pool_options pool_options = {.concurrency = 3};
    struct assay__pool *pool = NULL;
    pthread_t threads[THREADS];
    size_t failures[THREADS] = {0};

    ck_assert_int_eq(assay__pool_new("IO", &pool_options, &pool, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    scorer = make("90");
    ck_assert_int_eq(assay__scorer_open(scorer, NULL, &err), ASSAY_OK);
    scorer->pool = pool;
    assay__job_class_set_limit(pool, &scorer->jobs, 2);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, score_often, &failures[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(failures[i], 0);
    }
    ck_assert_uint_eq(value(ASSAY__SCORER_SCANNED), THREADS * ROUNDS);
    assay__pool_stop(pool);
    assay__scorer_unref(&scorer);
    assay__pool_free(&pool);
}
END_TEST

START_TEST(every_option_is_documented)
{
    char text[4096];

    ck_assert_msg(opt_file_compare(SOURCE_FOLDER "/src/scan/cloudmark.opt",
                                   assay__scorer_option_table, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scorer");
    TCase *tcase = tcase_create("scorer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, flags_what_exceeds_minimum_score, 0,
                        ASSAY_COUNT_OF(thresholds));
    tcase_add_loop_test(tcase,
                        an_absurd_score_is_an_error_and_leaves_the_output_alone,
                        0, ASSAY_COUNT_OF(absurd));
    tcase_add_test(tcase, minus_zero_is_zero);
    tcase_add_test(tcase, what_comes_after_the_timeout_is_an_error);
    tcase_add_test(tcase, an_analysis_nobody_made_does_not_reach_the_backend);
    tcase_add_test(tcase, scores_addresses_and_nothing_else);
    tcase_add_test(tcase, a_backend_that_cannot_open_says_why);
    tcase_add_test(tcase, is_the_same_when_its_stanza_is);
    tcase_add_test(tcase, many_threads_score_in_a_pool);
    tcase_add_test(tcase, every_option_is_documented);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
