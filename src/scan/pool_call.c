/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/pool_call.h"

#include "base/clock.h"
#include "rt/lock.h"

/* A call under way; on the stack of the thread that waits. */
struct waiting {
    struct assay__job job; /* first: the pool knows only this */
    const struct assay__pool_call *call;
    struct assay__lock lock;
    struct assay__cond finished;
    bool is_done;    /* lock */
    bool is_dropped; /* lock: the call was not made */
};

/* In a worker. With the lock dropped the call may be gone. */
static void finish(struct waiting *waiting, bool is_dropped)
{
    assay__lock_take(&waiting->lock);
    waiting->is_done = true;
    waiting->is_dropped = is_dropped;
    assay__cond_signal(&waiting->finished);
    assay__lock_drop(&waiting->lock);
}

static void run_job(struct assay__job *job)
{
    struct waiting *waiting = (struct waiting *)job;

    waiting->call->run(waiting->call->arg);
    finish(waiting, false);
}

static void drop_job(struct assay__job *job)
{
    finish((struct waiting *)job, true);
}

/* @return whether the call is done; false at until_ms, or earlier */
static bool wait_until(struct waiting *waiting, int64_t until_ms)
{
    bool is_done;

    assay__lock_take(&waiting->lock);
    if (!waiting->is_done && until_ms == INT64_MAX)
        assay__cond_wait(&waiting->finished, &waiting->lock);
    else if (!waiting->is_done)
        (void)assay__cond_wait_until(&waiting->finished, &waiting->lock,
                                     until_ms);
    is_done = waiting->is_done;
    assay__lock_drop(&waiting->lock);
    return is_done;
}

/* @return false when no worker was there for it in time */
static bool wait_for(struct waiting *waiting, struct assay__pool *pool)
{
    const struct assay__pool_call *call = waiting->call;
    bool may_be_queued = true;

    for (;;) {
        int64_t limit = may_be_queued ? call->deadline_ms : INT64_MAX;

        if (wait_until(waiting, assay__pulse_until(call->pulse, limit)))
            return !waiting->is_dropped; /* no worker knows it any more */
        assay__pulse_tick(call->pulse);
        if (may_be_queued && assay__clock_ms() >= call->deadline_ms) {
            if (assay__pool_cancel(pool, &waiting->job))
                return false;
            may_be_queued = false;
        }
    }
}

static assay_rc submit(struct waiting *waiting, struct assay__pool *pool,
                       assay_error *err)
{
    const struct assay__pool_call *call = waiting->call;
    assay_rc rc =
        assay__pool_submit(pool, &waiting->job, call->deadline_ms, err);

    if (rc == ASSAY_E_STATE) { /* before assay_start(), or after the stop */
        call->run(call->arg);
        return ASSAY_OK;
    }
    if (rc == ASSAY_OK && !wait_for(waiting, pool))
        rc = assay_error_set(err, ASSAY_E_LIMIT,
                             "no thread of the pool was free in time to be "
                             "done before the deadline");
    return rc;
}

assay_rc assay__pool_call(struct assay__pool *pool,
                          const struct assay__pool_call *call, assay_error *err)
{
    struct waiting waiting = {
        .job = {.run = run_job, .drop = drop_job, .kind = call->kind},
        .call = call,
    };
    assay_rc rc;

    if (assay__pool_is_mine(pool)) {
        call->run(call->arg);
        return ASSAY_OK;
    }
    rc = assay__lock_init(&waiting.lock, ASSAY__LOCK_call, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__cond_init(&waiting.finished, err);
    if (rc == ASSAY_OK) {
        rc = submit(&waiting, pool, err);
        assay__cond_fini(&waiting.finished);
    }
    assay__lock_fini(&waiting.lock);
    return rc;
}
