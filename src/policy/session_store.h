/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Recipients whose mail goes to a Maildir, and its delivery (MD-04, MD-08).
 *
 * Everything is staged before anything is committed, so that a message with a
 * thousand recipients is in all their mailboxes or in none.
 */
#ifndef ASSAY_POLICY_SESSION_STORE_H
#define ASSAY_POLICY_SESSION_STORE_H

#include <assay/policy.h>

#include "policy/policy.h"

/** A recipient that a stanza takes; all borrowed. */
struct assay__stored {
    const struct assay__maildir_options *maildir;
    const char *recipient; /* of the message */
};

/** Those of one message; `{0}` is empty. */
struct assay__storage {
    struct assay__stored *items; /* owned */
    size_t count, capacity;
    bool is_delivered;
};

/**
 * Look whether a stanza that handles the recipient's domain would take mail
 * for it. The mailbox of ActiveFilter takes none, so that nobody can forge what
 * it tells. @param reply  CONTINUE; becomes the refusal, named after the stanza
 */
void assay__storage_look(const struct assay__policy *policy,
                         const char *recipient, assay_disposition *reply);
/** Remember a recipient when a stanza handles it. @param recipient  as the
 *  message keeps it. @return ASSAY_OK, also when none does; ASSAY_E_NOMEM */
assay_rc assay__storage_add(struct assay__storage *storage,
                            const struct assay__policy *policy,
                            const char *recipient, assay_error *err);
/** assay_session_store(), of a message that passed and is not delivered. */
assay_rc assay__storage_deliver(assay_session *session, assay_error *err);
/** Leaves an empty one. */
void assay__storage_fini(struct assay__storage *storage);

#endif
