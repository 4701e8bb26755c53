/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 4096 };

static assay_rc out_of_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
}

assay_rc assay__buffer_reserve(struct assay__buffer *buffer, size_t extra,
                               assay_error *err)
{
    size_t need, cap = buffer->cap ? buffer->cap : FIRST_BYTES;
    char *data;

    if (__builtin_add_overflow(buffer->len, extra, &need))
        return out_of_memory(err);
    if (need <= buffer->cap)
        return ASSAY_OK;
    /* What is asked for at once is given exactly: most files are read whole,
     * and their size is known. */
    cap = need / 2 > cap ? need : cap * 2;
    if (cap < need)
        cap = need;
    data = realloc(buffer->data, cap);
    if (!data)
        return out_of_memory(err);
    buffer->data = data;
    buffer->cap = cap;
    return ASSAY_OK;
}

assay_rc assay__buffer_append(struct assay__buffer *buffer, const void *data,
                              size_t len, assay_error *err)
{
    assay_rc rc = assay__buffer_reserve(buffer, len, err);

    if (rc != ASSAY_OK)
        return rc;
    if (len > 0)
        memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
    return ASSAY_OK;
}

void assay__buffer_fini(struct assay__buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct assay__buffer){0};
}
