/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A folder for temporary files of processes of ours: new, mode 0700, with a
 * name that says whose it is, locked (flock) for as long as it is in use, so
 * that tools which clean /tmp leave it alone and what a process that was
 * killed left behind can be told from it.
 *
 * Threads: one folder is one thread's; any number of folders. Blocks for disk
 * operations.
 */
#ifndef ASSAY_RT_PRIVATE_FOLDER_H
#define ASSAY_RT_PRIVATE_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <assay/error.h>

struct assay__private_folder {
    char path[PATH_MAX]; /* "" when there is none */
    int lock_fd;         /* -1 when there is none */
    uid_t uid;           /* whose it is */
    gid_t gid;
};

/** Remove what processes that are no more have left below base, when it is
 *  ours or @p uid's: in a folder that everybody may write to, anybody may have
 *  made one with such a name.
 *  @param base  no symbolic link */
void assay__private_folder_sweep(const char *base, uid_t uid);

/**
 * @param base  absolute; no symbolic link, not writable for everybody without
 *              the sticky bit
 * @param uid   who may use it; another than ours needs root
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE with a sentence that names base
 */
assay_rc assay__private_folder_open(const char *base, uid_t uid, gid_t gid,
                                    struct assay__private_folder *folder,
                                    assay_error *err);
/** Make it anew under its name when somebody has removed it.
 *  @return ASSAY_OK also when it is there; ASSAY_E_UNAVAILABLE, also when
 *  another is in its place, or the base is not what open wants of it
 *  @param is_new_out  whether it was made anew */
assay_rc assay__private_folder_renew(struct assay__private_folder *folder,
                                     bool *is_new_out, assay_error *err);
/** Remove it with all that is in it, without following a link, also while its
 *  owner puts others in the place of its folders. What is not its owner's or in
 *  another file system stays, and it with that. Accepts one that was never
 *  opened: `{.lock_fd = -1}`. */
void assay__private_folder_close(struct assay__private_folder *folder);

#endif
