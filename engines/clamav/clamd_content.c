/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PROC_PATH_MAX = 64 };

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

void assay__clamd_content_open(struct assay__clamd_content *content)
{
    int fd = memfd_create("assay-content", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return;
    if (!write_all(fd, content->prefix, strlen(content->prefix)) ||
        !write_all(fd, content->data, content->size) ||
        fcntl(fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 ||
        lseek(fd, 0, SEEK_SET) < 0) {
        (void)close(fd);
        return;
    }
    content->fd = fd;
}

int assay__clamd_content_reopen(const struct assay__clamd_content *content)
{
    char path[PROC_PATH_MAX];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", content->fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void assay__clamd_content_close(struct assay__clamd_content *content)
{
    if (content->fd >= 0)
        (void)close(content->fd);
    content->fd = -1;
}
