/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Each class has its own queue, and classes with queued jobs are in a list:
 * so a worker finds the oldest job that has a place by looking at one job of
 * each class, however many wait.
 *
 * No worker is idle while a job has a place: a new job, a raised limit and a
 * worker that ends wake another; a worker that is done looks by itself.
 */
#include "rt/pool.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    US_PER_MS = 1000,
    /* The moving average of a class follows its last jobs this closely. */
    AVERAGED_JOBS = 8,
    /* Fewer jobs than this are no history: a first, cold one may be slow. */
    HISTORY_JOBS = 4,
    /* Jobs differ: one that has waited begins only with time for so many
     * typical ones. What is begun and not done in time was work for nothing,
     * and those behind it have more time left. */
    SAFE_JOBS = 2
};

struct worker {
    pthread_t thread;
    struct assay__pool *pool;
    struct worker *next;           /* lock */
    struct assay__job_class *kind; /* lock: of the job it runs; NULL: idle, or
                                      the class is no more */
};

struct assay__pool {
    char name[ASSAY__POOL_NAME_MAX + 1]; /* set once */
    unsigned backlog;                    /* set once */
    struct assay__lock lock;             /* guards what follows */
    struct assay__cond wake;             /* a job may have a place */
    struct assay__cond room;             /* the backlog has room */
    struct assay__cond ended;            /* the last worker ended */
    bool running;
    unsigned concurrency;
    size_t stack_size;
    struct worker *workers; /* that have not ended */
    struct worker *corpse;  /* ended and not joined yet; at most one */
    unsigned threads, active;
    struct assay__job_class *waiting; /* classes with queued jobs */
    unsigned queued;
    uint64_t submitted;
    struct assay__job_class own; /* of jobs without a class */
    struct assay__job_class all; /* sums over all jobs */
    uint64_t invocations;
    int64_t started_us;  /* 0: never */
    int64_t changed_us;  /* when active changed last */
    int64_t integral_us; /* of active over time, until then */
};

/* ---- making and freeing ------------------------------------------------ */

static assay_rc init_locks(struct assay__pool *pool, assay_error *err)
{
    assay_rc rc = assay__lock_init(&pool->lock, ASSAY__LOCK_pool, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__cond_init(&pool->wake, err);
    if (rc != ASSAY_OK)
        goto fail_wake;
    rc = assay__cond_init(&pool->room, err);
    if (rc != ASSAY_OK)
        goto fail_room;
    rc = assay__cond_init(&pool->ended, err);
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    assay__cond_fini(&pool->room);
fail_room:
    assay__cond_fini(&pool->wake);
fail_wake:
    assay__lock_fini(&pool->lock);
    return rc;
}

assay_rc assay__pool_new(const char *name,
                         const struct assay__pool_options *options,
                         struct assay__pool **out, assay_error *err)
{
    struct assay__pool *pool;
    assay_rc rc;

    if (strlen(name) > ASSAY__POOL_NAME_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "pool name '%.*s...' is longer than %d "
                               "characters",
                               ASSAY__POOL_NAME_MAX, name,
                               ASSAY__POOL_NAME_MAX);
    pool = calloc(1, sizeof *pool);
    if (!pool)
        return assay_error_set(err, ASSAY_E_NOMEM, "pool %s", name);
    assay__text_copy(pool->name, sizeof pool->name, name);
    pool->backlog = options->backlog;
    pool->concurrency = options->concurrency;
    pool->stack_size = options->stack_size;
    rc = init_locks(pool, err);
    if (rc != ASSAY_OK) {
        free(pool);
        return rc;
    }
    *out = pool;
    return ASSAY_OK;
}

void assay__pool_free(struct assay__pool **pool)
{
    struct assay__pool *p = *pool;

    *pool = NULL;
    if (!p)
        return;
    assay__pool_stop(p);
    assay__cond_fini(&p->ended);
    assay__cond_fini(&p->room);
    assay__cond_fini(&p->wake);
    assay__lock_fini(&p->lock);
    free(p);
}

const char *assay__pool_name(const struct assay__pool *pool)
{
    return pool->name;
}

unsigned assay__pool_backlog(const struct assay__pool *pool)
{
    return pool->backlog;
}

static _Thread_local const struct assay__pool *of_this_thread;

bool assay__pool_is_mine(const struct assay__pool *pool)
{
    return of_this_thread == pool;
}

/* ---- the queue --------------------------------------------------------- */

static bool has_place(const struct assay__job_class *kind)
{
    return kind->limit == 0 || kind->running < kind->limit;
}

/* How many of its queued jobs could run at once. */
static unsigned startable(const struct assay__job_class *kind)
{
    unsigned places;

    if (kind->limit == 0)
        return kind->queued;
    places = has_place(kind) ? kind->limit - kind->running : 0;
    return kind->queued < places ? kind->queued : places;
}

static struct assay__job_class *class_of(struct assay__pool *pool,
                                         const struct assay__job *job)
{
    return job->kind ? job->kind : &pool->own;
}

static void enqueue_locked(struct assay__pool *pool, struct assay__job *job)
{
    struct assay__job_class *kind = class_of(pool, job);

    job->number = pool->submitted++;
    job->is_queued = true;
    job->next = NULL;
    job->previous = kind->last;
    if (kind->last) {
        kind->last->next = job;
    } else {
        kind->first = job;
        kind->next_waiting = pool->waiting;
        pool->waiting = kind;
    }
    kind->last = job;
    kind->queued++;
    pool->queued++;
}

static void leave_waiting_locked(struct assay__pool *pool,
                                 struct assay__job_class *kind)
{
    struct assay__job_class **at = &pool->waiting;

    while (*at != kind)
        at = &(*at)->next_waiting;
    *at = kind->next_waiting;
}

static void dequeue_locked(struct assay__pool *pool, struct assay__job *job)
{
    struct assay__job_class *kind = class_of(pool, job);

    if (job->previous)
        job->previous->next = job->next;
    else
        kind->first = job->next;
    if (job->next)
        job->next->previous = job->previous;
    else
        kind->last = job->previous;
    if (!kind->first)
        leave_waiting_locked(pool, kind);
    job->is_queued = false;
    kind->queued--;
    pool->queued--;
    assay__cond_signal(&pool->room);
    if (!pool->running && pool->queued == 0)
        assay__cond_broadcast(&pool->wake); /* workers may end */
}

/* The oldest job whose class has a place; NULL: none. */
static struct assay__job *eligible_locked(const struct assay__pool *pool)
{
    struct assay__job *oldest = NULL;

    for (struct assay__job_class *kind = pool->waiting; kind;
         kind = kind->next_waiting)
        if (has_place(kind) &&
            (!oldest || kind->first->number < oldest->number))
            oldest = kind->first;
    return oldest;
}

/* ---- running a job ----------------------------------------------------- */

static void set_active_locked(struct assay__pool *pool, unsigned active,
                              int64_t now_us)
{
    pool->integral_us += (now_us - pool->changed_us) * pool->active;
    pool->changed_us = now_us;
    pool->active = active;
}

/* The mean of the first jobs, then a moving one, so that no slow job is
 * remembered for long. */
static void note_done_locked(struct assay__job_class *kind, int64_t took_us)
{
    int64_t weight;

    kind->done++;
    kind->busy_us += took_us;
    weight = kind->done < AVERAGED_JOBS ? (int64_t)kind->done : AVERAGED_JOBS;
    kind->typical_us += (took_us - kind->typical_us) / weight;
}

static int64_t typical(const struct assay__job_class *kind)
{
    return kind->done < HISTORY_JOBS ? 0 : kind->typical_us;
}

static bool lacks_time(const struct assay__job_class *kind, int64_t wait_us,
                       int64_t deadline_ms)
{
    return deadline_ms < INT64_MAX / US_PER_MS &&
           wait_us + SAFE_JOBS * typical(kind) >
               deadline_ms * US_PER_MS - assay__clock_us();
}

static void drop_locked(struct assay__pool *pool, struct assay__job *job)
{
    assay__lock_drop(&pool->lock);
    job->drop(job); /* from here on the job may be gone */
    assay__lock_take(&pool->lock);
}

static void run_locked(struct worker *worker, struct assay__job *job)
{
    struct assay__pool *pool = worker->pool;
    int64_t start_us = assay__clock_us(), end_us;

    dequeue_locked(pool, job);
    if (job->drop && job->must_wait &&
        lacks_time(class_of(pool, job), 0, job->deadline_ms)) {
        drop_locked(pool, job);
        return;
    }
    worker->kind = class_of(pool, job);
    worker->kind->running++;
    pool->invocations++;
    set_active_locked(pool, pool->active + 1, start_us);
    assay__lock_drop(&pool->lock);

    job->run(job); /* from here on the job may be gone */

    assay__lock_take(&pool->lock);
    end_us = assay__clock_us();
    set_active_locked(pool, pool->active - 1, end_us);
    note_done_locked(&pool->all, end_us - start_us);
    if (worker->kind) {
        worker->kind->running--;
        note_done_locked(worker->kind, end_us - start_us);
    }
    worker->kind = NULL;
}

/* ---- workers ----------------------------------------------------------- */

static bool must_end_locked(const struct assay__pool *pool)
{
    if (!pool->running)
        return pool->queued == 0;
    return pool->threads > pool->concurrency;
}

static void forget_locked(struct worker *worker)
{
    struct worker **at = &worker->pool->workers;

    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
    worker->pool->threads--;
}

static void bury(struct worker *corpse)
{
    if (!corpse)
        return;
    pthread_join(corpse->thread, NULL);
    free(corpse);
}

static void *work(void *arg)
{
    struct worker *worker = arg, *before;
    struct assay__pool *pool = worker->pool;

    of_this_thread = pool;
    assay__lock_take(&pool->lock);
    while (!must_end_locked(pool)) {
        struct assay__job *job = eligible_locked(pool);

        if (job)
            run_locked(worker, job);
        else
            assay__cond_wait(&pool->wake, &pool->lock);
    }
    forget_locked(worker);
    /* The signal that woke this one may have been for a job. */
    assay__cond_signal(&pool->wake);
    if (pool->threads == 0)
        assay__cond_broadcast(&pool->ended);
    before = pool->corpse;
    pool->corpse = worker;
    assay__lock_drop(&pool->lock);
    bury(before);
    return NULL;
}

/* Fails only where the stack size is too large, which pthread_create() then
 * reports. */
static void set_stack(pthread_attr_t *attr, size_t stack_size)
{
    const long least = sysconf(_SC_THREAD_STACK_MIN);
    size_t floor = least > 0 ? (size_t)least : (size_t)PTHREAD_STACK_MIN;

    if (stack_size > 0)
        (void)pthread_attr_setstacksize(attr, stack_size > floor ? stack_size
                                                                 : floor);
}

/* Workers take no signal: those belong to the host. */
static int create_thread(struct worker *worker, size_t stack_size)
{
    sigset_t all, before;
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);

    if (rc != 0)
        return rc;
    set_stack(&attr, stack_size);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&worker->thread, &attr, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return rc;
}

/* With the lock held, so that who finds no worker knows that none comes.
 * @return 0 or an errno */
static int add_worker_locked(struct assay__pool *pool)
{
    struct worker *worker = calloc(1, sizeof *worker);
    char name[16];
    int rc;

    if (!worker)
        return ENOMEM;
    worker->pool = pool;
    rc = create_thread(worker, pool->stack_size);
    if (rc != 0) {
        free(worker);
        return rc;
    }
    worker->next = pool->workers;
    pool->workers = worker;
    pool->threads++;
    /* It cannot have ended: it waits for the lock. */
    (void)snprintf(name, sizeof name, "assay-%.9s", pool->name);
    (void)pthread_setname_np(worker->thread, name);
    return 0;
}

static uint64_t all_startable_locked(const struct assay__pool *pool)
{
    uint64_t sum = 0;

    for (const struct assay__job_class *kind = pool->waiting; kind;
         kind = kind->next_waiting)
        sum += startable(kind);
    return sum;
}

/* As many idle workers as there are jobs that could run. @return 0, or the
 * errno of the worker that could not be made */
static int add_workers_locked(struct assay__pool *pool)
{
    uint64_t wanted = all_startable_locked(pool);
    int rc = 0;

    while (rc == 0 && pool->threads < pool->concurrency &&
           pool->threads - pool->active < wanted)
        rc = add_worker_locked(pool);
    return rc;
}

/* ---- start and stop ---------------------------------------------------- */

assay_rc assay__pool_start(struct assay__pool *pool, assay_error *err)
{
    int rc = 0;

    assay__lock_take(&pool->lock);
    if (!pool->running && pool->concurrency > 0)
        rc = add_worker_locked(pool);
    if (rc == 0 && !pool->running) {
        pool->running = true;
        pool->changed_us = assay__clock_us();
        if (pool->started_us == 0)
            pool->started_us = pool->changed_us;
    }
    assay__lock_drop(&pool->lock);
    if (rc != 0)
        return assay_error_set(err, ASSAY_E_IO, "pool %s: thread: errno %d",
                               pool->name, rc);
    return ASSAY_OK;
}

/* What no worker was there for. */
static void drain_here_locked(struct assay__pool *pool)
{
    struct worker here = {.pool = pool};
    struct assay__job *job;

    here.next = pool->workers; /* so that assay__job_class_fini() sees it */
    pool->workers = &here;
    while ((job = eligible_locked(pool)) != NULL)
        run_locked(&here, job);
    pool->workers = here.next;
}

void assay__pool_stop(struct assay__pool *pool)
{
    struct worker *last;

    assay__lock_take(&pool->lock);
    pool->running = false;
    assay__cond_broadcast(&pool->wake);
    assay__cond_broadcast(&pool->room);
    while (pool->threads > 0)
        assay__cond_wait(&pool->ended, &pool->lock);
    drain_here_locked(pool);
    last = pool->corpse;
    pool->corpse = NULL;
    assay__lock_drop(&pool->lock);
    bury(last);
}

void assay__pool_configure(struct assay__pool *pool, unsigned concurrency,
                           size_t stack_size)
{
    assay__lock_take(&pool->lock);
    pool->concurrency = concurrency;
    pool->stack_size = stack_size;
    if (pool->running)
        (void)add_workers_locked(pool); /* or with the next job */
    assay__cond_broadcast(&pool->wake);
    assay__lock_drop(&pool->lock);
}

/* ---- classes ----------------------------------------------------------- */

void assay__job_class_set_limit(struct assay__pool *pool,
                                struct assay__job_class *kind, unsigned limit)
{
    assay__lock_take(&pool->lock);
    kind->limit = limit;
    if (pool->running)
        (void)add_workers_locked(pool);
    assay__cond_broadcast(&pool->wake);
    assay__lock_drop(&pool->lock);
}

void assay__job_class_fini(struct assay__pool *pool,
                           struct assay__job_class *kind)
{
    assay__lock_take(&pool->lock);
    for (struct worker *worker = pool->workers; worker; worker = worker->next)
        if (worker->kind == kind)
            worker->kind = NULL;
    assay__lock_drop(&pool->lock);
}

/* ---- admission --------------------------------------------------------- */

/* Until a worker is free for one more job. Queued jobs whose class is at its
 * limit keep no worker from anybody. */
static int64_t pool_wait_us_locked(const struct assay__pool *pool)
{
    int64_t ahead_us = 0;

    if (pool->active + all_startable_locked(pool) < pool->concurrency ||
        pool->concurrency == 0)
        return 0;
    for (const struct assay__job_class *kind = pool->waiting; kind;
         kind = kind->next_waiting)
        ahead_us += typical(kind) * startable(kind);
    /* The first of those at work is half done, on the average. */
    return (ahead_us + typical(&pool->all) / 2) / pool->concurrency;
}

/* Until the class has a place for one more. */
static int64_t class_wait_us(const struct assay__job_class *kind)
{
    int64_t each_us = typical(kind);

    if (kind->limit == 0 || kind->running + kind->queued < kind->limit)
        return 0;
    return (each_us * kind->queued + each_us / 2) / kind->limit;
}

/* Only a job that has to wait can come too late: an idle pool takes all, so
 * that a wrong estimate is corrected by the jobs that then run. */
static bool is_too_late_locked(const struct assay__pool *pool,
                               const struct assay__job_class *kind,
                               int64_t deadline_ms)
{
    int64_t wait_us = pool_wait_us_locked(pool);

    if (wait_us < class_wait_us(kind))
        wait_us = class_wait_us(kind);
    return wait_us > 0 && lacks_time(kind, wait_us, deadline_ms);
}

/* ---- submitting -------------------------------------------------------- */

static bool must_wait_locked(const struct assay__pool *pool,
                             const struct assay__job_class *kind)
{
    return pool->active + all_startable_locked(pool) >= pool->concurrency ||
           (kind->limit > 0 && kind->running + kind->queued >= kind->limit);
}

/* The room that was signalled to this submitter may serve another. */
static assay_rc refuse_locked(struct assay__pool *pool, const char *why,
                              assay_error *err)
{
    assay__cond_signal(&pool->room);
    return assay_error_set(err, ASSAY_E_LIMIT, "overload: pool %s %s",
                           pool->name, why);
}

/* @return false when the deadline passed */
static bool wait_for_room_locked(struct assay__pool *pool, int64_t deadline_ms)
{
    if (deadline_ms < INT64_MAX / US_PER_MS)
        return assay__cond_wait_until(&pool->room, &pool->lock, deadline_ms);
    assay__cond_wait(&pool->room, &pool->lock);
    return true;
}

static assay_rc admit_locked(struct assay__pool *pool,
                             const struct assay__job_class *kind,
                             int64_t deadline_ms, assay_error *err)
{
    bool in_time = true;

    for (;;) {
        bool is_full = pool->backlog > 0 && pool->queued >= pool->backlog;

        if (!pool->running)
            return assay_error_set(err, ASSAY_E_STATE, "pool %s is not running",
                                   pool->name);
        if (is_full && !in_time)
            return refuse_locked(pool, "had no room until the deadline", err);
        if (is_too_late_locked(pool, kind, deadline_ms))
            return refuse_locked(
                pool, "would not be done with it before the deadline", err);
        if (!is_full)
            return ASSAY_OK;
        in_time = wait_for_room_locked(pool, deadline_ms);
    }
}

assay_rc assay__pool_submit(struct assay__pool *pool, struct assay__job *job,
                            int64_t deadline_ms, assay_error *err)
{
    assay_rc rc;
    int failed;

    assay__lock_take(&pool->lock);
    rc = admit_locked(pool, class_of(pool, job), deadline_ms, err);
    if (rc == ASSAY_OK) {
        job->deadline_ms = deadline_ms;
        job->must_wait = must_wait_locked(pool, class_of(pool, job));
        enqueue_locked(pool, job);
        failed = add_workers_locked(pool);
        assay__cond_signal(&pool->wake);
        if (failed != 0 && pool->threads == 0) {
            dequeue_locked(pool, job);
            rc = assay_error_set(err, ASSAY_E_IO, "pool %s: thread: errno %d",
                                 pool->name, failed);
        }
    }
    assay__lock_drop(&pool->lock);
    return rc;
}

bool assay__pool_cancel(struct assay__pool *pool, struct assay__job *job)
{
    bool was_queued;

    assay__lock_take(&pool->lock);
    was_queued = job->is_queued;
    if (was_queued)
        dequeue_locked(pool, job);
    assay__lock_drop(&pool->lock);
    return was_queued;
}

/* ---- statistics -------------------------------------------------------- */

static double average_ms(const struct assay__job_class *kind)
{
    if (kind->done == 0)
        return 0;
    return (double)kind->busy_us / (double)kind->done / US_PER_MS;
}

static double average_concurrency_locked(struct assay__pool *pool)
{
    int64_t now_us = assay__clock_us();

    if (pool->started_us == 0 || now_us <= pool->started_us)
        return 0;
    set_active_locked(pool, pool->active, now_us);
    return (double)pool->integral_us / (double)(now_us - pool->started_us);
}

void assay__pool_stats(struct assay__pool *pool,
                       struct assay__pool_stats *stats_out)
{
    assay__lock_take(&pool->lock);
    *stats_out = (struct assay__pool_stats){
        .invocations = pool->invocations,
        .average_concurrency = average_concurrency_locked(pool),
        .average_ms = average_ms(&pool->all),
        .concurrency = pool->concurrency,
        .threads = pool->threads,
        .active = pool->active,
        .inactive = pool->threads - pool->active,
        .queued = pool->queued,
    };
    assay__lock_drop(&pool->lock);
    if (stats_out->concurrency > 0)
        stats_out->saturation =
            stats_out->average_concurrency * 100 / stats_out->concurrency;
}

void assay__job_class_stats(struct assay__pool *pool,
                            const struct assay__job_class *kind,
                            struct assay__job_class_stats *stats_out)
{
    assay__lock_take(&pool->lock);
    *stats_out = (struct assay__job_class_stats){
        .done = kind->done,
        .average_ms = average_ms(kind),
        .limit = kind->limit,
        .running = kind->running,
        .queued = kind->queued,
    };
    assay__lock_drop(&pool->lock);
}
