/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Bytes that a client sends, kept in memory until they were judged.
 *
 * A stream has a limit of its own, and all streams of a listener together have
 * a budget. Memory grows with what has come, never with what was announced.
 */
#ifndef ASSAY_SCANSOCKET_STREAM_H
#define ASSAY_SCANSOCKET_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

/** What all streams of a listener may hold together. */
struct assay__budget {
    size_t max; /* bytes; set once */
    atomic_size_t used;
};

void assay__budget_init(struct assay__budget *budget, size_t max);
/** @return false when it is more than what is left; then nothing is taken */
bool assay__budget_take(struct assay__budget *budget, size_t size);
void assay__budget_give(struct assay__budget *budget, size_t size);

struct assay__stream {
    struct assay__budget *budget; /* borrowed */
    size_t max;                   /* most bytes */
    char *data;                   /* NULL while empty */
    size_t len, cap;
};

/** An empty stream; no allocation. */
void assay__stream_init(struct assay__stream *stream,
                        struct assay__budget *budget, size_t max);
/** Frees and gives back; the stream is empty afterwards. */
void assay__stream_fini(struct assay__stream *stream);

/**
 * Make room behind the bytes: at least one byte, at most wanted.
 *
 * @param wanted    at least 1
 * @param room_out  bytes that may be written to data + len; then add to len
 * @return ASSAY_OK; ASSAY_E_LIMIT the stream is full; ASSAY_E_UNAVAILABLE the
 *         budget is used up; ASSAY_E_NOMEM
 */
assay_rc assay__stream_room(struct assay__stream *stream, size_t wanted,
                            size_t *room_out,
                            assay_error *err) ASSAY_MUST_CHECK;

/** Append all of it, or nothing. @return as assay__stream_room() */
assay_rc assay__stream_add(struct assay__stream *stream, const void *data,
                           size_t len, assay_error *err) ASSAY_MUST_CHECK;

/**
 * Append what a file has, read with pread(): the peer may change or cut it.
 *
 * @param fd  borrowed
 * @return as assay__stream_room(); ASSAY_E_INVAL no regular file, or not open
 *         for reading; ASSAY_E_IO also when it became shorter meanwhile, or
 *         has more than its size says
 * Blocks: on the file.
 */
assay_rc assay__stream_add_file(struct assay__stream *stream, int fd,
                                assay_error *err) ASSAY_MUST_CHECK;

#endif
