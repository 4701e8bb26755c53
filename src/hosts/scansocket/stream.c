/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* First memory of a stream. */
enum { FIRST_CAP = 4096 };

void assay__budget_init(struct assay__budget *budget, size_t max)
{
    budget->max = max;
    atomic_init(&budget->used, 0);
}

bool assay__budget_take(struct assay__budget *budget, size_t size)
{
    size_t used = atomic_load(&budget->used);

    do {
        if (size > budget->max - used)
            return false;
    } while (!atomic_compare_exchange_weak(&budget->used, &used, used + size));
    return true;
}

void assay__budget_give(struct assay__budget *budget, size_t size)
{
    (void)atomic_fetch_sub(&budget->used, size);
}

void assay__stream_init(struct assay__stream *stream,
                        struct assay__budget *budget, size_t max)
{
    *stream = (struct assay__stream){.budget = budget, .max = max};
}

void assay__stream_fini(struct assay__stream *stream)
{
    free(stream->data);
    assay__budget_give(stream->budget, stream->cap);
    assay__stream_init(stream, stream->budget, stream->max);
}

/* Doubled, so that a stream is copied a few times only, up to its limit. */
static assay_rc grow(struct assay__stream *stream, assay_error *err)
{
    size_t cap = stream->cap < FIRST_CAP / 2 ? FIRST_CAP : stream->cap * 2;
    char *data;

    if (cap > stream->max)
        cap = stream->max;
    if (cap <= stream->cap)
        return assay_error_set(err, ASSAY_E_LIMIT, "larger than %zu bytes",
                               stream->max);
    if (!assay__budget_take(stream->budget, cap - stream->cap))
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "all clients together have sent more than "
                               "max_memory");
    data = realloc(stream->data, cap);
    if (!data) {
        assay__budget_give(stream->budget, cap - stream->cap);
        return assay_error_set(err, ASSAY_E_NOMEM, "%zu bytes", cap);
    }
    stream->data = data;
    stream->cap = cap;
    return ASSAY_OK;
}

assay_rc assay__stream_room(struct assay__stream *stream, size_t wanted,
                            size_t *room_out, assay_error *err)
{
    size_t room;

    if (stream->len == stream->cap) {
        assay_rc rc = grow(stream, err);

        if (rc != ASSAY_OK)
            return rc;
    }
    room = stream->cap - stream->len;
    *room_out = wanted < room ? wanted : room;
    return ASSAY_OK;
}

assay_rc assay__stream_add(struct assay__stream *stream, const void *data,
                           size_t len, assay_error *err)
{
    if (len > stream->max - stream->len)
        return assay_error_set(err, ASSAY_E_LIMIT, "larger than %zu bytes",
                               stream->max);
    while (len > stream->cap - stream->len) {
        assay_rc rc = grow(stream, err);

        if (rc != ASSAY_OK)
            return rc;
    }
    if (len > 0)
        memcpy(stream->data + stream->len, data, len);
    stream->len += len;
    return ASSAY_OK;
}

static assay_rc check_file(int fd, off_t *size_out, assay_error *err)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat st;

    if (flags < 0 || fstat(fd, &st) != 0)
        return assay_error_set(err, ASSAY_E_IO, "%s", strerrordesc_np(errno));
    if (!S_ISREG(st.st_mode))
        return assay_error_set(err, ASSAY_E_INVAL, "not a regular file");
    if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY)
        return assay_error_set(err, ASSAY_E_INVAL, "not open for reading");
    *size_out = st.st_size;
    return ASSAY_OK;
}

/* As pread(), and through signals. */
static ssize_t read_at(int fd, void *out, size_t len, off_t at)
{
    ssize_t got;

    do {
        got = pread(fd, out, len, at);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Files of /proc and the like have more than their size says, and others grow:
 * what was not read must not be part of a verdict. */
static assay_rc check_end(int fd, off_t size, assay_error *err)
{
    char more;
    ssize_t got = read_at(fd, &more, 1, size);

    if (got < 0)
        return assay_error_set(err, ASSAY_E_IO, "%s", strerrordesc_np(errno));
    if (got > 0)
        return assay_error_set(err, ASSAY_E_IO,
                               "the file has more than its size says");
    return ASSAY_OK;
}

assay_rc assay__stream_add_file(struct assay__stream *stream, int fd,
                                assay_error *err)
{
    off_t size = 0, at = 0;
    assay_rc rc = check_file(fd, &size, err);

    if (rc == ASSAY_OK && (uintmax_t)size > stream->max - stream->len)
        return assay_error_set(err, ASSAY_E_LIMIT, "larger than %zu bytes",
                               stream->max);
    while (rc == ASSAY_OK && at < size) {
        size_t room = 0;
        ssize_t got;

        rc = assay__stream_room(stream, (size_t)(size - at), &room, err);
        if (rc != ASSAY_OK)
            break;
        got = read_at(fd, stream->data + stream->len, room, at);
        if (got < 0)
            return assay_error_set(err, ASSAY_E_IO, "%s",
                                   strerrordesc_np(errno));
        if (got == 0)
            return assay_error_set(err, ASSAY_E_IO,
                                   "the file became shorter meanwhile");
        stream->len += (size_t)got;
        at += got;
    }
    return rc == ASSAY_OK ? check_end(fd, size, err) : rc;
}
