/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine in scanner processes: operations with the same meaning as those of
 * the engine itself, so that nothing above engine_core.c knows where it runs.
 *
 *   isolation.c          opening, closing, the operations
 *   isolation_scan.c     a scan: a worker, the content, what may go wrong
 *   isolation_keeper.c   the thread that starts templates and workers
 *   isolation_refresh.c  newer signatures: a second template takes over
 *
 * A template that dies is started again, and its workers go on meanwhile. What
 * does not start is tried again at once, and then after 1, 2, 4 … 60 seconds;
 * scans get an error at once as long as nobody can serve them.
 */
#ifndef ASSAY_SCAN_ISOLATION_H
#define ASSAY_SCAN_ISOLATION_H

#include <stdatomic.h>

#include <assay/engine.h>
#include <assay/scanner.h>

enum assay__reload_mode { ASSAY__RELOAD_BESIDE, ASSAY__RELOAD_STOP_THEN_LOAD };

/** What the configuration says of scanner processes. */
struct assay__isolation_options {
    int sandbox;           /* assay_sandbox_mode */
    int reload;            /* enum assay__reload_mode */
    const char *user;      /* NULL: as the host */
    uint64_t memory_bytes; /* of a worker beside the engine; 0: no limit */
    uint64_t growth_bytes; /* a worker that has grown more is replaced; 0: no
                              limit */
    int64_t scans;         /* a worker is replaced after so many; 0: never */
};

struct assay__isolation_args {
    const assay_engine_module *table;
    const char *module_path; /* the engine's file */
    const assay_engine_args *engine;
    struct assay__isolation_options options;
    /** Raised when a worker has missed its canary: what was found clean before
     *  does not count any more. */
    _Atomic uint64_t *clean_generation;
};

/** Operations on what assay__isolation_open() gave; refresh, probe and the
 *  rest are all there. A probe succeeds even when no worker does: scans say
 *  so, and work again as soon as one does. */
extern const assay_engine_ops assay__isolation_ops;

/**
 * Start a template and a first worker.
 *
 * @param args  borrowed until close, with all it points to
 * @return ASSAY_OK; ASSAY_E_IO the program does not start; what opening the
 *         engine in it returned
 * Blocks while signatures load.
 */
assay_rc assay__isolation_open(const struct assay__isolation_args *args,
                               void **instance_out, assay_error *err);

/** Whether it is time to look for newer signatures, when nobody asks. */
bool assay__isolation_is_refresh_due(void *instance);
/** Have a refresh in another thread end soon; none begins any more. */
void assay__isolation_interrupt(void *instance);
/** Open the file of its log anew, under its name. */
assay_rc assay__isolation_reopen_log(void *instance, assay_error *err);

/** For the console; counters since it was opened. */
struct assay__isolation_report {
    char state[16];    /* running, loading, failing, down */
    char failure[256]; /* why it is down; "" */
    char missing[ASSAY_SCANNER_MISSING_MAX]; /* of the sandbox; "" */
    int template_pid;                        /* 0: none */
    uint64_t workers, idle, most_workers;    /* most 0: no limit */
    uint64_t templates_started, workers_started;
    uint64_t crashed, timed_out, poisoned, recycled, canaries_missed;
};

void assay__isolation_look(void *instance,
                           struct assay__isolation_report *report_out);

#endif
