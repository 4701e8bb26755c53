/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "scan/dispatcher.h"
#include "check_run.h"

#define STATUS_COUNT (ASSAY_STATUS_SKIPPED + 1)

static assay_verdict make(assay_status status, assay_reason reason)
{
    assay_verdict verdict = {.status = status, .reason = reason};

    verdict.coverage = (assay_coverage){
        .bytes_seen = 10, .bytes_total = 10, .parts_seen = 1, .parts_total = 1};
    verdict.elapsed_us = 3;
    return verdict;
}

START_TEST(cleared_memory_is_an_error)
{
    assay_verdict verdict;

    memset(&verdict, 0, sizeof verdict);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_str_eq(assay_status_name(verdict.status), "error");
}
END_TEST

START_TEST(every_status_has_its_own_name)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(assay_status_name((assay_status)i),
                             assay_status_name((assay_status)j));
    }
    ck_assert_str_eq(assay_status_name(ASSAY_STATUS_CLEAN), "clean");
    ck_assert_str_eq(assay_status_name(ASSAY_STATUS_NO_ENGINE), "no-engine");
}
END_TEST

static void expect_names(int first, int end)
{
    for (int i = first; i < end; i++) {
        ck_assert_str_ne(assay_reason_name((assay_reason)i), "");
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(assay_reason_name((assay_reason)i),
                             assay_reason_name((assay_reason)j));
    }
}

START_TEST(every_reason_has_its_own_name)
{
    ck_assert_str_eq(assay_reason_name(ASSAY_REASON_NONE), "");
    expect_names(ASSAY_REASON_ENGINE, ASSAY_REASON_RELOADING + 1);
    expect_names(ASSAY_REASON_LIMIT, ASSAY_REASON_COUNT);
    ck_assert_str_eq(assay_reason_name(ASSAY_REASON_COUNT), "");
}
END_TEST

START_TEST(unknown_values_read_as_error)
{
    ck_assert_str_eq(assay_status_name((assay_status)77), "error");
    ck_assert_str_eq(assay_reason_name((assay_reason)77), "");
}
END_TEST

static const struct {
    assay_coverage coverage;
    bool want;
} coverage_cases[] = {
    {{.bytes_seen = 5, .bytes_total = 5, .parts_seen = 1, .parts_total = 1},
     true},
    {{0}, true}, /* nothing of nothing; the dispatcher counts one part */
    {{.bytes_seen = 4, .bytes_total = 5}, false},
    {{.bytes_seen = 6, .bytes_total = 5}, false},
    {{.parts_seen = 1, .parts_total = 2}, false},
    {{.parts_seen = 2, .parts_total = 1}, false},
    {{.limits_hit = ASSAY_LIMIT_OTHER}, false},
    {{.members_unopened = 1}, false},
};

START_TEST(coverage_is_complete_when_nothing_is_left)
{
    ck_assert_msg(assay_coverage_is_complete(&coverage_cases[_i].coverage) ==
                      coverage_cases[_i].want,
                  "case %d: want %d", _i, coverage_cases[_i].want);
}
END_TEST

/* C26: clean, infected, unscannable, error, timeout, each against each. */
static const struct outcome {
    assay_status status;
    assay_reason reason;
} outcomes[] = {
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT},
};
#define OUTCOMES 5
static const char merge_want[OUTCOMES][OUTCOMES + 1] = {
    /* second: C I U E T; first downwards */
    "CIUET", "IIIII", "UIUET", "EIEEE", "TITTT",
};

START_TEST(merge_truth_table)
{
    int a = _i / OUTCOMES;
    int b = _i % OUTCOMES;
    const struct outcome *want =
        &outcomes[strchr("CIUET", merge_want[a][b]) - "CIUET"];
    assay_verdict into = make(outcomes[a].status, outcomes[a].reason);
    assay_verdict from = make(outcomes[b].status, outcomes[b].reason);

    assay__verdict_merge(&into, &from);
    ck_assert_msg(
        into.status == want->status && into.reason == want->reason,
        "%d with %d: got %s(%s), want %s(%s)", a, b,
        assay_status_name(into.status), assay_reason_name(into.reason),
        assay_status_name(want->status), assay_reason_name(want->reason));
    ck_assert_uint_eq(into.elapsed_us, 6);
}
END_TEST

static const struct {
    assay_status a, b, want;
} odd_merges[] = {
    {ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_CLEAN, ASSAY_STATUS_CLEAN},
    {ASSAY_STATUS_CLEAN, ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_CLEAN},
    {ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_NO_ENGINE},
    {ASSAY_STATUS_NO_ENGINE, ASSAY_STATUS_SKIPPED, ASSAY_STATUS_SKIPPED},
    {ASSAY_STATUS_SKIPPED, ASSAY_STATUS_CLEAN, ASSAY_STATUS_CLEAN},
    {ASSAY_STATUS_SKIPPED, ASSAY_STATUS_ERROR, ASSAY_STATUS_ERROR},
    {ASSAY_STATUS_NOT_SUITABLE, ASSAY_STATUS_CLEAN, ASSAY_STATUS_NOT_SUITABLE},
    {ASSAY_STATUS_NOT_SUITABLE, ASSAY_STATUS_UNSCANNABLE,
     ASSAY_STATUS_UNSCANNABLE},
    {ASSAY_STATUS_CLEAN, (assay_status)50, (assay_status)50},
};

START_TEST(merge_of_what_did_not_run)
{
    assay_verdict into = make(odd_merges[_i].a, ASSAY_REASON_NONE);
    assay_verdict from = make(odd_merges[_i].b, ASSAY_REASON_NONE);

    assay__verdict_merge(&into, &from);
    ck_assert_msg(into.status == odd_merges[_i].want, "case %d: got %s", _i,
                  assay_status_name(into.status));
}
END_TEST

/* Two engines disagree: the first threat is the one that is told. */
START_TEST(first_infection_keeps_name_and_engine)
{
    assay_verdict into = make(ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE);
    assay_verdict from = make(ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE);

    assay__text_copy(into.info, sizeof into.info, "First");
    assay__text_copy(into.engine, sizeof into.engine, "alpha");
    assay__text_copy(from.info, sizeof from.info, "Second");
    assay__verdict_merge(&into, &from);
    ck_assert_str_eq(into.info, "First");
    ck_assert_str_eq(into.engine, "alpha");
}
END_TEST

START_TEST(complete_renditions_of_other_sizes_stay_complete)
{
    assay_verdict into = make(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE);
    assay_verdict from = make(ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE);

    from.coverage.bytes_seen = from.coverage.bytes_total = 12;
    assay__verdict_merge(&into, &from);
    ck_assert(assay_coverage_is_complete(&into.coverage));
    ck_assert_uint_eq(into.coverage.bytes_total, 12);
}
END_TEST

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static assay_verdict random_verdict(unsigned *state)
{
    assay_verdict verdict = {.status = next_random(state) % STATUS_COUNT};
    assay_coverage *coverage = &verdict.coverage;

    coverage->bytes_seen = next_random(state) % 3;
    coverage->bytes_total = next_random(state) % 3;
    coverage->parts_seen = next_random(state) % 2;
    coverage->parts_total = next_random(state) % 2;
    coverage->limits_hit = next_random(state) % 4 == 0;
    coverage->members_unopened = next_random(state) % 4 == 0;
    return verdict;
}

/* A merge claims complete coverage only when both sides had it, and loses no
 * infection. */
START_TEST(random_merges_are_conservative)
{
    unsigned state = 1;

    for (int i = 0; i < 20000; i++) {
        assay_verdict a = random_verdict(&state);
        assay_verdict b = random_verdict(&state);
        assay_verdict merged = a;
        bool both = assay_coverage_is_complete(&a.coverage) &&
                    assay_coverage_is_complete(&b.coverage);
        bool infected = a.status == ASSAY_STATUS_INFECTED ||
                        b.status == ASSAY_STATUS_INFECTED;

        assay__verdict_merge(&merged, &b);
        ck_assert_msg(assay_coverage_is_complete(&merged.coverage) == both,
                      "round %d: complete", i);
        ck_assert_msg(
            merged.coverage.bytes_seen <= merged.coverage.bytes_total &&
                merged.coverage.parts_seen <= merged.coverage.parts_total,
            "round %d: more seen than there is", i);
        ck_assert_msg((merged.status == ASSAY_STATUS_INFECTED) == infected,
                      "round %d: infected", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tc = tcase_create("verdict");

    tcase_add_test(tc, cleared_memory_is_an_error);
    tcase_add_test(tc, every_status_has_its_own_name);
    tcase_add_test(tc, every_reason_has_its_own_name);
    tcase_add_test(tc, unknown_values_read_as_error);
    tcase_add_loop_test(tc, coverage_is_complete_when_nothing_is_left, 0,
                        ASSAY_COUNT_OF(coverage_cases));
    tcase_add_loop_test(tc, merge_truth_table, 0, OUTCOMES * OUTCOMES);
    tcase_add_loop_test(tc, merge_of_what_did_not_run, 0,
                        ASSAY_COUNT_OF(odd_merges));
    tcase_add_test(tc, first_infection_keeps_name_and_engine);
    tcase_add_test(tc, complete_renditions_of_other_sizes_stay_complete);
    tcase_add_test(tc, random_merges_are_conservative);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
