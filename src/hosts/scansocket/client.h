/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A client of the scan socket, and what all that speak with it share.
 *
 * The room, from the socket inwards:
 *
 *   scan_server.c   listeners, threads, drain and stop
 *   gate.c          how many connections and requests there are
 *   wire.c          one connection: bytes, descriptors, deadlines
 *   stream.c        what a client sent, within its limits
 *   clamd.c         the clamd protocol; clamd_text.c its lines
 *   assay_talk.c    the assay protocol; request.c and answer.c its lines
 *   policy_check.c  a request through a session of the whole policy
 *   judge.c         bytes through the antivirus scopes
 *   mail_guess.c    whether bytes are a mail
 */
#ifndef ASSAY_SCANSOCKET_CLIENT_H
#define ASSAY_SCANSOCKET_CLIENT_H

#include <assay/assay.h>

#include "gate.h"
#include "stanzas/scan_stanza.h"
#include "wire.h"

/** A client that is told to come again: over max_connections. */
#define ASSAY__CLIENT_REFUSAL "Too many connections"

struct assay__client {
    assay *library;
    const assay_log *log;
    const char *listener; /* instance name of its stanza */
    const struct assay__scan_settings *settings;
    struct assay__budget *budget;
    struct assay__gate *gate;
    struct assay__wire wire;
    char peer[64];   /* for the log: "uid=… pid=…" or "address=…" */
    bool is_local;   /* on a unix socket */
    bool is_refused; /* one too many */
    bool lingers;    /* it may still be sending: see assay__wire_linger() */
};

/** Text for the log, between quotes: neither ends them nor the line. */
struct assay__client_text {
    char text[600];
};

/** @return out->text */
const char *assay__client_quote(struct assay__client_text *out,
                                const char *text);

/** Milliseconds of a clock that never goes back. */
int64_t assay__client_now_ms(void);

/** Log a verdict. @param what  "what=… size=…", made by the caller */
void assay__client_log_verdict(const struct assay__client *client,
                               const char *what, const assay_verdict *verdict,
                               int64_t since_ms);

/** Log why a request got no verdict. */
void assay__client_log_fault(const struct assay__client *client,
                             const char *what, const char *reason);

#endif
