/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The places of one server. IP addresses are known at once. A host name is
 * looked up by a thread of its own, because the C library's look-up knows no
 * deadline: a scan waits for it no longer than it may, and uses the last answer
 * while a new one is fetched. There is at most one such thread per resolver,
 * it ends by itself (the look-up is limited to a few seconds), and it is
 * joined.
 *
 * Locking: resolver->lock, a leaf; never held during a look-up.
 */
#ifndef ASSAY_ENGINE_ICAP_RESOLVER_H
#define ASSAY_ENGINE_ICAP_RESOLVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <assay/error.h>

#include "icap_url.h"

enum { ASSAY__ICAP_PLACES_MAX = 8 };

/** Where to connect to; of what family ss_family says. */
struct assay__icap_place {
    struct sockaddr_storage address;
    socklen_t len;
};

struct assay__icap_places {
    size_t count;
    struct assay__icap_place at[ASSAY__ICAP_PLACES_MAX];
};

struct assay__icap_resolver {
    const struct assay__icap_url *url; /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct assay__icap_places places; /* lock; empty: never found */
    int64_t looked_up_at_ms;          /* lock; the last success */
    int error;                        /* lock; of the last look-up, EAI_* */
    bool is_running;                  /* lock */
    bool has_thread;                  /* lock; to be joined */
    pthread_t thread;                 /* lock */
};

/** @param url  borrowed until fini. @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__icap_resolver_init(struct assay__icap_resolver *resolver,
                                   const struct assay__icap_url *url,
                                   assay_error *err);
/** Waits for a look-up under way. */
void assay__icap_resolver_fini(struct assay__icap_resolver *resolver);

/**
 * The places to try, in order.
 *
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE the name is not known or not answered
 *         by the deadline; ASSAY_E_IO no thread. err is the tail of a sentence.
 * Threads: any. Blocks: until the deadline, for a name never found yet.
 */
assay_rc assay__icap_resolver_get(struct assay__icap_resolver *resolver,
                                  int64_t deadline_ms,
                                  struct assay__icap_places *out,
                                  assay_error *err);
/** None of the places answers: look up again next time. */
void assay__icap_resolver_expire(struct assay__icap_resolver *resolver);

/** A mutex, and a condition that waits by CLOCK_MONOTONIC. */
bool assay__icap_sync_init(pthread_mutex_t *lock, pthread_cond_t *condition);
/** @return false when the deadline passed. The lock is held. */
bool assay__icap_sync_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                           int64_t deadline_ms);

#endif
