/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of ICAP servers: in whatever pieces they come, the same is read; one
 * that was cut is never whole; what is kept is within its room; and whatever
 * it means, it is clean only as it may be.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "icap_reply.h"
#include "icap_service.h"
#include "icap_verdict.h"

#define SENT "what was sent"

enum { BODY_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static size_t read_in_pieces(struct assay__icap_reply *reply, const char *data,
                             size_t size, size_t piece)
{
    size_t taken = 0;

    assay__icap_reply_init(reply, SENT, strlen(SENT), BODY_MAX);
    while (taken < size) {
        size_t part = size - taken < piece ? size - taken : piece;
        size_t got = assay__icap_reply_feed(reply, data + taken, part);

        require(got <= part);
        taken += got;
        if (got < part)
            break;
    }
    return taken;
}

static void check_head(const struct assay__icap_head *head)
{
    require(head->count <= ASSAY__ICAP_FIELDS_MAX);
    require(head->len <= ASSAY__ICAP_HEAD_MAX);
    for (size_t i = 0; i < head->count; i++) {
        const struct assay__icap_field *field = &head->fields[i];

        require(field->name >= head->text && field->value > field->name &&
                field->value + strlen(field->value) <= head->text + head->len);
    }
}

static void check_finding(const struct assay__icap_reply *reply,
                          const struct assay__icap_asked *asked)
{
    assay_finding finding = {.coverage.bytes_total = strlen(SENT)};

    assay__icap_judge(reply, asked, &finding);
    require(memchr(finding.info, '\0', sizeof finding.info) != NULL);
    require(memchr(finding.scan_code, '\0', sizeof finding.scan_code) != NULL);
    require(finding.coverage.bytes_seen <= strlen(SENT));
    if (finding.found == ASSAY_FOUND_THREAT)
        require(finding.info[0] != '\0');
    if (finding.found != ASSAY_FOUND_NOTHING)
        return;
    require(asked->is_all_sent || asked->in_preview);
    require(reply->icap.status == 204
                ? asked->allowed_204 || asked->in_preview
                : reply->icap.status == 200 && asked->is_all_sent &&
                      assay__icap_reply_is_echo(reply));
}

static void check_whole(const struct assay__icap_reply *reply)
{
    struct assay__icap_service service;

    check_head(&reply->icap);
    check_head(&reply->http);
    for (unsigned bits = 0; bits < 16; bits++)
        check_finding(reply, &(struct assay__icap_asked){
                                 .size = strlen(SENT),
                                 .sent = bits & 1 ? strlen(SENT) : 3,
                                 .is_all_sent = bits & 1,
                                 .allowed_204 = bits & 2,
                                 .in_preview = bits & 4,
                                 .is_reqmod = bits & 8,
                             });
    if (assay__icap_service_read(&reply->icap, &service, NULL) == ASSAY_OK) {
        require(service.takes_respmod || service.takes_reqmod);
        require(strlen(service.tag) <= ASSAY__ICAP_TAG_MAX);
        (void)assay__icap_service_wants_preview(&service, "a.exe");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct assay__icap_reply reply, again;
    char *copy = malloc(size > 0 ? size : 1); /* its end is a bound for ASan */
    size_t taken;

    require(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    taken = read_in_pieces(&reply, copy, size, size > 0 ? size : 1);
    if (reply.state == ASSAY__ICAP_DONE) {
        check_whole(&reply);
        (void)read_in_pieces(&again, copy, taken - 1, taken);
        require(again.state < ASSAY__ICAP_DONE);
    }
    for (size_t piece = 1; piece < 8; piece += 3) {
        size_t got = read_in_pieces(&again, copy, size, piece);

        require(again.state == reply.state);
        require(again.state != ASSAY__ICAP_DONE || got == taken);
        require(again.body_len == reply.body_len &&
                again.is_same == reply.is_same &&
                again.icap.status == reply.icap.status);
    }
    free(copy);
    return 0;
}
