/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The verdict cache (AV-14, C29): what makes two contents one, what is stored,
 * and for how long. Single flight and bounds are tested with rt/lru, too.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "alloc_fail.h"
#include "base/clock.h"
#include "base/sizes.h"
#include "scan/cache.h"
#include "check_run.h"

enum { GENERATION = 7, THREADS = 8, PATIENCE_MS = 60000 };

static const char epoch[] = "clamav 1.4 daily 27000";

static struct assay__cache *cache;
static struct assay__cache_flight *flight;
static assay_verdict found;
static assay_error err;

/* ---- a hash that fails ------------------------------------------------- */

static atomic_int crypto_countdown; /* 0: off */

static bool crypto_fails(void)
{
    return atomic_load(&crypto_countdown) > 0 &&
           atomic_fetch_sub(&crypto_countdown, 1) == 1;
}

/* The linker's --wrap gives these names; they cannot be chosen. */
#define WRAP(type, failure, name, parameters, arguments) \
    type __real_##name parameters;                       \
    type __wrap_##name parameters;                       \
    type __wrap_##name parameters                        \
    {                                                    \
        if (crypto_fails())                              \
            return failure;                              \
        return __real_##name arguments;                  \
    }

WRAP(ssize_t, -1, getrandom, (void *buf, size_t size, unsigned flags),
     (buf, size, flags))
WRAP(OSSL_LIB_CTX *, NULL, OSSL_LIB_CTX_new, (void), ())
WRAP(EVP_MAC *, NULL, EVP_MAC_fetch,
     (OSSL_LIB_CTX * library, const char *name, const char *properties),
     (library, name, properties))
WRAP(EVP_MAC_CTX *, NULL, EVP_MAC_CTX_new, (EVP_MAC * mac), (mac))
WRAP(int, 0, EVP_MAC_init,
     (EVP_MAC_CTX * context, const unsigned char *key, size_t size,
      const OSSL_PARAM *parameters),
     (context, key, size, parameters))
WRAP(int, 0, EVP_MAC_update,
     (EVP_MAC_CTX * context, const unsigned char *data, size_t size),
     (context, data, size))
WRAP(int, 0, EVP_MAC_final,
     (EVP_MAC_CTX * context, unsigned char *out, size_t *len, size_t size),
     (context, out, len, size))

/* ---- helpers ----------------------------------------------------------- */

static struct assay__cache_subject subject_of(const char *content)
{
    return (struct assay__cache_subject){
        .kind = ASSAY_CONTENT_PART,
        .encoded = {content, strlen(content)},
        .encoding = ASSAY_ENCODING_BASE64,
        .media_type = "application/zip",
        .epoch = epoch,
        .options = 1,
    };
}

static struct assay__cache_key key_of(
    const struct assay__cache_subject *subject)
{
    struct assay__cache_key key;

    ck_assert(assay__cache_make_key(cache, subject, &key));
    return key;
}

static struct assay__cache_key key_named(const char *content)
{
    const struct assay__cache_subject subject = subject_of(content);

    return key_of(&subject);
}

static struct assay__cache_key key_number(int number)
{
    char content[32];

    (void)snprintf(content, sizeof content, "content %d", number);
    return key_named(content);
}

static assay_verdict clean(void)
{
    return (assay_verdict){
        .status = ASSAY_STATUS_CLEAN,
        .scan_code = "OK",
        .coverage = {100, 100, 3, 3, 0, 0},
    };
}

static assay_verdict infected(const char *name)
{
    assay_verdict verdict = {.status = ASSAY_STATUS_INFECTED,
                             .coverage = {50, 100, 1, 3, 0, 1}};

    (void)snprintf(verdict.info, sizeof verdict.info, "%s", name);
    (void)snprintf(verdict.scan_code, sizeof verdict.scan_code, "code %s",
                   name);
    return verdict;
}

static assay_verdict failed(assay_status status, assay_reason reason)
{
    return (assay_verdict){.status = status,
                           .reason = reason,
                           .info = "why",
                           .coverage = {0, 100, 0, 1, 0, 0}};
}

static enum assay__cache_answer look_up_at(struct assay__cache_key key,
                                           uint64_t generation)
{
    memset(&found, 0, sizeof found);
    return assay__cache_look_up(cache, &key, generation, &found, &flight);
}

static enum assay__cache_answer look_up(struct assay__cache_key key)
{
    return look_up_at(key, GENERATION);
}

static void land_at(const assay_verdict *verdict, uint64_t generation)
{
    assay__cache_land(cache, &flight, verdict, epoch, generation);
    ck_assert_ptr_null(flight);
}

static void land(assay_verdict verdict)
{
    land_at(&verdict, GENERATION);
}

static void store(struct assay__cache_key key, assay_verdict verdict)
{
    ck_assert_int_eq(look_up(key), ASSAY__CACHE_SCAN);
    land(verdict);
}

/* Whether a verdict is there; opens no flight that stays. */
static bool is_known_at(struct assay__cache_key key, uint64_t generation)
{
    enum assay__cache_answer answer = look_up_at(key, generation);

    if (answer == ASSAY__CACHE_SCAN)
        land_at(NULL, generation);
    ck_assert_int_ne(answer, ASSAY__CACHE_WAIT);
    return answer == ASSAY__CACHE_HIT;
}

static bool is_known(struct assay__cache_key key)
{
    return is_known_at(key, GENERATION);
}

static struct assay__cache_stats stats(void)
{
    struct assay__cache_stats s;

    assay__cache_stats(cache, &s);
    ck_assert_uint_eq(s.lookups, s.hits + s.misses + s.pending);
    ck_assert_uint_le(s.infected, s.limits.infected);
    ck_assert_uint_le(s.clean, s.limits.clean);
    return s;
}

static void set_limits(size_t most_infected, size_t most_clean)
{
    const struct assay__cache_limits limits = {most_infected, most_clean};

    assay__cache_set_limits(cache, &limits);
}

static void setup(void)
{
    const struct assay__cache_limits limits = {1000, 1000};

    cache = NULL;
    flight = NULL;
    ck_assert_int_eq(assay__cache_new(&limits, &cache, &err), ASSAY_OK);
}

static void teardown(void)
{
    atomic_store(&crypto_countdown, 0);
    alloc_fail_off();
    assay__cache_free(&cache);
    ck_assert_ptr_null(cache);
    assay__cache_free(&cache);
}

/* ---- what is stored ---------------------------------------------------- */

START_TEST(av14_a_known_virus_is_answered_without_a_scan)
{
    assay_verdict verdict = infected("Eicar");

    store(key_named("x"), verdict);
    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_HIT);
    ck_assert_int_eq(found.status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(found.reason, ASSAY_REASON_NONE);
    ck_assert_str_eq(found.info, "Eicar");
    ck_assert_str_eq(found.scan_code, "code Eicar");
    ck_assert_mem_eq(&found.coverage, &verdict.coverage, sizeof found.coverage);
    ck_assert_uint_eq(stats().hits, 1);
    ck_assert_uint_eq(stats().infected, 1);
}
END_TEST

START_TEST(clean_is_stored_with_its_coverage)
{
    assay_verdict verdict = clean();

    store(key_named("x"), verdict);
    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_HIT);
    ck_assert_int_eq(found.status, ASSAY_STATUS_CLEAN);
    ck_assert_str_eq(found.info, "");
    ck_assert_str_eq(found.scan_code, "OK");
    ck_assert_mem_eq(&found.coverage, &verdict.coverage, sizeof found.coverage);
    ck_assert_uint_eq(stats().clean, 1);
}
END_TEST

START_TEST(a_hit_leaves_the_other_members_alone)
{
    struct assay__cache_key key = key_named("x");
    assay_verdict verdict = {.engine = "clamav1",
                             .scope = "av",
                             .epoch = "e",
                             .info = "something longer than the name",
                             .elapsed_us = 9};

    store(key, infected("Eicar"));
    ck_assert_int_eq(
        assay__cache_look_up(cache, &key, GENERATION, &verdict, &flight),
        ASSAY__CACHE_HIT);
    ck_assert_str_eq(verdict.info, "Eicar");
    ck_assert_str_eq(verdict.engine, "clamav1");
    ck_assert_str_eq(verdict.scope, "av");
    ck_assert_str_eq(verdict.epoch, "e");
    ck_assert_uint_eq(verdict.elapsed_us, 9);
}
END_TEST

START_TEST(the_longest_texts_fit)
{
    assay_verdict verdict = infected("");

    memset(verdict.info, 'n', sizeof verdict.info - 1);
    memset(verdict.scan_code, 'c', sizeof verdict.scan_code - 1);
    store(key_named("x"), verdict);
    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_HIT);
    ck_assert_str_eq(found.info, verdict.info);
    ck_assert_str_eq(found.scan_code, verdict.scan_code);
}
END_TEST

START_TEST(c29_nothing_but_infected_clean_and_poison_is_stored)
{
    for (int status = 0; status <= ASSAY_STATUS_SKIPPED + 3; status++) {
        for (int reason = 0; reason < ASSAY_REASON_COUNT; reason++) {
            assay_verdict verdict =
                failed((assay_status)status, (assay_reason)reason);

            if (status == ASSAY_STATUS_INFECTED ||
                (status == ASSAY_STATUS_UNSCANNABLE &&
                 reason == ASSAY_REASON_POISON))
                continue;
            store(key_named("x"), verdict); /* CLEAN: partial coverage */
            ck_assert_msg(!is_known(key_named("x")), "status %d, reason %d",
                          status, reason);
        }
    }
    ck_assert_uint_eq(stats().stores, 0);
}
END_TEST

/* C5 */
START_TEST(what_killed_two_workers_is_remembered)
{
    store(key_named("x"),
          failed(ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_POISON));
    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_HIT);
    ck_assert_int_eq(found.status, ASSAY_STATUS_UNSCANNABLE);
    ck_assert_int_eq(found.reason, ASSAY_REASON_POISON);
}
END_TEST

static const assay_coverage partial[] = {
    {99, 100, 3, 3, 0, 0},  {101, 100, 3, 3, 0, 0},
    {100, 100, 2, 3, 0, 0}, {100, 100, 3, 3, ASSAY_LIMIT_DEPTH, 0},
    {100, 100, 3, 3, 0, 1},
};

START_TEST(c29_clean_with_partial_coverage_is_not_stored)
{
    assay_verdict verdict = clean();

    verdict.coverage = partial[_i];
    store(key_named("x"), verdict);
    ck_assert(!is_known(key_named("x")));
}
END_TEST

START_TEST(c29_clean_after_an_error_is_what_was_scanned_then)
{
    store(key_named("x"), failed(ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE));
    store(key_named("x"), clean());
    ck_assert(is_known(key_named("x")));
    ck_assert_int_eq(found.status, ASSAY_STATUS_CLEAN);
}
END_TEST

/* ---- the canary and the epoch ------------------------------------------ */

START_TEST(clean_counts_only_while_its_generation_does)
{
    store(key_named("x"), clean());
    ck_assert(!is_known_at(key_named("x"), GENERATION + 1));
    ck_assert_uint_eq(stats().expired, 1);
    ck_assert(!is_known(key_named("x")));
}
END_TEST

START_TEST(clean_of_a_scan_that_saw_the_canary_missed_is_not_stored)
{
    assay_verdict verdict = clean();

    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    land_at(&verdict, GENERATION + 1);
    ck_assert(!is_known(key_named("x")));
    ck_assert(!is_known_at(key_named("x"), GENERATION + 1));
}
END_TEST

START_TEST(infected_survives_a_missed_canary)
{
    assay_verdict verdict = infected("Eicar");

    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    land_at(&verdict, GENERATION + 1);
    ck_assert(is_known(key_named("x")));
    ck_assert(is_known_at(key_named("x"), GENERATION + 2));
    ck_assert_str_eq(found.info, "Eicar");
}
END_TEST

/* Two scans under different generations: the later landing does not win when
 * it knows less. */
START_TEST(clean_does_not_replace_infected)
{
    struct assay__cache_flight *other = NULL;
    struct assay__cache_key key = key_named("x");
    assay_verdict verdict = infected("Eicar");

    ck_assert_int_eq(look_up(key), ASSAY__CACHE_SCAN);
    ck_assert_int_eq(
        assay__cache_look_up(cache, &key, GENERATION + 1, &found, &other),
        ASSAY__CACHE_SCAN);
    land(verdict);
    flight = other;
    verdict = clean();
    land_at(&verdict, GENERATION + 1);
    ck_assert(is_known_at(key, GENERATION + 1));
    ck_assert_int_eq(found.status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(stats().clean, 0);
}
END_TEST

/* Or a database that is rolled back would find what the other one said. */
START_TEST(c29_nothing_is_stored_when_signatures_changed_during_the_scan)
{
    const assay_verdict verdicts[] = {clean(), infected("Eicar")};

    for (size_t i = 0; i < ASSAY_COUNT_OF(verdicts); i++) {
        ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
        assay__cache_land(cache, &flight, &verdicts[i], "daily 27001",
                          GENERATION);
        ck_assert(!is_known(key_named("x")));
    }
}
END_TEST

START_TEST(c29_another_epoch_is_another_key)
{
    struct assay__cache_subject subject = subject_of("x");

    store(key_of(&subject), infected("Eicar"));
    subject.epoch = "clamav 1.4 daily 27001";
    ck_assert(!is_known(key_of(&subject)));
}
END_TEST

/* ---- keys -------------------------------------------------------------- */

#define CONTENT(text) .encoded = {(text), sizeof(text) - 1}

/* All different, though many of them read the same when run together. */
static const struct assay__cache_subject subjects[] = {
    {.epoch = "e", CONTENT("abc")},
    {.epoch = "e", CONTENT("abc\0")},
    {.epoch = "e", CONTENT("abc\1")},
    {.epoch = "e", CONTENT("abc\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {.epoch = "e", CONTENT("abc\1\0\0\0\0\0\0\0\0\0\0\0\0")},
    {.epoch = "e", CONTENT("")},
    {.epoch = "e", CONTENT("\0")},
    {.epoch = "e", CONTENT("bc"), .media_type = "a"},
    {.epoch = "e", CONTENT("c"), .media_type = "ab"},
    {.epoch = "e", CONTENT("abc"), .media_type = ""},
    {.epoch = "e", CONTENT(""), .media_type = "abc"},
    {.epoch = "e", CONTENT("bc"), .file_name = "a"},
    {.epoch = "e", CONTENT("c"), .file_name = "ab"},
    {.epoch = "e", CONTENT("abc"), .file_name = ""},
    {.epoch = "e", CONTENT("abc"), .media_type = "", .file_name = ""},
    {.epoch = "e", CONTENT("c"), .media_type = "a", .file_name = "b"},
    {.epoch = "e", CONTENT("c"), .media_type = "b", .file_name = "a"},
    {.epoch = "e", CONTENT("c"), .media_type = "", .file_name = "ab"},
    {.epoch = "e", CONTENT("c"), .media_type = "ab", .file_name = ""},
    {CONTENT("bc"), .epoch = "ea"},
    {CONTENT("eabc"), .epoch = ""},
    {.epoch = "e", CONTENT("abc"), .options = 1},
    {.epoch = "e", CONTENT("abc"), .options = UINT64_C(1) << 32},
    {.epoch = "e", CONTENT("abc"), .kind = ASSAY_CONTENT_PART},
    {.epoch = "e", CONTENT("abc"), .kind = ASSAY_CONTENT_FILE},
    {.epoch = "e", CONTENT("abc"), .encoding = ASSAY_ENCODING_BASE64},
    {.epoch = "e", CONTENT("abc"), .encoding = ASSAY_ENCODING_QUOTED_PRINTABLE},
    {.epoch = "e", CONTENT("abc"), .encoding = ASSAY_ENCODING_UNKNOWN},
};

START_TEST(what_differs_has_another_key)
{
    struct assay__cache_key keys[ASSAY_COUNT_OF(subjects)] = {{{0}, 0}};

    for (size_t i = 0; i < ASSAY_COUNT_OF(subjects); i++)
        keys[i] = key_of(&subjects[i]);
    for (size_t i = 0; i < ASSAY_COUNT_OF(subjects); i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(
                memcmp(keys[i].bytes, keys[j].bytes, sizeof keys[i].bytes) != 0,
                "subjects %zu and %zu", i, j);
}
END_TEST

START_TEST(what_is_equal_has_the_same_key)
{
    static const char content[] = "..abc";
    char copy[] = "abc";
    struct assay__cache_subject subject = subjects[0];
    struct assay__cache_key a = key_of(&subject), b;

    subject.encoded = (assay_bytes){content + 2, 3}; /* alignment is nothing */
    b = key_of(&subject);
    ck_assert_mem_eq(a.bytes, b.bytes, sizeof a.bytes);
    subject.encoded.data = copy;
    b = key_of(&subject);
    ck_assert_mem_eq(a.bytes, b.bytes, sizeof a.bytes);
}
END_TEST

START_TEST(each_byte_of_a_large_content_counts)
{
    static char content[5000];
    struct assay__cache_subject subject = subjects[0];
    struct assay__cache_key whole, other;

    memset(content, 'a', sizeof content);
    subject.encoded = (assay_bytes){content, sizeof content};
    whole = key_of(&subject);
    for (size_t i = 0; i < sizeof content; i++) {
        content[i] = 'b';
        other = key_of(&subject);
        content[i] = 'a';
        ck_assert_msg(memcmp(whole.bytes, other.bytes, sizeof whole.bytes) != 0,
                      "byte %zu", i);
    }
}
END_TEST

START_TEST(each_cache_has_a_secret_of_its_own)
{
    const struct assay__cache_limits limits = {1, 1};
    struct assay__cache *other = NULL;
    struct assay__cache_key a = key_of(&subjects[0]), b;

    ck_assert_int_eq(assay__cache_new(&limits, &other, &err), ASSAY_OK);
    ck_assert(assay__cache_make_key(other, &subjects[0], &b));
    assay__cache_free(&other);
    ck_assert_mem_ne(a.bytes, b.bytes, sizeof a.bytes);
}
END_TEST

static void *make_keys(void *arg)
{
    const struct assay__cache_key *want = arg;

    for (size_t i = 0; i < 200 * ASSAY_COUNT_OF(subjects); i++) {
        size_t index = i % ASSAY_COUNT_OF(subjects);
        struct assay__cache_key key;

        if (!assay__cache_make_key(cache, &subjects[index], &key) ||
            memcmp(key.bytes, want[index].bytes, sizeof key.bytes) != 0)
            return arg;
    }
    return NULL;
}

START_TEST(many_threads_make_the_same_keys)
{
    struct assay__cache_key keys[ASSAY_COUNT_OF(subjects)];
    pthread_t threads[THREADS];

    for (size_t i = 0; i < ASSAY_COUNT_OF(subjects); i++)
        keys[i] = key_of(&subjects[i]);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, make_keys, keys), 0);
    for (int i = 0; i < THREADS; i++) {
        void *differs = NULL;

        ck_assert_int_eq(pthread_join(threads[i], &differs), 0);
        ck_assert_ptr_null(differs);
    }
}
END_TEST

START_TEST(without_the_hash_there_is_no_key)
{
    struct assay__cache_key before, key;

    memset(&before, 0x5a, sizeof before);
    key = before;
    for (int n = 1;; n++) {
        bool ok;

        atomic_store(&crypto_countdown, n);
        ok = assay__cache_make_key(cache, &subjects[15], &key);
        if (atomic_exchange(&crypto_countdown, 0) > 0) {
            ck_assert(ok);
            ck_assert_int_gt(n, 5);
            return;
        }
        ck_assert(!ok);
        ck_assert_mem_eq(&key, &before, sizeof key);
    }
}
END_TEST

/* ---- bounds ------------------------------------------------------------ */

static const size_t sizes[] = {1, 2, 3, 16, 17, 1000};

START_TEST(av14_cache_size_is_the_bound_and_the_oldest_goes)
{
    int size = (int)sizes[_i];

    set_limits(sizes[_i], 5);
    for (int i = 0; i < 2 * size; i++) {
        store(key_number(i), infected("Eicar"));
        ck_assert_uint_eq(stats().infected,
                          (size_t)(i + 1 < size ? i + 1 : size));
    }
    for (int i = 0; i < size; i++)
        ck_assert_msg(!is_known(key_number(i)), "entry %d", i);
    for (int i = size; i < 2 * size; i++)
        ck_assert_msg(is_known(key_number(i)), "entry %d", i);
    ck_assert_uint_eq(stats().capacity, (uint64_t)size);
}
END_TEST

START_TEST(av14_what_was_asked_for_lately_stays)
{
    set_limits(3, 0);
    for (int i = 0; i < 3; i++)
        store(key_number(i), infected("Eicar"));
    ck_assert(is_known(key_number(0)));
    store(key_number(3), infected("Eicar"));
    ck_assert(is_known(key_number(0)));
    ck_assert(!is_known(key_number(1)));
    ck_assert(is_known(key_number(2)));
    ck_assert(is_known(key_number(3)));
}
END_TEST

START_TEST(clean_entries_do_not_displace_infected_ones)
{
    set_limits(2, 3);
    store(key_number(0), infected("Eicar"));
    for (int i = 1; i < 100; i++)
        store(key_number(i), clean());
    ck_assert(is_known(key_number(0)));
    ck_assert_uint_eq(stats().infected, 1);
    ck_assert_uint_eq(stats().clean, 3);
}
END_TEST

START_TEST(av14_cache_size_0_keeps_none)
{
    set_limits(0, 0);
    store(key_named("x"), infected("Eicar"));
    store(key_named("y"), clean());
    ck_assert(!is_known(key_named("x")));
    ck_assert(!is_known(key_named("y")));
    ck_assert_uint_eq(stats().stores, 0);
}
END_TEST

START_TEST(lower_limits_hold_at_once)
{
    for (int i = 0; i < 100; i++) {
        store(key_number(i), infected("Eicar"));
        store(key_number(1000 + i), clean());
    }
    set_limits(10, 0);
    ck_assert_uint_eq(stats().infected, 10);
    ck_assert_uint_eq(stats().clean, 0);
    ck_assert_uint_eq(stats().limits.infected, 10);
    for (int i = 90; i < 100; i++)
        ck_assert(is_known(key_number(i)));
    set_limits(20, 1);
    store(key_number(100), infected("Eicar"));
    ck_assert_uint_eq(stats().infected, 11);
}
END_TEST

/* ---- flush ------------------------------------------------------------- */

START_TEST(flush_throws_out_everything)
{
    store(key_named("x"), infected("Eicar"));
    store(key_named("y"), clean());
    ck_assert_uint_eq(assay__cache_flush(cache), 2);
    ck_assert_uint_eq(assay__cache_flush(cache), 0);
    ck_assert(!is_known(key_named("x")));
    ck_assert(!is_known(key_named("y")));
    ck_assert_uint_eq(stats().forced, 2);
}
END_TEST

START_TEST(flush_by_name_takes_that_name_only)
{
    store(key_number(1), infected("Eicar"));
    store(key_number(2), infected("Eicar"));
    store(key_number(3), infected("Eicar-2"));
    store(key_number(4), infected("Eica"));
    store(key_number(5), clean());
    ck_assert_uint_eq(assay__cache_flush_name(cache, "Eicar"), 2);
    ck_assert(!is_known(key_number(1)));
    ck_assert(!is_known(key_number(2)));
    ck_assert(is_known(key_number(3)));
    ck_assert(is_known(key_number(4)));
    ck_assert(is_known(key_number(5)));
    ck_assert_uint_eq(assay__cache_flush_name(cache, "Eicar"), 0);
    ck_assert_uint_eq(assay__cache_flush_name(cache, ""), 0);
    ck_assert(is_known(key_number(5)));
}
END_TEST

/* ---- single flight ----------------------------------------------------- */

/* A second look-up from the same thread, as another thread would make it. */
static struct assay__cache_flight *wait_for(const char *content)
{
    struct assay__cache_flight *waiting = NULL;
    struct assay__cache_key key = key_named(content);

    ck_assert_int_eq(
        assay__cache_look_up(cache, &key, GENERATION, &found, &waiting),
        ASSAY__CACHE_WAIT);
    ck_assert_ptr_nonnull(waiting);
    return waiting;
}

/* What the second is told once the first has landed. */
static enum assay__cache_answer told_after(assay_verdict verdict)
{
    struct assay__cache_flight *waiting;
    enum assay__cache_answer answer;

    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    waiting = wait_for("x");
    ck_assert(!assay__cache_await(cache, &waiting, assay__clock_ms(), &answer,
                                  &found));
    land(verdict);
    memset(&found, 0, sizeof found);
    ck_assert(assay__cache_await(
        cache, &waiting, assay__clock_ms() + PATIENCE_MS, &answer, &found));
    if (answer == ASSAY__CACHE_SCAN)
        assay__cache_land(cache, &waiting, NULL, epoch, GENERATION);
    ck_assert_ptr_null(waiting);
    return answer;
}

static const struct {
    assay_status status;
    assay_reason reason;
    enum assay__cache_answer want;
} shared[] = {
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, ASSAY__CACHE_HIT},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT, ASSAY__CACHE_SCAN},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_OVERLOAD, ASSAY__CACHE_SCAN},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_CRASHED, ASSAY__CACHE_HIT},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, ASSAY__CACHE_HIT},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED, ASSAY__CACHE_HIT},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_POISON, ASSAY__CACHE_HIT},
    {ASSAY_STATUS_NOT_SUITABLE, ASSAY_REASON_NONE, ASSAY__CACHE_HIT},
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, ASSAY__CACHE_SCAN}, /* partial */
    {(assay_status)257, ASSAY_REASON_NONE, ASSAY__CACHE_SCAN},
};

START_TEST(who_waits_is_told_what_the_scan_found)
{
    ck_assert_int_eq(told_after(failed(shared[_i].status, shared[_i].reason)),
                     shared[_i].want);
    if (shared[_i].want == ASSAY__CACHE_HIT) {
        ck_assert_int_eq(found.status, shared[_i].status);
        ck_assert_int_eq(found.reason, shared[_i].reason);
        ck_assert_str_eq(found.info, "why");
        ck_assert_uint_eq(found.coverage.bytes_total, 100);
    }
}
END_TEST

START_TEST(who_waits_is_told_clean)
{
    ck_assert_int_eq(told_after(clean()), ASSAY__CACHE_HIT);
    ck_assert_int_eq(found.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(stats().pending, 1);
    ck_assert_uint_eq(stats().misses, 1);
}
END_TEST

START_TEST(who_waits_is_not_told_clean_when_the_canary_was_missed)
{
    struct assay__cache_flight *waiting;
    enum assay__cache_answer answer;
    assay_verdict verdict = clean();

    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    waiting = wait_for("x");
    land_at(&verdict, GENERATION + 1);
    ck_assert(assay__cache_await(cache, &waiting, 0, &answer, &found));
    ck_assert_int_eq(answer, ASSAY__CACHE_SCAN);
    assay__cache_land(cache, &waiting, NULL, epoch, GENERATION + 1);
}
END_TEST

START_TEST(who_came_after_the_canary_was_missed_scans_anew)
{
    struct assay__cache_flight *later = NULL;
    struct assay__cache_key key = key_named("x");
    assay_verdict verdict = clean();

    ck_assert_int_eq(look_up(key), ASSAY__CACHE_SCAN);
    ck_assert_int_eq(
        assay__cache_look_up(cache, &key, GENERATION + 1, &found, &later),
        ASSAY__CACHE_SCAN);
    assay__cache_land(cache, &later, &verdict, epoch, GENERATION + 1);
    land_at(&verdict, GENERATION + 1);
    ck_assert(is_known_at(key, GENERATION + 1));
}
END_TEST

START_TEST(a_flush_during_a_scan_keeps_its_verdict_out)
{
    struct assay__cache_flight *waiting, *first;
    enum assay__cache_answer answer;
    bool by_name = _i > 0;

    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    waiting = wait_for("x");
    ck_assert_uint_eq(by_name ? assay__cache_flush_name(cache, "Eicar")
                              : assay__cache_flush(cache),
                      0);
    first = flight;
    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    land(failed(ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE));
    flight = first;
    land(infected("Eicar"));
    ck_assert(assay__cache_await(cache, &waiting, 0, &answer, &found));
    ck_assert_int_eq(answer, ASSAY__CACHE_HIT);
    ck_assert(!is_known(key_named("x")));
}
END_TEST

START_TEST(who_waits_may_leave)
{
    struct assay__cache_flight *waiting;

    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    waiting = wait_for("x");
    assay__cache_leave(cache, &waiting);
    ck_assert_ptr_null(waiting);
    waiting = wait_for("x");
    land_at(NULL, GENERATION);
    assay__cache_leave(cache, &waiting);
    ck_assert_int_eq(look_up(key_named("x")), ASSAY__CACHE_SCAN);
    land(clean());
}
END_TEST

static atomic_int scans, hits;
static pthread_barrier_t start;

/* As a session does it: look up, scan or wait, whatever it takes. */
static void *ask(void *arg)
{
    struct assay__cache_key key = *(const struct assay__cache_key *)arg;
    struct assay__cache_flight *mine = NULL;
    assay_verdict verdict = {0}, found_here = clean();
    enum assay__cache_answer answer;

    (void)pthread_barrier_wait(&start);
    answer = assay__cache_look_up(cache, &key, GENERATION, &verdict, &mine);
    while (answer == ASSAY__CACHE_WAIT)
        if (!assay__cache_await(cache, &mine, assay__clock_ms() + 1, &answer,
                                &verdict))
            continue;
    if (answer == ASSAY__CACHE_SCAN) {
        bool is_first = atomic_fetch_add(&scans, 1) == 0;
        assay_verdict late = failed(ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT);

        assay__cache_land(cache, &mine, is_first ? &late : &found_here, epoch,
                          GENERATION);
    } else if (verdict.status == ASSAY_STATUS_CLEAN) {
        atomic_fetch_add(&hits, 1);
    }
    return NULL;
}

START_TEST(identical_scans_at_once_are_one_and_an_error_is_tried_again)
{
    pthread_t threads[THREADS];
    struct assay__cache_key key = key_named("x");

    set_limits((size_t)_i, (size_t)_i); /* 0: nothing is kept */
    atomic_store(&scans, 0);
    atomic_store(&hits, 0);
    /* The flight is open before anybody asks: all of them wait. */
    ck_assert_int_eq(look_up(key), ASSAY__CACHE_SCAN);
    ck_assert_int_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, &key), 0);
    while (stats().pending < THREADS)
        (void)sched_yield();
    land(failed(ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT));
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(pthread_barrier_destroy(&start), 0);
    ck_assert_int_eq(atomic_load(&scans), 2); /* the first of them fails */
    ck_assert_int_eq(atomic_load(&hits), THREADS - 2);
}
END_TEST

/* ---- faults ------------------------------------------------------------ */

START_TEST(new_survives_each_failing_allocation)
{
    const struct assay__cache_limits limits = {1, 1};

    for (unsigned long n = 1;; n++) {
        struct assay__cache *made = NULL;
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = assay__cache_new(&limits, &made, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        if (!hit) {
            ck_assert_int_eq(rc, ASSAY_OK);
            assay__cache_free(&made);
            return;
        }
        ck_assert_int_eq(rc, ASSAY_E_NOMEM);
        ck_assert_ptr_null(made);
    }
}
END_TEST

START_TEST(new_says_when_there_is_no_hash)
{
    const struct assay__cache_limits limits = {1, 1};

    for (int n = 1;; n++) {
        struct assay__cache *made = NULL;
        assay_rc rc;

        atomic_store(&crypto_countdown, n);
        err.msg[0] = '\0';
        rc = assay__cache_new(&limits, &made, &err);
        if (atomic_exchange(&crypto_countdown, 0) > 0) {
            ck_assert_int_eq(rc, ASSAY_OK);
            ck_assert_int_gt(n, 4);
            assay__cache_free(&made);
            return;
        }
        ck_assert_msg(rc == ASSAY_E_NOMEM || rc == ASSAY_E_IO, "call %d", n);
        ck_assert_ptr_null(made);
        ck_assert_str_ne(err.msg, "");
    }
}
END_TEST

START_TEST(without_memory_a_content_is_scanned_and_not_stored)
{
    const assay_verdict verdicts[] = {clean(), infected("Eicar")};

    for (unsigned long n = 1;; n++) {
        struct assay__cache_key key = key_number((int)n);
        enum assay__cache_answer answer;
        bool hit;

        alloc_fail_at(n);
        answer = look_up(key);
        assay__cache_land(cache, &flight, &verdicts[n % 2], epoch, GENERATION);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(answer, ASSAY__CACHE_SCAN);
        ck_assert_ptr_null(flight);
        if (!hit) {
            ck_assert_uint_gt(n, 2);
            ck_assert(is_known(key));
            ck_assert_uint_eq(stats().infected + stats().clean, 1);
            return;
        }
        ck_assert(!is_known(key));
    }
}
END_TEST

static void add_key_tests(TCase *tcase)
{
    tcase_add_test(tcase, what_differs_has_another_key);
    tcase_add_test(tcase, what_is_equal_has_the_same_key);
    tcase_add_test(tcase, each_byte_of_a_large_content_counts);
    tcase_add_test(tcase, each_cache_has_a_secret_of_its_own);
    tcase_add_test(tcase, many_threads_make_the_same_keys);
    tcase_add_test(tcase, without_the_hash_there_is_no_key);
}

static void add_store_tests(TCase *tcase)
{
    tcase_add_test(tcase, av14_a_known_virus_is_answered_without_a_scan);
    tcase_add_test(tcase, clean_is_stored_with_its_coverage);
    tcase_add_test(tcase, a_hit_leaves_the_other_members_alone);
    tcase_add_test(tcase, the_longest_texts_fit);
    tcase_add_test(tcase, c29_nothing_but_infected_clean_and_poison_is_stored);
    tcase_add_test(tcase, what_killed_two_workers_is_remembered);
    tcase_add_loop_test(tcase, c29_clean_with_partial_coverage_is_not_stored, 0,
                        (int)ASSAY_COUNT_OF(partial));
    tcase_add_test(tcase, c29_clean_after_an_error_is_what_was_scanned_then);
    tcase_add_test(tcase, clean_counts_only_while_its_generation_does);
    tcase_add_test(tcase,
                   clean_of_a_scan_that_saw_the_canary_missed_is_not_stored);
    tcase_add_test(tcase, infected_survives_a_missed_canary);
    tcase_add_test(tcase, clean_does_not_replace_infected);
    tcase_add_test(
        tcase, c29_nothing_is_stored_when_signatures_changed_during_the_scan);
    tcase_add_test(tcase, c29_another_epoch_is_another_key);
}

static void add_bound_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, av14_cache_size_is_the_bound_and_the_oldest_goes,
                        0, (int)ASSAY_COUNT_OF(sizes));
    tcase_add_test(tcase, av14_what_was_asked_for_lately_stays);
    tcase_add_test(tcase, clean_entries_do_not_displace_infected_ones);
    tcase_add_test(tcase, av14_cache_size_0_keeps_none);
    tcase_add_test(tcase, lower_limits_hold_at_once);
    tcase_add_test(tcase, flush_throws_out_everything);
    tcase_add_test(tcase, flush_by_name_takes_that_name_only);
}

static void add_flight_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, who_waits_is_told_what_the_scan_found, 0,
                        (int)ASSAY_COUNT_OF(shared));
    tcase_add_test(tcase, who_waits_is_told_clean);
    tcase_add_test(tcase,
                   who_waits_is_not_told_clean_when_the_canary_was_missed);
    tcase_add_test(tcase, who_came_after_the_canary_was_missed_scans_anew);
    tcase_add_loop_test(tcase, a_flush_during_a_scan_keeps_its_verdict_out, 0,
                        2);
    tcase_add_test(tcase, who_waits_may_leave);
    tcase_add_loop_test(
        tcase, identical_scans_at_once_are_one_and_an_error_is_tried_again, 0,
        2);
    tcase_add_test(tcase, new_survives_each_failing_allocation);
    tcase_add_test(tcase, new_says_when_there_is_no_hash);
    tcase_add_test(tcase, without_memory_a_content_is_scanned_and_not_stored);
}

int main(void)
{
    static void (*const adders[])(TCase *) = {
        add_key_tests, add_store_tests, add_bound_tests, add_flight_tests};
    static const char *const names[] = {"keys", "stores", "bounds", "flights"};
    Suite *suite = suite_create("scan/cache");

    for (size_t i = 0; i < ASSAY_COUNT_OF(adders); i++) {
        TCase *tcase = tcase_create(names[i]);

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_set_timeout(tcase, 60);
        adders[i](tcase);
        suite_add_tcase(suite, tcase);
    }
    return check_run(suite);
}
