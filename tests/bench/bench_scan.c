/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the framework costs: the same messages through `assay_scan()` and
 * through a bare loop over cl_scanmap_callback() with the same signatures and
 * the same libclamav settings, in one process, batch by batch in turn, so
 * that a noisy machine disturbs both alike.
 *
 *   bench_scan [--rounds N] [--messages N] [--signatures N] [--json]
 *
 * Prints messages per second, CPU per message and the median over rounds of
 * assay CPU / bare CPU, for one and for two threads. It asserts no time; it
 * fails only if a verdict is wrong.
 */
#include <clamav.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bench_kit.h"

struct bench {
    struct bench_mails mails;
    struct cl_engine *bare;
    assay *library;
};

/* Every third message is plain text, the others carry one attachment; sizes
 * between 2 and 150 KB, as in ordinary mail. */
static void make_mails(struct bench_mails *mails, size_t count)
{
    uint32_t seed = 1;

    bench_mails_init(mails, count);
    for (size_t i = 0; i < count; i++) {
        if (i % 3 == 0)
            bench_mails_add(mails, 30 + bench_random(&seed) % 200, 0);
        else
            bench_mails_add(mails, 20, 100 + bench_random(&seed) % 1800);
    }
}

/* ---- both sides -------------------------------------------------------- */

/* The settings the clamav engine uses too, so that only the framework and the
 * engine's own checks differ. */
static void open_bare(struct bench *bench, const char *folder)
{
    unsigned signatures = 0;
    char path[128];

    if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS)
        bench_die("cl_init failed");
    bench->bare = cl_engine_new();
    (void)snprintf(path, sizeof path, "%s/signatures", folder);
    if (!bench->bare ||
        cl_load(path, bench->bare, &signatures, CL_DB_STDOPT) != CL_SUCCESS)
        bench_die("signatures do not load");
    (void)snprintf(path, sizeof path, "%s/bare", folder);
    if (mkdir(path, 0700) < 0)
        bench_die("cannot make a temporary folder");
    cl_engine_set_str(bench->bare, CL_ENGINE_TMPDIR, path);
    cl_engine_set_num(bench->bare, CL_ENGINE_DISABLE_CACHE, 1);
    cl_engine_set_num(bench->bare, CL_ENGINE_MAX_SCANTIME, 120000);
    if (cl_engine_compile(bench->bare) != CL_SUCCESS)
        bench_die("signatures do not compile");
}

static bool scan_bare(void *arg, size_t index)
{
    struct bench *bench = arg;
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS,
        .parse = ~0u,
        .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX |
                     CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
                     CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
    };
    unsigned long scanned = 0;
    const char *name = NULL;
    cl_error_t rc;
    cl_fmap_t *map = cl_fmap_open_memory(bench->mails.messages[index],
                                         bench->mails.sizes[index]);

    if (!map)
        return false;
    rc = cl_scanmap_callback(map, NULL, &name, &scanned, bench->bare, &options,
                             NULL);
    cl_fmap_close(map);
    return rc == CL_CLEAN;
}

static bool scan_assay(void *arg, size_t index)
{
    struct bench *bench = arg;

    return bench_scan_clean(bench->library, &bench->mails, index);
}

/* ---- measuring --------------------------------------------------------- */

struct cost {
    double wall_s, cpu_s;
};

static struct cost measure(struct bench *bench, unsigned threads,
                           bench_scan_one *scan)
{
    struct cost cost;

    bench_mails_stamp(&bench->mails);
    cost = (struct cost){bench_seconds(CLOCK_MONOTONIC),
                         bench_seconds(CLOCK_PROCESS_CPUTIME_ID)};
    bench_scan_all(&bench->mails, threads, scan, bench);
    cost.wall_s = bench_seconds(CLOCK_MONOTONIC) - cost.wall_s;
    cost.cpu_s = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cost.cpu_s;
    return cost;
}

static void report(struct bench *bench, unsigned threads, size_t rounds,
                   bool json)
{
    static double ratios[BENCH_MAX_ROUNDS];
    struct cost bare = {0, 0}, ours = {0, 0};
    double n = (double)bench->mails.count * (double)rounds;

    for (size_t r = 0; r < rounds; r++) {
        bool bare_first = r % 2 == 0;
        struct cost a =
            measure(bench, threads, bare_first ? scan_bare : scan_assay);
        struct cost b =
            measure(bench, threads, bare_first ? scan_assay : scan_bare);
        struct cost *bare_cost = bare_first ? &a : &b;
        struct cost *our_cost = bare_first ? &b : &a;

        bare.wall_s += bare_cost->wall_s;
        bare.cpu_s += bare_cost->cpu_s;
        ours.wall_s += our_cost->wall_s;
        ours.cpu_s += our_cost->cpu_s;
        ratios[r] = our_cost->cpu_s / bare_cost->cpu_s;
    }
    printf(json ? "{\"threads\":%u,\"bare_per_s\":%.0f,\"assay_per_s\":%.0f,"
                  "\"bare_cpu_us\":%.1f,\"assay_cpu_us\":%.1f,"
                  "\"cpu_ratio\":%.4f}\n"
                : "threads %u: bare %.0f/s, assay %.0f/s; CPU per message "
                  "bare %.1f us, assay %.1f us; CPU ratio (median) %.4f\n",
           threads, n / bare.wall_s, n / ours.wall_s, bare.cpu_s / n * 1e6,
           ours.cpu_s / n * 1e6, bench_quantile(ratios, rounds, 0.5));
    fflush(stdout);
}

/* ---- main -------------------------------------------------------------- */

int main(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"messages", required_argument, NULL, 'm'},
        {"signatures", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    struct bench bench = {0};
    size_t rounds = 11, messages = 300, signatures = 20000;
    char folder[64];
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        if (option == 'r')
            rounds = bench_number(optarg, BENCH_MAX_ROUNDS);
        else if (option == 'm')
            messages = bench_number(optarg, BENCH_MAX_MESSAGES);
        else if (option == 's')
            signatures = bench_number(optarg, BENCH_MAX_SIGNATURES);
        else if (option == 'j')
            json = true;
        else
            return 2;
    }
    bench_folder_make("/tmp", folder);
    make_mails(&bench.mails, messages);
    bench_write_signatures(folder, signatures);
    /* In this process, as the bare loop is. */
    bench.library =
        bench_open_library(folder, "assay.conf", "  isolation = \"none\"\n");
    open_bare(&bench, folder);
    measure(&bench, 1, scan_bare); /* warm up both */
    measure(&bench, 1, scan_assay);
    for (unsigned threads = 1; threads <= BENCH_MAX_THREADS; threads++)
        report(&bench, threads, rounds, json);
    assay_close(&bench.library);
    cl_engine_free(bench.bare);
    bench_mails_fini(&bench.mails);
    bench_folder_remove(folder);
    return 0;
}
