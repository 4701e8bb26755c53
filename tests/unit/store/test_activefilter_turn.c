/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Turns come in the order in which they were asked for. */
#include <check.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "check_run.h"
#include "store/activefilter_turn.h"

enum { THREADS = 8, FOREVER_MS = 60000 };

static struct assay__activefilter_turn turn;
static assay_error err;
static int order[THREADS]; /* who had a turn; written by who has it */
static int order_count;

static void setup(void)
{
    ck_assert_int_eq(assay__activefilter_turn_init(&turn, &err), ASSAY_OK);
    order_count = 0;
}

static void teardown(void)
{
    assay__activefilter_turn_fini(&turn);
}

static int64_t in_ms(int64_t ms)
{
    return assay__clock_ms() + ms;
}

static void *take_one(void *arg)
{
    if (!assay__activefilter_turn_take(&turn, in_ms(FOREVER_MS)))
        return arg;
    order[order_count++] = *(int *)arg;
    assay__activefilter_turn_end(&turn);
    return NULL;
}

static int count_waiting(void)
{
    int count = 0;

    assay__lock_take(&turn.lock);
    for (const struct assay__activefilter_waiter *w = turn.first; w;
         w = w->next)
        count++;
    assay__lock_drop(&turn.lock);
    return count;
}

START_TEST(first_to_ask_is_first_served)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    void *failed;

    ck_assert(assay__activefilter_turn_take(&turn, in_ms(FOREVER_MS)));
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, take_one, &numbers[i]), 0);
        while (count_waiting() <= i)
            (void)sched_yield();
    }
    ck_assert_int_eq(order_count, 0);
    assay__activefilter_turn_end(&turn);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(order[i], i);
    ck_assert(!turn.is_taken);
}
END_TEST

/* Who gives up leaves the line whole, wherever it stood. */
START_TEST(who_waits_too_long_leaves_the_line)
{
    pthread_t thread;
    int number = 7;
    void *failed;

    ck_assert(assay__activefilter_turn_take(&turn, in_ms(FOREVER_MS)));
    ck_assert(!assay__activefilter_turn_take(&turn, in_ms(0)));
    ck_assert_ptr_null(turn.first);
    ck_assert_ptr_null(turn.last);
    ck_assert_int_eq(pthread_create(&thread, NULL, take_one, &number), 0);
    while (count_waiting() < 1)
        (void)sched_yield();
    ck_assert(!assay__activefilter_turn_take(&turn, in_ms(0)));
    ck_assert_int_eq(count_waiting(), 1);
    assay__activefilter_turn_end(&turn);
    ck_assert_int_eq(pthread_join(thread, &failed), 0);
    ck_assert_ptr_null(failed);
    ck_assert_int_eq(order[0], 7);
    ck_assert(assay__activefilter_turn_take(&turn, in_ms(0)));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_turn");
    TCase *tcase = tcase_create("turns");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, first_to_ask_is_first_served);
    tcase_add_test(tcase, who_waits_too_long_leaves_the_line);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
