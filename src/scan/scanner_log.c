/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scanner_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STAMP_MAX = 64, FILE_MODE = 0640 };

static int open_file(const char *path)
{
    return open(path,
                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
                    O_NONBLOCK,
                FILE_MODE);
}

static void tell_once(struct assay__scanner_log_file *file, int code)
{
    if (atomic_exchange(&file->has_failed, true))
        return;
    assay_log_write(file->log, ASSAY_LOG_WARN, "scanner.log_failed",
                    "path=\"%s\" reason=\"%s\"", file->path,
                    strerrordesc_np(code));
}

static void write_file(struct assay__scanner_log_file *file,
                       assay_log_level level, const char *line)
{
    char text[ASSAY_LOG_LINE_MAX + STAMP_MAX], stamp[STAMP_MAX];
    int fd = atomic_load(&file->fd), len;
    time_t now = time(NULL);
    struct tm when;

    if (fd < 0 || !gmtime_r(&now, &when))
        return;
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &when);
    len = snprintf(text, sizeof text, "%s %s %s\n", stamp,
                   assay_log_level_name(level), line);
    if (len >= (int)sizeof text)
        len = sizeof text - 1;
    if (write(fd, text, (size_t)len) == len)
        atomic_store(&file->has_failed, false);
    else
        tell_once(file, errno);
}

static void write_both(void *arg, assay_log_level level, const char *line)
{
    struct assay__scanner_log_file *file = arg;

    write_file(file, level, line);
    if (file->log && file->log->sink && level <= file->log->threshold)
        file->log->sink(file->log->arg, level, line);
}

void assay__scanner_log_open(struct assay__scanner_log_file *file,
                             const char *path, const assay_log *log)
{
    file->path = path;
    file->log = log;
    atomic_init(&file->has_failed, false);
    atomic_init(&file->fd, path ? open_file(path) : -1);
    if (path && file->fd < 0)
        tell_once(file, errno);
}

assay_log assay__scanner_log_tee(struct assay__scanner_log_file *file)
{
    assay_log tee = {.sink = write_both, .arg = file};

    if (file->log)
        tee.threshold = file->log->threshold;
    /* The file is for looking into what went on: it has more. */
    if (file->path && tee.threshold < ASSAY_LOG_INFO)
        tee.threshold = ASSAY_LOG_INFO;
    return tee;
}

/* The number stays the same, so that who writes at this moment writes to the
 * old file or to the new one. */
assay_rc assay__scanner_log_reopen(struct assay__scanner_log_file *file,
                                   assay_error *err)
{
    int old = -1, fd;

    if (!file->path)
        return ASSAY_OK;
    fd = open_file(file->path);
    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: %s", file->path,
                               strerrordesc_np(errno));
    atomic_store(&file->has_failed, false);
    if (atomic_compare_exchange_strong(&file->fd, &old, fd))
        return ASSAY_OK; /* there was none */
    (void)dup3(fd, old, O_CLOEXEC);
    (void)close(fd);
    return ASSAY_OK;
}

void assay__scanner_log_close(struct assay__scanner_log_file *file)
{
    if (file->path && file->fd >= 0)
        (void)close(file->fd);
    file->path = NULL;
    atomic_store(&file->fd, -1);
}
