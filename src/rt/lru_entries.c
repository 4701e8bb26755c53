/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The entries of a shard, and the bounds over all shards.
 *
 * Locking: see lru_priv.h.
 */
#include "rt/lru_priv.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 16 };

static struct assay__lru_entry **bucket_locked(struct assay__lru_shard *shard,
                                               const struct assay__lru_key *key)
{
    return &shard->buckets[assay__lru_hash_of(key) & (shard->bucket_count - 1)];
}

struct assay__lru_entry *assay__lru_find_locked(
    struct assay__lru_shard *shard, const struct assay__lru_key *key)
{
    struct assay__lru_entry *entry = NULL;

    assay__lock_assert_held(&shard->lock);
    if (shard->bucket_count > 0)
        entry = *bucket_locked(shard, key);
    while (entry && !assay__lru_is_same(&entry->key, key))
        entry = entry->chain;
    return entry;
}

static void unlist_locked(struct assay__lru_shard *shard,
                          struct assay__lru_entry *entry)
{
    *(entry->newer ? &entry->newer->older : &shard->list[entry->kind].newest) =
        entry->older;
    *(entry->older ? &entry->older->newer : &shard->list[entry->kind].oldest) =
        entry->newer;
}

/* The clock is read under the lock: so each list is sorted by it. */
static void list_newest_locked(struct assay__lru *lru,
                               struct assay__lru_shard *shard,
                               struct assay__lru_entry *entry)
{
    struct assay__lru_entry *second = shard->list[entry->kind].newest;

    entry->used = atomic_fetch_add(&lru->clock, 1);
    entry->newer = NULL;
    entry->older = second;
    *(second ? &second->newer : &shard->list[entry->kind].oldest) = entry;
    shard->list[entry->kind].newest = entry;
}

void assay__lru_touch_locked(struct assay__lru *lru,
                             struct assay__lru_shard *shard,
                             struct assay__lru_entry *entry)
{
    unlist_locked(shard, entry);
    list_newest_locked(lru, shard, entry);
}

void assay__lru_discard_locked(struct assay__lru *lru,
                               struct assay__lru_shard *shard,
                               struct assay__lru_entry *entry)
{
    struct assay__lru_entry **at = bucket_locked(shard, &entry->key);

    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    unlist_locked(shard, entry);
    shard->entry_count--;
    atomic_fetch_sub(&lru->held[entry->kind], 1);
    free(entry);
}

/* Without memory for more buckets the chains become longer, no more. */
static void grow_locked(struct assay__lru_shard *shard)
{
    struct assay__lru_entry **old = shard->buckets;
    size_t old_count = shard->bucket_count;
    size_t count = old_count > 0 ? old_count * 2 : FIRST_BUCKETS;
    struct assay__lru_entry **buckets =
        calloc(count, sizeof(struct assay__lru_entry *));

    if (!buckets)
        return;
    shard->buckets = buckets;
    shard->bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct assay__lru_entry *entry = old[i];
            struct assay__lru_entry **bucket =
                bucket_locked(shard, &entry->key);

            old[i] = entry->chain;
            entry->chain = *bucket;
            *bucket = entry;
        }
    }
    free(old);
}

/* @return false: the caller keeps the entry */
bool assay__lru_insert_locked(struct assay__lru *lru,
                              struct assay__lru_shard *shard,
                              struct assay__lru_entry *entry)
{
    struct assay__lru_entry *present =
        assay__lru_find_locked(shard, &entry->key);
    struct assay__lru_entry **bucket;

    if (present && present->kind < entry->kind)
        return false;
    if (present)
        assay__lru_discard_locked(lru, shard, present);
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
    struct assay__lru_shard *victim = NULL;

    for (size_t i = 0; i < ASSAY__LRU_SHARDS; i++) {
        struct assay__lru_shard *shard = &lru->shards[i];

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
        assay__lru_discard_locked(lru, victim, victim->list[kind].oldest);
        victim->stats.capacity++;
    }
    assay__lock_drop(&victim->lock);
    return true;
}

/* Room is counted before it is used, so the bound holds at every moment. When
 * others hold all of it and have not filled it yet, there is none. */
bool assay__lru_reserve(struct assay__lru *lru, enum assay__lru_kind kind)
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
void assay__lru_trim(struct assay__lru *lru, enum assay__lru_kind kind)
{
    while (atomic_load(&lru->held[kind]) > atomic_load(&lru->limit[kind]))
        if (!discard_oldest(lru, kind))
            return;
}
