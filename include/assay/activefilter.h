/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The mailbox that ActiveFilter tells, for programs that consume it: list what
 * is in new/, read the documents (docs/activefilter.rng), and move a mail to
 * cur/ when it is done with.
 *
 *     assay_activefilter_state() -> _mailbox() -> _list() -> { _read() …
 *     _done() } …
 *
 * Whatever else is in the mailbox is looked at with distrust: it is a folder
 * that mail is delivered to.
 *
 * All calls: any thread; they block on the disk.
 */
#ifndef ASSAY_ACTIVEFILTER_H
#define ASSAY_ACTIVEFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/assay.h>

/** Largest mail that is read; ActiveFilter itself writes smaller ones. */
#define ASSAY_ACTIVEFILTER_MAIL_MAX (8 << 20)
/** Longest name of a mail, with the NUL. */
#define ASSAY_ACTIVEFILTER_NAME_MAX 256

/** What a mail tells; plain data. */
typedef struct assay_activefilter_mail {
    char name[ASSAY_ACTIVEFILTER_NAME_MAX]; /**< of the file in new/ */
    int64_t delivered_s;     /**< when it was written; seconds since 1970 */
    char type[16];           /**< "registration" or "update" */
    char id[256];            /**< of the registration */
    char judgement[8];       /**< "spam" or "ham" */
    char action[16];         /**< "none", "discard", "move-to-spam", … */
    int64_t revision;        /**< 0 of a registration */
    double score, threshold; /**< 0 to 100 */
    size_t recipients;
    char problem[ASSAY_ERROR_MAX]; /**< "", or why it cannot be read: then all
                                        but name is empty */
} assay_activefilter_mail;

/** @param mail  borrowed for the call. @return false: list no more */
typedef bool assay_activefilter_seen(void *arg,
                                     const assay_activefilter_mail *mail);

/**
 * The folder of the state that a configuration names, in its stanza cloudmark.
 * It is read and checked as by assay_check().
 *
 * @param state_out  set on ASSAY_OK; free() it
 * @return as assay_check(); ASSAY_E_NOTFOUND there is no such stanza
 */
ASSAY_API assay_rc assay_activefilter_state(const assay_options *options,
                                            char **state_out,
                                            assay_error *err) ASSAY_MUST_CHECK;
/**
 * The mailbox of the address that ActiveFilter tells, as its state remembers.
 *
 * @param state        its folder (the option activefilter_state)
 * @param mailbox_out  set on ASSAY_OK; free() it
 * @return ASSAY_OK; ASSAY_E_NOTFOUND ActiveFilter was not in use yet;
 *         ASSAY_E_IO the state cannot be read; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_activefilter_mailbox(
    const char *state, char **mailbox_out, assay_error *err) ASSAY_MUST_CHECK;
/**
 * The mails in new/, the oldest first. One whose name begins with `-`, or has
 * characters other than ASCII letters, digits and `._:,=+-`, has a problem, so
 * that scripts can use the other names as they are.
 *
 * @param seen  called for each, also for those that have a problem
 * @return ASSAY_OK, also when there is none; ASSAY_E_NOTFOUND no such Maildir;
 *         ASSAY_E_IO; ASSAY_E_LIMIT over a million mails; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_activefilter_list(const char *mailbox,
                                           assay_activefilter_seen *seen,
                                           void *arg,
                                           assay_error *err) ASSAY_MUST_CHECK;
/**
 * The document of a mail, checked to be well-formed and one of ActiveFilter.
 *
 * @param name     of the file in new/
 * @param xml_out  set on ASSAY_OK; UTF-8, NUL-terminated; free() it
 * @param len_out  bytes without the NUL
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such mail; ASSAY_E_INVAL a name that
 *         is none, or the mail is no document of ActiveFilter; ASSAY_E_LIMIT
 *         it is too large; ASSAY_E_IO; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_activefilter_read(const char *mailbox,
                                           const char *name, char **xml_out,
                                           size_t *len_out,
                                           assay_error *err) ASSAY_MUST_CHECK;
/** Move a mail from new/ to cur/, marked as seen (unless its name is too long
 *  to be), and sync that. Nothing in cur/ is replaced. @return ASSAY_OK;
 *  ASSAY_E_NOTFOUND; ASSAY_E_INVAL a name that is none; ASSAY_E_IO */
ASSAY_API assay_rc assay_activefilter_done(const char *mailbox,
                                           const char *name,
                                           assay_error *err) ASSAY_MUST_CHECK;

#endif
