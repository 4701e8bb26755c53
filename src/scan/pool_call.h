/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A function that runs in a thread of a pool while the caller's thread waits
 * and makes the host's progress calls.
 *
 * A function that has begun is waited for, however late it is; one that has
 * not begun at the deadline never will.
 *
 * Locking: call->lock (rank call) guards whether the function is done. It is
 * not held while the function, a callback or the pool is called.
 */
#ifndef ASSAY_SCAN_POOL_CALL_H
#define ASSAY_SCAN_POOL_CALL_H

#include "rt/pool.h"
#include "scan/pulse.h"

struct assay__pool_call {
    void (*run)(void *arg); /* no lock held */
    void *arg;
    struct assay__job_class *kind; /* NULL: the pool's own */
    int64_t deadline_ms;           /* CLOCK_MONOTONIC; to begin */
    struct assay__pulse *pulse;    /* of the calling thread; NULL: none */
};

/**
 * Run it, here when the pool is not running or this is one of its threads.
 *
 * @return ASSAY_OK: it has run; else it has not and never will:
 *         ASSAY_E_LIMIT no thread would be or was free before the deadline;
 *         ASSAY_E_IO no thread can be made; ASSAY_E_NOMEM
 */
assay_rc assay__pool_call(struct assay__pool *pool,
                          const struct assay__pool_call *call,
                          assay_error *err);

#endif
