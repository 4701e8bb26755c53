/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <assay/log.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Mail must not be able to start a line of its own or to colour a terminal:
 * everything below a blank, and DEL, is replaced. */
static void clean_in_place(char *line)
{
    for (; *line != '\0'; line++) {
        unsigned char c = (unsigned char)*line;

        if (c < 0x20 || c == 0x7f)
            *line = '?';
    }
}

void assay_log_write(const assay_log *log, assay_log_level level,
                     const char *event, const char *fmt, ...)
{
    char line[ASSAY_LOG_LINE_MAX];
    va_list args;
    int len;

    if (!log || !log->sink || level > log->threshold)
        return;
    len = snprintf(line, sizeof line, "%s ", event);
    if (len < 0 || (size_t)len >= sizeof line)
        return;
    va_start(args, fmt);
    (void)vsnprintf(line + len, sizeof line - (size_t)len, fmt, args);
    va_end(args);
    if (line[len] == '\0')
        line[len - 1] = '\0';
    clean_in_place(line);
    log->sink(log->arg, level, line);
}

const char *assay_log_level_name(assay_log_level level)
{
    static const char *const names[] = {
        [ASSAY_LOG_ERROR] = "error",
        [ASSAY_LOG_WARN] = "warn",
        [ASSAY_LOG_INFO] = "info",
        [ASSAY_LOG_DEBUG] = "debug",
    };

    return level <= ASSAY_LOG_DEBUG ? names[level] : "unknown";
}
