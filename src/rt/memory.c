/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kilobytes of a line such as "SwapFree:   1024 kB", as bytes. */
static bool add_field(const char *line, const char *name, uint64_t *sum)
{
    size_t len = strlen(name);

    if (strncmp(line, name, len) != 0)
        return false;
    *sum += strtoull(line + len, NULL, 10) * 1024;
    return true;
}

uint64_t assay__memory_free(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    bool is_known = false;
    uint64_t sum = 0;
    char line[128];

    if (!file)
        return UINT64_MAX;
    while (fgets(line, sizeof line, file))
        is_known |= add_field(line, "MemAvailable:", &sum) ||
                    add_field(line, "SwapFree:", &sum);
    (void)fclose(file);
    return is_known ? sum : UINT64_MAX;
}
