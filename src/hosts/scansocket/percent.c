/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "percent.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool is_plain(char c)
{
    return c >= 0x20 && c <= 0x7e && c != '%';
}

bool assay__percent_decode(const char *text, size_t len, char *out,
                           size_t *len_out)
{
    size_t written = 0;

    for (size_t i = 0; i < len; i++) {
        if (is_plain(text[i])) {
            out[written++] = text[i];
            continue;
        }
        if (text[i] != '%' || len - i < 3 || digit(text[i + 1]) < 0 ||
            digit(text[i + 2]) < 0)
            return false;
        out[written++] =
            (char)(unsigned char)(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
    }
    *len_out = written;
    return true;
}

assay_rc assay__percent_encode(struct assay__stream *out, const char *data,
                               size_t len, char also, assay_error *err)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t start = 0;
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < len && rc == ASSAY_OK; i++) {
        unsigned char byte = (unsigned char)data[i];
        const char coded[] = {'%', digits[byte >> 4], digits[byte & 15]};

        if (is_plain(data[i]) && (also == '\0' || data[i] != also))
            continue;
        rc = assay__stream_add(out, data + start, i - start, err);
        if (rc == ASSAY_OK)
            rc = assay__stream_add(out, coded, sizeof coded, err);
        start = i + 1;
    }
    if (rc == ASSAY_OK)
        rc = assay__stream_add(out, data + start, len - start, err);
    return rc;
}
