/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/outcome.h"

#include <stdio.h>
#include <string.h>

#include "policy/disposition.h"

/* Longest variable name we make: a configured name and "_info". */
enum { VARIABLE_MAX = 256 };

static const char *infected_value(const struct assay__engine_instance *engine)
{
    const char *value = engine->table->infected_value;

    return value ? value : "virus";
}

/* True when the variable already tells of a threat: its info is a name, and
 * texts about errors all begin with "error". */
static bool holds_threat(const assay_context *context, const char *info_name)
{
    const char *info = assay_context_get(context, info_name);

    return info && strncmp(info, "error", 5) != 0;
}

static assay_rc set_pair(assay_context *context, const char *name,
                         const char *value, const char *info, assay_error *err)
{
    char info_name[VARIABLE_MAX];
    int len = snprintf(info_name, sizeof info_name, "%s_info", name);
    assay_rc rc;

    if (len < 0 || (size_t)len >= sizeof info_name)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "context variable name is too long");
    if (holds_threat(context, info_name))
        return ASSAY_OK;
    rc = assay_context_set(context, name, value, err);
    if (rc == ASSAY_OK)
        rc = assay_context_set(context, info_name, info, err);
    return rc;
}

/* Published scripts read <engine>_status_info even when context_variable
 * gives another name; so that name is set as well. */
static assay_rc set_alias(assay_context *context,
                          const struct assay__engine_instance *engine,
                          const char *info, assay_error *err)
{
    char alias[VARIABLE_MAX];

    if (!engine->options.context_variable)
        return ASSAY_OK;
    (void)snprintf(alias, sizeof alias, "%s_status_info", engine->table->name);
    if (holds_threat(context, alias))
        return ASSAY_OK;
    return assay_context_set(context, alias, info, err);
}

assay_rc assay__outcome_set_variables(assay_context *context,
                                      const struct assay__engine_instance *e,
                                      const assay_verdict *verdict,
                                      assay_error *err)
{
    char name[VARIABLE_MAX];
    const char *value = "error";
    assay_rc rc;

    switch (verdict->status) {
    case ASSAY_STATUS_INFECTED:
        value = infected_value(e);
        break;
    case ASSAY_STATUS_ERROR:
    case ASSAY_STATUS_UNSCANNABLE:
    case ASSAY_STATUS_NOT_SUITABLE:
        break;
    default:
        return ASSAY_OK;
    }
    if (!assay__engine_status_variable(e, name, sizeof name))
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "context variable name is too long");
    rc = set_pair(context, name, value, verdict->info, err);
    if (rc == ASSAY_OK)
        rc = set_alias(context, e, verdict->info, err);
    return rc;
}

static void reply_infected(const assay_verdict *verdict,
                           assay_disposition *disposition)
{
    char text[ASSAY_REPLY_TEXT_MAX];

    (void)snprintf(text, sizeof text, "5.7.1 Message refused: infected by %s",
                   verdict->info);
    (void)assay__disposition_reply(disposition, 550, text, NULL);
}

static void reply_unscannable(const assay_verdict *verdict,
                              assay_disposition *disposition)
{
    char text[ASSAY_REPLY_TEXT_MAX];

    (void)snprintf(text, sizeof text,
                   "5.7.1 Message refused: it could not be scanned (%s)",
                   assay_reason_name(verdict->reason));
    (void)assay__disposition_reply(disposition, 550, text, NULL);
}

static void reply_fault(int code, assay_disposition *disposition)
{
    (void)assay__disposition_reply(
        disposition, code,
        code >= 500 ? "5.3.0 Local error in processing: message not scanned"
                    : "4.3.0 Local error in processing: message not scanned",
        NULL);
}

/* No fault of ours, but of what is in the message; the option that asks for
 * this answer never has a 5xx code. */
static void reply_not_now(const assay_verdict *verdict, int code,
                          assay_disposition *disposition)
{
    char text[ASSAY_REPLY_TEXT_MAX];

    (void)snprintf(text, sizeof text,
                   "4.7.1 Message deferred: it could not be scanned (%s)",
                   assay_reason_name(verdict->reason));
    (void)assay__disposition_reply(disposition, code, text, NULL);
}

void assay__outcome_disposition(const struct assay__scope *scope,
                                const struct assay__engine_instance *engine,
                                const assay_verdict *verdict,
                                assay_disposition *disposition_out)
{
    const struct assay__scope_decision decision =
        assay__scope_decide(&engine->options, verdict);

    assay__disposition_continue(disposition_out);
    switch (decision.answer) {
    case ASSAY__ANSWER_REJECT:
        if (verdict->status == ASSAY_STATUS_INFECTED)
            reply_infected(verdict, disposition_out);
        else
            reply_unscannable(verdict, disposition_out);
        break;
    case ASSAY__ANSWER_TEMPFAIL:
        if (verdict->status == ASSAY_STATUS_UNSCANNABLE)
            reply_not_now(verdict, decision.code, disposition_out);
        else
            reply_fault(decision.code, disposition_out);
        break;
    default:
        return;
    }
    (void)snprintf(disposition_out->module, sizeof disposition_out->module,
                   "antivirus:%s", scope->name);
}

static int severity(const assay_disposition *disposition)
{
    switch (disposition->action) {
    case ASSAY_ACTION_REJECT:
        return 2;
    case ASSAY_ACTION_TEMPFAIL:
        return 1;
    default:
        return 0;
    }
}

void assay__outcome_keep_severest(assay_disposition *into,
                                  const assay_disposition *other)
{
    if (severity(other) > severity(into))
        *into = *other;
}
