/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The mail around a document: its name in the mailbox, its header, and its
 * body in a form whose lines no program cuts.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_MAIL_H
#define ASSAY_STORE_ACTIVEFILTER_MAIL_H

#include "store/activefilter.h"

/** What a mail is made of. */
struct assay__activefilter_mail {
    char name[ASSAY__MAILDIR_NAME_MAX];
    char *header;    /* owned; with the empty line */
    char *body;      /* owned */
    size_t body_len; /* bytes */
};

/** What its header says. */
struct assay__activefilter_mail_head {
    const char *id; /* of the registration */
    int64_t revision;
    const char *address; /* that is told */
    int64_t time_s;      /* since 1970: its date, and in its name */
};

/**
 * @param document  len bytes of XML; copied
 * @param mail_out  fini it
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_IO there is no randomness
 */
assay_rc assay__activefilter_mail_make(
    const struct assay__activefilter_mail_head *head, assay_bytes document,
    struct assay__activefilter_mail *mail_out, assay_error *err);
/** Accepts an empty one: `{.name = ""}`. */
void assay__activefilter_mail_fini(struct assay__activefilter_mail *mail);
/** Whether the name of a file is one that mail_make() makes. Sorted as text,
 *  such names are in the order of time, registration and revision. */
bool assay__activefilter_mail_is_ours(const char *name);
/** Whether it is that of such a mail while it is written. */
bool assay__activefilter_mail_is_part(const char *name);

#endif
