/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Resource limits. Hard ones as well, so that nobody inside can take them back.
 * The signals that tell of them end the process, whatever the host did with
 * them: a write that merely fails may come out as a clean file.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "walls.h"

enum {
    DESCRIPTORS = 1024,
    /* The limit of a scan is soft, and a worker that was taken over can raise
     * it: up to here. Others do not come near before they are replaced, and if
     * one does, another takes the scan over. */
    PROCESSOR_S = 24 * 60 * 60
};

static assay_rc limit(int resource, const char *name, rlim_t most,
                      assay_error *err)
{
    struct rlimit now, wanted = {.rlim_cur = most, .rlim_max = most};

    /* A smaller limit of the host stays. */
    if (!getrlimit((__rlimit_resource_t)resource, &now) && now.rlim_max < most)
        wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
    if (!setrlimit((__rlimit_resource_t)resource, &wanted))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "cannot limit %s: %m",
                           name);
}

assay_rc assay__walls_limits_template(assay_error *err)
{
    return limit(RLIMIT_CORE, "core files", 0, err);
}

#if !ASSAY__SANITIZED
/* Address space in use, in bytes; 0: unknown. */
static uint64_t present_size(void)
{
    char line[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return 0;
    got = read(fd, line, sizeof line - 1);
    close(fd);
    return got > 0 ? strtoull(line, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE)
                   : 0;
}

static assay_rc limit_memory(uint64_t bytes, assay_error *err)
{
    uint64_t present = present_size();

    if (!present)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "cannot limit memory: the size of the process "
                               "is unknown: %m");
    if (bytes > UINT64_MAX - present)
        return ASSAY_OK;
    return limit(RLIMIT_AS, "memory", (rlim_t)(present + bytes), err);
}
#endif

assay_rc assay__walls_limits_worker(
    const assay_scanner_confinement *confinement, assay_error *err)
{
    assay_rc rc = limit(RLIMIT_NOFILE, "descriptors", DESCRIPTORS, err);

    signal(SIGXFSZ, SIG_DFL);
    signal(SIGXCPU, SIG_DFL);
    if (rc == ASSAY_OK)
        rc = limit(RLIMIT_CPU, "processor time", PROCESSOR_S, err);
    if (rc == ASSAY_OK && confinement->temporary_bytes)
        rc = limit(RLIMIT_FSIZE, "files", (rlim_t)confinement->temporary_bytes,
                   err);
#if !ASSAY__SANITIZED
    if (rc == ASSAY_OK && confinement->memory_bytes)
        rc = limit_memory(confinement->memory_bytes, err);
#endif
    return rc;
}
