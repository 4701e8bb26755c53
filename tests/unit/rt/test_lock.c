/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "rt/lock.h"

static struct assay__lock low, high;
static struct assay__cond cond;

static void setup(void)
{
    assay_error err;

    ck_assert_int_eq(assay__lock_init(&low, ASSAY__LOCK_generation, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__lock_init(&high, ASSAY__LOCK_pool, &err), ASSAY_OK);
    ck_assert_int_eq(assay__cond_init(&cond, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay__cond_fini(&cond);
    assay__lock_fini(&high);
    assay__lock_fini(&low);
}

START_TEST(increasing_ranks_are_fine)
{
    for (int i = 0; i < 3; i++) {
        assay__lock_take(&low);
        assay__lock_take(&high);
        assay__lock_assert_held(&low);
        assay__lock_assert_held(&high);
        assay__lock_drop(&high);
        assay__lock_drop(&low);
    }
    assay__lock_take(&high);
    assay__lock_drop(&high);
}
END_TEST

enum { THREADS = 4, ROUNDS = 5000 };

static int counter; /* low */

static void *count_up(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        assay__lock_take(&low);
        counter++;
        assay__lock_drop(&low);
    }
    return arg;
}

START_TEST(a_lock_excludes)
{
    pthread_t threads[THREADS];

    counter = 0;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(counter, THREADS * ROUNDS);
}
END_TEST

static void *raise_counter(void *arg)
{
    assay__lock_take(&low);
    counter = 1;
    assay__cond_broadcast(&cond);
    assay__lock_drop(&low);
    return arg;
}

START_TEST(a_signal_wakes_the_waiter)
{
    pthread_t thread;

    counter = 0;
    assay__lock_take(&low);
    ck_assert_int_eq(pthread_create(&thread, NULL, raise_counter, NULL), 0);
    while (counter == 0)
        assay__cond_wait(&cond, &low);
    assay__lock_assert_held(&low);
    assay__lock_drop(&low);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(a_passed_deadline_is_told)
{
    bool in_time = true;

    assay__lock_take(&low);
    while (in_time)
        in_time = assay__cond_wait_until(&cond, &low, assay__clock_ms() - 1);
    assay__lock_drop(&low);
    ck_assert(!in_time);
}
END_TEST

START_TEST(a_deadline_before_the_clock_began_has_passed)
{
    bool in_time;

    assay__lock_take(&low);
    in_time = assay__cond_wait_until(&cond, &low, -1);
    assay__lock_drop(&low);
    ck_assert(!in_time);
}
END_TEST

#ifdef ASSAY_LOCK_CHECKS

START_TEST(decreasing_ranks_stop_the_program)
{
    assay__lock_take(&high);
    assay__lock_take(&low);
}
END_TEST

START_TEST(taking_a_lock_twice_stops_the_program)
{
    assay__lock_take(&low);
    assay__lock_take(&low);
}
END_TEST

START_TEST(dropping_out_of_order_stops_the_program)
{
    assay__lock_take(&low);
    assay__lock_take(&high);
    assay__lock_drop(&low);
}
END_TEST

START_TEST(dropping_what_is_not_held_stops_the_program)
{
    assay__lock_drop(&low);
}
END_TEST

START_TEST(missing_lock_stops_the_program)
{
    assay__lock_take(&low);
    assay__lock_assert_held(&high);
}
END_TEST

START_TEST(waiting_without_the_lock_stops_the_program)
{
    assay__cond_wait(&cond, &low);
}
END_TEST

static void add_aborting(TCase *tc)
{
    tcase_add_test_raise_signal(tc, decreasing_ranks_stop_the_program, SIGABRT);
    tcase_add_test_raise_signal(tc, taking_a_lock_twice_stops_the_program,
                                SIGABRT);
    tcase_add_test_raise_signal(tc, dropping_out_of_order_stops_the_program,
                                SIGABRT);
    tcase_add_test_raise_signal(tc, dropping_what_is_not_held_stops_the_program,
                                SIGABRT);
    tcase_add_test_raise_signal(tc, missing_lock_stops_the_program, SIGABRT);
    tcase_add_test_raise_signal(tc, waiting_without_the_lock_stops_the_program,
                                SIGABRT);
}

#else

static void add_aborting(TCase *tc)
{
    (void)tc;
}

#endif

int main(void)
{
    Suite *suite = suite_create("rt_lock");
    TCase *tc = tcase_create("lock");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, increasing_ranks_are_fine);
    tcase_add_test(tc, a_lock_excludes);
    tcase_add_test(tc, a_signal_wakes_the_waiter);
    tcase_add_test(tc, a_passed_deadline_is_told);
    tcase_add_test(tc, a_deadline_before_the_clock_began_has_passed);
    /* Without a process of their own they would end this one. */
    if (srunner_fork_status(runner) == CK_FORK)
        add_aborting(tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
