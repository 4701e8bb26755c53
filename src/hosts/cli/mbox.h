/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Taking an mbox file apart, a message at a time.
 *
 * A line "From …" after an empty line (or at the start of the file) begins a
 * message and does not belong to it; neither does the empty line before it.
 * Quoting is undone as in mboxrd: of a line ">From …", ">>From …" the first
 * ">" goes. Lines end with LF or CRLF and may be of any length.
 */
#ifndef ASSAY_CLI_MBOX_H
#define ASSAY_CLI_MBOX_H

#include <stdbool.h>

#include "input.h"

struct assay__mbox {
    struct assay__input *input; /* borrowed */
    size_t max_bytes;           /* of one message */
    bool open; /* the "From " line of a message to come was read */
};

/** True when a file that starts with these bytes is an mbox. */
bool assay__mbox_detect(assay_bytes start);

/** Steps over the first "From " line. @return as assay__input_peek() */
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
