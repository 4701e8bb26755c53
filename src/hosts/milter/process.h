/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a daemon does to itself: fork, user, limits, pid file, word to systemd.
 */
#ifndef ASSAY_MILTER_PROCESS_H
#define ASSAY_MILTER_PROCESS_H

#include <stdbool.h>

#include <assay/error.h>

/**
 * Go on in a new process without a terminal. The parent waits: it exits with
 * 0 when the child says it is ready, else with the child's exit status, so
 * that a failed start is seen by whoever started the daemon.
 *
 * @param ready_fd_out  for assay__process_ready()
 * @return in the child: ASSAY_OK; ASSAY_E_IO when there is none
 */
assay_rc assay__process_daemonize(int *ready_fd_out,
                                  assay_error *err) ASSAY_MUST_CHECK;

/** Serving now: tells systemd and the waiting parent. With a ready_fd other
 *  than -1 the standard streams go to /dev/null, stderr unless kept. */
void assay__process_ready(int ready_fd, bool keep_stderr);
/** Tells systemd that the service is stopping. */
void assay__process_stopping(void);

/** Raise the soft limit of open files to the hard one. */
void assay__process_raise_files(void);

/** Have malloc give large buffers back when they are freed: glibc otherwise
 *  keeps up to 64 MB of them in each of its arenas, of which there are eight
 *  per processor, once it has seen a large message go. */
void assay__process_return_memory(void);

/** Become another user with its groups, for good. No-op for the own name. */
assay_rc assay__process_become(const char *user,
                               assay_error *err) ASSAY_MUST_CHECK;

/** A pid file; path NULL: none. */
struct assay__pid_file {
    const char *path;
    int fd;
};

/** Create and lock it, before the user changes.
 *  @return ASSAY_OK; ASSAY_E_EXISTS while another process holds it;
 *          ASSAY_E_IO */
assay_rc assay__pid_file_open(struct assay__pid_file *file,
                              assay_error *err) ASSAY_MUST_CHECK;
assay_rc assay__pid_file_write(const struct assay__pid_file *file,
                               assay_error *err) ASSAY_MUST_CHECK;
/** Empties and removes it. */
void assay__pid_file_remove(struct assay__pid_file *file);

#endif
