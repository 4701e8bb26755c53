/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "request.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_plain(char c)
{
    return c >= 0x20 && c <= 0x7e && c != '%';
}

static void add_coded(struct assay__exim_buffer *request, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";

    while (*value != '\0') {
        size_t plain = 0;

        while (is_plain(value[plain]))
            plain++;
        assay__exim_buffer_add(request, value, plain);
        value += plain;
        if (*value != '\0') {
            unsigned char byte = (unsigned char)*value++;
            char coded[] = {'%', digits[byte >> 4], digits[byte & 15]};

            assay__exim_buffer_add(request, coded, sizeof coded);
        }
    }
}

void assay__exim_request_add(struct assay__exim_buffer *request,
                             const char *key, const char *value)
{
    if (!value)
        return;
    assay__exim_buffer_add_text(request, key);
    assay__exim_buffer_add(request, "=", 1);
    add_coded(request, value);
    assay__exim_buffer_add(request, "\n", 1);
}

void assay__exim_request_add_number(struct assay__exim_buffer *request,
                                    const char *key, long long number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%lld", number);
    assay__exim_request_add(request, key, text);
}
