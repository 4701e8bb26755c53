/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The files of a configuration as they are in memory: a copy of what a tree
 * was parsed from, to be edited and parsed again. So a change of the running
 * configuration is an edit of a text, and what runs is what would be written.
 * A set belongs to one thread.
 */
#ifndef ASSAY_CONF_FILES_H
#define ASSAY_CONF_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>

#include "base/arena.h"
#include "conf/tree.h"

struct assay__conf_memory_file {
    char *name; /* owned; as named to the user */
    char *text; /* owned; len bytes and a NUL */
    size_t len;
    char *disk; /* owned; what the file held when it was read from disk or
                   last written; NULL: text */
    size_t disk_len;
};

struct assay__conf_files {
    struct assay__conf_memory_file *at; /* owned; the main file is the first */
    size_t count;
};

/** Copy the files of a tree, each once. @param out  free it, also after a
 *  failure @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__conf_files_of(const struct assay__conf_tree *tree,
                              struct assay__conf_files *out, assay_error *err);
assay_rc assay__conf_files_dup(const struct assay__conf_files *files,
                               struct assay__conf_files *out, assay_error *err);
void assay__conf_files_fini(struct assay__conf_files *files);

/** NULL when there is none of that name. */
struct assay__conf_memory_file *assay__conf_files_find(
    const struct assay__conf_files *files, const char *name);

/** Put @text (copied) in the place of @remove bytes at @offset.
 *  @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT over
 *  ASSAY__CONF_FILE_BYTES_MAX. Then the file is as it was. */
assay_rc assay__conf_file_splice(struct assay__conf_memory_file *file,
                                 size_t offset, size_t remove, const char *text,
                                 assay_error *err);
/** Does the text differ from what is on disk? */
bool assay__conf_file_is_changed(const struct assay__conf_memory_file *file);
/** The text is on disk now. */
void assay__conf_file_saved(struct assay__conf_memory_file *file);

/** What is on disk by that set of the same files: somebody may have written
 *  them since this one was made. @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__conf_files_take_disk(struct assay__conf_files *files,
                                     const struct assay__conf_files *now,
                                     assay_error *err);
/** A file of a tree is on disk as it is in the tree. Whoever calls this and
 *  assay__conf_files_of() for one tree sees to it that they take turns. */
void assay__conf_tree_saved(struct assay__conf_tree *tree, const char *name);

/** What an include of @name in @file reads: one file, or those of a folder in
 *  the order of their bytes. The search is that of conf/source.h.
 *  @param at_out  indices into files->at, of the arena
 *  @return false when out of memory */
bool assay__conf_files_include(const struct assay__conf_files *files,
                               struct assay__arena *arena, const char *name,
                               const char *file, size_t **at_out,
                               size_t *count_out);

#endif
