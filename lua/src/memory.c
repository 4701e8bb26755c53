/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "memory.h"

#include <stdlib.h>

void *lassay_memory_alloc(void *ud, void *ptr, size_t old_size, size_t new_size)
{
    struct lassay_memory *memory = ud;
    /* For a new block Lua passes the kind of object as the old size. */
    size_t old = ptr ? old_size : 0;
    void *block;

    if (new_size == 0) {
        free(ptr);
        memory->used -= old;
        return NULL;
    }
    if (new_size > old && new_size - old > memory->limit - memory->used)
        return NULL; /* Lua collects its garbage and asks once more */
    block = realloc(ptr, new_size);
    if (!block)
        return new_size <= old ? ptr : NULL; /* shrinking never fails */
    memory->used = memory->used - old + new_size;
    return block;
}
