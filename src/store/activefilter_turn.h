/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whose turn it is to write to the database of ActiveFilter: threads get it in
 * the order in which they asked. SQLite lets one write at a time, but those
 * that wait for it only look from time to time, so the unlucky would never
 * find it free.
 *
 * Locking: turn->lock guards the line of those who wait. It is not held while
 * somebody has the turn.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_TURN_H
#define ASSAY_STORE_ACTIVEFILTER_TURN_H

#include <assay/error.h>

#include "rt/lock.h"

/** One who waits; on the stack of its thread. */
struct assay__activefilter_waiter {
    struct assay__activefilter_waiter *next; /* lock */
    bool has_turn;                           /* lock */
};

struct assay__activefilter_turn {
    struct assay__lock lock;
    struct assay__cond changed;
    struct assay__activefilter_waiter *first, *last; /* lock; who waits */
    bool is_taken;                                   /* lock */
};

/** @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__activefilter_turn_init(struct assay__activefilter_turn *turn,
                                       assay_error *err);
/** Nobody has it or waits. */
void assay__activefilter_turn_fini(struct assay__activefilter_turn *turn);
/** @param deadline_ms  CLOCK_MONOTONIC
 *  @return whether it is this thread's turn: then end it. */
bool assay__activefilter_turn_take(struct assay__activefilter_turn *turn,
                                   int64_t deadline_ms);
void assay__activefilter_turn_end(struct assay__activefilter_turn *turn);

#endif
