/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header blocks as they stand in the message.
 *
 * A block ends at an empty line or, as in MTAs, before the first line that is
 * neither a field nor the fold of one. Lines end at CRLF or LF. A message may
 * begin with an mbox "From " line, which belongs to the block and is no field.
 */
#ifndef ASSAY_MAIL_HEADER_H
#define ASSAY_MAIL_HEADER_H

#include <assay/message.h>

struct assay__header_field {
    assay_bytes name;
    assay_bytes value; /* after the colon, folded, without the last line end */
    assay_bytes raw;   /* all of it, with the last line end */
};

/* ---- finding the end of a block, line by line ---------------------------- */

enum assay__header_step {
    ASSAY__HEADER_MORE,  /* the line belongs to the block */
    ASSAY__HEADER_EMPTY, /* the empty line: the body begins after it */
    ASSAY__HEADER_OTHER, /* no header: the body begins with this line */
    ASSAY__HEADER_LIMIT  /* the line exceeds a limit */
};

struct assay__header_scan {
    bool may_have_from_line; /* set by the caller: block of a message */
    uint32_t fields;
    size_t bytes;
};

/** @param line  with its line end, if it has one */
enum assay__header_step assay__header_scan_line(
    struct assay__header_scan *scan, assay_bytes line,
    const assay_message_limits *limits);

/** The first line of bytes, with its line end; empty at the end. */
assay_bytes assay__header_line(const char *data, const char *end);
/** Is the line nothing but a line end? */
bool assay__header_is_empty_line(assay_bytes line);

/** The block that bytes of a message begin with. */
assay_bytes assay__header_block(assay_bytes message,
                                const assay_message_limits *limits,
                                enum assay__header_step *ended_by_out);

/* ---- reading a block ----------------------------------------------------- */

/** Step through the fields: *rest starts as the block and shrinks.
 *  @return false at the end */
bool assay__header_next(assay_bytes *rest,
                        struct assay__header_field *field_out);
/** The index-th field of a name, without case. */
bool assay__header_find(assay_bytes block, const char *name, size_t index,
                        struct assay__header_field *field_out);

static inline bool assay__header_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/** A blank, or part of the line end of a fold. */
static inline bool assay__header_is_space(char c)
{
    return assay__header_is_blank(c) || c == '\r' || c == '\n';
}

/** RFC 5322 ftext: what a field name may consist of. */
static inline bool assay__header_is_ftext(char c)
{
    return c > 32 && c < 127 && c != ':';
}

#endif
