/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One connection to a clamd: connect, send and receive with a deadline.
 *
 * The socket never blocks; each call ends by its deadline whatever the peer
 * does. While sending it reads, because clamd may answer before the end (and
 * both would wait for ever otherwise); when it cannot send any more it still
 * reads what the peer had to say. A reply is bounded.
 */
#ifndef ASSAY_ENGINE_CLAMD_CONNECTION_H
#define ASSAY_ENGINE_CLAMD_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <assay/error.h>

/* Longest reply: an id, a subject, a name or an error text. */
enum { ASSAY__CLAMD_REPLY_MAX = 4096 };

/** Where to connect to; of what family ss_family says. */
struct assay__clamd_place {
    struct sockaddr_storage address;
    socklen_t len;
};

struct assay__clamd_connection {
    int fd; /* owned; -1 when closed */
};

/** A part of what is sent; borrowed. */
struct assay__clamd_piece {
    const void *data;
    size_t size;
    int fd; /* sent along with a piece of one byte; -1: none */
};

enum assay__clamd_end {
    ASSAY__CLAMD_END_REPLY = 0, /* a terminator came */
    ASSAY__CLAMD_END_LATE,      /* the deadline passed */
    ASSAY__CLAMD_END_CLOSED,    /* end of file, reset or another error */
    ASSAY__CLAMD_END_FLOOD      /* more than ASSAY__CLAMD_REPLY_MAX */
};

/** What came of one exchange. */
struct assay__clamd_exchange {
    enum assay__clamd_end end;
    bool sent_all;  /* before the first byte of the reply came */
    bool is_closed; /* the peer closed behind its reply */
    int error;      /* errno of CLOSED; 0: end of file */
    size_t len;     /* bytes received, with the terminator */
    char reply[ASSAY__CLAMD_REPLY_MAX];
};

/**
 * @param deadline_ms  CLOCK_MONOTONIC
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE refused, unreachable; ASSAY_E_TIMEOUT;
 *         ASSAY_E_IO no socket can be made. err is the tail of a sentence
 *         ("cannot be reached: connection refused").
 * Threads: any. Blocks: until the deadline.
 */
assay_rc assay__clamd_connection_open(const struct assay__clamd_place *place,
                                      int64_t deadline_ms,
                                      struct assay__clamd_connection *out,
                                      assay_error *err);
/** Nothing when closed. */
void assay__clamd_connection_close(struct assay__clamd_connection *connection);

/** Nothing has come since the last reply, not even an end of file. */
bool assay__clamd_connection_is_quiet(
    const struct assay__clamd_connection *connection);

/** Send all pieces and receive up to a NUL and what is there behind it. */
void assay__clamd_connection_exchange(
    const struct assay__clamd_connection *connection,
    const struct assay__clamd_piece *pieces, size_t count, int64_t deadline_ms,
    struct assay__clamd_exchange *out);

#endif
