/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The folders of a mailbox: opened one after the other beneath basedir, each
 * by a single name and never through a symbolic link, and made where that is
 * wanted. basedir itself is the administrator's and may be a link.
 */
#ifndef ASSAY_STORE_MAILDIR_MAILBOX_H
#define ASSAY_STORE_MAILDIR_MAILBOX_H

#include "store/maildir_path.h"

/** The two folders that mails are moved between. */
struct assay__mailbox {
    int tmp_fd, new_fd; /* -1: not open */
};

/** A mailbox that is not open. */
#define ASSAY__MAILBOX_NONE        \
    {                              \
        .tmp_fd = -1, .new_fd = -1 \
    }

/**
 * Open it; with create_users what is missing is made, with mode dirmode
 * whatever the umask is, and its parent synced.
 *
 * @param may_make  false: never make anything
 * @param out       set on ASSAY_OK; close it
 * @return ASSAY_OK; ASSAY_E_NOTFOUND there is no such mailbox, and none may be
 *         made; ASSAY_E_LIMIT no room; ASSAY_E_IO
 */
assay_rc assay__mailbox_open(const struct assay__maildir_options *options,
                             const struct assay__maildir_place *place,
                             bool may_make, struct assay__mailbox *out,
                             assay_error *err);
void assay__mailbox_close(struct assay__mailbox *box);

/** Set err to ASSAY_E_LIMIT when the error number says that there is no room,
 *  else to ASSAY_E_IO. @param what  such as "the folder 'tmp'" */
assay_rc assay__mailbox_fault(int error_number, const char *what,
                              assay_error *err);

#endif
