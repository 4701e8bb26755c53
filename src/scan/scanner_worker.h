/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A worker: forked from a template that has opened an engine, it goes behind
 * its walls, proves that it detects, and scans what the host sends until the
 * host closes the socket. It ends by _exit(): nothing of the template's is its
 * to tidy up.
 *
 * A host that dies leaves no worker behind: an idle one reads end of file, and
 * a busy one gets SIGIO and looks whether that is why. A worker needs its
 * template for nothing, so one that dies takes no scan with it.
 */
#ifndef ASSAY_SCAN_SCANNER_WORKER_H
#define ASSAY_SCAN_SCANNER_WORKER_H

#include <assay/engine.h>
#include <assay/scanner.h>

/** Where log lines go: the socket to the host. */
struct assay__scanner_log {
    int fd;
};

/** An assay_log_sink; arg is a struct assay__scanner_log. */
void assay__scanner_log_line(void *arg, assay_log_level level,
                             const char *line);
/** Tell the host why this process ends. */
void assay__scanner_tell_failure(int fd, uint64_t id, const assay_error *err);

/** This process belongs to whoever has the other end of the socket: it is to
 *  end with it while that is watched. Once for each process, before its walls;
 *  takes SIGIO over, which is nobody else's in a scanner process. */
void assay__scanner_own(int fd);
/** Whoever closes the other end from now on ends this process by SIGIO.
 *  @return false: it is closed already, and nothing will come */
bool assay__scanner_watch_host(int fd);
void assay__scanner_unwatch_host(int fd);

/** All borrowed from the template, whose memory is ours now. */
struct assay__scanner_worker {
    const assay_scanner_walls *walls;
    const assay_scanner_confinement *confinement;
    const assay_engine_ops *ops;
    void *instance;
    uint64_t number;
    int fd;
};

_Noreturn void assay__scanner_worker_run(
    const struct assay__scanner_worker *worker);

#endif
