/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Verdicts in the LRU map: what may be stored, what may be shared, and their
 * compact form. INFECTED entries are LASTING, CLEAN ones PROVISIONAL.
 *
 * Locking: that of rt/lru.h.
 */
#include "scan/cache.h"

#include <stdlib.h>
#include <string.h>

#include "rt/lru.h"
#include "scan/cache_key.h"

struct assay__cache {
    struct assay__lru *lru;
    struct assay__cache_hash *hash;
};

/* ---- a verdict in bytes ------------------------------------------------ */

/* Stands after the info, which is the label; the scan code follows. */
struct stored {
    assay_coverage coverage;
    uint8_t status, reason;
    uint8_t scan_code_size;
};

_Static_assert(ASSAY_VERDICT_INFO_MAX + sizeof(struct stored) +
                       ASSAY_VERDICT_CODE_MAX <=
                   ASSAY__LRU_VALUE_MAX,
               "a verdict does not fit");
_Static_assert(ASSAY_REASON_COUNT <= UINT8_MAX &&
                   ASSAY_VERDICT_CODE_MAX <= UINT8_MAX,
               "a member of struct stored is too small");

static void pack(const assay_verdict *verdict, struct assay__lru_value *value)
{
    size_t info_size = strnlen(verdict->info, sizeof verdict->info - 1);
    struct stored stored = {
        .coverage = verdict->coverage,
        .status = (uint8_t)verdict->status,
        .reason = (uint8_t)verdict->reason,
        .scan_code_size =
            (uint8_t)strnlen(verdict->scan_code, sizeof verdict->scan_code - 1),
    };
    uint8_t *at = value->bytes;

    memcpy(at, verdict->info, info_size);
    at += info_size;
    memcpy(at, &stored, sizeof stored);
    at += sizeof stored;
    memcpy(at, verdict->scan_code, stored.scan_code_size);
    at += stored.scan_code_size;
    value->label_size = (uint16_t)info_size;
    value->size = (uint16_t)(at - value->bytes);
}

static void unpack(const struct assay__lru_value *value, assay_verdict *verdict)
{
    const uint8_t *at = value->bytes + value->label_size;
    struct stored stored;

    memcpy(verdict->info, value->bytes, value->label_size);
    verdict->info[value->label_size] = '\0';
    memcpy(&stored, at, sizeof stored);
    memcpy(verdict->scan_code, at + sizeof stored, stored.scan_code_size);
    verdict->scan_code[stored.scan_code_size] = '\0';
    verdict->status = (assay_status)stored.status;
    verdict->reason = (assay_reason)stored.reason;
    verdict->coverage = stored.coverage;
}

/* ---- what may be stored and shared ------------------------------------- */

enum { EPOCH_BITS = 31 }; /* so that no tag is ASSAY__LRU_ANY_TAG */

/* The state of the engine a verdict belongs to: epoch above, generation
 * below. */
static uint64_t tag_of(uint32_t epoch, uint64_t clean_generation)
{
    return (uint64_t)(epoch & (UINT32_MAX >> (32 - EPOCH_BITS))) << 32 |
           (uint32_t)clean_generation;
}

static bool is_trouble_of_the_scanner(const assay_verdict *verdict)
{
    return verdict->status == ASSAY_STATUS_ERROR &&
           (verdict->reason == ASSAY_REASON_TIMEOUT ||
            verdict->reason == ASSAY_REASON_OVERLOAD);
}

/* What will be the same when it is scanned again, as long as the signatures
 * are: a threat, and what kills scanner processes. */
static bool is_lasting(const assay_verdict *verdict)
{
    return verdict->status == ASSAY_STATUS_INFECTED ||
           (verdict->status == ASSAY_STATUS_UNSCANNABLE &&
            verdict->reason == ASSAY_REASON_POISON);
}

/* @param before, after  the tags when the scan began and ended */
static void judge(const assay_verdict *verdict, uint64_t before, uint64_t after,
                  const struct assay__lru_value *value,
                  struct assay__lru_landing *landing)
{
    if (is_trouble_of_the_scanner(verdict))
        return;
    if (is_lasting(verdict)) {
        landing->keep = before >> 32 == after >> 32;
        landing->kind = ASSAY__LRU_LASTING;
    } else if (verdict->status == ASSAY_STATUS_CLEAN) {
        if (before != after || !assay_coverage_is_complete(&verdict->coverage))
            return;
        landing->keep = true;
        landing->kind = ASSAY__LRU_PROVISIONAL;
    } else if ((unsigned)verdict->status > ASSAY_STATUS_SKIPPED) {
        return; /* no status at all */
    }
    landing->value = value;
}

/* ---- the cache --------------------------------------------------------- */

/* A flight of the cache is one of the map under another name: its type is
 * never defined. */
static struct assay__lru_flight *in_map(struct assay__cache_flight *flight)
{
    return (struct assay__lru_flight *)flight;
}

static struct assay__cache_flight *of_map(struct assay__lru_flight *flight)
{
    return (struct assay__cache_flight *)flight;
}

static struct assay__lru_limits limits_in_map(
    const struct assay__cache_limits *limits)
{
    return (struct assay__lru_limits){
        .of[ASSAY__LRU_LASTING] = limits->infected,
        .of[ASSAY__LRU_PROVISIONAL] = limits->clean,
    };
}

assay_rc assay__cache_new(const struct assay__cache_limits *limits,
                          struct assay__cache **out, assay_error *err)
{
    const struct assay__lru_limits lru_limits = limits_in_map(limits);
    struct assay__cache *cache = calloc(1, sizeof *cache);
    assay_rc rc;

    if (!cache)
        return assay_error_set(err, ASSAY_E_NOMEM, "verdict cache");
    rc = assay__cache_hash_new(&cache->hash, err);
    if (rc == ASSAY_OK)
        rc = assay__lru_new(&lru_limits, &cache->lru, err);
    if (rc != ASSAY_OK) {
        assay__cache_free(&cache);
        return rc;
    }
    *out = cache;
    return ASSAY_OK;
}

void assay__cache_free(struct assay__cache **cache)
{
    struct assay__cache *c = *cache;

    *cache = NULL;
    if (!c)
        return;
    assay__lru_free(&c->lru);
    assay__cache_hash_free(&c->hash);
    free(c);
}

void assay__cache_set_limits(struct assay__cache *cache,
                             const struct assay__cache_limits *limits)
{
    const struct assay__lru_limits lru_limits = limits_in_map(limits);

    assay__lru_set_limits(cache->lru, &lru_limits);
}

bool assay__cache_make_key(const struct assay__cache *cache,
                           const struct assay__cache_subject *subject,
                           struct assay__cache_key *key_out)
{
    return assay__cache_hash_subject(cache->hash, subject, key_out);
}

static enum assay__cache_answer answer_of(enum assay__lru_answer answer,
                                          const struct assay__lru_value *value,
                                          assay_verdict *verdict)
{
    switch (answer) {
    case ASSAY__LRU_HIT:
        unpack(value, verdict);
        return ASSAY__CACHE_HIT;
    case ASSAY__LRU_WAIT:
        return ASSAY__CACHE_WAIT;
    case ASSAY__LRU_LEAD:
        break;
    }
    return ASSAY__CACHE_SCAN;
}

enum assay__cache_answer assay__cache_look_up(
    struct assay__cache *cache, const struct assay__cache_key *key,
    uint64_t clean_generation, assay_verdict *verdict,
    struct assay__cache_flight **flight_out)
{
    struct assay__lru_key lru_key;
    struct assay__lru_flight *flight = NULL;
    struct assay__lru_value value;
    enum assay__lru_answer answer;

    _Static_assert(sizeof lru_key.bytes == sizeof key->bytes, "key sizes");
    memcpy(lru_key.bytes, key->bytes, sizeof lru_key.bytes);
    answer = assay__lru_look_up(cache->lru, &lru_key,
                                tag_of(key->epoch, clean_generation), &value,
                                &flight);
    if (answer != ASSAY__LRU_HIT)
        *flight_out = of_map(flight);
    return answer_of(answer, &value, verdict);
}

void assay__cache_land(struct assay__cache *cache,
                       struct assay__cache_flight **flight,
                       const assay_verdict *verdict, const char *epoch,
                       uint64_t clean_generation)
{
    struct assay__lru_flight *lru_flight = in_map(*flight);
    struct assay__lru_landing landing = {.scatter = verdict == NULL};
    struct assay__lru_value value = {.size = 0};

    *flight = NULL;
    if (!lru_flight)
        return;
    if (verdict) {
        pack(verdict, &value);
        judge(verdict, assay__lru_flight_tag(lru_flight),
              tag_of(assay__cache_epoch_digest(epoch), clean_generation),
              &value, &landing);
    }
    assay__lru_land(cache->lru, &lru_flight, &landing);
}

bool assay__cache_await(struct assay__cache *cache,
                        struct assay__cache_flight **flight, int64_t until_ms,
                        enum assay__cache_answer *answer_out,
                        assay_verdict *verdict)
{
    struct assay__lru_flight *lru_flight = in_map(*flight);
    struct assay__lru_value value;
    enum assay__lru_answer answer;

    if (!assay__lru_await(cache->lru, &lru_flight, until_ms, &answer, &value))
        return false;
    *flight = of_map(lru_flight);
    *answer_out = answer_of(answer, &value, verdict);
    return true;
}

void assay__cache_leave(struct assay__cache *cache,
                        struct assay__cache_flight **flight)
{
    struct assay__lru_flight *lru_flight = in_map(*flight);

    assay__lru_leave(cache->lru, &lru_flight);
    *flight = NULL;
}

size_t assay__cache_flush(struct assay__cache *cache)
{
    return assay__lru_flush(cache->lru);
}

size_t assay__cache_flush_name(struct assay__cache *cache, const char *name)
{
    return assay__lru_flush_label(cache->lru, name, strlen(name));
}

void assay__cache_stats(struct assay__cache *cache,
                        struct assay__cache_stats *stats_out)
{
    struct assay__lru_stats stats;

    assay__lru_stats(cache->lru, &stats);
    *stats_out = (struct assay__cache_stats){
        .lookups = stats.hits + stats.misses + stats.pending,
        .hits = stats.hits,
        .misses = stats.misses,
        .pending = stats.pending,
        .stores = stats.stores,
        .capacity = stats.capacity,
        .expired = stats.expired,
        .forced = stats.forced,
        .infected = stats.entries[ASSAY__LRU_LASTING],
        .clean = stats.entries[ASSAY__LRU_PROVISIONAL],
        .limits = {stats.limits.of[ASSAY__LRU_LASTING],
                   stats.limits.of[ASSAY__LRU_PROVISIONAL]},
    };
}
