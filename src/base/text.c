/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool assay__text_equal(const char *a, const char *b)
{
    return assay__text_equal_n(a, strlen(a), b);
}

bool assay__text_equal_n(const char *a, size_t len, const char *b)
{
    for (size_t i = 0; i < len; i++) {
        if (b[i] == '\0' ||
            assay__ascii_lower(a[i]) != assay__ascii_lower(b[i]))
            return false;
    }
    return b[len] == '\0';
}

bool assay__text_contains_n(const char *text, size_t len, const char *word)
{
    size_t word_len = strlen(word);

    for (size_t i = 0; i + word_len <= len; i++)
        if (assay__text_equal_n(text + i, word_len, word))
            return true;
    return false;
}

size_t assay__text_copy_clean(char *out, size_t size, const char *text,
                              bool ascii_only)
{
    size_t n = 0;

    if (size == 0)
        return 0;
    for (; text && text[n] != '\0' && n + 1 < size; n++) {
        unsigned char c = (unsigned char)text[n];
        bool bad = c < 0x20 || c == 0x7f || (ascii_only && c > 0x7e);

        out[n] = (char)(bad ? '?' : text[n]);
    }
    out[n] = '\0';
    return n;
}

void assay__text_unquote(char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '"' || *text == '\\')
            *text = '\'';
}

void assay__text_copy(char *out, size_t size, const char *text)
{
    size_t len = text ? strlen(text) : 0;

    if (size == 0)
        return;
    if (len > size - 1)
        len = size - 1;
    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
}

void assay__text_number(char *out, size_t size, double number)
{
    double rounding = number < 0 ? -0.5 : 0.5;
    long long millionths = (long long)(number * 1e6 + rounding);
    long long whole = millionths / 1000000, rest = millionths % 1000000;
    size_t len;

    (void)snprintf(out, size, "%s%lld.%06lld", millionths < 0 ? "-" : "",
                   whole < 0 ? -whole : whole, rest < 0 ? -rest : rest);
    len = strlen(out);
    while (len > 0 && out[len - 1] == '0')
        len--;
    if (len > 0 && out[len - 1] == '.')
        len--;
    out[len] = '\0';
}

size_t assay__utf8_length(const char *text, size_t len)
{
    /* The smallest code point each length may carry. */
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = len > 0 ? (unsigned char)text[0] : 0xff;
    size_t want = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;
    unsigned long point = first & (0x7fU >> want);

    if (want <= 1 || want > len)
        return want <= len ? want : 0;
    for (size_t i = 1; i < want; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (c & 0x3fU);
    }
    if (point < smallest[want] || point > 0x10ffff ||
        (point >= 0xd800 && point <= 0xdfff))
        return 0;
    return want;
}

char *assay__text_dup(const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
