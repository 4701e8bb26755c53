/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The allocator of an interpreter: malloc with a ceiling.
 */
#ifndef ASSAY_LUA_MEMORY_H
#define ASSAY_LUA_MEMORY_H

#include <stddef.h>

/* Guarded by ownership of the interpreter. */
struct lassay_memory {
    size_t used;
    size_t limit;
};

/** A lua_Alloc; ud is a struct lassay_memory. */
void *lassay_memory_alloc(void *ud, void *ptr, size_t old_size,
                          size_t new_size);

#endif
