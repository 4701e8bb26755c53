/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the grammar (grammar.c) and the files it is read from (parse.c) share.
 */
#ifndef ASSAY_CONF_PARSE_PRIV_H
#define ASSAY_CONF_PARSE_PRIV_H

#include "conf/files.h"
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
    unsigned unopened; /* reported stanzas whose brace may still come */
    struct assay__conf_token maybe_stanza; /* a name whose brace may be missing,
                                              going by the indentation; END:
                                              none */
    bool brace_reported;                   /* that one is not closed */
};

struct assay__conf_parser {
    struct assay__conf_tree *tree;
    struct assay__conf_diags *diags;
    struct assay__conf_input *in;          /* NULL outside of a file */
    const struct assay__conf_files *files; /* includes are found there; NULL:
                                              on disk */
    size_t items;                          /* items and values so far */
    unsigned depth;                        /* of stanzas and values */
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
/** An entry of a list or dict. */
struct assay__conf_entry {
    const char *key; /* NULL in a list */
    struct assay__conf_value value;
};

/** Entries of a value while they are collected; free(at). */
struct assay__conf_entry_list {
    struct assay__conf_entry *at;
    size_t count, capacity;
    size_t errors_before; /* findings when the value began */
};

/** Are there too many items and values? Then no more of any file is read. */
bool assay__conf_is_full(const struct assay__conf_parser *p);
/** Passes over what is too much, after a finding. @return as above */
bool assay__conf_add_item(struct assay__conf_parser *p,
                          struct assay__conf_items *list,
                          const struct assay__conf_item *item);
bool assay__conf_add_entry(struct assay__conf_parser *p,
                           struct assay__conf_entry_list *list,
                           const struct assay__conf_entry *entry);
bool assay__conf_keep_entries(struct assay__conf_parser *p,
                              const struct assay__conf_entry_list *list,
                              struct assay__conf_value *value);
/** What a word means; NULL when out of memory. */
char *assay__conf_word_text(struct assay__conf_parser *p,
                            const struct assay__conf_token *token);
/** Move collected items into a stanza of the tree. @return as above */
bool assay__conf_keep_items(struct assay__conf_parser *p,
                            const struct assay__conf_items *list,
                            struct assay__conf_item *stanza);
/** Read the file or folder that an include at pos names. @return as above */
bool assay__conf_include(struct assay__conf_parser *p,
                         struct assay__conf_items *list, const char *name,
                         const struct assay__conf_pos *pos);

#endif
