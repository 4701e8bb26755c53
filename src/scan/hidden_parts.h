/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which parts of a mail an engine may miss when it reads the mail by itself.
 *
 * Engines have a MIME reader of their own, made for the mail of every day:
 * libclamav, for one, opens a nested message only if it is not encoded, looks
 * at the first part of multipart/signed alone, and does not decode a part
 * whose Content-Transfer-Encoding is folded. What stands in such a place is
 * given to the engine once more, decoded.
 */
#ifndef ASSAY_SCAN_HIDDEN_PARTS_H
#define ASSAY_SCAN_HIDDEN_PARTS_H

#include <assay/message.h>

/** The first such leaf from @part on, in depth-first order; NULL when there
 *  is none left. @param part may be NULL */
assay_part *assay__hidden_part(assay_part *part);

#endif
