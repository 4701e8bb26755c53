/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"

static bool set_socket(struct assay__exim_options *options, const char *value)
{
    size_t length = strlen(value);

    if (value[0] != '/' || length >= sizeof options->socket)
        return false;
    memcpy(options->socket, value, length + 1);
    return true;
}

static bool set_seconds(int *seconds, const char *value)
{
    char *end;
    long number;

    if (value[0] < '0' || value[0] > '9')
        return false;
    errno = 0;
    number = strtol(value, &end, 10);
    if (*end != '\0' || errno || number < 1 ||
        number > ASSAY__EXIM_TIMEOUT_MAX_S)
        return false;
    *seconds = (int)number;
    return true;
}

static bool set_timeout(struct assay__exim_options *options, const char *value)
{
    return set_seconds(&options->timeout_s, value);
}

static bool set_connect_timeout(struct assay__exim_options *options,
                                const char *value)
{
    return set_seconds(&options->connect_timeout_s, value);
}

static bool set_on_failure(struct assay__exim_options *options,
                           const char *value)
{
    if (strcasecmp(value, "tempreject") == 0)
        options->on_failure = ASSAY__EXIM_FAILURE_TEMPREJECT;
    else if (strcasecmp(value, "accept") == 0)
        options->on_failure = ASSAY__EXIM_FAILURE_ACCEPT;
    else
        return false;
    return true;
}

static bool set_on_refused(struct assay__exim_options *options,
                           const char *value)
{
    if (strcasecmp(value, "reject") == 0)
        options->on_refused = ASSAY__EXIM_REFUSED_REJECT;
    else if (strcasecmp(value, "drop") == 0)
        options->on_refused = ASSAY__EXIM_REFUSED_DROP;
    else
        return false;
    return true;
}

static const struct {
    const char *name;
    const char *initial;
    const char *range;
    bool (*set)(struct assay__exim_options *options, const char *value);
} table[] = {
    {"socket", "/run/assay/scan.sock", "an absolute path of up to 107 bytes",
     set_socket},
    {"timeout", "60", "1 to 3600 seconds", set_timeout},
    {"connect_timeout", "5", "1 to 3600 seconds", set_connect_timeout},
    {"on_failure", "tempreject", "tempreject or accept", set_on_failure},
    {"on_refused", "reject", "reject or drop", set_on_refused},
};

enum { OPTIONS = sizeof table / sizeof table[0] };

const char *assay__exim_options_name(size_t index)
{
    return index < OPTIONS ? table[index].name : NULL;
}

void assay__exim_options_default(struct assay__exim_options *options)
{
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < OPTIONS; i++)
        (void)table[i].set(options, table[i].initial);
}

bool assay__exim_options_set(struct assay__exim_options *options,
                             const char *name, const char *value,
                             struct assay__exim_reason *why)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        if (table[i].set(options, value))
            return true;
        return assay__exim_reason_set(why, "%s: \"%s\" is not %s", name, value,
                                      table[i].range);
    }
    return assay__exim_reason_set(why, "there is no option \"%s\"", name);
}

static char *trim(char *text)
{
    size_t length;

    text += strspn(text, " \t\r");
    length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

bool assay__exim_options_set_line(struct assay__exim_options *options,
                                  char *line, struct assay__exim_reason *why)
{
    char *equals = strchr(line, '=');

    if (!equals)
        return assay__exim_reason_set(why, "\"%s\" is not name = value", line);
    *equals = '\0';
    return assay__exim_options_set(options, trim(line), trim(equals + 1), why);
}

static bool read_all(int fd, struct assay__exim_buffer *text)
{
    for (;;) {
        char piece[4096];
        ssize_t got = read(fd, piece, sizeof piece);

        if (got == 0)
            return !text->failed;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || text->failed)
            return false;
        assay__exim_buffer_add(text, piece, (size_t)got);
    }
}

/* Nobody but root and the user that Exim is now can have written it. A caller
 * of the setuid program is neither: it runs with Exim's user, not his. */
static bool is_trusted(const struct stat *status)
{
    return S_ISREG(status->st_mode) &&
           (status->st_uid == 0 || status->st_uid == geteuid()) &&
           (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool load(int fd, const char *path, struct assay__exim_buffer *text,
                 struct assay__exim_reason *why)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return assay__exim_reason_set(why, "%s: %s", path,
                                      strerrordesc_np(errno));
    if (!is_trusted(&status))
        return assay__exim_reason_set(
            why,
            "%s is not a regular file of root's that only root can write to",
            path);
    if (!read_all(fd, text))
        return assay__exim_reason_set(why,
                                      "%s cannot be read, or is over %d bytes",
                                      path, ASSAY__EXIM_OPTIONS_FILE_MAX);
    return true;
}

static bool parse(struct assay__exim_options *options, const char *path,
                  char *text, struct assay__exim_reason *why)
{
    unsigned number = 0;

    while (text) {
        char *line = strsep(&text, "\n");

        number++;
        line = trim(line);
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (!assay__exim_options_set_line(options, line, why)) {
            struct assay__exim_reason inner = *why;

            return assay__exim_reason_set(why, "%s:%u: %s", path, number,
                                          inner.text);
        }
    }
    return true;
}

bool assay__exim_options_read(struct assay__exim_options *options,
                              const char *path, struct assay__exim_reason *why)
{
    struct assay__exim_buffer text = {.limit = ASSAY__EXIM_OPTIONS_FILE_MAX};
    /* NONBLOCK: a FIFO in its place must not hang Exim. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool ok;

    if (fd < 0)
        return errno == ENOENT ||
               assay__exim_reason_set(why, "%s: %s", path,
                                      strerrordesc_np(errno));
    ok = load(fd, path, &text, why);
    (void)close(fd);
    if (ok && text.bytes)
        ok = parse(options, path, text.bytes, why);
    assay__exim_buffer_clear(&text);
    return ok;
}
