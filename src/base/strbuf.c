/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"

void assay__strbuf_init(struct assay__strbuf *buf, size_t max_bytes)
{
    *buf = (struct assay__strbuf){.max = max_bytes};
}

void assay__strbuf_fini(struct assay__strbuf *buf)
{
    free(buf->data);
    assay__strbuf_init(buf, buf->max);
}

void assay__strbuf_reset(struct assay__strbuf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

static assay_rc fail(struct assay__strbuf *buf, assay_rc rc)
{
    buf->failed = true;
    return rc;
}

/* Grows by half, so that a long message built from pieces is copied few
 * times; never past max + 1 for the NUL. */
static size_t next_capacity(const struct assay__strbuf *buf, size_t needed)
{
    size_t cap = buf->cap + buf->cap / 2 + 64;

    if (cap < needed)
        cap = needed;
    if (buf->max < SIZE_MAX && cap > buf->max + 1)
        cap = buf->max + 1;
    return cap;
}

assay_rc assay__strbuf_reserve(struct assay__strbuf *buf, size_t extra)
{
    size_t needed;
    char *grown;

    if (buf->failed)
        return ASSAY_E_NOMEM;
    if (!assay__size_add(buf->len, extra, &needed) || needed > buf->max ||
        !assay__size_add(needed, 1, &needed))
        return fail(buf, ASSAY_E_LIMIT);
    if (buf->data && needed <= buf->cap)
        return ASSAY_OK;
    needed = next_capacity(buf, needed);
    grown = realloc(buf->data, needed);
    if (!grown)
        return fail(buf, ASSAY_E_NOMEM);
    buf->data = grown;
    buf->cap = needed;
    return ASSAY_OK;
}

assay_rc assay__strbuf_add(struct assay__strbuf *buf, const void *data,
                           size_t len)
{
    assay_rc rc = assay__strbuf_reserve(buf, len);

    if (rc != ASSAY_OK)
        return rc;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return ASSAY_OK;
}

assay_rc assay__strbuf_adds(struct assay__strbuf *buf, const char *text)
{
    return assay__strbuf_add(buf, text, strlen(text));
}

assay_rc assay__strbuf_addc(struct assay__strbuf *buf, char c)
{
    return assay__strbuf_add(buf, &c, 1);
}

assay_rc assay__strbuf_addf(struct assay__strbuf *buf, const char *fmt, ...)
{
    va_list args;
    assay_rc rc;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        return fail(buf, ASSAY_E_INVAL);
    rc = assay__strbuf_reserve(buf, (size_t)len);
    if (rc != ASSAY_OK)
        return rc;
    va_start(args, fmt);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
    return ASSAY_OK;
}

char *assay__strbuf_take(struct assay__strbuf *buf)
{
    char *text;

    if (!buf->failed && !buf->data)
        (void)assay__strbuf_add(buf, "", 0);
    if (buf->failed) {
        assay__strbuf_fini(buf);
        return NULL;
    }
    text = buf->data;
    assay__strbuf_init(buf, buf->max);
    return text;
}

const char *assay__strbuf_str(const struct assay__strbuf *buf)
{
    return buf->data ? buf->data : "";
}
