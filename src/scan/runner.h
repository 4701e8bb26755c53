/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * How an engine is called: in a thread of its pool while the caller's thread
 * waits and makes the host's progress calls; in the caller's own thread when
 * the engine has no pool or the pool is not running.
 *
 * The engine borrows the message, so a call that has begun is waited for,
 * however late it is; one that has not begun at the deadline never will.
 *
 * scan/pool_call.h says how it waits.
 */
#ifndef ASSAY_SCAN_RUNNER_H
#define ASSAY_SCAN_RUNNER_H

#include "scan/run.h"

/**
 * Let the engine inspect a content and judge what it finds. Blocks until the
 * engine returns; ERROR(overload) when there is no place for it before the
 * deadline.
 * @return whether the engine was called
 */
bool assay__runner_call(const struct assay__run *request,
                        struct assay__engine_instance *engine,
                        const assay_content *content, assay_verdict *verdict);

#endif
