/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One engine over all contents of a request.
 */
#ifndef ASSAY_SCAN_ENGINE_SCAN_H
#define ASSAY_SCAN_ENGINE_SCAN_H

#include "scan/run.h"

/** Sets all of *verdict. */
void assay__engine_scan(const struct assay__run *run,
                        const struct assay__scope *scope,
                        struct assay__engine_instance *engine,
                        assay_verdict *verdict);

#endif
