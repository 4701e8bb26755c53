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

/** Open syslog again. The standard error stream belongs to who started the
 *  program and stays as it is. */
void assay__log_reopen(const enum assay__log_target *target);

/** Room for a text that stands between quotes in a line. */
struct assay__quoted {
    char text[ASSAY_LOG_LINE_MAX];
};

/** A text so that nothing in it ends the quotes around it: `"` and `\` become
 *  `'`, as in the texts of engines. @return out->text */
const char *assay__log_quote(struct assay__quoted *out, const char *text);

/**
 * Write one line for a finding about the configuration: its text, which names
 * file, line and column, and the hint.
 *
 * @param text  as assay_options.diagnostic receives it
 */
void assay__log_finding(const assay_log *log, const char *text);

#endif
