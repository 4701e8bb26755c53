/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One connection of a client: bytes and descriptors in, bytes out.
 *
 * Every wait ends: after a pause of the client, at the deadline of its request,
 * or when the server stops. What a client sends is read only as far as somebody
 * asks for it, so one that floods is held up by its own socket.
 *
 * A descriptor belongs to the bytes it was sent with; the kernel says where
 * they end, and may hand over earlier ones together with them. One may be
 * waiting to be taken; all that come beyond are closed at once, and remembered
 * as surplus.
 */
#ifndef ASSAY_SCANSOCKET_WIRE_H
#define ASSAY_SCANSOCKET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

/** Bytes that are read ahead; holds the longest line and its end. */
#define ASSAY__WIRE_BUFFER ((size_t)66 << 10)

enum assay__wire_result {
    ASSAY__WIRE_OK,
    ASSAY__WIRE_END,     /* the client closed, or is lost */
    ASSAY__WIRE_TIMEOUT, /* too slow */
    ASSAY__WIRE_STOPPED, /* the server stops */
    ASSAY__WIRE_TOO_LONG /* a line is longer than allowed */
};

/** What the server tells all its connections; -1: nothing. */
struct assay__wire_events {
    int drain_fd; /* readable: close what is idle */
    int abort_fd; /* readable: close all */
};

struct assay__wire {
    int fd; /* owned, as all below */
    struct assay__wire_events events;
    int64_t pause_ms;
    int64_t deadline_ms; /* of the request; 0: none is running */
    char *buffer;
    size_t start, end;  /* of what was read ahead */
    uint64_t received;  /* bytes of the connection so far */
    int descriptor;     /* -1: none waits */
    uint64_t sent_from; /* it came beside a byte from here … */
    uint64_t sent_to;   /* … to here */
    bool has_surplus;   /* more came than may */
};

/** @param fd  taken over; made non-blocking
 *  @return false when out of memory; fini all the same */
bool assay__wire_init(struct assay__wire *wire, int fd,
                      struct assay__wire_events events, int64_t pause_ms);
/** Closes all. */
void assay__wire_fini(struct assay__wire *wire);

/** From now on everything must be there within limit_ms. */
void assay__wire_begin(struct assay__wire *wire, int64_t limit_ms);
/** The request is done with. */
void assay__wire_finish(struct assay__wire *wire);

/** Wait for the first byte of a request, and leave it. An idle client goes when
 *  the server drains. @return OK; END; TIMEOUT; STOPPED */
enum assay__wire_result assay__wire_peek(struct assay__wire *wire, char *out);

/**
 * Read up to a delimiter.
 *
 * @param max       most bytes without it; below ASSAY__WIRE_BUFFER
 * @param line_out  borrowed until the next read
 * @return all; TOO_LONG
 */
enum assay__wire_result assay__wire_line(struct assay__wire *wire,
                                         char delimiter, size_t max,
                                         const char **line_out,
                                         size_t *len_out);
/** Read exactly len bytes. */
enum assay__wire_result assay__wire_read(struct assay__wire *wire, void *out,
                                         size_t len);
/**
 * Read exactly len bytes into a stream.
 * @param rc_out  not ASSAY_OK: the stream did not take them; then the rest is
 *                still on the wire and the result is OK
 */
enum assay__wire_result assay__wire_stream(struct assay__wire *wire,
                                           uint64_t len,
                                           struct assay__stream *stream,
                                           assay_rc *rc_out, assay_error *err);

/** Bytes that were handed out so far: the place in the connection. */
uint64_t assay__wire_place(const struct assay__wire *wire);
/** The descriptor that came beside bytes of [from, now). @return owned by the
 *  caller; -1: none */
int assay__wire_take_descriptor(struct assay__wire *wire, uint64_t from);
/** Whether a descriptor came with bytes that are done with, or surplus. */
bool assay__wire_has_stray(const struct assay__wire *wire);

/** Send all. The deadline of the request does not count, a pause does. */
enum assay__wire_result assay__wire_send(struct assay__wire *wire,
                                         const void *data, size_t len);
/**
 * Say that nothing follows, and give the client a moment to read what was sent
 * before the connection is closed over bytes that it still sends: closed at
 * once, it could lose the answer.
 */
void assay__wire_linger(struct assay__wire *wire);

#endif
