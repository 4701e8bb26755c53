/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What benchmarks of scans share: made-up mails and signatures in a folder of
 * their own, threads that scan the mails once each, clocks, medians. Nothing
 * here returns an error: a benchmark that cannot go on ends.
 */
#ifndef ASSAY_BENCH_KIT_H
#define ASSAY_BENCH_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <assay/assay.h>

enum {
    BENCH_MAX_ROUNDS = 1000,
    BENCH_MAX_MESSAGES = 100000,
    BENCH_MAX_SIGNATURES = 1000000,
    BENCH_MAX_THREADS = 2
};

/** Ends the program with status 2. */
_Noreturn void bench_die(const char *what);

uint32_t bench_random(uint32_t *state);

/* ---- mails ------------------------------------------------------------- */

struct bench_mails {
    char **messages;
    size_t *sizes;
    size_t count, room;
};

void bench_mails_init(struct bench_mails *mails, size_t room);
void bench_mails_fini(struct bench_mails *mails);
/** One of text alone, 70 bytes a line, or with base64_lines of an attachment,
 *  78 bytes a line, too. */
void bench_mails_add(struct bench_mails *mails, size_t text_lines,
                     size_t base64_lines);
/** Give each a number that never comes again, so that no scan is answered from
 *  the verdict cache. */
void bench_mails_stamp(struct bench_mails *mails);

/* ---- a folder, and what is in it --------------------------------------- */

/** Make one below base; 64 bytes. */
void bench_folder_make(const char *base, char *folder);
void bench_folder_remove(const char *folder);
/** A few thousand made-up ones in folder/signatures, so that matching costs
 *  something. */
void bench_write_signatures(const char *folder, size_t count);
/** Open and start a library: engines run in threads of a pool, as they do for
 *  a host.
 *  @param name     of the configuration file in folder
 *  @param options  lines of the antivirus stanza, or "" */
assay *bench_open_library(const char *folder, const char *name,
                          const char *options);

/* ---- scanning ---------------------------------------------------------- */

/** One mail, in any thread. @return false: its verdict is wrong */
typedef bool bench_scan_one(void *arg, size_t index);

/** All mails once, shared by threads; dies when a verdict is wrong. */
void bench_scan_all(const struct bench_mails *mails, unsigned threads,
                    bench_scan_one *scan, void *arg);
/** Through a library. @return false, after a word, unless it is clean */
bool bench_scan_clean(assay *library, const struct bench_mails *mails,
                      size_t index);

/* ---- numbers ----------------------------------------------------------- */

double bench_seconds(clockid_t clock);
/** Sorts. @param part  0.5: the median */
double bench_quantile(double *values, size_t count, double part);
/** Of an option: 1 to max, or the program ends. */
size_t bench_number(const char *text, size_t max);

#endif
