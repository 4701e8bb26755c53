/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The file of a listening unix socket: made without a moment in which it is
 * open to more than it should be, and taken away again only when it is still
 * the same one.
 */
#ifndef ASSAY_STANZAS_SOCKET_FILE_H
#define ASSAY_STANZAS_SOCKET_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include <assay/error.h>

/** Which file a socket has; `{0}`: none. */
struct assay__socket_file {
    const char *path; /* borrowed; NULL: none */
    dev_t device;
    ino_t inode;
    gid_t group;
};

/**
 * Remove the file of a socket that nobody listens on any more.
 * @return ASSAY_OK, also when there is nothing; ASSAY_E_EXISTS somebody
 *         listens there, or it is no socket; ASSAY_E_IO
 */
assay_rc assay__socket_file_clear(const char *path,
                                  assay_error *err) ASSAY_MUST_CHECK;

/** Note which file a socket that was just bound to path has. */
void assay__socket_file_note(const char *path, struct assay__socket_file *out);

/**
 * Listen on a unix stream socket. The umask of the process has no part in it.
 *
 * @param path    borrowed as long as *out is used; an old socket there is
 *                cleared first; a symbolic link is not followed
 * @param fd_out  owned by the caller; close-on-exec
 * @return ASSAY_OK; ASSAY_E_EXISTS as assay__socket_file_clear(); ASSAY_E_IO
 */
assay_rc assay__socket_file_listen(const char *path, uint32_t mode,
                                   struct assay__socket_file *out, int *fd_out,
                                   assay_error *err) ASSAY_MUST_CHECK;

/** Remove the file, if it is still the one that was noted. */
void assay__socket_file_remove(const struct assay__socket_file *file);

#endif
