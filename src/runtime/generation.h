/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A generation: everything built from one successful configuration load.
 * Immutable once built (but for counters) and reference counted; the last
 * reference closes languages, scopes and those engines that no later
 * generation took over, in this order.
 */
#ifndef ASSAY_RUNTIME_GENERATION_H
#define ASSAY_RUNTIME_GENERATION_H

#include <stdatomic.h>

#include <assay/assay.h>

#include "conf/schema.h"
#include "policy/language_module.h"
#include "policy/policy.h"
#include "rt/pool.h"
#include "runtime/pools.h"
#include "store/maildir.h"

/** A configured policy language. */
struct assay__language {
    const assay_language_module *table;
    const char *instance;     /* of its stanza, or "" */
    assay_language_args args; /* what open is given */
    size_t module;            /* its index among the policy modules */
    void *opened;             /* NULL: not open */
};

/** A filled stanza of a host. */
struct assay__host_stanza {
    const assay_conf_stanza *stanza;
    const char *instance; /* "" without one */
    const void *settings;
};

struct assay__generation {
    _Atomic unsigned references;
    struct assay__conf_tree *tree;
    struct assay__conf_store *store;
    struct assay__engine_set *engines;
    struct assay__language_module **language_modules;
    size_t language_module_count;
    void **blocks; /* settings structs and arrays; freed with it */
    size_t block_count;
    struct assay__pool_plans *pools;       /* how they shall be */
    const struct assay__pools *live_pools; /* NULL before use_pools */
    struct assay__scope **scopes;
    size_t scope_count;
    struct assay__language *languages;
    size_t language_count;
    struct assay__host_stanza *host_stanzas;
    size_t host_stanza_count;
    const struct assay__maildir_options **maildir_options;
    struct assay__maildirs maildirs;      /* of maildir_options */
    struct assay__policy_module *modules; /* in configuration order */
    struct assay__policy policy;
    int64_t signature_check_s; /* 0: signatures are not looked for */
    struct assay__job retire;  /* after the last reference */
};

/** One reference, empty. */
assay_rc assay__generation_new(struct assay__generation **out,
                               assay_error *err);
struct assay__generation *assay__generation_ref(
    struct assay__generation *generation);
/** Accepts NULL and half-built ones; sets *generation to NULL. */
void assay__generation_unref(struct assay__generation **generation);
/** Likewise for who must not wait while engines close: what the last reference
 *  frees is freed in the pool IO, if that takes the job at once. */
void assay__generation_release(struct assay__generation **generation);

/** Zeroed memory that lives as long as the generation; NULL: no memory. */
void *assay__generation_alloc(struct assay__generation *generation,
                              size_t size);

/** Take over from the generation in use the engines that did not change, open
 *  the others, then the languages. On failure the generation in use is as it
 *  was. @param present  may be NULL. @param is_started  whether processes may
 *  be started. @return ASSAY_OK; ASSAY_E_UNAVAILABLE, ASSAY_E_SCRIPT … with the
 *  sentence of what failed. Blocks. */
assay_rc assay__generation_open(struct assay__generation *generation,
                                const struct assay__generation *present,
                                bool is_started, const assay_log *log,
                                assay_error *err);
/** Open the engines that scan in processes of their own. @return as above */
assay_rc assay__generation_start(struct assay__generation *generation,
                                 const assay_log *log, assay_error *err);
/** Have looks for newer signatures that run in another thread end soon. */
void assay__generation_interrupt(struct assay__generation *generation);
/** Close them again. No scan is running. */
void assay__generation_stop(struct assay__generation *generation);
/** Have every engine in turn look for newer signatures. Blocks while some
 *  load. Threads: one that does nothing else. */
void assay__generation_refresh(struct assay__generation *generation,
                               const assay_log *log);

/** Give the caches of engines that were adopted their bounds in this
 *  generation. Beside scans. */
void assay__generation_size_caches(struct assay__generation *generation);

/** Let the thread pools be as the generation wants them, and its engines scan
 *  in them. Before the first scan; after assay__pools_prepare(). */
void assay__generation_use_pools(struct assay__generation *generation,
                                 struct assay__pools *pools);
/** The pool that an engine scans in: its own word or its default. */
const char *assay__pool_of_engine(const assay_engine_module *table,
                                  const void *settings,
                                  const struct assay__scope_options *options);

#endif
