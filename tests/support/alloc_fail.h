/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An allocator that fails once, where the test says.
 *
 * Link with `SOURCES … alloc_fail.c` and `WRAP malloc calloc realloc` (all
 * three). Calls from the objects of the test program are counted, those inside
 * shared libraries are not. A torture test looks like this:
 *
 *     for (unsigned long n = 1;; n++) {
 *         alloc_fail_at(n);
 *         rc = assay_thing_new(&thing, &err);
 *         hit = alloc_fail_hit();
 *         alloc_fail_off();
 *         … without a hit: rc is ASSAY_OK, free thing, break
 *         … with one: rc is ASSAY_E_NOMEM, thing is untouched
 *     }
 *
 * Turn it off before asserting: check allocates, too. The counters are atomic,
 * so threads may allocate; which of them fails is then a matter of chance.
 */
#ifndef ASSAY_TESTS_ALLOC_FAIL_H
#define ASSAY_TESTS_ALLOC_FAIL_H

#include <stdbool.h>

/** Let the n-th allocation from now (1 is the next) fail, and only that. */
void alloc_fail_at(unsigned long n);
/** Let all allocations pass again. */
void alloc_fail_off(void);
/** Has an allocation failed since the last alloc_fail_at()? */
bool alloc_fail_hit(void);

#endif
