/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The coding of values in the assay protocol: each byte outside 0x20 to 0x7e,
 * and the sign itself, is %XX. Requests and answers share it.
 */
#ifndef ASSAY_SCANSOCKET_PERCENT_H
#define ASSAY_SCANSOCKET_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "stream.h"

/**
 * Decode strictly: what should have been coded and was not, and a sign without
 * two hexadecimal digits behind it, is refused.
 *
 * @param out  room for len bytes; may be text itself
 * @return false when it is not well coded
 */
bool assay__percent_decode(const char *text, size_t len, char *out,
                           size_t *len_out);

/** Append the coded text. @param also  a byte to be coded as well, such as a
 *  blank; 0: none. @return as assay__stream_add() */
assay_rc assay__percent_encode(struct assay__stream *out, const char *data,
                               size_t len, char also,
                               assay_error *err) ASSAY_MUST_CHECK;

#endif
