/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * How an engine is called.
 */
#ifndef ASSAY_SCAN_RUNNER_H
#define ASSAY_SCAN_RUNNER_H

#include "scan/run.h"

/** Let the engine inspect a content and judge what it finds. Blocks until the
 *  engine returns. */
void assay__runner_call(const struct assay__run *run,
                        struct assay__engine_instance *engine,
                        const assay_content *content, assay_verdict *verdict);

#endif
