/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Points of a service as a score from 0 to 100. */
#include <check.h>
#include <float.h>
#include <math.h>

#include "check_run.h"
#include "mapping.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    double points, threshold, want;
} cases[] = {
    {-1e300, 5, 0},
    {-0.0, 5, 0},
    {0, 5, 0},
    {2.3, 5, 41.4},
    {2.5, 5, 45},
    {4.9, 5, 88.2},
    {1, 3, 30},
    {1, 7, 12.85}, /* 12.857: towards zero */
    {5, 5, 90},
    {15, 15, 90},
    {10, 5, 95},
    {15, 7, 95.33},
    {1000, 5, 99.95},
    {DBL_MAX, 5, 100},
    {DBL_MIN, 5, 0},
    {DBL_MAX, DBL_MAX, 90},
    {DBL_MAX / 2, DBL_MAX, 45},
    {DBL_MIN, DBL_MIN, 90},
};

START_TEST(points_become_a_score)
{
    assay_error err = {0};
    double score = -1;

    ck_assert_int_eq(assay__mapping_score(cases[_i].points, cases[_i].threshold,
                                          &score, &err),
                     ASSAY_OK);
    ck_assert_msg(fabs(score - cases[_i].want) < 0.005,
                  "case %d: got %.4f, want %.4f", _i, score, cases[_i].want);
}
END_TEST

/* Whatever rounding does. */
START_TEST(spam_scores_ninety_and_more_and_all_else_less)
{
    static const double thresholds[] = {DBL_MIN, 0.1, 1.0 / 3, 4.9999, 5,
                                        6.6,     15,  1e9,     1e300};
    assay_error err = {0};

    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
        double threshold = thresholds[i], below = -1, at = -1, above = -1;

        ck_assert_int_eq(assay__mapping_score(nextafter(threshold, 0),
                                              threshold, &below, &err),
                         ASSAY_OK);
        ck_assert_int_eq(assay__mapping_score(threshold, threshold, &at, &err),
                         ASSAY_OK);
        ck_assert_int_eq(assay__mapping_score(nextafter(threshold, HUGE_VAL),
                                              threshold, &above, &err),
                         ASSAY_OK);
        ck_assert_msg(below < 90 && at >= 90 && above >= at,
                      "threshold %g: %.17g %.17g %.17g", threshold, below, at,
                      above);
    }
}
END_TEST

START_TEST(more_points_never_score_less)
{
    double last = 0;

    for (int points = -100; points < 5000; points++) {
        double score = -1;

        ck_assert_int_eq(
            assay__mapping_score(points / 100.0, 6.6, &score, NULL), ASSAY_OK);
        ck_assert_msg(score >= last && score <= 100, "%d: %g after %g", points,
                      score, last);
        last = score;
    }
}
END_TEST

static const struct {
    double points, threshold;
} absurd[] = {
    {(double)NAN, 5}, {HUGE_VAL, 5},  {-HUGE_VAL, 5}, {1, (double)NAN},
    {1, HUGE_VAL},    {1, -HUGE_VAL}, {1, 0},         {1, -5},
};

START_TEST(absurd_numbers_are_errors)
{
    assay_error err = {0};
    double score = 77;

    ck_assert_int_eq(assay__mapping_score(absurd[_i].points,
                                          absurd[_i].threshold, &score, &err),
                     ASSAY_E_IO);
    ck_assert_double_eq(score, 77);
    ck_assert_str_ne(err.msg, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark_mapping");
    TCase *tcase = tcase_create("mapping");

    tcase_add_loop_test(tcase, points_become_a_score, 0, COUNT_OF(cases));
    tcase_add_test(tcase, spam_scores_ninety_and_more_and_all_else_less);
    tcase_add_test(tcase, more_points_never_score_less);
    tcase_add_loop_test(tcase, absurd_numbers_are_errors, 0, COUNT_OF(absurd));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
