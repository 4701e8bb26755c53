/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "transaction.h"

#include <stdio.h>
#include <stdlib.h>

#include "escape.h"

struct transaction {
    assay_session *session;
    struct assay__answer *answer;
    assay_error err;
};

/* Note what a step answered. @return true when the next one may follow */
static bool took_step(struct transaction *t, assay_phase phase, assay_rc rc)
{
    assay_disposition *disposition = &t->answer->disposition;

    t->answer->phase = phase;
    if (rc != ASSAY_OK) {
        disposition->action = ASSAY_ACTION_TEMPFAIL;
        disposition->code = 451;
        (void)snprintf(disposition->text, sizeof disposition->text, "%s",
                       t->err.msg);
    }
    return disposition->action == ASSAY_ACTION_CONTINUE &&
           !disposition->disconnect;
}

static bool say_hello(struct transaction *t)
{
    assay_disposition *answer = &t->answer->disposition;
    assay_rc rc = assay_session_connect(t->session, answer, &t->err);

    if (!took_step(t, ASSAY_PHASE_CONNECT, rc))
        return false;
    rc = assay_session_ehlo(t->session, "localhost", answer, &t->err);
    return took_step(t, ASSAY_PHASE_EHLO, rc);
}

static bool name_sender(struct transaction *t, const char *address)
{
    char argument[ASSAY__ADDRESS_MAX + 2];
    assay_rc rc;

    (void)snprintf(argument, sizeof argument, "<%s>", address);
    rc = assay_session_mailfrom(t->session, address, argument,
                                &t->answer->disposition, &t->err);
    return took_step(t, ASSAY_PHASE_MAILFROM, rc);
}

/* As in SMTP one accepted recipient is enough to go on. */
static bool name_recipients(struct transaction *t,
                            const struct assay__envelope *envelope)
{
    bool accepted = false;

    for (size_t i = 0; i < envelope->recipient_count; i++) {
        const char *address = envelope->recipients[i];
        char argument[ASSAY__ADDRESS_MAX + 2];
        assay_disposition answer = {.action = ASSAY_ACTION_TEMPFAIL};
        assay_rc rc;

        (void)snprintf(argument, sizeof argument, "<%s>", address);
        rc = assay_session_rcptto(t->session, address, argument, &answer,
                                  &t->err);
        if (accepted && rc == ASSAY_OK && !answer.disconnect)
            continue;
        t->answer->disposition = answer;
        accepted = took_step(t, ASSAY_PHASE_RCPTTO, rc);
        if (rc != ASSAY_OK || answer.disconnect)
            return false;
    }
    return accepted;
}

static void send_data(struct transaction *t, const struct assay__buffer *bytes)
{
    assay_message *message = assay_session_message(t->session);
    assay_rc rc =
        assay_message_append(message, bytes->data, bytes->len, &t->err);

    if (rc == ASSAY_OK)
        rc = assay_session_data(t->session, &t->answer->disposition, &t->err);
    (void)took_step(t, ASSAY_PHASE_DATA, rc);
}

/* The edits go with the session, so they are copied out as they are shown. */
static json_t *list_edits(const assay_message *message)
{
    static const char *const kinds[] = {
        [ASSAY_EDIT_APPEND] = "append",
        [ASSAY_EDIT_PREPEND] = "prepend",
        [ASSAY_EDIT_REPLACE] = "replace",
        [ASSAY_EDIT_DELETE] = "delete",
    };
    json_t *list = json_array();
    const assay_edit *edit;

    for (size_t i = 0;
         message && (edit = assay_message_edit_at(message, i)) != NULL; i++) {
        char *value = assay__escape_utf8(edit->value);

        (void)json_array_append_new(
            list, json_pack("{ss ss ss*}", "kind", kinds[edit->kind], "name",
                            edit->name, "value", value));
        free(value);
    }
    return list;
}

/* What a policy that scores leaves behind (CM-11). */
static void note_score(struct transaction *t)
{
    assay_message *message = assay_session_message(t->session);
    const char *score =
        message
            ? assay_context_get(assay_message_context(message), "cmae-score")
            : NULL;

    (void)snprintf(t->answer->score, sizeof t->answer->score, "%s",
                   score ? score : "");
}

void assay__transaction_run(assay *library,
                            const struct assay__envelope *envelope,
                            const struct assay__buffer *bytes,
                            struct assay__answer *answer_out)
{
    static const assay_peer peer = {.address = "127.0.0.1",
                                    .host = "localhost"};
    struct transaction t = {.answer = answer_out};
    assay_rc rc;

    *answer_out = (struct assay__answer){.phase = ASSAY_PHASE_CONNECT};
    rc = assay_session_open(library, &peer, &t.session, &t.err);
    if (took_step(&t, ASSAY_PHASE_CONNECT, rc) && say_hello(&t) &&
        name_sender(&t, envelope->sender) && name_recipients(&t, envelope))
        send_data(&t, bytes);
    if (t.session) {
        answer_out->edits = list_edits(assay_session_message(t.session));
        note_score(&t);
    }
    assay_session_close(&t.session);
}
