/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "check_run.h"

START_TEST(time_never_goes_back)
{
    int64_t last = assay__clock_us();

    for (int i = 0; i < 10000; i++) {
        int64_t now = assay__clock_us();

        ck_assert_int_ge(now, last);
        last = now;
    }
}
END_TEST

START_TEST(milliseconds_are_microseconds_by_a_thousand)
{
    int64_t before = assay__clock_us(), ms = assay__clock_ms();
    int64_t after = assay__clock_us();

    ck_assert_int_ge(ms, before / 1000);
    ck_assert_int_le(ms, after / 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_clock");
    TCase *tc = tcase_create("clock");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, time_never_goes_back);
    tcase_add_test(tc, milliseconds_are_microseconds_by_a_thousand);
    return check_run(suite);
}
