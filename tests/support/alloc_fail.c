/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "alloc_fail.h"

#include <stdatomic.h>
#include <stddef.h>

/* The linker's --wrap gives these names; they cannot be chosen. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static atomic_ulong countdown; /* 0: off */
static atomic_bool hit;

static bool must_fail(void)
{
    unsigned long left = atomic_load(&countdown);

    while (left > 0) {
        if (!atomic_compare_exchange_weak(&countdown, &left, left - 1))
            continue;
        if (left > 1)
            return false;
        atomic_store(&hit, true);
        return true;
    }
    return false;
}

void alloc_fail_at(unsigned long n)
{
    atomic_store(&hit, false);
    atomic_store(&countdown, n);
}

void alloc_fail_off(void)
{
    atomic_store(&countdown, 0);
}

bool alloc_fail_hit(void)
{
    return atomic_load(&hit);
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __real_realloc(old, size);
}
