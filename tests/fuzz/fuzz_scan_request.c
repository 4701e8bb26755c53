/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Bytes of a client as a request of the assay protocol: lines, and the raw
 * bytes that lines announce. What is understood is coded again, and must then
 * say the same; the headers it came with are guessed at as a mail as well.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scansocket/mail_guess.h"
#include "scansocket/percent.h"
#include "scansocket/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

/* Coded and decoded, a text is the same. */
static void round_trip(const char *text, struct assay__budget *budget)
{
    struct assay__stream coded;
    size_t len;

    assay__stream_init(&coded, budget, (size_t)4 << 20);
    require(assay__percent_encode(&coded, text, strlen(text), ' ', NULL) ==
            ASSAY_OK);
    require(assay__percent_decode(coded.data, coded.len, coded.data, &len));
    require(len == strlen(text));
    require(len == 0 || memcmp(coded.data, text, len) == 0);
    assay__stream_fini(&coded);
}

static void look_at(const struct assay__request *request,
                    struct assay__budget *budget)
{
    for (int list = ASSAY__LIST_RECIPIENTS; list <= ASSAY__LIST_MESS; list++) {
        const char *key = "", *value;
        size_t cursor = 0;

        while (assay__request_next(request, (enum assay__request_list)list,
                                   &cursor, &key, &value)) {
            round_trip(key, budget);
            round_trip(value, budget);
        }
    }
    for (int field = 0; field < ASSAY__FIELD_COUNT; field++) {
        const char *text =
            assay__request_text(request, (enum assay__request_field)field);

        if (text)
            round_trip(text, budget);
    }
}

/* @return bytes that the request takes; fewer than len at its end */
static size_t feed(struct assay__request *request, const char *text, size_t len)
{
    enum assay__request_want want = ASSAY__WANT_LINE;
    size_t at = 0;

    while (at < len && want != ASSAY__WANT_NOTHING) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end ? (size_t)(end - text) - at : len - at;
        uint64_t raw = 0;

        if (!end || assay__request_line(request, text + at, line, &want,
                                        NULL) != ASSAY_OK)
            return at;
        at += line + 1;
        if (want == ASSAY__WANT_HEADERS)
            raw = request->headers_len;
        else if (want == ASSAY__WANT_BODY)
            raw = request->body_number;
        if (raw > len - at)
            return len;
        if (raw > 0)
            require(assay__mail_guess(text + at, (size_t)raw).start <= raw);
        at += (size_t)raw;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1); /* its end is a bound for ASan */
    struct assay__request request;
    struct assay__budget budget;

    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    assay__budget_init(&budget, (size_t)64 << 20);
    assay__request_init(&request, &budget);
    require(feed(&request, text, size) <= size);
    look_at(&request, &budget);
    assay__request_fini(&request);
    require(budget.used == 0);
    require(assay__mail_guess(text, size).start <= size);
    free(text);
    return 0;
}
