/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Content-Transfer-Encodings undone the tolerant way mail programs do.
 *
 * Buffer in, buffer out. What is no legal part of an encoding is counted as a
 * defect and never ends the decoding: an attacker's junk must not hide the
 * rest. All functions: ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT when more than
 * max_bytes would come out. On failure *out is untouched.
 */
#ifndef ASSAY_MAIL_DECODE_H
#define ASSAY_MAIL_DECODE_H

#include <assay/message.h>

struct assay__decoded {
    char *data; /* owned by the caller; NULL only when len is 0 */
    size_t len;
    size_t defects; /* characters that are no legal part of the encoding */
};

/** RFC 2045 6.8. Foreign characters are skipped, missing padding is supplied,
 *  and data after padding is decoded as well. */
assay_rc assay__decode_base64(assay_bytes in, size_t max_bytes,
                              struct assay__decoded *out);

/** RFC 2045 6.7. An escape that is none stays as it is; blanks at the end of
 *  a line are dropped. */
assay_rc assay__decode_quoted_printable(assay_bytes in, size_t max_bytes,
                                        struct assay__decoded *out);

/**
 * uuencode: the data of all `begin` sections, one after the other. A short
 * line is filled with zeros up to its count (blanks at its end were lost), a
 * long one is cut, a missing `end` is the end of the text.
 * @return also ASSAY_E_NOTFOUND: there is no `begin` line
 */
assay_rc assay__decode_uuencode(assay_bytes in, size_t max_bytes,
                                struct assay__decoded *out);

/** Bytes of memory that assay__decode_to() needs; may be 0. */
size_t assay__decode_room(assay_encoding encoding, assay_bytes in,
                          size_t max_bytes);
/**
 * The same into memory of the caller's.
 * @param out  out->data has assay__decode_room() bytes; the rest is set
 * @return also ASSAY_E_NOTFOUND for an encoding that leaves the text as it is
 */
assay_rc assay__decode_to(assay_encoding encoding, assay_bytes in,
                          size_t max_bytes, struct assay__decoded *out);

/** Value of a hexadecimal digit of either case; -1 for another character. */
int assay__decode_hex_digit(char c);

#endif
