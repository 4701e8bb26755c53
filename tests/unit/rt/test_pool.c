/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* PO-01, PO-02 and AV-21: what a pool promises to who submits jobs. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/clock.h"
#include "rt/lock.h"
#include "rt/pool.h"
#include "check_run.h"

enum { WORKERS = 3, JOBS = 500 };

struct counted {
    struct assay__job job; /* first, so that a job is a counted */
    atomic_int runs;
};

static const struct assay__pool_options plain = {.concurrency = WORKERS};
static struct assay__pool *pool;
static struct counted jobs[JOBS];
static assay_error err;
static sem_t entered, leave;

static void count(struct assay__job *job)
{
    struct counted *counted = (struct counted *)job;

    atomic_fetch_add(&counted->runs, 1);
}

static void setup(void)
{
    pool = NULL;
    memset(jobs, 0, sizeof jobs);
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&leave, 0, 0);
    for (int i = 0; i < JOBS; i++)
        jobs[i].job.run = count;
    ck_assert_int_eq(assay__pool_new("test", &plain, &pool, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay__pool_free(&pool);
}

static void submit(struct counted *counted)
{
    ck_assert_int_eq(assay__pool_submit(pool, &counted->job, INT64_MAX, &err),
                     ASSAY_OK);
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
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[0].job, INT64_MAX, &err),
                     ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "pool test is not running");
}
END_TEST

START_TEST(submit_after_stop_is_out_of_order)
{
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    assay__pool_stop(pool);
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[0].job, INT64_MAX, &err),
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
    if (assay__pool_submit(pool, &((struct counted *)job + 1)->job, INT64_MAX,
                           NULL) != ASSAY_OK)
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
        ck_assert_int_eq(assay__pool_submit(pool, job, INT64_MAX, &err),
                         ASSAY_OK);
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
        rc = assay__pool_new("torture", &plain, &made, &err);
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

/* ---- jobs that stay until they are let go ------------------------------ */

static void hold(struct assay__job *job)
{
    (void)sem_post(&entered);
    (void)sem_wait(&leave);
    count(job);
}

static void take(sem_t *sem, int times)
{
    while (times-- > 0)
        while (sem_wait(sem) != 0)
            continue;
}

static void give(sem_t *sem, int times)
{
    while (times-- > 0)
        (void)sem_post(sem);
}

static void replace_pool(const struct assay__pool_options *options)
{
    assay__pool_free(&pool);
    ck_assert_int_eq(assay__pool_new("test", options, &pool, &err), ASSAY_OK);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
}

static void submit_held(int first, int how_many, struct assay__job_class *kind)
{
    for (int i = first; i < first + how_many; i++) {
        jobs[i].job.run = hold;
        jobs[i].job.kind = kind;
        submit(&jobs[i]);
    }
}

/* Returns when the pool is in this state; hangs into the test's timeout when
 * it never is. */
static void await(unsigned threads, unsigned active, unsigned queued)
{
    struct assay__pool_stats stats;

    do {
        (void)sched_yield();
        assay__pool_stats(pool, &stats);
    } while (stats.threads != threads || stats.active != active ||
             stats.queued != queued);
}

/* ---- workers ----------------------------------------------------------- */

START_TEST(workers_are_made_as_jobs_come)
{
    replace_pool(&plain);
    await(1, 0, 0);
    submit_held(0, 2, NULL);
    take(&entered, 2);
    await(2, 2, 0);
    give(&leave, 2);
}
END_TEST

START_TEST(concurrency_is_raised_while_jobs_wait)
{
    replace_pool(&(struct assay__pool_options){.concurrency = 1});
    submit_held(0, 3, NULL);
    take(&entered, 1);
    await(1, 1, 2);
    assay__pool_configure(pool, 3, 0);
    take(&entered, 2);
    await(3, 3, 0);
    give(&leave, 3);
}
END_TEST

START_TEST(concurrency_is_lowered_while_jobs_run)
{
    replace_pool(&plain);
    submit_held(0, 5, NULL);
    take(&entered, 3);
    assay__pool_configure(pool, 1, 0);
    await(3, 3, 2);
    give(&leave, 3);
    take(&entered, 1);
    await(1, 1, 1);
    give(&leave, 2);
    assay__pool_stop(pool);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(atomic_load(&jobs[i].runs), 1);
}
END_TEST

START_TEST(with_concurrency_0_jobs_wait_until_it_is_raised)
{
    replace_pool(&(struct assay__pool_options){.concurrency = 0});
    submit_held(0, 2, NULL);
    await(0, 0, 2);
    assay__pool_configure(pool, 1, 0);
    take(&entered, 1);
    await(1, 1, 1);
    give(&leave, 2);
}
END_TEST

START_TEST(stop_runs_what_no_worker_was_there_for)
{
    replace_pool(&(struct assay__pool_options){.concurrency = 0});
    submit(&jobs[0]);
    submit(&jobs[1]);
    assay__pool_stop(pool);
    ck_assert_int_eq(atomic_load(&jobs[0].runs), 1);
    ck_assert_int_eq(atomic_load(&jobs[1].runs), 1);
}
END_TEST

enum { BIG_STACK = 20 * 1024 * 1024 };

static size_t stack_seen;

static void note_stack(struct assay__job *job)
{
    pthread_attr_t attr;

    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        (void)pthread_attr_getstacksize(&attr, &stack_seen);
        (void)pthread_attr_destroy(&attr);
    }
    count(job);
}

START_TEST(workers_have_the_stack_size_asked_for)
{
    replace_pool(&(struct assay__pool_options){.concurrency = 1,
                                               .stack_size = BIG_STACK});
    jobs[0].job.run = note_stack;
    submit(&jobs[0]);
    assay__pool_stop(pool);
    ck_assert_uint_ge(stack_seen, BIG_STACK);
}
END_TEST

START_TEST(a_stack_too_small_for_a_thread_is_raised)
{
    replace_pool(
        &(struct assay__pool_options){.concurrency = 1, .stack_size = 1});
    submit(&jobs[0]);
    assay__pool_stop(pool);
    ck_assert_int_eq(atomic_load(&jobs[0].runs), 1);
}
END_TEST

/* ---- threads that cannot be made --------------------------------------- */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*run)(void *), void *arg);

static atomic_bool no_threads;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*run)(void *), void *arg)
{
    if (atomic_load(&no_threads))
        return EAGAIN;
    return __real_pthread_create(thread, attr, run, arg);
}

START_TEST(start_fails_without_a_single_worker)
{
    atomic_store(&no_threads, true);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "pool test: thread: errno 11");
    atomic_store(&no_threads, false);
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[0].job, INT64_MAX, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
}
END_TEST

START_TEST(one_worker_does_where_no_more_can_be_made)
{
    ck_assert_int_eq(assay__pool_start(pool, &err), ASSAY_OK);
    atomic_store(&no_threads, true);
    for (int i = 0; i < 20; i++)
        submit(&jobs[i]);
    assay__pool_stop(pool);
    atomic_store(&no_threads, false);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(atomic_load(&jobs[i].runs), 1);
}
END_TEST

START_TEST(a_job_that_no_worker_can_be_made_for_is_given_back)
{
    replace_pool(&(struct assay__pool_options){.concurrency = 0});
    atomic_store(&no_threads, true);
    assay__pool_configure(pool, 1, 0);
    ck_assert_int_eq(assay__pool_submit(pool, &jobs[0].job, INT64_MAX, &err),
                     ASSAY_E_IO);
    await(0, 0, 0);
    atomic_store(&no_threads, false);
    submit(&jobs[0]);
    assay__pool_stop(pool);
    ck_assert_int_eq(atomic_load(&jobs[0].runs), 1);
}
END_TEST

/* ---- order ------------------------------------------------------------- */

static struct assay__job *order[JOBS];
static atomic_int ordered;

static void note_order(struct assay__job *job)
{
    order[atomic_fetch_add(&ordered, 1)] = job;
}

START_TEST(jobs_run_in_the_order_they_came)
{
    struct assay__job_class kinds[3] = {{.label = "a"}, {.label = "b"}};

    atomic_store(&ordered, 0);
    replace_pool(&(struct assay__pool_options){.concurrency = 1});
    submit_held(0, 1, NULL);
    take(&entered, 1);
    for (int i = 1; i < 30; i++) {
        jobs[i].job.run = note_order;
        jobs[i].job.kind = i % 4 < 3 ? &kinds[i % 4] : NULL;
        submit(&jobs[i]);
    }
    give(&leave, 1);
    assay__pool_stop(pool);
    for (int i = 1; i < 30; i++)
        ck_assert_ptr_eq(order[i - 1], &jobs[i].job);
}
END_TEST

/* ---- backlog ----------------------------------------------------------- */

static void *submit_7(void *arg)
{
    assay_rc *rc = arg;

    *rc = assay__pool_submit(pool, &jobs[7].job, INT64_MAX, NULL);
    return NULL;
}

START_TEST(a_full_backlog_holds_the_submitter_until_there_is_room)
{
    assay_rc rc = ASSAY_E_INVAL;
    pthread_t submitter;

    replace_pool(&(struct assay__pool_options){.concurrency = 1, .backlog = 1});
    submit_held(0, 1, NULL);
    take(&entered, 1);
    submit_held(1, 1, NULL);
    ck_assert_int_eq(
        assay__pool_submit(pool, &jobs[7].job, assay__clock_ms() + 20, &err),
        ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg,
                     "overload: pool test had no room until the deadline");
    ck_assert_int_eq(__real_pthread_create(&submitter, NULL, submit_7, &rc), 0);
    await(1, 1, 1);
    give(&leave, 2);
    (void)pthread_join(submitter, NULL);
    ck_assert_int_eq(rc, ASSAY_OK);
    assay__pool_stop(pool);
    ck_assert_int_eq(atomic_load(&jobs[7].runs), 1);
}
END_TEST

START_TEST(cancelling_makes_room_in_the_backlog)
{
    assay_rc rc = ASSAY_E_INVAL;
    pthread_t submitter;

    replace_pool(&(struct assay__pool_options){.concurrency = 0, .backlog = 1});
    submit(&jobs[0]);
    ck_assert_int_eq(__real_pthread_create(&submitter, NULL, submit_7, &rc), 0);
    ck_assert(assay__pool_cancel(pool, &jobs[0].job));
    (void)pthread_join(submitter, NULL);
    ck_assert_int_eq(rc, ASSAY_OK);
    await(0, 0, 1);
}
END_TEST

static void *stop_pool(void *arg)
{
    (void)arg;
    assay__pool_stop(pool);
    return NULL;
}

START_TEST(stop_releases_who_waits_for_room)
{
    assay_rc rc = ASSAY_E_INVAL;
    pthread_t submitter, stopper;

    replace_pool(&(struct assay__pool_options){.concurrency = 1, .backlog = 1});
    submit_held(0, 1, NULL);
    take(&entered, 1);
    submit_held(1, 1, NULL);
    ck_assert_int_eq(__real_pthread_create(&submitter, NULL, submit_7, &rc), 0);
    ck_assert_int_eq(__real_pthread_create(&stopper, NULL, stop_pool, NULL), 0);
    (void)pthread_join(submitter, NULL);
    ck_assert_int_eq(rc, ASSAY_E_STATE);
    give(&leave, 2);
    (void)pthread_join(stopper, NULL);
    ck_assert_int_eq(atomic_load(&jobs[1].runs), 1);
    ck_assert_int_eq(atomic_load(&jobs[7].runs), 0);
}
END_TEST

/* ---- classes (AV-21) --------------------------------------------------- */

START_TEST(a_class_at_its_limit_lets_others_pass)
{
    static struct assay__job_class kind = {.label = "x_avscan", .limit = 1};
    struct assay__job_class_stats stats;

    replace_pool(&plain);
    submit_held(0, 3, &kind);
    submit_held(3, 1, NULL);
    take(&entered, 2);
    await(2, 2, 2);
    assay__job_class_stats(pool, &kind, &stats);
    ck_assert_uint_eq(stats.limit, 1);
    ck_assert_uint_eq(stats.running, 1);
    ck_assert_uint_eq(stats.queued, 2);
    give(&leave, 4);
    assay__pool_stop(pool);
    assay__job_class_stats(pool, &kind, &stats);
    ck_assert_uint_eq(stats.done, 3);
    ck_assert_uint_eq(stats.queued, 0);
}
END_TEST

START_TEST(a_raised_class_limit_starts_waiting_jobs)
{
    static struct assay__job_class kind = {.label = "x_avscan", .limit = 1};

    replace_pool(&plain);
    submit_held(0, 1, NULL); /* so that two workers exist and one is idle */
    submit_held(1, 3, &kind);
    take(&entered, 2);
    await(2, 2, 2);
    assay__job_class_set_limit(pool, &kind, 2);
    take(&entered, 1);
    await(3, 3, 1);
    assay__job_class_set_limit(pool, &kind, 0);
    give(&leave, 4);
}
END_TEST

static atomic_int together, most_together;

static void note_together(struct assay__job *job)
{
    int now = atomic_fetch_add(&together, 1) + 1;
    int most = atomic_load(&most_together);

    while (now > most &&
           !atomic_compare_exchange_weak(&most_together, &most, now))
        continue;
    (void)sched_yield();
    atomic_fetch_sub(&together, 1);
    count(job);
}

START_TEST(never_more_of_a_class_run_than_its_limit)
{
    static struct assay__job_class kind = {.label = "x_avscan", .limit = 2};

    atomic_store(&most_together, 0);
    replace_pool(&(struct assay__pool_options){.concurrency = 8});
    for (int i = 0; i < JOBS; i++) {
        jobs[i].job.run = i % 2 ? note_together : count;
        jobs[i].job.kind = i % 2 ? &kind : NULL;
        submit(&jobs[i]);
    }
    assay__pool_stop(pool);
    ck_assert_int_le(atomic_load(&most_together), 2);
    for (int i = 0; i < JOBS; i++)
        ck_assert_int_eq(atomic_load(&jobs[i].runs), 1);
}
END_TEST

/* What owns a class may go while the job is on its last steps. */
struct own_class {
    struct assay__job job; /* first */
    struct assay__job_class kind;
};

static void free_with_class(struct assay__job *job)
{
    struct own_class *own = (struct own_class *)job;

    assay__job_class_fini(pool, &own->kind);
    free(own);
}

START_TEST(a_job_may_free_its_class)
{
    replace_pool(&plain);
    for (int i = 0; i < JOBS; i++) {
        struct own_class *own = calloc(1, sizeof *own);

        ck_assert_ptr_nonnull(own);
        own->job.run = free_with_class;
        own->job.kind = &own->kind;
        ck_assert_int_eq(assay__pool_submit(pool, &own->job, INT64_MAX, &err),
                         ASSAY_OK);
    }
    assay__pool_stop(pool);
}
END_TEST

/* ---- cancelling -------------------------------------------------------- */

START_TEST(a_queued_job_is_cancelled_and_does_not_run)
{
    replace_pool(&(struct assay__pool_options){.concurrency = 1});
    submit_held(0, 1, NULL);
    take(&entered, 1);
    for (int i = 1; i < 5; i++)
        submit(&jobs[i]);
    ck_assert(assay__pool_cancel(pool, &jobs[1].job)); /* the first */
    ck_assert(assay__pool_cancel(pool, &jobs[3].job)); /* in the middle */
    ck_assert(assay__pool_cancel(pool, &jobs[4].job)); /* the last */
    ck_assert(!assay__pool_cancel(pool, &jobs[4].job));
    ck_assert(!assay__pool_cancel(pool, &jobs[0].job)); /* runs */
    ck_assert(!assay__pool_cancel(pool, &jobs[9].job)); /* never submitted */
    give(&leave, 1);
    assay__pool_stop(pool);
    ck_assert(!assay__pool_cancel(pool, &jobs[2].job)); /* has run */
    for (int i = 1; i < 5; i++)
        ck_assert_int_eq(atomic_load(&jobs[i].runs), i == 2);
}
END_TEST

static atomic_int cancelled;

static void *cancel_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < JOBS; i++)
        if (assay__pool_cancel(pool, &jobs[i].job))
            atomic_fetch_add(&cancelled, 1);
    return NULL;
}

START_TEST(a_job_is_either_cancelled_or_run_never_both)
{
    pthread_t canceller;
    int runs = 0;

    atomic_store(&cancelled, 0);
    replace_pool(&plain);
    ck_assert_int_eq(__real_pthread_create(&canceller, NULL, cancel_all, NULL),
                     0);
    for (int i = 0; i < JOBS; i++)
        submit(&jobs[i]);
    (void)pthread_join(canceller, NULL);
    assay__pool_stop(pool);
    for (int i = 0; i < JOBS; i++)
        runs += atomic_load(&jobs[i].runs);
    ck_assert_int_eq(runs + atomic_load(&cancelled), JOBS);
}
END_TEST

/* ---- all at once (for ThreadSanitizer) --------------------------------- */

static void *submit_many(void *arg)
{
    struct counted *mine = arg;

    for (int i = 0; i < JOBS / 4; i++)
        if (assay__pool_submit(pool, &mine[i].job, INT64_MAX, NULL) != ASSAY_OK)
            abort();
    return NULL;
}

START_TEST(many_submitters_while_the_concurrency_changes)
{
    struct assay__pool_stats stats;
    pthread_t submitters[4];

    replace_pool(&(struct assay__pool_options){.concurrency = 2, .backlog = 9});
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(__real_pthread_create(&submitters[i], NULL,
                                               submit_many,
                                               &jobs[i * JOBS / 4]),
                         0);
    for (unsigned i = 0; i < 50; i++) {
        assay__pool_configure(pool, i % 7 + 1, 0);
        assay__pool_stats(pool, &stats);
        ck_assert_uint_le(stats.queued, 9);
    }
    for (int i = 0; i < 4; i++)
        (void)pthread_join(submitters[i], NULL);
    assay__pool_stop(pool);
    for (int i = 0; i < JOBS; i++)
        ck_assert_int_eq(atomic_load(&jobs[i].runs), 1);
}
END_TEST

START_TEST(a_name_too_long_is_refused)
{
    struct assay__pool *made = NULL;

    ck_assert_int_eq(
        assay__pool_new("12345678901234567890123456789012345678901", &plain,
                        &made, &err),
        ASSAY_E_LIMIT);
    ck_assert_ptr_null(made);
    ck_assert_ptr_nonnull(strstr(err.msg, "longer than 40 characters"));
}
END_TEST

static void add_workers(TCase *tc)
{
    tcase_add_test(tc, workers_are_made_as_jobs_come);
    tcase_add_test(tc, concurrency_is_raised_while_jobs_wait);
    tcase_add_test(tc, concurrency_is_lowered_while_jobs_run);
    tcase_add_test(tc, with_concurrency_0_jobs_wait_until_it_is_raised);
    tcase_add_test(tc, stop_runs_what_no_worker_was_there_for);
    tcase_add_test(tc, workers_have_the_stack_size_asked_for);
    tcase_add_test(tc, a_stack_too_small_for_a_thread_is_raised);
    tcase_add_test(tc, start_fails_without_a_single_worker);
    tcase_add_test(tc, one_worker_does_where_no_more_can_be_made);
    tcase_add_test(tc, a_job_that_no_worker_can_be_made_for_is_given_back);
}

static void add_queue(TCase *tc)
{
    tcase_add_test(tc, jobs_run_in_the_order_they_came);
    tcase_add_test(tc, a_full_backlog_holds_the_submitter_until_there_is_room);
    tcase_add_test(tc, cancelling_makes_room_in_the_backlog);
    tcase_add_test(tc, stop_releases_who_waits_for_room);
    tcase_add_test(tc, a_class_at_its_limit_lets_others_pass);
    tcase_add_test(tc, a_raised_class_limit_starts_waiting_jobs);
    tcase_add_test(tc, never_more_of_a_class_run_than_its_limit);
    tcase_add_test(tc, a_job_may_free_its_class);
    tcase_add_test(tc, a_queued_job_is_cancelled_and_does_not_run);
    tcase_add_test(tc, a_job_is_either_cancelled_or_run_never_both);
    tcase_add_test(tc, many_submitters_while_the_concurrency_changes);
    tcase_add_test(tc, a_name_too_long_is_refused);
}

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
    add_workers(tc);
    add_queue(tc);
    return check_run(suite);
}
