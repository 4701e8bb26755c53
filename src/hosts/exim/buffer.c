/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 4096 };

char *assay__exim_buffer_room(struct assay__exim_buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_FIRST;
    char *bytes;

    if (buffer->failed || size > buffer->limit ||
        buffer->length > buffer->limit - size) {
        buffer->failed = true;
        return NULL;
    }
    /* One byte more than asked for: the NUL. The limit is far below half of
     * what size_t holds, so doubling cannot overflow. */
    while (capacity <= buffer->length + size)
        capacity *= 2;
    if (capacity != buffer->capacity) {
        bytes = realloc(buffer->bytes, capacity);
        if (!bytes) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->length;
}

void assay__exim_buffer_add(struct assay__exim_buffer *buffer,
                            const void *bytes, size_t length)
{
    char *room = assay__exim_buffer_room(buffer, length);

    if (!room)
        return;
    memcpy(room, bytes, length);
    room[length] = '\0';
    buffer->length += length;
}

void assay__exim_buffer_add_text(struct assay__exim_buffer *buffer,
                                 const char *text)
{
    assay__exim_buffer_add(buffer, text, strlen(text));
}

void assay__exim_buffer_clear(struct assay__exim_buffer *buffer)
{
    free(buffer->bytes);
    buffer->bytes = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
    buffer->failed = false;
}
