/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A sharded LRU map from 16-byte keys to small values, with single flight:
 * what one thread is about to compute, others wait for instead of computing it
 * as well.
 *
 * Entries are of two kinds, each with a bound that holds over all shards at
 * every moment; the entry of a kind used longest ago, in whichever shard,
 * makes room for a new one. Keys are taken as evenly distributed: they come
 * from a keyed hash.
 *
 * Each look-up names a tag: a number for the state of the world. An entry
 * stored under a tag is gone for look-ups under another; one stored under
 * ASSAY__LRU_ANY_TAG counts under all of them. Flights of different tags do
 * not know each other.
 *
 * Threads: any. Locking: one lock of rank `cache` for each shard, two are never
 * held at once, and nothing but memory is touched while one is held. Waiting
 * for a flight gives the lock up.
 */
#ifndef ASSAY_RT_LRU_H
#define ASSAY_RT_LRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

enum {
    ASSAY__LRU_KEY_SIZE = 16,
    ASSAY__LRU_VALUE_MAX = 448 /* bytes */
};

#define ASSAY__LRU_ANY_TAG UINT64_MAX

/** LASTING entries count under any tag, PROVISIONAL ones under one. */
enum assay__lru_kind {
    ASSAY__LRU_LASTING,
    ASSAY__LRU_PROVISIONAL,
    ASSAY__LRU_KINDS
};

struct assay__lru;
struct assay__lru_flight; /* one computation that others may wait for */

struct assay__lru_key {
    uint8_t bytes[ASSAY__LRU_KEY_SIZE];
};

struct assay__lru_value {
    uint16_t size;
    uint16_t label_size; /* the first bytes are a label to flush by; 0: none */
    uint8_t bytes[ASSAY__LRU_VALUE_MAX];
};

/** Entries of each kind; 0: none is kept. */
struct assay__lru_limits {
    size_t of[ASSAY__LRU_KINDS];
};

/** look-ups = hits + misses + pending */
struct assay__lru_stats {
    uint64_t hits, misses;
    uint64_t pending;  /* look-ups that found a flight to wait for */
    uint64_t stores;   /* entries stored */
    uint64_t capacity; /* entries thrown out because of a limit */
    uint64_t expired;  /* entries thrown out because their tag had passed */
    uint64_t forced;   /* entries thrown out by a flush */
    size_t entries[ASSAY__LRU_KINDS]; /* now */
    struct assay__lru_limits limits;
};

enum assay__lru_answer {
    ASSAY__LRU_HIT,  /* the value is there */
    ASSAY__LRU_LEAD, /* the caller computes it, and lands the flight */
    ASSAY__LRU_WAIT  /* another thread computes it: await the flight */
};

/** @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__lru_new(const struct assay__lru_limits *limits,
                        struct assay__lru **out, assay_error *err);
/** No flight may be open, no other thread in it. Accepts NULL. */
void assay__lru_free(struct assay__lru **lru);
/** From now on; what is too much goes at once, the oldest first. */
void assay__lru_set_limits(struct assay__lru *lru,
                           const struct assay__lru_limits *limits);

/**
 * Look up; when there is nothing, join the flight of this key and tag, or
 * open one and lead it.
 *
 * @param value_out   set for HIT
 * @param flight_out  set for LEAD and WAIT, and NULL for LEAD when there is no
 *                    memory for a flight (nobody can wait then)
 */
enum assay__lru_answer assay__lru_look_up(
    struct assay__lru *lru, const struct assay__lru_key *key, uint64_t tag,
    struct assay__lru_value *value_out, struct assay__lru_flight **flight_out);

/** The tag a flight was opened under; set once. */
uint64_t assay__lru_flight_tag(const struct assay__lru_flight *flight);

/** What a leader brings home. */
struct assay__lru_landing {
    const struct assay__lru_value *value; /* NULL: one of those who wait leads
                                             in the caller's place */
    bool keep;                            /* store it as well … */
    enum assay__lru_kind kind;            /* … in this kind */
    bool scatter; /* no value, and none to be waited for: all who wait lead,
                     each for itself */
};

/**
 * End the flight one leads; *flight becomes NULL. NULL is accepted.
 *
 * A PROVISIONAL value is stored under the flight's tag, and not over a LASTING
 * one. Nothing is stored without memory, or when a flush came since the flight
 * was opened.
 */
void assay__lru_land(struct assay__lru *lru, struct assay__lru_flight **flight,
                     const struct assay__lru_landing *landing);

/**
 * Wait for the end of a flight that look_up() said to WAIT for.
 *
 * @param until_ms  CLOCK_MONOTONIC; what has ended already is told even when
 *                  the time has passed
 * @return true: *answer_out is HIT, *value_out set and *flight NULL; or it is
 *         LEAD and the caller leads *flight now. false: the time has passed;
 *         await again or leave. Blocks until then.
 */
bool assay__lru_await(struct assay__lru *lru, struct assay__lru_flight **flight,
                      int64_t until_ms, enum assay__lru_answer *answer_out,
                      struct assay__lru_value *value_out);
/** Wait no longer (never for the leader); *flight becomes NULL. */
void assay__lru_leave(struct assay__lru *lru,
                      struct assay__lru_flight **flight);

/** Throw out all entries, and do not store what flights in the air bring;
 *  look-ups from now on do not join those. @return entries thrown out */
size_t assay__lru_flush(struct assay__lru *lru);
/** The same for the entries with this label; an empty one has none. */
size_t assay__lru_flush_label(struct assay__lru *lru, const void *label,
                              size_t size);

/** The sums over all shards, each read a moment after the other. */
void assay__lru_stats(struct assay__lru *lru,
                      struct assay__lru_stats *stats_out);

#endif
