/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of spamd: what is read must be within the reply, finite and without
 * a contradiction, a reply that was cut must never be one, and the categories
 * of its symbols must keep to their limits.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "spamd_reply.h"
#include "symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    require(len < size);
    for (size_t i = 0; i < len; i++)
        require(text[i] >= ' ' && text[i] <= '~');
}

static void check_symbols(const struct assay__spamd_reply *reply)
{
    struct assay__symbols symbols = {0};
    static assay_score score;

    assay__symbols_add_list(&symbols, reply->symbols, reply->symbols_len);
    assay__symbols_finish(&symbols, &score);
    check_text(score.category, sizeof score.category);
    check_text(score.category_desc, sizeof score.category_desc);
    check_text(score.sub_category, sizeof score.sub_category);
    check_text(score.sub_category_desc, sizeof score.sub_category_desc);
}

static void check_score(const char *data, size_t size)
{
    struct assay__spamd_reply reply, again;

    if (assay__spamd_reply_parse(data, size, &reply, NULL) != ASSAY_OK)
        return;
    require(isfinite(reply.points) && isfinite(reply.threshold));
    require(reply.is_spam ? reply.points >= reply.threshold
                          : reply.points <= reply.threshold);
    require(reply.symbols >= data &&
            reply.symbols + reply.symbols_len == data + size);
    for (size_t len = 0; len < size; len++)
        require(assay__spamd_reply_parse(data, len, &again, NULL) != ASSAY_OK);
    check_symbols(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1); /* its end is a bound for ASan */
    char version[64];

    require(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    check_score(copy, size);
    if (assay__spamd_pong_parse(copy, size, version, sizeof version, NULL) ==
        ASSAY_OK)
        check_text(version, sizeof version);
    free(copy);
    return 0;
}
