/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "dialect.h"

#include <string.h>

/* All skippers return the position behind what they skip; an unfinished one
 * ends at the end, and the compiler complains about it. */

static size_t skip_line(const char *text, size_t len, size_t at)
{
    const char *end = memchr(text + at, '\n', len - at);

    return end ? (size_t)(end - text) : len;
}

static size_t skip_quoted(const char *text, size_t len, size_t at)
{
    char quote = text[at++];

    while (at < len && text[at] != quote && text[at] != '\n')
        at += text[at] == '\\' && at + 1 < len ? 2 : 1;
    return at < len ? at + 1 : len;
}

/* Number of `=` of a long bracket that opens at `at`, or -1. */
static long bracket_level(const char *text, size_t len, size_t at)
{
    size_t i = at + 1;

    if (at >= len || text[at] != '[')
        return -1;
    while (i < len && text[i] == '=')
        i++;
    return i < len && text[i] == '[' ? (long)(i - at - 1) : -1;
}

static size_t skip_bracket(const char *text, size_t len, size_t at, long level)
{
    for (at += (size_t)level + 2; at < len; at++) {
        size_t i = at + 1;

        if (text[at] != ']')
            continue;
        while (i < len && text[i] == '=')
            i++;
        if (i < len && text[i] == ']' && (long)(i - at - 1) == level)
            return i + 1;
        at = i - 1; /* this `]` may open the next candidate */
    }
    return len;
}

static size_t skip_comment(const char *text, size_t len, size_t at)
{
    long level = bracket_level(text, len, at + 2);

    if (level >= 0)
        return skip_bracket(text, len, at + 2, level);
    return skip_line(text, len, at);
}

void lassay_dialect_translate(char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        char c = text[at];
        char next = '\0';
        long level;

        if (at + 1 < len)
            next = text[at + 1];
        if (c == '"' || c == '\'') {
            at = skip_quoted(text, len, at);
        } else if (c == '-' && next == '-') {
            at = skip_comment(text, len, at);
        } else if (c == '[' && (level = bracket_level(text, len, at)) >= 0) {
            at = skip_bracket(text, len, at, level);
        } else {
            if (c == '!' && next == '=')
                text[at] = '~';
            at++;
        }
    }
}
