/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scan socket: what the stanzas Scan_Listener ask for.
 *
 * Each listener has a thread that accepts, and each connection a thread of its
 * own, at most max_connections of them and a few more that only say so. What a
 * connection can use up is bounded by wire.h and stream.h.
 *
 *   open (before the library starts) -> start -> drain -> stop -> close
 */
#ifndef ASSAY_SCANSOCKET_SCAN_SERVER_H
#define ASSAY_SCANSOCKET_SCAN_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/assay.h>

struct assay__scan_server;

/**
 * Open all sockets that the configuration asks for; connections wait in the
 * backlog until the start. Starts no thread.
 *
 * @param library  outlives the server
 * @param log      borrowed
 * @param out      set on ASSAY_OK; NULL: there is no such stanza
 * @return ASSAY_OK; ASSAY_E_EXISTS somebody listens there; ASSAY_E_IO;
 *         ASSAY_E_NOMEM
 */
assay_rc assay__scan_server_open(assay *library, const assay_log *log,
                                 struct assay__scan_server **out,
                                 assay_error *err) ASSAY_MUST_CHECK;
/** Begin to accept. Its threads block all signals. @param server  may be NULL
 *  @return ASSAY_OK; ASSAY_E_IO */
assay_rc assay__scan_server_start(struct assay__scan_server *server,
                                  assay_error *err) ASSAY_MUST_CHECK;

/** Accept no more, and close what is idle; requests go on. May be NULL. */
void assay__scan_server_drain(struct assay__scan_server *server);
/** Requests in progress. May be NULL. */
size_t assay__scan_server_requests(struct assay__scan_server *server);
/**
 * Close all connections, but for what the library is doing for them.
 * @return false when one was left after wait_ms: then nothing may be freed
 */
bool assay__scan_server_stop(struct assay__scan_server *server,
                             int64_t wait_ms);
/** Only after stop, or without a start. Accepts NULL; sets *server to NULL. */
void assay__scan_server_close(struct assay__scan_server **server);

/** Addresses of all listeners, for the log: "unix:/a inet:1@b". */
void assay__scan_server_addresses(const struct assay__scan_server *server,
                                  char *out, size_t size);

#endif
