/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Bytes of a client, or a message of one, through the antivirus scopes.
 */
#ifndef ASSAY_SCANSOCKET_JUDGE_H
#define ASSAY_SCANSOCKET_JUDGE_H

#include <assay/assay.h>

#include "client.h"
#include "request.h"
#include "stream.h"

/**
 * Judge bytes that came without a word of what they are (mail_guess.h).
 * Never fails: what goes wrong is in the verdict.
 */
void assay__judge_bytes(const struct assay__client *client,
                        const struct assay__stream *stream,
                        assay_verdict *verdict_out);

/** A verdict that nothing is known, and why. */
void assay__judge_set_fault(assay_verdict *verdict, assay_reason reason,
                            const char *info);

#endif
