/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A log file of scanner processes, beside the host's log (CS-11). The host
 * writes it, so that processes behind walls need no file of it. A file that
 * cannot be opened or written is told once in the host's log, and scanning
 * goes on.
 *
 * Threads: any; a line is one write(). No lock.
 */
#ifndef ASSAY_SCAN_SCANNER_LOG_H
#define ASSAY_SCAN_SCANNER_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include <assay/error.h>
#include <assay/log.h>

struct assay__scanner_log_file {
    const char *path;        /* NULL: none */
    const assay_log *log;    /* the host's; lines go there as well */
    _Atomic int fd;          /* -1: none; stays the same once it is open */
    _Atomic bool has_failed; /* which was told */
};

/** @param path  borrowed; NULL: lines go to log alone */
void assay__scanner_log_open(struct assay__scanner_log_file *file,
                             const char *path, const assay_log *log);
/** A log whose lines go to both. */
assay_log assay__scanner_log_tee(struct assay__scanner_log_file *file);
/** Open the file anew, under its name. @return ASSAY_OK; ASSAY_E_IO */
assay_rc assay__scanner_log_reopen(struct assay__scanner_log_file *file,
                                   assay_error *err);
void assay__scanner_log_close(struct assay__scanner_log_file *file);

#endif
