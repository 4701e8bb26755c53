/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_connection.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clamav_engine.h"

enum {
    /* A peer that is gone without a word is noticed by the kernel in this
     * time, too, so that idle connections do not pile up. */
    KEEPALIVE_IDLE_S = 10,
    KEEPALIVE_INTERVAL_S = 5,
    KEEPALIVE_COUNT = 3,
    USER_TIMEOUT_MS = 20000,
    BACKLOG_WAIT_MS = 10, /* unix sockets cannot wait for room in a backlog */
    VECTORS_MAX = 8
};

/* ---- waiting ------------------------------------------------------------ */

/* @return events; 0 when the deadline passed */
static int wait_for(int fd, int events, int64_t deadline_ms)
{
    struct pollfd polled = {.fd = fd, .events = (short)events};

    for (;;) {
        int64_t left_ms = deadline_ms - assay__clamav_now_ms();
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

/* ---- connecting --------------------------------------------------------- */

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
static int connect_by(int fd, const struct assay__clamd_place *place,
                      int64_t deadline_ms)
{
    while (connect(fd, (const struct sockaddr *)&place->address, place->len)) {
        if (errno == EINPROGRESS)
            return wait_for(fd, POLLOUT, deadline_ms) ? pending_error(fd)
                                                      : ETIMEDOUT;
        if (errno != EAGAIN && errno != EINTR)
            return errno;
        if (assay__clamav_now_ms() + BACKLOG_WAIT_MS >= deadline_ms)
            return ETIMEDOUT;
        (void)poll(NULL, 0, BACKLOG_WAIT_MS);
    }
    return 0;
}

assay_rc assay__clamd_connection_open(const struct assay__clamd_place *place,
                                      int64_t deadline_ms,
                                      struct assay__clamd_connection *out,
                                      assay_error *err)
{
    int family = place->address.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "no socket for it: %s",
                               strerrordesc_np(errno));
    if (family != AF_UNIX)
        set_options(fd);
    error = connect_by(fd, place, deadline_ms);
    if (error == 0) {
        out->fd = fd;
        return ASSAY_OK;
    }
    (void)close(fd);
    return assay_error_set(
        err, error == ETIMEDOUT ? ASSAY_E_TIMEOUT : ASSAY_E_UNAVAILABLE,
        "cannot be reached: %s", strerrordesc_np(error));
}

void assay__clamd_connection_close(struct assay__clamd_connection *connection)
{
    if (connection->fd >= 0)
        (void)close(connection->fd);
    connection->fd = -1;
}

bool assay__clamd_connection_is_quiet(
    const struct assay__clamd_connection *connection)
{
    struct pollfd polled = {.fd = connection->fd, .events = POLLIN | POLLRDHUP};

    return poll(&polled, 1, 0) == 0;
}

/* ---- sending ------------------------------------------------------------ */

/* What is left to send. */
struct sending {
    const struct assay__clamd_piece *pieces;
    size_t count;  /* pieces left */
    size_t offset; /* in the first of them */
};

static void advance(struct sending *sending, size_t sent)
{
    while (sending->count > 0 &&
           sent >= sending->pieces->size - sending->offset) {
        sent -= sending->pieces->size - sending->offset;
        sending->offset = 0;
        sending->pieces++;
        sending->count--;
    }
    sending->offset += sent;
}

static ssize_t send_descriptor(int socket_fd,
                               const struct assay__clamd_piece *piece)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec vector;
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    struct cmsghdr *header;

    memset(&control, 0, sizeof control);
    memcpy(&vector.iov_base, &piece->data, sizeof vector.iov_base);
    vector.iov_len = piece->size;
    header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &piece->fd, sizeof(int));
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* All pieces up to one with a descriptor, which goes alone. */
static ssize_t send_bytes(int socket_fd, const struct sending *sending)
{
    struct iovec vectors[VECTORS_MAX];
    struct msghdr message = {.msg_iov = vectors};
    size_t offset = sending->offset;

    for (size_t i = 0; i < sending->count && i < VECTORS_MAX; i++) {
        const struct assay__clamd_piece *piece = &sending->pieces[i];
        const char *data = piece->data;

        if (piece->fd >= 0)
            break;
        data += offset;
        /* iov_base is for reading, too, and so not const. */
        memcpy(&vectors[i].iov_base, &data, sizeof data);
        vectors[i].iov_len = piece->size - offset;
        offset = 0;
        message.msg_iovlen++;
    }
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* @return false when no more can be sent for good */
static bool send_some(int socket_fd, struct sending *sending)
{
    ssize_t sent = sending->pieces->fd >= 0
                       ? send_descriptor(socket_fd, sending->pieces)
                       : send_bytes(socket_fd, sending);

    if (sent < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
    advance(sending, (size_t)sent);
    return true;
}

/* ---- receiving ---------------------------------------------------------- */

/* @return false when out->end is decided */
static bool receive_some(int socket_fd, struct assay__clamd_exchange *out)
{
    size_t room = sizeof out->reply - out->len;
    ssize_t got = recv(socket_fd, out->reply + out->len, room, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0) {
        out->end = ASSAY__CLAMD_END_CLOSED;
        out->error = got < 0 ? errno : 0;
        return false;
    }
    out->len += (size_t)got;
    if (memchr(out->reply + out->len - (size_t)got, '\0', (size_t)got)) {
        out->end = ASSAY__CLAMD_END_REPLY;
        return false;
    }
    if (out->len == sizeof out->reply) {
        out->end = ASSAY__CLAMD_END_FLOOD;
        return false;
    }
    return true;
}

/* Behind a reply: whatever is there already belongs to no command. */
static void receive_rest(int socket_fd, struct assay__clamd_exchange *out)
{
    size_t room = sizeof out->reply - out->len;
    ssize_t got =
        room == 0 ? 0
                  : recv(socket_fd, out->reply + out->len, room, MSG_DONTWAIT);

    if (got > 0)
        out->len += (size_t)got;
    else if (got == 0 || errno != EAGAIN)
        out->is_closed = true;
}

void assay__clamd_connection_exchange(
    const struct assay__clamd_connection *connection,
    const struct assay__clamd_piece *pieces, size_t count, int64_t deadline_ms,
    struct assay__clamd_exchange *out)
{
    struct sending sending = {pieces, count, 0};
    bool may_send = true;
    bool go_on = true;

    out->sent_all = out->is_closed = false;
    out->error = 0;
    out->len = 0;
    while (go_on) {
        bool want_send = may_send && sending.count > 0;
        int events = wait_for(
            connection->fd, want_send ? POLLIN | POLLOUT : POLLIN, deadline_ms);

        if (!events) {
            out->end = ASSAY__CLAMD_END_LATE;
            return;
        }
        if (events & (POLLIN | POLLHUP | POLLERR))
            go_on = receive_some(connection->fd, out);
        else if (want_send)
            may_send = send_some(connection->fd, &sending);
        if (sending.count == 0 && out->len == 0)
            out->sent_all = true;
    }
    if (out->end == ASSAY__CLAMD_END_REPLY)
        receive_rest(connection->fd, out);
}
