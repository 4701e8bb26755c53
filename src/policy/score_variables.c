/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/score_variables.h"

#include <stdio.h>

#include "base/sizes.h"

#define ANALYSIS "cmae-analysis"
enum { NUMBER_MAX = 32 };

/* NULL and "" stand for none. */
static assay_rc set_or_delete(assay_context *context, const char *key,
                              const char *value, assay_error *err)
{
    if (value && value[0] != '\0')
        return assay_context_set(context, key, value, err);
    (void)assay_context_delete(context, key);
    return ASSAY_OK;
}

assay_rc assay__score_variables_set(assay_context *context,
                                    const assay_score *score,
                                    bool with_analysis, assay_error *err)
{
    char number[NUMBER_MAX];
    const struct {
        const char *key, *value;
    } variables[] = {
        {"cmae-score", number},
        {"cmae-isspam", score->is_spam ? "true" : NULL},
        {"cmae-category", score->category},
        {"cmae-subcategory", score->sub_category},
        {"cmae-rescan", score->rescan ? "1" : "0"},
        {"cmae-category-desc", score->category_desc},
        {"cmae-subcategory-desc", score->sub_category_desc},
        {ANALYSIS, score->analysis},
    };
    size_t count = ASSAY_COUNT_OF(variables) - !with_analysis;
    assay_rc rc = ASSAY_OK;

    (void)snprintf(number, sizeof number, "%.10g", score->score);
    for (size_t i = 0; rc == ASSAY_OK && i < count; i++)
        rc = set_or_delete(context, variables[i].key, variables[i].value, err);
    for (size_t i = 0; rc != ASSAY_OK && i < count; i++)
        (void)assay_context_delete(context, variables[i].key);
    return rc;
}
