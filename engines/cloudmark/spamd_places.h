/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The places that one address stands for. Paths and IP addresses are known at
 * once. A host name is looked up by a thread of its own, because the C
 * library's look-up knows no deadline: a call waits for it no longer than it
 * may, and uses the last answer while a new one is fetched. There is at most
 * one such thread at a time; it begins with the first call that needs it, ends
 * by itself after a few seconds at most, and is joined.
 *
 * Locking: directory->lock, a leaf; never held during a look-up.
 */
#ifndef ASSAY_CLOUDMARK_SPAMD_PLACES_H
#define ASSAY_CLOUDMARK_SPAMD_PLACES_H

#include <pthread.h>
#include <sys/socket.h>

#include "spamd_address.h"

enum { ASSAY__SPAMD_PLACES_MAX = 8 };

struct assay__spamd_places {
    size_t count;
    struct assay__spamd_place {
        struct sockaddr_storage address;
        socklen_t len;
    } at[ASSAY__SPAMD_PLACES_MAX];
};

struct assay__spamd_directory {
    struct assay__spamd_address address; /* set once */
    bool is_name;                        /* set once */
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct assay__spamd_places places; /* lock; empty: never found */
    int64_t looked_up_at_ms;           /* lock; the last success */
    int error;                         /* lock; of the last look-up, EAI_* */
    bool is_running;                   /* lock */
    bool has_thread;                   /* lock; to be joined */
    pthread_t thread;                  /* lock */
};

/** @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__spamd_directory_init(struct assay__spamd_directory *directory,
                                     const struct assay__spamd_address *address,
                                     assay_error *err);
/** Waits for a look-up under way. */
void assay__spamd_directory_fini(struct assay__spamd_directory *directory);

/**
 * The places to try, in order.
 *
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE the name is not known, or not answered
 *         by the deadline, or there is no thread. err is the tail of a
 *         sentence.
 * Threads: any. Blocks: until the deadline, for a name never found yet.
 */
assay_rc assay__spamd_directory_get(struct assay__spamd_directory *directory,
                                    int64_t deadline_ms,
                                    struct assay__spamd_places *out,
                                    assay_error *err);
/** None of the places answers: look up again next time. */
void assay__spamd_directory_expire(struct assay__spamd_directory *directory);

#endif
