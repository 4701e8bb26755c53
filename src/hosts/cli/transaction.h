/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A message put through the policy as if a client on this machine had sent
 * it: one session, all phases, up to the first answer that is not to go on.
 */
#ifndef ASSAY_CLI_TRANSACTION_H
#define ASSAY_CLI_TRANSACTION_H

#include <assay/assay.h>
#include <jansson.h>

#include "buffer.h"
#include "envelope.h"

/** What the policy answered; plain data but for edits. */
struct assay__answer {
    assay_phase phase; /* in which the answer was made */
    assay_disposition disposition;
    char score[16]; /* of the message as the policy had it scored; "": none */
    json_t *edits;  /* array of {kind, name, value}; owned; may be NULL */
};

/**
 * @param bytes       borrowed for the call
 * @param answer_out  always set: what cannot be run is a temporary failure
 * Threads: any. Blocks: as long as the policy does.
 */
void assay__transaction_run(assay *library,
                            const struct assay__envelope *envelope,
                            const struct assay__buffer *bytes,
                            struct assay__answer *answer_out);

#endif
