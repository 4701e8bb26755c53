/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The table for hosts that load libassay. What such a host does with the
 * message of a session goes through the session, which is claimed for it, so
 * that it cannot touch what a phase works on.
 */
#include <assay/control.h>
#include <assay/host.h>

#include <stdlib.h>
#include <string.h>

#include "policy/session_step.h"

/* ---- what a claim is for ------------------------------------------------- */

static assay_rc claim_message(assay_session *session, assay_message **out,
                              assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = assay__session_claim(session, err);

    if (rc != ASSAY_OK)
        return rc;
    message = assay_session_message(session);
    if (!message) {
        assay__session_unclaim(session);
        return assay_error_set(err, ASSAY_E_STATE, "there is no message");
    }
    *out = message;
    return ASSAY_OK;
}

static assay_rc past_the_last(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOTFOUND, "past the last");
}

/* ---- bytes --------------------------------------------------------------- */

static assay_rc append(assay_session *session, const void *data, size_t len,
                       assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_message_append(message, data, len, err);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc append_text(assay_session *session, const void *data,
                            size_t len, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_message_append_text(message, data, len, err);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc append_fd(assay_session *session, int fd, uint64_t offset,
                          uint32_t flags, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_message_append_fd(message, fd, offset, flags, err);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc append_header(assay_session *session, const char *name,
                              const char *value, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_message_append_header(message, name, value, err);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc borrow(assay_session *session, const void *data, size_t len,
                       void (*release)(void *arg), void *arg, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_message_borrow(message, data, len, release, arg, err);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc set_id(assay_session *session, const char *id, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc;

    if (!id)
        return assay_error_set(err, ASSAY_E_INVAL, "no id");
    rc = claim_message(session, &message, err);
    if (rc != ASSAY_OK)
        return rc;
    assay_message_set_id(message, id);
    assay__session_unclaim(session);
    return ASSAY_OK;
}

/* ---- what came of it -------------------------------------------------------
 */

static assay_rc verdict(assay_session *session, assay_verdict *out,
                        assay_error *err)
{
    assay_rc rc = assay__session_claim(session, err);

    if (rc != ASSAY_OK)
        return rc;
    assay_session_verdict(session, out);
    assay__session_unclaim(session);
    return ASSAY_OK;
}

static assay_rc edit(assay_session *session, size_t index, assay_edit *out,
                     assay_error *err)
{
    assay_message *message = NULL;
    const assay_edit *found;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    found = assay_message_edit_at(message, index);
    if (found)
        *out = *found;
    assay__session_unclaim(session);
    return found ? ASSAY_OK : past_the_last(err);
}

static assay_rc bytes(assay_session *session, assay_rendition rendition,
                      assay_bytes *out, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_message_bytes(message, rendition, out, err);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc stored(assay_session *session, size_t index, const char **out,
                       assay_error *err)
{
    assay_message *message = NULL;
    const char *found;
    assay_rc rc = claim_message(session, &message, err);

    if (rc != ASSAY_OK)
        return rc;
    found = assay_session_stored(session, index);
    if (found)
        *out = found;
    assay__session_unclaim(session);
    return found ? ASSAY_OK : past_the_last(err);
}

/* ---- context variables -----------------------------------------------------
 */

static assay_rc claim_context(assay_session *session, assay_context_scope scope,
                              assay_context **out, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc;

    if (scope == ASSAY_CONTEXT_MESSAGE) {
        rc = claim_message(session, &message, err);
        if (rc == ASSAY_OK)
            *out = assay_message_context(message);
        return rc;
    }
    if (scope != ASSAY_CONTEXT_CONNECTION)
        return assay_error_set(err, ASSAY_E_INVAL, "no such context");
    rc = assay__session_claim(session, err);
    if (rc == ASSAY_OK)
        *out = assay_session_context(session);
    return rc;
}

static assay_rc context_get(assay_session *session, assay_context_scope scope,
                            const char *key, const char **out, assay_error *err)
{
    assay_context *context = NULL;
    const char *value;
    assay_rc rc;

    if (!key)
        return assay_error_set(err, ASSAY_E_INVAL, "no key");
    rc = claim_context(session, scope, &context, err);
    if (rc != ASSAY_OK)
        return rc;
    value = assay_context_get(context, key);
    if (value)
        *out = value;
    assay__session_unclaim(session);
    if (!value)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "no variable %.100s",
                               key);
    return ASSAY_OK;
}

static assay_rc context_set(assay_session *session, assay_context_scope scope,
                            const char *key, const char *value,
                            assay_error *err)
{
    assay_context *context = NULL;
    assay_rc rc;

    if (!key)
        return assay_error_set(err, ASSAY_E_INVAL, "no key");
    rc = claim_context(session, scope, &context, err);
    if (rc != ASSAY_OK)
        return rc;
    if (value)
        rc = assay_context_set(context, key, value, err);
    else
        (void)assay_context_delete(context, key);
    assay__session_unclaim(session);
    return rc;
}

static assay_rc context_key(assay_session *session, assay_context_scope scope,
                            size_t index, const char **out, assay_error *err)
{
    assay_context *context = NULL;
    const char *key;
    assay_rc rc = claim_context(session, scope, &context, err);

    if (rc != ASSAY_OK)
        return rc;
    key = assay_context_key(context, index);
    if (key)
        *out = key;
    assay__session_unclaim(session);
    return key ? ASSAY_OK : past_the_last(err);
}

/* ---- the library -----------------------------------------------------------
 */

static int command(assay *library, const char *line, bool may_change,
                   char **text_out)
{
    assay_control_session *console = NULL;
    int status;

    *text_out = NULL;
    if (assay_control_session_open(library, NULL, may_change, "host", &console,
                                   NULL) != ASSAY_OK)
        return 1;
    status = assay_control_session_run(console, line, strlen(line), text_out);
    assay_control_session_close(&console);
    return status;
}

static void text_free(char *text)
{
    free(text);
}

static const assay_host_table table = {
    .struct_size = sizeof(assay_host_table),
    .abi_major = ASSAY_HOST_ABI_MAJOR,
    .abi_minor = ASSAY_HOST_ABI_MINOR,
    .version = assay_version,
    .check = assay_check,
    .open = assay_open,
    .start = assay_start,
    .reload = assay_reload,
    .quiesce = assay_quiesce,
    .stop = assay_stop,
    .close = assay_close,
    .phases = assay_phases,
    .statistics = assay_statistics,
    .command = command,
    .text_free = text_free,
    .session_open = assay_session_open,
    .session_close = assay_session_close,
    .session_reset = assay_session_reset,
    .session_on_progress = assay_session_on_progress,
    .connect = assay_session_connect,
    .ehlo = assay_session_ehlo,
    .mailfrom = assay_session_mailfrom,
    .rcptto = assay_session_rcptto,
    .data = assay_session_data,
    .store = assay_session_store,
    .connect_begin = assay_session_connect_begin,
    .ehlo_begin = assay_session_ehlo_begin,
    .mailfrom_begin = assay_session_mailfrom_begin,
    .rcptto_begin = assay_session_rcptto_begin,
    .data_begin = assay_session_data_begin,
    .store_begin = assay_session_store_begin,
    .completion_run = assay_completion_run,
    .append = append,
    .append_text = append_text,
    .append_fd = append_fd,
    .append_header = append_header,
    .borrow = borrow,
    .set_id = set_id,
    .verdict = verdict,
    .edit = edit,
    .bytes = bytes,
    .stored = stored,
    .context_get = context_get,
    .context_set = context_set,
    .context_key = context_key,
    .rc_name = assay_rc_name,
    .phase_name = assay_phase_name,
    .action_name = assay_action_name,
    .status_name = assay_status_name,
    .reason_name = assay_reason_name,
    .log_level_name = assay_log_level_name,
};

const assay_host_table *assay_host_table_get(uint32_t major, uint32_t minor,
                                             assay_error *err)
{
    if (major != ASSAY_HOST_ABI_MAJOR) {
        (void)assay_error_set(
            err, ASSAY_E_ABI,
            "the host was built for interface %u of Assay, and this libassay "
            "(%s) has interface %u: build the host with its headers",
            (unsigned)major, assay_version(), ASSAY_HOST_ABI_MAJOR);
        return NULL;
    }
    if (minor > ASSAY_HOST_ABI_MINOR) {
        (void)assay_error_set(
            err, ASSAY_E_ABI,
            "the host needs interface %u.%u of Assay, and this libassay (%s) "
            "has %u.%u: a newer one is needed",
            (unsigned)major, (unsigned)minor, assay_version(),
            ASSAY_HOST_ABI_MAJOR, ASSAY_HOST_ABI_MINOR);
        return NULL;
    }
    return &table;
}
