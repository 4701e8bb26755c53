/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* PO-01, PO-02: deadline-aware admission and statistics, with a clock of
 * their own. */
#include <check.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "check_run.h"
#include "rt/pool.h"

enum { JOBS = 200, US_PER_MS = 1000 };

int64_t __wrap_assay__clock_us(void);

static _Atomic int64_t now_us;

int64_t __wrap_assay__clock_us(void)
{
    return atomic_load(&now_us);
}

static int64_t in_ms(int64_t ms)
{
    return atomic_load(&now_us) / US_PER_MS + ms;
}

struct timed {
    struct assay__job job; /* first */
    int64_t takes_ms;
};

static struct assay__pool *pool;
static struct timed jobs[JOBS];
static struct assay__job_class scans;
static assay_error err;
static sem_t entered, leave;

static void pass_time(struct assay__job *job)
{
    atomic_fetch_add(&now_us, ((struct timed *)job)->takes_ms * US_PER_MS);
}

static void hold(struct assay__job *job)
{
    (void)sem_post(&entered);
    (void)sem_wait(&leave);
    pass_time(job);
}

static void new_pool(unsigned concurrency)
{
    const struct assay__pool_options options = {.concurrency = concurrency};

    assay__pool_free(&pool);
    ck_assert_int_eq(assay__pool_new("test", &options, &pool, &err), ASSAY_OK);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
}

static void setup(void)
{
    pool = NULL;
    memset(jobs, 0, sizeof jobs);
    memset(&scans, 0, sizeof scans);
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&leave, 0, 0);
    atomic_store(&now_us, INT64_C(1000000));
    new_pool(1);
}

static void teardown(void)
{
    assay__pool_free(&pool);
}

static assay_rc submit(int job, int64_t deadline_ms)
{
    jobs[job].job.kind = &scans;
    if (!jobs[job].job.run)
        jobs[job].job.run = pass_time;
    return assay__pool_submit(pool, &jobs[job].job, deadline_ms, &err);
}

static void await_idle(void)
{
    struct assay__pool_stats stats;

    do {
        (void)sched_yield();
        assay__pool_stats(pool, &stats);
    } while (stats.active > 0 || stats.queued > 0);
}

/* Jobs one after the other, each of this length. */
static void run_some(int how_many, int64_t takes_ms)
{
    for (int i = 0; i < how_many; i++) {
        jobs[0].takes_ms = takes_ms;
        ck_assert_int_eq(submit(0, INT64_MAX), ASSAY_OK);
        await_idle();
    }
}

/* Every worker is busy from now on; the jobs end with let_go(). */
static void keep_busy(int workers)
{
    for (int i = 1; i <= workers; i++) {
        jobs[i].job.run = hold;
        jobs[i].takes_ms = 0;
        ck_assert_int_eq(submit(i, INT64_MAX), ASSAY_OK);
    }
    for (int i = 0; i < workers; i++)
        (void)sem_wait(&entered);
}

static void let_go(int workers)
{
    for (int i = 0; i < workers; i++)
        (void)sem_post(&leave);
    await_idle();
}

START_TEST(without_history_nothing_is_refused)
{
    keep_busy(1);
    for (int i = 10; i < 100; i++)
        ck_assert_int_eq(submit(i, in_ms(1)), ASSAY_OK);
    let_go(1);
}
END_TEST

START_TEST(a_wait_beyond_the_deadline_is_refused_at_once)
{
    run_some(8, 1000);
    keep_busy(1);
    ck_assert_int_eq(submit(10, in_ms(10000)), ASSAY_OK);
    ck_assert_int_eq(submit(11, in_ms(10000)), ASSAY_OK);
    /* 2 before it and half of the running one: 2.5 s, and its own second, and
     * another to be safe */
    ck_assert_int_eq(submit(12, in_ms(4400)), ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "overload: pool test would not be done with it "
                              "before the deadline");
    ck_assert_int_eq(submit(12, in_ms(4600)), ASSAY_OK);
    ck_assert_int_eq(submit(13, INT64_MAX), ASSAY_OK);
    let_go(1);
}
END_TEST

START_TEST(a_free_worker_takes_a_job_however_long_it_may_take)
{
    run_some(8, 60000);
    ck_assert_int_eq(submit(10, in_ms(1)), ASSAY_OK);
    await_idle();
}
END_TEST

START_TEST(more_workers_shorten_the_wait)
{
    run_some(8, 1000);
    keep_busy(1);
    for (int i = 10; i < 18; i++)
        ck_assert_int_eq(submit(i, INT64_MAX), ASSAY_OK);
    ck_assert_int_eq(submit(20, in_ms(4500)), ASSAY_E_LIMIT);
    for (int i = 10; i < 18; i++)
        ck_assert(assay__pool_cancel(pool, &jobs[i].job));
    let_go(1);
    assay__pool_configure(pool, 4, 0);
    keep_busy(4);
    for (int i = 10; i < 18; i++)
        ck_assert_int_eq(submit(i, INT64_MAX), ASSAY_OK);
    ck_assert_int_eq(submit(20, in_ms(4500)), ASSAY_OK);
    let_go(4);
}
END_TEST

static _Atomic unsigned dropped;

static void count_drop(struct assay__job *job)
{
    (void)job;
    atomic_fetch_add(&dropped, 1);
}

/* What is begun and not done in time keeps others waiting for nothing. */
START_TEST(a_job_that_waited_too_long_is_not_begun)
{
    atomic_store(&dropped, 0);
    run_some(8, 1000);
    keep_busy(1);
    jobs[1].takes_ms = 5000; /* much longer than the estimate */
    for (int i = 10; i < 13; i++)
        jobs[i].job.drop = count_drop;
    jobs[10].takes_ms = jobs[11].takes_ms = 1;
    ck_assert_int_eq(submit(10, in_ms(6000)), ASSAY_OK);  /* 1 s is left */
    ck_assert_int_eq(submit(11, in_ms(60000)), ASSAY_OK); /* enough */
    jobs[13].takes_ms = 1;
    ck_assert_int_eq(submit(13, in_ms(6000)), ASSAY_OK); /* cannot be dropped */
    let_go(1);
    ck_assert_uint_eq(atomic_load(&dropped), 1);
    ck_assert_uint_eq(scans.done, 8 + 3);
    /* One that finds a free worker is run, however little time is left. */
    jobs[12].takes_ms = 1;
    ck_assert_int_eq(submit(12, in_ms(0)), ASSAY_OK);
    await_idle();
    ck_assert_uint_eq(atomic_load(&dropped), 1);
    ck_assert_uint_eq(scans.done, 8 + 4);
}
END_TEST

START_TEST(one_slow_job_does_not_refuse_the_next)
{
    run_some(20, 10);
    run_some(1, 10000);
    keep_busy(1);
    ck_assert_int_eq(submit(10, in_ms(10000)), ASSAY_OK);
    let_go(1);
}
END_TEST

START_TEST(a_first_slow_job_is_no_history)
{
    run_some(1, 60000);
    keep_busy(1);
    ck_assert_int_eq(submit(10, in_ms(1000)), ASSAY_OK);
    let_go(1);
}
END_TEST

START_TEST(admission_recovers_after_an_overload)
{
    run_some(20, 10000);
    keep_busy(1);
    ck_assert_int_eq(submit(10, in_ms(5000)), ASSAY_E_LIMIT);
    let_go(1);
    /* What an idle pool takes corrects the estimate. */
    for (int i = 0; i < 20; i++) {
        jobs[11].takes_ms = 10;
        ck_assert_int_eq(submit(11, in_ms(5000)), ASSAY_OK);
        await_idle();
    }
    keep_busy(1);
    ck_assert_int_eq(submit(10, in_ms(5000)), ASSAY_OK);
    let_go(1);
}
END_TEST

START_TEST(a_class_at_its_limit_is_estimated_by_its_own_places)
{
    struct assay__job_class others = {.label = "other"};

    new_pool(4);
    run_some(8, 1000);
    assay__job_class_set_limit(pool, &scans, 1);
    keep_busy(1);
    ck_assert_int_eq(submit(10, INT64_MAX), ASSAY_OK);
    ck_assert_int_eq(submit(11, INT64_MAX), ASSAY_OK);
    ck_assert_int_eq(submit(12, in_ms(3000)), ASSAY_E_LIMIT);
    jobs[13].job = (struct assay__job){.run = pass_time, .kind = &others};
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[13].job, in_ms(1), &err),
                     ASSAY_OK);
    let_go(1);
    assay__pool_stop(pool);
}
END_TEST

START_TEST(statistics_tell_what_threads_stats_prints)
{
    struct assay__pool_stats stats;

    new_pool(2);
    assay__pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.invocations, 0);
    ck_assert_double_eq_tol(stats.average_concurrency, 0, 1e-9);
    run_some(3, 100);
    atomic_fetch_add(&now_us, 300 * US_PER_MS);
    keep_busy(1);
    assay__pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.invocations, 4);
    ck_assert_double_eq_tol(stats.average_concurrency, 0.5, 1e-9);
    ck_assert_double_eq_tol(stats.saturation, 25, 1e-9);
    ck_assert_double_eq_tol(stats.average_ms, 100, 1e-9);
    ck_assert_uint_eq(stats.concurrency, 2);
    ck_assert_uint_eq(stats.active, 1);
    ck_assert_uint_eq(stats.inactive, stats.threads - 1);
    let_go(1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rt_admission");
    TCase *tc = tcase_create("admission");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, without_history_nothing_is_refused);
    tcase_add_test(tc, a_wait_beyond_the_deadline_is_refused_at_once);
    tcase_add_test(tc, a_free_worker_takes_a_job_however_long_it_may_take);
    tcase_add_test(tc, more_workers_shorten_the_wait);
    tcase_add_test(tc, a_job_that_waited_too_long_is_not_begun);
    tcase_add_test(tc, one_slow_job_does_not_refuse_the_next);
    tcase_add_test(tc, a_first_slow_job_is_no_history);
    tcase_add_test(tc, admission_recovers_after_an_overload);
    tcase_add_test(tc, a_class_at_its_limit_is_estimated_by_its_own_places);
    tcase_add_test(tc, statistics_tell_what_threads_stats_prints);
    return check_run(suite);
}
