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
 *
 * The walk looks at the headers of each part once, whatever the depth.
 */
#ifndef ASSAY_SCAN_HIDDEN_PARTS_H
#define ASSAY_SCAN_HIDDEN_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/message.h>

/** A walk in depth-first order. */
struct assay__hidden_walk {
    assay_part *next;   /* to look at; NULL at the end */
    bool in_odd;        /* below a container that engines may not open */
    uint32_t odd_depth; /* of that container */
};

/** @param root  top part; NULL gives an empty walk */
void assay__hidden_walk_init(struct assay__hidden_walk *walk, assay_part *root);
/** The next leaf that may be hidden; NULL when there is none left. */
assay_part *assay__hidden_walk_next(struct assay__hidden_walk *walk);

#endif
