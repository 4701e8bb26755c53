/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One thread that calls a function at an interval until stopped.
 *
 * Locking: ticker->lock (rank ticker) guards the interval and the stop flag; it
 * is not held while the function runs.
 */
#ifndef ASSAY_RUNTIME_TICKER_H
#define ASSAY_RUNTIME_TICKER_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/error.h>

struct assay__ticker;

/** Starts the thread; the first call comes after one interval.
 *  @param name  of the thread, at most 15 bytes
 *  @param interval_ms  0: no call until it is set to something else */
assay_rc assay__ticker_start(const char *name, int64_t interval_ms,
                             void (*tick)(void *arg), void *arg,
                             struct assay__ticker **out, assay_error *err);
/** From now on; a longer one does not make the next call earlier. Accepts
 *  NULL. Threads: any. */
void assay__ticker_set_interval(struct assay__ticker *ticker,
                                int64_t interval_ms);
/** No further call begins. @return true when none runs either; false when one
 *  still does after wait_ms. Accepts NULL (true). Threads: any. */
bool assay__ticker_end(struct assay__ticker *ticker, int64_t wait_ms);
/** Waits for a running call. Accepts NULL; sets *ticker to NULL. */
void assay__ticker_stop(struct assay__ticker **ticker);

#endif
