/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Structured MIME header values: `word [(comment)] *(";" name "=" value)`
 * (RFC 2045 5.1) with the continuations, charsets and percent escapes of
 * RFC 2231. Values are read in place, folded or not.
 *
 * Leniency is that of mail programs: the first of two equal names counts, an
 * unquoted value reaches to the ";", a quoted one needs no closing quote, a
 * backslash escapes only `"` and itself (file names of Windows keep theirs).
 */
#ifndef ASSAY_MAIL_MIME_PARAM_H
#define ASSAY_MAIL_MIME_PARAM_H

#include <assay/message.h>

#include "base/strbuf.h"

/** The word before the parameters: an encoding, a disposition, one half of
 *  "type/subtype". *rest is moved behind it; len 0 when there is none. */
assay_bytes assay__mime_token(assay_bytes *rest);

/**
 * Append the value of a parameter.
 *
 * @param value   of the whole header
 * @param name    lower case
 * @param is_text true: append UTF-8, with the charset of RFC 2231 or the
 *                encoded-words of RFC 2047 decoded; false: append the bytes
 * @return ASSAY_OK; ASSAY_E_NOTFOUND: absent; ASSAY_E_NOMEM; ASSAY_E_LIMIT
 *         over the buffer's maximum
 */
assay_rc assay__mime_param(assay_bytes value, const char *name, bool is_text,
                           struct assay__strbuf *out);

/** Whether a header names a parameter twice with different values: a plain
 *  one and another, or a plain one and one of RFC 2231. */
bool assay__mime_param_conflicts(assay_bytes value, const char *name);

#endif
