/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where lines of the log go: the standard error stream or syslog.
 */
#ifndef ASSAY_MILTER_LOG_H
#define ASSAY_MILTER_LOG_H

#include <stdbool.h>

#include <assay/log.h>

/** How lines on stderr begin. */
enum assay__log_target {
    ASSAY__LOG_STDERR,  /**< time, program and level */
    ASSAY__LOG_JOURNAL, /**< "<6>", which systemd reads as the priority */
    ASSAY__LOG_SYSLOG   /**< not on stderr at all */
};

/** The target for --log stderr: the journal reads it under systemd. */
enum assay__log_target assay__log_stderr_target(void);

/** Open the log. @param log_out  borrows target until the process ends */
void assay__log_open(enum assay__log_target *target, assay_log_level threshold,
                     assay_log *log_out);

/** Write each line of text as one event; text may end with a line end. */
void assay__log_lines(const assay_log *log, assay_log_level level,
                      const char *event, const char *text);

#endif
