/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the grammar (grammar.c) and the files it is read from (parse.c) share.
 */
#ifndef ASSAY_CONF_PARSE_PRIV_H
#define ASSAY_CONF_PARSE_PRIV_H

#include "conf/lexer.h"
#include "conf/parse.h"
#include "conf/source.h"
#include "conf/tree_priv.h"

/** One file while it is read; they are chained from the innermost include. */
struct assay__conf_input {
    const struct assay__conf_input *parent;
    const struct assay__conf_source *source; /* NULL: text from memory */
    const char *name;
    unsigned level; /* of includes */
    struct assay__conf_lexer lexer;
    struct assay__conf_token token; /* the one to be looked at */
    uint32_t last_line;             /* of the token before it */
    unsigned unopened;   /* reported stanzas whose brace may still come */
    bool brace_reported; /* that one is not closed */
};

struct assay__conf_parser {
    struct assay__conf_tree *tree;
    struct assay__conf_diags *diags;
    struct assay__conf_input *in; /* NULL outside of a file */
    size_t items;                 /* items and values so far */
    unsigned depth;               /* of stanzas and values */
    bool read_only;
};

/** Items of a stanza while they are collected; free(at). */
struct assay__conf_items {
    struct assay__conf_item *at;
    size_t count, capacity;
};

/** Parse all of p->in, whose lexer is at its start. @return false when out of
 *  memory */
bool assay__conf_parse_items(struct assay__conf_parser *p,
                             struct assay__conf_items *list);
/** Move collected items into a stanza of the tree. @return as above */
bool assay__conf_keep_items(struct assay__conf_parser *p,
                            const struct assay__conf_items *list,
                            struct assay__conf_item *stanza);
/** Read the file or folder that an include at pos names. @return as above */
bool assay__conf_include(struct assay__conf_parser *p,
                         struct assay__conf_items *list, const char *name,
                         const struct assay__conf_pos *pos);

#endif
