/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Small text helpers that do not depend on the locale.
 */
#ifndef ASSAY_BASE_TEXT_H
#define ASSAY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** ASCII lower case of one byte. */
static inline char assay__ascii_lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

/** Compare without case, ASCII only, both NUL-terminated. */
bool assay__text_equal(const char *a, const char *b);
/** Compare a counted text with a NUL-terminated one, without case. */
bool assay__text_equal_n(const char *a, size_t len, const char *b);
/** Whether a counted text has a NUL-terminated word in it, without case. */
bool assay__text_contains_n(const char *text, size_t len, const char *word);
/** Copy at most size - 1 bytes and terminate; control characters (and, when
 *  ascii_only, bytes over 126) become '?'. @return bytes copied */
size_t assay__text_copy_clean(char *out, size_t size, const char *text,
                              bool ascii_only);
/** Replace `"` and `\\` by `'`, in place: for what stands in quotes in a log
 *  line. */
void assay__text_unquote(char *text);
/** Copy and terminate, cutting at size - 1. NULL text counts as "". */
void assay__text_copy(char *out, size_t size, const char *text);
/** A number from -1e12 to 1e12 with at most six decimals: a point whatever the
 *  locale, no exponent, no zeros at the end. @param size  32 holds any */
void assay__text_number(char *out, size_t size, double number);
/** Bytes (1..4) of the UTF-8 character that text starts with; 0 when it is not
 *  valid (RFC 3629: no surrogates, nothing over-long) or len is 0. */
size_t assay__utf8_length(const char *text, size_t len);
/** strdup of the first len bytes; NULL when out of memory. */
char *assay__text_dup(const char *text, size_t len);

#endif
