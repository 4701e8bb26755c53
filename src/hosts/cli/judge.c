/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "input.h"

static const assay_message_limits limits = {
    .max_message_bytes = ASSAY__INPUT_MAX_MESSAGE,
};

void assay__outcome_fini(struct assay__outcome *outcome)
{
    json_decref(outcome->answer.edits);
    outcome->answer.edits = NULL;
}

void assay__judge_unreadable(const char *why,
                             struct assay__outcome *outcome_out)
{
    *outcome_out = (struct assay__outcome){.is_unreadable = true};
    (void)snprintf(outcome_out->verdict.info, sizeof outcome_out->verdict.info,
                   "%s", why);
}

static assay_rc ask_policy(const struct assay__judge *judge,
                           assay_message *message,
                           const struct assay__buffer *bytes,
                           struct assay__answer *answer_out, assay_error *err)
{
    struct assay__envelope *envelope = malloc(sizeof *envelope);
    assay_rc rc = envelope
                      ? assay__envelope_read(message, envelope, err)
                      : assay_error_set(err, ASSAY_E_NOMEM, "out of memory");

    if (rc == ASSAY_OK)
        assay__transaction_run(judge->library, envelope, bytes, answer_out);
    free(envelope);
    return rc;
}

void assay__judge_message(const struct assay__judge *judge,
                          const struct assay__buffer *bytes,
                          struct assay__outcome *outcome_out)
{
    struct assay__outcome outcome = {.is_unreadable = false};
    assay_message *message = NULL;
    assay_error err = {0};
    assay_rc rc = assay_message_new_borrowed(bytes->data, bytes->len, &limits,
                                             &message, &err);

    if (rc == ASSAY_OK)
        assay_scan(judge->library, message, judge->engine, &outcome.verdict);
    if (rc == ASSAY_OK && judge->with_policy) {
        rc = ask_policy(judge, message, bytes, &outcome.answer, &err);
        outcome.has_answer = rc == ASSAY_OK;
    }
    assay_message_free(&message);
    if (rc != ASSAY_OK)
        assay__judge_unreadable(err.msg, &outcome);
    *outcome_out = outcome;
}

bool assay__judge_has_engine(const struct assay__judge *judge)
{
    static const struct assay__buffer empty = {0};
    const struct assay__judge without_policy = {
        .library = judge->library,
        .engine = judge->engine,
    };
    struct assay__outcome outcome;

    if (!judge->engine)
        return true;
    assay__judge_message(&without_policy, &empty, &outcome);
    return outcome.verdict.status != ASSAY_STATUS_NO_ENGINE &&
           outcome.verdict.status != ASSAY_STATUS_NAME_TOO_LONG;
}
