/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The XML that ActiveFilter tells, as docs/activefilter.rng describes it
 * (CM-32). What changes from one document about a message to the next stands
 * in attributes of the root; what does not, the details, is made once and kept
 * with the registration.
 *
 * Texts of mails and scripts are anything: what is not UTF-8, and characters
 * that XML 1.0 forbids, become U+FFFD; libxml2 escapes the rest.
 *
 * Threads: any. Blocks: never.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_DOCUMENT_H
#define ASSAY_STORE_ACTIVEFILTER_DOCUMENT_H

#include "store/activefilter.h"

#define ASSAY__ACTIVEFILTER_NAMESPACE "urn:assay:activefilter:1"

/** What a document says; borrowed, no text is NULL but as noted. */
struct assay__activefilter_document {
    const char *id;
    int64_t revision; /* 0: a registration; else an update */
    int64_t time_s;
    assay_activefilter_mode mode;
    const char *inbox, *spam; /* NULL unless MOVEMSG */
    bool unread_only;
    double threshold, score;
    double previous_score;     /* of an update */
    const assay_score *judged; /* for its categories */
    assay_bytes details;
};

/**
 * The elements message and recipients of a message.
 * @param out  free() it
 * @return ASSAY_OK; ASSAY_E_LIMIT over ASSAY__ACTIVEFILTER_DETAILS_MAX bytes;
 *         ASSAY_E_NOMEM; ASSAY_E_STATE the message is not finished
 */
assay_rc assay__activefilter_document_details(
    const struct assay__activefilter_event *event, int64_t time_s, char **out,
    size_t *len_out, assay_error *err);
/** The whole document. @param out  free() it; NUL-terminated
 *  @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__activefilter_document_write(
    const struct assay__activefilter_document *document, char **out,
    size_t *len_out, assay_error *err);
/** The value of attribute action. */
const char *assay__activefilter_document_action(
    const struct assay__activefilter_document *document);

#endif
