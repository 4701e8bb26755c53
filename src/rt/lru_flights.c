/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Flights: who leads, who waits, and what becomes of what the leader brings.
 *
 * Locking: see lru_priv.h.
 */
#include "rt/lru_priv.h"

#include <stdlib.h>

struct assay__lru_flight {
    struct assay__lru_key key;      /* set once */
    uint64_t tag;                   /* set once */
    struct assay__lru_flight *next; /* of the bucket */
    struct assay__cond ended;       /* done or vacant became true */
    unsigned holds;                 /* the leader and those who wait */
    bool done;                      /* value is set */
    bool vacant;                    /* the leader gave up */
    bool scattered;                 /* everybody leads; detached */
    bool detached;                  /* not in the bucket; not to be stored */
    struct assay__lru_value value;
};

static struct assay__lru_flight **flights_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key)
{
    return &shard->flights[assay__lru_hash_of(key) % ASSAY__LRU_FLIGHT_BUCKETS];
}

static struct assay__lru_flight *find_flight_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key,
    uint64_t tag)
{
    struct assay__lru_flight *flight = *flights_locked(shard, key);

    while (flight &&
           (flight->tag != tag || !assay__lru_is_same(&flight->key, key)))
        flight = flight->next;
    return flight;
}

static struct assay__lru_flight *open_flight_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key,
    uint64_t tag)
{
    struct assay__lru_flight **bucket = flights_locked(shard, key);
    struct assay__lru_flight *flight = calloc(1, sizeof *flight);

    if (!flight)
        return NULL;
    if (assay__cond_init(&flight->ended, NULL) != ASSAY_OK) {
        free(flight);
        return NULL;
    }
    flight->key = *key;
    flight->tag = tag;
    flight->holds = 1;
    flight->next = *bucket;
    *bucket = flight;
    return flight;
}

static void detach_locked(struct assay__lru_shard *shard,
                          struct assay__lru_flight *flight)
{
    struct assay__lru_flight **at = flights_locked(shard, &flight->key);

    if (flight->detached)
        return;
    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    flight->detached = true;
}

/* The last one who lets go takes the flight away. */
static void let_go_locked(struct assay__lru_shard *shard,
                          struct assay__lru_flight *flight)
{
    if (--flight->holds > 0)
        return;
    detach_locked(shard, flight);
    assay__cond_fini(&flight->ended);
    free(flight);
}

void assay__lru_detach_all_locked(struct assay__lru_shard *shard)
{
    for (size_t i = 0; i < ASSAY__LRU_FLIGHT_BUCKETS; i++)
        while (shard->flights[i])
            detach_locked(shard, shard->flights[i]);
}

enum assay__lru_answer assay__lru_join_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key,
    uint64_t tag, struct assay__lru_flight **flight_out)
{
    struct assay__lru_flight *flight = find_flight_locked(shard, key, tag);

    *flight_out = flight;
    if (flight) {
        flight->holds++;
        if (!flight->vacant) {
            shard->stats.pending++;
            return ASSAY__LRU_WAIT;
        }
        flight->vacant = false;
    } else {
        *flight_out = open_flight_locked(shard, key, tag);
    }
    shard->stats.misses++;
    return ASSAY__LRU_LEAD;
}

static struct assay__lru_entry *new_entry(
    const struct assay__lru_flight *flight,
    const struct assay__lru_landing *landing)
{
    const struct assay__lru_value *value = landing->value;
    struct assay__lru_entry *entry = malloc(sizeof *entry + value->size);

    if (!entry)
        return NULL;
    *entry = (struct assay__lru_entry){
        .tag = landing->kind == ASSAY__LRU_LASTING ? ASSAY__LRU_ANY_TAG
                                                   : flight->tag,
        .key = flight->key,
        .kind = landing->kind,
        .size = value->size,
        .label_size = value->label_size,
    };
    memcpy(entry->bytes, value->bytes, value->size);
    return entry;
}

static void end_flight_locked(struct assay__lru_shard *shard,
                              struct assay__lru_flight *flight,
                              const struct assay__lru_landing *landing)
{
    const struct assay__lru_value *value = landing->value;

    if (landing->scatter) {
        flight->scattered = true;
        detach_locked(shard, flight);
    } else if (value) {
        assay__lru_set_value(&flight->value, value->bytes, value->size,
                             value->label_size);
        flight->done = true;
        detach_locked(shard, flight);
    } else {
        flight->vacant = true;
    }
    assay__cond_broadcast(&flight->ended);
    let_go_locked(shard, flight);
}

uint64_t assay__lru_flight_tag(const struct assay__lru_flight *flight)
{
    return flight->tag;
}

void assay__lru_land(struct assay__lru *lru, struct assay__lru_flight **flight,
                     const struct assay__lru_landing *landing)
{
    struct assay__lru_flight *f = *flight;
    struct assay__lru_entry *entry = NULL;
    struct assay__lru_shard *shard;

    *flight = NULL;
    if (!f)
        return;
    if (landing->value && landing->keep &&
        assay__lru_reserve(lru, landing->kind)) {
        entry = new_entry(f, landing);
        if (!entry)
            atomic_fetch_sub(&lru->held[landing->kind], 1);
    }
    shard = assay__lru_shard_of(lru, &f->key);
    assay__lock_take(&shard->lock);
    if (entry &&
        (f->detached || !assay__lru_insert_locked(lru, shard, entry))) {
        atomic_fetch_sub(&lru->held[entry->kind], 1);
        free(entry);
    }
    end_flight_locked(shard, f, landing);
    assay__lock_drop(&shard->lock);
    assay__lru_trim(lru, landing->kind);
}

/* What a flight has come to, when it has: HIT or LEAD. */
static bool has_ended_locked(struct assay__lru_flight *flight,
                             enum assay__lru_answer *answer_out)
{
    if (flight->scattered) {
        *answer_out = ASSAY__LRU_LEAD;
    } else if (flight->done) {
        *answer_out = ASSAY__LRU_HIT;
    } else if (flight->vacant) {
        flight->vacant = false;
        *answer_out = ASSAY__LRU_LEAD;
    } else {
        return false;
    }
    return true;
}

bool assay__lru_await(struct assay__lru *lru, struct assay__lru_flight **flight,
                      int64_t until_ms, enum assay__lru_answer *answer_out,
                      struct assay__lru_value *value_out)
{
    struct assay__lru_flight *f = *flight;
    struct assay__lru_shard *shard = assay__lru_shard_of(lru, &f->key);
    bool ended, in_time = true;

    assay__lock_take(&shard->lock);
    while (!(ended = has_ended_locked(f, answer_out)) && in_time)
        in_time = assay__cond_wait_until(&f->ended, &shard->lock, until_ms);
    if (ended && *answer_out == ASSAY__LRU_HIT) {
        assay__lru_set_value(value_out, f->value.bytes, f->value.size,
                             f->value.label_size);
        let_go_locked(shard, f);
        *flight = NULL;
    }
    assay__lock_drop(&shard->lock);
    return ended;
}

void assay__lru_leave(struct assay__lru *lru, struct assay__lru_flight **flight)
{
    struct assay__lru_shard *shard = assay__lru_shard_of(lru, &(*flight)->key);

    assay__lock_take(&shard->lock);
    let_go_locked(shard, *flight);
    assay__lock_drop(&shard->lock);
    *flight = NULL;
}
