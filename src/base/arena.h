/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Memory that dies together: what is allocated from an arena is released at
 * once with it. Each piece is an allocation of its own, so that sanitizers see
 * its bounds; use it for structures that are built once and then read.
 */
#ifndef ASSAY_BASE_ARENA_H
#define ASSAY_BASE_ARENA_H

#include <stddef.h>

struct assay__arena {
    struct assay__arena_piece *pieces; /* owned; the newest first */
};

/** An empty arena. No allocation. */
void assay__arena_init(struct assay__arena *arena);
/** Release all pieces; the arena is empty and may be used again. */
void assay__arena_fini(struct assay__arena *arena);
/** size zeroed bytes, aligned for any type; NULL when out of memory. */
void *assay__arena_alloc(struct assay__arena *arena, size_t size);
/** A NUL-terminated copy of len bytes; NULL when out of memory. */
char *assay__arena_text(struct assay__arena *arena, const char *text,
                        size_t len);

#endif
