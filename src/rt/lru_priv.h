/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Inside the LRU map. A shard has a chained hash table of its entries, one list
 * for each kind from the newest to the oldest, and its open flights.
 *
 * Locking: shard->lock guards the shard, its entries and its flights; the
 * functions that end in _locked need it. What is common to all shards is
 * atomic. One shard is locked at a time.
 */
#ifndef ASSAY_RT_LRU_PRIV_H
#define ASSAY_RT_LRU_PRIV_H

#include <stdatomic.h>
#include <string.h>

#include "rt/lock.h"
#include "rt/lru.h"

/* Thousands of scans may be in flight, so a shard has buckets for them. */
enum { ASSAY__LRU_SHARDS = 16, ASSAY__LRU_FLIGHT_BUCKETS = 32 };

struct assay__lru_entry {
    struct assay__lru_entry *chain;         /* the next one of the bucket */
    struct assay__lru_entry *newer, *older; /* in the list of the kind */
    uint64_t used;                          /* when: lru->clock */
    uint64_t tag;
    struct assay__lru_key key;
    enum assay__lru_kind kind;
    uint16_t size, label_size;
    uint8_t bytes[];
};

struct assay__lru_shard {
    struct assay__lock lock;
    struct assay__lru_entry **buckets; /* a power of two of them, or none yet */
    size_t bucket_count;
    size_t entry_count;
    struct {
        struct assay__lru_entry *newest, *oldest;
    } list[ASSAY__LRU_KINDS];
    struct assay__lru_flight *flights[ASSAY__LRU_FLIGHT_BUCKETS];
    struct assay__lru_stats stats; /* but for entries and limits */
};

struct assay__lru {
    struct assay__lru_shard shards[ASSAY__LRU_SHARDS];
    _Atomic uint64_t clock; /* counts uses, so that they have an order */
    _Atomic size_t limit[ASSAY__LRU_KINDS];
    _Atomic size_t held[ASSAY__LRU_KINDS]; /* entries, and room reserved */
};

static inline struct assay__lru_shard *assay__lru_shard_of(
    struct assay__lru *lru, const struct assay__lru_key *key)
{
    return &lru->shards[key->bytes[0] % ASSAY__LRU_SHARDS];
}

/* Of other bytes than the shard, or the buckets of a shard would fill badly. */
static inline size_t assay__lru_hash_of(const struct assay__lru_key *key)
{
    uint64_t hash;

    memcpy(&hash, key->bytes + ASSAY__LRU_KEY_SIZE - sizeof hash, sizeof hash);
    return (size_t)hash;
}

static inline bool assay__lru_is_same(const struct assay__lru_key *a,
                                      const struct assay__lru_key *b)
{
    return memcmp(a->bytes, b->bytes, ASSAY__LRU_KEY_SIZE) == 0;
}

static inline void assay__lru_set_value(struct assay__lru_value *out,
                                        const void *bytes, uint16_t size,
                                        uint16_t label_size)
{
    out->size = size;
    out->label_size = label_size;
    memcpy(out->bytes, bytes, size);
}

/* ---- lru_entries.c ------------------------------------------------------ */

/** @return NULL: none */
struct assay__lru_entry *assay__lru_find_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key);
/** It is the newest of its kind now. */
void assay__lru_touch_locked(struct assay__lru *lru,
                             struct assay__lru_shard *shard,
                             struct assay__lru_entry *entry);
/** Out of the shard, and freed. */
void assay__lru_discard_locked(struct assay__lru *lru,
                               struct assay__lru_shard *shard,
                               struct assay__lru_entry *entry);
/** Takes the room its caller reserved. @return false: the caller keeps entry
 *  and room (no memory, or a LASTING one is there) */
bool assay__lru_insert_locked(struct assay__lru *lru,
                              struct assay__lru_shard *shard,
                              struct assay__lru_entry *entry);

/** Make room for one more entry and count it; no lock held.
 *  @return false: there is none */
bool assay__lru_reserve(struct assay__lru *lru, enum assay__lru_kind kind);
/** Throw out what is over the limit; no lock held. */
void assay__lru_trim(struct assay__lru *lru, enum assay__lru_kind kind);

/* ---- lru_flights.c ------------------------------------------------------ */

/** Join the flight of this key and tag, or lead it; counts which. */
enum assay__lru_answer assay__lru_join_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key,
    uint64_t tag, struct assay__lru_flight **flight_out);
/** For a flush: nothing of what is in the air is stored or waited for. */
void assay__lru_detach_all_locked(struct assay__lru_shard *shard);

#endif
