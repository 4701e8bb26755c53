/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The sharded LRU map. A shard has a chained hash table of its entries, one
 * list for each kind from the newest to the oldest, and its open flights.
 *
 * Locking: shard->lock guards the shard, its entries and its flights. What is
 * common to all shards is atomic. One shard is locked at a time.
 */
#include "rt/lru.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "rt/lock.h"

enum {
    SHARDS = 16,
    FIRST_BUCKETS = 16,
    FLIGHT_BUCKETS = 32 /* of a shard; thousands of scans may be in flight */
};

struct entry {
    struct entry *chain;         /* the next one of the bucket */
    struct entry *newer, *older; /* in the list of the kind */
    uint64_t used;               /* when: lru->clock */
    uint64_t tag;
    struct assay__lru_key key;
    enum assay__lru_kind kind;
    uint16_t size, label_size;
    uint8_t bytes[];
};

struct assay__lru_flight {
    struct assay__lru_key key;      /* set once */
    uint64_t tag;                   /* set once */
    struct assay__lru_flight *next; /* of the bucket */
    struct assay__cond ended;       /* done or vacant became true */
    unsigned holds;                 /* the leader and those who wait */
    bool done;                      /* value is set */
    bool vacant;                    /* the leader gave up */
    bool detached;                  /* not in the bucket; not to be stored */
    struct assay__lru_value value;
};

struct shard {
    struct assay__lock lock;
    struct entry **buckets; /* a power of two of them, or none yet */
    size_t bucket_count;
    size_t entry_count;
    struct {
        struct entry *newest, *oldest;
    } list[ASSAY__LRU_KINDS];
    struct assay__lru_flight *flights[FLIGHT_BUCKETS];
    struct assay__lru_stats stats; /* but for entries and limits */
};

struct assay__lru {
    struct shard shards[SHARDS];
    _Atomic uint64_t clock; /* counts uses, so that they have an order */
    _Atomic size_t limit[ASSAY__LRU_KINDS];
    _Atomic size_t held[ASSAY__LRU_KINDS]; /* entries, and room reserved */
};

/* ---- keys and values --------------------------------------------------- */

static struct shard *shard_of(struct assay__lru *lru,
                              const struct assay__lru_key *key)
{
    return &lru->shards[key->bytes[0] % SHARDS];
}

/* Of other bytes than the shard, or the buckets of a shard would fill badly. */
static size_t hash_of(const struct assay__lru_key *key)
{
    uint64_t hash;

    memcpy(&hash, key->bytes + ASSAY__LRU_KEY_SIZE - sizeof hash, sizeof hash);
    return (size_t)hash;
}

static bool is_same(const struct assay__lru_key *a,
                    const struct assay__lru_key *b)
{
    return memcmp(a->bytes, b->bytes, ASSAY__LRU_KEY_SIZE) == 0;
}

static void set_value(struct assay__lru_value *out, const void *bytes,
                      uint16_t size, uint16_t label_size)
{
    out->size = size;
    out->label_size = label_size;
    memcpy(out->bytes, bytes, size);
}

static struct entry *new_entry(const struct assay__lru_flight *flight,
                               const struct assay__lru_landing *landing)
{
    const struct assay__lru_value *value = landing->value;
    struct entry *entry = malloc(sizeof *entry + value->size);

    if (!entry)
        return NULL;
    *entry = (struct entry){
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

/* ---- entries of a shard ------------------------------------------------ */

static struct entry **bucket_locked(struct shard *shard,
                                    const struct assay__lru_key *key)
{
    return &shard->buckets[hash_of(key) & (shard->bucket_count - 1)];
}

static struct entry *find_locked(struct shard *shard,
                                 const struct assay__lru_key *key)
{
    struct entry *entry = NULL;

    assay__lock_assert_held(&shard->lock);
    if (shard->bucket_count > 0)
        entry = *bucket_locked(shard, key);
    while (entry && !is_same(&entry->key, key))
        entry = entry->chain;
    return entry;
}

static void unlist_locked(struct shard *shard, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &shard->list[entry->kind].newest) =
        entry->older;
    *(entry->older ? &entry->older->newer : &shard->list[entry->kind].oldest) =
        entry->newer;
}

/* The clock is read under the lock: so each list is sorted by it. */
static void list_newest_locked(struct assay__lru *lru, struct shard *shard,
                               struct entry *entry)
{
    struct entry *second = shard->list[entry->kind].newest;

    entry->used = atomic_fetch_add(&lru->clock, 1);
    entry->newer = NULL;
    entry->older = second;
    *(second ? &second->newer : &shard->list[entry->kind].oldest) = entry;
    shard->list[entry->kind].newest = entry;
}

static void discard_locked(struct assay__lru *lru, struct shard *shard,
                           struct entry *entry)
{
    struct entry **at = bucket_locked(shard, &entry->key);

    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    unlist_locked(shard, entry);
    shard->entry_count--;
    atomic_fetch_sub(&lru->held[entry->kind], 1);
    free(entry);
}

/* Without memory for more buckets the chains become longer, no more. */
static void grow_locked(struct shard *shard)
{
    struct entry **old = shard->buckets;
    size_t old_count = shard->bucket_count;
    size_t count = old_count > 0 ? old_count * 2 : FIRST_BUCKETS;
    struct entry **buckets = calloc(count, sizeof(struct entry *));

    if (!buckets)
        return;
    shard->buckets = buckets;
    shard->bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct entry *entry = old[i];
            struct entry **bucket = bucket_locked(shard, &entry->key);

            old[i] = entry->chain;
            entry->chain = *bucket;
            *bucket = entry;
        }
    }
    free(old);
}

/* @return false: the caller keeps the entry */
static bool insert_locked(struct assay__lru *lru, struct shard *shard,
                          struct entry *entry)
{
    struct entry *present = find_locked(shard, &entry->key);
    struct entry **bucket;

    if (present && present->kind < entry->kind)
        return false;
    if (present)
        discard_locked(lru, shard, present);
    if (shard->entry_count >= shard->bucket_count)
        grow_locked(shard);
    if (shard->bucket_count == 0)
        return false;
    bucket = bucket_locked(shard, &entry->key);
    entry->chain = *bucket;
    *bucket = entry;
    list_newest_locked(lru, shard, entry);
    shard->entry_count++;
    shard->stats.stores++;
    return true;
}

/* ---- bounds over all shards -------------------------------------------- */

/* Looks at every shard, which is little beside what it cost to compute the
 * value that needs the room. @return false: there was nothing to throw out */
static bool discard_oldest(struct assay__lru *lru, enum assay__lru_kind kind)
{
    uint64_t oldest = UINT64_MAX;
    struct shard *victim = NULL;

    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &lru->shards[i];

        assay__lock_take(&shard->lock);
        if (shard->list[kind].oldest &&
            shard->list[kind].oldest->used < oldest) {
            oldest = shard->list[kind].oldest->used;
            victim = shard;
        }
        assay__lock_drop(&shard->lock);
    }
    if (!victim)
        return false;
    assay__lock_take(&victim->lock);
    if (victim->list[kind].oldest) {
        discard_locked(lru, victim, victim->list[kind].oldest);
        victim->stats.capacity++;
    }
    assay__lock_drop(&victim->lock);
    return true;
}

/* Room is counted before it is used, so the bound holds at every moment. When
 * others hold all of it and have not filled it yet, there is none. */
static bool reserve(struct assay__lru *lru, enum assay__lru_kind kind)
{
    size_t held = atomic_load(&lru->held[kind]);

    for (;;) {
        size_t limit = atomic_load(&lru->limit[kind]);

        if (held < limit) {
            if (atomic_compare_exchange_weak(&lru->held[kind], &held, held + 1))
                return true;
            continue;
        }
        if (limit == 0 || !discard_oldest(lru, kind))
            return false;
        held = atomic_load(&lru->held[kind]);
    }
}

/* For room that was reserved before the limit became lower. */
static void trim(struct assay__lru *lru, enum assay__lru_kind kind)
{
    while (atomic_load(&lru->held[kind]) > atomic_load(&lru->limit[kind]))
        if (!discard_oldest(lru, kind))
            return;
}

void assay__lru_set_limits(struct assay__lru *lru,
                           const struct assay__lru_limits *limits)
{
    for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++) {
        atomic_store(&lru->limit[kind], limits->of[kind]);
        trim(lru, (enum assay__lru_kind)kind);
    }
}

/* ---- flights ----------------------------------------------------------- */

static struct assay__lru_flight **flights_locked(
    struct shard *shard, const struct assay__lru_key *key)
{
    return &shard->flights[hash_of(key) % FLIGHT_BUCKETS];
}

static struct assay__lru_flight *find_flight_locked(
    struct shard *shard, const struct assay__lru_key *key, uint64_t tag)
{
    struct assay__lru_flight *flight = *flights_locked(shard, key);

    while (flight && (flight->tag != tag || !is_same(&flight->key, key)))
        flight = flight->next;
    return flight;
}

static struct assay__lru_flight *open_flight_locked(
    struct shard *shard, const struct assay__lru_key *key, uint64_t tag)
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

static void detach_locked(struct shard *shard, struct assay__lru_flight *flight)
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
static void let_go_locked(struct shard *shard, struct assay__lru_flight *flight)
{
    if (--flight->holds > 0)
        return;
    detach_locked(shard, flight);
    assay__cond_fini(&flight->ended);
    free(flight);
}

static void end_flight_locked(struct shard *shard,
                              struct assay__lru_flight *flight,
                              const struct assay__lru_value *value)
{
    if (value) {
        set_value(&flight->value, value->bytes, value->size, value->label_size);
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
    struct entry *entry = NULL;
    struct shard *shard;

    *flight = NULL;
    if (!f)
        return;
    if (landing->value && landing->keep && reserve(lru, landing->kind)) {
        entry = new_entry(f, landing);
        if (!entry)
            atomic_fetch_sub(&lru->held[landing->kind], 1);
    }
    shard = shard_of(lru, &f->key);
    assay__lock_take(&shard->lock);
    if (entry && (f->detached || !insert_locked(lru, shard, entry))) {
        atomic_fetch_sub(&lru->held[entry->kind], 1);
        free(entry);
    }
    end_flight_locked(shard, f, landing->value);
    assay__lock_drop(&shard->lock);
    trim(lru, landing->kind);
}

/* What a flight has come to, when it has: HIT or LEAD. */
static bool has_ended_locked(struct assay__lru_flight *flight,
                             enum assay__lru_answer *answer_out)
{
    if (flight->done) {
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
    struct shard *shard = shard_of(lru, &f->key);
    bool ended, in_time = true;

    assay__lock_take(&shard->lock);
    while (!(ended = has_ended_locked(f, answer_out)) && in_time)
        in_time = assay__cond_wait_until(&f->ended, &shard->lock, until_ms);
    if (ended && *answer_out == ASSAY__LRU_HIT) {
        set_value(value_out, f->value.bytes, f->value.size,
                  f->value.label_size);
        let_go_locked(shard, f);
        *flight = NULL;
    }
    assay__lock_drop(&shard->lock);
    return ended;
}

void assay__lru_leave(struct assay__lru *lru, struct assay__lru_flight **flight)
{
    struct shard *shard = shard_of(lru, &(*flight)->key);

    assay__lock_take(&shard->lock);
    let_go_locked(shard, *flight);
    assay__lock_drop(&shard->lock);
    *flight = NULL;
}

/* ---- look-up ----------------------------------------------------------- */

static struct entry *find_valid_locked(struct assay__lru *lru,
                                       struct shard *shard,
                                       const struct assay__lru_key *key,
                                       uint64_t tag)
{
    struct entry *entry = find_locked(shard, key);

    if (!entry || entry->tag == tag || entry->tag == ASSAY__LRU_ANY_TAG)
        return entry;
    discard_locked(lru, shard, entry);
    shard->stats.expired++;
    return NULL;
}

static enum assay__lru_answer join_locked(struct shard *shard,
                                          const struct assay__lru_key *key,
                                          uint64_t tag,
                                          struct assay__lru_flight **flight_out)
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

enum assay__lru_answer assay__lru_look_up(struct assay__lru *lru,
                                          const struct assay__lru_key *key,
                                          uint64_t tag,
                                          struct assay__lru_value *value_out,
                                          struct assay__lru_flight **flight_out)
{
    enum assay__lru_answer answer = ASSAY__LRU_HIT;
    struct shard *shard = shard_of(lru, key);
    struct entry *entry;

    assay__lock_take(&shard->lock);
    entry = find_valid_locked(lru, shard, key, tag);
    if (entry) {
        unlist_locked(shard, entry);
        list_newest_locked(lru, shard, entry);
        set_value(value_out, entry->bytes, entry->size, entry->label_size);
        shard->stats.hits++;
    } else {
        answer = join_locked(shard, key, tag, flight_out);
    }
    assay__lock_drop(&shard->lock);
    return answer;
}

/* ---- flush, statistics ------------------------------------------------- */

/* label NULL: any. No label is not an empty one. */
static bool has_label(const struct entry *entry, const void *label, size_t size)
{
    return !label || (size > 0 && entry->label_size == size &&
                      memcmp(entry->bytes, label, size) == 0);
}

static size_t flush_list_locked(struct assay__lru *lru, struct shard *shard,
                                enum assay__lru_kind kind, const void *label,
                                size_t size)
{
    struct entry *entry = shard->list[kind].oldest;
    size_t flushed = 0;

    while (entry) {
        struct entry *newer = entry->newer;

        if (has_label(entry, label, size)) {
            discard_locked(lru, shard, entry);
            flushed++;
        }
        entry = newer;
    }
    shard->stats.forced += flushed;
    return flushed;
}

static size_t flush(struct assay__lru *lru, const void *label, size_t size)
{
    size_t flushed = 0;

    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &lru->shards[i];

        assay__lock_take(&shard->lock);
        for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++)
            flushed += flush_list_locked(lru, shard, (enum assay__lru_kind)kind,
                                         label, size);
        for (size_t f = 0; f < FLIGHT_BUCKETS; f++)
            while (shard->flights[f])
                detach_locked(shard, shard->flights[f]);
        assay__lock_drop(&shard->lock);
    }
    return flushed;
}

size_t assay__lru_flush(struct assay__lru *lru)
{
    return flush(lru, NULL, 0);
}

size_t assay__lru_flush_label(struct assay__lru *lru, const void *label,
                              size_t size)
{
    return flush(lru, label, size);
}

void assay__lru_stats(struct assay__lru *lru,
                      struct assay__lru_stats *stats_out)
{
    struct assay__lru_stats sum = {0};

    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &lru->shards[i];

        assay__lock_take(&shard->lock);
        sum.hits += shard->stats.hits;
        sum.misses += shard->stats.misses;
        sum.pending += shard->stats.pending;
        sum.stores += shard->stats.stores;
        sum.capacity += shard->stats.capacity;
        sum.expired += shard->stats.expired;
        sum.forced += shard->stats.forced;
        assay__lock_drop(&shard->lock);
    }
    for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++) {
        sum.entries[kind] = atomic_load(&lru->held[kind]);
        sum.limits.of[kind] = atomic_load(&lru->limit[kind]);
    }
    *stats_out = sum;
}

/* ---- life -------------------------------------------------------------- */

assay_rc assay__lru_new(const struct assay__lru_limits *limits,
                        struct assay__lru **out, assay_error *err)
{
    struct assay__lru *lru = calloc(1, sizeof *lru);

    if (!lru)
        return assay_error_set(err, ASSAY_E_NOMEM, "cache");
    for (size_t i = 0; i < SHARDS; i++) {
        assay_rc rc =
            assay__lock_init(&lru->shards[i].lock, ASSAY__LOCK_cache, err);

        if (rc != ASSAY_OK) {
            while (i-- > 0)
                assay__lock_fini(&lru->shards[i].lock);
            free(lru);
            return rc;
        }
    }
    for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++)
        atomic_init(&lru->limit[kind], limits->of[kind]);
    *out = lru;
    return ASSAY_OK;
}

void assay__lru_free(struct assay__lru **lru)
{
    struct assay__lru *l = *lru;

    *lru = NULL;
    if (!l)
        return;
    (void)assay__lru_flush(l);
    for (size_t i = 0; i < SHARDS; i++) {
        free(l->shards[i].buckets);
        assay__lock_fini(&l->shards[i].lock);
    }
    free(l);
}
