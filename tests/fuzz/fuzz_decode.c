/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The transfer decoders; the first byte picks one and the limit.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mail/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static assay_rc decode(int which, assay_bytes in, size_t max,
                       struct assay__decoded *out)
{
    switch (which) {
    case 0:
        return assay__decode_base64(in, max, out);
    case 1:
        return assay__decode_quoted_printable(in, max, out);
    default:
        return assay__decode_uuencode(in, max, out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay__decoded decoded = {0};
    size_t max;
    union {
        const uint8_t *bytes;
        const char *text;
    } input;

    if (size == 0)
        return 0;
    max = data[0] & 4 ? 16 : 65536;
    input.bytes = data + 1;
    if (decode(data[0] & 3, (assay_bytes){input.text, size - 1}, max,
               &decoded) == ASSAY_OK &&
        decoded.len > max)
        abort();
    free(decoded.data);
    return 0;
}
