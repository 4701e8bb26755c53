/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A library that is loaded by name, as engines are, and wants memory.
 */
#include <stdlib.h>

__attribute__((visibility("default"))) void *hungry(size_t bytes);

void *hungry(size_t bytes)
{
    return malloc(bytes);
}
