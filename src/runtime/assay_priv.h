/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the runtime's own modules ask of the host object.
 */
#ifndef ASSAY_RUNTIME_ASSAY_PRIV_H
#define ASSAY_RUNTIME_ASSAY_PRIV_H

#include <stdint.h>

#include <assay/assay.h>

#include "base/wall_clock.h"
#include "conf/files.h"
#include "runtime/generation.h"
#include "runtime/pools.h"

struct assay__counters;
struct assay__phases;

/** The present generation; the caller's reference. Threads: any. */
struct assay__generation *assay__present(assay *self);
/** Where the library logs; borrowed until assay_close(). */
const assay_log *assay__log(const assay *self);
/** The host's wall clock; borrowed until assay_close(). */
const struct assay__wall_clock *assay__host_clock(const assay *self);
/** What `counter` lists besides the engines; borrowed until assay_close(). */
struct assay__counters *assay__counters(const assay *self);

/* Changing the configuration: begin, any number of builds, end. Changes wait
 * for each other; scans and sessions never wait for one. */

/** Claim the right to change. @return the present generation, a counted
 *  reference. Blocks while another change is under way. */
struct assay__generation *assay__change_begin(assay *self);

/** What to build. */
struct assay__change {
    const char *config_path;               /* NULL: that of the library */
    const struct assay__conf_files *files; /* instead of what is on disk; NULL
                                            */
    void (*diagnostic)(void *arg, const char *text); /* NULL: that of the host
                                                      */
    void *diagnostic_arg;
};

/** Build and open a generation beside the present one, from which it takes
 *  over the engines that did not change; blocks while the others load. @return
 * as assay_open() */
assay_rc assay__change_build(assay *self, const struct assay__change *change,
                             struct assay__generation **out, assay_error *err);
/** Give the claim back, and swap @next in: its reference is taken over. NULL
 *  keeps the present generation. */
void assay__change_end(assay *self, struct assay__generation *next);

/** The thread pools, for `threads stats`; borrowed, set once. */
const struct assay__pools *assay__pools_of(const assay *self);

/** Phases in the callback form; borrowed until assay_close(). */
struct assay__phases *assay__phases(const assay *self);

#endif
