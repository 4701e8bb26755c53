/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The named thread pools of a host object (PO-01): CPU and IO, and those of
 * ThreadPool stanzas. They survive reloads: a generation only says how its
 * pools shall be (plans), and what it says holds from the moment it is swapped
 * in. A pool that a later configuration does not name any more stays until the
 * host object is closed, because older sessions may use it.
 *
 * Names compare without case and are kept in upper case.
 *
 * Locking: none. Pools are only ever added, by whoever changes the
 * configuration (assay__change_begin()); the count is atomic and raised after
 * the place is filled, so any thread may look pools up meanwhile.
 */
#ifndef ASSAY_RUNTIME_POOLS_H
#define ASSAY_RUNTIME_POOLS_H

#include <assay/conf.h>
#include <assay/log.h>

#include "rt/pool.h"

#define ASSAY__POOL_CPU "CPU"
#define ASSAY__POOL_IO "IO"

enum {
    ASSAY__POOLS_MAX = 64,          /* of one host object, ever */
    ASSAY__POOL_WORKERS_MAX = 4096, /* Concurrency */
    ASSAY__POOL_STACK_MAX = 1 << 30 /* Stack_Size, bytes */
};

struct assay__pools;

/** One pool as a configuration wants it. */
struct assay__pool_plan {
    char name[ASSAY__POOL_NAME_MAX + 1]; /* upper case */
    struct assay__pool_options options;
};

/** All of a configuration; the built-in ones are always there. */
struct assay__pool_plans {
    size_t count;
    struct assay__pool_plan items[ASSAY__POOLS_MAX];
};

/** The options of a ThreadPool stanza; settings is a struct
 *  assay__pool_settings. */
struct assay__pool_settings {
    int64_t concurrency;
    uint64_t stack_size; /* bytes */
    int64_t backlog;
};
extern const assay_conf_option assay__pool_option_table[];

/** CPU and IO with their defaults. */
void assay__pool_plans_init(struct assay__pool_plans *plans);
/** NULL when there is none of that name. */
struct assay__pool_plan *assay__pool_plans_find(struct assay__pool_plans *plans,
                                                const char *name);
/** A new plan with concurrency 0; NULL when there are ASSAY__POOLS_MAX. The
 *  name is at most ASSAY__POOL_NAME_MAX bytes. */
struct assay__pool_plan *assay__pool_plans_add(struct assay__pool_plans *plans,
                                               const char *name);

/** @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__pools_new(struct assay__pools **out, assay_error *err);
/** Stops and frees all; no job is left to submit. Accepts NULL. */
void assay__pools_free(struct assay__pools **pools);

/** Threads may be made from now on. @return ASSAY_OK; ASSAY_E_IO */
assay_rc assay__pools_start(struct assay__pools *pools, assay_error *err);
/** Runs what is queued and joins all workers. Idempotent. */
void assay__pools_stop(struct assay__pools *pools);

/** Make the pools that are missing; nobody finds them before the commit. Who
 *  changes the configuration calls this last, because it takes back what an
 *  earlier call made and no commit took. @return ASSAY_OK; ASSAY_E_LIMIT too
 *  many; ASSAY_E_NOMEM; ASSAY_E_IO no thread */
assay_rc assay__pools_prepare(struct assay__pools *pools,
                              const struct assay__pool_plans *plans,
                              assay_error *err);
/** Let the plans hold: cannot fail after assay__pools_prepare(). */
void assay__pools_commit(struct assay__pools *pools,
                         const struct assay__pool_plans *plans);

/** Borrowed; any thread. NULL when there is none of that name. */
struct assay__pool *assay__pools_find(const struct assay__pools *pools,
                                      const char *name);
/** The index-th, CPU and IO first; NULL past the end. Borrowed; any thread. */
struct assay__pool *assay__pools_at(const struct assay__pools *pools,
                                    size_t index);

#endif
