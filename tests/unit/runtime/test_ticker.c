/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The thread of periodic work: it can be told to end without a wait for a call
 * that takes long.
 */
#include "runtime/ticker.h"

#include <check.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "check_run.h"

/* Longest wait where the outcome does not hang on it. */
enum { PATIENCE_MS = 60000 };

static sem_t entered, may_leave;
static _Atomic int calls;

static void call(void *arg)
{
    (void)arg;
    atomic_fetch_add(&calls, 1);
    (void)sem_post(&entered);
    (void)sem_wait(&may_leave);
}

static struct assay__ticker *start(int64_t interval_ms)
{
    struct assay__ticker *ticker = NULL;

    atomic_store(&calls, 0);
    ck_assert_int_eq(sem_init(&entered, 0, 0), 0);
    ck_assert_int_eq(sem_init(&may_leave, 0, 0), 0);
    ck_assert_int_eq(
        assay__ticker_start("test", interval_ms, call, NULL, &ticker, NULL),
        ASSAY_OK);
    return ticker;
}

START_TEST(end_does_not_wait_for_a_call_that_takes_long)
{
    struct assay__ticker *ticker = start(1);

    ck_assert_int_eq(sem_wait(&entered), 0);
    ck_assert(!assay__ticker_end(ticker, 20));
    (void)sem_post(&may_leave);
    ck_assert(assay__ticker_end(ticker, PATIENCE_MS));
    ck_assert_int_eq(atomic_load(&calls), 1); /* and no other begins */
    assay__ticker_stop(&ticker);
    ck_assert_ptr_null(ticker);
    ck_assert_int_eq(atomic_load(&calls), 1);
}
END_TEST

START_TEST(interval_of_zero_calls_nobody_until_it_is_set)
{
    struct assay__ticker *ticker = start(0);

    ck_assert_int_eq(atomic_load(&calls), 0);
    assay__ticker_set_interval(ticker, 1);
    ck_assert_int_eq(sem_wait(&entered), 0);
    (void)sem_post(&may_leave);
    assay__ticker_set_interval(ticker, 0);
    (void)sem_post(&may_leave); /* one more may have begun */
    assay__ticker_stop(&ticker);
}
END_TEST

START_TEST(nothing_runs_without_a_ticker)
{
    struct assay__ticker *none = NULL;

    ck_assert(assay__ticker_end(NULL, 0));
    assay__ticker_set_interval(NULL, 1);
    assay__ticker_stop(&none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ticker");
    TCase *tcase = tcase_create("ticker");

    tcase_add_test(tcase, end_does_not_wait_for_a_call_that_takes_long);
    tcase_add_test(tcase, interval_of_zero_calls_nobody_until_it_is_set);
    tcase_add_test(tcase, nothing_runs_without_a_ticker);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
