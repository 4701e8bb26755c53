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
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <assay/assay.h>

enum {
    MAX_ROUNDS = 1000,
    MAX_MESSAGES = 100000,
    MAX_SIGNATURES = 1000000,
    THREADS_MAX = 2,
    STAMP_DIGITS = 16
};

/* In each message; replaced by a number that never comes again, so that no
 * scan is answered from the verdict cache. */
#define STAMP "0000000000000000"

struct corpus {
    char **messages;
    size_t *sizes;
    size_t count;
};

struct bench {
    struct corpus corpus;
    size_t signatures;
    char folder[64]; /* signatures, configuration, temporary folder */
    struct cl_engine *bare;
    assay *library;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_scan: %s\n", what);
    exit(2);
}

/* ---- corpus ------------------------------------------------------------ */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void add_text(FILE *out, uint32_t *seed, size_t lines)
{
    static const char *const words[] = {
        "the",     "message", "quarter", "invoice", "we",       "please",
        "meeting", "report",  "of",      "and",     "delivery", "contract",
        "figures", "team",    "is",      "are"};

    for (size_t i = 0; i < lines; i++) {
        for (int w = 0; w < 11; w++)
            fprintf(out, "%s ", words[next_random(seed) % 16]);
        fputs("\r\n", out);
    }
}

static void add_base64(FILE *out, uint32_t *seed, size_t lines)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                   "qrstuvwxyz0123456789+/";

    for (size_t i = 0; i < lines; i++) {
        for (int c = 0; c < 76; c++)
            fputc(alphabet[next_random(seed) % 64], out);
        fputs("\r\n", out);
    }
}

/* Every third message is plain text, the others carry one attachment; sizes
 * between 2 and 150 KB, as in ordinary mail. */
static void make_message(struct corpus *corpus, size_t index)
{
    uint32_t seed = (uint32_t)(index * 2654435761u + 1);
    size_t kind = index % 3;
    FILE *out = open_memstream(&corpus->messages[index], &corpus->sizes[index]);

    if (!out)
        die("out of memory");
    fprintf(out,
            "Received: from mx.example.net by mail.example.org; Thu, 5 Nov "
            "2026 10:00:00 +0000\r\nFrom: a@example.net\r\nTo: "
            "b@example.org\r\nSubject: report %zu\r\nMessage-ID: "
            "<" STAMP "@example.net>\r\nMIME-Version: 1.0\r\n",
            index);
    if (kind == 0) {
        fputs("Content-Type: text/plain\r\n\r\n", out);
        add_text(out, &seed, 30 + next_random(&seed) % 200);
    } else {
        fputs("Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n"
              "Content-Type: text/plain\r\n\r\n",
              out);
        add_text(out, &seed, 20);
        fputs("--b1\r\nContent-Type: application/octet-stream; "
              "name=data.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n",
              out);
        add_base64(out, &seed, 100 + next_random(&seed) % 1800);
        fputs("--b1--\r\n", out);
    }
    if (fclose(out) != 0)
        die("out of memory");
}

static void stamp(struct corpus *corpus)
{
    static size_t number;
    char digits[STAMP_DIGITS + 1];

    for (size_t i = 0; i < corpus->count; i++) {
        char *place = strchr(corpus->messages[i], '<');

        if (!place)
            die("a message without a stamp");
        (void)snprintf(digits, sizeof digits, "%0*zu", STAMP_DIGITS, ++number);
        memcpy(place + 1, digits, STAMP_DIGITS);
    }
}

static void make_corpus(struct corpus *corpus, size_t count)
{
    corpus->messages = calloc(count, sizeof *corpus->messages);
    corpus->sizes = calloc(count, sizeof *corpus->sizes);
    if (!corpus->messages || !corpus->sizes)
        die("out of memory");
    corpus->count = count;
    for (size_t i = 0; i < count; i++)
        make_message(corpus, i);
}

/* ---- both sides -------------------------------------------------------- */

static void path_in(const struct bench *bench, const char *name, char *out,
                    size_t size)
{
    (void)snprintf(out, size, "%s/%s", bench->folder, name);
}

/* A few thousand made-up signatures, so that matching costs something. */
static void write_signatures(const struct bench *bench)
{
    uint32_t seed = 7;
    char path[128];
    FILE *file;

    path_in(bench, "signatures", path, sizeof path);
    if (mkdir(path, 0700) < 0)
        die("cannot make the signature folder");
    path_in(bench, "signatures/bench.ndb", path, sizeof path);
    file = fopen(path, "we");
    if (!file)
        die("cannot write signatures");
    for (size_t i = 0; i < bench->signatures; i++) {
        fprintf(file, "Bench.Made-Up-%zu:0:*:", i);
        for (int b = 0; b < 24; b++)
            fprintf(file, "%02x", (unsigned)(next_random(&seed) & 0xff));
        fputc('\n', file);
    }
    fclose(file);
}

static void print_finding(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

static void open_library(struct bench *bench)
{
    assay_options options = ASSAY_OPTIONS_INIT;
    char path[128];
    assay_error err = {0};
    FILE *file;

    path_in(bench, "assay.conf", path, sizeof path);
    file = fopen(path, "we");
    if (!file)
        die("cannot write the configuration");
    fprintf(file,
            "clamav {}\nantivirus \"bench\" {\n  use_wire_rep = false\n"
            "  timeout = 120\n  file_base = \"%s\"\n  clamav \"clamav1\" {\n"
            "    signatures = \"%s/signatures\"\n  }\n}\n",
            bench->folder, bench->folder);
    fclose(file);
    options.config_path = path;
    options.diagnostic = print_finding;
    /* Started, so that engines run in threads of a pool, as they do for a
     * host. */
    if (assay_open(&options, &bench->library, &err) != ASSAY_OK ||
        assay_start(bench->library, &err) != ASSAY_OK)
        die(err.msg);
}

/* The settings the clamav engine uses too, so that only the framework and the
 * engine's own checks differ. */
static void open_bare(struct bench *bench)
{
    unsigned signatures = 0;
    char path[128];

    if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS)
        die("cl_init failed");
    bench->bare = cl_engine_new();
    path_in(bench, "signatures", path, sizeof path);
    if (!bench->bare ||
        cl_load(path, bench->bare, &signatures, CL_DB_STDOPT) != CL_SUCCESS)
        die("signatures do not load");
    path_in(bench, "bare", path, sizeof path);
    if (mkdir(path, 0700) < 0)
        die("cannot make a temporary folder");
    cl_engine_set_str(bench->bare, CL_ENGINE_TMPDIR, path);
    cl_engine_set_num(bench->bare, CL_ENGINE_DISABLE_CACHE, 1);
    cl_engine_set_num(bench->bare, CL_ENGINE_MAX_SCANTIME, 120000);
    if (cl_engine_compile(bench->bare) != CL_SUCCESS)
        die("signatures do not compile");
}

static bool scan_bare(struct bench *bench, size_t index)
{
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
    cl_fmap_t *map = cl_fmap_open_memory(bench->corpus.messages[index],
                                         bench->corpus.sizes[index]);

    if (!map)
        return false;
    rc = cl_scanmap_callback(map, NULL, &name, &scanned, bench->bare, &options,
                             NULL);
    cl_fmap_close(map);
    return rc == CL_CLEAN;
}

static bool scan_assay(struct bench *bench, size_t index)
{
    assay_message *message = NULL;
    assay_verdict verdict;

    if (assay_message_new_borrowed(bench->corpus.messages[index],
                                   bench->corpus.sizes[index], NULL, &message,
                                   NULL) != ASSAY_OK)
        return false;
    assay_scan(bench->library, message, NULL, &verdict);
    assay_message_free(&message);
    if (verdict.status != ASSAY_STATUS_CLEAN)
        fprintf(stderr, "%s: %s\n", assay_status_name(verdict.status),
                verdict.info);
    return verdict.status == ASSAY_STATUS_CLEAN;
}

/* ---- measuring --------------------------------------------------------- */

struct run {
    struct bench *bench;
    bool (*scan)(struct bench *bench, size_t index);
    size_t first, step;
    bool ok;
};

static void *run_part(void *arg)
{
    struct run *run = arg;

    run->ok = true;
    for (size_t i = run->first; i < run->bench->corpus.count; i += run->step)
        run->ok = run->scan(run->bench, i) && run->ok;
    return NULL;
}

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct cost {
    double wall_s, cpu_s;
};

static struct cost measure(struct bench *bench, unsigned threads,
                           bool (*scan)(struct bench *, size_t))
{
    pthread_t thread[THREADS_MAX];
    struct run run[THREADS_MAX];
    struct cost cost;

    stamp(&bench->corpus);
    cost = (struct cost){seconds(CLOCK_MONOTONIC),
                         seconds(CLOCK_PROCESS_CPUTIME_ID)};
    for (unsigned i = 0; i < threads; i++) {
        run[i] = (struct run){bench, scan, i, threads, false};
        if (pthread_create(&thread[i], NULL, run_part, &run[i]) != 0)
            die("cannot start a thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        if (!run[i].ok)
            die("a verdict is not clean: the comparison would be worthless");
    }
    cost.wall_s = seconds(CLOCK_MONOTONIC) - cost.wall_s;
    cost.cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cost.cpu_s;
    return cost;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct bench *bench, unsigned threads, size_t rounds,
                   bool json)
{
    static double ratios[MAX_ROUNDS];
    struct cost bare = {0, 0}, ours = {0, 0};
    double n = (double)bench->corpus.count * (double)rounds;

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
    qsort(ratios, rounds, sizeof ratios[0], by_value);
    printf(json ? "{\"threads\":%u,\"bare_per_s\":%.0f,\"assay_per_s\":%.0f,"
                  "\"bare_cpu_us\":%.1f,\"assay_cpu_us\":%.1f,"
                  "\"cpu_ratio\":%.4f}\n"
                : "threads %u: bare %.0f/s, assay %.0f/s; CPU per message "
                  "bare %.1f us, assay %.1f us; CPU ratio (median) %.4f\n",
           threads, n / bare.wall_s, n / ours.wall_s, bare.cpu_s / n * 1e6,
           ours.cpu_s / n * 1e6, ratios[rounds / 2]);
    fflush(stdout);
}

/* ---- main -------------------------------------------------------------- */

static size_t number(const char *text, size_t max)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value == 0 || value > max)
        die("a number is out of range");
    return value;
}

static void remove_folder(const char *folder)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf -- '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "bench_scan: %s is left behind\n", folder);
}

int main(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"messages", required_argument, NULL, 'm'},
        {"signatures", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    struct bench bench = {.signatures = 20000,
                          .folder = "/tmp/assay-bench-XXXXXX"};
    size_t rounds = 11, messages = 300;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        if (option == 'r')
            rounds = number(optarg, MAX_ROUNDS);
        else if (option == 'm')
            messages = number(optarg, MAX_MESSAGES);
        else if (option == 's')
            bench.signatures = number(optarg, MAX_SIGNATURES);
        else if (option == 'j')
            json = true;
        else
            return 2;
    }
    if (!mkdtemp(bench.folder))
        die("cannot make a folder");
    make_corpus(&bench.corpus, messages);
    write_signatures(&bench);
    open_library(&bench);
    open_bare(&bench);
    measure(&bench, 1, scan_bare); /* warm up both */
    measure(&bench, 1, scan_assay);
    for (unsigned threads = 1; threads <= THREADS_MAX; threads++)
        report(&bench, threads, rounds, json);
    assay_close(&bench.library);
    cl_engine_free(bench.bare);
    for (size_t i = 0; i < messages; i++)
        free(bench.corpus.messages[i]);
    free(bench.corpus.messages);
    free(bench.corpus.sizes);
    remove_folder(bench.folder);
    return 0;
}
