/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From what policy decided to what the MTA is told.
 */
#ifndef ASSAY_MILTER_REPLY_H
#define ASSAY_MILTER_REPLY_H

#include <libmilter/mfapi.h>

#include <assay/policy.h>

/**
 * Answer the step that ctx is in.
 *
 * REJECT and TEMPFAIL carry code and text; if libmilter refuses these, the
 * MTA gives its own text for the same kind of answer. DISCARD is only ever
 * returned for a disposition that says so; an unknown action is a TEMPFAIL.
 *
 * @return what the callback must return
 */
sfsistat assay__reply_send(SMFICTX *ctx, const assay_disposition *disposition);

/** Who decides in the dispositions below. */
#define ASSAY__REPLY_MODULE "assayd"

/** The answer when the step could not be carried out: 451 4.3.0. */
void assay__reply_set_fault(assay_disposition *disposition);
/** The answer to a message over the limits: 552 5.3.4. */
void assay__reply_set_too_large(assay_disposition *disposition);
/** The answer when a mailbox has no room for a message: 452 4.3.1. */
void assay__reply_set_full(assay_disposition *disposition);
/** The answer when a mailbox could not take a message: 451 4.3.0. */
void assay__reply_set_not_stored(assay_disposition *disposition);
/** The answer when no further mail is taken here: 421 4.3.2 and text. */
void assay__reply_set_closing(assay_disposition *disposition, const char *text);

#endif
