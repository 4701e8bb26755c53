/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void assay__input_init(struct assay__input *input, int fd, int stop_fd)
{
    struct stat st;

    input->fd = fd;
    input->stop_fd = stop_fd;
    input->can_wait = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode);
    input->at_end = false;
    input->pos = input->len = 0;
}

static assay_rc wait_readable(const struct assay__input *input,
                              assay_error *err)
{
    struct pollfd fds[] = {
        {.fd = input->stop_fd, .events = POLLIN},
        {.fd = input->fd, .events = POLLIN},
    };

    while (poll(fds, 2, -1) < 0) {
        if (errno != EINTR)
            return assay_error_set(err, ASSAY_E_IO, "poll: %s",
                                   strerrordesc_np(errno));
    }
    if (fds[0].revents)
        return assay_error_set(err, ASSAY_E_STATE, "interrupted");
    return ASSAY_OK;
}

/* One read of 1..size bytes; *got_out 0 and at_end set at the end. */
static assay_rc read_some(struct assay__input *input, char *out, size_t size,
                          size_t *got_out, assay_error *err)
{
    ssize_t got;

    do {
        assay_rc rc = input->can_wait ? wait_readable(input, err) : ASSAY_OK;

        if (rc != ASSAY_OK)
            return rc;
        got = read(input->fd, out, size);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0)
        return assay_error_set(err, ASSAY_E_IO, "%s", strerrordesc_np(errno));
    input->at_end = got == 0;
    *got_out = (size_t)got;
    return ASSAY_OK;
}

assay_rc assay__input_peek(struct assay__input *input, size_t want,
                           assay_bytes *bytes_out, assay_error *err)
{
    while (input->len - input->pos < want && !input->at_end) {
        size_t got;
        assay_rc rc;

        memmove(input->chunk, input->chunk + input->pos,
                input->len - input->pos);
        input->len -= input->pos;
        input->pos = 0;
        rc = read_some(input, input->chunk + input->len,
                       sizeof input->chunk - input->len, &got, err);
        if (rc != ASSAY_OK)
            return rc;
        input->len += got;
    }
    bytes_out->data = input->chunk + input->pos;
    bytes_out->len = input->len - input->pos;
    return ASSAY_OK;
}

void assay__input_skip(struct assay__input *input, size_t len)
{
    input->pos += len;
}

assay_rc assay__input_read_all(struct assay__input *input, size_t hint,
                               size_t max, struct assay__buffer *buffer,
                               assay_error *err)
{
    size_t at_hand = input->len - input->pos;
    assay_rc rc =
        assay__buffer_append(buffer, input->chunk + input->pos, at_hand, err);

    input->pos = input->len = 0;
    /* One byte more than expected, so that the read that finds the end of an
     * unchanged file needs no more room. */
    if (rc == ASSAY_OK && hint > at_hand && hint <= max)
        rc = assay__buffer_reserve(buffer, hint - at_hand + 1, err);
    while (rc == ASSAY_OK && !input->at_end) {
        size_t got = 0;

        if (buffer->len > max)
            return assay_error_set(err, ASSAY_E_LIMIT, "larger than %zu bytes",
                                   max);
        if (buffer->len == buffer->cap)
            rc = assay__buffer_reserve(buffer, ASSAY__INPUT_CHUNK, err);
        if (rc == ASSAY_OK)
            rc = read_some(input, buffer->data + buffer->len,
                           buffer->cap - buffer->len, &got, err);
        buffer->len += got;
    }
    return rc;
}
