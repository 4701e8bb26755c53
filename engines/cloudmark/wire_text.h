/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Texts from an SMTP session on their way to a service: a growing text, into
 * which foreign texts go escaped.
 *
 * An address or a HELO name may have anything in it, and must not end a header
 * line or become two addresses. So control characters, and one more character
 * of the caller's choice, are written as %0A; all other bytes stay, % as well:
 * such texts are for a judgement, nobody has to undo that.
 */
#ifndef ASSAY_CLOUDMARK_WIRE_TEXT_H
#define ASSAY_CLOUDMARK_WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** {0} is an empty one. After a failure nothing more is added; look at failed
 *  once at the end. */
struct assay__wire_text {
    char *data; /* NUL-terminated; NULL while empty; owned */
    size_t len, capacity;
    bool failed; /* there was no memory */
};

void assay__wire_text_add(struct assay__wire_text *text, const char *more);
/** @param also  a character to escape beside control characters, or '\0' */
void assay__wire_text_add_escaped(struct assay__wire_text *text,
                                  const char *more, char also);
void assay__wire_text_fini(struct assay__wire_text *text);

#endif
