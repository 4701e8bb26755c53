/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/ticker.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "rt/lock.h"

struct assay__ticker {
    void (*tick)(void *arg); /* set once */
    void *arg;               /* set once */
    struct assay__lock lock;
    struct assay__cond wake;
    int64_t interval_ms; /* lock */
    bool stop;           /* lock */
    bool is_calling;     /* lock */
    pthread_t thread;
};

/* CLOCK_MONOTONIC of the next call, by the present interval. */
static int64_t next_locked(const struct assay__ticker *ticker, int64_t start_ms)
{
    assay__lock_assert_held(&ticker->lock);
    return ticker->interval_ms > 0 ? start_ms + ticker->interval_ms : INT64_MAX;
}

/* @return true when the interval has passed, false when it is time to end. */
static bool sleep_one(struct assay__ticker *ticker)
{
    int64_t start_ms = assay__clock_ms();
    bool stop;

    assay__lock_take(&ticker->lock);
    while (!ticker->stop && assay__clock_ms() < next_locked(ticker, start_ms)) {
        if (ticker->interval_ms > 0)
            (void)assay__cond_wait_until(&ticker->wake, &ticker->lock,
                                         next_locked(ticker, start_ms));
        else
            assay__cond_wait(&ticker->wake, &ticker->lock);
    }
    stop = ticker->stop;
    ticker->is_calling = !stop;
    assay__lock_drop(&ticker->lock);
    return !stop;
}

static void note_return(struct assay__ticker *ticker)
{
    assay__lock_take(&ticker->lock);
    ticker->is_calling = false;
    assay__cond_broadcast(&ticker->wake);
    assay__lock_drop(&ticker->lock);
}

static void *run(void *arg)
{
    struct assay__ticker *ticker = arg;

    while (sleep_one(ticker)) {
        ticker->tick(ticker->arg);
        note_return(ticker);
    }
    return NULL;
}

static void destroy(struct assay__ticker *ticker)
{
    assay__cond_fini(&ticker->wake);
    assay__lock_fini(&ticker->lock);
    free(ticker);
}

assay_rc assay__ticker_start(const char *name, int64_t interval_ms,
                             void (*tick)(void *arg), void *arg,
                             struct assay__ticker **out, assay_error *err)
{
    struct assay__ticker *ticker = calloc(1, sizeof *ticker);
    sigset_t all, before;
    assay_rc rc;
    int failed;

    if (!ticker)
        return assay_error_set(err, ASSAY_E_NOMEM, "ticker");
    ticker->interval_ms = interval_ms;
    ticker->tick = tick;
    ticker->arg = arg;
    rc = assay__lock_init(&ticker->lock, ASSAY__LOCK_ticker, err);
    if (rc != ASSAY_OK) {
        free(ticker);
        return rc;
    }
    rc = assay__cond_init(&ticker->wake, err);
    if (rc != ASSAY_OK) {
        assay__lock_fini(&ticker->lock);
        free(ticker);
        return rc;
    }
    sigfillset(&all); /* signals belong to the host's threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&ticker->thread, NULL, run, ticker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        destroy(ticker);
        return assay_error_set(err, ASSAY_E_IO, "ticker thread: errno %d",
                               failed);
    }
    (void)pthread_setname_np(ticker->thread, name);
    *out = ticker;
    return ASSAY_OK;
}

void assay__ticker_set_interval(struct assay__ticker *ticker,
                                int64_t interval_ms)
{
    if (!ticker)
        return;
    assay__lock_take(&ticker->lock);
    ticker->interval_ms = interval_ms;
    assay__cond_broadcast(&ticker->wake);
    assay__lock_drop(&ticker->lock);
}

bool assay__ticker_end(struct assay__ticker *ticker, int64_t wait_ms)
{
    int64_t until = assay__clock_ms() + wait_ms;
    bool idle;

    if (!ticker)
        return true;
    assay__lock_take(&ticker->lock);
    ticker->stop = true;
    assay__cond_broadcast(&ticker->wake);
    while (ticker->is_calling &&
           assay__cond_wait_until(&ticker->wake, &ticker->lock, until))
        continue;
    idle = !ticker->is_calling;
    assay__lock_drop(&ticker->lock);
    return idle;
}

void assay__ticker_stop(struct assay__ticker **ticker)
{
    struct assay__ticker *t = *ticker;

    *ticker = NULL;
    if (!t)
        return;
    (void)assay__ticker_end(t, 0);
    pthread_join(t->thread, NULL);
    destroy(t);
}
