/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Reading a descriptor: a chunk at a time for mailboxes, whole for single
 * messages.
 *
 * Files are read and never mapped. A mapped file that somebody truncates
 * kills the reader with SIGBUS, and an engine that works on a mapping of a
 * file still being written sees bytes change under it; one read(2) into
 * private memory costs a small part of the scan and has neither problem.
 */
#ifndef ASSAY_CLI_INPUT_H
#define ASSAY_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>
#include <assay/message.h>

#include "buffer.h"

/** Largest message taken, in bytes: what libassay takes by default. */
#define ASSAY__INPUT_MAX_MESSAGE ((size_t)512 * 1024 * 1024)

#define ASSAY__INPUT_CHUNK 65536

struct assay__input {
    int fd;        /* owned by the caller */
    int stop_fd;   /* once readable, waiting for fd ends; -1: none */
    bool can_wait; /* fd is no regular file: a read may block */
    bool at_end;
    size_t pos, len; /* what is left of chunk */
    char chunk[ASSAY__INPUT_CHUNK];
};

void assay__input_init(struct assay__input *input, int fd, int stop_fd);

/**
 * The bytes at hand, at least want of them unless the input ends before.
 *
 * @param want       at most ASSAY__INPUT_CHUNK
 * @param bytes_out  borrowed until the next call; len 0 at the end
 * @return ASSAY_OK; ASSAY_E_IO; ASSAY_E_STATE when stop_fd became readable
 */
assay_rc assay__input_peek(struct assay__input *input, size_t want,
                           assay_bytes *bytes_out, assay_error *err);
/** Step over bytes that peek has shown. */
void assay__input_skip(struct assay__input *input, size_t len);

/**
 * Append all that is left to buffer.
 *
 * @param hint  expected size in bytes; only a matter of speed
 * @param max   limit of buffer->len
 * @return ASSAY_OK; ASSAY_E_LIMIT over max; ASSAY_E_NOMEM; as peek
 */
assay_rc assay__input_read_all(struct assay__input *input, size_t hint,
                               size_t max, struct assay__buffer *buffer,
                               assay_error *err);

#endif
