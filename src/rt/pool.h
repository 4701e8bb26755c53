/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Named thread pools: a fixed number of workers and one FIFO queue.
 *
 * Threads start in assay__pool_start(), never before. Jobs are structs that
 * the submitter owns; a job is run exactly once or not at all, and
 * assay__pool_stop() runs what is queued before it returns (drain).
 *
 * Locking: pool->lock guards the queue and the counters; it is never held
 * while a job runs.
 */
#ifndef ASSAY_RT_POOL_H
#define ASSAY_RT_POOL_H

#include <stddef.h>

#include <assay/error.h>

struct assay__pool;

/** Embedded in what the job works on. */
struct assay__job {
    void (*run)(struct assay__job *job); /* in a worker, no lock held */
    struct assay__job *next;             /* pool->lock */
};

/** @param name borrowed until free, at most 15 bytes show as thread name */
assay_rc assay__pool_new(const char *name, unsigned concurrency,
                         struct assay__pool **out, assay_error *err);
/** Stops when still running. Accepts NULL. */
void assay__pool_free(struct assay__pool **pool);
/** @return ASSAY_OK; ASSAY_E_IO when a thread cannot be made (none is left) */
assay_rc assay__pool_start(struct assay__pool *pool, assay_error *err);
/** Runs what is queued, then joins the workers. Idempotent. */
void assay__pool_stop(struct assay__pool *pool);
/** @return ASSAY_OK; ASSAY_E_STATE when the pool is not running */
assay_rc assay__pool_submit(struct assay__pool *pool, struct assay__job *job,
                            assay_error *err);

#endif
