/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The console: administrators ask a running library for its state, and change
 * it, with one line of text (docs/CONSOLE.md).
 *
 * A host opens a listening unix socket and lends it to assay_control_start();
 * the answers then come from threads of the library's own, which no scan waits
 * for. A host that has a console of its own, and tests, run lines with
 * assay_control_session_run().
 */
#ifndef ASSAY_CONTROL_H
#define ASSAY_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/assay.h>
#include <assay/error.h>
#include <assay/export.h>

/** Longest command line in bytes, without its end. */
#define ASSAY_CONTROL_LINE_MAX 8192

/** What only the host can do. Members may be NULL: then the command says that
 *  this host cannot do it. Called from a thread of the console, with no lock
 *  held; must not call assay_control_stop(). */
typedef struct assay_control_host {
    /** Begin to stop as with SIGTERM; returns at once. */
    void (*shutdown)(void *arg);
    /** Open the log files again, after they were renamed. */
    assay_rc (*reopen_logs)(void *arg, assay_error *err);
    void *arg;
} assay_control_host;

/* ---- one line ---------------------------------------------------------- */

/** What a console keeps between two lines, such as an open transaction of the
 *  configuration. */
typedef struct assay__control_session assay_control_session;

/**
 * @param library     must outlive the session
 * @param host        copied; may be NULL
 * @param may_change  whether commands that change something are allowed
 * @param peer        who this is, for the log, such as "uid=0 pid=1"; copied
 * @return ASSAY_OK; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_control_session_open(
    assay *library, const assay_control_host *host, bool may_change,
    const char *peer, assay_control_session **out,
    assay_error *err) ASSAY_MUST_CHECK;
/** An open transaction is rolled back. Accepts NULL; sets *session to NULL. */
ASSAY_API void assay_control_session_close(assay_control_session **session);

/**
 * Run one command line, such as "antivirus:av1 stats --json".
 *
 * @param len        of the line, without its end; any bytes
 * @param text_out   set in every case: lines that end with LF, and say why
 *                   when the command failed; free() it; NULL: no memory
 * @return exit status: 0 done, 1 failed
 * Threads: any, one at a time for a session. Blocks: as the command does.
 */
ASSAY_API int assay_control_session_run(assay_control_session *session,
                                        const char *line, size_t len,
                                        char **text_out);

/* ---- listener ---------------------------------------------------------- */

/** Set struct_size and what you need (ASSAY_CONTROL_OPTIONS_INIT). */
typedef struct assay_control_options {
    size_t struct_size;
    int listen_fd;      /**< a unix stream socket that listens; borrowed
                             until assay_control_stop(); made non-blocking */
    int64_t admin_gid;  /**< members of this group may change things, as
                             root and the user of this process may; -1:
                             no group */
    int64_t timeout_s;  /**< longest pause between two lines of a client */
    size_t max_clients; /**< one more, and the idlest one is let go */
    assay_control_host host;
} assay_control_options;

#define ASSAY_CONTROL_OPTIONS_INIT                                     \
    {                                                                  \
        .struct_size = sizeof(assay_control_options), .listen_fd = -1, \
        .admin_gid = -1, .timeout_s = 60, .max_clients = 64            \
    }

typedef struct assay_control assay_control;

/**
 * Serve a listening socket from threads of the library.
 *
 * @param library  must outlive the listener; started or not
 * @return ASSAY_OK; ASSAY_E_INVAL options; ASSAY_E_IO; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_control_start(assay *library,
                                       const assay_control_options *options,
                                       assay_control **out,
                                       assay_error *err) ASSAY_MUST_CHECK;
/**
 * Take no more commands, wait for those that run, close all clients. The
 * listening socket stays open: it is the host's.
 *
 * @param control  accepts NULL in it; set to NULL
 * @param wait_ms  how long to wait for commands, such as one that loads
 *                 signatures; negative: for ever
 * @return false when one still ran: then it may use the library and the host's
 *         callbacks until the process ends, and nothing was freed
 */
ASSAY_API bool assay_control_stop(assay_control **control, int64_t wait_ms);

#endif
