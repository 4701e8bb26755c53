/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "base/fields.h"

#include <string.h>

#define NO_TEXT UINT64_MAX /* as a length */

void assay__fields_add_number(struct assay__strbuf *buf, uint64_t number)
{
    (void)assay__strbuf_add(buf, &number, sizeof number);
}

void assay__fields_add_text(struct assay__strbuf *buf, const char *text)
{
    size_t len = text ? strlen(text) : 0;

    assay__fields_add_number(buf, text ? len : NO_TEXT);
    if (text)
        (void)assay__strbuf_add(buf, text, len + 1);
}

static const char *take(struct assay__fields *fields, size_t size)
{
    const char *taken = fields->at;

    if (fields->failed || fields->left < size) {
        fields->failed = true;
        return NULL;
    }
    fields->at += size;
    fields->left -= size;
    return taken;
}

uint64_t assay__fields_number(struct assay__fields *fields)
{
    const char *taken = take(fields, sizeof(uint64_t));
    uint64_t number = 0;

    if (taken)
        memcpy(&number, taken, sizeof number);
    return number;
}

const char *assay__fields_text(struct assay__fields *fields)
{
    uint64_t len = assay__fields_number(fields);
    const char *text;

    if (fields->failed || len == NO_TEXT)
        return NULL;
    if (len >= fields->left) {
        fields->failed = true;
        return NULL;
    }
    text = take(fields, (size_t)len + 1);
    if (text && memchr(text, '\0', (size_t)len + 1) == text + len)
        return text;
    fields->failed = true;
    return NULL;
}
