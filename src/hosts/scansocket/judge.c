/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Bytes that look like a mail are scanned as one, so that the scope's options,
 * its MIME readings and its cache count. That is a guess, and no threat may
 * hide behind it: unless the listener is told that it gets whole mails only,
 * the bytes as they came are scanned as well, and the worse verdict counts.
 * Where it is told so, what does not begin as a mail does is scanned both ways.
 */
#include "judge.h"

#include <stdio.h>
#include <string.h>

#include "mail_guess.h"

void assay__judge_set_fault(assay_verdict *verdict, assay_reason reason,
                            const char *info)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->reason = reason;
    (void)snprintf(verdict->info, sizeof verdict->info, "%s", info);
}

/* A mail with LF is copied: MTAs send it with CRLF. */
static assay_rc make_copy(const struct assay__client *client, const char *data,
                          size_t len, assay_message **out, assay_error *err)
{
    const assay_message_limits limits = {
        .max_message_bytes = (size_t)client->settings->max_size * 2};
    assay_rc rc = assay_message_new(&limits, out, err);

    if (rc == ASSAY_OK)
        rc = assay_message_append_text(*out, data, len, err);
    if (rc == ASSAY_OK)
        rc = assay_message_finish(*out, err);
    return rc;
}

/* Each LF becomes CRLF. */
static size_t copy_size(const char *data, size_t len)
{
    size_t size = len;

    for (const char *at = data;
         (at = memchr(at, '\n', len - (size_t)(at - data))); at++)
        size++;
    return size;
}

static void judge_mail(const struct assay__client *client, const char *data,
                       size_t len, bool has_lf, assay_verdict *verdict_out)
{
    size_t kept = has_lf ? copy_size(data, len) : 0;
    assay_message *message = NULL;
    assay_error err = {0};
    assay_rc rc;

    if (!assay__budget_take(client->budget, kept)) {
        assay__judge_set_fault(verdict_out, ASSAY_REASON_MEMORY,
                               "all clients together have sent more than "
                               "max_memory");
        return;
    }
    if (has_lf)
        rc = make_copy(client, data, len, &message, &err);
    else
        rc = assay_message_new_borrowed(data, len, NULL, &message, &err);
    if (rc == ASSAY_OK)
        assay_scan(client->library, message, NULL, verdict_out);
    else
        assay__judge_set_fault(verdict_out, ASSAY_REASON_MEMORY, err.msg);
    assay_message_free(&message);
    assay__budget_give(client->budget, kept);
}

/* How bad a verdict is; only the best is CLEAN. */
static int badness(const assay_verdict *verdict)
{
    switch (verdict->status) {
    case ASSAY_STATUS_INFECTED:
        return 4;
    case ASSAY_STATUS_ERROR:
        return 3;
    case ASSAY_STATUS_UNSCANNABLE:
        return 2;
    case ASSAY_STATUS_CLEAN:
        return 0;
    default:
        return 1;
    }
}

void assay__judge_bytes(const struct assay__client *client,
                        const struct assay__stream *stream,
                        assay_verdict *verdict_out)
{
    bool are_mails = client->settings->content == ASSAY__SCAN_CONTENT_MAIL;
    struct assay__mail_guess guess =
        assay__mail_guess(stream->data, stream->len);
    bool as_mail = guess.is_mail || (are_mails && stream->len > 0);
    assay_verdict as_bytes;

    if (as_mail) {
        judge_mail(client, stream->data + guess.start,
                   stream->len - guess.start, guess.has_lf, verdict_out);
        if (verdict_out->status == ASSAY_STATUS_INFECTED ||
            (are_mails && guess.is_mail && guess.is_plain))
            return;
    }
    assay_scan_bytes(client->library, stream->data, stream->len, NULL,
                     &as_bytes);
    if (!as_mail || badness(&as_bytes) > badness(verdict_out))
        *verdict_out = as_bytes;
}
