/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "json_reply.h"

#include <math.h>
#include <string.h>

assay_rc assay__json_reply_parse(const char *data, size_t size, json_t **out,
                                 assay_error *err)
{
    json_error_t why;
    json_t *root =
        json_loadb(data ? data : "", size, JSON_REJECT_DUPLICATES, &why);

    if (!root && json_error_code(&why) == json_error_out_of_memory)
        return assay_error_set(err, ASSAY_E_NOMEM, "reply");
    if (!root) /* its text may quote the reply */
        return assay_error_set(err, ASSAY_E_IO,
                               "the reply is not JSON (line %d, column %d)",
                               why.line, why.column);
    if (!json_is_object(root)) {
        json_decref(root);
        return assay_error_set(err, ASSAY_E_IO, "the reply is not an object");
    }
    *out = root;
    return ASSAY_OK;
}

assay_rc assay__json_reply_number(const json_t *object, const char *name,
                                  double *out, assay_error *err)
{
    const json_t *value = json_object_get(object, name);
    double number;

    if (!value)
        return assay_error_set(err, ASSAY_E_IO, "the reply has no '%s'", name);
    if (!json_is_number(value))
        return assay_error_set(err, ASSAY_E_IO, "'%s' is not a number", name);
    number = json_number_value(value);
    if (!isfinite(number))
        return assay_error_set(err, ASSAY_E_IO, "'%s' is not finite", name);
    *out = number;
    return ASSAY_OK;
}

bool assay__json_reply_is_clean(const char *text, size_t len)
{
    const unsigned char *byte = (const unsigned char *)text;

    for (size_t i = 0; i < len; i++) {
        if (byte[i] < ' ' || byte[i] == 127)
            return false;
        if (byte[i] == 0xc2 && i + 1 < len && byte[i + 1] < 0xa0)
            return false; /* U+0080 to U+009F */
    }
    return true;
}

assay_rc assay__json_reply_copy(const json_t *text, const char *name, char *out,
                                size_t size, assay_error *err)
{
    size_t len = json_string_length(text);

    if (!json_is_string(text))
        return assay_error_set(err, ASSAY_E_IO, "'%s' is not a text", name);
    if (len >= size)
        return assay_error_set(err, ASSAY_E_IO,
                               "'%s' has %zu bytes, more than %zu", name, len,
                               size - 1);
    if (!assay__json_reply_is_clean(json_string_value(text), len))
        return assay_error_set(err, ASSAY_E_IO,
                               "'%s' has a control character in it", name);
    memcpy(out, json_string_value(text), len + 1);
    return ASSAY_OK;
}
