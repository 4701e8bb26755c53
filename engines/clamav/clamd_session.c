/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_session.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clamav_engine.h"
#include "clamd_content.h"

/* A command with its terminating NUL, as it goes over the wire. */
#define COMMAND(text)          \
    {                          \
        text, sizeof(text), -1 \
    }

enum {
    CHUNK_MAX = 1 << 30, /* of INSTREAM; clamd refuses what is over its limit
                            when it reads the length */
    CHUNKS_MAX = 8,
    CONNECT_MS = 3000 /* a clamd that is there takes a connection at once */
};

/* ---- replies ------------------------------------------------------------ */

static assay_rc explain_end(const struct assay__clamd_exchange *exchange,
                            const struct assay__clamd_reply *reply,
                            assay_error *err)
{
    if (exchange->end == ASSAY__CLAMD_END_LATE)
        return assay_error_set(err, ASSAY_E_TIMEOUT,
                               "did not answer before the deadline");
    if (exchange->end == ASSAY__CLAMD_END_FLOOD)
        return assay_error_set(err, ASSAY_E_IO,
                               "sent a reply of more than %d bytes",
                               ASSAY__CLAMD_REPLY_MAX);
    if (exchange->len == 0)
        return assay_error_set(
            err, ASSAY_E_UNAVAILABLE,
            "closed the connection without a reply%s%s",
            exchange->error ? ": " : "",
            exchange->error ? strerrordesc_np(exchange->error) : "");
    return assay_error_set(err, ASSAY_E_IO,
                           "closed the connection within its reply: %s",
                           reply->text);
}

/* Only an error can be known before everything was there to look at. */
static bool is_premature(const struct assay__clamd_exchange *exchange,
                         const struct assay__clamd_reply *reply)
{
    return !exchange->sent_all && (reply->said == ASSAY__CLAMD_SAID_NOTHING ||
                                   reply->said == ASSAY__CLAMD_SAID_EMPTY ||
                                   reply->said == ASSAY__CLAMD_SAID_FOUND ||
                                   reply->said == ASSAY__CLAMD_SAID_VERSION);
}

/* One command, in the pieces it is sent in. */
struct question {
    enum assay__clamd_command command;
    const struct assay__clamd_piece *pieces;
    size_t count;
};

static assay_rc ask(struct assay__clamd_session *session,
                    const struct question *question, int64_t deadline_ms,
                    struct assay__clamd_reply *reply, assay_error *err)
{
    struct assay__clamd_exchange *exchange = &session->exchange;

    session->is_spent = true; /* until all is well */
    session->last_id++;
    assay__clamd_connection_exchange(&session->connection, question->pieces,
                                     question->count, deadline_ms, exchange);
    assay__clamd_reply_parse(exchange->reply, exchange->len, session->last_id,
                             question->command, reply);
    if (exchange->end != ASSAY__CLAMD_END_REPLY)
        return explain_end(exchange, reply, err);
    if (is_premature(exchange, reply))
        return assay_error_set(err, ASSAY_E_IO,
                               "answered before it had everything: %s",
                               reply->text);
    if (reply->said == ASSAY__CLAMD_SAID_GARBLED)
        return assay_error_set(err, ASSAY_E_IO,
                               "did not keep to its "
                               "protocol: %s",
                               reply->text);
    /* After an error clamd may close, or have left our bytes unread. */
    session->is_spent = exchange->is_closed || !exchange->sent_all ||
                        reply->said == ASSAY__CLAMD_SAID_OVERSIZE ||
                        reply->said == ASSAY__CLAMD_SAID_REFUSED;
    session->used_at_ms = assay__clamav_now_ms();
    return ASSAY_OK;
}

/* ---- version ------------------------------------------------------------ */

/* A clamd may be told not to tell its version (EnableVersionCommand). */
static assay_rc take_version(struct assay__clamd_session *session,
                             const struct assay__clamd_reply *reply)
{
    bool is_known = reply->said == ASSAY__CLAMD_SAID_VERSION;

    (void)snprintf(session->version, sizeof session->version, "%s",
                   is_known ? reply->text : "");
    if (!session->exchange.is_closed)
        session->is_spent = false;
    return ASSAY_OK;
}

assay_rc assay__clamd_session_ask_version(struct assay__clamd_session *session,
                                          int64_t deadline_ms, assay_error *err)
{
    static const struct assay__clamd_piece pieces[] = {COMMAND("zVERSION")};
    static const struct question question = {ASSAY__CLAMD_VERSION, pieces, 1};
    struct assay__clamd_reply reply;
    assay_rc rc = ask(session, &question, deadline_ms, &reply, err);

    return rc == ASSAY_OK ? take_version(session, &reply) : rc;
}

/* ---- opening ------------------------------------------------------------ */

/* One that does not come about soon leaves time for another daemon. */
static assay_rc connect_soon(struct assay__clamd_session *session,
                             const struct assay__clamd_place *place,
                             int64_t deadline_ms, assay_error *err)
{
    int64_t soon_ms = assay__clamav_now_ms() + CONNECT_MS;
    bool is_soon = soon_ms < deadline_ms;
    assay_rc rc = assay__clamd_connection_open(
        place, is_soon ? soon_ms : deadline_ms, &session->connection, err);

    return rc == ASSAY_E_TIMEOUT && is_soon ? ASSAY_E_UNAVAILABLE : rc;
}

assay_rc assay__clamd_session_open(const struct assay__clamd_place *place,
                                   int64_t deadline_ms,
                                   struct assay__clamd_session **out,
                                   assay_error *err)
{
    static const struct assay__clamd_piece pieces[] = {COMMAND("zIDSESSION"),
                                                       COMMAND("zVERSION")};
    static const struct question question = {ASSAY__CLAMD_VERSION, pieces, 2};
    struct assay__clamd_session *session = calloc(1, sizeof *session);
    struct assay__clamd_reply reply;
    assay_rc rc;

    if (!session)
        return assay_error_set(err, ASSAY_E_NOMEM, "no memory for a session");
    session->connection.fd = -1;
    rc = connect_soon(session, place, deadline_ms, err);
    if (rc == ASSAY_OK)
        rc = ask(session, &question, deadline_ms, &reply, err);
    if (rc == ASSAY_OK)
        rc = take_version(session, &reply);
    if (rc != ASSAY_OK) {
        assay__clamd_session_close(&session);
        return rc;
    }
    *out = session;
    return ASSAY_OK;
}

void assay__clamd_session_close(struct assay__clamd_session **session)
{
    struct assay__clamd_session *mine = *session;

    *session = NULL;
    if (!mine)
        return;
    assay__clamd_connection_close(&mine->connection);
    free(mine);
}

/* ---- scanning ----------------------------------------------------------- */

/* Command and file, or command and chunks, each behind its length, and an
 * empty chunk. */
struct request {
    struct assay__clamd_piece pieces[2 * CHUNKS_MAX + 2];
    uint32_t lengths[CHUNKS_MAX + 1]; /* big-endian */
    size_t count, chunks;
};

static void add_piece(struct request *request, const void *data, size_t size)
{
    request->pieces[request->count++] =
        (struct assay__clamd_piece){data, size, -1};
}

static void add_length(struct request *request, size_t size)
{
    uint32_t *length = &request->lengths[request->chunks++];

    *length = htonl((uint32_t)size);
    add_piece(request, length, sizeof *length);
}

/* @return false when the content has more chunks than there is room for */
static bool add_stream(struct request *request,
                       const struct assay__clamd_content *content)
{
    size_t prefix = strlen(content->prefix);
    const char *data = content->data;
    size_t left = content->size;

    add_piece(request, "zINSTREAM", sizeof "zINSTREAM");
    if (prefix > 0 && left <= CHUNK_MAX - prefix) {
        /* One length for both, so that a limit is judged by the whole. */
        add_length(request, prefix + left);
        add_piece(request, content->prefix, prefix);
        add_piece(request, data, left);
        left = 0;
    } else if (prefix > 0) {
        add_length(request, prefix);
        add_piece(request, content->prefix, prefix);
    }
    while (left > 0 && request->chunks < CHUNKS_MAX) {
        size_t size = left < CHUNK_MAX ? left : CHUNK_MAX;

        add_length(request, size);
        add_piece(request, data, size);
        data += size;
        left -= size;
    }
    add_length(request, 0);
    return left == 0;
}

static void add_file(struct request *request, int fd)
{
    add_piece(request, "zFILDES", sizeof "zFILDES");
    /* Exactly one byte that means nothing. */
    request->pieces[request->count++] = (struct assay__clamd_piece){"", 1, fd};
}

assay_rc assay__clamd_session_scan(struct assay__clamd_session *session,
                                   const struct assay__clamd_content *content,
                                   int64_t deadline_ms,
                                   struct assay__clamd_reply *reply_out,
                                   assay_error *err)
{
    int fd = content->fd >= 0 ? assay__clamd_content_reopen(content) : -1;
    struct request request;
    assay_rc rc;

    request.count = request.chunks = 0;
    if (fd >= 0)
        add_file(&request, fd);
    else if (!add_stream(&request, content))
        return assay_error_set(
            err, ASSAY_E_IO, "cannot be sent %zu bytes at once", content->size);
    rc = ask(session,
             &(struct question){fd >= 0 ? ASSAY__CLAMD_FILDES
                                        : ASSAY__CLAMD_INSTREAM,
                                request.pieces, request.count},
             deadline_ms, reply_out, err);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}
