/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamav_bench.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *bench_path;

void bench_must(bool worked, const char *what)
{
    if (worked)
        return;
    printf("    cannot prepare: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(1);
}

/* ---- samples ----------------------------------------------------------- */

void bench_sample(struct sample *sample, const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    FILE *in;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    in = fopen(path, "re");
    bench_must(in && !fstat(fileno(in), &status), path);
    snprintf(sample->name, sizeof sample->name, "%s", name);
    sample->size = (size_t)status.st_size;
    sample->data = malloc(sample->size);
    bench_must(sample->data &&
                   fread(sample->data, 1, sample->size, in) == sample->size,
               path);
    fclose(in);
}

static int compare(const void *a, const void *b)
{
    const struct sample *left = a, *right = b;

    return strcmp(left->name, right->name);
}

void bench_samples(struct bench *bench, const char *variant)
{
    char folder[PATH_MAX];
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof folder, "%s/samples", bench_path);
    dir = opendir(folder);
    bench_must(dir, folder);
    while ((entry = readdir(dir))) {
        const char *dot = strrchr(entry->d_name, '.');

        if (dot && !strcmp(dot + 1, variant) && bench->count < SAMPLES_MAX)
            bench_sample(&bench->samples[bench->count++], folder,
                         entry->d_name);
    }
    closedir(dir);
    bench_must(bench->count >= 8, "samples");
    qsort(bench->samples, bench->count, sizeof *bench->samples, compare);
}

/* ---- engines ----------------------------------------------------------- */

void bench_open(struct bench *bench)
{
    const assay_engine_args args = {
        .instance = "clamav1",
        .scope = "test",
        .settings = &bench->settings,
        .timeout_ms = TIMEOUT_MS,
    };
    assay_error err = {0};

    bench->settings.signatures = bench->database;
    bench->settings.temporary = bench->base;
    if (assay__clamav_ops.open(&args, &bench->instance, &err) != ASSAY_OK) {
        printf("    cannot open the engine: %s\n", err.msg);
        fflush(stdout);
        _exit(1);
    }
}

void bench_open_bare(struct bench *bench)
{
    unsigned count = 0;

    bench_must(!mkdir(bench->bare_path, 0700), bench->bare_path);
    bench->bare = cl_engine_new();
    bench_must(bench->bare &&
                   !cl_load(bench->database, bench->bare, &count, CL_DB_STDOPT),
               "bare libclamav");
    cl_engine_set_str(bench->bare, CL_ENGINE_TMPDIR, bench->bare_path);
    cl_engine_set_num(bench->bare, CL_ENGINE_DISABLE_CACHE, 1);
    cl_engine_set_num(bench->bare, CL_ENGINE_MAX_SCANSIZE,
                      (long long)bench->settings.max_scansize);
    cl_engine_set_num(bench->bare, CL_ENGINE_MAX_FILESIZE,
                      (long long)bench->settings.max_filesize);
    cl_engine_set_num(bench->bare, CL_ENGINE_MAX_FILES,
                      bench->settings.max_files);
    cl_engine_set_num(bench->bare, CL_ENGINE_MAX_RECURSION,
                      bench->settings.max_recursion);
    bench_must(!cl_engine_compile(bench->bare), "bare libclamav");
}

void bench_scan_until(const struct bench *bench, const struct sample *sample,
                      int64_t deadline_ms, assay_finding *finding)
{
    bool mail = !strncmp(sample->name, "mail", 4) ||
                !strncmp(sample->name, "nested", 6) ||
                !strncmp(sample->name, "slow", 4);
    const assay_content content = {
        .kind = mail ? ASSAY_CONTENT_MESSAGE : ASSAY_CONTENT_FILE,
        .data = sample->data,
        .size = sample->size,
    };
    const assay_scan_args args = {&content, deadline_ms};

    memset(finding, 0, sizeof *finding);
    finding->coverage.bytes_total = sample->size;
    assay__clamav_ops.scan(bench->instance, &args, finding);
}

void bench_scan(const struct bench *bench, const struct sample *sample,
                assay_finding *finding)
{
    bench_scan_until(bench, sample, assay__clamav_now_ms() + TIMEOUT_MS,
                     finding);
}

const char *bench_scan_bare(const struct bench *bench,
                            const struct sample *sample, bool *clean_out)
{
    static char text[32];
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS, .parse = ~0u, .mail = 0};
    const char *name = NULL;
    unsigned long scanned = 0;
    cl_fmap_t *map = cl_fmap_open_memory(sample->data, sample->size);
    cl_error_t rc = cl_scanmap_callback(map, NULL, &name, &scanned, bench->bare,
                                        &options, NULL);

    cl_fmap_close(map);
    *clean_out = rc == CL_CLEAN;
    snprintf(text, sizeof text, "error %d", (int)rc);
    return rc == CL_CLEAN ? "CLEAN" : rc == CL_VIRUS ? "VIRUS" : text;
}
