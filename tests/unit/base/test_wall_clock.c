/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "base/wall_clock.h"

#include <check.h>
#include <time.h>

#include "check_run.h"

static int64_t stopped_clock(void *arg)
{
    return *(const int64_t *)arg;
}

START_TEST(a_host_may_have_a_clock_of_its_own)
{
    int64_t now_ms = 1796022000999;
    const struct assay__wall_clock clock = {.now_ms = stopped_clock,
                                            .arg = &now_ms};

    ck_assert_int_eq(assay__wall_clock_ms(&clock), now_ms);
    ck_assert_int_eq(assay__wall_clock_s(&clock), 1796022000);
}
END_TEST

START_TEST(without_one_the_time_is_the_systems)
{
    const struct assay__wall_clock none = {.now_ms = NULL};
    int64_t before = (int64_t)time(NULL);
    int64_t now_s = assay__wall_clock_s(_i == 0 ? NULL : &none);

    ck_assert_int_ge(now_s + 1, before); /* time() may be of the last tick */
    ck_assert_int_le(now_s, (int64_t)time(NULL) + 1);
}
END_TEST

static const struct {
    int64_t time_s;
    const char *rfc3339, *rfc5322;
} dates[] = {
    {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
    {1796022000, "2026-11-30T07:00:00Z", "Mon, 30 Nov 2026 07:00:00 +0000"},
    {253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 +0000"},
    {253402300800, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
    {-1, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
    {INT64_MIN, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
};

START_TEST(dates_are_written_for_any_time)
{
    char text[ASSAY__WALL_CLOCK_TEXT_MAX];

    assay__wall_clock_rfc3339(dates[_i].time_s, text);
    ck_assert_str_eq(text, dates[_i].rfc3339);
    assay__wall_clock_rfc5322(dates[_i].time_s, text);
    ck_assert_str_eq(text, dates[_i].rfc5322);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("wall_clock");
    TCase *tc = tcase_create("wall_clock");

    tcase_add_test(tc, a_host_may_have_a_clock_of_its_own);
    tcase_add_loop_test(tc, without_one_the_time_is_the_systems, 0, 2);
    tcase_add_loop_test(tc, dates_are_written_for_any_time, 0,
                        (int)(sizeof dates / sizeof *dates));
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
