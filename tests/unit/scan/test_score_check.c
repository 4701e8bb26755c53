/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/sizes.h"
#include "check_run.h"
#include "scan/score_check.h"

static const struct {
    double score;
    bool is_good;
} numbers[] = {
    {0, true},         {100, true},  {99.5, true},      {-0.01, false},
    {100.0001, false}, {NAN, false}, {INFINITY, false}, {-INFINITY, false},
    {1e308, false},    {-1, false},
};

/* CM-11: a score is a number from 0 to 100. */
START_TEST(takes_numbers_from_0_to_100)
{
    assay_score score = {.score = numbers[_i].score};
    assay_rc rc = assay__score_check(&score, NULL);

    ck_assert_msg((rc == ASSAY_OK) == numbers[_i].is_good, "case %d", _i);
}
END_TEST

static const struct {
    const char *text;
    bool is_good;
} texts[] = {
    {"spam", true},      {"", true},      {"gr\xc3\xbc\xc3\x9f", true},
    {"a\nb", false},     {"a\tb", false}, {"\x7f", false},
    {"\xff\xfe", false}, {"\xc3", false},
};

START_TEST(takes_printable_texts)
{
    assay_score score = {.score = 1};
    assay_rc rc;

    (void)strncat(score.sub_category_desc, texts[_i].text, 20);
    rc = assay__score_check(&score, NULL);
    ck_assert_msg((rc == ASSAY_OK) == texts[_i].is_good, "case %d", _i);
}
END_TEST

START_TEST(refuses_a_text_without_end)
{
    assay_score score = {.score = 1};
    assay_error err = {0};

    memset(score.analysis, 'a', sizeof score.analysis);
    ck_assert_int_eq(assay__score_check(&score, &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "analysis"));
}
END_TEST

static const struct {
    const char *name, *value;
    bool is_good;
} headers[] = {
    {"X-CMAE-Score", "90", true},
    {"X-CMAE-Score", "", true},
    {"", "90", false},
    {"X Score", "90", false},
    {"X-Score:", "90", false},
    {"X-Sc\xc3\xb6re", "90", false},
    {"X-Score", "90\r\n b", false},
    {"X-Score", "90\nBcc: x", false},
};

START_TEST(refuses_headers_that_could_add_others)
{
    assay_score score = {.score = 1, .header_count = 1};
    assay_rc rc;

    (void)strncat(score.headers[0].name, headers[_i].name, 20);
    (void)strncat(score.headers[0].value, headers[_i].value, 20);
    rc = assay__score_check(&score, NULL);
    ck_assert_msg((rc == ASSAY_OK) == headers[_i].is_good, "case %d", _i);
}
END_TEST

START_TEST(refuses_more_headers_than_there_is_room_for)
{
    assay_score score = {.score = 1,
                         .header_count = ASSAY_SCORE_HEADERS_MAX + 1};

    ck_assert_int_eq(assay__score_check(&score, NULL), ASSAY_E_IO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score_check");
    TCase *tcase = tcase_create("score_check");

    tcase_add_loop_test(tcase, takes_numbers_from_0_to_100, 0,
                        ASSAY_COUNT_OF(numbers));
    tcase_add_loop_test(tcase, takes_printable_texts, 0, ASSAY_COUNT_OF(texts));
    tcase_add_test(tcase, refuses_a_text_without_end);
    tcase_add_loop_test(tcase, refuses_headers_that_could_add_others, 0,
                        ASSAY_COUNT_OF(headers));
    tcase_add_test(tcase, refuses_more_headers_than_there_is_room_for);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
