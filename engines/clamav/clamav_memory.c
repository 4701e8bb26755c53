/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whether there is memory for a second set of signatures. libclamav does not
 * survive every failed allocation, and some end as a wrong CLEAN, so this is
 * asked before, not found out.
 */
#include "clamav_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MB (UINT64_C(1) << 20)

uint64_t assay__clamav_memory_used(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char line[128] = "";
    uint64_t pages;

    if (!file)
        return 0;
    pages = fgets(line, sizeof line, file) ? strtoull(line, NULL, 10) : 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of a line such as "SwapFree:   1024 kB". @return false: another line */
static bool read_kilobytes(const char *line, const char *name, uint64_t *bytes)
{
    size_t len = strlen(name);

    if (strncmp(line, name, len) != 0)
        return false;
    *bytes = strtoull(line + len, NULL, 10) * 1024;
    return true;
}

/* What the kernel could still give, swap included; UINT64_MAX: unknown. */
static uint64_t system_free(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    uint64_t bytes, sum = 0;
    bool known = false;

    if (!file)
        return UINT64_MAX;
    while (fgets(line, sizeof line, file))
        if (read_kilobytes(line, "MemAvailable:", &bytes) ||
            read_kilobytes(line, "SwapFree:", &bytes)) {
            sum += bytes;
            known = true;
        }
    fclose(file);
    return known ? sum : UINT64_MAX;
}

static uint64_t limit_free(void)
{
    struct rlimit limit;
    uint64_t used = assay__clamav_memory_used();

    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

static assay_rc refuse(uint64_t need, uint64_t left, const char *of,
                       assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM,
                           "loading signatures beside those in use needs about "
                           "%" PRIu64 " MB, and %" PRIu64 " MB are left of %s",
                           need / MB + 1, left / MB, of);
}

assay_rc assay__clamav_memory_check(uint64_t footprint, assay_error *err)
{
    /* Newer signatures are more, and loading takes more than is kept. */
    uint64_t need = footprint + footprint / 4;
    uint64_t left = limit_free();

    if (left < need)
        return refuse(need, left, "the address space (RLIMIT_AS)", err);
    left = system_free();
    if (left < need)
        return refuse(need, left, "the memory of this machine", err);
    return ASSAY_OK;
}
