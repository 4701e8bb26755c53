/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "assay_talk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "policy_check.h"
#include "judge.h"
#include "request.h"

static const char too_slow[] = "the request did not arrive in time";

static void case_init(struct assay__case *all,
                      const struct assay__client *client)
{
    memset(all, 0, sizeof *all);
    assay__request_init(&all->request, client->budget);
    assay__stream_init(&all->headers, client->budget,
                       ASSAY__REQUEST_HEADERS_MAX);
    assay__stream_init(&all->body, client->budget,
                       (size_t)client->settings->max_size);
    all->body_fd = -1;
}

static void case_fini(struct assay__case *all,
                      const struct assay__client *client)
{
    assay__budget_give(client->budget, all->reserved);
    assay__request_fini(&all->request);
    assay__stream_fini(&all->headers);
    assay__stream_fini(&all->body);
    if (all->body_fd >= 0)
        (void)close(all->body_fd);
}

/* ---- receiving --------------------------------------------------------- */

/* What is read next, or why nothing more is. */
struct receipt {
    enum assay__wire_result wire;
    assay_rc rc; /* meaningful when the wire is OK */
    bool is_too_large;
    assay_error err;
};

static void receive_line(struct assay__client *client, struct assay__case *all,
                         struct receipt *receipt,
                         enum assay__request_want *want)
{
    const char *line = NULL;
    size_t len = 0;

    receipt->wire = assay__wire_line(&client->wire, '\n',
                                     ASSAY__REQUEST_LINE_MAX, &line, &len);
    if (receipt->wire == ASSAY__WIRE_OK)
        receipt->rc =
            assay__request_line(&all->request, line, len, want, &receipt->err);
    if (receipt->wire != ASSAY__WIRE_TOO_LONG)
        return;
    receipt->wire = ASSAY__WIRE_OK;
    receipt->rc =
        assay_error_set(&receipt->err, ASSAY_E_LIMIT,
                        "a line has at most %d bytes", ASSAY__REQUEST_LINE_MAX);
}

/* What does not fit is not read at all. */
static void receive_bytes(struct assay__client *client, uint64_t len,
                          struct assay__stream *stream, struct receipt *receipt)
{
    receipt->is_too_large = len > stream->max;
    if (receipt->is_too_large)
        receipt->rc = ASSAY_E_LIMIT;
    else
        receipt->wire = assay__wire_stream(&client->wire, len, stream,
                                           &receipt->rc, &receipt->err);
}

/* The descriptor, one and only where the request says so. */
static void take_descriptor(struct assay__client *client,
                            struct assay__case *all, struct receipt *receipt)
{
    bool is_wanted = all->request.body == ASSAY__BODY_DESCRIPTOR;

    all->body_fd = assay__wire_take_descriptor(&client->wire, 0);
    if (client->wire.has_surplus)
        receipt->rc = assay_error_set(&receipt->err, ASSAY_E_INVAL,
                                      "more than one descriptor came");
    else if (is_wanted && all->body_fd < 0)
        receipt->rc = assay_error_set(&receipt->err, ASSAY_E_INVAL,
                                      "no descriptor came for the body");
    else if (!is_wanted && all->body_fd >= 0)
        receipt->rc = assay_error_set(&receipt->err, ASSAY_E_INVAL,
                                      "a descriptor came, and no body=fd");
}

/* A message has a copy of its bytes, which count as well. */
static void reserve(struct assay__client *client, struct assay__case *all,
                    struct receipt *receipt)
{
    uint64_t size = all->body.len, offset = all->request.body_number;
    struct stat st;

    if (all->body_fd >= 0) {
        if (fstat(all->body_fd, &st) != 0 || !S_ISREG(st.st_mode)) {
            receipt->rc = assay_error_set(&receipt->err, ASSAY_E_INVAL,
                                          "the body is not a regular file");
            return;
        }
        size =
            (uint64_t)st.st_size > offset ? (uint64_t)st.st_size - offset : 0;
    }
    receipt->is_too_large = size > client->settings->max_size;
    if (receipt->is_too_large)
        receipt->rc = ASSAY_E_LIMIT;
    else if (!assay__budget_take(client->budget, (size_t)size))
        receipt->rc = assay_error_set(&receipt->err, ASSAY_E_UNAVAILABLE,
                                      "all clients together have sent more "
                                      "than max_memory");
    else
        all->reserved = (size_t)size;
}

static void receive(struct assay__client *client, struct assay__case *all,
                    struct receipt *receipt)
{
    enum assay__request_want want = ASSAY__WANT_LINE;

    while (want != ASSAY__WANT_NOTHING) {
        if (want == ASSAY__WANT_HEADERS) {
            receive_bytes(client, all->request.headers_len, &all->headers,
                          receipt);
            want = ASSAY__WANT_LINE;
        } else if (want == ASSAY__WANT_BODY) {
            receive_bytes(client, all->request.body_number, &all->body,
                          receipt);
            want = ASSAY__WANT_LINE;
        } else {
            receive_line(client, all, receipt, &want);
        }
        if (receipt->wire != ASSAY__WIRE_OK || receipt->rc != ASSAY_OK)
            return;
    }
    take_descriptor(client, all, receipt);
    if (receipt->rc == ASSAY_OK)
        reserve(client, all, receipt);
}

/* ---- answering --------------------------------------------------------- */

static void send_answer(struct assay__client *client,
                        struct assay__answer *answer)
{
    (void)assay__wire_send(&client->wire, answer->text.data, answer->text.len);
}

static void send_error(struct assay__client *client, const char *text)
{
    struct assay__answer answer;

    assay__answer_init(&answer, client->budget);
    assay__answer_error(&answer, text);
    send_answer(client, &answer);
    assay__answer_fini(&answer);
    assay__client_log_fault(client, "protocol=assay", text);
    client->lingers = true;
}

static void send_too_large(struct assay__client *client)
{
    const assay_verdict verdict = {.status = ASSAY_STATUS_UNSCANNABLE,
                                   .reason = ASSAY_REASON_OVERSIZE};
    assay_disposition disposition;
    struct assay__answer answer;

    assay__check_refuse_size(&disposition);

    assay__answer_init(&answer, client->budget);
    assay__answer_ok(&answer);
    assay__answer_disposition(&answer, &disposition);
    assay__answer_verdict(&answer, &verdict);
    (void)assay__answer_end(&answer);
    send_answer(client, &answer);
    assay__answer_fini(&answer);
    assay__client_log_fault(client, "protocol=assay",
                            "larger than max_size, or its headers than 1 MiB");
    client->lingers = true;
}

static void log_check(const struct assay__client *client,
                      const struct assay__request *request,
                      const struct assay__check *check, int64_t since_ms)
{
    const char *name = assay__request_text(request, ASSAY__FIELD_CLIENT);
    const char *id = assay__request_text(request, ASSAY__FIELD_ID);
    const assay_disposition *disposition = &check->disposition;
    struct assay__client_text quoted_name = {""}, quoted_id = {""}, text = {""};

    assay_log_write(
        client->log, ASSAY_LOG_INFO, "scan.request",
        "listener=\"%s\" peer=\"%s\" protocol=assay kind=check client=\"%s\" "
        "id=\"%s\" size=%zu recipients=%zu stored=%zu status=%s action=%s "
        "code=%d module=%s text=\"%s\" ms=%" PRId64,
        client->listener, client->peer,
        assay__client_quote(&quoted_name, name ? name : ""),
        assay__client_quote(&quoted_id, id ? id : ""), check->size,
        request->recipients, check->stored,
        assay_status_name(check->verdict.status),
        assay_action_name(disposition->action), disposition->code,
        disposition->module, assay__client_quote(&text, disposition->text),
        assay__client_now_ms() - since_ms);
}

/* Behind an answer with stored recipients: the line, or the end. */
static void serve_store(struct assay__client *client,
                        struct assay__check *check)
{
    struct assay__answer answer;
    const char *line;
    size_t len;

    assay__wire_begin(&client->wire, client->settings->read_timeout_s * 1000);
    if (assay__wire_line(&client->wire, '\n', ASSAY__REQUEST_LINE_MAX, &line,
                         &len) != ASSAY__WIRE_OK)
        return;
    if (len != 5 || memcmp(line, "store", 5) != 0) {
        send_error(client, "only store may follow");
        return;
    }
    assay__answer_init(&answer, client->budget);
    assay__check_store(check, &answer);
    send_answer(client, &answer);
    assay__answer_fini(&answer);
}

static void serve_check(struct assay__client *client, struct assay__case *all)
{
    int64_t since_ms = assay__client_now_ms();
    struct assay__answer answer;
    struct assay__check check;

    assay__answer_init(&answer, client->budget);
    assay__check_run(client, all, &check, &answer);
    send_answer(client, &answer);
    if (check.is_answered)
        log_check(client, &all->request, &check, since_ms);
    if (check.may_store)
        serve_store(client, &check);
    assay__check_fini(&check);
    assay__answer_fini(&answer);
}

static assay_rc scan_message(struct assay__client *client,
                             const struct assay__case *all, size_t *size_out,
                             assay_verdict *verdict_out, assay_error *err)
{
    assay_message *message = NULL;
    assay_rc rc = assay_message_new(NULL, &message, err);

    if (rc == ASSAY_OK)
        rc = assay__case_build(all, message, err);
    if (rc == ASSAY_OK)
        rc = assay_message_finish(message, err);
    if (rc == ASSAY_OK) {
        *size_out = assay_message_size(message);
        assay_scan(client->library, message,
                   assay__request_text(&all->request, ASSAY__FIELD_ENGINE),
                   verdict_out);
    }
    assay_message_free(&message);
    return rc;
}

static void serve_scan(struct assay__client *client, struct assay__case *all)
{
    int64_t since_ms = assay__client_now_ms();
    struct assay__answer answer;
    assay_error err = {0};
    assay_verdict verdict;
    size_t size = 0;
    char what[80];

    if (scan_message(client, all, &size, &verdict, &err) != ASSAY_OK) {
        send_error(client, err.msg);
        return;
    }
    assay__answer_init(&answer, client->budget);
    assay__answer_ok(&answer);
    assay__answer_verdict(&answer, &verdict);
    (void)assay__answer_end(&answer);
    send_answer(client, &answer);
    assay__answer_fini(&answer);
    (void)snprintf(what, sizeof what, "protocol=assay kind=scan size=%zu",
                   size);
    assay__client_log_verdict(client, what, &verdict, since_ms);
}

/* The one request, whole or not. */
static void serve(struct assay__client *client, struct assay__case *all)
{
    struct receipt receipt = {.wire = ASSAY__WIRE_OK};

    receive(client, all, &receipt);
    assay__wire_finish(&client->wire);
    if (receipt.wire == ASSAY__WIRE_TIMEOUT)
        send_error(client, too_slow);
    else if (receipt.wire == ASSAY__WIRE_STOPPED)
        send_error(client, "the server stops");
    else if (receipt.wire != ASSAY__WIRE_OK)
        return; /* nobody is there */
    else if (receipt.is_too_large)
        send_too_large(client);
    else if (receipt.rc != ASSAY_OK)
        send_error(client, receipt.err.msg);
    else if (all->request.kind == ASSAY__REQUEST_SCAN)
        serve_scan(client, all);
    else if (client->is_local)
        serve_check(client, all);
    else /* a policy may do more than answer, and a Maildir keeps mail */
        send_error(client, "check is for unix sockets only");
}

static void serve_request(struct assay__client *client)
{
    struct assay__case all;

    assay__gate_begin(client->gate);
    case_init(&all, client);
    assay__wire_begin(&client->wire, client->settings->timeout_s * 1000);
    serve(client, &all);
    case_fini(&all, client);
    assay__gate_end(client->gate);
}

void assay__assay_talk(struct assay__client *client)
{
    if (client->is_refused)
        send_error(client, ASSAY__CLIENT_REFUSAL);
    else
        serve_request(client);
}
