/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 16 * 1024 };

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void assay__exim_client_set_timeout(struct assay__exim_client *client,
                                    int timeout_s)
{
    client->deadline_ms = now_ms() + (int64_t)timeout_s * 1000;
}

/* A full queue of a unix socket cannot be polled for: a socket that does not
 * block is refused there at once. So connecting blocks, for a bounded time. */
static bool connect_within(int fd, const struct sockaddr_un *address,
                           int64_t wait_ms)
{
    int64_t end_ms = now_ms() + wait_ms;

    for (;;) {
        int64_t left_ms = end_ms - now_ms();
        struct timeval left;

        if (left_ms <= 0) {
            errno = ETIMEDOUT;
            return false;
        }
        left.tv_sec = (time_t)(left_ms / 1000);
        left.tv_usec = (suseconds_t)(left_ms % 1000 * 1000);
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left) != 0)
            return false;
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            return true;
        if (errno != EINTR && errno != EAGAIN)
            return false;
    }
}

bool assay__exim_client_open(struct assay__exim_client *client,
                             const struct assay__exim_options *options,
                             struct assay__exim_reason *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int64_t wait_ms = client->deadline_ms - now_ms();

    _Static_assert(sizeof address.sun_path == sizeof options->socket,
                   "a socket that options take has an address");
    memcpy(address.sun_path, options->socket, sizeof address.sun_path);
    if (wait_ms > (int64_t)options->connect_timeout_s * 1000)
        wait_ms = (int64_t)options->connect_timeout_s * 1000;
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd >= 0 && connect_within(client->fd, &address, wait_ms) &&
        fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0)
        return true;
    (void)assay__exim_reason_set(why, "assayd at %s: %s", options->socket,
                                 strerrordesc_np(errno));
    assay__exim_client_close(client);
    return false;
}

static bool wait_for(const struct assay__exim_client *client, short events,
                     struct assay__exim_reason *why)
{
    struct pollfd one = {.fd = client->fd, .events = events};

    for (;;) {
        int64_t left_ms = client->deadline_ms - now_ms();
        int ready;

        if (left_ms <= 0)
            return assay__exim_reason_set(why, "assayd did not answer in time");
        ready = poll(&one, 1, (int)left_ms);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return assay__exim_reason_set(why, "poll: %s",
                                          strerrordesc_np(errno));
    }
}

static ssize_t send_some(int to, const void *bytes, size_t length, int fd)
{
    union {
        struct cmsghdr header; /* for its alignment */
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    /* sendmsg() does not write to what it sends. */
    struct iovec piece = {.iov_len = length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    memcpy(&piece.iov_base, &bytes, sizeof bytes);
    if (fd >= 0) {
        struct cmsghdr *header;

        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return sendmsg(to, &message, MSG_NOSIGNAL);
}

bool assay__exim_client_send(struct assay__exim_client *client,
                             const void *bytes, size_t length, int fd,
                             struct assay__exim_reason *why)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t sent = send_some(client->fd, at, length, fd);

        if (sent >= 0) {
            at += sent;
            length -= (size_t)sent;
            fd = -1;
        } else if (errno == EAGAIN) {
            if (!wait_for(client, POLLOUT, why))
                return false;
        } else if (errno != EINTR) {
            return assay__exim_reason_set(why, "sending to assayd: %s",
                                          strerrordesc_np(errno));
        }
    }
    return true;
}

bool assay__exim_client_receive(struct assay__exim_client *client,
                                struct assay__exim_buffer *buffer,
                                struct assay__exim_reason *why)
{
    char piece[RECEIVE_BYTES];
    ssize_t got;

    do {
        if (!wait_for(client, POLLIN, why))
            return false;
        got = recv(client->fd, piece, sizeof piece, MSG_DONTWAIT);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0)
        return assay__exim_reason_set(why, "reading from assayd: %s",
                                      strerrordesc_np(errno));
    if (got == 0)
        return assay__exim_reason_set(why, "assayd closed the connection");
    assay__exim_buffer_add(buffer, piece, (size_t)got);
    if (buffer->failed)
        return assay__exim_reason_set(
            why, "assayd's answer is over %zu bytes, or memory is short",
            buffer->limit);
    return true;
}

void assay__exim_client_close(struct assay__exim_client *client)
{
    if (client->fd < 0)
        return;
    (void)shutdown(client->fd, SHUT_RDWR);
    (void)close(client->fd);
    client->fd = -1;
}
