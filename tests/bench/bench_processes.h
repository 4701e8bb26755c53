/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scanner processes of this one, as /proc shows them: the template is our
 * child, its workers are its children. Each has one thread.
 */
#ifndef ASSAY_BENCH_PROCESSES_H
#define ASSAY_BENCH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { BENCH_MAX_WORKERS = 64 };

struct bench_process {
    pid_t pid; /* 0: none */
    double cpu_s;
};

struct bench_processes {
    struct bench_process template;
    struct bench_process workers[BENCH_MAX_WORKERS]; /* by process id */
    size_t worker_count;
};

/** There must not be more than one template. */
void bench_processes_look(struct bench_processes *out);
/** CPU used so far; exact for processes that sleep. */
double bench_processes_cpu_s(const struct bench_processes *processes);
bool bench_processes_are_same(const struct bench_processes *a,
                              const struct bench_processes *b);

/** @return KB in memory, shared or not; negative: unknown */
double bench_process_resident_kb(pid_t pid);
/** @return KB that no other process has mapped; negative: unknown */
double bench_process_private_kb(pid_t pid);

#endif
