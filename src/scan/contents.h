/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The contents of a request for one engine, one after the other:
 *
 *   a part, or bytes that are no mail    that one
 *   a message                            in the rendition the engine asks for;
 *                                        un-stuffed as well when stuffing
 *                                        changed it; and the leaves that the
 *                                        engine's own MIME reader may miss
 *   a message with mime_decompose        each leaf that is not empty, decoded;
 *                                        and what is above, but for leaves,
 *                                        when there is no leaf, when a limit
 *                                        cut the tree, or when not every
 *                                        reader sees the same leaves
 *   a message, for an engine that wants  each leaf, decoded, and the message;
 *   parts                                with mime_decompose as above; beside
 *                                        the message what other readings add
 *   with paranoid, besides               what other readings of the message
 *                                        add
 *
 * So at least one content is there for every request. With mime_decompose
 * headers, and what stands outside of parts, are no content unless the message
 * is: no reader takes a file from there when all agree.
 *
 * A source names a content before it is decoded.
 */
#ifndef ASSAY_SCAN_CONTENTS_H
#define ASSAY_SCAN_CONTENTS_H

#include "rt/temp_folder.h"
#include "scan/hidden_parts.h"
#include "scan/run.h"

/** Where a content comes from; all borrowed from the message. */
struct assay__source {
    assay_content_kind kind;
    assay_bytes encoded;     /* as it lies in the message */
    assay_encoding encoding; /* of these bytes */
    const char *media_type;  /* may be NULL */
    const char *file_name;   /* may be NULL */
    const char *reading;     /* may be NULL */
    assay_part *part;        /* decode it; NULL: encoded is the content */
    bool is_leaf;  /* one of those that shall be scanned instead of the message:
                      for that readers must agree on its data */
    bool is_apart; /* its bytes are counted besides those of the contents
                      before it; false: it is another view of them */
    bool is_covered; /* set by the caller: the cache is asked for the message
                        with all that belongs to it, not for this content */
};

/** One pass over the contents. */
struct assay__contents {
    const struct assay__run *run;
    const struct assay__scope_options *options;
    bool wants_parts; /* each leaf as well as the message */
    unsigned stage;
    bool is_begun;    /* the present stage */
    bool has_message; /* the message itself is one of the contents */
    assay_part *part; /* next in the walk over the leaves */
    size_t leaf_count;
    bool is_in_doubt; /* set by the caller: readers disagree on a leaf */
    struct assay__hidden_walk hidden;
    size_t reading_index;
};

enum assay__contents_step {
    ASSAY__CONTENTS_OVER,
    ASSAY__CONTENTS_NEXT,  /* *source is set */
    ASSAY__CONTENTS_FAILED /* there is one that cannot be had: *verdict says
                              why; go on with the next */
};

/** @param wants_parts  the engine has ASSAY_ENGINE_WANTS_PARTS */
void assay__contents_begin(struct assay__contents *contents,
                           const struct assay__run *run,
                           const struct assay__scope_options *options,
                           bool wants_parts);
enum assay__contents_step assay__contents_next(struct assay__contents *contents,
                                               struct assay__source *source,
                                               assay_verdict *verdict);

/** How many leaves are still to come. */
size_t assay__contents_leaves_left(const struct assay__contents *contents);

/** Parts whose data are larger than this are decoded into a temporary file, if
 *  there is a folder for them, and not into memory. */
#define ASSAY__PART_IN_MEMORY_MAX ((size_t)1024 * 1024)

/** A content, and what is held for it. */
struct assay__loaded {
    assay_content content;
    size_t defects;             /* of the encoding of a part */
    struct assay__temp_map map; /* of a large part */
};

/**
 * Decode a source.
 * @param file_base   folder for large parts; NULL: memory
 * @param loaded_out  assay__loaded_release() it when the engine is done
 * @return false with *verdict set when that fails
 */
bool assay__source_load(const struct assay__source *source,
                        const char *file_base, struct assay__loaded *loaded_out,
                        assay_verdict *verdict);
void assay__loaded_release(struct assay__loaded *loaded);

#endif
