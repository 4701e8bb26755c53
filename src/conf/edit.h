/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Changing options: a stanza is found by its path, and the files in memory are
 * edited in place, so that comments and layout stay. After each edit the
 * files must be parsed again; the schema is checked by building from them.
 *
 * A path is a list of words: names of stanzas, each followed by its instance
 * name if it has one: antivirus av1 clamav clamav1. No words: what stands
 * outside of any stanza.
 */
#ifndef ASSAY_CONF_EDIT_H
#define ASSAY_CONF_EDIT_H

#include <assay/error.h>

#include "base/strbuf.h"
#include "conf/files.h"
#include "conf/tree.h"

struct assay__conf_path {
    const char *const *words;
    size_t count;
};

/** Call fn for each stanza of that path, in order, until it returns false; a
 *  stanza without instance name may stand in several places. */
void assay__conf_find(
    const struct assay__conf_tree *tree, const struct assay__conf_path *path,
    bool (*fn)(void *arg, const struct assay__conf_item *stanza), void *arg);
bool assay__conf_has_stanza(const struct assay__conf_tree *tree,
                            const struct assay__conf_path *path);
/** The option in effect: the last one; NULL when it is not set there. */
const struct assay__conf_item *assay__conf_find_option(
    const struct assay__conf_tree *tree, const struct assay__conf_path *path,
    const char *option);

/** What to edit: the files, and the tree parsed from just those. */
struct assay__conf_edit {
    struct assay__conf_files *files;
    const struct assay__conf_tree *tree;
};

/* The edits. @return ASSAY_OK; ASSAY_E_NOTFOUND; ASSAY_E_STATE when what would
 * have to change is read-only or included twice; ASSAY_E_INVAL for a name or
 * value that cannot be written; ASSAY_E_LIMIT; ASSAY_E_NOMEM. err is a
 * sentence. After a failure the files may be changed in part: drop them. */

/**
 * Set an option: in the place where it is set, else at the end of its stanza,
 * else in a new stanza at the end of the one around it.
 * @param value  as written in a file (assay__conf_write_word())
 */
assay_rc assay__conf_edit_set(const struct assay__conf_edit *edit,
                              const struct assay__conf_path *path,
                              const char *option, const char *value,
                              assay_error *err);
/** Remove an option wherever the stanza sets it. */
assay_rc assay__conf_edit_unset(const struct assay__conf_edit *edit,
                                const struct assay__conf_path *path,
                                const char *option, assay_error *err);
/** Remove a stanza, with all in it; the path is not empty. */
assay_rc assay__conf_edit_clear(const struct assay__conf_edit *edit,
                                const struct assay__conf_path *path,
                                assay_error *err);

#endif
