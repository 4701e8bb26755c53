/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Named thread pools: workers and one FIFO queue (PO-01).
 *
 * No thread starts before assay__pool_start(); then workers are made as jobs
 * come, up to the concurrency, which may be changed while the pool runs. Jobs
 * are structs that the submitter owns; a job is run exactly once or, when it
 * was cancelled in time or dropped, not at all. assay__pool_stop() runs what is
 * queued before it returns (drain).
 *
 * Jobs of one kind belong to a class, which has a label for the statistics
 * and may limit how many of them run at once (max_concurrency of an engine):
 * a worker takes the first job in the queue whose class has a place.
 *
 * Locking: pool->lock guards the queue, the counters, the workers and the
 * classes of the pool; it is never held while a job runs.
 */
#ifndef ASSAY_RT_POOL_H
#define ASSAY_RT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

#include "rt/lock.h"

struct assay__pool;
struct assay__job;

/** Jobs of one kind in one pool. The owner zeroes it and sets label and
 *  limit; what follows belongs to the pool (pool->lock). It must outlive its
 *  jobs; assay__job_class_fini() before its memory goes. */
struct assay__job_class {
    const char *label; /* such as "clamav_avscan"; NULL: none */
    unsigned limit;    /* most at once; 0: as many as there are workers;
                          changed with assay__job_class_set_limit() */
    unsigned running, queued;
    uint64_t done;
    int64_t busy_us;    /* sum over the jobs done */
    int64_t typical_us; /* moving average of one job; 0: none has run */
    struct assay__job *first, *last;       /* its queue */
    struct assay__job_class *next_waiting; /* classes with queued jobs */
};

/** Embedded in what the job works on. Zero it, set run and kind. */
struct assay__job {
    void (*run)(struct assay__job *job); /* in a worker, no lock held; may
                                            free the job */
    /* Instead of run, for one that had to wait and would not be done before
     * its deadline; NULL: it is run all the same */
    void (*drop)(struct assay__job *job);
    struct assay__job_class *kind; /* NULL: the pool's own class */
    /* The pool's, under pool->lock: */
    struct assay__job *next, *previous;
    bool is_queued;
    bool must_wait; /* there was no worker for it at once */
    int64_t deadline_ms;
    uint64_t number; /* order of submission */
};

struct assay__pool_options {
    unsigned concurrency; /* most workers; 0: jobs wait until it is raised */
    size_t stack_size;    /* bytes, of workers made from now on; 0: the
                             system's; raised to what a thread needs */
    unsigned backlog;     /* most queued jobs; 0: any number; fixed at new */
};

/** What `threads stats` tells, read in one piece (PO-02). */
struct assay__pool_stats {
    uint64_t invocations;       /* jobs done or running */
    double average_concurrency; /* observed since the pool started */
    double saturation;          /* of it by the concurrency, percent */
    double average_ms;          /* wall clock of a job done */
    unsigned concurrency;
    unsigned threads, active, inactive;
    unsigned queued;
};

/** The same of one class. */
struct assay__job_class_stats {
    uint64_t done;
    double average_ms; /* wall clock of a job done */
    unsigned limit, running, queued;
};

enum { ASSAY__POOL_NAME_MAX = 40 };

/** @param name copied; at most ASSAY__POOL_NAME_MAX bytes
 *  @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT name */
assay_rc assay__pool_new(const char *name,
                         const struct assay__pool_options *options,
                         struct assay__pool **out, assay_error *err);
/** Stops when still running. Accepts NULL. */
void assay__pool_free(struct assay__pool **pool);
const char *assay__pool_name(const struct assay__pool *pool);
unsigned assay__pool_backlog(const struct assay__pool *pool);
/** Is the calling thread one of its workers? Such a one does by itself what it
 *  would wait for, because all others may wait for the same. */
bool assay__pool_is_mine(const struct assay__pool *pool);

/** Jobs are taken from now on. @return ASSAY_OK; ASSAY_E_IO when not even one
 *  worker can be made (the pool is as it was) */
assay_rc assay__pool_start(struct assay__pool *pool, assay_error *err);
/** Takes no more jobs, runs what is queued (in this thread, where there is no
 *  worker), joins the workers. Idempotent. One thread, not a job of the pool.
 */
void assay__pool_stop(struct assay__pool *pool);
/** Change the concurrency of a pool, running or not; surplus workers end when
 *  their job is done. The stack size holds for workers made from now on. */
void assay__pool_configure(struct assay__pool *pool, unsigned concurrency,
                           size_t stack_size);
void assay__job_class_set_limit(struct assay__pool *pool,
                                struct assay__job_class *kind, unsigned limit);
/** The pool lets go of the class. None of its jobs is queued; one may still be
 *  on its last steps, even the calling one. Does not block. */
void assay__job_class_fini(struct assay__pool *pool,
                           struct assay__job_class *kind);

/**
 * Queue a job behind all others. With a full backlog this waits for room; a
 * job of the pool must therefore not submit to its own pool and wait for it.
 *
 * @param deadline_ms  CLOCK_MONOTONIC; until when to wait for room, and what
 *                     admission looks at: a job that, by what jobs of late
 *                     took, would have to wait and then not be done in time
 *                     is refused at once. INT64_MAX: wait for ever
 * @return ASSAY_OK; ASSAY_E_STATE when the pool is not running;
 *         ASSAY_E_LIMIT refused: it would not be done before the deadline;
 *         ASSAY_E_IO no worker can be made and there is none. Unless ASSAY_OK
 *         the job is the caller's again.
 */
assay_rc assay__pool_submit(struct assay__pool *pool, struct assay__job *job,
                            int64_t deadline_ms, assay_error *err);
/** Take a job back. @return true: it was still queued and will not run;
 *  false: it runs, has run, or was never submitted */
bool assay__pool_cancel(struct assay__pool *pool, struct assay__job *job);

void assay__pool_stats(struct assay__pool *pool,
                       struct assay__pool_stats *stats_out);
void assay__job_class_stats(struct assay__pool *pool,
                            const struct assay__job_class *kind,
                            struct assay__job_class_stats *stats_out);

#endif
