/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header blocks, as ICAP and HTTP have them: a first line and fields.
 *
 * Pure: a block is collected, then split in place. What is not a block as RFC
 * 3507 section 4.3 and RFC 7230 section 3 have it is refused as a whole:
 * control characters, a line without a colon, a blank before it, more lines
 * than there is room for. A field that was folded over several lines keeps a
 * LF between them, since some tell more than one thing that way.
 */
#ifndef ASSAY_ENGINE_ICAP_HEAD_H
#define ASSAY_ENGINE_ICAP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ASSAY__ICAP_HEAD_MAX = 16384, /* bytes of the blocks of one head */
    ASSAY__ICAP_FIELDS_MAX = 128  /* of one head */
};

/** Within the text of the head; value has no blanks around it. */
struct assay__icap_field {
    const char *name, *value;
};

/** One block, or the encapsulated ones of a message. */
struct assay__icap_head {
    unsigned status; /* of a status line; 0: it has none */
    size_t count;    /* of fields */
    struct assay__icap_field fields[ASSAY__ICAP_FIELDS_MAX];
    size_t len;
    char text[ASSAY__ICAP_HEAD_MAX + 1];
};

/** What the first line of a block is. */
enum assay__icap_first {
    ASSAY__ICAP_FIRST_ICAP,   /* "ICAP/1.0 200 OK" */
    ASSAY__ICAP_FIRST_HTTP,   /* "HTTP/1.1 200 OK" */
    ASSAY__ICAP_FIRST_REQUEST /* "GET http://…", which is not looked at */
};

/**
 * Split text[from, to) of head, which is one block with its empty line, and
 * add its fields.
 *
 * @return NULL, or what is wrong: the tail of a sentence
 */
const char *assay__icap_head_parse(struct assay__icap_head *head, size_t from,
                                   size_t to, enum assay__icap_first first);

/** The first field of that name, or NULL. Names compare without case. */
const char *assay__icap_head_get(const struct assay__icap_head *head,
                                 const char *name);

#endif
