/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Files inside texts and containers of other mail systems.
 *
 * As with the transfer encodings what is broken is taken as far as it goes.
 * Unless said otherwise: ASSAY_OK; ASSAY_E_NOTFOUND: no such file;
 * ASSAY_E_NOMEM; ASSAY_E_LIMIT over max_bytes. On failure *out is untouched.
 */
#ifndef ASSAY_MAIL_DECODE_FILES_H
#define ASSAY_MAIL_DECODE_FILES_H

#include "mail/decode.h"

/** The data lines of a uuencoded file, behind its `begin` line, up to the
 *  `end` line or the end of the text. */
assay_rc assay__decode_uu_lines(assay_bytes in, size_t max_bytes,
                                struct assay__decoded *out);

/** yEnc: the data between a `=ybegin` line and its `=yend` line, or the end of
 *  the text. `=ypart` lines are passed over. */
assay_rc assay__decode_yenc(assay_bytes in, size_t max_bytes,
                            struct assay__decoded *out);

/** The forks of a BinHex 4.0 file. */
struct assay__binhex {
    struct assay__decoded data;     /* owned by the caller */
    struct assay__decoded resource; /* likewise */
    char name[64];                  /* as it stands, terminated */
};

/** BinHex 4.0 (RFC 1741): text from the colon on. *used_out: bytes of the text
 *  that belong to it. */
assay_rc assay__decode_binhex(assay_bytes in, size_t max_bytes,
                              struct assay__binhex *out, size_t *used_out);

/** A file in a TNEF container; both are ranges of the container. */
struct assay__tnef_file {
    assay_bytes name; /* 8 bit or UTF-16LE, without NUL; len 0: none */
    assay_bytes data;
    bool is_name_wide; /* UTF-16LE */
};

/** Whether data begins with the TNEF signature. */
bool assay__tnef_is(assay_bytes data);
/** Step through the files of a TNEF container ([MS-OXTNEF]).
 *  @param at  0 at first; kept between calls
 *  @return false at the end */
bool assay__tnef_next(assay_bytes data, size_t *at,
                      struct assay__tnef_file *file_out);

#endif
