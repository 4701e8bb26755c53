/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    LINGER_MS = 2000,
    /* Descriptors that one recvmsg() hands over; the kernel closes the rest,
     * up to SCM_MAX_FD of them, and says MSG_CTRUNC. */
    DESCRIPTORS_AT_ONCE = 8
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool assay__wire_init(struct assay__wire *wire, int fd,
                      struct assay__wire_events events, int64_t pause_ms)
{
    int flags = fcntl(fd, F_GETFL);

    *wire = (struct assay__wire){
        .fd = fd,
        .events = events,
        .pause_ms = pause_ms,
        .buffer = malloc(ASSAY__WIRE_BUFFER),
        .descriptor = -1,
    };
    return wire->buffer && flags >= 0 &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static void close_descriptor(struct assay__wire *wire)
{
    if (wire->descriptor >= 0)
        (void)close(wire->descriptor);
    wire->descriptor = -1;
}

void assay__wire_fini(struct assay__wire *wire)
{
    close_descriptor(wire);
    if (wire->fd >= 0)
        (void)close(wire->fd);
    wire->fd = -1;
    free(wire->buffer);
    wire->buffer = NULL;
}

void assay__wire_begin(struct assay__wire *wire, int64_t limit_ms)
{
    wire->deadline_ms = now_ms() + limit_ms;
}

void assay__wire_finish(struct assay__wire *wire)
{
    wire->deadline_ms = 0;
}

/* ---- waiting ----------------------------------------------------------- */

enum waiting { FOR_REQUEST, FOR_BYTES, TO_SEND };

static enum assay__wire_result wait_until(const struct assay__wire *wire,
                                          enum waiting waiting, int64_t until)
{
    struct pollfd fds[] = {
        {.fd = wire->fd, .events = waiting == TO_SEND ? POLLOUT : POLLIN},
        {.fd = wire->events.abort_fd, .events = POLLIN},
        {.fd = waiting == FOR_REQUEST ? wire->events.drain_fd : -1,
         .events = POLLIN},
    };

    for (;;) {
        int64_t left = until - now_ms();
        int ready = poll(fds, sizeof fds / sizeof *fds,
                         left > 0 ? (int)(left < 3600000 ? left : 3600000) : 0);

        if (ready < 0 && errno != EINTR)
            return ASSAY__WIRE_END;
        if (ready > 0 && (fds[1].revents != 0 || fds[2].revents != 0))
            return ASSAY__WIRE_STOPPED;
        if (ready > 0)
            return ASSAY__WIRE_OK;
        if (now_ms() >= until)
            return ASSAY__WIRE_TIMEOUT;
    }
}

/* Never later than a pause from now, nor than the deadline of the request. */
static enum assay__wire_result wait_for(const struct assay__wire *wire,
                                        enum waiting waiting)
{
    int64_t until = now_ms() + wire->pause_ms;

    if (waiting == FOR_BYTES && wire->deadline_ms != 0 &&
        wire->deadline_ms < until)
        until = wire->deadline_ms;
    return wait_until(wire, waiting, until);
}

/* A client that drips is ready each time: the deadline is looked at as well. */
static bool is_late(const struct assay__wire *wire)
{
    return wire->deadline_ms != 0 && now_ms() >= wire->deadline_ms;
}

/* ---- receiving --------------------------------------------------------- */

union control {
    char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_AT_ONCE)];
    struct cmsghdr align;
};

static void keep_descriptor(struct assay__wire *wire, int fd, size_t len)
{
    if (wire->descriptor >= 0) {
        (void)close(fd);
        wire->has_surplus = true;
        return;
    }
    wire->descriptor = fd;
    wire->sent_from = wire->received;
    wire->sent_to = wire->received + len;
}

/* All that came is either kept or closed. */
static void keep_descriptors(struct assay__wire *wire, struct msghdr *message,
                             size_t len)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    if ((message->msg_flags & MSG_CTRUNC) != 0)
        wire->has_surplus = true;
    for (; header; header = CMSG_NXTHDR(message, header)) {
        size_t count;

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            keep_descriptor(wire, fd, len);
        }
    }
}

/* @return bytes; 0: the client closed; -1 with errno */
static ssize_t receive(struct assay__wire *wire, void *out, size_t size)
{
    struct iovec part = {.iov_base = out, .iov_len = size};
    union control control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    ssize_t got = recvmsg(wire->fd, &message, MSG_CMSG_CLOEXEC);

    if (got < 0)
        return -1;
    keep_descriptors(wire, &message, (size_t)got);
    wire->received += (uint64_t)got;
    return got;
}

static enum assay__wire_result receive_some(struct assay__wire *wire,
                                            enum waiting waiting, void *out,
                                            size_t size, size_t *got_out)
{
    for (;;) {
        enum assay__wire_result result = wait_for(wire, waiting);
        ssize_t got;

        if (result != ASSAY__WIRE_OK)
            return result;
        if (is_late(wire))
            return ASSAY__WIRE_TIMEOUT;
        got = receive(wire, out, size);
        if (got > 0) {
            *got_out = (size_t)got;
            return ASSAY__WIRE_OK;
        }
        if (got == 0 ||
            (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
            return ASSAY__WIRE_END;
    }
}

static enum assay__wire_result fill(struct assay__wire *wire,
                                    enum waiting waiting)
{
    enum assay__wire_result result;
    size_t got;

    if (wire->start > 0) {
        memmove(wire->buffer, wire->buffer + wire->start,
                wire->end - wire->start);
        wire->end -= wire->start;
        wire->start = 0;
    }
    result = receive_some(wire, waiting, wire->buffer + wire->end,
                          ASSAY__WIRE_BUFFER - wire->end, &got);
    if (result == ASSAY__WIRE_OK)
        wire->end += got;
    return result;
}

enum assay__wire_result assay__wire_peek(struct assay__wire *wire, char *out)
{
    enum assay__wire_result result = ASSAY__WIRE_OK;

    if (wire->start == wire->end)
        result = fill(wire, FOR_REQUEST);
    if (result == ASSAY__WIRE_OK)
        *out = wire->buffer[wire->start];
    return result;
}

enum assay__wire_result assay__wire_line(struct assay__wire *wire,
                                         char delimiter, size_t max,
                                         const char **line_out, size_t *len_out)
{
    size_t looked = 0; /* bytes that have no delimiter */

    for (;;) {
        const char *line = wire->buffer + wire->start;
        size_t have = wire->end - wire->start;
        const char *end = memchr(line + looked, delimiter, have - looked);
        enum assay__wire_result result;

        if (end && (size_t)(end - line) <= max) {
            *line_out = line;
            *len_out = (size_t)(end - line);
            wire->start += *len_out + 1;
            return ASSAY__WIRE_OK;
        }
        if (end || have > max)
            return ASSAY__WIRE_TOO_LONG;
        looked = have;
        result = fill(wire, FOR_BYTES);
        if (result != ASSAY__WIRE_OK)
            return result;
    }
}

/* What was read ahead, at most len bytes of it. */
static size_t take_ahead(struct assay__wire *wire, void *out, size_t len)
{
    size_t have = wire->end - wire->start;

    if (have > len)
        have = len;
    if (have > 0)
        memcpy(out, wire->buffer + wire->start, have);
    wire->start += have;
    return have;
}

enum assay__wire_result assay__wire_read(struct assay__wire *wire, void *out,
                                         size_t len)
{
    char *to = out;
    size_t done = take_ahead(wire, to, len);

    while (done < len) {
        size_t got;
        enum assay__wire_result result =
            receive_some(wire, FOR_BYTES, to + done, len - done, &got);

        if (result != ASSAY__WIRE_OK)
            return result;
        done += got;
    }
    return ASSAY__WIRE_OK;
}

enum assay__wire_result assay__wire_stream(struct assay__wire *wire,
                                           uint64_t len,
                                           struct assay__stream *stream,
                                           assay_rc *rc_out, assay_error *err)
{
    *rc_out = ASSAY_OK;
    while (len > 0) {
        enum assay__wire_result result;
        size_t room, got;

        *rc_out = assay__stream_room(
            stream, len < SIZE_MAX ? (size_t)len : SIZE_MAX, &room, err);
        if (*rc_out != ASSAY_OK)
            return ASSAY__WIRE_OK;
        got = take_ahead(wire, stream->data + stream->len, room);
        if (got == 0) {
            result = receive_some(wire, FOR_BYTES, stream->data + stream->len,
                                  room, &got);
            if (result != ASSAY__WIRE_OK)
                return result;
        }
        stream->len += got;
        len -= got;
    }
    return ASSAY__WIRE_OK;
}

/* ---- descriptors ------------------------------------------------------- */

uint64_t assay__wire_place(const struct assay__wire *wire)
{
    return wire->received - (wire->end - wire->start);
}

int assay__wire_take_descriptor(struct assay__wire *wire, uint64_t from)
{
    int fd = wire->descriptor;

    if (fd < 0 || wire->sent_to <= from ||
        wire->sent_from >= assay__wire_place(wire))
        return -1;
    wire->descriptor = -1;
    return fd;
}

bool assay__wire_has_stray(const struct assay__wire *wire)
{
    return wire->has_surplus ||
           (wire->descriptor >= 0 && wire->sent_to <= assay__wire_place(wire));
}

/* ---- sending ----------------------------------------------------------- */

enum assay__wire_result assay__wire_send(struct assay__wire *wire,
                                         const void *data, size_t len)
{
    const char *from = data;
    int64_t until = now_ms() + wire->pause_ms;

    while (len > 0) {
        ssize_t sent = send(wire->fd, from, len, MSG_NOSIGNAL);
        enum assay__wire_result result;

        if (sent > 0) {
            from += sent;
            len -= (size_t)sent;
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return ASSAY__WIRE_END;
        result = wait_until(wire, TO_SEND, until);
        if (result != ASSAY__WIRE_OK)
            return result;
    }
    return ASSAY__WIRE_OK;
}

void assay__wire_linger(struct assay__wire *wire)
{
    int64_t until = now_ms() + LINGER_MS;

    close_descriptor(wire);
    if (shutdown(wire->fd, SHUT_WR) != 0)
        return;
    while (now_ms() < until &&
           wait_until(wire, FOR_REQUEST, until) == ASSAY__WIRE_OK) {
        ssize_t got = receive(wire, wire->buffer, ASSAY__WIRE_BUFFER);

        close_descriptor(wire);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
            return;
    }
}
