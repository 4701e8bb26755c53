/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One request and its reply over one connection, with a deadline.
 *
 * The socket never blocks; each call ends by its deadline whatever the peer
 * does. While sending it reads, because a server may answer before the end
 * (and both would wait for ever otherwise); when it cannot send any more it
 * still reads what the server had to say. "100 Continue" is taken once, behind
 * a preview that was not all, and is against the protocol anywhere else.
 *
 * A connection that gave any cause for doubt is spent: a reply that is none,
 * bytes behind it, a deadline that passed, a content that was not taken whole.
 * It is never used again, so that a late answer to one content cannot be read
 * as that to another.
 *
 * One thread at a time.
 */
#ifndef ASSAY_ENGINE_ICAP_EXCHANGE_H
#define ASSAY_ENGINE_ICAP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/error.h>

#include "icap_reply.h"
#include "icap_request.h"
#include "icap_resolver.h"

struct assay__icap_connection {
    int fd; /* owned; -1 when closed */
    int64_t used_at_ms;
    bool is_spent;
    bool is_reused; /* it lay idle before this use */
    /* of the last exchange */
    bool was_heard;   /* a byte came */
    bool in_preview;  /* the reply is to a preview that was sent whole */
    size_t sent;      /* bytes of the content that were sent */
    bool is_all_sent; /* those are all, and the end of chunks, too */
    struct assay__icap_reply reply;
};

/**
 * @param deadline_ms  CLOCK_MONOTONIC
 * @return ASSAY_OK and *out, to close; ASSAY_E_UNAVAILABLE refused,
 *         unreachable; ASSAY_E_TIMEOUT; ASSAY_E_IO no socket can be made;
 *         ASSAY_E_NOMEM. err is the tail of a sentence.
 * Threads: any. Blocks: until the deadline.
 */
assay_rc assay__icap_connection_open(const struct assay__icap_place *place,
                                     int64_t deadline_ms,
                                     struct assay__icap_connection **out,
                                     assay_error *err);
/** Accepts NULL; sets *connection to NULL. */
void assay__icap_connection_close(struct assay__icap_connection **connection);

/** Nothing has come since the last reply, not even an end of file. */
bool assay__icap_connection_is_quiet(
    const struct assay__icap_connection *connection);

/** What is asked over a connection; borrowed. */
struct assay__icap_question {
    const struct assay__icap_request *request;
    const void *data; /* the content; NULL when size is 0 */
    size_t size;
    bool has_preview;
    size_t preview;
    uint64_t body_max; /* of the reply */
};

/**
 * @return ASSAY_OK, and connection->reply is DONE; ASSAY_E_TIMEOUT;
 *         ASSAY_E_UNAVAILABLE the connection ended without a byte of reply;
 *         ASSAY_E_IO it ended within one, or the reply is not one. On failure
 *         the connection is spent, and err is the tail of a sentence.
 */
assay_rc assay__icap_connection_ask(struct assay__icap_connection *connection,
                                    const struct assay__icap_question *question,
                                    int64_t deadline_ms, assay_error *err);

#endif
