/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A growing byte buffer that always declares its maximum.
 *
 * Once an append fails (out of memory or over the maximum) the buffer is
 * marked failed and further appends do nothing, so callers may check once at
 * the end.
 */
#ifndef ASSAY_BASE_STRBUF_H
#define ASSAY_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>

struct assay__strbuf {
    char *data; /* NUL-terminated when not NULL; owned */
    size_t len; /* without the NUL */
    size_t cap;
    size_t max; /* most bytes without the NUL */
    bool failed;
};

/** An empty buffer that never holds more than max_bytes. No allocation. */
void assay__strbuf_init(struct assay__strbuf *buf, size_t max_bytes);
/** Releases the memory; the buffer may be initialised again. */
void assay__strbuf_fini(struct assay__strbuf *buf);
/** Forget the content, keep the memory and clear the failure. */
void assay__strbuf_reset(struct assay__strbuf *buf);

/** All: ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT over the maximum. */
assay_rc assay__strbuf_add(struct assay__strbuf *buf, const void *data,
                           size_t len);
assay_rc assay__strbuf_adds(struct assay__strbuf *buf, const char *text);
assay_rc assay__strbuf_addc(struct assay__strbuf *buf, char c);
assay_rc assay__strbuf_addf(struct assay__strbuf *buf, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);
assay_rc assay__strbuf_reserve(struct assay__strbuf *buf, size_t extra);

/** Move the text out ("" when empty); free() it. NULL when failed or out of
 *  memory; the buffer is empty afterwards. */
char *assay__strbuf_take(struct assay__strbuf *buf);
/** The text, never NULL; borrowed until the next change. */
const char *assay__strbuf_str(const struct assay__strbuf *buf);

#endif
