/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The allocator of an interpreter: malloc with a ceiling.
 */
#ifndef ASSAY_LUA_MEMORY_H
#define ASSAY_LUA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Guarded by ownership of the interpreter. */
struct lassay_memory {
    size_t used;
    size_t limit;
    bool is_over; /* the last request refused went over the limit */
    /* Called for each request refused; is_new: it was for a new block. Lua
     * raises such an error without a message handler, so this is the one moment
     * that knows the place. It may look at the stack, and must not raise or
     * allocate. NULL: none. */
    void (*on_refusal)(void *arg, bool is_new);
    void *arg;
};

/** A lua_Alloc; ud is a struct lassay_memory. */
void *lassay_memory_alloc(void *ud, void *ptr, size_t old_size,
                          size_t new_size);

#endif
