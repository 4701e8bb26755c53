/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "memory.h"

#include <stdlib.h>

static void *refuse(struct lassay_memory *memory, bool is_new, bool is_over)
{
    memory->is_over = is_over;
    if (memory->on_refusal)
        memory->on_refusal(memory->arg, is_new);
    return NULL; /* Lua collects its garbage and asks once more */
}

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
        return refuse(memory, !ptr, true);
    block = realloc(ptr, new_size);
    if (!block) /* shrinking never fails */
        return new_size <= old ? ptr : refuse(memory, !ptr, false);
    memory->used = memory->used - old + new_size;
    return block;
}
