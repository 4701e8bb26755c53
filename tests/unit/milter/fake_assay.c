/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A false libassay, for hosts under test.
 */
#include "fake_assay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct assay_context {
    int unused;
};

struct assay_message {
    size_t len;
    bool in_header;
    size_t recipients;
    char id[128];
};

struct assay_part {
    int unused;
};

struct assay_session {
    assay_message *message;
    assay_context context;
    assay_progress *progress;
    void *progress_arg;
    char stored[4][64];
    size_t stored_count;
};

struct fake_assay fake;

void fake_assay_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.phase = ASSAY_PHASE_COUNT;
    fake.phases = UINT32_MAX;
}

static void note(const char *fmt, ...) ASSAY_PRINTF(1, 2);

static void note(const char *fmt, ...)
{
    size_t len = strlen(fake.calls);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(fake.calls + len, sizeof fake.calls - len, fmt, args);
    va_end(args);
}

void assay_session_verdict(const assay_session *session,
                           assay_verdict *verdict_out)
{
    (void)session;
    memset(verdict_out, 0, sizeof *verdict_out);
}

const char *assay_status_name(assay_status status)
{
    return status == ASSAY_STATUS_ERROR ? "error" : "other";
}

uint32_t assay_phases(assay *assay_)
{
    (void)assay_;
    return fake.phases;
}

const char *assay_version(void)
{
    return "test";
}

const char *assay_action_name(assay_action action)
{
    static const char *const names[] = {"continue", "reject", "tempfail",
                                        "discard"};

    return names[action];
}

/* ---- host stanzas ------------------------------------------------------ */

const void *assay_host_settings(assay *assay_, const assay_conf_stanza *stanza,
                                size_t index, const char **instance_out)
{
    (void)assay_;
    for (size_t i = 0; i < 4; i++) {
        if (!fake.settings[i] ||
            strcmp(fake.settings_of[i]->name, stanza->name) != 0 || index-- > 0)
            continue;
        if (instance_out)
            *instance_out = fake.instances[i];
        return fake.settings[i];
    }
    return NULL;
}

/* ---- sessions ---------------------------------------------------------- */

assay_rc assay_session_open(assay *assay_, const assay_peer *peer,
                            assay_session **out, assay_error *err)
{
    (void)assay_;
    if (fake.open_rc != ASSAY_OK)
        return assay_error_set(err, fake.open_rc, "no session");
    *out = calloc(1, sizeof **out);
    if (!*out)
        return assay_error_set(err, ASSAY_E_NOMEM, "no session");
    fake.sessions++;
    (void)snprintf(fake.peer, sizeof fake.peer, "%s:%u %s",
                   peer->address ? peer->address : "-", peer->port,
                   peer->host ? peer->host : "-");
    return ASSAY_OK;
}

assay_rc assay_session_reset(assay_session *session)
{
    if (session->message)
        fake.messages--;
    free(session->message);
    session->message = NULL;
    session->stored_count = 0;
    return ASSAY_OK;
}

void assay_session_close(assay_session **session)
{
    if (!*session)
        return;
    (void)assay_session_reset(*session);
    free(*session);
    *session = NULL;
    fake.sessions--;
}

assay_message *assay_session_message(assay_session *session)
{
    return session->message;
}

assay_context *assay_session_context(assay_session *session)
{
    return &session->context;
}

const char *assay_session_peer(const assay_session *session)
{
    (void)session;
    return "";
}

void assay_session_on_progress(assay_session *session, assay_progress *progress,
                               void *arg, int64_t interval_ms)
{
    (void)interval_ms;
    session->progress = progress;
    session->progress_arg = arg;
}

static assay_rc answer(assay_phase phase, assay_disposition *out,
                       assay_error *err)
{
    memset(out, 0, sizeof *out);
    if (fake.phase_rc != ASSAY_OK)
        return assay_error_set(err, fake.phase_rc, "phase failed");
    if (fake.phase == phase)
        *out = fake.disposition;
    return ASSAY_OK;
}

assay_rc assay_session_connect(assay_session *session,
                               assay_disposition *disposition_out,
                               assay_error *err)
{
    (void)session;
    note("connect ");
    return answer(ASSAY_PHASE_CONNECT, disposition_out, err);
}

assay_rc assay_session_ehlo(assay_session *session, const char *name,
                            assay_disposition *disposition_out,
                            assay_error *err)
{
    (void)session;
    note("ehlo(%s) ", name);
    return answer(ASSAY_PHASE_EHLO, disposition_out, err);
}

assay_rc assay_session_mailfrom(assay_session *session, const char *sender,
                                const char *argument,
                                assay_disposition *disposition_out,
                                assay_error *err)
{
    (void)assay_session_reset(session);
    note("mailfrom(%s|%s) ", sender, argument);
    session->message = calloc(1, sizeof *session->message);
    if (!session->message)
        return assay_error_set(err, ASSAY_E_NOMEM, "no message");
    fake.messages++;
    memset(fake.data, 0, sizeof fake.data);
    return answer(ASSAY_PHASE_MAILFROM, disposition_out, err);
}

assay_rc assay_session_rcptto(assay_session *session, const char *recipient,
                              const char *argument,
                              assay_disposition *disposition_out,
                              assay_error *err)
{
    assay_rc rc;

    note("rcptto(%s|%s) ", recipient, argument);
    rc = answer(ASSAY_PHASE_RCPTTO, disposition_out, err);
    if (rc != ASSAY_OK || disposition_out->action != ASSAY_ACTION_CONTINUE)
        return rc;
    session->message->recipients++;
    if (strstr(recipient, "@local") && session->stored_count < 4)
        (void)snprintf(session->stored[session->stored_count++], 64, "%s",
                       recipient);
    return ASSAY_OK;
}

assay_rc assay_session_data(assay_session *session,
                            assay_disposition *disposition_out,
                            assay_error *err)
{
    note("data ");
    (void)snprintf(fake.id, sizeof fake.id, "%s", session->message->id);
    if (fake.call_progress)
        session->progress(session->progress_arg);
    return answer(ASSAY_PHASE_DATA, disposition_out, err);
}

/* ---- messages and contexts --------------------------------------------- */

static assay_rc add(assay_message *message, const void *data, size_t len,
                    assay_error *err)
{
    if (fake.append_rc != ASSAY_OK)
        return assay_error_set(err, fake.append_rc, "append failed");
    if (message->len + len >= FAKE_MESSAGE_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "message too large");
    memcpy(fake.data + message->len, data, len);
    message->len += len;
    return ASSAY_OK;
}

/* Like the true one, it puts the empty line behind the headers. */
assay_rc assay_message_append(assay_message *message, const void *data,
                              size_t len, assay_error *err)
{
    if (message->in_header)
        (void)add(message, "\r\n", 2, err);
    message->in_header = false;
    return add(message, data, len, err);
}

assay_rc assay_message_append_header(assay_message *message, const char *name,
                                     const char *value, assay_error *err)
{
    char line[256];

    (void)snprintf(line, sizeof line, "%s:%s\r\n", name, value);
    message->in_header = true;
    return add(message, line, strlen(line), err);
}

void assay_message_set_id(assay_message *message, const char *id)
{
    (void)snprintf(message->id, sizeof message->id, "%s", id);
}

const char *assay_message_id(const assay_message *message)
{
    return message->id;
}

size_t assay_message_size(const assay_message *message)
{
    return message->len;
}

size_t assay_message_recipient_count(const assay_message *message)
{
    return message->recipients;
}

const char *assay_session_stored(const assay_session *session, size_t index)
{
    return index < session->stored_count ? session->stored[index] : NULL;
}

assay_rc assay_session_store(assay_session *session, assay_error *err)
{
    (void)session;
    note("store ");
    if (fake.store_rc != ASSAY_OK)
        return assay_error_set(err, fake.store_rc, "not stored");
    return ASSAY_OK;
}

const assay_edit *assay_message_edit_at(const assay_message *message,
                                        size_t index)
{
    (void)message;
    return index < FAKE_EDITS_MAX && fake.edits[index].name ? &fake.edits[index]
                                                            : NULL;
}

assay_rc assay_message_root(assay_message *message, assay_part **part_out,
                            assay_error *err)
{
    static assay_part root;

    (void)message;
    (void)err;
    *part_out = &root;
    return ASSAY_OK;
}

bool assay_part_header(const assay_part *part, const char *name, size_t index,
                       assay_bytes *value_out)
{
    (void)part;
    for (size_t i = 0; i < 8 && fake.header_names[i]; i++) {
        if (strcasecmp(fake.header_names[i], name) != 0 || index-- > 0)
            continue;
        *value_out = (assay_bytes){" x", 2};
        return true;
    }
    return false;
}

assay_rc assay_context_set(assay_context *context, const char *key,
                           const char *value, assay_error *err)
{
    size_t len = strlen(fake.context);

    (void)context;
    (void)err;
    (void)snprintf(fake.context + len, sizeof fake.context - len, "%s=%s;", key,
                   value);
    return ASSAY_OK;
}

bool assay_context_delete(assay_context *context, const char *key)
{
    (void)context;
    (void)key;
    return false;
}
