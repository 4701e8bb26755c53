/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Readings: the leaves of a message in every way in which mail programs and
 * scanners are known to read it (AV-23, `paranoid`).
 *
 * The default reading is the MIME tree of <assay/message.h>. This module finds
 * what other readers would see beside it: other boundaries, other transfer
 * encodings, files in text (uuencode, yEnc, BinHex, TNEF), text before, after
 * and between the parts, headers that are folded, doubled or broken. Leaves
 * equal to one of the default reading, or to each other, appear once. A leaf of
 * the default reading is told, as "default", where an engine may undo its
 * encoding in another way than this library does.
 *
 * It also judges: reasons name what no honest composer makes. Oddities of
 * real mail (a missing final boundary, a name without quotes, a bare LF) have
 * readings, but give no reason.
 */
#ifndef ASSAY_MAIL_READINGS_H
#define ASSAY_MAIL_READINGS_H

#include <assay/message.h>

/** What one reading adds. All borrowed until assay__readings_free(). */
struct assay__reading_leaf {
    const char *reading;    /* static: "last-boundary", "uuencode", … */
    assay_bytes data;       /* decoded */
    const char *media_type; /* "type/subtype", never NULL */
    const char *file_name;  /* UTF-8 or NULL */
};

/** Bounds; 0 in a member means its default. What is cut off is told by
 *  assay__readings_limits(), and such a message is not covered. */
struct assay__reading_bounds {
    uint32_t max_readings;    /* trees walked; default 128 */
    uint32_t max_leaves;      /* default 10000 */
    size_t max_decoded_bytes; /* over all leaves; default 512 MiB */
    int64_t deadline_ms;      /* CLOCK_MONOTONIC; 0: none */
};

struct assay__readings;

/**
 * Walk a finished message in every reading. The default tree is walked, too,
 * if it was not.
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_STATE if not finished
 * Threads: the message's. Does not block but for its own work.
 */
assay_rc assay__readings_new(assay_message *message,
                             const struct assay__reading_bounds *bounds,
                             struct assay__readings **out, assay_error *err);
/** Before the message is freed. Accepts NULL. */
void assay__readings_free(struct assay__readings **readings);

size_t assay__readings_count(const struct assay__readings *readings);
/** @param index below the count */
const struct assay__reading_leaf *assay__readings_leaf(
    const struct assay__readings *readings, size_t index);
/** ASSAY_LIMIT_* bits; 0 when everything was walked. */
uint32_t assay__readings_limits(const struct assay__readings *readings);
/** CamelCase word of the worst thing that no honest composer makes, such as
 *  "ConflictingEncoding"; NULL when there is none. Static. */
const char *assay__readings_reason(const struct assay__readings *readings);

/**
 * Whether every reader agrees on a message, as far as that can be told from
 * the default tree at the cost of one look at each part: one Content-Type and
 * one plain Content-Transfer-Encoding per part, containers that every reader
 * opens, no text outside of parts, no file inside a text. When it is false a
 * scan of the decoded leaves alone may miss something, and engines get the
 * whole message as well.
 */
bool assay__readings_agree(assay_message *message);
/** Of that, what can be told without decoding a part. */
bool assay__readings_agree_on_tree(assay_message *message);
/** And of one leaf of such a tree, what its data tell. It depends on these, on
 *  the media type and on nothing else, so it can be remembered with them.
 *  @param data, defects  of assay_part_decode() */
bool assay__readings_agree_on_data(const assay_part *part, assay_bytes data,
                                   size_t defects);

#endif
