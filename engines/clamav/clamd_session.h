/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One IDSESSION of clamd: commands one after the other over one connection,
 * each with an id that its reply must carry.
 *
 * A session that gave any cause for doubt is spent: a reply with another id, a
 * second reply, bytes left over, a reply that is no reply, a deadline that
 * passed. It is never used again, so that a late answer to one content cannot
 * be read as that to another.
 *
 * One thread at a time.
 */
#ifndef ASSAY_ENGINE_CLAMD_SESSION_H
#define ASSAY_ENGINE_CLAMD_SESSION_H

#include "clamd_connection.h"
#include "clamd_reply.h"

struct assay__clamd_session {
    struct assay__clamd_connection connection;
    uint64_t last_id;
    int64_t used_at_ms; /* the last reply came */
    bool is_spent;
    bool is_reused;                       /* it lay idle before this use */
    char version[ASSAY_VERDICT_INFO_MAX]; /* what this clamd last said it is;
                                             "" when it does not say */
    struct assay__clamd_exchange exchange;
};

/** A content as it is sent: prefix and data, or an open file with both. */
struct assay__clamd_content {
    const char *prefix; /* NUL-terminated; "" for none */
    const void *data;
    size_t size; /* of data */
    int fd;      /* a file with the same bytes to pass instead; -1: none */
};

/**
 * Connect and ask for the version.
 *
 * @return ASSAY_OK and *out, to close; ASSAY_E_NOMEM; those of
 *         assay__clamd_connection_open(); those of _ask()
 */
assay_rc assay__clamd_session_open(const struct assay__clamd_place *place,
                                   int64_t deadline_ms,
                                   struct assay__clamd_session **out,
                                   assay_error *err);
/** Accepts NULL; sets *session to NULL. */
void assay__clamd_session_close(struct assay__clamd_session **session);

/** Ask for the version again. Errors as _scan(). */
assay_rc assay__clamd_session_ask_version(struct assay__clamd_session *session,
                                          int64_t deadline_ms,
                                          assay_error *err);

/**
 * Have one content scanned, by FILDES when it has a file, else by INSTREAM.
 *
 * @param reply_out  on ASSAY_OK; never GARBLED
 * @return ASSAY_OK; ASSAY_E_TIMEOUT; ASSAY_E_UNAVAILABLE the connection ended
 *         without a byte of reply; ASSAY_E_IO it ended within one, or the
 *         reply is not one. On failure the session is spent, and err is the
 *         tail of a sentence.
 */
assay_rc assay__clamd_session_scan(struct assay__clamd_session *session,
                                   const struct assay__clamd_content *content,
                                   int64_t deadline_ms,
                                   struct assay__clamd_reply *reply_out,
                                   assay_error *err);

#endif
