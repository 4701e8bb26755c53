/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail_guess.h"

#include <string.h>
#include <strings.h>

/* The first byte behind the line that begins at @at; len when it has no end. */
static size_t next_line(const char *data, size_t len, size_t at)
{
    const char *end = at < len ? memchr(data + at, '\n', len - at) : NULL;

    return end ? (size_t)(end - data) + 1 : len;
}

static bool begins(const char *data, size_t len, size_t at, const char *word)
{
    size_t word_len = strlen(word);

    return len - at >= word_len && strncasecmp(data + at, word, word_len) == 0;
}

/* Behind a field and the lines that continue it. */
static size_t skip_field(const char *data, size_t len, size_t at)
{
    do {
        at = next_line(data, len, at);
    } while (at < len && (data[at] == ' ' || data[at] == '\t'));
    return at;
}

static size_t skip_front(const char *data, size_t len)
{
    size_t at = 0;

    /* Case counts here, as it does in an mbox. */
    if (len >= 5 && memcmp(data, "From ", 5) == 0)
        at = next_line(data, len, 0);
    if (begins(data, len, at, "X-Envelope-From:"))
        at = skip_field(data, len, at);
    if (begins(data, len, at, "X-Envelope-To:"))
        at = skip_field(data, len, at);
    return at;
}

/* Blanks, line ends, and the mark that some programs begin texts with. */
static size_t skip_blank(const char *data, size_t len, size_t at)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (len - at >= sizeof mark - 1 &&
        memcmp(data + at, mark, sizeof mark - 1) == 0)
        at += sizeof mark - 1;
    while (at < len && data[at] != '\0' && strchr(" \t\r\n\v\f", data[at]))
        at++;
    return at;
}

static bool is_field(const char *data, size_t len)
{
    size_t name = 0;

    while (name < len && name <= ASSAY__MAIL_NAME_MAX && data[name] > ' ' &&
           data[name] <= '~' && data[name] != ':')
        name++;
    return name > 0 && name < len && name <= ASSAY__MAIL_NAME_MAX &&
           data[name] == ':';
}

struct assay__mail_guess assay__mail_guess(const char *data, size_t len)
{
    size_t front = skip_front(data, len);
    struct assay__mail_guess guess = {.start = skip_blank(data, len, front)};
    size_t end;

    guess.is_mail = is_field(data + guess.start, len - guess.start);
    if (!guess.is_mail)
        return (struct assay__mail_guess){.is_mail = false};
    guess.is_plain = guess.start == front;
    end = next_line(data, len, guess.start);
    guess.has_lf = data[end - 1] == '\n' && data[end - 2] != '\r';
    return guess;
}
