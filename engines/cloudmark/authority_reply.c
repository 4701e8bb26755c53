/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "authority_reply.h"

#include <stdio.h>
#include <string.h>

#include "json_reply.h"
#include "seal.h"

#define HEADERS "appendHeaders"

/* ---- header fields ------------------------------------------------------ */

/* RFC 5322 section 3.6.8: printable ASCII without the colon. */
static bool is_field_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (*c <= ' ' || *c > 126 || *c == ':')
            return false;
    return name[0] != '\0';
}

static assay_rc add_header(const json_t *entry, assay_score *score,
                           assay_error *err)
{
    struct assay_score_header *header = &score->headers[score->header_count];
    assay_rc rc;

    if (!json_is_object(entry))
        return assay_error_set(err, ASSAY_E_IO,
                               "an entry of '" HEADERS "' is not an object");
    rc = assay__json_reply_copy(json_object_get(entry, "headerField"),
                                "headerField", header->name,
                                sizeof header->name, err);
    if (rc == ASSAY_OK && !is_field_name(header->name))
        rc = assay_error_set(err, ASSAY_E_IO,
                             "'headerField' is not the name of a header field");
    if (rc == ASSAY_OK)
        rc = assay__json_reply_copy(json_object_get(entry, "body"), "body",
                                    header->value, sizeof header->value, err);
    if (rc == ASSAY_OK)
        score->header_count++;
    return rc;
}

static assay_rc read_headers(const json_t *root, assay_score *score,
                             assay_error *err)
{
    const json_t *list = json_object_get(root, HEADERS);
    assay_rc rc = ASSAY_OK;

    if (!list)
        return ASSAY_OK;
    if (!json_is_array(list))
        return assay_error_set(err, ASSAY_E_IO, "'" HEADERS "' is not a list");
    if (json_array_size(list) > ASSAY_SCORE_HEADERS_MAX)
        return assay_error_set(err, ASSAY_E_IO,
                               "'" HEADERS "' has %zu entries, more than %d",
                               json_array_size(list), ASSAY_SCORE_HEADERS_MAX);
    for (size_t i = 0; i < json_array_size(list) && rc == ASSAY_OK; i++)
        rc = add_header(json_array_get(list, i), score, err);
    return rc;
}

/* ---- members of our own choice ------------------------------------------ */

/* Ids may be numbers. */
static assay_rc read_text(const json_t *root, const char *name, char *out,
                          size_t size, assay_error *err)
{
    const json_t *value = name ? json_object_get(root, name) : NULL;

    if (!value)
        return ASSAY_OK;
    if (!json_is_integer(value))
        return assay__json_reply_copy(value, name, out, size, err);
    (void)snprintf(out, size, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(value));
    return ASSAY_OK;
}

static assay_rc read_rescan(const json_t *root, const char *name,
                            assay_score *score, assay_error *err)
{
    const json_t *value = name ? json_object_get(root, name) : NULL;
    bool is_number = json_is_integer(value) && json_integer_value(value) >= 0 &&
                     json_integer_value(value) <= 1;

    if (!value)
        return ASSAY_OK;
    if (!is_number && !json_is_boolean(value))
        return assay_error_set(err, ASSAY_E_IO,
                               "'%s' is neither true nor false", name);
    score->rescan = json_is_true(value) || json_integer_value(value) == 1;
    return ASSAY_OK;
}

static assay_rc read_extra(const json_t *root,
                           const struct assay__authority_keys *keys,
                           assay_score *score, assay_error *err)
{
    assay_rc rc = read_text(root, keys->category, score->category,
                            sizeof score->category, err);

    if (rc == ASSAY_OK)
        rc = read_text(root, keys->category_desc, score->category_desc,
                       sizeof score->category_desc, err);
    if (rc == ASSAY_OK)
        rc = read_text(root, keys->sub_category, score->sub_category,
                       sizeof score->sub_category, err);
    if (rc == ASSAY_OK)
        rc = read_text(root, keys->sub_category_desc, score->sub_category_desc,
                       sizeof score->sub_category_desc, err);
    if (rc == ASSAY_OK)
        rc = read_rescan(root, keys->rescan, score, err);
    return rc;
}

/* ---- replies ------------------------------------------------------------ */

static assay_rc read_score(const json_t *root, assay_score *score,
                           assay_error *err)
{
    double number = 0;
    assay_rc rc = assay__json_reply_number(root, "score", &number, err);

    if (rc != ASSAY_OK)
        return rc;
    if (number < 0 || number > 100)
        return assay_error_set(err, ASSAY_E_IO, "'score' is not from 0 to 100");
    score->score = number + 0.0; /* no -0 */
    return ASSAY_OK;
}

static assay_rc read_analysis(const json_t *root, assay_score *score,
                              assay_error *err)
{
    const json_t *analysis = json_object_get(root, "analysis");

    if (!analysis)
        return ASSAY_OK;
    return assay__json_reply_copy(
        analysis, "analysis", score->analysis,
        ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM + 1, err);
}

assay_rc assay__authority_reply_parse(const char *data, size_t size,
                                      const struct assay__authority_keys *keys,
                                      assay_score *score_out, assay_error *err)
{
    json_t *root = NULL;
    assay_rc rc = assay__json_reply_parse(data, size, &root, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = read_score(root, score_out, err);
    if (rc == ASSAY_OK)
        rc = read_analysis(root, score_out, err);
    if (rc == ASSAY_OK)
        rc = read_headers(root, score_out, err);
    if (rc == ASSAY_OK)
        rc = read_extra(root, keys, score_out, err);
    json_decref(root);
    return rc;
}

assay_rc assay__authority_size_parse(const char *data, size_t size,
                                     int64_t *bytes_out, assay_error *err)
{
    json_t *root = NULL;
    const json_t *value;
    assay_rc rc = assay__json_reply_parse(data, size, &root, err);

    if (rc != ASSAY_OK)
        return rc;
    value = json_object_get(root, "maxMessageSize");
    if (json_is_integer(value) && json_integer_value(value) > 0)
        *bytes_out = json_integer_value(value);
    else
        rc = assay_error_set(err, ASSAY_E_IO,
                             "'maxMessageSize' is not a number above 0");
    json_decref(root);
    return rc;
}
