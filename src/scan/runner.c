/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/runner.h"

#include "base/clock.h"
#include "scan/finding.h"

void assay__runner_call(const struct assay__run *run,
                        struct assay__engine_instance *engine,
                        const assay_content *content, assay_verdict *verdict)
{
    const assay_scan_args args = {content, assay__run_deadline_ms(run, engine)};
    assay_finding finding = {.coverage.bytes_total = content->size};
    struct assay__scan_facts facts = {.size = content->size,
                                      .timeout_s = engine->options.timeout_s};

    engine->table->ops->scan(engine->core->instance, &args, &finding);
    facts.is_late = assay__clock_ms() > args.deadline_ms;
    assay__finding_judge(&finding, &facts, verdict);
}
