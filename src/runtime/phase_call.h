/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Phases in the callback form: each runs in a thread of a pool that is for
 * nothing else, so that it may wait for scans, which run in other pools; then
 * the host is given a completion, or without one told at once.
 *
 * Locking: phases->lock (rank phases) guards the list of open phases and
 * whether more are taken; it is held for nothing but to look and to change.
 */
#ifndef ASSAY_RUNTIME_PHASE_CALL_H
#define ASSAY_RUNTIME_PHASE_CALL_H

#include <assay/assay.h>

#include "policy/session_step.h"
#include "rt/pool.h"

struct assay__phases;

/** What a host may ask for; plain numbers. */
struct assay__phases_stats {
    uint64_t begun;
    unsigned running, waiting, untold; /* untold: over, and not told yet */
};

/** No thread starts. @param options  borrowed for its life: complete, host_arg
 *  @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_IO */
assay_rc assay__phases_new(const assay_options *options,
                           struct assay__phases **out, assay_error *err);
/** Stops, and frees the completions that the host did not run. Accepts NULL;
 *  sets *phases to NULL. */
void assay__phases_free(struct assay__phases **phases);
/** Phases are taken from now on. @return ASSAY_OK; ASSAY_E_IO no thread */
assay_rc assay__phases_start(struct assay__phases *phases, assay_error *err);
/** Takes no more, waits for those that run, and for done callbacks in other
 *  threads; then nothing is told any more. Idempotent. Threads: none of its
 *  own. */
void assay__phases_stop(struct assay__phases *phases);

/** Begin a step. @return as assay_session_connect_begin() */
assay_rc assay__phases_begin(struct assay__phases *phases,
                             assay_session *session,
                             const struct assay__step *step,
                             assay_phase_done *done, void *arg,
                             assay_error *err);

void assay__phases_stats(struct assay__phases *phases,
                         struct assay__phases_stats *stats_out);

#endif
