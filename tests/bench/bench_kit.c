/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "bench_kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STAMP_DIGITS = 16 };

/* In each message, where its number will be. */
#define STAMP "0000000000000000"

void bench_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(2);
}

uint32_t bench_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* ---- mails ------------------------------------------------------------- */

void bench_mails_init(struct bench_mails *mails, size_t room)
{
    mails->messages = calloc(room, sizeof *mails->messages);
    mails->sizes = calloc(room, sizeof *mails->sizes);
    if (!mails->messages || !mails->sizes)
        bench_die("out of memory");
    mails->count = 0;
    mails->room = room;
}

void bench_mails_fini(struct bench_mails *mails)
{
    for (size_t i = 0; i < mails->count; i++)
        free(mails->messages[i]);
    free(mails->messages);
    free(mails->sizes);
}

static void add_text(FILE *out, uint32_t *seed, size_t lines)
{
    static const char *const words[] = {
        "the",     "message", "quarter", "invoice", "we",       "please",
        "meeting", "report",  "of",      "and",     "delivery", "contract",
        "figures", "team",    "is",      "are"};

    for (size_t i = 0; i < lines; i++) {
        for (int w = 0; w < 11; w++)
            fprintf(out, "%s ", words[bench_random(seed) % 16]);
        fputs("\r\n", out);
    }
}

static void add_base64(FILE *out, uint32_t *seed, size_t lines)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                   "qrstuvwxyz0123456789+/";

    for (size_t i = 0; i < lines; i++) {
        for (int c = 0; c < 76; c++)
            fputc(alphabet[bench_random(seed) % 64], out);
        fputs("\r\n", out);
    }
}

void bench_mails_add(struct bench_mails *mails, size_t text_lines,
                     size_t base64_lines)
{
    size_t index = mails->count;
    uint32_t seed = (uint32_t)(index * 2654435761u + 1);
    FILE *out = NULL;

    if (index < mails->room)
        out = open_memstream(&mails->messages[index], &mails->sizes[index]);
    if (!out)
        bench_die("no room for a mail");
    fprintf(out,
            "Received: from mx.example.net by mail.example.org; Thu, 5 Nov "
            "2026 10:00:00 +0000\r\nFrom: a@example.net\r\nTo: "
            "b@example.org\r\nSubject: report %zu\r\nMessage-ID: "
            "<" STAMP "@example.net>\r\nMIME-Version: 1.0\r\n",
            index);
    if (base64_lines == 0) {
        fputs("Content-Type: text/plain\r\n\r\n", out);
        add_text(out, &seed, text_lines);
    } else {
        fputs("Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n"
              "Content-Type: text/plain\r\n\r\n",
              out);
        add_text(out, &seed, text_lines);
        fputs("--b1\r\nContent-Type: application/octet-stream; "
              "name=data.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n",
              out);
        add_base64(out, &seed, base64_lines);
        fputs("--b1--\r\n", out);
    }
    if (fclose(out) != 0)
        bench_die("out of memory");
    mails->count++;
}

void bench_mails_stamp(struct bench_mails *mails)
{
    static size_t number;
    char digits[STAMP_DIGITS + 1];

    for (size_t i = 0; i < mails->count; i++) {
        char *place = strchr(mails->messages[i], '<');

        if (!place)
            bench_die("a message without a stamp");
        (void)snprintf(digits, sizeof digits, "%0*zu", STAMP_DIGITS, ++number);
        memcpy(place + 1, digits, STAMP_DIGITS);
    }
}

/* ---- a folder, and what is in it --------------------------------------- */

void bench_folder_make(const char *base, char *folder)
{
    (void)snprintf(folder, 64, "%s/assay-bench-XXXXXX", base);
    if (!mkdtemp(folder))
        bench_die("cannot make a folder");
}

void bench_folder_remove(const char *folder)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf -- '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", folder);
}

static FILE *open_in(const char *folder, const char *name, char path[128])
{
    FILE *file;

    (void)snprintf(path, 128, "%s/%s", folder, name);
    file = fopen(path, "we");
    if (!file)
        bench_die("cannot write a file");
    return file;
}

void bench_write_signatures(const char *folder, size_t count)
{
    uint32_t seed = 7;
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/signatures", folder);
    if (mkdir(path, 0700) < 0)
        bench_die("cannot make the signature folder");
    file = open_in(folder, "signatures/bench.ndb", path);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "Bench.Made-Up-%zu:0:*:", i);
        for (int b = 0; b < 24; b++)
            fprintf(file, "%02x", (unsigned)(bench_random(&seed) & 0xff));
        fputc('\n', file);
    }
    if (fclose(file) != 0)
        bench_die("cannot write signatures");
}

static void print_finding(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

assay *bench_open_library(const char *folder, const char *name,
                          const char *options)
{
    assay_options open_options = ASSAY_OPTIONS_INIT;
    char path[128];
    assay_error err = {0};
    assay *library = NULL;
    FILE *file = open_in(folder, name, path);

    fprintf(file,
            "clamav {}\nantivirus \"bench\" {\n  use_wire_rep = false\n"
            "  timeout = 120\n  file_base = \"%s\"\n%s  clamav \"clamav1\" {\n"
            "    signatures = \"%s/signatures\"\n  }\n}\n",
            folder, options, folder);
    if (fclose(file) != 0)
        bench_die("cannot write the configuration");
    open_options.config_path = path;
    open_options.diagnostic = print_finding;
    if (assay_open(&open_options, &library, &err) != ASSAY_OK ||
        assay_start(library, &err) != ASSAY_OK)
        bench_die(err.msg);
    return library;
}

/* ---- scanning ---------------------------------------------------------- */

struct part {
    size_t first, step, count;
    bench_scan_one *scan;
    void *arg;
    bool ok;
};

static void *scan_part(void *arg)
{
    struct part *part = arg;

    for (size_t i = part->first; i < part->count; i += part->step)
        part->ok = part->scan(part->arg, i) && part->ok;
    return NULL;
}

void bench_scan_all(const struct bench_mails *mails, unsigned threads,
                    bench_scan_one *scan, void *arg)
{
    pthread_t thread[BENCH_MAX_THREADS];
    struct part part[BENCH_MAX_THREADS];

    for (unsigned i = 0; i < threads; i++) {
        part[i] = (struct part){i, threads, mails->count, scan, arg, true};
        if (pthread_create(&thread[i], NULL, scan_part, &part[i]) != 0)
            bench_die("cannot start a thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        if (!part[i].ok)
            bench_die("a verdict is not clean: the comparison would be "
                      "worthless");
    }
}

bool bench_scan_clean(assay *library, const struct bench_mails *mails,
                      size_t index)
{
    assay_message *message = NULL;
    assay_verdict verdict;

    if (assay_message_new_borrowed(mails->messages[index], mails->sizes[index],
                                   NULL, &message, NULL) != ASSAY_OK)
        return false;
    assay_scan(library, message, NULL, &verdict);
    assay_message_free(&message);
    if (verdict.status != ASSAY_STATUS_CLEAN)
        fprintf(stderr, "%s: %s\n", assay_status_name(verdict.status),
                verdict.info);
    return verdict.status == ASSAY_STATUS_CLEAN;
}

/* ---- numbers ----------------------------------------------------------- */

double bench_seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t count, double part)
{
    qsort(values, count, sizeof *values, by_value);
    return values[(size_t)((double)(count - 1) * part + 0.5)];
}

size_t bench_number(const char *text, size_t max)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value == 0 || value > max)
        bench_die("a number is out of range");
    return value;
}
