/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From a message to what is thought of it: the verdict of the antivirus
 * scopes and, when asked for, the answer of the policy.
 */
#ifndef ASSAY_CLI_JUDGE_H
#define ASSAY_CLI_JUDGE_H

#include <stdbool.h>

#include <assay/assay.h>

#include "buffer.h"
#include "transaction.h"

struct assay__judge {
    assay *library;     /* borrowed */
    const char *engine; /* NULL: all */
    bool with_policy;
};

/** `{0}` is an ERROR, like a verdict. */
struct assay__outcome {
    bool is_unreadable; /* no message was had; verdict.info says why */
    assay_verdict verdict;
    bool has_answer;
    struct assay__answer answer;
};

void assay__outcome_fini(struct assay__outcome *outcome);

/** @param bytes  borrowed for the call. Threads: any. */
void assay__judge_message(const struct assay__judge *judge,
                          const struct assay__buffer *bytes,
                          struct assay__outcome *outcome_out);

/** The outcome for something that could not be read. */
void assay__judge_unreadable(const char *why,
                             struct assay__outcome *outcome_out);

/** Tries the engine's name on an empty message. @return true when there is
 *  such an engine, or none is asked for */
bool assay__judge_has_engine(const struct assay__judge *judge);

#endif
