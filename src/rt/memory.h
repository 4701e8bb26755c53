/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What memory this machine has left.
 */
#ifndef ASSAY_RT_MEMORY_H
#define ASSAY_RT_MEMORY_H

#include <stdint.h>

/** Bytes the kernel could still give out, swap included; UINT64_MAX: unknown.
 *  Threads: any. */
uint64_t assay__memory_free(void);

#endif
