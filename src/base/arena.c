/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"

struct assay__arena_piece {
    struct assay__arena_piece *next;
    max_align_t bytes[];
};

void assay__arena_init(struct assay__arena *arena)
{
    arena->pieces = NULL;
}

void assay__arena_fini(struct assay__arena *arena)
{
    while (arena->pieces) {
        struct assay__arena_piece *piece = arena->pieces;

        arena->pieces = piece->next;
        free(piece);
    }
}

void *assay__arena_alloc(struct assay__arena *arena, size_t size)
{
    struct assay__arena_piece *piece;

    if (!assay__size_add(size, sizeof *piece, &size))
        return NULL;
    piece = calloc(1, size);
    if (!piece)
        return NULL;
    piece->next = arena->pieces;
    arena->pieces = piece;
    return piece->bytes;
}

char *assay__arena_text(struct assay__arena *arena, const char *text,
                        size_t len)
{
    char *copy;

    if (!assay__size_add(len, 1, &len))
        return NULL;
    copy = assay__arena_alloc(arena, len);
    if (copy && len > 1)
        memcpy(copy, text, len - 1);
    return copy;
}
