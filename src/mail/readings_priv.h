/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Inside of readings: the set of leaves, the list of documents that are still
 * to be walked, and who adds to them.
 *
 *   readings.c       driver, set, bounds
 *   reading_tree.c   a document in every way of reading its tree
 *   reading_leaf.c   a part under every encoding that it may have
 *   reading_text.c   files and messages inside a text
 */
#ifndef ASSAY_MAIL_READINGS_PRIV_H
#define ASSAY_MAIL_READINGS_PRIV_H

#include "base/arena.h"
#include "mail/decode.h"
#include "mail/mime_profile.h"
#include "mail/readings.h"

#define ASSAY__READINGS_TREES 128u
#define ASSAY__READINGS_LEAVES 10000u
#define ASSAY__READINGS_BYTES ((size_t)512 << 20)
/** Messages inside encoded parts inside messages … */
#define ASSAY__READINGS_NESTING 8u
/** Content-Type headers of one block that are considered. */
#define ASSAY__READINGS_TYPES 8u
/** Walks and searches look at so many times the message at most. */
#define ASSAY__READINGS_WORK_FACTOR ((size_t)32)
#define ASSAY__READINGS_WORK_MIN ((size_t)2 << 20)

/** What no honest composer makes, the worst first. */
enum assay__reading_reason {
    ASSAY__REASON_TYPE,
    ASSAY__REASON_ENCODING,
    ASSAY__REASON_BOUNDARY,
    ASSAY__REASON_HIDDEN_PART,
    ASSAY__REASON_BASE64,
    ASSAY__REASON_NUL,
    ASSAY__REASON_BARE_CR,
    ASSAY__REASON_COLON,
    ASSAY__REASON_COUNT
};

/** Where a leaf comes from, and what else is known of it. */
struct assay__reading_origin {
    const char *reading;    /* static */
    const char *media_type; /* owned by the readings or static */
    const char *file_name;  /* likewise; may be NULL */
    const char *charset;    /* likewise; may be NULL */
    uint32_t nesting;
    bool is_outside;  /* of every part: preamble or epilogue */
    bool is_searched; /* its text was looked through already */
};

/** A leaf with what the driver needs of it. */
struct assay__reading_entry {
    struct assay__reading_leaf leaf;
    struct assay__reading_origin origin;
    uint64_t hash;
    size_t next;     /* in its bucket, + 1; 0: none */
    bool is_default; /* of the default reading */
    bool is_told;    /* to the caller */
};

/** Bytes to be walked as a message of their own. */
struct assay__reading_document {
    assay_bytes bytes;
    const char *reading;
    uint32_t nesting;
    bool is_body;     /* of a multipart without a header */
    bool is_outside;  /* as in the origin */
    bool is_searched; /* as in the origin */
};

struct assay__readings {
    assay_message *message;
    struct assay__reading_bounds bounds; /* defaults filled in */

    struct assay__reading_entry *entries; /* owned */
    size_t count;
    size_t cap;
    size_t *buckets; /* index + 1 by hash; owned; NULL: nothing hashed yet */
    size_t bucket_count;
    size_t *told; /* indices of the leaves that are told; owned */
    size_t told_count;

    struct assay__reading_document *documents; /* owned */
    size_t document_count;
    size_t document_cap;

    assay_message **trees; /* owned: leaves borrow from them */
    size_t tree_count;
    size_t tree_cap;
    void **buffers; /* owned: leaves and documents borrow from them */
    size_t buffer_count;
    size_t buffer_cap;
    struct assay__arena arena; /* names */

    struct assay__range_set *ranges; /* encoded bodies that were seen */

    uint32_t walks;
    size_t differences; /* leaves offered that are none of the default */
    size_t decoded_bytes;
    size_t work_left;
    uint32_t limits;
    bool reasons[ASSAY__REASON_COUNT];
    assay_rc rc; /* not ASSAY_OK: stop */
};

/* ---- the set ---------------------------------------------------------------
 */

/** Whether to go on: no error, no bound, no deadline. */
bool assay__readings_go_on(struct assay__readings *r);
/** Take `bytes` off the work that is left. @return as assay__readings_go_on */
bool assay__readings_work(struct assay__readings *r, size_t bytes);
/** Note that something was cut off: ASSAY_LIMIT_* bits. */
void assay__readings_cut(struct assay__readings *r, uint32_t limits);

/** A leaf of the default reading: known, and told only where an engine may
 *  decode it in another way. */
void assay__readings_add_default(struct assay__readings *r, assay_bytes data,
                                 const struct assay__reading_origin *origin,
                                 bool is_told);
/** Add a leaf over borrowed bytes that live as long as the readings.
 *  @return true if it is new */
bool assay__readings_add(struct assay__readings *r, assay_bytes data,
                         const struct assay__reading_origin *origin);
/** Add what a decoder returned; takes decoded over in every case, also when rc
 *  is none of success. ASSAY_E_NOTFOUND is no error.
 *  @return true if it is new */
bool assay__readings_add_decoded(struct assay__readings *r, assay_rc rc,
                                 struct assay__decoded *decoded,
                                 const struct assay__reading_origin *origin);
/** Keep a buffer until the end; frees it when it cannot. @return success */
bool assay__readings_keep(struct assay__readings *r, void *buffer);
/** Keep a tree until the end; frees it when it cannot. @return success */
bool assay__readings_keep_tree(struct assay__readings *r, assay_message *tree);
/** Line up bytes that live as long as the readings. */
void assay__readings_enqueue(struct assay__readings *r,
                             const struct assay__reading_document *document);
/** What a decoder may still give out. */
size_t assay__readings_room(const struct assay__readings *r);
/** Whether an encoded body was not seen under that encoding before. */
bool assay__readings_is_new_range(struct assay__readings *r, assay_bytes range,
                                  uint32_t how);

/* ---- the readers ---------------------------------------------------------
 */

/** The default tree of the message: its leaves are known from then on. */
void assay__reading_tree_default(struct assay__readings *r);
/** Walk a document in every way. */
void assay__reading_tree_walk(struct assay__readings *r,
                              const struct assay__reading_document *document);

/**
 * Step through what is text of a multipart and in none of its parts: before
 * the first, after the final boundary.
 * @param part  the multipart itself at first; kept between calls
 * @return false at the end
 */
bool assay__reading_next_gap(const assay_part *multipart,
                             const assay_part **part, assay_bytes *text_out);

/** A leaf of a tree under every encoding that it may have. */
void assay__reading_leaf_decode(struct assay__readings *r, assay_part *part,
                                const struct assay__reading_origin *origin);
/** Bytes that are nobody's part, before, after or between parts. */
void assay__reading_leaf_outside(struct assay__readings *r, assay_bytes text,
                                 const struct assay__reading_origin *origin);

/** Files and messages in decoded data. */
void assay__reading_text_examine(struct assay__readings *r, assay_bytes data,
                                 const struct assay__reading_origin *origin);

/** The charset of more, or fewer, than eight bits that a name stands for; NULL:
 *  none such. @param charset  lower case; may be NULL */
const char *assay__reading_wide_charset(const char *charset);
/** Whether there is something to dig out of data. */
bool assay__reading_text_holds_file(assay_bytes data,
                                    const struct assay__reading_origin *origin);
/** Whether a text is base64 from its first line to its last. */
bool assay__reading_looks_like_base64(assay_bytes text);
/** Whether a text that is not declared so is quoted-printable. */
bool assay__reading_looks_like_qp(assay_bytes text);
/** Whether there are escapes or soft line breaks in a quoted-printable text
 *  that readers take differently. */
bool assay__reading_has_odd_escapes(assay_bytes text);
/** Whether a line of base64 but the last ends within a group of four. */
bool assay__reading_has_broken_lines(assay_bytes text);
/** Whether a line could be the boundary of some multipart. */
bool assay__reading_has_boundary_line(assay_bytes text);
/** Whether text is some words such as composers put before the first part. */
bool assay__reading_is_prose(assay_bytes text);

#endif
