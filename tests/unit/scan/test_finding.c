/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The table from findings to verdicts (promise 1): every finding, in time and
 * late, with complete and with incomplete coverage.
 */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "scan/finding.h"
#include "check_run.h"

#define SIZE 100

static assay_verdict judge(const assay_finding *finding, bool is_late)
{
    const struct assay__scan_facts facts = {SIZE, 10, is_late};
    assay_verdict verdict = {0};

    assay__finding_judge(finding, &facts, &verdict);
    return verdict;
}

static assay_finding make(assay_found found, const char *info)
{
    assay_finding finding = {.found = found, .coverage.bytes_seen = SIZE};

    assay__text_copy(finding.info, sizeof finding.info, info);
    return finding;
}

static const struct {
    int found;
    const char *info;
    bool is_partial, is_late;
    assay_status want;
    assay_reason want_reason;
    const char *want_info;
} cases[] = {
    {ASSAY_FOUND_NOTHING, "", false, false, ASSAY_STATUS_CLEAN, 0, ""},
    {ASSAY_FOUND_NOTHING, "x", false, false, ASSAY_STATUS_CLEAN, 0, ""},
    {ASSAY_FOUND_NOTHING, "", true, false, ASSAY_STATUS_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "error: unscannable: partial"},
    {ASSAY_FOUND_NOTHING, "", false, true, ASSAY_STATUS_ERROR,
     ASSAY_REASON_TIMEOUT, "error: timeout after 10s"},
    {ASSAY_FOUND_NOTHING, "", true, true, ASSAY_STATUS_ERROR,
     ASSAY_REASON_TIMEOUT, "error: timeout after 10s"},
    {ASSAY_FOUND_THREAT, "Eicar", false, false, ASSAY_STATUS_INFECTED, 0,
     "Eicar"},
    {ASSAY_FOUND_THREAT, "Eicar", true, false, ASSAY_STATUS_INFECTED, 0,
     "Eicar"},
    {ASSAY_FOUND_THREAT, "Eicar", true, true, ASSAY_STATUS_INFECTED, 0,
     "Eicar"},
    {ASSAY_FOUND_THREAT, "a\r\nb\"c\\d\x80", false, false,
     ASSAY_STATUS_INFECTED, 0, "a??b'c'd?"},
    {ASSAY_FOUND_THREAT, "", false, false, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: the engine reports a threat without a name"},
    {ASSAY_FOUND_THREAT, "(null)", false, false, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: the engine reports a threat without a name"},
    {ASSAY_FOUND_THREAT, " \n ", false, false, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: the engine reports a threat without a name"},
    {ASSAY_FOUND_THREAT, "\xe7\x97\x85\xe6\xaf\x92", false, false,
     ASSAY_STATUS_INFECTED, 0, "unnamed"},
    {ASSAY_FOUND_THREAT, "\xe9 1", false, false, ASSAY_STATUS_INFECTED, 0,
     "? 1"},
    {ASSAY_FOUND_FAULT, "", false, false, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: engine"},
    {ASSAY_FOUND_FAULT, "no room", false, true, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: no room"},
    {ASSAY_FOUND_FAULT, "ERROR: no room", false, false, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: no room"},
    {ASSAY_FOUND_FAULT, "errors", false, false, ASSAY_STATUS_ERROR,
     ASSAY_REASON_ENGINE, "error: errors"},
    {ASSAY_FOUND_UNSCANNABLE, "", false, false, ASSAY_STATUS_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "error: unscannable: partial"},
    {ASSAY_FOUND_UNSCANNABLE, "", false, true, ASSAY_STATUS_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "error: unscannable: partial"},
    {ASSAY_FOUND_NOT_SUITABLE, "", false, false, ASSAY_STATUS_NOT_SUITABLE, 0,
     "error: not suitable: for this engine"},
    {99, "", false, false, ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
     "error: engine"},
    {-1, "Eicar", false, false, ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
     "error: Eicar"},
};

START_TEST(finding_becomes_verdict)
{
    assay_finding finding = make((assay_found)cases[_i].found, cases[_i].info);
    assay_verdict got;

    if (cases[_i].is_partial)
        finding.coverage.bytes_seen = SIZE - 1;
    got = judge(&finding, cases[_i].is_late);
    ck_assert_msg(got.status == cases[_i].want, "case %d: got %s, want %s", _i,
                  assay_status_name(got.status),
                  assay_status_name(cases[_i].want));
    ck_assert_msg(got.reason == cases[_i].want_reason,
                  "case %d: got %s, want %s", _i, assay_reason_name(got.reason),
                  assay_reason_name(cases[_i].want_reason));
    ck_assert_str_eq(got.info, cases[_i].want_info);
}
END_TEST

static const assay_coverage gaps[] = {
    {.bytes_seen = 0},
    {.bytes_seen = SIZE - 1},
    {.bytes_seen = SIZE + 1},
    {.bytes_seen = SIZE, .parts_total = 1},
    {.bytes_seen = SIZE, .parts_seen = 1},
    {.bytes_seen = SIZE, .parts_seen = 2, .parts_total = 3},
    {.bytes_seen = SIZE, .limits_hit = ASSAY_LIMIT_TIME},
    {.bytes_seen = SIZE, .members_unopened = 1},
    /* an engine cannot lower what there was to see */
    {.bytes_seen = 10, .bytes_total = 10},
};

START_TEST(no_gap_is_clean)
{
    assay_finding finding = make(ASSAY_FOUND_NOTHING, "");
    assay_verdict got;

    finding.coverage = gaps[_i];
    got = judge(&finding, false);
    ck_assert_msg(got.status == ASSAY_STATUS_UNSCANNABLE, "gap %d: got %s", _i,
                  assay_status_name(got.status));
    ck_assert_int_eq(got.reason, ASSAY_REASON_PARTIAL);
    ck_assert(!assay_coverage_is_complete(&got.coverage));
}
END_TEST

START_TEST(content_of_an_engine_that_does_not_count_is_one_part)
{
    assay_finding finding = make(ASSAY_FOUND_NOTHING, "");
    assay_verdict got = judge(&finding, false);

    ck_assert_uint_eq(got.coverage.parts_seen, 1);
    ck_assert_uint_eq(got.coverage.parts_total, 1);
    ck_assert_uint_eq(got.coverage.bytes_total, SIZE);
}
END_TEST

/* Texts of an engine may fill their arrays to the last byte. */
START_TEST(unterminated_texts_are_cut)
{
    assay_finding finding = make(ASSAY_FOUND_THREAT, "");
    assay_verdict got;

    memset(finding.info, 'i', sizeof finding.info);
    memset(finding.scan_code, 'c', sizeof finding.scan_code);
    got = judge(&finding, false);
    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(strlen(got.info), sizeof got.info - 1);
    ck_assert_uint_eq(strlen(got.scan_code), sizeof got.scan_code - 1);
    finding.found = ASSAY_FOUND_FAULT;
    got = judge(&finding, false);
    ck_assert_int_eq(strncmp(got.info, "error: iii", 10), 0);
}
END_TEST

static const struct {
    assay_found found;
    assay_reason reason, want;
    uint32_t limits_hit;
} reasons[] = {
    {ASSAY_FOUND_FAULT, ASSAY_REASON_NONE, ASSAY_REASON_ENGINE, 0},
    {ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY, ASSAY_REASON_MEMORY, 0},
    {ASSAY_FOUND_FAULT, ASSAY_REASON_RELOADING, ASSAY_REASON_RELOADING, 0},
    {ASSAY_FOUND_FAULT, ASSAY_REASON_ENCRYPTED, ASSAY_REASON_ENGINE, 0},
    {ASSAY_FOUND_FAULT, (assay_reason)99, ASSAY_REASON_ENGINE, 0},
    {ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_NONE, ASSAY_REASON_PARTIAL, 0},
    {ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_NONE, ASSAY_REASON_LIMIT, 1},
    {ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED, ASSAY_REASON_ENCRYPTED,
     1},
    {ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MEMORY, ASSAY_REASON_PARTIAL, 0},
    {ASSAY_FOUND_NOTHING, ASSAY_REASON_ENCRYPTED, ASSAY_REASON_NONE, 0},
    {ASSAY_FOUND_THREAT, ASSAY_REASON_ENCRYPTED, ASSAY_REASON_NONE, 0},
};

START_TEST(reason_fits_the_status)
{
    assay_finding finding = make(reasons[_i].found, "X");
    assay_verdict got;

    finding.reason = reasons[_i].reason;
    finding.coverage.limits_hit = reasons[_i].limits_hit;
    got = judge(&finding, false);
    ck_assert_msg(got.reason == reasons[_i].want, "case %d: got %s", _i,
                  assay_reason_name(got.reason));
}
END_TEST

START_TEST(unscannable_tells_the_scan_code)
{
    assay_finding finding = make(ASSAY_FOUND_UNSCANNABLE, "");
    assay_verdict got;

    assay__text_copy(finding.scan_code, sizeof finding.scan_code,
                     "Heuristics.Limits.Exceeded.MaxFiles");
    got = judge(&finding, false);
    ck_assert_str_eq(got.info,
                     "error: unscannable: Heuristics.Limits.Exceeded.MaxFiles");
    assay__text_copy(finding.scan_code, sizeof finding.scan_code, "OK");
    finding.reason = ASSAY_REASON_ENCRYPTED;
    got = judge(&finding, false);
    ck_assert_str_eq(got.info, "error: unscannable: encrypted");
}
END_TEST

START_TEST(timeout_of_the_engine_reads_like_ours)
{
    assay_finding finding = make(ASSAY_FOUND_FAULT, "");
    assay_verdict got;

    finding.reason = ASSAY_REASON_TIMEOUT;
    got = judge(&finding, false);
    ck_assert_str_eq(got.info, "error: timeout after 10s");
}
END_TEST

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static assay_finding random_finding(unsigned *state)
{
    assay_finding finding = {0};
    unsigned char *bytes = (unsigned char *)&finding;

    for (size_t i = 0; i < sizeof finding; i++)
        bytes[i] = (unsigned char)next_random(state);
    finding.found = (assay_found)(next_random(state) % 6);
    if (next_random(state) % 2)
        finding.coverage = (assay_coverage){.bytes_seen = SIZE};
    if (next_random(state) % 4 == 0)
        finding.coverage.limits_hit = next_random(state);
    if (next_random(state) % 4 == 0)
        finding.coverage.parts_total = next_random(state) % 3;
    return finding;
}

static bool is_showable(const char *text, size_t size)
{
    if (strnlen(text, size) == size)
        return false;
    while (isprint((unsigned char)*text))
        text++;
    return *text == '\0';
}

/* Whatever an engine leaves behind: never CLEAN without complete coverage or
 * after the deadline, and every text can be shown. */
START_TEST(random_findings_are_never_clean_by_accident)
{
    unsigned state = 7;
    int clean = 0;

    for (int i = 0; i < 20000; i++) {
        assay_finding finding = random_finding(&state);
        bool is_late = next_random(&state) % 4 == 0;
        assay_verdict got = judge(&finding, is_late);

        ck_assert_msg(is_showable(got.info, sizeof got.info) &&
                          is_showable(got.scan_code, sizeof got.scan_code),
                      "round %d", i);
        if (got.status == ASSAY_STATUS_INFECTED)
            ck_assert_int_ne(got.info[0], '\0');
        else if (got.status != ASSAY_STATUS_CLEAN)
            ck_assert_int_eq(strncmp(got.info, "error: ", 7), 0);
        if (got.status != ASSAY_STATUS_CLEAN)
            continue;
        clean++;
        ck_assert(finding.found == ASSAY_FOUND_NOTHING && !is_late);
        ck_assert(assay_coverage_is_complete(&got.coverage));
        ck_assert_uint_eq(finding.coverage.bytes_seen, SIZE);
    }
    ck_assert_int_gt(clean, 0); /* or this test has tested nothing */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("finding");
    TCase *tc = tcase_create("finding");

    tcase_add_loop_test(tc, finding_becomes_verdict, 0, ASSAY_COUNT_OF(cases));
    tcase_add_loop_test(tc, no_gap_is_clean, 0, ASSAY_COUNT_OF(gaps));
    tcase_add_test(tc, content_of_an_engine_that_does_not_count_is_one_part);
    tcase_add_test(tc, unterminated_texts_are_cut);
    tcase_add_loop_test(tc, reason_fits_the_status, 0, ASSAY_COUNT_OF(reasons));
    tcase_add_test(tc, unscannable_tells_the_scan_code);
    tcase_add_test(tc, timeout_of_the_engine_reads_like_ours);
    tcase_add_test(tc, random_findings_are_never_clean_by_accident);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
