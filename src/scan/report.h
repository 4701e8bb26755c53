/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What is counted and logged about verdicts (AV-30).
 */
#ifndef ASSAY_SCAN_REPORT_H
#define ASSAY_SCAN_REPORT_H

#include "scan/run.h"

/** One content was inspected, by the engine or from the cache. */
void assay__report_content(struct assay__engine_stats *stats,
                           uint64_t elapsed_us);
/** So was a whole message, in as many contents as it took. */
void assay__report_message(struct assay__engine_stats *stats,
                           uint64_t elapsed_us);
/** An engine is done with a request: count how it ended, log it, tell the
 *  caller. */
void assay__report_verdict(const struct assay__run *run,
                           const struct assay__scope *scope,
                           const struct assay__engine_instance *engine,
                           const assay_verdict *verdict);

#endif
