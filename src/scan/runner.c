/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/runner.h"

#include "base/clock.h"
#include "base/text.h"
#include "scan/finding.h"
#include "scan/pool_call.h"

/* One call of an engine. */
struct call {
    struct assay__engine_core *core;
    assay_scan_args args;
    assay_finding finding;
    bool is_late;
};

static void inspect(void *arg)
{
    struct call *call = arg;
    void *instance = assay__engine_core_take(call->core);

    if (instance) {
        call->core->ops->scan(instance, &call->args, &call->finding);
        assay__engine_core_give(call->core);
    } else { /* it was closed since it was looked for */
        call->finding.reason = ASSAY_REASON_UNAVAILABLE;
        assay__text_copy(call->finding.info, sizeof call->finding.info,
                         "engine is not open");
    }
    call->is_late = assay__clock_ms() > call->args.deadline_ms;
}

/* @return false with *verdict set when the engine was not called */
static bool run(struct call *call, struct assay__pulse *pulse,
                assay_verdict *verdict)
{
    const struct assay__pool_call in_pool = {
        .run = inspect,
        .arg = call,
        .kind = &call->core->jobs,
        .deadline_ms = call->args.deadline_ms,
        .pulse = pulse,
    };
    assay_error err = {0};
    assay_rc rc;

    if (!call->core->pool) {
        inspect(call);
        return true;
    }
    rc = assay__pool_call(call->core->pool, &in_pool, &err);
    if (rc != ASSAY_OK)
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR,
                            rc == ASSAY_E_NOMEM ? ASSAY_REASON_MEMORY
                                                : ASSAY_REASON_OVERLOAD,
                            err.msg);
    return rc == ASSAY_OK;
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
