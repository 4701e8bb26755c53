/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "wire_text.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

static bool reserve(struct assay__wire_text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : CAPACITY_MIN;
    char *data;

    while (capacity <= text->len + more) /* in memory: cannot wrap */
        capacity *= 2;
    if (text->failed || capacity == text->capacity)
        return !text->failed;
    data = realloc(text->data, capacity);
    text->failed = !data;
    if (!data)
        return false;
    text->data = data;
    text->capacity = capacity;
    return true;
}

static void add(struct assay__wire_text *text, const char *more, size_t len)
{
    if (!reserve(text, len))
        return;
    memcpy(text->data + text->len, more, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void assay__wire_text_add(struct assay__wire_text *text, const char *more)
{
    add(text, more, strlen(more));
}

static bool is_escaped(char c, char also)
{
    return (unsigned char)c < ' ' || c == 127 || c == also;
}

void assay__wire_text_add_escaped(struct assay__wire_text *text,
                                  const char *more, char also)
{
    static const char digits[] = "0123456789ABCDEF";

    while (*more != '\0') {
        size_t plain = 0;

        while (more[plain] != '\0' && !is_escaped(more[plain], also))
            plain++;
        add(text, more, plain);
        more += plain;
        if (*more != '\0') {
            unsigned char byte = (unsigned char)*more++;
            const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};

            add(text, escape, sizeof escape);
        }
    }
}

void assay__wire_text_fini(struct assay__wire_text *text)
{
    free(text->data);
    *text = (struct assay__wire_text){0};
}
