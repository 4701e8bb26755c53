/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine behind the walls of assay-scanner finds what it finds
 * without them, and dies of a failed allocation instead of calling a file
 * clean.
 *
 * usage: clamav_walls FOLDER same|memory
 *
 * FOLDER is what clamav_walls.py made: db, and samples.
 *   same    every sample, once without walls and once behind them: the same
 *           finding
 *   memory  every sample, with its first allocation failing, then its second,
 *           and so on: the worker ends, each time
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "clamav_engine.h"
#include "walls.h"

enum { SAMPLES_MAX = 256, TIMEOUT_MS = 120 * 1000 };

struct sample {
    char name[NAME_MAX + 1];
    char *data;
    size_t size;
};

/* Shared with the processes that fill it in. */
struct answer {
    enum { UNTRIED, BEGUN, ANSWERED } state;
    int status; /* of a process that died of it */
    assay_finding finding;
};

static struct sample samples[SAMPLES_MAX];
static int sample_count;
static char root[64], temporary[96], signatures[PATH_MAX];
static struct assay__clamav_settings settings = {
    .signatures = signatures,
    .max_scansize = 64 << 20,
    .max_filesize = 32 << 20,
    .max_files = 2000,
    .max_recursion = 17,
    .detect_phishing = true,
};
static assay_scanner_confinement confinement;

static void must(bool worked, const char *what)
{
    if (worked)
        return;
    fprintf(stderr, "clamav_walls: %s: %s\n", what, strerrordesc_np(errno));
    exit(2); /* NOLINT(concurrency-mt-unsafe): no other thread */
}

static void must_rc(assay_rc rc, const char *what, const assay_error *err)
{
    if (rc == ASSAY_OK)
        return;
    fprintf(stderr, "clamav_walls: %s: %s\n", what, err->msg);
    _exit(3);
}

/* ---- samples ----------------------------------------------------------- */

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_sample(const char *folder, const char *name)
{
    struct sample *sample = &samples[sample_count++];
    char path[PATH_MAX];
    struct stat status;
    FILE *file;

    must(sample_count <= SAMPLES_MAX, "too many samples");
    snprintf(sample->name, sizeof sample->name, "%s", name);
    must((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) <
             sizeof path,
         folder);
    file = fopen(path, "re");
    must(file && !fstat(fileno(file), &status), path);
    sample->size = (size_t)status.st_size;
    sample->data = malloc(sample->size + 1);
    must(sample->data &&
             fread(sample->data, 1, sample->size, file) == sample->size,
         path);
    fclose(file);
}

static void read_samples(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);

    must(count > 0, folder);
    for (int i = 0; i < count; i++) {
        read_sample(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* ---- processes --------------------------------------------------------- */

static void *open_engine(void)
{
    const assay_engine_args args = {
        .instance = "walls",
        .scope = "walls",
        .settings = &settings,
        .file_base = temporary,
        .timeout_ms = TIMEOUT_MS,
        .max_size = 1 << 30,
    };
    assay_error err = {0};
    void *instance = NULL;

    must_rc(assay__clamav_ops.open(&args, &instance, &err), "open", &err);
    return instance;
}

static void scan_one(void *instance, const struct sample *sample,
                     struct answer *answer)
{
    const char *end = strrchr(sample->name, '.');
    const assay_content content = {
        .kind = end && !strcmp(end, ".eml") ? ASSAY_CONTENT_MESSAGE
                                            : ASSAY_CONTENT_FILE,
        .data = sample->data,
        .size = sample->size,
    };
    const assay_scan_args args = {
        .content = &content,
        .deadline_ms = assay__clamav_now_ms() + TIMEOUT_MS,
    };

    answer->state = BEGUN;
    assay__clamav_ops.scan(instance, &args, &answer->finding);
    answer->state = ANSWERED;
}

static void scan_from(void *instance, int first, struct answer *answers)
{
    for (int i = first; i < sample_count; i++)
        scan_one(instance, &samples[i], &answers[i]);
}

static int await(pid_t child)
{
    int status = 0;

    must(child > 0 && waitpid(child, &status, 0) == child, "wait for a child");
    return status;
}

static struct answer *make_answers(void)
{
    struct answer *answers =
        mmap(NULL, sizeof *answers * SAMPLES_MAX, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    must(answers != MAP_FAILED, "shared memory");
    return answers;
}

/* ---- behind walls ------------------------------------------------------ */

static void *enter_template(void)
{
    char missing[ASSAY_SCANNER_MISSING_MAX];
    assay_error err = {0};

    must_rc(assay__walls.enter_template(&confinement, missing, &err),
            "enter_template", &err);
    return open_engine();
}

static void enter_worker(void *instance, uint64_t number)
{
    char folder[PATH_MAX];
    assay_error err = {0};

    must_rc(assay__walls.own_temporary(&confinement, number, folder, &err),
            "own_temporary", &err);
    must_rc(assay__clamav_ops.forked(instance, folder, &err), "forked", &err);
    must_rc(assay__walls.enter_worker(&confinement, folder, &err),
            "enter_worker", &err);
    must_rc(assay__clamav_ops.probe(instance, &err), "probe", &err);
}

/* The first that was begun and not answered; count when there is none. */
static int find_victim(const struct answer *answers)
{
    int i = 0;

    while (i < sample_count && answers[i].state == ANSWERED)
        i++;
    return i;
}

/* Template: a worker for all samples, and another behind each that died. */
static int scan_behind_walls(struct answer *answers)
{
    void *instance = enter_template();
    uint64_t number = 0;
    int next = 0;

    while (next < sample_count) {
        pid_t child = fork();
        int status, victim;

        if (!child) {
            enter_worker(instance, number);
            scan_from(instance, next, answers);
            _exit(0);
        }
        status = await(child);
        assay__walls.forget_temporary(&confinement, number++);
        victim = find_victim(answers);
        if (victim == sample_count)
            break;
        if (answers[victim].state == UNTRIED)
            return 4; /* it did not begin */
        answers[victim].status = status;
        answers[victim].state = ANSWERED;
        next = victim + 1;
    }
    return 0;
}

/* ---- the same findings ------------------------------------------------- */

static bool is_same(const struct answer *a, const struct answer *b)
{
    return a->state == ANSWERED && b->state == ANSWERED && !b->status &&
           a->finding.found == b->finding.found &&
           a->finding.reason == b->finding.reason &&
           !strcmp(a->finding.info, b->finding.info) &&
           !strcmp(a->finding.scan_code, b->finding.scan_code);
}

static int compare(const struct answer *bare, const struct answer *walled)
{
    int different = 0, detected = 0;

    for (int i = 0; i < sample_count; i++) {
        detected += walled[i].finding.found == ASSAY_FOUND_THREAT;
        if (is_same(&bare[i], &walled[i]))
            continue;
        different++;
        printf("%s: %d \"%s\" without walls, %d \"%s\" behind them, status "
               "%x\n",
               samples[i].name, bare[i].finding.found, bare[i].finding.info,
               walled[i].finding.found, walled[i].finding.info,
               (unsigned)walled[i].status);
    }
    printf("%d samples, %d detected behind the walls, %d different\n",
           sample_count, detected, different);
    /* Most of the samples are detections, or nothing was compared. */
    return different || detected < sample_count * 3 / 4;
}

static int run_same(void)
{
    struct answer *bare = make_answers(), *walled = make_answers();
    pid_t child = fork();
    int status;

    if (!child) {
        scan_from(open_engine(), 0, bare);
        _exit(0);
    }
    must(await(child) == 0, "scanning without walls");
    child = fork();
    if (!child)
        _exit(scan_behind_walls(walled));
    status = await(child);
    if (status) {
        printf("the template ended with status %x\n", (unsigned)status);
        return 1;
    }
    return compare(bare, walled);
}

/* ---- failed allocations ------------------------------------------------ */

#if !ASSAY__SANITIZED
extern void *__real___libc_malloc(size_t size);
extern void *__real___libc_calloc(size_t count, size_t size);
extern void *__real___libc_realloc(void *old, size_t size);
extern void *__wrap___libc_malloc(size_t size);
extern void *__wrap___libc_calloc(size_t count, size_t size);
extern void *__wrap___libc_realloc(void *old, size_t size);

static long until_failure; /* allocations; 0: none fails */

static bool fails_now(void)
{
    return until_failure && !--until_failure;
}

void *__wrap___libc_malloc(size_t size)
{
    return fails_now() ? NULL : __real___libc_malloc(size);
}

void *__wrap___libc_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real___libc_calloc(count, size);
}

void *__wrap___libc_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real___libc_realloc(old, size);
}

/* @return status of a worker in which allocation nth of the sample fails */
static int fail_at(void *instance, const struct sample *sample, long nth,
                   struct answer *answer)
{
    static uint64_t number;
    pid_t child = fork();
    int status;

    memset(answer, 0, sizeof *answer);
    if (!child) {
        enter_worker(instance, number);
        until_failure = nth;
        scan_one(instance, sample, answer);
        _exit(until_failure ? 0 : 1); /* 1: it failed, and the scan went on */
    }
    status = await(child);
    assay__walls.forget_temporary(&confinement, number++);
    return status;
}

static int sweep(void *instance, const struct sample *sample,
                 struct answer *answer)
{
    long nth = 1, ended = 0;
    int status;

    for (;; nth++) {
        status = fail_at(instance, sample, nth, answer);
        if (!WIFEXITED(status) ||
            WEXITSTATUS(status) != ASSAY__SCANNER_NO_MEMORY)
            break;
        ended++;
    }
    printf("%-40s ended by %ld of %ld failures\n", sample->name, ended,
           nth - 1);
    fflush(stdout);
    if (WIFEXITED(status) && !WEXITSTATUS(status) && ended > 0 &&
        answer->finding.found == ASSAY_FOUND_THREAT)
        return 0;
    printf("allocation %ld: status %x, found %d \"%s\"\n", nth,
           (unsigned)status, answer->finding.found, answer->finding.info);
    return 1;
}

static int sweep_all(struct answer *answer)
{
    void *instance = enter_template();
    int failed = 0;

    for (int i = 0; i < sample_count; i++)
        failed |= sweep(instance, &samples[i], answer);
    return failed;
}

static int run_memory(void)
{
    struct answer *answer = make_answers();
    pid_t child = fork();

    if (!child)
        _exit(sweep_all(answer));
    return await(child) != 0;
}
#else
static int run_memory(void)
{
    puts("skipped: the allocator is the sanitizer's");
    return 77;
}
#endif

/* ---- places ------------------------------------------------------------ */

static void make_places(void)
{
    snprintf(root, sizeof root, "/tmp/assay-walls-XXXXXX");
    must(mkdtemp(root), root);
    snprintf(temporary, sizeof temporary, "%s/temporary", root);
    must(!mkdir(temporary, 0700), temporary);
}

static void remove_places(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    /* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a folder of ours */
    must(!system(command), command);
}

int main(int argc, char **argv)
{
    const char *readable[] = {signatures, NULL};
    char folder[PATH_MAX];
    int failed;

    if (argc != 3) {
        fputs("usage: clamav_walls FOLDER same|memory\n", stderr);
        return 2;
    }
    snprintf(signatures, sizeof signatures, "%s/db", argv[1]);
    snprintf(folder, sizeof folder, "%s/%s", argv[1], argv[2]);
    read_samples(folder);
    make_places();
    confinement = (assay_scanner_confinement){
        .struct_size = sizeof confinement,
        .mode = ASSAY_SANDBOX_REQUIRE,
        .readable = readable,
        .temporary = temporary,
        .temporary_bytes = 256 << 20,
        .temporary_files = 4000,
        .memory_bytes = 1 << 30,
    };
    failed = strcmp(argv[2], "memory") == 0 ? run_memory() : run_same();
    remove_places();
    return failed;
}
