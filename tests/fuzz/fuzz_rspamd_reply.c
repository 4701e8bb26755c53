/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of rspamd: a score that is read is one, texts keep to their limits
 * and have no control characters, and the analysis can be sealed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rspamd_reply.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct assay__seal seal = {{1}};
    static assay_score score;
    char *copy = malloc(size > 0 ? size : 1); /* its end is a bound for ASan */

    require(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    memset(&score, 0, sizeof score);
    if (assay__rspamd_reply_parse(copy, size, &score, NULL) == ASSAY_OK) {
        require(score.score >= 0 && score.score <= 100);
        require(score.header_count == 0);
        check_text(score.category, sizeof score.category);
        check_text(score.category_desc, sizeof score.category_desc);
        check_text(score.sub_category, sizeof score.sub_category);
        check_text(score.sub_category_desc, sizeof score.sub_category_desc);
        require(assay__seal_add(&seal, &score, NULL) == ASSAY_OK);
        check_text(score.analysis, sizeof score.analysis);
    }
    free(copy);
    return 0;
}
