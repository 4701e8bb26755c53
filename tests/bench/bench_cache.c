/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a look-up in the verdict cache costs beside the hash it needs: the same
 * contents through Poly1305 alone, with one context kept, and through
 * assay__cache_make_key() and assay__cache_look_up() of a clean entry (a hit),
 * in turn, so that a noisy machine disturbs both alike.
 *
 *   bench_cache [--rounds N] [--json]
 *
 * Prints, for each size, MB/s of CPU time and the median over rounds of the
 * speed of the look-up / the speed of the hash. It asserts no time; it fails
 * only when a look-up is not the hit it should be.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/sizes.h"
#include "scan/cache.h"

enum {
    MAX_ROUNDS = 1000,
    CONTENTS = 4, /* different ones, so that branches cannot be learnt */
    ROUND_BYTES = 8 << 20,
    GENERATION = 1
};

struct bench {
    struct assay__cache *cache;
    EVP_MAC_CTX *hash;
    char *contents[CONTENTS];
    size_t size; /* of each content, bytes */
    size_t passes;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_cache: %s\n", what);
    exit(2);
}

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct assay__cache_subject subject_of(const struct bench *bench,
                                              size_t index)
{
    return (struct assay__cache_subject){
        .kind = ASSAY_CONTENT_PART,
        .encoded = {bench->contents[index], bench->size},
        .encoding = ASSAY_ENCODING_BASE64,
        .media_type = "application/octet-stream",
        .epoch = "clamav 1.4.3, daily 27000, main 62, bytecode 335",
        .options = UINT64_C(0x0123456789abcdef),
    };
}

static enum assay__cache_answer look_up(const struct bench *bench, size_t index,
                                        assay_verdict *verdict,
                                        struct assay__cache_flight **flight)
{
    const struct assay__cache_subject subject = subject_of(bench, index);
    struct assay__cache_key key;

    if (!assay__cache_make_key(bench->cache, &subject, &key))
        die("no key");
    return assay__cache_look_up(bench->cache, &key, GENERATION, verdict,
                                flight);
}

static void store_all(struct bench *bench)
{
    for (size_t i = 0; i < CONTENTS; i++) {
        const struct assay__cache_subject subject = subject_of(bench, i);
        struct assay__cache_flight *flight = NULL;
        assay_verdict verdict;

        if (look_up(bench, i, &verdict, &flight) != ASSAY__CACHE_SCAN)
            die("a content is known before it was stored");
        verdict =
            (assay_verdict){.status = ASSAY_STATUS_CLEAN,
                            .scan_code = "OK",
                            .coverage = {bench->size, bench->size, 1, 1, 0, 0}};
        assay__cache_land(bench->cache, &flight, &verdict, subject.epoch,
                          GENERATION);
    }
}

static void run_look_ups(const struct bench *bench)
{
    struct assay__cache_flight *flight = NULL;
    assay_verdict verdict;

    for (size_t i = 0; i < bench->passes; i++)
        if (look_up(bench, i % CONTENTS, &verdict, &flight) != ASSAY__CACHE_HIT)
            die("a look-up is no hit: the comparison would be worthless");
}

static void run_hash(const struct bench *bench)
{
    static const unsigned char secret[32] = "any secret is as good as another";
    unsigned char value[16];
    size_t size;

    for (size_t i = 0; i < bench->passes; i++)
        if (!EVP_MAC_init(bench->hash, secret, sizeof secret, NULL) ||
            !EVP_MAC_update(
                bench->hash,
                (const unsigned char *)bench->contents[i % CONTENTS],
                bench->size) ||
            !EVP_MAC_final(bench->hash, value, &size, sizeof value))
            die("Poly1305 fails");
}

static double time_of(const struct bench *bench,
                      void (*run)(const struct bench *))
{
    double before = cpu_s();

    run(bench);
    return cpu_s() - before;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(const struct bench *bench, size_t rounds, bool json)
{
    static double ratios[MAX_ROUNDS];
    double hash_s = 0, look_up_s = 0;
    double megabytes =
        (double)bench->size * (double)bench->passes * (double)rounds / 1e6;

    for (size_t r = 0; r < rounds; r++) {
        bool hash_first = r % 2 == 0;
        double a = time_of(bench, hash_first ? run_hash : run_look_ups);
        double b = time_of(bench, hash_first ? run_look_ups : run_hash);

        hash_s += hash_first ? a : b;
        look_up_s += hash_first ? b : a;
        ratios[r] = hash_first ? a / b : b / a;
    }
    qsort(ratios, rounds, sizeof ratios[0], by_value);
    printf(json ? "{\"bytes\":%zu,\"hash_mb_per_s\":%.0f,"
                  "\"look_up_mb_per_s\":%.0f,\"look_up_ns\":%.0f,"
                  "\"ratio\":%.3f}\n"
                : "%7zu bytes: hash %.0f MB/s, look-up %.0f MB/s (%.0f ns "
                  "each); look-up / hash (median) %.3f\n",
           bench->size, megabytes / hash_s, megabytes / look_up_s,
           look_up_s / (double)(bench->passes * rounds) * 1e9,
           ratios[rounds / 2]);
    fflush(stdout);
}

static void bench_size(struct bench *bench, size_t size, size_t rounds,
                       bool json)
{
    const struct assay__cache_limits limits = {1000, 10000};
    assay_error err;

    bench->size = size;
    bench->passes = ROUND_BYTES / (size + 1000); /* about equal times */
    for (size_t i = 0; i < CONTENTS; i++) {
        bench->contents[i] = malloc(size);
        if (!bench->contents[i])
            die("out of memory");
        memset(bench->contents[i], 'A' + (int)i, size);
    }
    if (assay__cache_new(&limits, &bench->cache, &err) != ASSAY_OK)
        die(err.msg);
    store_all(bench);
    run_hash(bench); /* warm up both */
    run_look_ups(bench);
    report(bench, rounds, json);
    assay__cache_free(&bench->cache);
    for (size_t i = 0; i < CONTENTS; i++)
        free(bench->contents[i]);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {100, 2 << 10, 20 << 10, 1 << 20};
    static const struct option longopts[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    unsigned long rounds = 101;
    struct bench bench = {0};
    EVP_MAC *algorithm;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        if (option == 'r')
            rounds = strtoul(optarg, NULL, 10);
        else if (option == 'j')
            json = true;
        else
            return 2;
    }
    if (rounds == 0 || rounds > MAX_ROUNDS)
        die("a number is out of range");
    algorithm = EVP_MAC_fetch(NULL, "POLY1305", NULL);
    bench.hash = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    if (!bench.hash)
        die("no Poly1305");
    for (size_t i = 0; i < ASSAY_COUNT_OF(sizes); i++)
        bench_size(&bench, sizes[i], rounds, json);
    EVP_MAC_CTX_free(bench.hash);
    EVP_MAC_free(algorithm);
    return 0;
}
