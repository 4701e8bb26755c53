/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "mail/message_owner.h"
#include "policy/disposition.h"
#include "policy/outcome.h"
#include "policy/session_step.h"
#include "policy/session_use.h"

enum { PEER_MAX = 128, HOST_MAX = 256 };

struct assay_session {
    struct assay__session_use use;
    struct assay__session_env env;
    assay_context *context;
    assay_message *message; /* NULL between messages */
    bool message_done;      /* data ran; only edits and reset may follow */
    assay_disposition reply;
    bool may_pass;   /* the data step said CONTINUE */
    bool disconnect; /* policy ended the session; stays */
    bool connected;  /* the phase connect ran */
    bool greeted;    /* the phase ehlo ran */
    void **states;   /* per module of env.policy, the language's own */
    uint64_t message_count, rcpt_count;
    char peer[PEER_MAX];
    char address[PEER_MAX], host[HOST_MAX];
    struct assay__activefilter_data activefilter; /* of the message */
    assay_progress *progress; /* the host's; set between phases */
    void *progress_arg;
    struct assay__pulse pulse;        /* calls progress */
    bool is_lent;                     /* to a thread that is not the host's */
    struct assay__scan_record record; /* of the message in progress */
    struct assay__storage storage;    /* likewise */
    int64_t scanned_ms; /* spent on scans that policy asked for, of the
                           message in progress */
};

/* ---- life -------------------------------------------------------------- */

static void keep_peer(assay_session *session, const assay_peer *peer)
{
    if (!peer)
        return;
    if (peer->host)
        (void)assay__text_copy_clean(session->host, sizeof session->host,
                                     peer->host, true);
    if (!peer->address)
        return;
    (void)assay__text_copy_clean(session->address, sizeof session->address,
                                 peer->address, true);
    if (peer->port > 0)
        (void)snprintf(session->peer, sizeof session->peer, "%.100s:%u",
                       session->address, (unsigned)peer->port);
    else
        assay__text_copy(session->peer, sizeof session->peer, session->address);
}

static void unref(assay_session *session)
{
    if (!assay__session_use_unref(&session->use))
        return;
    assay__session_use_fini(&session->use);
    free(session);
}

static assay_rc prepare(assay_session *session, assay_error *err)
{
    assay_rc rc = assay_context_new(&session->context, err);

    assay__scan_record_init(&session->record);
    if (rc != ASSAY_OK)
        return rc;
    session->states =
        calloc(session->env.policy->count + 1, sizeof *session->states);
    if (!session->states)
        return assay_error_set(err, ASSAY_E_NOMEM, "session");
    return ASSAY_OK;
}

assay_rc assay__session_new(const struct assay__session_env *env,
                            const assay_peer *peer, assay_session **out,
                            assay_error *err)
{
    assay_session *session = calloc(1, sizeof *session);
    assay_rc rc;

    if (!session)
        return assay_error_set(err, ASSAY_E_NOMEM, "session");
    session->env = *env;
    keep_peer(session, peer);
    rc = assay__session_use_init(&session->use, err);
    if (rc != ASSAY_OK) {
        free(session);
        return rc;
    }
    rc = prepare(session, err);
    if (rc != ASSAY_OK) {
        assay_context_free(&session->context);
        unref(session);
        return rc;
    }
    *out = session;
    return ASSAY_OK;
}

static const struct assay__policy_module *language(const assay_session *session,
                                                   size_t index)
{
    const struct assay__policy_module *module =
        &session->env.policy->modules[index];

    if (module->kind != ASSAY__POLICY_LANGUAGE || !session->states[index])
        return NULL;
    return module;
}

/* Languages let go of the message before it disappears. */
static void drop_message(assay_session *session)
{
    if (!session->message)
        return;
    for (size_t i = 0; i < session->env.policy->count; i++) {
        const struct assay__policy_module *module = language(session, i);

        if (module)
            module->ops->message_close(module->instance, session->states[i]);
    }
    assay_message_free(&session->message);
    assay__activefilter_data_clear(&session->activefilter);
    assay__storage_fini(&session->storage);
    session->message_done = false;
    session->may_pass = false;
    session->scanned_ms = 0;
    assay__scan_record_init(&session->record);
}

/* Languages let go of the session, and the session of its policy. */
static void leave_policy(assay_session *session)
{
    for (size_t i = 0; i < session->env.policy->count; i++) {
        const struct assay__policy_module *module = language(session, i);

        if (module)
            module->ops->session_close(module->instance, session->states[i]);
    }
    free(session->states);
    if (session->env.release)
        session->env.release(session->env.arg);
}

/* All but the memory of the session itself. */
static void empty(assay_session *session)
{
    drop_message(session);
    leave_policy(session);
    assay_context_free(&session->context);
}

void assay_session_close(assay_session **session)
{
    assay_session *s = *session;

    *session = NULL;
    if (!s)
        return;
    if (assay__session_use_close(&s->use))
        empty(s);
    unref(s);
}

assay_rc assay_session_reset(assay_session *session)
{
    if (!assay__session_use_claim(&session->use))
        return ASSAY_E_STATE;
    drop_message(session);
    assay__session_unclaim(session);
    return ASSAY_OK;
}

/* ---- use --------------------------------------------------------------- */

assay_rc assay__session_claim(assay_session *session, assay_error *err)
{
    const _Atomic bool *is_stopped;

    if (!assay__session_use_claim(&session->use))
        return assay_error_set(err, ASSAY_E_STATE,
                               "another phase of this session runs");
    is_stopped = session->env.is_stopped;
    if (!is_stopped || !atomic_load(is_stopped))
        return ASSAY_OK;
    assay__session_unclaim(session);
    return assay_error_set(err, ASSAY_E_STATE, "the library is stopped");
}

void assay__session_unclaim(assay_session *session)
{
    if (!assay__session_use_release(&session->use, ASSAY__SESSION_FREE))
        empty(session);
    unref(session);
}

bool assay__session_end_step(assay_session *session)
{
    if (assay__session_use_release(&session->use, ASSAY__SESSION_ENDED))
        return true;
    empty(session);
    unref(session);
    return false;
}

void assay__session_tell(assay_session *session, void (*tell)(void *arg),
                         void *arg)
{
    struct assay__host_call call;

    if (assay__session_use_tell(&session->use, &call)) {
        if (tell)
            tell(arg);
        assay__session_use_told(&session->use, &call);
    }
    unref(session);
}

/* ---- what policy asks -------------------------------------------------- */

assay_context *assay_session_context(assay_session *session)
{
    return session->context;
}

assay_message *assay_session_message(assay_session *session)
{
    return session->message;
}

const char *assay_session_peer(const assay_session *session)
{
    return session->peer;
}

struct assay__scan_record *assay__session_record(assay_session *session)
{
    return &session->record;
}

void assay_session_verdict(const assay_session *session,
                           assay_verdict *verdict_out)
{
    *verdict_out = session->record.worst;
}

struct assay__storage *assay__session_storage(assay_session *session)
{
    return &session->storage;
}

const char *assay_session_stored(const assay_session *session, size_t index)
{
    return index < session->storage.count
               ? session->storage.items[index].recipient
               : NULL;
}

assay_disposition *assay__session_reply(assay_session *session)
{
    return &session->reply;
}

struct assay__pulse *assay__session_pulse(assay_session *session)
{
    return session->is_lent ? NULL : &session->pulse;
}

bool assay__session_lend(assay_session *session, bool is_lent)
{
    bool before = session->is_lent;

    session->is_lent = is_lent;
    return before;
}

const struct assay__session_env *assay__session_env(
    const assay_session *session)
{
    return &session->env;
}

const char *assay__session_peer_address(const assay_session *session)
{
    return session->address;
}

const char *assay__session_peer_host(const assay_session *session)
{
    return session->host;
}

struct assay__activefilter_data *assay__session_activefilter_data(
    assay_session *session)
{
    return &session->activefilter;
}

assay_rc assay_session_set_reply(assay_session *session, int code,
                                 const char *text, assay_error *err)
{
    return assay__disposition_reply(&session->reply, code, text, err);
}

assay_rc assay_session_disconnect(assay_session *session, int code,
                                  const char *text, assay_error *err)
{
    assay_rc rc = assay__disposition_reply(&session->reply, code, text, err);

    if (rc == ASSAY_OK)
        session->disconnect = true;
    return rc;
}

assay_rc assay_session_discard(assay_session *session, const char *reason,
                               assay_error *err)
{
    if (!session->message)
        return assay_error_set(err, ASSAY_E_STATE,
                               "there is no message to discard");
    assay__disposition_discard(&session->reply, reason);
    return ASSAY_OK;
}

struct explicit_scan {
    assay_session *session;
    assay_message *message;
    bool faulty;
};

static void note_engine(void *arg, const struct assay__scope *scope,
                        const struct assay__engine_instance *engine,
                        const assay_verdict *verdict)
{
    struct explicit_scan *scan = arg;

    (void)scope;
    assay__scan_record_engine(&scan->session->record, verdict);
    if (assay__outcome_set_variables(assay_message_context(scan->message),
                                     engine, verdict, NULL) != ASSAY_OK)
        scan->faulty = true;
}

void assay_session_scan(assay_session *session,
                        const assay_scan_request *request,
                        assay_verdict *verdict_out)
{
    struct explicit_scan scan = {
        .session = session,
        .message = request->part ? assay_part_message(request->part)
                                 : request->message,
    };
    struct assay__dispatch dispatch = {
        .message = request->part ? NULL : request->message,
        .part = request->part,
        .engine = request->engine,
        .connection = session->context,
        .pulse = assay__session_pulse(session),
        .spent_ms = session->scanned_ms,
    };
    int64_t start_ms = assay__clock_ms();

    assay__dispatch_all(&session->env.policy->dispatcher, &dispatch,
                        note_engine, &scan, verdict_out);
    session->scanned_ms += assay__clock_ms() - start_ms;
    if (scan.faulty && verdict_out->status == ASSAY_STATUS_CLEAN) {
        memset(verdict_out, 0, sizeof *verdict_out);
        verdict_out->reason = ASSAY_REASON_MEMORY;
        assay__text_copy(verdict_out->info, sizeof verdict_out->info,
                         "error: context variables could not be set");
    }
    if (scan.message == session->message)
        assay__scan_record_add(&session->record, verdict_out, !request->part);
}

const char *assay_session_engine(assay_session *session, size_t index)
{
    return assay__dispatch_engine(&session->env.policy->dispatcher, index);
}

/* ---- phases ------------------------------------------------------------ */

static void run_phase(assay_session *session, assay_phase phase,
                      const char *argument)
{
    assay_call call = {
        .phase = phase,
        .session = session,
        .message = session->message,
        .argument = argument,
    };

    assay__policy_run(session->env.policy, session->states, &call);
    /* Whatever is answered later: a policy that closes the connection means
     * it. */
    session->reply.disconnect = session->disconnect;
}

/* Every failure of a step is a temporary answer, never silence. */
assay_rc assay__session_fail_step(assay_rc rc, assay_disposition *disposition)
{
    (void)assay__disposition_reply(disposition, 451,
                                   "4.3.0 Local error in processing", NULL);
    return rc;
}

/* Sets <prefix>_string, <prefix>_localpart and <prefix>_domain. */
static assay_rc set_address_keys(assay_context *context, const char *prefix,
                                 const char *address, const char *argument,
                                 assay_error *err)
{
    const char *at = strrchr(address, '@');
    size_t local_len = at ? (size_t)(at - address) : strlen(address);
    char key[32], *local = assay__text_dup(address, local_len);
    assay_rc rc;

    if (!local)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", prefix);
    (void)snprintf(key, sizeof key, "%s_string", prefix);
    rc = assay_context_set(context, key, argument ? argument : address, err);
    (void)snprintf(key, sizeof key, "%s_localpart", prefix);
    if (rc == ASSAY_OK)
        rc = assay_context_set(context, key, local, err);
    (void)snprintf(key, sizeof key, "%s_domain", prefix);
    if (rc == ASSAY_OK)
        rc = assay_context_set(context, key, at ? at + 1 : "", err);
    free(local);
    return rc;
}

static assay_rc set_number(assay_context *context, const char *key,
                           uint64_t value, assay_error *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return assay_context_set(context, key, text, err);
}

static assay_rc take_connect(assay_session *session,
                             const struct assay__step *step,
                             assay_disposition *disposition_out,
                             assay_error *err)
{
    (void)step;
    (void)err;
    session->connected = true;
    run_phase(session, ASSAY_PHASE_CONNECT, NULL);
    *disposition_out = session->reply;
    return ASSAY_OK;
}

static assay_rc take_ehlo(assay_session *session,
                          const struct assay__step *step,
                          assay_disposition *disposition_out, assay_error *err)
{
    const char *name = step->text;
    assay_rc rc = assay_context_set(session->context, "ehlo_string", name, err);

    if (rc == ASSAY_OK)
        rc = assay_context_set(session->context, "ehlo_domain", name, err);
    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    session->greeted = true;
    run_phase(session, ASSAY_PHASE_EHLO, name);
    *disposition_out = session->reply;
    return ASSAY_OK;
}

/* What the present policy says to what it has not seen of this session. */
static void catch_up(assay_session *session)
{
    if (session->connected)
        run_phase(session, ASSAY_PHASE_CONNECT, NULL);
    if (session->greeted && session->reply.action == ASSAY_ACTION_CONTINUE) {
        const char *name = assay_context_get(session->context, "ehlo_string");

        run_phase(session, ASSAY_PHASE_EHLO, name ? name : "");
    }
}

/* A message has one policy, but a connection may outlive many: with its next
 * message it goes on under the present one, so none is kept for it. Without
 * memory it stays where it is. */
static void move_on(assay_session *session)
{
    struct assay__session_env next;
    void **states;

    assay__disposition_continue(&session->reply);
    if (!session->env.renew || session->disconnect ||
        !session->env.renew(&session->env, &next))
        return;
    states = calloc(next.policy->count + 1, sizeof *states);
    if (!states) {
        if (next.release)
            next.release(next.arg);
        return;
    }
    leave_policy(session);
    session->env = next;
    session->states = states;
    catch_up(session);
}

static assay_rc begin_message(assay_session *session, const char *sender,
                              const char *argument, assay_error *err)
{
    assay_rc rc =
        assay_message_new(&session->env.policy->limits, &session->message, err);

    if (rc == ASSAY_OK)
        assay__message_set_owner(session->message, session);
    if (rc == ASSAY_OK)
        rc = assay_message_set_sender(session->message, sender, err);
    if (rc == ASSAY_OK)
        rc = set_address_keys(assay_message_context(session->message),
                              "mailfrom", sender, argument, err);
    if (rc == ASSAY_OK)
        rc = set_number(session->context, "connection_message_count",
                        session->message_count + 1, err);
    if (rc != ASSAY_OK)
        drop_message(session);
    else
        session->message_count++;
    return rc;
}

static assay_rc take_mailfrom(assay_session *session,
                              const struct assay__step *step,
                              assay_disposition *disposition_out,
                              assay_error *err)
{
    const char *sender = step->text, *argument = step->argument;
    assay_rc rc;

    drop_message(session);
    move_on(session);
    if (session->reply.action != ASSAY_ACTION_CONTINUE) {
        *disposition_out = session->reply;
        return ASSAY_OK;
    }
    rc = begin_message(session, sender, argument, err);
    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    run_phase(session, ASSAY_PHASE_MAILFROM, argument ? argument : sender);
    *disposition_out = session->reply;
    return ASSAY_OK;
}

/* The policy takes the recipient: does its mailbox? */
static void look_at_mailbox(assay_session *session, const char *recipient)
{
    const assay_call call = {
        .phase = ASSAY_PHASE_RCPTTO,
        .session = session,
        .message = session->message,
    };

    assay__storage_look(session->env.policy, recipient, &session->reply);
    session->reply.disconnect = session->disconnect;
    assay__policy_log_answer(session->env.policy, &call);
}

static assay_rc add_recipient(assay_session *session, const char *recipient,
                              size_t index, assay_error *err)
{
    assay_rc rc = assay_message_add_recipient(session->message, recipient, err);

    if (rc == ASSAY_OK)
        rc = assay__storage_add(
            &session->storage, session->env.policy,
            assay_message_recipient(session->message, index), err);
    if (rc == ASSAY_OK)
        rc = set_number(session->context, "connection_rcpt_count",
                        session->rcpt_count + 1, err);
    if (rc == ASSAY_OK)
        rc = set_number(session->context, "message_rcpt_count", index + 1, err);
    return rc;
}

/* One that is not answered with 250 gets no mail, for it will come again. */
static assay_rc keep_recipient(assay_session *session, const char *recipient,
                               assay_error *err)
{
    size_t index = assay_message_recipient_count(session->message);
    size_t stored = session->storage.count;
    assay_rc rc = add_recipient(session, recipient, index, err);

    if (rc == ASSAY_OK) {
        session->rcpt_count++;
        return ASSAY_OK;
    }
    session->storage.count = stored;
    assay__message_cut_recipients(session->message, index);
    return rc;
}

static assay_rc take_rcptto(assay_session *session,
                            const struct assay__step *step,
                            assay_disposition *disposition_out,
                            assay_error *err)
{
    const char *recipient = step->text, *argument = step->argument;
    assay_rc rc;

    rc = set_address_keys(assay_message_context(session->message), "rcptto",
                          recipient, argument, err);
    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    run_phase(session, ASSAY_PHASE_RCPTTO, argument ? argument : recipient);
    if (session->reply.action == ASSAY_ACTION_CONTINUE)
        look_at_mailbox(session, recipient);
    *disposition_out = session->reply;
    if (session->reply.action == ASSAY_ACTION_CONTINUE) {
        rc = keep_recipient(session, recipient, err);
        if (rc != ASSAY_OK)
            return assay__session_fail_step(rc, disposition_out);
    }
    return ASSAY_OK;
}

/* ---- data -------------------------------------------------------------- */

/* A host that has closed the session may have freed what it would be called
 * with. */
static void beat(void *arg)
{
    assay_session *session = arg;
    struct assay__host_call call;

    if (!assay__session_use_tell_amid(&session->use, &call))
        return;
    session->progress(session->progress_arg);
    assay__session_use_told(&session->use, &call);
}

void assay_session_on_progress(assay_session *session, assay_progress *progress,
                               void *arg, int64_t interval_ms)
{
    session->progress = progress;
    session->progress_arg = arg;
    session->pulse = (struct assay__pulse){.beat = progress ? beat : NULL,
                                           .arg = session,
                                           .interval_ms = interval_ms};
}

/* Once per recipient, with that recipient's keys in the message context. */
static assay_rc run_each_recipient(assay_session *session, assay_error *err)
{
    size_t count = assay_message_recipient_count(session->message);

    for (size_t i = 0; i < count; i++) {
        const char *recipient = assay_message_recipient(session->message, i);
        assay_rc rc = set_address_keys(assay_message_context(session->message),
                                       "rcptto", recipient, NULL, err);

        if (rc != ASSAY_OK)
            return rc;
        run_phase(session, ASSAY_PHASE_DATA_SPOOL_EACH_RCPT, NULL);
        if (session->reply.action != ASSAY_ACTION_CONTINUE)
            break;
    }
    return ASSAY_OK;
}

static assay_rc run_data_phases(assay_session *session, assay_error *err)
{
    assay_rc rc;

    run_phase(session, ASSAY_PHASE_DATA, NULL);
    if (session->reply.action != ASSAY_ACTION_CONTINUE)
        return ASSAY_OK;
    run_phase(session, ASSAY_PHASE_DATA_SPOOL, NULL);
    if (session->reply.action != ASSAY_ACTION_CONTINUE)
        return ASSAY_OK;
    rc = run_each_recipient(session, err);
    if (rc != ASSAY_OK || session->reply.action != ASSAY_ACTION_CONTINUE)
        return rc;
    run_phase(session, ASSAY_PHASE_SET_BINDING, NULL);
    return ASSAY_OK;
}

static assay_rc take_data(assay_session *session,
                          const struct assay__step *step,
                          assay_disposition *disposition_out, assay_error *err)
{
    assay_rc rc;

    (void)step;
    rc = assay_message_finish(session->message, err);
    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    session->message_done = true;
    assay__pulse_start(&session->pulse);
    rc = run_data_phases(session, err);
    if (rc == ASSAY_OK && session->env.policy->virus_headers &&
        session->reply.action == ASSAY_ACTION_CONTINUE)
        rc = assay__scan_record_set_headers(&session->record,
                                            session->env.policy->virus_headers,
                                            session->message, err);
    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    session->may_pass = session->reply.action == ASSAY_ACTION_CONTINUE;
    *disposition_out = session->reply;
    return ASSAY_OK;
}

/* ---- steps ------------------------------------------------------------- */

static assay_rc take_store(assay_session *session,
                           const struct assay__step *step,
                           assay_disposition *disposition_out, assay_error *err)
{
    assay_rc rc = assay__storage_deliver(session, err);

    (void)step;
    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    assay__disposition_continue(disposition_out);
    return ASSAY_OK;
}

static bool may_connect(const assay_session *session)
{
    return !session->connected && !session->greeted &&
           session->message_count == 0;
}

static bool may_always(const assay_session *session)
{
    (void)session;
    return true;
}

static bool has_open_message(const assay_session *session)
{
    return session->message && !session->message_done;
}

static bool may_store(const assay_session *session)
{
    return session->message_done && session->may_pass &&
           !session->storage.is_delivered;
}

static const struct {
    bool (*may)(const assay_session *session);
    assay_rc (*take)(assay_session *session, const struct assay__step *step,
                     assay_disposition *disposition_out, assay_error *err);
    const char *too_early; /* or too late */
    bool needs_text;
} steps[] = {
    [ASSAY__STEP_CONNECT] = {may_connect, take_connect,
                             "connect comes first, and once", false},
    [ASSAY__STEP_EHLO] = {may_always, take_ehlo, "", true},
    [ASSAY__STEP_MAILFROM] = {may_always, take_mailfrom, "", true},
    [ASSAY__STEP_RCPTTO] = {has_open_message, take_rcptto,
                            "rcptto without mailfrom", true},
    [ASSAY__STEP_DATA] = {has_open_message, take_data, "data without mailfrom",
                          false},
    [ASSAY__STEP_STORE] = {may_store, take_store,
                           "no message that may be delivered", false},
};

assay_rc assay__session_check_step(const assay_session *session,
                                   const struct assay__step *step,
                                   assay_error *err)
{
    if (steps[step->kind].needs_text && !step->text)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the text of the command is missing");
    if (!steps[step->kind].may(session))
        return assay_error_set(err, ASSAY_E_STATE, "%s",
                               steps[step->kind].too_early);
    return ASSAY_OK;
}

assay_rc assay__session_take_step(assay_session *session,
                                  const struct assay__step *step,
                                  assay_disposition *disposition_out,
                                  assay_error *err)
{
    return steps[step->kind].take(session, step, disposition_out, err);
}
