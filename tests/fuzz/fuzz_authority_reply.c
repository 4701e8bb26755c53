/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of an Authority service: a score that is read is one, texts keep to
 * their limits and have no control characters, and there is room for a seal.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authority_reply.h"
#include "seal.h"

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
        require((unsigned char)text[i] >= ' ' && text[i] != 127);
}

static void check_score(const char *data, size_t size)
{
    static const struct assay__authority_keys keys = {.category = "c",
                                                      .category_desc = "cd",
                                                      .sub_category = "s",
                                                      .sub_category_desc = "sd",
                                                      .rescan = "r"};
    static assay_score score;

    memset(&score, 0, sizeof score);
    if (assay__authority_reply_parse(data, size, &keys, &score, NULL) !=
        ASSAY_OK)
        return;
    require(score.score >= 0 && score.score <= 100);
    check_text(score.analysis, sizeof score.analysis - ASSAY__SEAL_ROOM + 1);
    check_text(score.category, sizeof score.category);
    check_text(score.category_desc, sizeof score.category_desc);
    check_text(score.sub_category, sizeof score.sub_category);
    check_text(score.sub_category_desc, sizeof score.sub_category_desc);
    require(score.header_count <= ASSAY_SCORE_HEADERS_MAX);
    for (size_t i = 0; i < score.header_count; i++) {
        check_text(score.headers[i].name, sizeof score.headers[i].name);
        check_text(score.headers[i].value, sizeof score.headers[i].value);
        require(score.headers[i].name[0] != '\0');
        require(strpbrk(score.headers[i].name, ": ") == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1); /* its end is a bound for ASan */
    int64_t bytes = 0;

    require(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    check_score(copy, size);
    if (assay__authority_size_parse(copy, size, &bytes, NULL) == ASSAY_OK)
        require(bytes > 0);
    free(copy);
    return 0;
}
