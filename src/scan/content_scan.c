/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/content_scan.h"

#include "base/clock.h"
#include "scan/finding.h"
#include "scan/report.h"
#include "scan/runner.h"

static bool is_oversize(const struct assay__engine_instance *engine,
                        const assay_content *content)
{
    return engine->options.max_size > 0 &&
           content->size > engine->options.max_size;
}

bool assay__content_scan(const struct assay__run *run,
                         struct assay__engine_instance *engine,
                         const struct assay__source *source,
                         assay_verdict *verdict)
{
    int64_t start_us = assay__clock_us();
    assay_content content;

    if (!assay__source_load(source, &content, verdict))
        return false;
    verdict->coverage.bytes_total = content.size;
    if (is_oversize(engine, &content)) {
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_OVERSIZE, NULL);
        return false;
    }
    assay__runner_call(run, engine, &content, verdict);
    assay__report_content(&engine->core->stats,
                          (uint64_t)(assay__clock_us() - start_us));
    return true;
}
