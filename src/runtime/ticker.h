/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One thread that calls a function at a fixed interval until stopped.
 *
 * Locking: ticker->lock (rank ticker) guards the stop flag; it is not held
 * while the function runs.
 */
#ifndef ASSAY_RUNTIME_TICKER_H
#define ASSAY_RUNTIME_TICKER_H

#include <stdint.h>

#include <assay/error.h>

struct assay__ticker;

/** Starts the thread; the first call comes after one interval. */
assay_rc assay__ticker_start(int64_t interval_ms, void (*tick)(void *arg),
                             void *arg, struct assay__ticker **out,
                             assay_error *err);
/** Waits for a running call. Accepts NULL; sets *ticker to NULL. */
void assay__ticker_stop(struct assay__ticker **ticker);

#endif
