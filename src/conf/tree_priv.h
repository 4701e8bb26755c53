/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The tree while it is being built: for the parser only.
 */
#ifndef ASSAY_CONF_TREE_PRIV_H
#define ASSAY_CONF_TREE_PRIV_H

#include "base/arena.h"
#include "conf/tree.h"

/** One file that was read; its text is kept to show lines of it. */
struct assay__conf_file {
    const char *name; /* as named to the user */
    char *text;       /* owned; len bytes and a NUL */
    size_t len;
    char *disk; /* owned; what the file on disk holds; NULL: text */
    size_t disk_len;
    bool included_twice; /* another file of the tree has the same name */
    bool read_only;      /* read by readonly_include, however deep */
    struct assay__conf_file *next;
};

struct assay__conf_tree {
    struct assay__arena arena; /* items, values, names */
    struct assay__conf_item root;
    struct assay__conf_file *files; /* in the order read */
    struct assay__conf_file **last_file;
    size_t file_count;
    bool unbalanced; /* braces do not match */
};

/** NULL when out of memory. */
struct assay__conf_tree *assay__conf_tree_new(void);
/** Add a file; takes text over when it succeeds. NULL when out of memory. */
struct assay__conf_file *assay__conf_tree_add_file(
    struct assay__conf_tree *tree, const char *name, char *text, size_t len);

#endif
