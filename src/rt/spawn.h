/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Starting a program: with no signal blocked or ignored, the null device in
 * place of our streams, and none of our descriptors but one it is given.
 */
#ifndef ASSAY_RT_SPAWN_H
#define ASSAY_RT_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

enum { ASSAY__SPAWN_FD = 3 }; /* what it finds the given one under */

/** All borrowed for the call. */
struct assay__spawn {
    const char *const *argv;  /* ended by NULL; PATH is looked at when
                                 the first has no slash */
    char *const *environment; /* NULL: ours */
    int fd;                   /* it has this as ASSAY__SPAWN_FD; -1:
                                       none */
    bool keeps_stderr;
};

/**
 * A host may ignore SIGCHLD, or reap all that ends: then its number may be
 * another process's as soon as it has ended. Signal it through pid_fd only, and
 * take ECHILD of waitid() for "ended, nobody knows how".
 *
 * @param pid_out     set on 0; for people to read
 * @param pid_fd_out  set on 0; close() it and reap through it; -1: it has ended
 *                    and was reaped by somebody else
 * @return 0, or an errno; then nothing runs
 * Threads: any.
 */
int assay__spawn(const struct assay__spawn *what, pid_t *pid_out,
                 int *pid_fd_out);

#endif
