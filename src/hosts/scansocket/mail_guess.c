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

/* A line end to some readers, and to others not. */
static bool has_bare_cr(const char *data, size_t len)
{
    const char *end = data + len;

    for (const char *cr = data;
         cr < end && (cr = memchr(cr, '\r', (size_t)(end - cr)));)
        if (++cr == end || *cr != '\n')
            return true;
    return false;
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
    /* Else a field of the mail could hide in it. */
    return at > 0 && has_bare_cr(data, at) ? 0 : at;
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

/* Length of the name of a field, and whether it is as RFC 5322 has it: without
 * blanks in front of the colon, and printable. 0: this is no field. */
static size_t field_name(const char *data, size_t len, bool *is_good_out)
{
    size_t name = 0, colon;
    bool is_good = true;

    if (len > ASSAY__MAIL_NAME_MAX)
        len = ASSAY__MAIL_NAME_MAX + 1;
    for (; name < len && (unsigned char)data[name] > ' ' &&
           data[name] != 0x7f && data[name] != ':';
         name++)
        is_good = is_good && (unsigned char)data[name] < 0x7f;
    colon = name;
    while (colon < len && (data[colon] == ' ' || data[colon] == '\t'))
        colon++;
    if (name == 0 || colon == len || data[colon] != ':')
        return 0;
    *is_good_out = is_good && colon == name;
    return name;
}

static bool is_mime_field(const char *data, size_t len)
{
    bool is_good;
    size_t name = field_name(data, len, &is_good);

    return (name > 8 && strncasecmp(data, "Content-", 8) == 0) ||
           (name == 12 && strncasecmp(data, "MIME-Version", 12) == 0);
}

/* Of another line than the first; CR alone ends one to some readers. */
static bool has_mime_field(const char *data, size_t len)
{
    if (len > ASSAY__MAIL_LOOK_MAX)
        len = ASSAY__MAIL_LOOK_MAX;
    for (size_t at = 1; at < len; at++)
        if ((data[at - 1] == '\n' || data[at - 1] == '\r') &&
            is_mime_field(data + at, len - at))
            return true;
    return false;
}

struct assay__mail_guess assay__mail_guess(const char *data, size_t len)
{
    size_t front = skip_front(data, len);
    size_t start = skip_blank(data, len, front), end;
    struct assay__mail_guess guess = {.is_mail = true, .start = start};

    if (field_name(data + start, len - start, &guess.is_plain) == 0) {
        if (!has_mime_field(data, len))
            return (struct assay__mail_guess){.is_mail = false};
        guess.start = 0;
    }
    guess.is_plain = guess.is_plain && start == front;
    end = next_line(data, len, guess.start);
    guess.has_lf = data[end - 1] == '\n' && (end < 2 || data[end - 2] != '\r');
    return guess;
}
