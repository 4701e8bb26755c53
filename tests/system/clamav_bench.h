/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the fault tests of the clamav engine work with: samples from files, an
 * engine instance, and bare libclamav beside it.
 */
#ifndef ASSAY_TEST_CLAMAV_BENCH_H
#define ASSAY_TEST_CLAMAV_BENCH_H

#include "clamav_engine.h"

enum { SAMPLES_MAX = 64, FILES_MAX = 4096, TIMEOUT_MS = 60000 };

/** What clamav_samples.py made; set by main(). */
extern const char *bench_path;

struct sample {
    char name[64];
    char *data;
    size_t size;
};

struct bench {
    char base[PATH_MAX];      /* given to the engine as temporary */
    char bare_path[PATH_MAX]; /* temporary folder of bare libclamav */
    char database[PATH_MAX];
    struct assay__clamav_settings settings;
    void *instance;
    struct cl_engine *bare;
    struct sample samples[SAMPLES_MAX];
    size_t count;
    int held[FILES_MAX]; /* descriptors taken by a fault */
    int held_count;
    int failures;
};

/** Ends the process when a step that is no test did not work. */
void bench_must(bool worked, const char *what);

void bench_sample(struct sample *sample, const char *folder, const char *name);
/** All samples of one variant ("plain", "large", ...), sorted by name. */
void bench_samples(struct bench *bench, const char *variant);

/** With bench->settings, and base and database for the folders. */
void bench_open(struct bench *bench);
/** libclamav with the same limits and its default options, cache off. */
void bench_open_bare(struct bench *bench);

void bench_scan_until(const struct bench *bench, const struct sample *sample,
                      int64_t deadline_ms, assay_finding *finding);
void bench_scan(const struct bench *bench, const struct sample *sample,
                assay_finding *finding);
/** What bare libclamav says: "CLEAN", "VIRUS" or "error N". */
const char *bench_scan_bare(const struct bench *bench,
                            const struct sample *sample, bool *clean_out);

#endif
