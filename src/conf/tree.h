/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The configuration as it was written: stanzas, options, values, each with
 * the place it stands at. Immutable once parsed.
 */
#ifndef ASSAY_CONF_TREE_H
#define ASSAY_CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A place in a file; lines and columns count from 1. */
struct assay__conf_pos {
    const char *file; /* as named to the user; owned by the tree */
    uint32_t line;
    uint32_t column; /* in bytes */
};

enum assay__conf_value_kind {
    ASSAY__CONF_WORD, /* one word or quoted string */
    ASSAY__CONF_LIST, /* ( a b ) or ( "a", "b" ) */
    ASSAY__CONF_DICT  /* [ k = v ] */
};

struct assay__conf_value {
    enum assay__conf_value_kind kind;
    struct assay__conf_pos pos;
    const char *text; /* of a word; NUL-free, quotes and escapes undone */
    bool quoted;
    size_t count; /* of items */
    const struct assay__conf_value *items;
    const char *const *keys; /* of a dict, one per item */
};

/** An option (value set) or a stanza (is_stanza). */
struct assay__conf_item {
    bool is_stanza;
    const char *name;     /* as written; compares without case */
    const char *instance; /* of a stanza; NULL without one */
    struct assay__conf_pos pos;
    struct assay__conf_pos instance_pos;
    struct assay__conf_value value; /* of an option */
    size_t count;                   /* children of a stanza, in order */
    const struct assay__conf_item *items;
    bool read_only; /* stands in a readonly_include */
};

/** The parsed files; owns everything above and the text of the files. */
struct assay__conf_tree;

/** The unnamed outermost stanza; borrowed. */
const struct assay__conf_item *assay__conf_tree_root(
    const struct assay__conf_tree *tree);
/** The line a position points at, without its end; false when unknown. */
bool assay__conf_tree_line(const struct assay__conf_tree *tree,
                           const struct assay__conf_pos *pos,
                           const char **line_out, size_t *len_out);
/** Do the braces match? If not (this was reported), nobody knows what stands in
 *  which stanza, and checks of names would only find consequences. */
bool assay__conf_tree_is_balanced(const struct assay__conf_tree *tree);
void assay__conf_tree_free(struct assay__conf_tree **tree);

#endif
