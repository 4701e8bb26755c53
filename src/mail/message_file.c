/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Messages from an MTA's spool: descriptors instead of bytes, and lines that
 * end with LF alone.
 */
#include "mail/message_priv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024 };

static bool ends_with_cr(const assay_message *message)
{
    size_t len = message->built.len;

    return len > 0 && message->built.data[len - 1] == '\r';
}

assay_rc assay_message_append_text(assay_message *message, const void *data,
                                   size_t len, assay_error *err)
{
    const char *text = data;
    bool after_cr = ends_with_cr(message);
    assay_rc rc = ASSAY_OK;

    if (!data && len > 0)
        return assay_message_append(message, data, len, err);
    do {
        const char *lf = len > 0 ? memchr(text, '\n', len) : NULL;
        size_t line = lf ? (size_t)(lf - text) : len;

        if (line > 0)
            after_cr = text[line - 1] == '\r';
        rc = assay_message_append(message, text, line, err);
        if (rc == ASSAY_OK && lf)
            rc = assay_message_append(message, after_cr ? "\n" : "\r\n",
                                      after_cr ? 1 : 2, err);
        after_cr = false;
        text = lf ? lf + 1 : text;
        len = lf ? len - line - 1 : 0;
    } while (len > 0 && rc == ASSAY_OK);
    return rc;
}

static assay_rc read_some(int fd, char *out, size_t len, uint64_t offset,
                          size_t *got_out, assay_error *err)
{
    ssize_t got;

    do {
        got = pread(fd, out, len, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return assay_error_set(err, ASSAY_E_IO, "reading the message: %s",
                               strerrordesc_np(errno));
    *got_out = (size_t)got;
    return ASSAY_OK;
}

/* Files of /proc and the like have more than their size says, and others grow:
 * what was not read must not be part of a verdict. */
static assay_rc check_end(int fd, uint64_t size, assay_error *err)
{
    size_t got = 0;
    char more;
    assay_rc rc = read_some(fd, &more, 1, size, &got, err);

    if (rc == ASSAY_OK && got > 0)
        rc = assay_error_set(err, ASSAY_E_IO,
                             "the message has more than the size of its file");
    return rc;
}

/* Exactly len bytes, or an error. */
static assay_rc read_piece(int fd, char *piece, size_t len, uint64_t offset,
                           assay_error *err)
{
    size_t got;

    for (size_t have = 0; have < len; have += got) {
        assay_rc rc =
            read_some(fd, piece + have, len - have, offset + have, &got, err);

        if (rc != ASSAY_OK)
            return rc;
        if (got == 0)
            return assay_error_set(err, ASSAY_E_IO,
                                   "the message became shorter while it was "
                                   "read");
    }
    return ASSAY_OK;
}

static assay_rc append_range(assay_message *message, int fd, uint64_t from,
                             uint64_t to, uint32_t flags, assay_error *err)
{
    char *piece = malloc(PIECE_BYTES);
    assay_rc rc = ASSAY_OK;

    if (!piece)
        return assay_error_set(err, ASSAY_E_NOMEM, "message bytes");
    while (from < to && rc == ASSAY_OK) {
        size_t len =
            to - from < PIECE_BYTES ? (size_t)(to - from) : (size_t)PIECE_BYTES;

        rc = read_piece(fd, piece, len, from, err);
        if (rc == ASSAY_OK && flags & ASSAY_MESSAGE_LF)
            rc = assay_message_append_text(message, piece, len, err);
        else if (rc == ASSAY_OK)
            rc = assay_message_append(message, piece, len, err);
        from += len;
    }
    free(piece);
    return rc == ASSAY_OK ? check_end(fd, to, err) : rc;
}

static assay_rc append_file(assay_message *message, int fd, uint64_t offset,
                            uint32_t flags, assay_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return assay_error_set(err, ASSAY_E_IO, "the message's file: %s",
                               strerrordesc_np(errno));
    if (flags & ~(uint32_t)ASSAY_MESSAGE_LF)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "no such flags for the message's file: %#x",
                               (unsigned)flags);
    if (!S_ISREG(st.st_mode))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the message is not in a regular file");
    if (offset > (uint64_t)st.st_size)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the message's file has %jd bytes and is to be "
                               "read from %ju on",
                               (intmax_t)st.st_size, (uintmax_t)offset);
    if ((uint64_t)st.st_size - offset >
        message->limits.max_message_bytes - message->built.len)
        return assay_error_set(err, ASSAY_E_LIMIT, "message is over %zu bytes",
                               message->limits.max_message_bytes);
    return append_range(message, fd, offset, (uint64_t)st.st_size, flags, err);
}

assay_rc assay_message_append_fd(assay_message *message, int fd,
                                 uint64_t offset, uint32_t flags,
                                 assay_error *err)
{
    assay_rc rc = assay_message_append(message, NULL, 0, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = append_file(message, fd, offset, flags, err);
    if (rc != ASSAY_OK)
        message->build_rc = rc; /* no message with a hole in it */
    return rc;
}
