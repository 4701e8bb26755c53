/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header values as text: unfolded, RFC 2047 encoded-words decoded, UTF-8.
 */
#ifndef ASSAY_MAIL_HEADER_TEXT_H
#define ASSAY_MAIL_HEADER_TEXT_H

#include <assay/message.h>

#include "base/strbuf.h"

/** Most charset conversions in one value; words after them stay as they are
 *  (each opens a converter, and 1 MiB of header has room for 80,000). */
#define ASSAY__HEADER_TEXT_CONVERSIONS_MAX 256

/**
 * Append the text of a folded value; line ends go, blanks stay.
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT over the buffer's maximum
 */
assay_rc assay__header_text_decode(assay_bytes value,
                                   struct assay__strbuf *out);

/** The most bytes that len bytes of header become, whatever the charset. */
size_t assay__header_text_max(size_t len);

#endif
