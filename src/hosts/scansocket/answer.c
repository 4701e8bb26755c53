/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "percent.h"
#include "request.h"

/* Holds the longest error, coded, in a stream that grows by doubling. */
enum { SPARE_SIZE = 8192 };

void assay__answer_init(struct assay__answer *answer,
                        struct assay__budget *budget)
{
    memset(answer, 0, sizeof *answer);
    assay__stream_init(&answer->text, budget, ASSAY__ANSWER_MAX);
}

void assay__answer_fini(struct assay__answer *answer)
{
    assay__stream_fini(&answer->text);
}

static void add(struct assay__answer *answer, const char *text)
{
    if (answer->rc == ASSAY_OK)
        answer->rc =
            assay__stream_add(&answer->text, text, strlen(text), &answer->err);
}

static void add_coded(struct assay__answer *answer, const char *text, char also)
{
    if (answer->rc == ASSAY_OK)
        answer->rc = assay__percent_encode(&answer->text, text, strlen(text),
                                           also, &answer->err);
}

/* Ends the line that began at start, or takes it away if it is too long. */
static void finish_line(struct assay__answer *answer, size_t start)
{
    if (answer->rc == ASSAY_OK &&
        answer->text.len - start > ASSAY__REQUEST_LINE_MAX)
        answer->text.len = start;
    else
        add(answer, "\n");
}

void assay__answer_ok(struct assay__answer *answer)
{
    add(answer, "assay/1 ok\n");
}

void assay__answer_error(struct assay__answer *answer, const char *text)
{
    assay__stream_fini(&answer->text);
    assay__budget_init(&answer->spare, SPARE_SIZE);
    assay__stream_init(&answer->text, &answer->spare, SPARE_SIZE);
    answer->rc = ASSAY_OK;
    add(answer, "assay/1 error ");
    add_coded(answer, text, '\0');
    add(answer, "\nend\n");
    if (answer->rc != ASSAY_OK)
        assay__stream_fini(&answer->text);
}

void assay__answer_line(struct assay__answer *answer, const char *key,
                        const char *value)
{
    size_t start = answer->text.len;

    add(answer, key);
    add(answer, "=");
    add_coded(answer, value, '\0');
    finish_line(answer, start);
}

void assay__answer_number(struct assay__answer *answer, const char *key,
                          int number)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%d", number);
    assay__answer_line(answer, key, text);
}

void assay__answer_verdict(struct assay__answer *answer,
                           const assay_verdict *verdict)
{
    assay__answer_line(answer, "status", assay_status_name(verdict->status));
    assay__answer_line(answer, "reason", assay_reason_name(verdict->reason));
    assay__answer_line(answer, "info", verdict->info);
    assay__answer_line(answer, "engine", verdict->engine);
    assay__answer_line(answer, "scope", verdict->scope);
    assay__answer_line(answer, "scan_code", verdict->scan_code);
    assay__answer_line(answer, "epoch", verdict->epoch);
}

void assay__answer_disposition(struct assay__answer *answer,
                               const assay_disposition *disposition)
{
    assay__answer_line(answer, "action",
                       assay_action_name(disposition->action));
    assay__answer_number(answer, "code", disposition->code);
    assay__answer_line(answer, "enhanced", disposition->enhanced);
    assay__answer_line(answer, "text", disposition->text);
    assay__answer_line(answer, "module", disposition->module);
    assay__answer_number(answer, "disconnect", disposition->disconnect ? 1 : 0);
}

void assay__answer_refused(struct assay__answer *answer, const char *recipient,
                           const assay_disposition *disposition)
{
    size_t start = answer->text.len;
    char code[16];

    (void)snprintf(code, sizeof code, " %d ", disposition->code);
    add(answer, "refused=");
    add_coded(answer, recipient, ' ');
    add(answer, code);
    if (disposition->enhanced[0] != '\0') {
        add_coded(answer, disposition->enhanced, '\0');
        add(answer, " ");
    }
    add_coded(answer, disposition->text, '\0');
    finish_line(answer, start);
}

void assay__answer_context(struct assay__answer *answer, const char *prefix,
                           const assay_context *context)
{
    const char *key;

    for (size_t i = 0; (key = assay_context_key(context, i)) != NULL; i++) {
        size_t start = answer->text.len;

        add(answer, prefix);
        add_coded(answer, key, '=');
        add(answer, "=");
        add_coded(answer, assay_context_get(context, key), '\0');
        finish_line(answer, start);
    }
}

static const char *edit_word(assay_edit_kind kind)
{
    switch (kind) {
    case ASSAY_EDIT_APPEND:
        return "append ";
    case ASSAY_EDIT_PREPEND:
        return "prepend ";
    case ASSAY_EDIT_REPLACE:
        return "replace ";
    case ASSAY_EDIT_DELETE:
        break;
    }
    return "delete ";
}

/* An edit must not be lost: one that does not fit a line is a failure. */
static void add_edit(struct assay__answer *answer, const assay_edit *edit)
{
    size_t start = answer->text.len;

    add(answer, "edit=");
    add(answer, edit_word(edit->kind));
    add_coded(answer, edit->name, ' ');
    add(answer, " ");
    add_coded(answer, edit->value ? edit->value : "", '\0');
    if (answer->rc == ASSAY_OK &&
        answer->text.len - start > ASSAY__REQUEST_LINE_MAX)
        answer->rc =
            assay_error_set(&answer->err, ASSAY_E_LIMIT,
                            "the edit of header %s is too long", edit->name);
    add(answer, "\n");
}

void assay__answer_edits(struct assay__answer *answer,
                         const assay_message *message)
{
    const assay_edit *edit;

    for (size_t i = 0; (edit = assay_message_edit_at(message, i)) != NULL; i++)
        add_edit(answer, edit);
}

bool assay__answer_end(struct assay__answer *answer)
{
    assay_error err;

    add(answer, "end\n");
    if (answer->rc == ASSAY_OK)
        return true;
    err = answer->err;
    assay__answer_error(answer, err.msg);
    return false;
}
