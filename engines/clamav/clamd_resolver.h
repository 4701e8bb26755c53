/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The places of one address. IP addresses and socket paths are known at once.
 * A host name is looked up by a thread of its own, because the C library's
 * look-up knows no deadline: a scan waits for it no longer than it may, and
 * uses the last answer while a new one is fetched. There is at most one such
 * thread per resolver, it ends by itself (the look-up is limited to a few
 * seconds), and it is joined.
 *
 * Locking: resolver->lock, a leaf; never held during a look-up.
 */
#ifndef ASSAY_ENGINE_CLAMD_RESOLVER_H
#define ASSAY_ENGINE_CLAMD_RESOLVER_H

#include <pthread.h>

#include "clamd_address.h"
#include "clamd_connection.h"

enum { ASSAY__CLAMD_PLACES_MAX = 8 };

struct assay__clamd_places {
    size_t count;
    struct assay__clamd_place at[ASSAY__CLAMD_PLACES_MAX];
};

struct assay__clamd_resolver {
    const struct assay__clamd_address *address; /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct assay__clamd_places places; /* lock; empty: never found */
    int64_t looked_up_at_ms;           /* lock; the last success */
    int error;                         /* lock; of the last look-up, EAI_* */
    bool is_running;                   /* lock */
    bool has_thread;                   /* lock; to be joined */
    pthread_t thread;                  /* lock */
};

/** @param address  borrowed until fini. @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__clamd_resolver_init(struct assay__clamd_resolver *resolver,
                                    const struct assay__clamd_address *address,
                                    assay_error *err);
/** Waits for a look-up under way. */
void assay__clamd_resolver_fini(struct assay__clamd_resolver *resolver);

/**
 * The places to try, in order.
 *
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE the name is not known or not answered
 *         by the deadline; ASSAY_E_IO no thread. err is the tail of a sentence.
 * Threads: any. Blocks: until the deadline, for a name never found yet.
 */
assay_rc assay__clamd_resolver_get(struct assay__clamd_resolver *resolver,
                                   int64_t deadline_ms,
                                   struct assay__clamd_places *out,
                                   assay_error *err);
/** None of the places answers: look up again next time. */
void assay__clamd_resolver_expire(struct assay__clamd_resolver *resolver);

#endif
