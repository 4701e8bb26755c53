/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Bytes that grow up to a limit. A failure is kept; check it once at the end.
 */
#ifndef ASSAY_HOSTS_EXIM_BUFFER_H
#define ASSAY_HOSTS_EXIM_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct assay__exim_buffer {
    char *bytes; /* a NUL stands behind them; NULL while nothing was added */
    size_t length, capacity;
    size_t limit; /* bytes; set by the owner before the first one is added */
    bool failed;  /* out of memory, or over the limit */
};

void assay__exim_buffer_add(struct assay__exim_buffer *buffer,
                            const void *bytes, size_t length);
void assay__exim_buffer_add_text(struct assay__exim_buffer *buffer,
                                 const char *text);
/** Room for more bytes behind those there are, to be counted in length by the
 *  caller. @return NULL when it cannot be had, and then failed is set */
char *assay__exim_buffer_room(struct assay__exim_buffer *buffer, size_t size);
/** The memory goes; the limit stays. */
void assay__exim_buffer_clear(struct assay__exim_buffer *buffer);

#endif
