/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Files and folders that configuration is read from: finding, opening,
 * reading. Only regular files are read; a FIFO or a device never blocks.
 */
#ifndef ASSAY_CONF_SOURCE_H
#define ASSAY_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <assay/error.h>

#include "base/arena.h"

/** An open file or folder. */
struct assay__conf_source {
    const char *path; /* as named to the user; of the arena */
    int fd;           /* owned; -1: closed */
    bool is_folder;
    dev_t device; /* with inode: which file it is, whatever its path */
    ino_t inode;
};

/** Names in a folder; free with assay__conf_names_fini(). */
struct assay__conf_names {
    char **names;
    size_t count;
};

/** A path relative to the folder of file; an absolute one stays. NULL when out
 *  of memory. */
char *assay__conf_path_beside(struct assay__arena *arena, const char *file,
                              const char *path);

/** Open a path as it is. @return ASSAY_OK; ASSAY_E_NOTFOUND; ASSAY_E_IO;
 *  ASSAY_E_NOMEM */
assay_rc assay__conf_source_open(struct assay__arena *arena, const char *path,
                                 struct assay__conf_source *out,
                                 assay_error *err);
/** Open a file of a folder. Returns the same. */
assay_rc assay__conf_source_in(struct assay__arena *arena, const char *folder,
                               const char *name, struct assay__conf_source *out,
                               assay_error *err);
/** Where an include of @name in @file looks, in order; at least one path.
 *  @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__conf_source_candidates(struct assay__arena *arena,
                                       const char *name, const char *file,
                                       const char *const **out,
                                       size_t *count_out, assay_error *err);
/** Open what an include in file names, see conf/parse.h. Returns the same. */
assay_rc assay__conf_source_find(struct assay__arena *arena, const char *name,
                                 const char *file,
                                 struct assay__conf_source *out,
                                 assay_error *err);
void assay__conf_source_close(struct assay__conf_source *source);

/** All of a file, with a NUL after it; free() it. @return ASSAY_OK;
 *  ASSAY_E_IO; ASSAY_E_LIMIT; ASSAY_E_NOMEM */
assay_rc assay__conf_source_read(const struct assay__conf_source *source,
                                 char **text_out, size_t *len_out,
                                 assay_error *err);
/** Regular files of a folder whose names do not start with a dot, in the order
 *  of their bytes. @return as assay__conf_source_read() */
assay_rc assay__conf_source_list(struct assay__conf_source *source,
                                 struct assay__conf_names *out,
                                 assay_error *err);
void assay__conf_names_fini(struct assay__conf_names *names);

#endif
