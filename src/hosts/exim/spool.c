/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "spool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Length of the first line when it is that of the message; else 0. */
static size_t first_line(int fd, const char *id)
{
    char want[ASSAY__EXIM_ID_MAX + 4];
    char have[sizeof want];
    size_t length = strlen(id);

    if (length == 0 || length > ASSAY__EXIM_ID_MAX)
        return 0;
    (void)snprintf(want, sizeof want, "%s-D\n", id);
    length = strlen(want);
    /* Exim's own place in the file stays where it is. */
    if (pread(fd, have, length, 0) != (ssize_t)length ||
        memcmp(have, want, length) != 0)
        return 0;
    return length;
}

int assay__exim_spool_find(const char *id)
{
    struct stat status;

    for (int fd = 0; fd < ASSAY__EXIM_SPOOL_FD_MAX; fd++) {
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
            first_line(fd, id) > 0)
            return fd;
    }
    return -1;
}

bool assay__exim_spool_offset(int fd, const char *id, long long body_bytes,
                              long long *offset_out,
                              struct assay__exim_reason *why)
{
    struct stat status;
    size_t offset;

    if (fstat(fd, &status) != 0)
        return assay__exim_reason_set(why, "the spool file: %s",
                                      strerrordesc_np(errno));
    offset = first_line(fd, id);
    if (offset == 0)
        return assay__exim_reason_set(
            why, "the spool file does not begin with %s-D", id);
    if (body_bytes >= 0 && status.st_size != (off_t)offset + (off_t)body_bytes)
        return assay__exim_reason_set(
            why, "the spool file has %lld bytes of a body of %lld",
            (long long)status.st_size - (long long)offset, body_bytes);
    *offset_out = (long long)offset;
    return true;
}
