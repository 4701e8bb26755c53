/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/score_subject.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "mail/header.h"

const char *assay__score_address(const char *text)
{
    static const char prefix[] = "IPv6:";
    unsigned char address[sizeof(struct in6_addr)];

    if (!text)
        return "";
    if (assay__text_equal_n(text, strnlen(text, sizeof prefix - 1), prefix))
        text += sizeof prefix - 1;
    return inet_pton(AF_INET, text, address) == 1 ||
                   inet_pton(AF_INET6, text, address) == 1
               ? text
               : "";
}

/* Where the body begins: behind the empty line, or where no header goes on. */
static size_t body_offset(assay_bytes message)
{
    static const assay_message_limits no_limits = {.max_header_bytes = SIZE_MAX,
                                                   .max_headers = UINT32_MAX};
    enum assay__header_step ended_by;
    assay_bytes block = assay__header_block(message, &no_limits, &ended_by);
    const char *end = message.data + message.len;

    if (ended_by != ASSAY__HEADER_EMPTY)
        return block.len;
    return block.len + assay__header_line(message.data + block.len, end).len;
}

static void cut_body(uint64_t max_body, assay_bytes bytes,
                     assay_score_subject *subject)
{
    size_t body;

    subject->data = bytes.data;
    subject->size = bytes.len;
    if (max_body == 0 || bytes.len <= max_body)
        return;
    body = body_offset(bytes);
    if (bytes.len - body <= max_body)
        return;
    subject->size = body + (size_t)max_body;
    subject->is_cut = true;
}

static assay_rc list_recipients(const assay_message *message,
                                assay_score_subject *subject, assay_error *err)
{
    size_t count = assay_message_recipient_count(message), bytes;
    const char **list;

    if (!assay__size_mul(count + 1, sizeof *list, &bytes) ||
        !(list = malloc(bytes)))
        return assay_error_set(err, ASSAY_E_NOMEM, "recipients to score");
    for (size_t i = 0; i < count; i++)
        list[i] = assay_message_recipient(message, i);
    list[count] = NULL;
    subject->recipients = list;
    subject->recipient_count = count;
    return ASSAY_OK;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

assay_rc assay__score_subject_init(const struct assay__scorer_options *options,
                                   assay_message *message,
                                   const struct assay__score_client *client,
                                   assay_score_subject *subject_out,
                                   assay_error *err)
{
    assay_score_subject subject = {
        .helo = text_of(client->helo),
        .sender = assay_message_sender(message),
        .client_address = assay__score_address(client->address),
        .client_host = text_of(client->host),
        .queue_id = assay_message_id(message),
    };
    assay_bytes bytes = {0};
    assay_rc rc =
        assay_message_bytes(message,
                            options->use_wire_rep ? ASSAY_RENDITION_WIRE
                                                  : ASSAY_RENDITION_CANONICAL,
                            &bytes, err);

    if (rc == ASSAY_OK)
        rc = list_recipients(message, &subject, err);
    if (rc != ASSAY_OK)
        return rc;
    cut_body(options->max_body_length, bytes, &subject);
    *subject_out = subject;
    return ASSAY_OK;
}

void assay__score_subject_fini(assay_score_subject *subject)
{
    free((void *)(uintptr_t)subject->recipients);
    subject->recipients = NULL;
    subject->recipient_count = 0;
}
