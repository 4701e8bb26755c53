/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Mutexes with ranks.
 *
 * Thin wrappers over pthread mutexes and condition variables. Where assertions
 * are on (ASSAY_LOCK_CHECKS, set by the dev and sanitizer presets) a thread
 * that takes a lock whose rank is not above all it holds is stopped: that is a
 * broken invariant of ours, never a matter of input.
 */
#ifndef ASSAY_RT_LOCK_H
#define ASSAY_RT_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <assay/error.h>

enum assay__lock_rank {
#define LOCK(name, rank, guards) ASSAY__LOCK_##name = (rank),
#include "rt/lock_ranks.h"
#undef LOCK
};

struct assay__lock {
    pthread_mutex_t mutex;
    enum assay__lock_rank rank; /* set once by init */
};

struct assay__cond {
    pthread_cond_t cond; /* on CLOCK_MONOTONIC */
};

assay_rc assay__lock_init(struct assay__lock *lock, enum assay__lock_rank rank,
                          assay_error *err);
void assay__lock_fini(struct assay__lock *lock);
void assay__lock_take(struct assay__lock *lock);
void assay__lock_drop(struct assay__lock *lock);
/** Stops the program when the calling thread does not hold the lock (only
 *  with ASSAY_LOCK_CHECKS). */
void assay__lock_assert_held(const struct assay__lock *lock);

assay_rc assay__cond_init(struct assay__cond *cond, assay_error *err);
void assay__cond_fini(struct assay__cond *cond);
/** Wait with the lock held; spurious wake-ups happen. */
void assay__cond_wait(struct assay__cond *cond, struct assay__lock *lock);
/** @param deadline_ms CLOCK_MONOTONIC. @return false when it has passed */
bool assay__cond_wait_until(struct assay__cond *cond, struct assay__lock *lock,
                            int64_t deadline_ms);
/** Signal with the lock held. */
void assay__cond_signal(struct assay__cond *cond);
void assay__cond_broadcast(struct assay__cond *cond);

#endif
