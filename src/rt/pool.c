/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "rt/lock.h"

struct assay__pool {
    const char *name;     /* set once */
    unsigned concurrency; /* set once */
    struct assay__lock lock;
    struct assay__cond wake;         /* a job came or the pool stops */
    struct assay__job *first, *last; /* lock */
    bool running;                    /* lock */
    pthread_t *threads;              /* owner of start/stop */
    unsigned started;                /* owner of start/stop */
};

assay_rc assay__pool_new(const char *name, unsigned concurrency,
                         struct assay__pool **out, assay_error *err)
{
    struct assay__pool *pool = calloc(1, sizeof *pool);
    assay_rc rc = ASSAY_E_NOMEM;

    if (!pool)
        return assay_error_set(err, rc, "pool %s", name);
    pool->name = name;
    pool->concurrency = concurrency;
    pool->threads = calloc(concurrency, sizeof *pool->threads);
    if (!pool->threads) {
        (void)assay_error_set(err, rc, "pool %s", name);
        goto fail_threads;
    }
    rc = assay__lock_init(&pool->lock, ASSAY__LOCK_pool, err);
    if (rc != ASSAY_OK)
        goto fail_threads;
    rc = assay__cond_init(&pool->wake, err);
    if (rc != ASSAY_OK)
        goto fail_lock;
    *out = pool;
    return ASSAY_OK;
fail_lock:
    assay__lock_fini(&pool->lock);
fail_threads:
    free(pool->threads);
    free(pool);
    return rc;
}

void assay__pool_free(struct assay__pool **pool)
{
    struct assay__pool *p = *pool;

    *pool = NULL;
    if (!p)
        return;
    assay__pool_stop(p);
    assay__cond_fini(&p->wake);
    assay__lock_fini(&p->lock);
    free(p->threads);
    free(p);
}

/* NULL when the pool stops and nothing is left to do. */
static struct assay__job *next_job(struct assay__pool *pool)
{
    struct assay__job *job;

    assay__lock_take(&pool->lock);
    while (!pool->first && pool->running)
        assay__cond_wait(&pool->wake, &pool->lock);
    job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = NULL;
    }
    assay__lock_drop(&pool->lock);
    return job;
}

static void *work(void *arg)
{
    struct assay__pool *pool = arg;
    struct assay__job *job;

    while ((job = next_job(pool)) != NULL)
        job->run(job);
    return NULL;
}

/* Workers take no signal: those belong to the host. */
static int start_one(struct assay__pool *pool, pthread_t *thread)
{
    sigset_t all, before;
    char name[16];
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(thread, NULL, work, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0) {
        (void)snprintf(name, sizeof name, "assay-%.9s", pool->name);
        (void)pthread_setname_np(*thread, name);
    }
    return rc;
}

assay_rc assay__pool_start(struct assay__pool *pool, assay_error *err)
{
    assay__lock_take(&pool->lock);
    pool->running = true;
    assay__lock_drop(&pool->lock);
    while (pool->started < pool->concurrency) {
        int rc = start_one(pool, &pool->threads[pool->started]);

        if (rc != 0) {
            assay__pool_stop(pool);
            return assay_error_set(err, ASSAY_E_IO, "pool %s: thread: errno %d",
                                   pool->name, rc);
        }
        pool->started++;
    }
    return ASSAY_OK;
}

void assay__pool_stop(struct assay__pool *pool)
{
    assay__lock_take(&pool->lock);
    pool->running = false;
    assay__cond_broadcast(&pool->wake);
    assay__lock_drop(&pool->lock);
    while (pool->started > 0)
        pthread_join(pool->threads[--pool->started], NULL);
}

assay_rc assay__pool_submit(struct assay__pool *pool, struct assay__job *job,
                            assay_error *err)
{
    bool running;

    assay__lock_take(&pool->lock);
    running = pool->running;
    if (running) {
        job->next = NULL;
        if (pool->last)
            pool->last->next = job;
        else
            pool->first = job;
        pool->last = job;
        assay__cond_signal(&pool->wake);
    }
    assay__lock_drop(&pool->lock);
    if (!running)
        return assay_error_set(err, ASSAY_E_STATE, "pool %s is not running",
                               pool->name);
    return ASSAY_OK;
}
