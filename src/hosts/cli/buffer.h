/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The bytes of one message while they are collected: a growing block that the
 * scan then borrows, so that a message is copied once, from the file.
 */
#ifndef ASSAY_CLI_BUFFER_H
#define ASSAY_CLI_BUFFER_H

#include <stddef.h>

#include <assay/error.h>

/** `{0}` is an empty one. */
struct assay__buffer {
    char *data; /* NULL only while cap is 0; owned */
    size_t len;
    size_t cap;
};

/** Room for extra more bytes. @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__buffer_reserve(struct assay__buffer *buffer, size_t extra,
                               assay_error *err);
assay_rc assay__buffer_append(struct assay__buffer *buffer, const void *data,
                              size_t len, assay_error *err);
/** Releases the memory; the buffer is then an empty one. */
void assay__buffer_fini(struct assay__buffer *buffer);

#endif
