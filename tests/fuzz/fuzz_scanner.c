/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a scanner process that was taken over may say, and what a template may
 * be told: the first byte chooses the reply, the request or the record. A reply
 * that is believed becomes a verdict, which must be one: CLEAN only of complete
 * coverage, texts clean and ended.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scan/finding.h"
#include "scan/scanner_record.h"
#include "scan/scanner_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONTENT_SIZE = 100 };

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void require_clean(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);

    require(end != NULL);
    for (; text < end; text++)
        require((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f);
}

static size_t take(void *to, size_t to_size, const uint8_t *data, size_t size)
{
    size_t taken = size < to_size ? size : to_size;

    memset(to, 0, to_size);
    memcpy(to, data, taken);
    return taken;
}

static void try_reply(const uint8_t *data, size_t size)
{
    const struct assay__scan_facts facts = {.size = CONTENT_SIZE};
    assay_verdict verdict = {0};
    struct assay__wire_reply reply;

    assay__wire_reply_init(&reply, ASSAY__WIRE_FINDING, 1);
    (void)take(&reply.finding, sizeof reply.finding, data, size);
    if (!assay__wire_reply_is_sound(&reply))
        return;
    reply.finding.coverage.bytes_total = CONTENT_SIZE; /* as the host does */
    assay__finding_judge(&reply.finding, &facts, &verdict);
    require_clean(verdict.info, sizeof verdict.info);
    require_clean(verdict.scan_code, sizeof verdict.scan_code);
    if (verdict.status == ASSAY_STATUS_CLEAN)
        require(assay_coverage_is_complete(&verdict.coverage) &&
                verdict.coverage.bytes_seen == CONTENT_SIZE);
}

static void try_request(const uint8_t *data, size_t size)
{
    struct assay__wire_request request;
    assay_content content;

    (void)take(&request, sizeof request, data, size);
    request.magic = ASSAY__WIRE_MAGIC;
    if (!assay__wire_request_is_sound(&request))
        return;
    assay__wire_get_content(&request, NULL, &content);
    require(!content.media_type ||
            strlen(content.media_type) < ASSAY__WIRE_MEDIA_TYPE);
    require(!content.file_name ||
            strlen(content.file_name) < ASSAY__WIRE_FILE_NAME);
}

static void try_record(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1); /* its end is a bound for ASan */
    struct assay__scanner_record record;
    struct assay__fields fields = {.left = size};
    struct assay__arena arena;

    require(copy != NULL);
    memcpy(copy, data, size);
    fields.at = copy;
    assay__arena_init(&arena);
    if (assay__scanner_record_unpack(&fields, &arena, &record, NULL) ==
        ASSAY_OK)
        for (size_t i = 0; record.walls.readable[i]; i++)
            require(strlen(record.walls.readable[i]) <= size);
    assay__arena_fini(&arena);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const uint8_t *,
                                 size_t) = {try_reply, try_request, try_record};

    if (size > 0)
        tries[data[0] % 3](data + 1, size - 1);
    return 0;
}
