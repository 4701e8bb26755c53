/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A folder for temporary files that an administrator named (`file_base`).
 *
 * The folder is opened anew for each file, and looked at each time: its last
 * component is no symbolic link, it belongs to us or to root, and who else may
 * write to it cannot replace what is in it. Files have no name (O_TMPFILE), or
 * lose it before anything is written. Their blocks are allocated before they
 * are mapped, so a full disk is an error here and not a signal later.
 *
 * Threads: any. Blocks for disk operations.
 */
#ifndef ASSAY_RT_TEMP_FOLDER_H
#define ASSAY_RT_TEMP_FOLDER_H

#include <stddef.h>

#include <assay/error.h>

/** What anybody can see of a path: it is absolute and leads to a folder.
 *  @return ASSAY_OK; ASSAY_E_INVAL with the sentence for the administrator */
assay_rc assay__temp_folder_look(const char *path, assay_error *err);

/** Whether files can be made in it by this process now: one is.
 *  @return ASSAY_OK; ASSAY_E_UNAVAILABLE with the sentence */
assay_rc assay__temp_folder_check(const char *path, assay_error *err);

/** A mapped file without a name. */
struct assay__temp_map {
    void *data; /* NULL: none */
    size_t size;
};

/** @param size  bytes, over 0
 *  @param out   writable memory; assay__temp_map_free() it
 *  @return ASSAY_OK; ASSAY_E_UNAVAILABLE with the sentence: the folder is not
 *          what it should be, is read-only or full, or there is no descriptor
 */
assay_rc assay__temp_map_new(const char *folder, size_t size,
                             struct assay__temp_map *out, assay_error *err);
/** Accepts an empty one; leaves an empty one. */
void assay__temp_map_free(struct assay__temp_map *map);

#endif
