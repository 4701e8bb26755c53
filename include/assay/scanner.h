/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scanner processes: engines in a process of their own, so that a crash, a
 * leak or a hang costs one verdict and never the host.
 *
 * The host starts `assay-scanner` with one end of a socket pair. A message
 * travels as a sealed memfd passed by descriptor; requests and replies have a
 * fixed layout whose every field is checked on both sides, so a scanner that
 * was taken over can lie about the verdict it was asked for and no more.
 */
#ifndef ASSAY_SCANNER_H
#define ASSAY_SCANNER_H

#include <assay/assay.h>

/** One scanner process as its parent sees it; scans one message at a time. */
typedef struct assay_scanner assay_scanner;

/**
 * Start a scanner process and wait until its engines are open.
 *
 * @param config_path  copied; the configuration the process opens
 * @param program      copied; NULL: libexec/assay-scanner beside libassay
 * @return ASSAY_OK; ASSAY_E_IO it cannot be started; ASSAY_E_UNAVAILABLE it
 *         ended before it was ready (its own log says why); ASSAY_E_NOMEM
 * Threads: any. Blocks: while signatures load.
 */
ASSAY_API assay_rc assay_scanner_start(const char *config_path,
                                       const char *program, assay_scanner **out,
                                       assay_error *err) ASSAY_MUST_CHECK;

/**
 * Scan one message there. A process that died or overran timeout_ms is
 * killed, the verdict is ERROR (crashed, timeout), and the next scan starts
 * a fresh one.
 *
 * @param engine      NULL: all engines of all scopes
 * @param timeout_ms  from now, transport included; 0: what the engines of
 *                    that configuration may take
 * Threads: one call at a time per scanner. Blocks: until timeout_ms, or while
 * a new process opens its engines.
 */
ASSAY_API void assay_scanner_scan(assay_scanner *scanner,
                                  assay_message *message, const char *engine,
                                  int64_t timeout_ms,
                                  assay_verdict *verdict_out);

/** Ends the process. Accepts NULL; sets *scanner to NULL. */
ASSAY_API void assay_scanner_stop(assay_scanner **scanner);

/**
 * Serve requests on a socket until the other end closes it; what
 * assay-scanner does once its configuration is open.
 *
 * @return ASSAY_OK at end of file; ASSAY_E_IO; ASSAY_E_INVAL when the parent
 *         breaks the protocol
 */
ASSAY_API assay_rc assay_scanner_serve(assay *assay_, int socket_fd,
                                       assay_error *err) ASSAY_MUST_CHECK;

/** The descriptor under which assay-scanner finds its socket. */
#define ASSAY_SCANNER_FD 3

#endif
