/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* When a server is asked, left alone and tried again, on a clock of the
 * test's own. */
#include <check.h>

#include "check_run.h"
#include "icap_health.h"

static struct assay__icap_health health;

static void setup(void)
{
    health = (struct assay__icap_health){0};
}

static void bring_up(void)
{
    ck_assert_int_eq(assay__icap_health_admit(&health, 0), ASSAY__ICAP_PROBE);
    ck_assert(assay__icap_health_success(&health, true));
}

START_TEST(a_new_server_is_proven_by_one)
{
    ck_assert_int_eq(assay__icap_health_admit(&health, 0), ASSAY__ICAP_PROBE);
    ck_assert_int_eq(assay__icap_health_admit(&health, 0), ASSAY__ICAP_REFUSE);
    ck_assert(assay__icap_health_success(&health, true));
    ck_assert_int_eq(assay__icap_health_admit(&health, 0), ASSAY__ICAP_SERVE);
    ck_assert(!assay__icap_health_success(&health, false));
}
END_TEST

START_TEST(refused_once_is_down)
{
    bring_up();
    ck_assert(assay__icap_health_failure(&health, 1000, false, true, 0));
    ck_assert_int_eq(assay__icap_health_admit(&health, 1000),
                     ASSAY__ICAP_REFUSE);
    ck_assert_int_eq(assay__icap_health_admit(&health, 1049),
                     ASSAY__ICAP_REFUSE);
    ck_assert_int_eq(assay__icap_health_admit(&health, 1050),
                     ASSAY__ICAP_PROBE);
}
END_TEST

START_TEST(doubtful_failures_count_in_a_row)
{
    bring_up();
    for (int i = 1; i < ASSAY__ICAP_FAILURES_MAX; i++)
        ck_assert(!assay__icap_health_failure(&health, 0, false, false, 0));
    ck_assert(!assay__icap_health_success(&health, false));
    for (int i = 1; i < ASSAY__ICAP_FAILURES_MAX; i++)
        ck_assert(!assay__icap_health_failure(&health, 0, false, false, 0));
    ck_assert_int_eq(assay__icap_health_admit(&health, 0), ASSAY__ICAP_SERVE);
    ck_assert(assay__icap_health_failure(&health, 0, false, false, 0));
    ck_assert_int_eq(assay__icap_health_admit(&health, 0), ASSAY__ICAP_REFUSE);
}
END_TEST

/* Whatever the random number: never sooner than half a step, never later than
 * 5 s. */
START_TEST(backoff_doubles_up_to_its_bound)
{
    static const int64_t steps[] = {100,  200,  400,  800, 1600,
                                    3200, 5000, 5000, 5000};
    int64_t now_ms = 0;

    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(assay__icap_health_admit(&health, now_ms),
                         ASSAY__ICAP_PROBE);
        ck_assert(!assay__icap_health_failure(&health, now_ms, true, false,
                                              (uint32_t)_i * 2654435761u));
        ck_assert_int_ge(health.retry_at_ms - now_ms, steps[i] / 2);
        ck_assert_int_le(health.retry_at_ms - now_ms, steps[i]);
        ck_assert_int_eq(
            assay__icap_health_admit(&health, health.retry_at_ms - 1),
            ASSAY__ICAP_REFUSE);
        now_ms = health.retry_at_ms;
    }
}
END_TEST

START_TEST(a_late_success_or_failure_does_not_count)
{
    bring_up();
    ck_assert(assay__icap_health_failure(&health, 0, false, true, 0));
    ck_assert(!assay__icap_health_success(&health, false));
    ck_assert_int_eq(assay__icap_health_admit(&health, 1), ASSAY__ICAP_REFUSE);
    ck_assert(!assay__icap_health_failure(&health, 40, false, true, 0));
    ck_assert_int_eq(assay__icap_health_admit(&health, 50), ASSAY__ICAP_PROBE);
    /* One that was on its way while another probes. */
    ck_assert(!assay__icap_health_failure(&health, 60, false, true, 0));
    ck_assert(assay__icap_health_success(&health, true));
    ck_assert_int_eq(assay__icap_health_admit(&health, 60), ASSAY__ICAP_SERVE);
}
END_TEST

START_TEST(coming_back_forgets_the_backoff)
{
    for (int64_t now_ms = 0, i = 0; i < 8; i++, now_ms = health.retry_at_ms) {
        (void)assay__icap_health_admit(&health, now_ms);
        (void)assay__icap_health_failure(&health, now_ms, true, true, 0);
    }
    ck_assert_int_eq(assay__icap_health_admit(&health, health.retry_at_ms),
                     ASSAY__ICAP_PROBE);
    ck_assert(assay__icap_health_success(&health, true));
    ck_assert(assay__icap_health_failure(&health, 90000, false, true, 0));
    ck_assert_int_eq(health.retry_at_ms, 90050);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icap_health");
    TCase *tc = tcase_create("health");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_new_server_is_proven_by_one);
    tcase_add_test(tc, refused_once_is_down);
    tcase_add_test(tc, doubtful_failures_count_in_a_row);
    tcase_add_loop_test(tc, backoff_doubles_up_to_its_bound, 0, 20);
    tcase_add_test(tc, a_late_success_or_failure_does_not_count);
    tcase_add_test(tc, coming_back_forgets_the_backoff);
    return check_run(suite);
}
