/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Logging: one line per event, `event key=value key="quoted value"`.
 *
 * The library never writes to the host's streams; the host supplies a sink.
 * Event names are stable, so that operators and tests can match them; values
 * that come from mail are escaped by the writer.
 */
#ifndef ASSAY_LOG_H
#define ASSAY_LOG_H

#include <assay/export.h>

typedef enum assay_log_level {
    ASSAY_LOG_ERROR, /**< an operator must act */
    ASSAY_LOG_WARN,  /**< degraded, but mail flows */
    ASSAY_LOG_INFO,  /**< life cycle and verdicts */
    ASSAY_LOG_DEBUG  /**< trace */
} assay_log_level;

/** Longest log line, in bytes, with the NUL; longer ones are cut. */
#define ASSAY_LOG_LINE_MAX 2048

/**
 * Receives finished lines, without a line end and without control characters.
 * Threads: any, several at once; called with no lock held. May block.
 */
typedef void assay_log_sink(void *arg, assay_log_level level, const char *line);

/** Where lines go. Plain data, copied freely; a NULL sink drops everything. */
typedef struct assay_log {
    assay_log_sink *sink;
    void *arg;                 /**< handed to sink; owned by the host */
    assay_log_level threshold; /**< less important lines are dropped */
} assay_log;

/**
 * Write one event.
 *
 * @param log    borrowed; may be NULL (drops the line)
 * @param event  stable dotted name, such as "scan.verdict"
 * @param fmt    printf format for the `key=value` tail; control characters in
 *               the result are replaced by `?`
 * Threads: any. Blocks: as the sink does. Since: 0.1
 */
ASSAY_API void assay_log_write(const assay_log *log, assay_log_level level,
                               const char *event, const char *fmt, ...)
    ASSAY_PRINTF(4, 5);

/** "error", "warn", "info" or "debug". Threads: any. */
ASSAY_API const char *assay_log_level_name(assay_log_level level);

#endif
