/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Running a program that an administrator named, and waiting for it. No shell
 * reads the words, and the program has none of our descriptors.
 */
#ifndef ASSAY_RT_COMMAND_H
#define ASSAY_RT_COMMAND_H

#include <stdint.h>

#include <assay/error.h>

/**
 * @param argv     program and arguments, ended by NULL; PATH is looked at
 * @param stop_fd  ends the wait when it can be read; -1: none
 * @return ASSAY_OK it ended with 0, or nobody knows how because the host
 *         ignores SIGCHLD or reaps all that ends; ASSAY_E_IO it does not start
 *         or ended otherwise; ASSAY_E_TIMEOUT; ASSAY_E_STATE stop_fd. In the
 *         last two cases it was killed.
 * Threads: any. Blocks until deadline_ms (CLOCK_MONOTONIC).
 */
assay_rc assay__command_run(const char *const *argv, int stop_fd,
                            int64_t deadline_ms, assay_error *err);

#endif
