/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "spamd_connection.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "deadline.h"

enum {
    BACKLOG_WAIT_MS = 10 /* unix sockets cannot wait for room in a backlog */
};

/* @return events; 0 when the deadline passed */
static int wait_for(int fd, int events, int64_t deadline_ms)
{
    struct pollfd polled = {.fd = fd, .events = (short)events};

    for (;;) {
        int64_t left_ms = assay__cloudmark_left_ms(deadline_ms);
        int rc;

        if (left_ms == 0)
            return 0;
        rc = poll(&polled, 1, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
        if (rc > 0)
            return polled.revents;
        if (rc < 0 && errno != EINTR)
            return POLLERR;
    }
}

/* ---- connecting --------------------------------------------------------- */

static int pending_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

/* @return 0 or an errno; ETIMEDOUT when the deadline passed */
static int connect_by(int fd, const struct assay__spamd_place *place,
                      int64_t deadline_ms)
{
    while (connect(fd, (const struct sockaddr *)&place->address, place->len)) {
        if (errno == EINPROGRESS)
            return wait_for(fd, POLLOUT, deadline_ms) ? pending_error(fd)
                                                      : ETIMEDOUT;
        if (errno != EAGAIN && errno != EINTR)
            return errno;
        if (assay__cloudmark_left_ms(deadline_ms) <= BACKLOG_WAIT_MS)
            return ETIMEDOUT;
        (void)poll(NULL, 0, BACKLOG_WAIT_MS);
    }
    return 0;
}

/* @return the socket, or -1 with *error_out as errno */
static int open_place(const struct assay__spamd_place *place,
                      int64_t deadline_ms, int *error_out)
{
    int family = place->address.ss_family;
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        *error_out = errno;
        return -1;
    }
    if (family != AF_UNIX) /* it helps, and nothing depends on it */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *error_out = connect_by(fd, place, deadline_ms);
    if (*error_out == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static assay_rc no_connection(int error, assay_error *err)
{
    assay_rc rc = ASSAY_E_UNAVAILABLE;

    if (error == EMFILE || error == ENFILE)
        rc = ASSAY_E_IO; /* another server would not do better */
    else if (error == ETIMEDOUT)
        rc = ASSAY_E_TIMEOUT;
    return assay_error_set(err, rc, "cannot be reached: %s",
                           strerrordesc_np(error));
}

/* The first place that takes a connection; each has a share of the time. */
static assay_rc open_one(const struct assay__spamd_places *places,
                         int64_t deadline_ms, int *fd_out, assay_error *err)
{
    int error = ETIMEDOUT;

    for (size_t i = 0; i < places->count; i++) {
        int64_t left_ms = assay__cloudmark_left_ms(deadline_ms);
        int64_t share_ms = left_ms / (int64_t)(places->count - i);
        int fd = open_place(&places->at[i], deadline_ms - left_ms + share_ms,
                            &error);

        if (fd >= 0) {
            *fd_out = fd;
            return ASSAY_OK;
        }
    }
    return no_connection(error, err);
}

/* ---- the exchange ------------------------------------------------------- */

struct exchange {
    int fd;
    const struct assay__spamd_request *request;
    size_t sent; /* of head and body together */
    bool may_send;
    bool is_closed; /* by the peer */
    int error;      /* errno of that; 0: end of file */
};

static size_t unsent(const struct exchange *exchange)
{
    return exchange->request->head_len + exchange->request->body_len -
           exchange->sent;
}

static void send_some(struct exchange *exchange)
{
    const struct assay__spamd_request *request = exchange->request;
    size_t in_head =
        exchange->sent < request->head_len ? exchange->sent : request->head_len;
    size_t in_body = exchange->sent - in_head;
    const char *head = request->head + in_head;
    const char *body = request->body ? (const char *)request->body : "";
    struct iovec vectors[2] = {{.iov_len = request->head_len - in_head},
                               {.iov_len = request->body_len - in_body}};
    const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};
    ssize_t sent;

    body += in_body;
    /* iov_base is for reading, too, and so not const. */
    memcpy(&vectors[0].iov_base, &head, sizeof head);
    memcpy(&vectors[1].iov_base, &body, sizeof body);
    sent = sendmsg(exchange->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        exchange->sent += (size_t)sent;
    else if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
        exchange->may_send = false; /* it may have said why */
    if (unsent(exchange) == 0) {
        exchange->may_send = false;
        (void)shutdown(exchange->fd, SHUT_WR);
    }
}

/* @return false when there is no room for more */
static bool receive_some(struct exchange *exchange,
                         struct assay__spamd_answer *answer)
{
    size_t room = sizeof answer->data - answer->len;
    char spare; /* one byte more than may come is too many */
    ssize_t got =
        recv(exchange->fd, room > 0 ? answer->data + answer->len : &spare,
             room > 0 ? room : 1, MSG_DONTWAIT);

    if (got > 0) {
        answer->len += room > 0 ? (size_t)got : 0;
        return room > 0;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    exchange->is_closed = true;
    exchange->error = got < 0 ? errno : 0;
    return true;
}

static assay_rc judge(const struct exchange *exchange,
                      const struct assay__spamd_answer *answer,
                      assay_error *err)
{
    if (answer->len > 0)
        return ASSAY_OK;
    if (exchange->error)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "broke off: %s",
                               strerrordesc_np(exchange->error));
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "closed without an answer");
}

static assay_rc run(struct exchange *exchange, int64_t deadline_ms,
                    struct assay__spamd_answer *answer, assay_error *err)
{
    answer->len = 0;
    while (!exchange->is_closed) {
        int wanted = exchange->may_send ? POLLIN | POLLOUT : POLLIN;
        int events = wait_for(exchange->fd, wanted, deadline_ms);

        if (!events)
            return assay_error_set(err, ASSAY_E_TIMEOUT,
                                   "did not answer in time");
        if (events & (POLLIN | POLLHUP | POLLERR)) {
            if (!receive_some(exchange, answer))
                return assay_error_set(err, ASSAY_E_IO,
                                       "answered more than %d bytes",
                                       ASSAY__SPAMD_REPLY_MAX);
        } else if (exchange->may_send) {
            send_some(exchange);
        }
    }
    answer->is_early = unsent(exchange) > 0;
    answer->is_broken = exchange->error != 0;
    return judge(exchange, answer, err);
}

assay_rc assay__spamd_exchange(const struct assay__spamd_places *places,
                               const struct assay__spamd_request *request,
                               int64_t deadline_ms,
                               struct assay__spamd_answer *answer_out,
                               assay_error *err)
{
    struct exchange exchange = {.request = request, .may_send = true};
    assay_rc rc = open_one(places, deadline_ms, &exchange.fd, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = run(&exchange, deadline_ms, answer_out, err);
    (void)close(exchange.fd);
    return rc;
}
