/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What of an engine instance outlives a reload: the opened engine with its
 * signatures, its counters, its cache, its place in a thread pool. Generations
 * whose stanza for it is the same share one core; the last reference closes
 * it. What a reload may change without touching the engine (action, answers,
 * names of variables) is in struct assay__engine_instance (scan/scope.h).
 *
 * Built and opened by one thread; from then on the plain members do not
 * change, the others are atomic or have their own lock.
 *
 * Locking: core->lock (rank engine) guards who uses the engine, so that none
 * is closed under a scan or a console command; it is held for nothing but to
 * look and to change.
 */
#ifndef ASSAY_SCAN_ENGINE_CORE_H
#define ASSAY_SCAN_ENGINE_CORE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <assay/engine.h>

#include "base/wall_clock.h"
#include "rt/lock.h"
#include "rt/pool.h"
#include "scan/cache.h"
#include "scan/engine_module.h"
#include "scan/isolation.h"

/** Counters of one engine; each atomic on its own. */
struct assay__engine_stats {
    _Atomic uint64_t messages, parts, infected, errors, unscannable;
    _Atomic uint64_t message_us, part_us;
    _Atomic uint64_t cache_hits; /* answered without the engine */
};

/** What `counter list` shows of one engine (PO-05). */
enum assay__engine_counter {
    ASSAY__ENGINE_SCANNED,
    ASSAY__ENGINE_VIRUSES,
    ASSAY__ENGINE_ERRORS,
    ASSAY__ENGINE_COUNTERS /* how many there are */
};

/** Where a counter counts from: `counter reset` leaves the statistics as they
 *  are. */
struct assay__engine_count_base {
    _Atomic uint64_t value;
    _Atomic int64_t since_s; /* wall clock */
};

/** What opening an engine depends on besides its settings. An engine for which
 *  one of these changes is opened anew. */
struct assay__engine_core_options {
    int debug_level;       /* assay_log_level */
    const char *file_base; /* NULL: none */
    const char *pool;      /* NULL: the engine's default */
    int64_t timeout_s;
    uint64_t max_size;                         /* bytes; 0: no limit */
    bool is_isolated;                          /* in scanner processes */
    struct assay__isolation_options isolation; /* of those */
};

/** What a core is made of; all borrowed, and copied but for the module, of
 *  which the core takes a reference of its own. */
struct assay__engine_recipe {
    const char *scope, *name;
    struct assay__engine_module *module;
    const void *settings; /* filled struct of the module's options; NULL
                             without one */
    struct assay__engine_core_options options;
    const struct assay__wall_clock *clock; /* when counting begins; NULL: the
                                              system's */
};

struct assay__engine_core {
    _Atomic unsigned references;
    uint64_t id;                         /* of this core; never used again */
    char name[ASSAY_NAME_MAX + 1];       /* of the stanza, such as clamav1 */
    char scope[ASSAY_NAME_MAX + 1];      /* of the antivirus stanza */
    struct assay__engine_module *module; /* counted reference */
    const assay_engine_module *table;    /* of module */
    void *settings;                      /* own copy of the module's own */
    struct assay__engine_core_options options; /* strings are own copies */
    char *own_file_base, *own_pool, *own_user; /* what options points to */
    assay_log log;               /* given to the engine; set by open */
    assay_engine_args args;      /* likewise */
    const assay_engine_ops *ops; /* of instance: the engine's, or those of its
                                    scanner processes; set by open */
    void *_Atomic instance;      /* what ops work on, by take; NULL: not open;
                                    set after ops, which scans may look for
                                    before; changed under lock once open */
    struct assay__lock lock;
    struct assay__cond idle; /* nobody uses it any more */
    unsigned users;          /* lock; between take and give */
    struct assay__engine_stats stats;
    struct assay__engine_count_base counted_from[ASSAY__ENGINE_COUNTERS];
    bool uses_names;              /* verdicts may depend on file names */
    bool wants_parts;             /* does not read mails */
    struct assay__cache *cache;   /* NULL: not open, or no cache can be had */
    struct assay__pool *pool;     /* where it scans; set before the first scan;
                                     NULL: in the thread of the caller */
    struct assay__job_class jobs; /* its scans in that pool; the limit is
                                     max_concurrency */
    char jobs_label[ASSAY_NAME_MAX + sizeof "_avscan"];
    _Atomic bool out_of_service; /* missed its canary */
    _Atomic bool is_refreshing;  /* one refresh at a time */
    uint64_t refresh_failure;    /* who refreshes: hash of the last sentence,
                                    0 for none, so that it is logged once */
    /** Raised when the canary is missed: what was found clean before does not
     *  count any more. Read before a scan, compared when its verdict is
     *  stored and when a stored one is used. */
    _Atomic uint64_t clean_generation;
};

/** One reference, not open.
 *  @return ASSAY_OK; ASSAY_E_LIMIT a name over ASSAY_NAME_MAX; ASSAY_E_NOMEM */
assay_rc assay__engine_core_new(const struct assay__engine_recipe *recipe,
                                struct assay__engine_core **out,
                                assay_error *err);
/** Whether both are the same engine under the same names, with the same
 *  settings and options: then one that is open can serve for the other. */
bool assay__engine_core_is_same(const struct assay__engine_core *a,
                                const struct assay__engine_core *b);
struct assay__engine_core *assay__engine_core_ref(
    struct assay__engine_core *core);
/** Accepts NULL; sets *core to NULL. Blocks while the engine closes. */
void assay__engine_core_unref(struct assay__engine_core **core);
/** Whether opening it starts processes. */
bool assay__engine_core_is_isolated(const struct assay__engine_core *core);
/** Use the engine: it stays open until it is given back. @return what ops work
 *  on; NULL: it is not open, and nothing is to be given back. Threads: any. */
void *assay__engine_core_take(struct assay__engine_core *core);
void assay__engine_core_give(struct assay__engine_core *core);
/** Close the engine; the core stays, with counters and cache, and may be
 *  opened again. Waits for those who use it. */
void assay__engine_core_close(struct assay__engine_core *core);

/** Open the engine. err names scope and instance before the engine's own
 *  sentence. One thread. Blocks while signatures load. ASSAY_OK when it is
 *  open already. @param log copied; may be NULL */
assay_rc assay__engine_core_open(struct assay__engine_core *core,
                                 const assay_log *log, assay_error *err);
/** How many verdicts the cache of an engine may keep from now on; the first
 *  call makes it. Where there is no hash there is none, which is logged
 *  (engine.no_cache). One thread until the first scan, then any.
 *  @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__engine_core_size_cache(struct assay__engine_core *core,
                                       const struct assay__cache_limits *limits,
                                       const assay_log *log, assay_error *err);
/** The present epoch, cleaned; ASSAY_EPOCH_MAX bytes. Threads: any. Does not
 *  block. */
void assay__engine_core_epoch(struct assay__engine_core *core, char *epoch);
/** Canary: puts an open engine out of or back into service, and logs a change
 *  (engine.out_of_service, engine.in_service). Any thread, beside scans. */
void assay__engine_core_probe(struct assay__engine_core *core,
                              const assay_log *log);
/**
 * Have an open engine look for newer signatures now and swap them in. Logs
 * engine.signatures when the epoch is another (a remote engine: as a detail, it
 * logs itself what it is told), engine.signatures_failed once
 * for each reason they cannot be had, engine.signatures_good when that is over.
 *
 * @param changed_out  whether the epoch is another now; may be NULL
 * @return ASSAY_OK; ASSAY_E_STATE a refresh of this engine is running already;
 *         what the engine says, and then the old signatures are in use
 * Threads: any, beside scans and probes. Blocks while signatures load.
 */
assay_rc assay__engine_core_refresh(struct assay__engine_core *core,
                                    const assay_log *log, bool *changed_out,
                                    assay_error *err);
/** Have a refresh in another thread end soon, if it can. */
void assay__engine_core_interrupt(struct assay__engine_core *core);
/** Whether it is time for that when nobody asks. */
bool assay__engine_core_is_refresh_due(struct assay__engine_core *core);

#endif
