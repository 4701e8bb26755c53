/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What scanner processes cost: the same mails of 20 KB through two instances
 * of the library in one process, with isolation = "none" and with isolation =
 * "process", batch by batch in turn, so that a noisy machine disturbs both
 * alike. Then how soon the next mail is scanned after a kill.
 *
 *   bench_isolation [--rounds N] [--messages N] [--signatures N] [--kills N]
 *                   [--base FOLDER] [--json]
 *
 * For plain mails and for mails with an attachment, and for one and for two
 * threads: the latencies p50 and p99 over all rounds, CPU per message with
 * that of the scanner processes, and their ratios (p50 at most 1.08, CPU at
 * most 1.10): the median over rounds, and that of the quietest tenth of each.
 * Then the memory that is a worker's alone beside the resident memory of the
 * template; only root may see it. It asserts no time; it fails only if a
 * verdict is wrong.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_kit.h"
#include "bench_processes.h"

enum {
    MAX_KILLS = 100,
    QUIET_MS = 300,    /* for a spare worker and an idle machine */
    SETTLED_MS = 2500, /* a template that dies younger is started later */
    ATTEMPTS = 20      /* at a round in which no process comes or goes */
};

enum { NONE, PROCESS, SIDES };

/* Others who use the machine only add: the quietest tenth of the rounds shows
 * best what is ours. */
#define QUIET 0.1

/* Of one round. */
struct cost {
    double cpu_s, p50_s;
};

struct bench {
    struct bench_mails mails;
    assay *library[SIDES];
    assay *scanning;    /* the one being measured */
    double *latency;    /* of this pass, seconds; by mail */
    double *all[SIDES]; /* of all rounds, seconds */
    size_t rounds;
    char folder[64];
    bool json;
};

/* ---- scanning ---------------------------------------------------------- */

static bool scan_timed(void *arg, size_t index)
{
    struct bench *bench = arg;
    double start = bench_seconds(CLOCK_MONOTONIC);
    bool ok = bench_scan_clean(bench->scanning, &bench->mails, index);

    bench->latency[index] = bench_seconds(CLOCK_MONOTONIC) - start;
    return ok;
}

/* @return false: a process came or went, and its CPU is not known */
static bool measure(struct bench *bench, unsigned threads, int side,
                    struct cost *cost)
{
    struct bench_processes before, after;

    bench_mails_stamp(&bench->mails);
    bench->scanning = bench->library[side];
    bench_processes_look(&before);
    cost->cpu_s = -bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
    bench_scan_all(&bench->mails, threads, scan_timed, bench);
    cost->cpu_s += bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
    bench_processes_look(&after);
    cost->cpu_s +=
        bench_processes_cpu_s(&after) - bench_processes_cpu_s(&before);
    return bench_processes_are_same(&before, &after);
}

static void measure_round(struct bench *bench, unsigned threads, size_t round,
                          struct cost cost[SIDES])
{
    size_t count = bench->mails.count;

    for (int turn = 0; turn < SIDES; turn++) {
        int side = (int)(round + (size_t)turn) % SIDES;
        int attempts = 0;

        while (!measure(bench, threads, side, &cost[side]))
            if (++attempts == ATTEMPTS)
                bench_die("scanner processes come and go all the time");
        memcpy(bench->all[side] + round * count, bench->latency,
               count * sizeof *bench->latency);
        cost[side].p50_s = bench_quantile(bench->latency, count, 0.5);
    }
}

/* By round. */
struct rounds {
    double p50_s[SIDES][BENCH_MAX_ROUNDS], cpu_s[SIDES][BENCH_MAX_ROUNDS];
    double p50_ratios[BENCH_MAX_ROUNDS], cpu_ratios[BENCH_MAX_ROUNDS];
};

static void print_costs(struct bench *bench, const char *kind, unsigned threads,
                        struct rounds *r)
{
    size_t rounds = bench->rounds, n = rounds * bench->mails.count;
    double *none = bench->all[NONE], *process = bench->all[PROCESS];
    double to_us = 1e6 / (double)bench->mails.count;

    printf(
        bench->json
            ? "{\"mails\":\"%s\",\"threads\":%u,\"none_p50_us\":%.1f,"
              "\"none_p99_us\":%.1f,\"process_p50_us\":%.1f,"
              "\"process_p99_us\":%.1f,\"p50_ratio\":%.4f,"
              "\"p50_quiet_ratio\":%.4f,\"none_cpu_us\":%.1f,"
              "\"process_cpu_us\":%.1f,\"cpu_ratio\":%.4f,"
              "\"cpu_quiet_ratio\":%.4f}\n"
            : "%s, threads %u: none p50 %.1f us, p99 %.1f us; process p50 "
              "%.1f us, p99 %.1f us; p50 ratio (median) %.4f, quiet %.4f; CPU "
              "per message none %.1f us, process %.1f us; CPU ratio (median) "
              "%.4f, quiet %.4f\n",
        kind, threads, bench_quantile(none, n, 0.5) * 1e6,
        bench_quantile(none, n, 0.99) * 1e6,
        bench_quantile(process, n, 0.5) * 1e6,
        bench_quantile(process, n, 0.99) * 1e6,
        bench_quantile(r->p50_ratios, rounds, 0.5),
        bench_quantile(r->p50_s[PROCESS], rounds, QUIET) /
            bench_quantile(r->p50_s[NONE], rounds, QUIET),
        bench_quantile(r->cpu_s[NONE], rounds, 0.5) * to_us,
        bench_quantile(r->cpu_s[PROCESS], rounds, 0.5) * to_us,
        bench_quantile(r->cpu_ratios, rounds, 0.5),
        bench_quantile(r->cpu_s[PROCESS], rounds, QUIET) /
            bench_quantile(r->cpu_s[NONE], rounds, QUIET));
    fflush(stdout);
}

static void compare(struct bench *bench, const char *kind, unsigned threads)
{
    static struct rounds r;
    struct cost cost[SIDES] = {{0}};

    for (int i = 0; i < 2 * SIDES; i++) /* warm up both */
        (void)measure(bench, threads, i % SIDES, &cost[0]);
    for (size_t round = 0; round < bench->rounds; round++) {
        measure_round(bench, threads, round, cost);
        r.p50_ratios[round] = cost[PROCESS].p50_s / cost[NONE].p50_s;
        r.cpu_ratios[round] = cost[PROCESS].cpu_s / cost[NONE].cpu_s;
        for (int side = 0; side < SIDES; side++) {
            r.p50_s[side][round] = cost[side].p50_s;
            r.cpu_s[side][round] = cost[side].cpu_s;
        }
    }
    print_costs(bench, kind, threads, &r);
}

static void compare_all(struct bench *bench, size_t messages)
{
    /* 20 KB each */
    static const struct {
        const char *name;
        size_t text_lines, base64_lines;
    } kinds[] = {{"plain", 270, 0}, {"attachment", 20, 235}};

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bench_mails_init(&bench->mails, messages);
        for (size_t i = 0; i < messages; i++)
            bench_mails_add(&bench->mails, kinds[k].text_lines,
                            kinds[k].base64_lines);
        for (unsigned threads = 1; threads <= BENCH_MAX_THREADS; threads++)
            compare(bench, kinds[k].name, threads);
        bench_mails_fini(&bench->mails);
    }
}

/* ---- memory ------------------------------------------------------------ */

static void report_memory(const struct bench *bench)
{
    struct bench_processes now;
    double most = -1, resident, sum = 0;

    bench_processes_look(&now);
    resident = bench_process_resident_kb(now.template.pid);
    for (size_t i = 0; i < now.worker_count; i++) {
        double own = bench_process_private_kb(now.workers[i].pid);

        if (own < 0)
            break;
        sum += own;
        most = own > most ? own : most;
    }
    if (most < 0) {
        printf(bench->json ? "{\"workers\":%zu,\"template_kb\":%.0f}\n"
                           : "memory: %zu workers, template %.0f KB; what is "
                             "a worker's alone is told to root only\n",
               now.worker_count, resident);
        return;
    }
    printf(bench->json
               ? "{\"workers\":%zu,\"template_kb\":%.0f,\"worker_kb\":%.0f,"
                 "\"worker_most_kb\":%.0f,\"worker_part\":%.4f}\n"
               : "memory: %zu workers, template %.0f KB, of a worker alone "
                 "%.0f KB, at most %.0f KB; at most %.4f of the template\n",
           now.worker_count, resident, sum / (double)now.worker_count, most,
           most / resident);
}

/* ---- kills ------------------------------------------------------------- */

static void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* A template with one worker, as it is when nothing has happened for a while.
 */
static void wait_until_quiet(struct bench_processes *now, long quiet_ms)
{
    do {
        sleep_ms(quiet_ms);
        bench_processes_look(now);
    } while (now->template.pid == 0 || now->worker_count != 1);
}

static double time_kill(struct bench *bench, bool worker, bool template)
{
    struct bench_processes now;
    double start;

    wait_until_quiet(&now, template ? SETTLED_MS : QUIET_MS);
    bench_mails_stamp(&bench->mails);
    start = bench_seconds(CLOCK_MONOTONIC);
    if (template)
        (void)kill(now.template.pid, SIGKILL);
    if (worker)
        (void)kill(now.workers[0].pid, SIGKILL);
    if (!bench_scan_clean(bench->library[PROCESS], &bench->mails, 0))
        bench_die("a verdict is not clean after a kill");
    return bench_seconds(CLOCK_MONOTONIC) - start;
}

/* From the kill to the verdict of the next mail. */
static void report_kills(struct bench *bench, size_t kills)
{
    static const struct {
        const char *what;
        bool worker, template;
    } targets[] = {{"nobody", false, false},
                   {"worker", true, false},
                   {"template", false, true},
                   {"both", true, true}};

    bench->library[PROCESS] = bench_open_library(bench->folder, "kill.conf",
                                                 "  isolation = \"process\"\n");
    bench_mails_init(&bench->mails, 1);
    bench_mails_add(&bench->mails, 270, 0);
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        double times[MAX_KILLS];

        for (size_t i = 0; i < kills; i++)
            times[i] = time_kill(bench, targets[t].worker, targets[t].template);
        printf(bench->json ? "{\"killed\":\"%s\",\"served_ms\":%.2f,"
                             "\"served_most_ms\":%.2f}\n"
                           : "killed %s: next mail served after %.2f ms "
                             "(median), at most %.2f ms\n",
               targets[t].what, bench_quantile(times, kills, 0.5) * 1e3,
               bench_quantile(times, kills, 1) * 1e3);
        fflush(stdout);
    }
    bench_mails_fini(&bench->mails);
    assay_close(&bench->library[PROCESS]);
}

/* ---- main -------------------------------------------------------------- */

struct arguments {
    size_t messages, signatures, kills;
    const char *base;
};

static bool read_arguments(int argc, char **argv, struct bench *bench,
                           struct arguments *arguments)
{
    static const struct option longopts[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"messages", required_argument, NULL, 'm'},
        {"signatures", required_argument, NULL, 's'},
        {"kills", required_argument, NULL, 'k'},
        {"base", required_argument, NULL, 'b'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        if (option == 'r')
            bench->rounds = bench_number(optarg, BENCH_MAX_ROUNDS);
        else if (option == 'm')
            arguments->messages = bench_number(optarg, BENCH_MAX_MESSAGES);
        else if (option == 's')
            arguments->signatures = bench_number(optarg, BENCH_MAX_SIGNATURES);
        else if (option == 'k')
            arguments->kills = bench_number(optarg, MAX_KILLS);
        else if (option == 'b')
            arguments->base = optarg;
        else if (option == 'j')
            bench->json = true;
        else
            return false;
    }
    return true;
}

static void compare_both(struct bench *bench, size_t messages)
{
    size_t n = bench->rounds * messages;

    bench->latency = calloc(messages, sizeof(double));
    bench->all[NONE] = calloc(n, sizeof(double));
    bench->all[PROCESS] = calloc(n, sizeof(double));
    if (!bench->latency || !bench->all[NONE] || !bench->all[PROCESS])
        bench_die("out of memory");
    bench->library[NONE] = bench_open_library(bench->folder, "none.conf",
                                              "  isolation = \"none\"\n");
    /* A worker that is replaced would take the CPU it used with it. */
    bench->library[PROCESS] =
        bench_open_library(bench->folder, "process.conf",
                           "  isolation = \"process\"\n  scanner_scans = 0\n");
    compare_all(bench, messages);
    report_memory(bench);
    for (int side = 0; side < SIDES; side++) {
        assay_close(&bench->library[side]);
        free(bench->all[side]);
    }
    free(bench->latency);
}

int main(int argc, char **argv)
{
    struct bench bench = {.rounds = 201};
    struct arguments arguments = {
        .messages = 20, .signatures = 20000, .kills = 5, .base = "/dev/shm"};

    if (!read_arguments(argc, argv, &bench, &arguments))
        return 2;
    bench_folder_make(arguments.base, bench.folder);
    bench_write_signatures(bench.folder, arguments.signatures);
    compare_both(&bench, arguments.messages);
    report_kills(&bench, arguments.kills);
    bench_folder_remove(bench.folder);
    return 0;
}
