/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Counters that administrators make with the console command `counter add`.
 * They live as long as the library, over reloads. Those of the engines are
 * not here: they are numbers of the engine cores.
 *
 * Locking: counters->lock (rank counters) guards all of them; held for a few
 * instructions.
 */
#ifndef ASSAY_RUNTIME_COUNTERS_H
#define ASSAY_RUNTIME_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

#include "base/wall_clock.h"

/** Longest path, such as "/site/rejected". */
#define ASSAY__COUNTER_PATH_MAX 127
#define ASSAY__COUNTERS_MAX 1000

struct assay__counters;

struct assay__counter {
    char path[ASSAY__COUNTER_PATH_MAX + 1];
    uint64_t value;
    int64_t since_s; /* wall clock: made or reset */
    bool is_strict;  /* as `counter add` was told; both kinds are exact */
};

/** @param clock  outlives them; NULL: the system's. @return ASSAY_OK;
 *  ASSAY_E_NOMEM; ASSAY_E_IO */
assay_rc assay__counters_new(const struct assay__wall_clock *clock,
                             struct assay__counters **out, assay_error *err);
/** Accepts NULL; sets *counters to NULL. */
void assay__counters_free(struct assay__counters **counters);

/** Seconds since they were made, which is since the library was opened. */
double assay__counters_age_s(const struct assay__counters *counters);

/** Is this a path: begins with '/', has one name or more of letters, digits
 *  and _ - . : @ between slashes, none of them empty? */
bool assay__counter_path_is_good(const char *path);

/** @return ASSAY_OK; ASSAY_E_EXISTS; ASSAY_E_INVAL not a path; ASSAY_E_LIMIT
 *  too many */
assay_rc assay__counters_add(struct assay__counters *counters, const char *path,
                             bool is_strict, assay_error *err);
/** All: ASSAY_OK; ASSAY_E_NOTFOUND. The value stops at its largest. */
assay_rc assay__counters_increment(struct assay__counters *counters,
                                   const char *path, uint64_t by,
                                   assay_error *err);
assay_rc assay__counters_reset(struct assay__counters *counters,
                               const char *path, assay_error *err);
assay_rc assay__counters_remove(struct assay__counters *counters,
                                const char *path, assay_error *err);
/** Copy the index-th, ordered by path. @return false past the last */
bool assay__counters_nth(struct assay__counters *counters, size_t index,
                         struct assay__counter *out);

#endif
