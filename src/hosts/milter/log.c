/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where lines of the log go: the standard error stream or syslog.
 *
 * A line on stderr is one write(), so lines of several threads never mix. A
 * line that cannot be written (a full disk, a closed pipe) is lost, and the
 * next one that can be is preceded by their number.
 */
#include "log.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Lines that were not written, or not whole, since the last that was. */
static atomic_ulong lost_lines;

static int syslog_priority(assay_log_level level)
{
    switch (level) {
    case ASSAY_LOG_ERROR:
        return LOG_ERR;
    case ASSAY_LOG_WARN:
        return LOG_WARNING;
    case ASSAY_LOG_INFO:
        return LOG_INFO;
    case ASSAY_LOG_DEBUG:
        break;
    }
    return LOG_DEBUG;
}

/* "2026-11-21T23:12:02.123Z" */
static void format_now(char *out, size_t size)
{
    struct timespec now;
    struct tm utc;
    char seconds[32];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(out, size, "%s.%03dZ", seconds,
                   (int)(now.tv_nsec / 1000000));
}

static bool write_line(enum assay__log_target target, assay_log_level level,
                       const char *line)
{
    char out[ASSAY_LOG_LINE_MAX + 80];
    char now[48];
    int len;

    if (target == ASSAY__LOG_JOURNAL) {
        len =
            snprintf(out, sizeof out, "<%d>%s\n", syslog_priority(level), line);
    } else {
        format_now(now, sizeof now);
        len = snprintf(out, sizeof out, "%s assayd[%d] %s %s\n", now,
                       (int)getpid(), assay_log_level_name(level), line);
    }
    if (len < 0)
        return false;
    if ((size_t)len >= sizeof out) {
        len = (int)sizeof out - 1;
        out[len - 1] = '\n';
    }
    return write(STDERR_FILENO, out, (size_t)len) == len;
}

static void write_stderr(enum assay__log_target target, assay_log_level level,
                         const char *line)
{
    char notice[64];
    unsigned long lost = atomic_exchange(&lost_lines, 0);

    if (lost > 0) {
        (void)snprintf(notice, sizeof notice, "log.lost lines=%lu", lost);
        if (!write_line(target, ASSAY_LOG_WARN, notice))
            (void)atomic_fetch_add(&lost_lines, lost);
    }
    if (!write_line(target, level, line))
        (void)atomic_fetch_add(&lost_lines, 1);
}

static void sink(void *arg, assay_log_level level, const char *line)
{
    const enum assay__log_target *target = arg;

    if (*target == ASSAY__LOG_SYSLOG)
        syslog(LOG_MAIL | syslog_priority(level), "%s", line);
    else
        write_stderr(*target, level, line);
}

/* JOURNAL_STREAM is "device:inode" of the stream that systemd reads. */
enum assay__log_target assay__log_stderr_target(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat st;

    if (!stream || fstat(STDERR_FILENO, &st) != 0)
        return ASSAY__LOG_STDERR;
    (void)snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev,
                   (uintmax_t)st.st_ino);
    return strcmp(stream, own) == 0 ? ASSAY__LOG_JOURNAL : ASSAY__LOG_STDERR;
}

static void open_syslog(void)
{
    openlog("assayd", LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void assay__log_open(enum assay__log_target *target, assay_log_level threshold,
                     assay_log *log_out)
{
    if (*target == ASSAY__LOG_SYSLOG)
        open_syslog();
    log_out->sink = sink;
    log_out->arg = target;
    log_out->threshold = threshold;
}

void assay__log_reopen(const enum assay__log_target *target)
{
    if (*target != ASSAY__LOG_SYSLOG)
        return;
    closelog();
    open_syslog();
}

static const char *quote(struct assay__quoted *out, const char *text,
                         size_t len)
{
    (void)snprintf(out->text, sizeof out->text, "%.*s", (int)len, text);
    for (char *c = out->text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            *c = '\'';
    }
    return out->text;
}

const char *assay__log_quote(struct assay__quoted *out, const char *text)
{
    return quote(out, text, strlen(text));
}

/* A finding is its text, then perhaps the line of the file and the caret, then
 * perhaps a hint: there is a hint when the lines are even in number. */
void assay__log_finding(const assay_log *log, const char *text)
{
    struct assay__quoted first, hint;
    const char *last = text;
    int lines = 1;

    for (const char *c = text; *c != '\0'; c++) {
        if (c[0] == '\n' && c[1] != '\0') {
            last = c + 1;
            lines++;
        }
    }
    (void)quote(&first, text, strcspn(text, "\n"));
    if (lines % 2 == 0)
        assay_log_write(log, ASSAY_LOG_WARN, "assayd.finding",
                        "text=\"%s\" hint=\"%s\"", first.text,
                        quote(&hint, last, strcspn(last, "\n")));
    else
        assay_log_write(log, ASSAY_LOG_WARN, "assayd.finding", "text=\"%s\"",
                        first.text);
}
