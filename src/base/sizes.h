/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Arithmetic on sizes from outside: never wraps silently.
 */
#ifndef ASSAY_BASE_SIZES_H
#define ASSAY_BASE_SIZES_H

#include <stdbool.h>
#include <stddef.h>

/** @return false on overflow; *out is then untouched. */
static inline bool assay__size_add(size_t a, size_t b, size_t *out)
{
    size_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

/** @return false on overflow; *out is then untouched. */
static inline bool assay__size_mul(size_t a, size_t b, size_t *out)
{
    size_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

/** Number of members of an array. */
#define ASSAY_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
