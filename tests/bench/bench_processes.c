/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "bench_processes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_kit.h"

static FILE *open_of(pid_t pid, const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* @return 0: it has ended; a zombie counts as that */
static pid_t parent_of(pid_t pid)
{
    FILE *file = open_of(pid, "stat");
    char line[512] = "", state = 'Z';
    const char *after;
    int parent = 0;

    if (!file)
        return 0;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    after = strrchr(line, ')'); /* of the name, which may have any bytes */
    /* NOLINTNEXTLINE(cert-err34-c): from the kernel */
    if (!after || sscanf(after + 1, " %c %d", &state, &parent) != 2)
        return 0;
    return state == 'Z' ? 0 : (pid_t)parent;
}

static double cpu_of(pid_t pid)
{
    FILE *file = open_of(pid, "schedstat");
    unsigned long long ns = 0;

    if (!file)
        return 0;
    /* NOLINTNEXTLINE(cert-err34-c): from the kernel */
    if (fscanf(file, "%llu", &ns) != 1)
        ns = 0;
    fclose(file);
    return (double)ns / 1e9;
}

static int by_pid(const void *a, const void *b)
{
    const struct bench_process *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Children of a process; others are left out when there is no room. */
static size_t list_children(pid_t parent, struct bench_process *out,
                            size_t room)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    size_t count = 0;

    if (!folder)
        bench_die("/proc cannot be read");
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    while (count < room && (entry = readdir(folder)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && parent_of(pid) == parent)
            out[count++] = (struct bench_process){pid, cpu_of(pid)};
    }
    closedir(folder);
    if (count > 1)
        qsort(out, count, sizeof *out, by_pid);
    return count;
}

void bench_processes_look(struct bench_processes *out)
{
    struct bench_process templates[2] = {0};
    size_t count = list_children(getpid(), templates, 2);

    if (count > 1)
        bench_die("more than one template");
    memset(out, 0, sizeof *out);
    if (count == 0)
        return;
    out->template = templates[0];
    out->worker_count =
        list_children(templates[0].pid, out->workers, BENCH_MAX_WORKERS);
}

double bench_processes_cpu_s(const struct bench_processes *processes)
{
    double sum = processes->template.cpu_s;

    for (size_t i = 0; i < processes->worker_count; i++)
        sum += processes->workers[i].cpu_s;
    return sum;
}

bool bench_processes_are_same(const struct bench_processes *a,
                              const struct bench_processes *b)
{
    if (a->template.pid != b->template.pid ||
        a->worker_count != b->worker_count)
        return false;
    for (size_t i = 0; i < a->worker_count; i++)
        if (a->workers[i].pid != b->workers[i].pid)
            return false;
    return true;
}

/* Sum of the lines of smaps_rollup that begin so. */
static double sum_of(pid_t pid, const char *field)
{
    FILE *file = open_of(pid, "smaps_rollup");
    double sum = -1, kb;
    char line[128];

    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0 &&
            /* NOLINTNEXTLINE(cert-err34-c): from the kernel */
            sscanf(line, "%*[^:]: %lf", &kb) == 1)
            sum = (sum < 0 ? 0 : sum) + kb;
    fclose(file);
    return sum;
}

double bench_process_resident_kb(pid_t pid)
{
    FILE *file = open_of(pid, "statm");
    double pages = -1;

    if (!file)
        return -1;
    /* NOLINTNEXTLINE(cert-err34-c): from the kernel */
    if (fscanf(file, "%*s %lf", &pages) != 1)
        pages = -1;
    fclose(file);
    return pages < 0 ? -1 : pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

double bench_process_private_kb(pid_t pid)
{
    return sum_of(pid, "Private_");
}
