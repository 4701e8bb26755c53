/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Left for scans, reloads and the console; of a small limit a quarter. */
enum { DESCRIPTORS_KEPT = 128 };

/* Descriptors are given out lowest first, so the lowest free one tells how
 * many are in use. */
bool assay__descriptors_are_scarce(void)
{
    struct rlimit limit;
    rlim_t reserve;
    int lowest;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    reserve = limit.rlim_cur / 4;
    if (reserve > DESCRIPTORS_KEPT)
        reserve = DESCRIPTORS_KEPT;
    lowest = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (lowest < 0)
        return errno == EMFILE || errno == ENFILE;
    (void)close(lowest);
    return (rlim_t)lowest + reserve >= limit.rlim_cur;
}
