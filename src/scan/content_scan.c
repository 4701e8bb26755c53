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

/* @return whether the engine was called */
static bool scan_now(const struct assay__run *run,
                     struct assay__engine_instance *engine,
                     const struct assay__source *source, assay_verdict *verdict)
{
    struct assay__loaded loaded;
    bool is_called = false;

    if (!assay__source_load(source, engine->options.file_base, &loaded,
                            verdict))
        return false;
    verdict->coverage.bytes_total = loaded.content.size;
    if (is_oversize(engine, &loaded.content))
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_OVERSIZE, NULL);
    else
        is_called = assay__runner_call(run, engine, &loaded.content, verdict);
    assay__loaded_release(&loaded);
    return is_called;
}

bool assay__content_scan(const struct assay__run *run,
                         struct assay__engine_instance *engine,
                         const struct assay__source *source,
                         assay_verdict *verdict)
{
    int64_t start_us = assay__clock_us();
    bool is_inspected = scan_now(run, engine, source, verdict);

    if (is_inspected)
        assay__report_content(&engine->core->stats,
                              (uint64_t)(assay__clock_us() - start_us));
    return is_inspected;
}
