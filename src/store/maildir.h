/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Delivery to Maildirs: the module `maildir` (MD-01 … MD-08).
 *
 *   maildir_options.c  the stanza, and which of them takes an address
 *   maildir_path.c     from an address to folder names, none of them trusted
 *   maildir_mailbox.c  opening and making the folders
 *   maildir.c          delivery: tmp, fsync, new
 *
 * A delivery has two steps, so that a message for several mailboxes goes to
 * all of them or to none, and so that somebody who must not deliver twice can
 * write down in between that he is about to: what is staged lies whole and
 * synced in tmp/; commit renames it into new/. No reader ever sees a part of a
 * mail, and what is left in tmp/ by a crash is no mail.
 *
 * Mailboxes are opened beneath basedir without following a symbolic link.
 */
#ifndef ASSAY_STORE_MAILDIR_H
#define ASSAY_STORE_MAILDIR_H

#include <assay/conf.h>
#include <assay/message.h>

#include "base/wall_clock.h"

/** Settings of one maildir stanza; src/store/maildir.opt. */
struct assay__maildir_options {
    const char *name; /* of the stanza */
    const char *basedir;
    bool all_domains;
    assay_conf_list domains; /* of `domain` and `domains` */
    bool create_users;
    bool domain_in_path;
    uint32_t dirmode, filemode;
    const struct assay__wall_clock *clock; /* in names of mails; NULL: the
                                              system's */
};

/** All stanzas of a configuration, in order; immutable. */
struct assay__maildirs {
    const struct assay__maildir_options *const *stanzas;
    size_t count;
};

/** @return the first stanza that handles the address's domain; NULL: none.
 *  @param maildirs  may be NULL */
const struct assay__maildir_options *assay__maildirs_find(
    const struct assay__maildirs *maildirs, const char *address);

/**
 * Whether the stanza would take a mail for an address now.
 * @return ASSAY_OK; ASSAY_E_INVAL a local part or domain that cannot be a
 *         folder; ASSAY_E_NOTFOUND there is no such mailbox and create_users
 *         is off; ASSAY_E_IO basedir cannot be used
 * Blocks: on the disk.
 */
assay_rc assay__maildir_look(const struct assay__maildir_options *options,
                             const char *address, assay_error *err);

/** Longest name of a mail in new/, with the NUL. */
enum { ASSAY__MAILDIR_NAME_MAX = 200 };
/** While a mail that was given a name is written, its file in tmp/ is called
 *  <name>.<unique> and this. */
#define ASSAY__MAILDIR_PART ".part"

/** One staged delivery. */
struct assay__maildir_mail;

/**
 * Write a mail to the mailbox's tmp/ and sync it.
 *
 * @param pieces   written one behind the other; CRLF becomes LF, across pieces
 *                 as well
 * @param name     of the mail in tmp/ and new/; NULL: a unique one is made
 * @param out      set on ASSAY_OK; commit or drop it
 * @return ASSAY_OK; as assay__maildir_look(); ASSAY_E_LIMIT no room (ENOSPC,
 *         EDQUOT, EFBIG); ASSAY_E_EXISTS a mail of that name; ASSAY_E_NOMEM
 */
assay_rc assay__maildir_stage(const struct assay__maildir_options *options,
                              const char *address, const assay_bytes *pieces,
                              size_t piece_count, const char *name,
                              struct assay__maildir_mail **out,
                              assay_error *err);
const char *assay__maildir_mail_name(const struct assay__maildir_mail *mail);
/** Make it a mail in new/, and sync the folder. @return ASSAY_OK; ASSAY_E_IO;
 *  ASSAY_E_NOTFOUND it is gone from tmp/. May be called again. */
assay_rc assay__maildir_commit(struct assay__maildir_mail *mail,
                               assay_error *err);
/** Take it back out of new/ while nobody has read it. @return whether it was
 *  there */
bool assay__maildir_revoke(struct assay__maildir_mail *mail);
/** Free it; what is not committed disappears from tmp/. Accepts NULL; sets
 *  *mail to NULL. */
void assay__maildir_mail_free(struct assay__maildir_mail **mail);
/** Free it, and leave in tmp/ what is not committed, for
 *  assay__maildir_find_staged(). */
void assay__maildir_mail_leave(struct assay__maildir_mail **mail);
/** A mail that was staged under a name by an earlier process. @return
 *  ASSAY_OK; ASSAY_E_NOTFOUND it is not in tmp/; else as stage */
assay_rc assay__maildir_find_staged(
    const struct assay__maildir_options *options, const char *address,
    const char *name, struct assay__maildir_mail **out, assay_error *err);
/** The folder of an address's mailbox: basedir/[domain/]local; free() it. For
 *  messages and for readers; opening it is not safe against links.
 *  @return ASSAY_OK; ASSAY_E_INVAL; ASSAY_E_NOMEM */
assay_rc assay__maildir_folder(const struct assay__maildir_options *options,
                               const char *address, char **out,
                               assay_error *err);

#endif
