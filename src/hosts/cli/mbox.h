/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Taking an mbox file apart, a message at a time.
 *
 * A separator "From sender date" after an empty line (or at the start of the
 * file) begins a message and does not belong to it; neither does the empty line
 * before it. Nobody inspects separators, so little passes for one: a whole line
 * with a time of day and a year in it. All other lines belong to a message.
 *
 * Quoting is undone as in mboxrd: of a line ">From …", ">>From …" the first
 * ">" goes. Lines end with LF or CRLF and may be of any length.
 */
#ifndef ASSAY_CLI_MBOX_H
#define ASSAY_CLI_MBOX_H

#include <stdbool.h>

#include "input.h"

/** Longest separator, in bytes with its line end. */
#define ASSAY__MBOX_MAX_SEPARATOR 998

struct assay__mbox {
    struct assay__input *input; /* borrowed */
    size_t max_bytes;           /* of one message */
    bool open; /* the separator before a message to come was read */
};

/**
 * True when a file that starts with these bytes is an mbox: when its first line
 * is a separator.
 *
 * @param start  ASSAY__MBOX_MAX_SEPARATOR bytes or more, or the whole file
 */
bool assay__mbox_detect(assay_bytes start);

/**
 * Steps over the first separator.
 *
 * @param max_bytes  not less than ASSAY__MBOX_MAX_SEPARATOR
 * @return as assay__input_peek()
 */
assay_rc assay__mbox_init(struct assay__mbox *mbox, struct assay__input *input,
                          size_t max_bytes, assay_error *err);

/**
 * Read the next message.
 *
 * @param message    an empty buffer; on ASSAY_OK its bytes
 * @param found_out  set on ASSAY_OK; false: there is no further message
 * @return ASSAY_OK; ASSAY_E_LIMIT for a message over max_bytes, which was
 *         stepped over: the next one can be read; ASSAY_E_NOMEM; ASSAY_E_IO;
 *         ASSAY_E_STATE as assay__input_peek()
 */
assay_rc assay__mbox_next(struct assay__mbox *mbox,
                          struct assay__buffer *message, bool *found_out,
                          assay_error *err);

#endif
