/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whose message it is: the session that received it, for calls that are given
 * the message alone. NULL when it is nobody's. And what only its owner does.
 */
#ifndef ASSAY_MAIL_MESSAGE_OWNER_H
#define ASSAY_MAIL_MESSAGE_OWNER_H

#include <assay/message.h>

/** @param owner  borrowed; outlives the message */
void assay__message_set_owner(assay_message *message, void *owner);
void *assay__message_owner(const assay_message *message);
/** Forget recipients, from the count-th on. */
void assay__message_cut_recipients(assay_message *message, size_t count);

#endif
