/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/score_check.h"

#include <math.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"

#define SCORE_MAX 100.0

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* Ended within its array, and printable. */
static bool is_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    if (len == size)
        return false;
    for (size_t i = 0; i < len;) {
        size_t step = assay__utf8_length(text + i, len - i);

        if (step == 0 || (step == 1 && is_control(text[i])))
            return false;
        i += step;
    }
    return true;
}

/* RFC 5322, 3.6.8: printable ASCII but the colon. */
static bool is_field_name(const char *name, size_t size)
{
    size_t len = strnlen(name, size);

    if (len == 0 || len == size)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
            return false;
    return true;
}

static assay_rc check_headers(const assay_score *score, assay_error *err)
{
    if (score->header_count > ASSAY_SCORE_HEADERS_MAX)
        return assay_error_set(err, ASSAY_E_IO,
                               "the backend asks for over %d headers",
                               ASSAY_SCORE_HEADERS_MAX);
    for (size_t i = 0; i < score->header_count; i++) {
        const struct assay_score_header *header = &score->headers[i];

        if (!is_field_name(header->name, sizeof header->name) ||
            !is_text(header->value, sizeof header->value))
            return assay_error_set(err, ASSAY_E_IO,
                                   "the backend asks for a header that is "
                                   "none");
    }
    return ASSAY_OK;
}

assay_rc assay__score_check(const assay_score *score, assay_error *err)
{
    const struct {
        const char *name, *text;
        size_t size;
    } texts[] = {
        {"category", score->category, sizeof score->category},
        {"category-desc", score->category_desc, sizeof score->category_desc},
        {"sub-category", score->sub_category, sizeof score->sub_category},
        {"sub-category-desc", score->sub_category_desc,
         sizeof score->sub_category_desc},
        {"analysis", score->analysis, sizeof score->analysis},
    };

    if (!isfinite(score->score) || score->score < 0 || score->score > SCORE_MAX)
        return assay_error_set(err, ASSAY_E_IO,
                               "the backend's score %g is not one from 0 to "
                               "100",
                               score->score);
    for (size_t i = 0; i < ASSAY_COUNT_OF(texts); i++)
        if (!is_text(texts[i].text, texts[i].size))
            return assay_error_set(err, ASSAY_E_IO,
                                   "the backend's %s is not printable text",
                                   texts[i].name);
    return check_headers(score, err);
}
