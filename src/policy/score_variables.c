/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/score_variables.h"

#include "base/text.h"

enum { NUMBER_MAX = 32 };

/* The analysis is the last. */
enum variable {
    SCORE,
    IS_SPAM,
    CATEGORY,
    SUB_CATEGORY,
    RESCAN,
    CATEGORY_DESC,
    SUB_CATEGORY_DESC,
    ANALYSIS,
    VARIABLES
};

static const char *const keys[VARIABLES] = {
    [SCORE] = "cmae-score",
    [IS_SPAM] = "cmae-isspam",
    [CATEGORY] = "cmae-category",
    [SUB_CATEGORY] = "cmae-subcategory",
    [RESCAN] = "cmae-rescan",
    [CATEGORY_DESC] = "cmae-category-desc",
    [SUB_CATEGORY_DESC] = "cmae-subcategory-desc",
    [ANALYSIS] = "cmae-analysis",
};

/* NULL and "" stand for none. */
static assay_rc set_or_delete(assay_context *context, const char *key,
                              const char *value, assay_error *err)
{
    if (value && value[0] != '\0')
        return assay_context_set(context, key, value, err);
    (void)assay_context_delete(context, key);
    return ASSAY_OK;
}

void assay__score_variables_clear(assay_context *context)
{
    for (size_t i = 0; i < VARIABLES; i++)
        (void)assay_context_delete(context, keys[i]);
}

assay_rc assay__score_variables_set(assay_context *context,
                                    const assay_score *score,
                                    bool with_analysis, assay_error *err)
{
    char number[NUMBER_MAX];
    const char *const values[VARIABLES] = {
        [SCORE] = number,
        [IS_SPAM] = score->is_spam ? "true" : NULL,
        [CATEGORY] = score->category,
        [SUB_CATEGORY] = score->sub_category,
        [RESCAN] = score->rescan ? "1" : "0",
        [CATEGORY_DESC] = score->category_desc,
        [SUB_CATEGORY_DESC] = score->sub_category_desc,
        [ANALYSIS] = score->analysis,
    };
    assay_rc rc = ASSAY_OK;

    assay__text_number(number, sizeof number, score->score);
    for (size_t i = 0; rc == ASSAY_OK && i < VARIABLES; i++)
        if (i != ANALYSIS || with_analysis)
            rc = set_or_delete(context, keys[i], values[i], err);
    if (rc != ASSAY_OK)
        assay__score_variables_clear(context);
    return rc;
}
