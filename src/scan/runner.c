/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/runner.h"

#include "base/clock.h"
#include "rt/lock.h"
#include "rt/pool.h"
#include "scan/finding.h"

/* One call of an engine. */
struct call {
    struct assay__job job; /* first: the pool knows only this */
    struct assay__engine_core *core;
    assay_scan_args args;
    assay_finding finding;
    bool is_late;
    struct assay__lock lock;
    struct assay__cond finished;
    bool is_done; /* lock */
};

static void inspect(struct call *call)
{
    call->core->table->ops->scan(call->core->instance, &call->args,
                                 &call->finding);
    call->is_late = assay__clock_ms() > call->args.deadline_ms;
}

/* In a worker. With the lock dropped the call may be gone: it is on the stack
 * of the thread that waits. */
static void run_job(struct assay__job *job)
{
    struct call *call = (struct call *)job;

    inspect(call);
    assay__lock_take(&call->lock);
    call->is_done = true;
    assay__cond_signal(&call->finished);
    assay__lock_drop(&call->lock);
}

/* @return whether the call is done; false at until_ms, or earlier */
static bool wait_until(struct call *call, int64_t until_ms)
{
    bool is_done;

    assay__lock_take(&call->lock);
    if (!call->is_done && until_ms == INT64_MAX)
        assay__cond_wait(&call->finished, &call->lock);
    else if (!call->is_done)
        (void)assay__cond_wait_until(&call->finished, &call->lock, until_ms);
    is_done = call->is_done;
    assay__lock_drop(&call->lock);
    return is_done;
}

/* @return false when the job was still queued at the deadline */
static bool wait_for(struct call *call, struct assay__pulse *pulse)
{
    bool may_be_queued = true;

    for (;;) {
        int64_t limit = may_be_queued ? call->args.deadline_ms : INT64_MAX;

        if (wait_until(call, assay__pulse_until(pulse, limit)))
            return true;
        assay__pulse_tick(pulse);
        if (may_be_queued && assay__clock_ms() >= call->args.deadline_ms) {
            if (assay__pool_cancel(call->core->pool, &call->job))
                return false;
            may_be_queued = false;
        }
    }
}

static void overload(const char *why, assay_verdict *verdict)
{
    assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, ASSAY_REASON_OVERLOAD,
                        why);
}

/* @return false with *verdict set when the engine was not called */
static bool run_in_pool(struct call *call, struct assay__pulse *pulse,
                        assay_verdict *verdict)
{
    assay_error err = {0};
    assay_rc rc;

    call->job.run = run_job;
    call->job.kind = &call->core->jobs;
    rc = assay__pool_submit(call->core->pool, &call->job,
                            call->args.deadline_ms, &err);
    if (rc == ASSAY_E_STATE) { /* before assay_start(), or after the stop */
        inspect(call);
        return true;
    }
    if (rc != ASSAY_OK)
        overload(err.msg, verdict);
    else if (!wait_for(call, pulse))
        overload("no thread of the pool was free before the deadline", verdict);
    else
        return true;
    return false;
}

/* As run_in_pool(). */
static bool run(struct call *call, struct assay__pulse *pulse,
                assay_verdict *verdict)
{
    assay_error err = {0};
    bool was_called = false;

    if (!call->core->pool || assay__pool_is_mine(call->core->pool)) {
        inspect(call);
        return true;
    }
    if (assay__lock_init(&call->lock, ASSAY__LOCK_call, &err) != ASSAY_OK)
        goto fail;
    if (assay__cond_init(&call->finished, &err) != ASSAY_OK)
        goto fail_lock;
    was_called = run_in_pool(call, pulse, verdict);
    assay__cond_fini(&call->finished);
    assay__lock_fini(&call->lock);
    return was_called;
fail_lock:
    assay__lock_fini(&call->lock);
fail:
    assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, ASSAY_REASON_MEMORY,
                        err.msg);
    return false;
}

bool assay__runner_call(const struct assay__run *request,
                        struct assay__engine_instance *engine,
                        const assay_content *content, assay_verdict *verdict)
{
    struct call call = {
        .core = engine->core,
        .args = {content, assay__run_deadline_ms(request, engine)},
        .finding = {.coverage.bytes_total = content->size},
    };
    struct assay__scan_facts facts = {.size = content->size,
                                      .timeout_s = engine->options.timeout_s};

    if (!run(&call, request->request->pulse, verdict))
        return false;
    facts.is_late = call.is_late;
    assay__finding_judge(&call.finding, &facts, verdict);
    return true;
}
