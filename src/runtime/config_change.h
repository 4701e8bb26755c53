/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Changes of a running configuration: edits of the texts it was read from,
 * which are built and swapped in. A transaction is a copy of those texts;
 * whoever commits first wins, and the others may replay their edits.
 *
 * Nothing reaches the disk before assay__config_writeback(). What is known to
 * be on disk stands in the tree of the present generation and is read and
 * written only by who holds the claim of assay__change_begin().
 */
#ifndef ASSAY_RUNTIME_CONFIG_CHANGE_H
#define ASSAY_RUNTIME_CONFIG_CHANGE_H

#include <assay/assay.h>

#include "base/strbuf.h"
#include "conf/edit.h"
#include "runtime/generation.h"

enum assay__config_verb {
    ASSAY__CONFIG_SET,
    ASSAY__CONFIG_UNSET,
    ASSAY__CONFIG_CLEAR
};

/** One edit; all borrowed. */
struct assay__config_edit {
    enum assay__config_verb verb;
    struct assay__conf_path path;
    const char *option; /* not of CLEAR */
    const char *value;  /* of SET, as written in a file */
};

struct assay__config_transaction;

/** Where findings about a configuration go: lines that end with LF. */
typedef struct assay__strbuf assay__config_findings;

/* All below: @return ASSAY_OK; ASSAY_E_CONF and what else assay_reload()
 * returns, after the findings were added; or what an edit returns
 * (conf/edit.h). On failure nothing has changed. Threads: any. Block: while
 * another change is under way and while engines open; no scan waits. */

/** Edit, build, swap in. */
assay_rc assay__config_apply(assay *library,
                             const struct assay__config_edit *edit,
                             assay__config_findings *findings,
                             assay_error *err);
/** Read from disk and swap in. @param path  NULL: that of the library
 *  @param dropped_out  whether changes were lost that had not been written */
assay_rc assay__config_reload(assay *library, const char *path,
                              bool *dropped_out,
                              assay__config_findings *findings,
                              assay_error *err);
/** Write changed files. @param path  NULL: all; else the file of that name
 *  @param each  gets the name of each file that was written */
assay_rc assay__config_writeback(assay *library, const char *path,
                                 void (*each)(void *arg, const char *file),
                                 void *arg, assay_error *err);

/** Begin on a copy of the present configuration. @param from_scratch  with
 *  nothing in it */
assay_rc assay__config_begin(assay *library, bool from_scratch,
                             struct assay__config_transaction **out,
                             assay_error *err);
/** Accepts NULL; sets *txn to NULL. */
void assay__config_rollback(struct assay__config_transaction **txn);
/** Edit the copy; types and names are checked by the commit. */
assay_rc assay__config_change(struct assay__config_transaction *txn,
                              const struct assay__config_edit *edit,
                              assay_error *err);
/** Build and swap in. ASSAY_E_STATE when the configuration was changed since
 *  it began. The transaction stays; end it with assay__config_rollback(). */
assay_rc assay__config_commit(struct assay__config_transaction *txn,
                              assay__config_findings *findings,
                              assay_error *err);
/** Begin again with the present configuration, and make the same edits. */
assay_rc assay__config_replay(struct assay__config_transaction *txn,
                              assay_error *err);

const struct assay__conf_tree *assay__config_tree(
    const struct assay__config_transaction *txn);
/** The generation it began with. */
const struct assay__generation *assay__config_base(
    const struct assay__config_transaction *txn);

#endif
