/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The header edits of policy, carried out by the MTA.
 */
#ifndef ASSAY_MILTER_EDITS_H
#define ASSAY_MILTER_EDITS_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include <assay/message.h>

/**
 * Hand every edit of message to the MTA. Only in xxfi_eom.
 *
 * @param leading_space  SMFIP_HDR_LEADSPC is on: the MTA writes the value
 *                       right behind the colon
 * @return ASSAY_OK; ASSAY_E_IO when the MTA cannot or does not take one;
 *         ASSAY_E_NOMEM. After a failure some edits may have been sent, so
 *         the message must not be accepted.
 */
assay_rc assay__edits_apply(SMFICTX *ctx, assay_message *message,
                            bool leading_space,
                            assay_error *err) ASSAY_MUST_CHECK;

#endif
