/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The sharded LRU map under many threads: bounds at every moment, one leader
 * for each flight, no entry or flight lost. What the verdict cache makes of it
 * is in tests/unit/scan/test_cache.c.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/clock.h"
#include "rt/lru.h"
#include "check_run.h"

enum { THREADS = 6, ROUNDS = 3000, KEYS = 40, PATIENCE_MS = 60000 };

static struct assay__lru *lru;
static assay_error err;

/* Numbers spread over all shards and buckets, as a keyed hash would. */
static struct assay__lru_key key_of(uint64_t number)
{
    uint64_t words[2] = {number * UINT64_C(0x9e3779b97f4a7c15),
                         (number + 77) * UINT64_C(0xbf58476d1ce4e5b9)};
    struct assay__lru_key key;

    memcpy(key.bytes, words, sizeof words);
    return key;
}

static struct assay__lru_value value_of(uint64_t number)
{
    struct assay__lru_value value = {.size = sizeof number};

    memcpy(value.bytes, &number, sizeof number);
    return value;
}

static uint64_t number_in(const struct assay__lru_value *value)
{
    uint64_t number;

    memcpy(&number, value->bytes, sizeof number);
    return value->size == sizeof number ? number : UINT64_MAX;
}

static atomic_uint at_once[KEYS]; /* flights of a key that are led now */
static atomic_bool broken, over, flushing;

static void setup(void)
{
    atomic_store(&broken, false);
    atomic_store(&over, false);
    atomic_store(&flushing, false);
    const struct assay__lru_limits limits = {{3, 5}};

    lru = NULL;
    ck_assert_int_eq(assay__lru_new(&limits, &lru, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay__lru_free(&lru);
    ck_assert_ptr_null(lru);
    assay__lru_free(&lru);
}

static struct assay__lru_flight *lead(uint64_t number)
{
    const struct assay__lru_key key = key_of(number);
    struct assay__lru_flight *flight = NULL;
    struct assay__lru_value value;

    ck_assert_int_eq(assay__lru_look_up(lru, &key, 1, &value, &flight),
                     ASSAY__LRU_LEAD);
    ck_assert_ptr_nonnull(flight);
    return flight;
}

static void land(struct assay__lru_flight **flight, uint64_t number,
                 enum assay__lru_kind kind)
{
    const struct assay__lru_value value = value_of(number);
    const struct assay__lru_landing landing = {&value, true, kind, false};

    assay__lru_land(lru, flight, &landing);
    ck_assert_ptr_null(*flight);
}

START_TEST(an_entry_is_found_and_counted)
{
    const struct assay__lru_key key = key_of(1);
    struct assay__lru_flight *flight = lead(1);
    struct assay__lru_value value;
    struct assay__lru_stats stats;

    land(&flight, 1, ASSAY__LRU_LASTING);
    ck_assert_int_eq(assay__lru_look_up(lru, &key, 2, &value, &flight),
                     ASSAY__LRU_HIT);
    ck_assert_uint_eq(number_in(&value), 1);
    assay__lru_stats(lru, &stats);
    ck_assert_uint_eq(stats.hits, 1);
    ck_assert_uint_eq(stats.misses, 1);
    ck_assert_uint_eq(stats.stores, 1);
    ck_assert_uint_eq(stats.entries[ASSAY__LRU_LASTING], 1);
}
END_TEST

/* Leads, waits, leaves and gives up, whatever comes; a value is always that of
 * its key, and two never lead the same key (but after a flush, which asks for
 * a new flight beside the old one). */
static void turn(uint64_t number, uint64_t round)
{
    const struct assay__lru_key key = key_of(number);
    const struct assay__lru_value mine = value_of(number);
    const struct assay__lru_landing given_up = {0},
                                    landing = {&mine, round % 3 != 0,
                                               round % 2
                                                   ? ASSAY__LRU_LASTING
                                                   : ASSAY__LRU_PROVISIONAL,
                                               false};
    struct assay__lru_flight *flight = NULL;
    struct assay__lru_value value = {0};
    enum assay__lru_answer answer =
        assay__lru_look_up(lru, &key, 1, &value, &flight);

    while (answer == ASSAY__LRU_WAIT) {
        int64_t until_ms = assay__clock_ms() + (round % 7 ? PATIENCE_MS : 0);

        if (!assay__lru_await(lru, &flight, until_ms, &answer, &value)) {
            assay__lru_leave(lru, &flight);
            return;
        }
    }
    if (answer == ASSAY__LRU_HIT) {
        if (number_in(&value) != number)
            atomic_store(&broken, true);
        return;
    }
    if (atomic_fetch_add(&at_once[number], 1) != 0 && !atomic_load(&flushing))
        atomic_store(&broken, true);
    if (round % 16 == 0)
        (void)sched_yield();
    atomic_fetch_sub(&at_once[number], 1);
    assay__lru_land(lru, &flight, round % 5 ? &landing : &given_up);
}

static void *take_turns(void *arg)
{
    uint64_t seed = *(const uint64_t *)arg;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        turn((seed >> 33) % KEYS, seed >> 40);
    }
    return NULL;
}

static void start_turns(pthread_t *threads)
{
    static uint64_t seeds[THREADS] = {1, 2, 3, 4, 5, 6};

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, take_turns, &seeds[i]), 0);
}

/* Beside them: statistics, which must never show more than the limits. */
static void *watch(void *arg)
{
    while (!atomic_load(&over)) {
        struct assay__lru_stats stats;

        assay__lru_stats(lru, &stats);
        for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++)
            if (stats.entries[kind] > stats.limits.of[kind])
                atomic_store(&broken, true);
    }
    return arg;
}

START_TEST(many_threads_keep_bounds_and_flights)
{
    pthread_t threads[THREADS], watcher;
    struct assay__lru_stats stats;

    start_turns(threads);
    ck_assert_int_eq(pthread_create(&watcher, NULL, watch, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    atomic_store(&over, true);
    ck_assert_int_eq(pthread_join(watcher, NULL), 0);
    ck_assert(!atomic_load(&broken));
    assay__lru_stats(lru, &stats);
    ck_assert_uint_eq(stats.hits + stats.misses + stats.pending,
                      THREADS * ROUNDS);
    ck_assert_uint_eq(stats.stores - stats.capacity,
                      stats.entries[0] + stats.entries[1]);
}
END_TEST

START_TEST(limits_and_flushes_beside_many_threads)
{
    pthread_t threads[THREADS];
    struct assay__lru_stats stats;

    atomic_store(&flushing, true);
    start_turns(threads);
    for (size_t i = 0; i < 200; i++) {
        const struct assay__lru_limits limits = {{i % 4, i % 9}};

        assay__lru_set_limits(lru, &limits);
        if (i % 8 == 0)
            (void)assay__lru_flush(lru);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert(!atomic_load(&broken));
    assay__lru_stats(lru, &stats);
    for (int kind = 0; kind < ASSAY__LRU_KINDS; kind++)
        ck_assert_uint_le(stats.entries[kind], stats.limits.of[kind]);
    (void)assay__lru_flush(lru);
    assay__lru_stats(lru, &stats);
    ck_assert_uint_eq(stats.entries[0] + stats.entries[1], 0);
}
END_TEST

/* Each third allocation is that of more buckets, when there is one. */
START_TEST(entries_are_found_without_memory_for_more_buckets)
{
    const struct assay__lru_limits limits = {{2000, 0}};
    bool failed = false;

    assay__lru_set_limits(lru, &limits);
    for (uint64_t i = 0; i < 2000; i++) {
        const struct assay__lru_key key = key_of(i);
        const struct assay__lru_value mine = value_of(i);
        const struct assay__lru_landing landing = {&mine, true,
                                                   ASSAY__LRU_LASTING, false};
        struct assay__lru_flight *flight = NULL;
        struct assay__lru_value value;

        alloc_fail_at(i < 500 ? 0 : 3);
        (void)assay__lru_look_up(lru, &key, 1, &value, &flight);
        assay__lru_land(lru, &flight, &landing);
        failed = failed || alloc_fail_hit();
        alloc_fail_off();
    }
    ck_assert(failed);
    for (uint64_t i = 0; i < 2000; i++) {
        const struct assay__lru_key key = key_of(i);
        struct assay__lru_flight *flight = NULL;
        struct assay__lru_value value;

        ck_assert_int_eq(assay__lru_look_up(lru, &key, 1, &value, &flight),
                         ASSAY__LRU_HIT);
        ck_assert_uint_eq(number_in(&value), i);
    }
}
END_TEST

/* A flight that nobody leads any more is led by the next who comes. */
START_TEST(who_comes_after_a_leader_gave_up_leads)
{
    const struct assay__lru_landing given_up = {.value = NULL};
    const struct assay__lru_key key = key_of(1);
    struct assay__lru_flight *flight = lead(1), *waiting = NULL, *next = NULL;
    enum assay__lru_answer answer;
    struct assay__lru_value value;

    ck_assert_int_eq(assay__lru_look_up(lru, &key, 1, &value, &waiting),
                     ASSAY__LRU_WAIT);
    assay__lru_land(lru, &flight, &given_up);
    ck_assert_int_eq(assay__lru_look_up(lru, &key, 1, &value, &next),
                     ASSAY__LRU_LEAD);
    ck_assert(!assay__lru_await(lru, &waiting, 0, &answer, &value));
    land(&next, 1, ASSAY__LRU_PROVISIONAL);
    ck_assert(assay__lru_await(lru, &waiting, 0, &answer, &value));
    ck_assert_int_eq(answer, ASSAY__LRU_HIT);
    ck_assert_uint_eq(number_in(&value), 1);
}
END_TEST

START_TEST(new_survives_a_failing_allocation)
{
    const struct assay__lru_limits limits = {{1, 1}};
    struct assay__lru *made = NULL;
    assay_rc rc;

    alloc_fail_at(1);
    rc = assay__lru_new(&limits, &made, &err);
    alloc_fail_off();
    ck_assert_int_eq(rc, ASSAY_E_NOMEM);
    ck_assert_ptr_null(made);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rt/lru");
    TCase *tcase = tcase_create("lru");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, an_entry_is_found_and_counted);
    tcase_add_test(tcase, many_threads_keep_bounds_and_flights);
    tcase_add_test(tcase, limits_and_flushes_beside_many_threads);
    tcase_add_test(tcase, entries_are_found_without_memory_for_more_buckets);
    tcase_add_test(tcase, who_comes_after_a_leader_gave_up_leads);
    tcase_add_test(tcase, new_survives_a_failing_allocation);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
