/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest form of one input byte ("\u{202e}" stands for three of them). */
enum { LONGEST_ESCAPE = 4 };

/* Bytes of a character that starts with this one, or 0 when none does. */
static size_t length_from(unsigned char first)
{
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

/* False for overlong forms, surrogates and what is beyond Unicode. */
static bool is_character(uint32_t c, size_t len)
{
    if (len == 3)
        return c >= 0x800 && !(c >= 0xd800 && c <= 0xdfff);
    return len != 4 || (c >= 0x10000 && c <= 0x10ffff);
}

/* Bytes of the well-formed character that starts here (Unicode table 3-7), or
 * 0 when there is none. */
static size_t decode(const char *text, uint32_t *out)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len = length_from(s[0]);
    uint32_t c = len < 2 ? s[0] : s[0] & (0x7fu >> len);

    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (len == 0 || !is_character(c, len))
        return 0;
    *out = c;
    return len;
}

static bool is_harmless(uint32_t c)
{
    return c >= 0x20 && c != '\\' && !(c >= 0x7f && c <= 0x9f) &&
           !(c >= 0x200b && c <= 0x200f) && /* zero width, marks */
           !(c >= 0x2028 && c <= 0x202e) && /* separators, directions */
           !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff;
}

/* Write the escape of c, or of the raw byte when c is no character. */
static int write_escape(char *out, size_t size, uint32_t c, bool decoded)
{
    static const struct {
        char c, letter;
    } letters[] = {{'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\\', '\\'}};

    for (size_t i = 0; decoded && i < sizeof letters / sizeof *letters; i++) {
        if ((uint32_t)letters[i].c == c)
            return snprintf(out, size, "\\%c", letters[i].letter);
    }
    if (decoded && c >= 0x80)
        return snprintf(out, size, "\\u{%x}", (unsigned)c);
    return snprintf(out, size, "\\x%02x", (unsigned)c);
}

static char *escape(const char *text, bool is_word)
{
    size_t room = strlen(text) * LONGEST_ESCAPE + 1;
    char *out = malloc(room), *to = out;

    while (out && *text != '\0') {
        uint32_t c = (unsigned char)*text;
        size_t len = decode(text, &c);

        if (len > 0 && is_harmless(c) && !(is_word && c == ' ')) {
            memcpy(to, text, len);
            to += len;
        } else {
            to += write_escape(to, room - (size_t)(to - out), c, len > 0);
        }
        text += len > 0 ? len : 1;
    }
    if (out)
        *to = '\0';
    return out;
}

char *assay__escape_line(const char *text)
{
    return escape(text, false);
}

char *assay__escape_word(const char *text)
{
    return escape(text, true);
}

char *assay__escape_utf8(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char *out = malloc(strlen(text) * (sizeof replacement - 1) + 1), *to = out;

    while (out && *text != '\0') {
        uint32_t c;
        size_t len = decode(text, &c);

        memcpy(to, len > 0 ? text : replacement,
               len > 0 ? len : sizeof replacement - 1);
        to += len > 0 ? len : sizeof replacement - 1;
        text += len > 0 ? len : 1;
    }
    if (out)
        *to = '\0';
    return out;
}

size_t assay__escape_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}
