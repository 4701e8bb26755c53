/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Text in the charsets of the world to UTF-8, through iconv.
 */
#ifndef ASSAY_MAIL_CHARSET_H
#define ASSAY_MAIL_CHARSET_H

#include <assay/message.h>

#include "base/strbuf.h"

/** Longest charset name that is looked up. */
#define ASSAY__CHARSET_NAME_MAX 64

/**
 * Append text as UTF-8. What is no character of the charset, and NUL, becomes
 * U+FFFD.
 *
 * @param charset  any case, not terminated; comes from outside
 * @return ASSAY_OK; ASSAY_E_NOTFOUND: no such charset, nothing was appended;
 *         ASSAY_E_NOMEM; ASSAY_E_LIMIT over the buffer's maximum
 */
assay_rc assay__charset_to_utf8(assay_bytes charset, assay_bytes text,
                                struct assay__strbuf *out);

/** Append text that should be UTF-8 already; each byte that is not, and NUL,
 *  becomes U+FFFD. @return as assay__strbuf_add() */
assay_rc assay__charset_repair_utf8(assay_bytes text,
                                    struct assay__strbuf *out);

#endif
