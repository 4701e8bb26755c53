/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_exchange.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "icap_time.h"

enum {
    /* A peer that is gone without a word is noticed by the kernel in this
     * time, too, so that idle connections do not pile up. */
    KEEPALIVE_IDLE_S = 10,
    KEEPALIVE_INTERVAL_S = 5,
    KEEPALIVE_COUNT = 3,
    USER_TIMEOUT_MS = 20000,
    RECEIVE_SIZE = 16384,
    STATUS_CONTINUE = 100
};

/* ---- connecting --------------------------------------------------------- */

/* @return events; 0 when the deadline passed */
static int wait_for(int fd, int events, int64_t deadline_ms)
{
    struct pollfd polled = {.fd = fd, .events = (short)events};

    for (;;) {
        int64_t left_ms = deadline_ms - assay__icap_now_ms();
        int rc;

        if (left_ms <= 0)
            return 0;
        rc = poll(&polled, 1, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
        if (rc > 0)
            return polled.revents;
        if (rc < 0 && errno != EINTR)
            return POLLERR;
    }
}

static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
    };

    /* They help; a scan without them still has its deadline. */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        (void)setsockopt(fd, options[i].level, options[i].name,
                         &options[i].value, sizeof options[i].value);
}

static int pending_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

/* @return 0 or an errno; ETIMEDOUT when the deadline passed */
static int connect_by(int fd, const struct assay__icap_place *place,
                      int64_t deadline_ms)
{
    if (connect(fd, (const struct sockaddr *)&place->address, place->len) == 0)
        return 0;
    if (errno != EINPROGRESS && errno != EINTR)
        return errno;
    return wait_for(fd, POLLOUT, deadline_ms) ? pending_error(fd) : ETIMEDOUT;
}

assay_rc assay__icap_connection_open(const struct assay__icap_place *place,
                                     int64_t deadline_ms,
                                     struct assay__icap_connection **out,
                                     assay_error *err)
{
    struct assay__icap_connection *connection = calloc(1, sizeof *connection);
    int error;

    if (!connection)
        return assay_error_set(err, ASSAY_E_NOMEM, "no memory to ask it");
    connection->fd = socket(place->address.ss_family,
                            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        error = errno;
        assay__icap_connection_close(&connection);
        return assay_error_set(err, ASSAY_E_IO, "has no socket here: %s",
                               strerrordesc_np(error));
    }
    set_options(connection->fd);
    error = connect_by(connection->fd, place, deadline_ms);
    if (error == 0) {
        *out = connection;
        return ASSAY_OK;
    }
    assay__icap_connection_close(&connection);
    return assay_error_set(
        err, error == ETIMEDOUT ? ASSAY_E_TIMEOUT : ASSAY_E_UNAVAILABLE,
        "cannot be reached: %s", strerrordesc_np(error));
}

void assay__icap_connection_close(struct assay__icap_connection **connection)
{
    struct assay__icap_connection *mine = *connection;

    *connection = NULL;
    if (!mine)
        return;
    if (mine->fd >= 0)
        (void)close(mine->fd);
    free(mine);
}

bool assay__icap_connection_is_quiet(
    const struct assay__icap_connection *connection)
{
    struct pollfd polled = {.fd = connection->fd, .events = POLLIN | POLLRDHUP};

    return poll(&polled, 1, 0) == 0;
}

/* ---- one exchange ------------------------------------------------------- */

struct exchange {
    struct assay__icap_connection *connection;
    const struct assay__icap_question *question;
    struct assay__icap_upload upload;
    bool may_send;       /* the peer still takes something */
    bool is_closed;      /* the peer has ended its side */
    bool has_more;       /* bytes came behind the reply */
    bool may_go_on;      /* a 100 would be right now */
    bool has_gone_on;    /* the preview was left behind */
    int error;           /* errno of the end; 0: end of file */
    const char *trouble; /* against the protocol: the tail of a sentence */
};

static void reset_reply(struct exchange *exchange)
{
    const struct assay__icap_question *question = exchange->question;

    assay__icap_reply_init(&exchange->connection->reply, question->data,
                           question->size, question->body_max);
}

static void begin(struct exchange *exchange,
                  struct assay__icap_connection *connection,
                  const struct assay__icap_question *question)
{
    *exchange = (struct exchange){
        .connection = connection, .question = question, .may_send = true};
    assay__icap_upload_init(&exchange->upload, question->request,
                            question->data, question->size);
    if (question->has_preview)
        assay__icap_upload_set_preview(&exchange->upload, question->preview);
    exchange->may_go_on =
        question->has_preview && question->size > question->preview;
    connection->in_preview = false;
    connection->was_heard = false;
    connection->is_spent = true; /* until all is well */
    connection->is_all_sent = false;
    connection->sent = 0;
    reset_reply(exchange);
}

/* Whatever is left of a preview, or of what follows it. */
static bool has_rest(const struct assay__icap_upload *upload)
{
    return upload->head_left > 0 || upload->line_at < upload->line_len ||
           upload->chunk_left > 0 || !upload->is_ended;
}

static bool has_to_send(const struct exchange *exchange)
{
    return exchange->may_send && has_rest(&exchange->upload);
}

static void send_some(struct exchange *exchange)
{
    struct iovec pieces[3];
    struct msghdr message = {
        .msg_iov = pieces,
        .msg_iovlen = assay__icap_upload_next(&exchange->upload, pieces)};
    ssize_t sent = sendmsg(exchange->connection->fd, &message,
                           MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent >= 0)
        assay__icap_upload_sent(&exchange->upload, (size_t)sent);
    else if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
        exchange->may_send = false;
    exchange->connection->sent =
        exchange->question->size - exchange->upload.data_left;
}

/* "100 Continue": the rest, please. */
static void go_on(struct exchange *exchange)
{
    if (!exchange->may_go_on || has_rest(&exchange->upload)) {
        exchange->trouble = "asks to go on where nothing waits for it";
        return;
    }
    exchange->may_go_on = false;
    exchange->has_gone_on = true;
    assay__icap_upload_go_on(&exchange->upload);
    reset_reply(exchange);
}

static void take(struct exchange *exchange, const char *data, size_t len)
{
    struct assay__icap_reply *reply = &exchange->connection->reply;

    exchange->connection->was_heard = true;
    while (len > 0 && !exchange->trouble) {
        size_t taken = assay__icap_reply_feed(reply, data, len);

        data += taken;
        len -= taken;
        if (reply->state == ASSAY__ICAP_BAD) {
            exchange->trouble = reply->trouble;
        } else if (reply->state == ASSAY__ICAP_DONE &&
                   reply->icap.status == STATUS_CONTINUE) {
            go_on(exchange);
        } else if (reply->state == ASSAY__ICAP_DONE) {
            exchange->has_more = len > 0;
            return;
        }
    }
}

/* The peer's next segment may wait for this acknowledgement (RFC 896): then a
 * reply in several of them would take longer, and a reply too many would come
 * only after the next request has begun. */
static void acknowledge(int fd)
{
    const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void receive_some(struct exchange *exchange)
{
    char data[RECEIVE_SIZE];
    ssize_t got =
        recv(exchange->connection->fd, data, sizeof data, MSG_DONTWAIT);

    if (got > 0) {
        acknowledge(exchange->connection->fd);
        take(exchange, data, (size_t)got);
    } else if (got == 0) {
        exchange->is_closed = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        exchange->is_closed = true;
        exchange->error = errno;
    }
}

/* @return false when the deadline passed */
static bool run(struct exchange *exchange, int64_t deadline_ms)
{
    const struct assay__icap_reply *reply = &exchange->connection->reply;

    while (!exchange->is_closed && !exchange->trouble &&
           reply->state != ASSAY__ICAP_DONE) {
        bool want_send = has_to_send(exchange);
        int events =
            wait_for(exchange->connection->fd,
                     want_send ? POLLIN | POLLOUT : POLLIN, deadline_ms);

        if (!events)
            return false;
        if (events & (POLLIN | POLLHUP | POLLERR))
            receive_some(exchange);
        else if (want_send)
            send_some(exchange);
    }
    return true;
}

/* ---- what came of it ---------------------------------------------------- */

static bool is_last(const struct assay__icap_head *head)
{
    const char *value = assay__icap_head_get(head, "Connection");

    return value && !strcasecmp(value, "close");
}

/* The connection serves again if both sides know that all is said: what was
 * begun is sent, and a preview without an answer to go on is the end of it. */
static bool is_reusable(const struct exchange *exchange)
{
    const struct assay__icap_reply *reply = &exchange->connection->reply;

    return !exchange->has_more && !reply->is_bare && exchange->may_send &&
           !has_to_send(exchange) && !is_last(&reply->icap);
}

static assay_rc explain_end(const struct exchange *exchange, assay_error *err)
{
    const char *reason =
        exchange->error ? strerrordesc_np(exchange->error) : "";

    if (!exchange->connection->was_heard)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "closed the connection without a reply%s%s",
                               exchange->error ? ": " : "", reason);
    return assay_error_set(err, ASSAY_E_IO,
                           "closed the connection within its reply%s%s",
                           exchange->error ? ": " : "", reason);
}

assay_rc assay__icap_connection_ask(struct assay__icap_connection *connection,
                                    const struct assay__icap_question *question,
                                    int64_t deadline_ms, assay_error *err)
{
    struct exchange exchange;

    begin(&exchange, connection, question);
    if (!run(&exchange, deadline_ms))
        return assay_error_set(err, ASSAY_E_TIMEOUT,
                               "did not answer before the deadline");
    if (exchange.trouble)
        return assay_error_set(err, ASSAY_E_IO, "sent a reply that %s",
                               exchange.trouble);
    if (connection->reply.state != ASSAY__ICAP_DONE)
        return explain_end(&exchange, err);
    if (exchange.has_more && !connection->reply.is_bare)
        return assay_error_set(err, ASSAY_E_IO, "sent more than one reply");
    connection->is_all_sent =
        connection->sent == question->size && !has_rest(&exchange.upload);
    connection->in_preview = question->has_preview && !exchange.has_gone_on &&
                             !has_rest(&exchange.upload);
    connection->is_spent = !is_reusable(&exchange);
    connection->used_at_ms = assay__icap_now_ms();
    return ASSAY_OK;
}
