/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "rt/lock.h"
#include "rt/pool.h"
#include "check_run.h"

enum { WORKERS = 3, JOBS = 500 };

struct counted {
    struct assay__job job; /* first, so that a job is a counted */
    atomic_int runs;
};

static struct assay__pool *pool;
static struct counted jobs[JOBS];
static assay_error err;

static void count(struct assay__job *job)
{
    struct counted *counted = (struct counted *)job;

    atomic_fetch_add(&counted->runs, 1);
}

static void setup(void)
{
    pool = NULL;
    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < JOBS; i++)
        jobs[i].job.run = count;
    ck_assert_int_eq(assay__pool_new("test", WORKERS, &pool, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay__pool_free(&pool);
}

static void submit(struct counted *counted)
{
    ck_assert_int_eq(assay__pool_submit(pool, &counted->job, &err), ASSAY_OK);
}

START_TEST(every_job_runs_once_and_stop_drains)
{
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    for (int i = 0; i < JOBS; i++)
        submit(&jobs[i]);
    assay__pool_stop(pool);
    for (int i = 0; i < JOBS; i++)
        ck_assert_msg(atomic_load(&jobs[i].runs) == 1, "job %d ran %d times", i,
                      atomic_load(&jobs[i].runs));
}
END_TEST

START_TEST(submit_before_start_is_out_of_order)
{
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[0].job, &err),
                     ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "pool test is not running");
}
END_TEST

START_TEST(submit_after_stop_is_out_of_order)
{
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    assay__pool_stop(pool);
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[0].job, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(atomic_load(&jobs[0].runs), 0);
}
END_TEST

START_TEST(stop_may_be_repeated_and_start_again)
{
    assay__pool_stop(pool);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
        submit(&jobs[i]);
        assay__pool_stop(pool);
        assay__pool_stop(pool);
        ck_assert_int_eq(atomic_load(&jobs[i].runs), 1);
    }
}
END_TEST

START_TEST(free_stops_a_running_pool)
{
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    submit(&jobs[0]);
    assay__pool_free(&pool);
    ck_assert_ptr_null(pool);
    ck_assert_int_eq(atomic_load(&jobs[0].runs), 1);
    assay__pool_free(&pool);
}
END_TEST

/* A job that waits until all workers are in it: none may be idle. */
static pthread_barrier_t barrier;

static void meet(struct assay__job *job)
{
    (void)pthread_barrier_wait(&barrier);
    count(job);
}

START_TEST(workers_run_at_the_same_time)
{
    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, WORKERS), 0);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    for (int i = 0; i < WORKERS; i++) {
        jobs[i].job.run = meet;
        submit(&jobs[i]);
    }
    assay__pool_stop(pool);
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(atomic_load(&jobs[i].runs), 1);
    ck_assert_int_eq(pthread_barrier_destroy(&barrier), 0);
}
END_TEST

/* No lock is held while a job runs: it may submit another. */
static void submit_next(struct assay__job *job)
{
    count(job);
    if (assay__pool_submit(pool, &((struct counted *)job + 1)->job, NULL) !=
        ASSAY_OK)
        abort();
    (void)pthread_barrier_wait(&barrier);
}

START_TEST(a_job_may_submit_another)
{
    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 2), 0);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    jobs[0].job.run = submit_next;
    submit(&jobs[0]);
    (void)pthread_barrier_wait(&barrier);
    assay__pool_stop(pool);
    ck_assert_int_eq(atomic_load(&jobs[1].runs), 1);
    ck_assert_int_eq(pthread_barrier_destroy(&barrier), 0);
}
END_TEST

/* The submitter owns a job; running it is the last the pool does with it. */
static void free_itself(struct assay__job *job)
{
    free(job);
}

START_TEST(a_job_may_free_itself)
{
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    for (int i = 0; i < JOBS; i++) {
        struct assay__job *job = calloc(1, sizeof *job);

        ck_assert_ptr_nonnull(job);
        job->run = free_itself;
        ck_assert_int_eq(assay__pool_submit(pool, job, &err), ASSAY_OK);
    }
    assay__pool_stop(pool);
}
END_TEST

static sigset_t worker_mask;

static void note_mask(struct assay__job *job)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, &worker_mask);
    count(job);
}

START_TEST(workers_take_no_signal_of_the_host)
{
    sigset_t before, after;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    jobs[0].job.run = note_mask;
    submit(&jobs[0]);
    assay__pool_stop(pool);
    ck_assert_int_eq(sigismember(&worker_mask, SIGTERM), 1);
    ck_assert_int_eq(sigismember(&worker_mask, SIGUSR1), 1);
    ck_assert_int_eq(sigismember(&after, SIGTERM),
                     sigismember(&before, SIGTERM));
}
END_TEST

START_TEST(new_survives_each_failing_allocation)
{
    for (unsigned long n = 1;; n++) {
        struct assay__pool *made = NULL;
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = assay__pool_new("torture", WORKERS, &made, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        if (!hit) {
            ck_assert_int_eq(rc, ASSAY_OK);
            assay__pool_free(&made);
            ck_assert_uint_gt(n, 1);
            return;
        }
        ck_assert_int_eq(rc, ASSAY_E_NOMEM);
        ck_assert_ptr_null(made);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rt_pool");
    TCase *tc = tcase_create("pool");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_job_runs_once_and_stop_drains);
    tcase_add_test(tc, submit_before_start_is_out_of_order);
    tcase_add_test(tc, submit_after_stop_is_out_of_order);
    tcase_add_test(tc, stop_may_be_repeated_and_start_again);
    tcase_add_test(tc, free_stops_a_running_pool);
    tcase_add_test(tc, workers_run_at_the_same_time);
    tcase_add_test(tc, a_job_may_submit_another);
    tcase_add_test(tc, a_job_may_free_itself);
    tcase_add_test(tc, workers_take_no_signal_of_the_host);
    tcase_add_test(tc, new_survives_each_failing_allocation);
    return check_run(suite);
}
