/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The message that Exim is receiving: from Exim's variables to a request, and
 * what an answer changes in it. Nothing of Exim's is kept: its memory is gone
 * with the message.
 */
#ifndef ASSAY_HOSTS_EXIM_MAIL_H
#define ASSAY_HOSTS_EXIM_MAIL_H

#include <stdbool.h>

#include "answer.h"
#include "buffer.h"
#include "reason.h"

/** Exim's id of the message; empty when there is none. */
const char *assay__exim_mail_id(void);
/** Length of the body as Exim counted it; -1 when it did not. */
long long assay__exim_mail_body_bytes(void);
/** The whole request `check`, the body as a descriptor at @offset. */
void assay__exim_mail_add(struct assay__exim_buffer *request, long long offset);

/** Whether Exim can carry out all edits, and drop the recipients that
 *  are stored or refused. */
bool assay__exim_mail_can_change(const struct assay__exim_answer *answer,
                                 struct assay__exim_reason *why);
/** Carry out the edits, in their order. */
bool assay__exim_mail_edit(const struct assay__exim_answer *answer,
                           struct assay__exim_reason *why);
/** Drop the recipients that lines of this key name: those that assayd stores
 *  the mail for, or refused. */
void assay__exim_mail_drop(const struct assay__exim_answer *answer,
                           const char *key);
/** Drop all recipients: then Exim drops the mail. */
bool assay__exim_mail_drop_all(void);

#endif
