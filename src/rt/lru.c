/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The LRU map as its users see it: look-up, flush, statistics, life.
 *
 * Locking: see lru_priv.h.
 */
#include "rt/lru.h"

#include <stdlib.h>

#include "rt/lru_priv.h"

static struct assay__lru_entry *find_valid_locked(
    struct assay__lru *lru, struct assay__lru_shard *shard,
    const struct assay__lru_key *key, uint64_t tag)
{
    struct assay__lru_entry *entry = assay__lru_find_locked(shard, key);

    if (!entry || entry->tag == tag || entry->tag == ASSAY__LRU_ANY_TAG)
        return entry;
    assay__lru_discard_locked(lru, shard, entry);
    shard->stats.expired++;
    return NULL;
}

enum assay__lru_answer assay__lru_look_up(struct assay__lru *lru,
                                          const struct assay__lru_key *key,
                                          uint64_t tag,
                                          struct assay__lru_value *value_out,
                                          struct assay__lru_flight **flight_out)
{
    enum assay__lru_answer answer = ASSAY__LRU_HIT;
    struct assay__lru_shard *shard = assay__lru_shard_of(lru, key);
    struct assay__lru_entry *entry;

    assay__lock_take(&shard->lock);
    entry = find_valid_locked(lru, shard, key, tag);
    if (entry) {
        assay__lru_touch_locked(lru, shard, entry);
        assay__lru_set_value(value_out, entry->bytes, entry->size,
                             entry->label_size);
        shard->stats.hits++;
    } else {
        answer = assay__lru_join_locked(shard, key, tag, flight_out);
    }
    assay__lock_drop(&shard->lock);
    return answer;
}

/* label NULL: any. No label is not an empty one. */
static bool has_label(const struct assay__lru_entry *entry, const void *label,
                      size_t size)
{
    return !label || (size > 0 && entry->label_size == size &&
                      memcmp(entry->bytes, label, size) == 0);
}

static size_t flush_list_locked(struct assay__lru *lru,
                                struct assay__lru_shard *shard,
                                enum assay__lru_kind kind, const void *label,
                                size_t size)
{
    struct assay__lru_entry *entry = shard->list[kind].oldest;
    size_t flushed = 0;

    while (entry) {
        struct assay__lru_entry *newer = entry->newer;

        if (has_label(entry, label, size)) {
            assay__lru_discard_locked(lru, shard, entry);
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

    for (size_t i = 0; i < ASSAY__LRU_SHARDS; i++) {
        struct assay__lru_shard *shard = &lru->shards[i];

        assay__lock_take(&shard->lock);
        for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++)
            flushed += flush_list_locked(lru, shard, (enum assay__lru_kind)kind,
                                         label, size);
        assay__lru_detach_all_locked(shard);
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

    for (size_t i = 0; i < ASSAY__LRU_SHARDS; i++) {
        struct assay__lru_shard *shard = &lru->shards[i];

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

void assay__lru_set_limits(struct assay__lru *lru,
                           const struct assay__lru_limits *limits)
{
    for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++) {
        atomic_store(&lru->limit[kind], limits->of[kind]);
        assay__lru_trim(lru, (enum assay__lru_kind)kind);
    }
}

assay_rc assay__lru_new(const struct assay__lru_limits *limits,
                        struct assay__lru **out, assay_error *err)
{
    struct assay__lru *lru = calloc(1, sizeof *lru);

    if (!lru)
        return assay_error_set(err, ASSAY_E_NOMEM, "cache");
    for (size_t i = 0; i < ASSAY__LRU_SHARDS; i++) {
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
    for (size_t i = 0; i < ASSAY__LRU_SHARDS; i++) {
        free(l->shards[i].buckets);
        assay__lock_fini(&l->shards[i].lock);
    }
    free(l);
}
