/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy_check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the message ------------------------------------------------------- */

/* It would end the headers before they do. */
static bool has_empty_line(const char *data, size_t len)
{
    bool is_start = true;

    for (size_t i = 0; i < len; i++) {
        bool is_end = data[i] == '\n' ||
                      (data[i] == '\r' && i + 1 < len && data[i + 1] == '\n');

        if (is_end && is_start)
            return true;
        is_start = data[i] == '\n';
    }
    return false;
}

static assay_rc append_headers(const struct assay__stream *headers,
                               assay_message *message, assay_error *err)
{
    bool has_end = headers->len == 0 || headers->data[headers->len - 1] == '\n';
    assay_rc rc;

    if (has_empty_line(headers->data, headers->len))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "there is an empty line in the headers");
    rc = assay_message_append_text(message, headers->data, headers->len, err);
    if (rc == ASSAY_OK)
        rc = assay_message_append(message, has_end ? "\r\n" : "\r\n\r\n",
                                  has_end ? 2 : 4, err);
    return rc;
}

assay_rc assay__case_build(const struct assay__case *all,
                           assay_message *message, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (all->request.has_headers)
        rc = append_headers(&all->headers, message, err);
    if (rc == ASSAY_OK && all->body_fd >= 0)
        rc = assay_message_append_fd(message, all->body_fd,
                                     all->request.body_number, ASSAY_MESSAGE_LF,
                                     err);
    else if (rc == ASSAY_OK)
        rc = assay_message_append_text(message, all->body.data, all->body.len,
                                       err);
    return rc;
}

/* ---- phases ------------------------------------------------------------ */

/* One request on its way through the phases. */
struct run {
    const struct assay__client *client;
    const struct assay__case *all;
    struct assay__check *check;
    struct assay__answer *answer;
    assay_error err;
};

static bool goes_on(const struct run *run)
{
    return run->check->disposition.action == ASSAY_ACTION_CONTINUE;
}

static const char *text_of(const struct run *run,
                           enum assay__request_field field)
{
    return assay__request_text(&run->all->request, field);
}

/* The form that policies know: IPv6 has a word in front. */
static assay_rc make_peer(struct run *run, char *text, size_t size,
                          assay_peer *out)
{
    const char *address = text_of(run, ASSAY__FIELD_PEER);
    unsigned char parsed[sizeof(struct in6_addr)];
    bool is_ipv6;

    *out = (assay_peer){.port = run->all->request.port,
                        .host = text_of(run, ASSAY__FIELD_HOST)};
    if (!address || address[0] == '\0')
        return ASSAY_OK;
    if (strncmp(address, "IPv6:", 5) == 0)
        address += 5;
    is_ipv6 = inet_pton(AF_INET6, address, parsed) == 1;
    if (!is_ipv6 && inet_pton(AF_INET, address, parsed) != 1)
        return assay_error_set(&run->err, ASSAY_E_INVAL,
                               "peer: not an IP address");
    (void)snprintf(text, size, "%s%s", is_ipv6 ? "IPv6:" : "", address);
    out->address = text;
    return ASSAY_OK;
}

static assay_rc set_variables(struct run *run, enum assay__request_list list,
                              assay_context *context)
{
    const char *key, *value;
    size_t cursor = 0;
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK &&
           assay__request_next(&run->all->request, list, &cursor, &key, &value))
        rc = assay_context_set(context, key, value, &run->err);
    return rc;
}

static assay_rc open_session(struct run *run)
{
    char text[INET6_ADDRSTRLEN + 8];
    assay_session *session;
    assay_peer peer;
    assay_rc rc = make_peer(run, text, sizeof text, &peer);

    if (rc == ASSAY_OK)
        rc = assay_session_open(run->client->library, &peer,
                                &run->check->session, &run->err);
    if (rc != ASSAY_OK)
        return rc;
    session = run->check->session;
    rc = set_variables(run, ASSAY__LIST_CONN, assay_session_context(session));
    if (rc == ASSAY_OK)
        rc =
            assay_session_connect(session, &run->check->disposition, &run->err);
    if (rc == ASSAY_OK && goes_on(run) && text_of(run, ASSAY__FIELD_EHLO))
        rc = assay_session_ehlo(session, text_of(run, ASSAY__FIELD_EHLO),
                                &run->check->disposition, &run->err);
    return rc;
}

/* "<address> arguments"; free() it. */
static char *make_argument(const char *address, const char *arguments)
{
    size_t size = strlen(address) + (arguments ? strlen(arguments) : 0) + 4;
    char *out = malloc(size);

    if (out)
        (void)snprintf(out, size, "<%s>%s%s", address,
                       arguments && arguments[0] != '\0' ? " " : "",
                       arguments ? arguments : "");
    return out;
}

static assay_rc mail_from(struct run *run)
{
    const char *sender = text_of(run, ASSAY__FIELD_SENDER);
    assay_session *session = run->check->session;
    char *argument = make_argument(sender ? sender : "",
                                   text_of(run, ASSAY__FIELD_SENDER_ARGS));
    assay_rc rc;

    if (!argument)
        return assay_error_set(&run->err, ASSAY_E_NOMEM, "sender");
    rc = assay_session_mailfrom(session, sender ? sender : "", argument,
                                &run->check->disposition, &run->err);
    free(argument);
    if (rc != ASSAY_OK || !goes_on(run))
        return rc;
    if (text_of(run, ASSAY__FIELD_ID))
        assay_message_set_id(assay_session_message(session),
                             text_of(run, ASSAY__FIELD_ID));
    return set_variables(run, ASSAY__LIST_MESS,
                         assay_message_context(assay_session_message(session)));
}

static assay_rc rcpt_to(struct run *run, const char *recipient,
                        assay_disposition *disposition_out)
{
    char *argument = make_argument(recipient, NULL);
    assay_rc rc;

    if (!argument)
        return assay_error_set(&run->err, ASSAY_E_NOMEM, "recipient");
    rc = assay_session_rcptto(run->check->session, recipient, argument,
                              disposition_out, &run->err);
    free(argument);
    return rc;
}

/* One recipient may be refused and the message go on to the others. What ends
 * the message or the connection ends it, and so does the refusal of all: then
 * a temporary one counts, since the sender may come again. */
static assay_rc recipients(struct run *run)
{
    assay_disposition worst = {.action = ASSAY_ACTION_CONTINUE}, one;
    size_t refused = 0, cursor = 0;
    const char *recipient;

    while (assay__request_next(&run->all->request, ASSAY__LIST_RECIPIENTS,
                               &cursor, NULL, &recipient)) {
        assay_rc rc = rcpt_to(run, recipient, &one);

        if (rc != ASSAY_OK)
            return rc;
        if (one.action == ASSAY_ACTION_CONTINUE)
            continue;
        if (one.disconnect || one.action == ASSAY_ACTION_DISCARD) {
            run->check->disposition = one;
            return ASSAY_OK;
        }
        assay__answer_refused(run->answer, recipient, &one);
        if (refused++ == 0 || one.action == ASSAY_ACTION_TEMPFAIL)
            worst = one;
    }
    if (refused > 0 && refused == run->all->request.recipients)
        run->check->disposition = worst;
    return ASSAY_OK;
}

void assay__check_refuse_size(assay_disposition *disposition)
{
    *disposition = (assay_disposition){
        .action = ASSAY_ACTION_REJECT,
        .code = 552,
        .enhanced = "5.3.4",
        .text = "Message is too large",
        .module = "assayd",
    };
}

static assay_rc data(struct run *run)
{
    assay_session *session = run->check->session;
    assay_message *message = assay_session_message(session);
    assay_rc rc = assay__case_build(run->all, message, &run->err);

    if (rc == ASSAY_E_LIMIT) {
        assay__check_refuse_size(&run->check->disposition);
        return ASSAY_OK;
    }
    if (rc == ASSAY_OK)
        rc = assay_session_data(session, &run->check->disposition, &run->err);
    run->check->size = assay_message_size(message);
    return rc;
}

static assay_rc run_phases(struct run *run)
{
    assay_rc rc = open_session(run);

    if (rc == ASSAY_OK && goes_on(run))
        rc = mail_from(run);
    if (rc == ASSAY_OK && goes_on(run))
        rc = recipients(run);
    if (rc == ASSAY_OK && goes_on(run))
        rc = data(run);
    return rc;
}

/* ---- the answer -------------------------------------------------------- */

static const char fault_kind[] = "protocol=assay kind=check";

static void answer_stored(struct run *run)
{
    const assay_session *session = run->check->session;
    const char *recipient;

    for (size_t i = 0; (recipient = assay_session_stored(session, i)); i++) {
        assay__answer_line(run->answer, "stored", recipient);
        run->check->stored++;
    }
}

static void answer_all(struct run *run)
{
    struct assay__check *check = run->check;
    assay_message *message = assay_session_message(check->session);

    assay__answer_disposition(run->answer, &check->disposition);
    assay_session_verdict(check->session, &check->verdict);
    assay__answer_verdict(run->answer, &check->verdict);
    assay__answer_context(run->answer, "conn.",
                          assay_session_context(check->session));
    if (message) {
        assay__answer_context(run->answer, "mess.",
                              assay_message_context(message));
        assay__answer_edits(run->answer, message);
    }
    if (goes_on(run))
        answer_stored(run);
    check->is_answered = assay__answer_end(run->answer);
    check->may_store = check->stored > 0 && check->is_answered;
    if (!check->is_answered)
        assay__client_log_fault(run->client, fault_kind, run->answer->err.msg);
}

void assay__check_run(const struct assay__client *client,
                      const struct assay__case *all,
                      struct assay__check *check_out,
                      struct assay__answer *answer)
{
    struct run run = {
        .client = client, .all = all, .check = check_out, .answer = answer};
    assay_rc rc;

    memset(check_out, 0, sizeof *check_out);
    assay__answer_ok(answer);
    rc = run_phases(&run);
    if (rc == ASSAY_OK) {
        answer_all(&run);
        return;
    }
    assay__client_log_fault(client, fault_kind, run.err.msg);
    assay__answer_error(answer, run.err.msg);
}

void assay__check_store(struct assay__check *check,
                        struct assay__answer *answer)
{
    assay_error err = {0};

    if (assay_session_store(check->session, &err) != ASSAY_OK) {
        assay__answer_error(answer, err.msg);
        return;
    }
    assay__answer_ok(answer);
    (void)assay__answer_end(answer);
}

void assay__check_fini(struct assay__check *check)
{
    assay_session_close(&check->session);
}
