/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <stdlib.h>
#include <string.h>

#include "mail/decode_files.h"
#include "mail/header.h"

static bool begins_with(assay_bytes line, const char *word)
{
    size_t len = strlen(word);

    return line.len >= len && memcmp(line.data, word, len) == 0;
}

/* Every byte is shifted by 42; "=" escapes one, shifted by 64 more. */
static size_t take_line(assay_bytes line, char *out, size_t *defects)
{
    size_t len = 0;

    while (line.len > 0 &&
           (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
        line.len--;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.data[i];

        if (c == '=' && i + 1 < line.len)
            c = (unsigned char)((unsigned char)line.data[++i] - 64u);
        else if (c == '=')
            *defects += 1;
        out[len++] = (char)(unsigned char)(c - 42u);
    }
    return len;
}

assay_rc assay__decode_yenc(assay_bytes in, size_t max_bytes,
                            struct assay__decoded *out)
{
    const char *at = in.data, *end = in.data + in.len;
    struct assay__decoded decoded = {0};
    assay_bytes line;

    if (!begins_with(in, "=ybegin "))
        return ASSAY_E_NOTFOUND;
    decoded.data = malloc(in.len); /* it never grows */
    if (!decoded.data)
        return ASSAY_E_NOMEM;
    at += assay__header_line(at, end).len;
    for (; at < end; at += line.len) {
        line = assay__header_line(at, end);
        if (begins_with(line, "=yend"))
            break;
        if (!begins_with(line, "=ypart "))
            decoded.len +=
                take_line(line, decoded.data + decoded.len, &decoded.defects);
    }
    if (decoded.len > max_bytes) {
        free(decoded.data);
        return ASSAY_E_LIMIT;
    }
    *out = decoded;
    return ASSAY_OK;
}
