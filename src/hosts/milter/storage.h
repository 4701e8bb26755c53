/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Recipients whose mail goes to a Maildir instead of on through the MTA.
 *
 * The MTA is told to drop them, then their mail is stored, then the rest is
 * accepted. When storing fails the MTA defers the message for everybody, and
 * nothing of it was delivered.
 */
#ifndef ASSAY_MILTER_STORAGE_H
#define ASSAY_MILTER_STORAGE_H

#include <libmilter/mfapi.h>

#include <assay/assay.h>

/** What became of the recipients of a message. */
struct assay__storage_result {
    size_t stored; /* recipients whose mail is in a Maildir */
    bool is_all;   /* there are no others: the MTA has nothing to deliver */
};

/**
 * Deliver the message that the policy let pass. Only in xxfi_eom.
 *
 * @return ASSAY_OK; ASSAY_E_LIMIT there is no room; ASSAY_E_IO, also when the
 *         MTA does not let recipients be dropped; ASSAY_E_NOMEM. After a
 *         failure the message must not be accepted.
 */
assay_rc assay__storage_run(SMFICTX *ctx, assay_session *session,
                            struct assay__storage_result *out,
                            assay_error *err) ASSAY_MUST_CHECK;

#endif
