/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The message and its parts, for the modules of this room only.
 *
 * Invariant: from `finished` on, `received` does not change, so ranges in it
 * stay valid; every other byte a message owns was made from it on demand.
 */
#ifndef ASSAY_MAIL_MESSAGE_PRIV_H
#define ASSAY_MAIL_MESSAGE_PRIV_H

#include <assay/message.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "mail/mime_profile.h"

#define ASSAY__MESSAGE_ID_BYTES 128

/** A part and, while the tree is walked, an entry of the stack of open parts
 *  (its ancestors are the entries below). */
struct assay_part {
    assay_message *message;
    struct assay_part *parent;
    struct assay_part *first_child;
    struct assay_part *last_child;
    struct assay_part *next;
    assay_part_info info;

    /* walk: the boundary while its lines are looked for */
    size_t boundary_len;
    uint64_t boundary_hash;
    struct assay_part *next_in_bucket;
    bool is_boundary_active;

    /* decoding, on first use */
    bool is_decoded;
    assay_bytes decoded; /* owned when it is no range of the message */
    size_t defects;
};

enum assay__build_state {
    ASSAY__BUILD_EMPTY,
    ASSAY__BUILD_HEADERS, /* the last thing appended was a header */
    ASSAY__BUILD_BYTES,
    ASSAY__BUILD_BORROWED, /* received is set */
    ASSAY__BUILD_FINISHED
};

struct assay_message {
    assay_message_limits limits; /* defaults filled in */

    enum assay__build_state state;
    assay_rc build_rc; /* of the append that failed, or ASSAY_OK */
    struct assay__strbuf built;
    assay_bytes received;       /* in built or borrowed; set when finished */
    void (*release)(void *arg); /* of borrowed bytes; NULL: none */
    void *release_arg;

    struct assay__strbuf wire; /* empty while it equals received */
    bool wire_known;

    assay_edit *edits; /* strings owned */
    size_t edit_count;
    size_t edit_cap;
    struct assay__strbuf edited_header; /* of the canonical rendition */
    struct assay__strbuf canonical;
    bool edited_header_known;
    bool canonical_known;

    char *sender; /* NULL: "" */
    char **recipients;
    size_t recipient_count;
    size_t recipient_cap;
    char id[ASSAY__MESSAGE_ID_BYTES];
    assay_context *context;
    void *owner; /* the session; NULL: none */

    assay_part *root; /* NULL until the tree was walked */
    uint32_t part_count;
    uint32_t tree_limits;
    struct assay__mime_profile profile; /* how to walk; all 0: as usual */
    struct assay__mime_notes notes;     /* what the walk came across */
    struct assay__arena arena;          /* parts and their strings */
};

/** Walk the tree of a finished message: sets root, part_count, tree_limits.
 *  @return ASSAY_OK; ASSAY_E_NOMEM, and then the message is as before */
assay_rc assay__mime_walk(assay_message *message);

/** Fill in part->info from part->info.header, but for body and depth.
 *  @param default_type  what a missing or bad Content-Type means
 *  @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__part_describe(assay_part *part, const char *default_type);
/** The encoding that a Content-Transfer-Encoding value names. */
assay_encoding assay__part_encoding_of(assay_bytes value);
/** Release what decoding keeps. */
void assay__part_fini(assay_part *part);

/** The canonical rendition with at least one edit. */
assay_rc assay__edit_render(assay_message *message, assay_bytes *bytes_out,
                            assay_error *err);
/** Release the edits and what was rendered from them. */
void assay__edit_fini(assay_message *message);

#endif
