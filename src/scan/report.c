/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/report.h"

#include <inttypes.h>

#define US_PER_MS 1000

void assay__report_content(struct assay__engine_stats *stats,
                           uint64_t elapsed_us)
{
    atomic_fetch_add(&stats->parts, 1);
    atomic_fetch_add(&stats->part_us, elapsed_us);
}

void assay__report_message(struct assay__engine_stats *stats,
                           uint64_t elapsed_us)
{
    atomic_fetch_add(&stats->messages, 1);
    atomic_fetch_add(&stats->message_us, elapsed_us);
}

static void count(struct assay__engine_stats *stats,
                  const assay_verdict *verdict)
{
    if (verdict->status == ASSAY_STATUS_INFECTED)
        atomic_fetch_add(&stats->infected, 1);
    else if (verdict->status == ASSAY_STATUS_ERROR)
        atomic_fetch_add(&stats->errors, 1);
    else if (verdict->status == ASSAY_STATUS_UNSCANNABLE)
        atomic_fetch_add(&stats->unscannable, 1);
}

/* Whatever is not clean is told, also when its answer lets the message pass. */
static assay_log_level level_of(const assay_verdict *verdict)
{
    switch (verdict->status) {
    case ASSAY_STATUS_ERROR:
        return ASSAY_LOG_WARN;
    case ASSAY_STATUS_INFECTED:
    case ASSAY_STATUS_UNSCANNABLE:
    case ASSAY_STATUS_NOT_SUITABLE:
        return ASSAY_LOG_INFO;
    default:
        return ASSAY_LOG_DEBUG;
    }
}

void assay__report_verdict(const struct assay__run *run,
                           const struct assay__scope *scope,
                           const struct assay__engine_instance *engine,
                           const assay_verdict *verdict)
{
    assay_log log = assay__scope_log(run->dispatcher->log, &engine->options);

    count(&engine->core->stats, verdict);
    assay_log_write(&log, level_of(verdict), "scan.verdict",
                    "scope=%s engine=%s instance=%s message=\"%s\" status=%s "
                    "reason=%s info=\"%s\" ms=%" PRIu64,
                    scope->name, verdict->engine, engine->name,
                    run->message ? assay_message_id(run->message) : "",
                    assay_status_name(verdict->status),
                    assay_reason_name(verdict->reason), verdict->info,
                    verdict->elapsed_us / US_PER_MS);
    if (run->each)
        run->each(run->arg, scope, engine, verdict);
}
