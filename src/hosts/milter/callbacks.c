/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * libmilter's callbacks: each step of a connection becomes a phase.
 *
 *   negotiate -> a connection        connect -> session, phase connect
 *   helo -> ehlo                     envfrom, envrcpt -> mailfrom, rcptto
 *   header, eoh, body -> stored      eom -> data … set_binding, edits, Maildirs
 *   abort -> message dropped         close -> all freed
 *
 * libmilter calls the steps of one connection from different threads, one at
 * a time, so all state hangs from smfi_setpriv(). Steps may come in any order
 * that libmilter's own state machine allows, and close may come at any point.
 *
 * header, eoh and body never answer (SMFIP_NR_*; libmilter answers by itself
 * where an MTA does not know that), so a failure to store is remembered and
 * answered at eom: 552 for a message that is too large, else 451. The steps
 * before them do not answer either where the policy has no callout for them:
 * each answer costs the MTA a wait. Should one of them have to refuse after
 * all, out of memory or after a reload, that is held and answered at eom.
 */
#include "callbacks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edits.h"
#include "hub.h"
#include "log.h"
#include "macros.h"
#include "reply.h"
#include "storage.h"

/* What the host may do to a message, and how it wants it delivered. Without
 * SMFIP_RCPT_REJ: a recipient that the MTA refused is none of the message.
 * SMFIF_DELRCPT is for Maildirs, asked for without any, too, because a reload
 * can bring the first one while the connection is open. */
enum {
    WANTED_ACTIONS = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT,
    WANTED_STEPS =
        SMFIP_HDR_LEADSPC | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY
};

/* Steps that need no answer while the policy has nothing to say in them. */
static const struct {
    assay_phase phase;
    unsigned long no_reply;
} optional_answers[] = {
    {ASSAY_PHASE_CONNECT, SMFIP_NR_CONN},
    {ASSAY_PHASE_EHLO, SMFIP_NR_HELO},
    {ASSAY_PHASE_MAILFROM, SMFIP_NR_MAIL},
    {ASSAY_PHASE_RCPTTO, SMFIP_NR_RCPT},
};

/* libmilter hands no argument to callbacks; set once before it starts. */
static const struct assay__milter *milter;

/* ---- a step ------------------------------------------------------------ */

struct step {
    SMFICTX *ctx;
    const char *name;
    unsigned long no_reply; /* SMFIP_NR_* of the step; 0: it always answers */
    bool entered;
    struct assay__connection *connection; /* NULL: none, or not entered */
    assay_disposition disposition;
    struct assay__storage_result storage; /* of eom */
    assay_error err;
};

static void step_enter(struct step *step, SMFICTX *ctx, const char *name)
{
    memset(step, 0, sizeof *step);
    step->ctx = ctx;
    step->name = name;
    step->entered = assay__hub_enter(milter->hub);
    if (step->entered)
        step->connection = smfi_getpriv(ctx);
}

static bool is_held(const struct assay__connection *connection)
{
    return connection->held.action != ASSAY_ACTION_CONTINUE;
}

/* @return false when nothing may be done; the disposition then says why */
static bool step_begin(struct step *step, SMFICTX *ctx, const char *name,
                       unsigned long no_reply)
{
    step_enter(step, ctx, name);
    step->no_reply = no_reply;
    if (!step->entered)
        assay__reply_set_closing(&step->disposition, "Service is stopping");
    else if (step->connection && is_held(step->connection))
        step->disposition = step->connection->held;
    else if (!step->connection || !step->connection->session)
        assay__reply_set_fault(&step->disposition);
    else if (step->connection->closing)
        assay__reply_set_closing(&step->disposition, "Closing connection");
    else
        return true;
    return false;
}

/* A call that failed is a fault: 451. An end of the connection is kept. */
static void log_fault(const struct step *step, assay_rc rc)
{
    struct assay__quoted reason;

    assay_log_write(milter->log, ASSAY_LOG_WARN, "milter.fault",
                    "step=%s error=%s reason=\"%s\"", step->name,
                    assay_rc_name(rc),
                    assay__log_quote(&reason, step->err.msg));
}

static void step_settle(struct step *step, assay_rc rc)
{
    if (rc != ASSAY_OK) {
        log_fault(step, rc);
        assay__reply_set_fault(&step->disposition);
    }
    if (step->disposition.disconnect && step->connection)
        step->connection->closing = true;
}

static sfsistat step_leave(struct step *step)
{
    if (step->entered)
        assay__hub_leave(milter->hub);
    return assay__reply_send(step->ctx, &step->disposition);
}

static bool is_quiet(const struct step *step)
{
    return step->connection && (step->connection->quiet & step->no_reply) != 0;
}

/* The first refusal counts. That of one recipient is none of the message: the
 * sender has to ask again. */
static void hold(struct step *step)
{
    struct assay__connection *connection = step->connection;

    if (step->disposition.action == ASSAY_ACTION_CONTINUE ||
        is_held(connection))
        return;
    if (step->no_reply == SMFIP_NR_RCPT &&
        step->disposition.action == ASSAY_ACTION_REJECT)
        assay__reply_set_fault(&step->disposition);
    connection->held = step->disposition;
    connection->held_for_all =
        step->no_reply == SMFIP_NR_CONN || step->no_reply == SMFIP_NR_HELO;
}

/* With the message its refusal is done with. */
static void forget_held(struct assay__connection *connection)
{
    if (!connection->held_for_all)
        connection->held.action = ASSAY_ACTION_CONTINUE;
}

/* What policy answers, the library logs. */
static bool is_own(const assay_disposition *disposition)
{
    return strcmp(disposition->module, ASSAY__REPLY_MODULE) == 0;
}

static sfsistat step_end(struct step *step, assay_rc rc)
{
    const assay_disposition *disposition = &step->disposition;
    struct assay__quoted text;

    step_settle(step, rc);
    if (disposition->action != ASSAY_ACTION_CONTINUE && is_own(disposition))
        assay_log_write(milter->log, ASSAY_LOG_INFO, "milter.reply",
                        "step=%s action=%s code=%d module=%s text=\"%s\"",
                        step->name, assay_action_name(disposition->action),
                        disposition->code, disposition->module,
                        assay__log_quote(&text, disposition->text));
    if (!is_quiet(step))
        return step_leave(step);
    hold(step);
    if (step->connection->unsure) /* what was agreed on, libmilter sees to */
        return step_leave(step);
    if (step->entered)
        assay__hub_leave(milter->hub);
    return SMFIS_NOREPLY;
}

static assay_session *session_of(const struct step *step)
{
    return step->connection->session;
}

static void drop_message(struct step *step)
{
    assay__hub_end_message(milter->hub, step->connection);
    forget_held(step->connection);
    if (step->connection->session)
        (void)assay_session_reset(step->connection->session);
}

/* ---- connection -------------------------------------------------------- */

/* A connection that is to be refused must be told so. */
static unsigned long quiet_steps(void)
{
    uint32_t phases;
    unsigned long quiet = 0;

    if (assay__hub_refusal(milter->hub))
        return 0;
    phases = assay_phases(milter->library);
    for (size_t i = 0; i < sizeof optional_answers / sizeof *optional_answers;
         i++)
        if ((phases & UINT32_C(1) << optional_answers[i].phase) == 0)
            quiet |= optional_answers[i].no_reply;
    return quiet;
}

/* Hung up on, an MTA defers the message and comes again. */
static bool is_crowded(void)
{
    bool changed, crowded = assay__hub_is_crowded(milter->hub, &changed);

    if (changed)
        assay_log_write(milter->log, crowded ? ASSAY_LOG_WARN : ASSAY_LOG_INFO,
                        crowded ? "milter.crowded" : "milter.uncrowded", "%s",
                        crowded ? "reason=\"descriptors run out: new "
                                  "connections are closed; raise the limit of "
                                  "open files or lower max_connections\""
                                : "reason=\"there are descriptors again\"");
    return crowded;
}

/* NOLINTNEXTLINE(readability-function-size): libmilter's signature */
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long offered_actions,
                             unsigned long offered_steps,
                             unsigned long reserved2, unsigned long reserved3,
                             unsigned long *actions_out,
                             unsigned long *steps_out,
                             unsigned long *reserved2_out,
                             unsigned long *reserved3_out)
{
    struct step step;
    sfsistat status = SMFIS_REJECT; /* libmilter then hangs up */

    (void)reserved2;
    (void)reserved3;
    *reserved2_out = 0;
    *reserved3_out = 0;
    *actions_out = offered_actions & WANTED_ACTIONS;
    *steps_out |= offered_steps & WANTED_STEPS;
    step_enter(&step, ctx, "negotiate");
    if (step.entered && !step.connection && !is_crowded()) {
        step.connection = assay__hub_connect(milter->hub);
        (void)smfi_setpriv(ctx, step.connection);
    }
    if (step.connection) {
        step.connection->quiet = offered_steps & quiet_steps();
        *steps_out |= step.connection->quiet;
        step.connection->leading_space = *steps_out & SMFIP_HDR_LEADSPC;
        status = SMFIS_CONTINUE;
    }
    if (step.entered)
        assay__hub_leave(milter->hub);
    return status;
}

/* @param address_out  room for a numeric address with "IPv6:" before it */
static void make_peer(const struct sockaddr *address, const char *host,
                      char address_out[static INET6_ADDRSTRLEN + 8],
                      assay_peer *peer_out)
{
    char text[INET6_ADDRSTRLEN] = "";

    memset(peer_out, 0, sizeof *peer_out);
    if (host && host[0] != '\0' && host[0] != '[')
        peer_out->host = host;
    if (!address)
        return;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof in);
        (void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
        peer_out->port = ntohs(in.sin_port);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, address, sizeof in6);
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
        peer_out->port = ntohs(in6.sin6_port);
    }
    if (text[0] == '\0')
        return;
    (void)snprintf(address_out, INET6_ADDRSTRLEN + 8, "%s%s",
                   address->sa_family == AF_INET6 ? "IPv6:" : "", text);
    peer_out->address = address_out;
}

static assay_rc open_session(struct step *step, const assay_peer *peer)
{
    struct assay__connection *connection = step->connection;
    struct assay__quoted host;
    assay_rc rc;

    assay_session_close(&connection->session);
    connection->closing = false;
    connection->held_for_all = false;
    forget_held(connection);
    rc = assay_session_open(milter->library, peer, &connection->session,
                            &step->err);
    if (rc != ASSAY_OK)
        return rc;
    assay_log_write(milter->log, ASSAY_LOG_DEBUG, "milter.connect",
                    "peer=%s host=\"%s\"",
                    assay_session_peer(connection->session),
                    assay__log_quote(&host, peer->host ? peer->host : ""));
    rc = assay__macros_copy(step->ctx, ASSAY__MACRO_CONNECT,
                            assay_session_context(connection->session),
                            &step->err);
    if (rc != ASSAY_OK)
        return rc;
    return assay_session_connect(connection->session, &step->disposition,
                                 &step->err);
}

/* Without a negotiation, what was agreed on before still holds. */
static void recall_quiet(struct step *step)
{
    struct assay__connection *connection = step->connection;

    connection->unsure =
        !assay__hub_take_quiet(milter->hub, step->ctx, &connection->quiet);
    if (!connection->unsure)
        return;
    connection->quiet = 0;
    for (size_t i = 0; i < sizeof optional_answers / sizeof *optional_answers;
         i++)
        connection->quiet |= optional_answers[i].no_reply;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    struct step step;
    char text[INET6_ADDRSTRLEN + 8];
    assay_peer peer;
    const char *refusal;

    step_enter(&step, ctx, "connect");
    step.no_reply = SMFIP_NR_CONN;
    if (!step.entered) {
        assay__reply_set_closing(&step.disposition, "Service is stopping");
        return step_end(&step, ASSAY_OK);
    }
    if (!step.connection) {
        /* The next client over the same connection of Sendmail, after close
         * and without a negotiation: a version that does this has LEADSPC. */
        step.connection = assay__hub_connect(milter->hub);
        if (!step.connection)
            return step_end(
                &step, assay_error_set(&step.err, ASSAY_E_NOMEM, "connection"));
        step.connection->leading_space = true;
        recall_quiet(&step);
        (void)smfi_setpriv(ctx, step.connection);
    }
    refusal = assay__hub_refusal(milter->hub);
    if (refusal) {
        assay__reply_set_closing(&step.disposition, refusal);
        return step_end(&step, ASSAY_OK);
    }
    make_peer(address, host, text, &peer);
    return step_end(&step, open_session(&step, &peer));
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    struct step step;
    assay_rc rc;

    if (!step_begin(&step, ctx, "ehlo", SMFIP_NR_HELO))
        return step_end(&step, ASSAY_OK);
    rc =
        assay__macros_copy(ctx, ASSAY__MACRO_HELO,
                           assay_session_context(session_of(&step)), &step.err);
    if (rc == ASSAY_OK)
        rc = assay_session_ehlo(session_of(&step), name, &step.disposition,
                                &step.err);
    return step_end(&step, rc);
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct step step;

    step_enter(&step, ctx, "close");
    if (!step.entered)
        return SMFIS_CONTINUE;
    (void)smfi_setpriv(ctx, NULL);
    if (step.connection && !step.connection->unsure)
        assay__hub_keep_quiet(milter->hub, ctx, step.connection->quiet);
    assay__hub_disconnect(milter->hub, step.connection);
    assay__hub_leave(milter->hub);
    return SMFIS_CONTINUE;
}

/* ---- envelope ---------------------------------------------------------- */

/* All arguments of a command, with spaces between them; free() it. */
static char *join_arguments(char **argv)
{
    size_t size = 1;
    char *out;
    char *end;

    for (char **arg = argv; *arg; arg++)
        size += strlen(*arg) + 1;
    out = malloc(size);
    if (!out)
        return NULL;
    end = out;
    *end = '\0';
    for (char **arg = argv; *arg; arg++) {
        if (arg != argv)
            *end++ = ' ';
        end = stpcpy(end, *arg);
    }
    return out;
}

/* The address without angle brackets; free() it. */
static char *strip_brackets(const char *path)
{
    size_t len = strlen(path);

    if (len >= 2 && path[0] == '<' && path[len - 1] == '>')
        return strndup(path + 1, len - 2);
    return strdup(path);
}

typedef assay_rc envelope_phase(assay_session *session, const char *address,
                                const char *argument,
                                assay_disposition *disposition_out,
                                assay_error *err);

static assay_rc run_envelope(struct step *step, envelope_phase *phase,
                             char **argv)
{
    char *address = argv[0] ? strip_brackets(argv[0]) : NULL;
    char *argument = join_arguments(argv);
    assay_rc rc;

    if (!address || !argument)
        rc = assay_error_set(&step->err, ASSAY_E_NOMEM, "envelope");
    else
        rc = phase(session_of(step), address, argument, &step->disposition,
                   &step->err);
    free(address);
    free(argument);
    return rc;
}

/* The MTA may know the queue id only later. */
static void take_queue_id(const struct step *step)
{
    assay_message *message = assay_session_message(session_of(step));
    const char *id = assay__macros_queue_id(step->ctx);

    if (message && id)
        assay_message_set_id(message, id);
}

static sfsistat on_envfrom(SMFICTX *ctx, char **argv)
{
    struct step step;
    assay_rc rc;

    if (!step_begin(&step, ctx, "mailfrom", SMFIP_NR_MAIL))
        return step_end(&step, ASSAY_OK);
    if (!assay__hub_begin_message(milter->hub, step.connection)) {
        assay__reply_set_closing(&step.disposition, "Service is stopping");
        return step_end(&step, ASSAY_OK);
    }
    rc =
        assay__macros_copy(ctx, ASSAY__MACRO_MAIL,
                           assay_session_context(session_of(&step)), &step.err);
    if (rc == ASSAY_OK)
        rc = run_envelope(&step, assay_session_mailfrom, argv);
    if (rc == ASSAY_OK && step.disposition.action == ASSAY_ACTION_CONTINUE)
        take_queue_id(&step);
    else
        drop_message(&step);
    return step_end(&step, rc);
}

static sfsistat on_envrcpt(SMFICTX *ctx, char **argv)
{
    struct step step;
    assay_rc rc;

    if (!step_begin(&step, ctx, "rcptto", SMFIP_NR_RCPT))
        return step_end(&step, ASSAY_OK);
    rc = run_envelope(&step, assay_session_rcptto, argv);
    /* Any other answer is for this recipient; these end the message, and the
     * MTA sends no more of it. */
    if (rc == ASSAY_OK && (step.disposition.disconnect ||
                           step.disposition.action == ASSAY_ACTION_DISCARD))
        drop_message(&step);
    return step_end(&step, rc);
}

/* ---- message ----------------------------------------------------------- */

/* Like step_begin() for steps that do not answer: without a session or a
 * message the bytes go nowhere, and eom says so. */
static bool store_begin(struct step *step, SMFICTX *ctx, const char *name)
{
    if (!step_begin(step, ctx, name, 0))
        return false;
    return step->connection->in_message &&
           step->connection->store_rc == ASSAY_OK &&
           assay_session_message(session_of(step)) != NULL;
}

static sfsistat store_end(struct step *step, assay_rc rc)
{
    if (rc != ASSAY_OK) {
        struct assay__quoted reason;

        step->connection->store_rc = rc;
        assay_log_write(milter->log, ASSAY_LOG_WARN, "message.incomplete",
                        "step=%s error=%s reason=\"%s\"", step->name,
                        assay_rc_name(rc),
                        assay__log_quote(&reason, step->err.msg));
    }
    if (step->entered)
        assay__hub_leave(milter->hub);
    return SMFIS_NOREPLY;
}

static assay_rc store_header(struct step *step, const char *name,
                             const char *value)
{
    assay_message *message = assay_session_message(session_of(step));
    char *spaced;
    assay_rc rc;

    if (step->connection->leading_space)
        return assay_message_append_header(message, name, value, &step->err);
    /* The MTA took one space away behind the colon. */
    spaced = malloc(strlen(value) + 2);
    if (!spaced)
        return assay_error_set(&step->err, ASSAY_E_NOMEM, "header %s", name);
    spaced[0] = ' ';
    memcpy(spaced + 1, value, strlen(value) + 1);
    rc = assay_message_append_header(message, name, spaced, &step->err);
    free(spaced);
    return rc;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct step step;
    assay_rc rc = ASSAY_OK;

    if (store_begin(&step, ctx, "header")) {
        rc = store_header(&step, name, value);
        step.connection->has_bytes = true;
    }
    return store_end(&step, rc);
}

/* The message puts the empty line behind its headers by itself. Without any
 * header it stands first, or the body would be read as one. */
static assay_rc store_separator(struct step *step)
{
    if (step->connection->has_bytes)
        return ASSAY_OK;
    step->connection->has_bytes = true;
    return assay_message_append(assay_session_message(session_of(step)), "\r\n",
                                2, &step->err);
}

static sfsistat on_eoh(SMFICTX *ctx)
{
    struct step step;
    assay_rc rc = ASSAY_OK;

    if (store_begin(&step, ctx, "eoh"))
        rc = store_separator(&step);
    return store_end(&step, rc);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *chunk, size_t len)
{
    struct step step;
    assay_rc rc = ASSAY_OK;

    if (store_begin(&step, ctx, "body")) {
        rc = store_separator(&step);
        if (rc == ASSAY_OK)
            rc = assay_message_append(assay_session_message(session_of(&step)),
                                      chunk, len, &step.err);
    }
    return store_end(&step, rc);
}

static void tell_progress(void *arg)
{
    /* If the MTA is gone, libmilter finds out with the answer. */
    (void)smfi_progress(arg);
}

/* What the policy let pass: its edits, and the mailboxes it goes to. */
static assay_rc hand_over(struct step *step, assay_message *message)
{
    struct assay__connection *connection = step->connection;
    assay_rc rc = assay__edits_apply(step->ctx, message,
                                     connection->leading_space, &step->err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__storage_run(step->ctx, connection->session, &step->storage,
                            &step->err);
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    log_fault(step, rc);
    if (rc == ASSAY_E_LIMIT)
        assay__reply_set_full(&step->disposition);
    else
        assay__reply_set_not_stored(&step->disposition);
    return ASSAY_OK;
}

static assay_rc judge(struct step *step)
{
    struct assay__connection *connection = step->connection;
    assay_message *message = assay_session_message(connection->session);
    assay_rc rc;

    if (!connection->in_message || !message)
        return assay_error_set(&step->err, ASSAY_E_STATE,
                               "end of message without a message");
    take_queue_id(step);
    if (connection->store_rc == ASSAY_E_LIMIT) {
        assay__reply_set_too_large(&step->disposition); /* it never fits */
        return ASSAY_OK;
    }
    if (connection->store_rc != ASSAY_OK)
        return assay_error_set(&step->err, connection->store_rc,
                               "the message was not stored in full");
    assay_session_on_progress(connection->session, tell_progress, step->ctx,
                              ASSAY__MILTER_PROGRESS_MS);
    rc =
        assay_session_data(connection->session, &step->disposition, &step->err);
    if (rc == ASSAY_OK && step->disposition.action == ASSAY_ACTION_CONTINUE)
        rc = hand_over(step, message);
    return rc;
}

static void log_done(const struct step *step)
{
    const assay_message *message = assay_session_message(session_of(step));
    const assay_disposition *disposition = &step->disposition;
    struct assay__quoted text;
    assay_verdict verdict;

    assay_session_verdict(session_of(step), &verdict);
    assay_log_write(
        milter->log, ASSAY_LOG_INFO, "message.done",
        "id=%s peer=%s size=%zu recipients=%zu stored=%zu scan=%s action=%s "
        "code=%d module=%s text=\"%s\"",
        message ? assay_message_id(message) : "",
        assay_session_peer(session_of(step)),
        message ? assay_message_size(message) : 0,
        message ? assay_message_recipient_count(message) : 0,
        step->storage.stored, assay_status_name(verdict.status),
        step->storage.is_all ? "stored"
                             : assay_action_name(disposition->action),
        disposition->code, disposition->module,
        assay__log_quote(&text, disposition->text));
}

static sfsistat on_eom(SMFICTX *ctx)
{
    struct step step;

    if (!step_begin(&step, ctx, "data", 0)) {
        if (step.connection)
            drop_message(&step);
        return step_end(&step, ASSAY_OK);
    }
    step_settle(&step, judge(&step));
    log_done(&step);
    drop_message(&step);
    if (step.storage.is_all) /* the MTA accepts it and has nothing to do */
        step.disposition.action = ASSAY_ACTION_DISCARD;
    return step_leave(&step);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct step step;

    step_enter(&step, ctx, "abort");
    if (!step.entered)
        return SMFIS_CONTINUE;
    if (step.connection)
        drop_message(&step);
    assay__hub_leave(milter->hub);
    return SMFIS_CONTINUE;
}

/* ---- registration ------------------------------------------------------ */

struct smfiDesc assay__callbacks_table(void)
{
    static char name[] = "assayd";

    return (struct smfiDesc){
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = WANTED_ACTIONS,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_envfrom,
        .xxfi_envrcpt = on_envrcpt,
        .xxfi_header = on_header,
        .xxfi_eoh = on_eoh,
        .xxfi_body = on_body,
        .xxfi_eom = on_eom,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };
}

bool assay__callbacks_register(const struct assay__milter *shared)
{
    milter = shared;
    return smfi_register(assay__callbacks_table()) == MI_SUCCESS;
}
