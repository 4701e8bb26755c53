/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Decoding a part into memory that is not the message's, for large parts that
 * are needed once.
 */
#ifndef ASSAY_MAIL_PART_H
#define ASSAY_MAIL_PART_H

#include <assay/message.h>

/** Whether assay_part_decode() has nothing left to do for this leaf. */
bool assay__part_is_decoded(const assay_part *part);
/** Bytes of memory that assay__part_decode_to() needs; may be 0. */
size_t assay__part_decode_room(const assay_part *part);
/** Decode a leaf; nothing is kept with the part.
 *  @return ASSAY_OK; ASSAY_E_LIMIT; ASSAY_E_NOTFOUND: the data are the body as
 *          it stands (no encoding, uuencode without a begin line) */
assay_rc assay__part_decode_to(const assay_part *part, void *memory,
                               size_t *len_out, size_t *defects_out,
                               assay_error *err);

#endif
