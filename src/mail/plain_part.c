/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail/plain_part.h"

#include <string.h>

#include "base/sizes.h"
#include "mail/header.h"
#include "mail/mime_param.h"

/* Containers that every reader of mail opens, part by part. */
static const char *const plain_containers[] = {
    "multipart/mixed",  "multipart/alternative", "multipart/related",
    "multipart/digest", "multipart/parallel",    "multipart/report",
    "message/rfc822",
};

bool assay__plain_container(const char *media_type)
{
    for (size_t i = 0; i < ASSAY_COUNT_OF(plain_containers); i++)
        if (strcmp(media_type, plain_containers[i]) == 0)
            return true;
    return false;
}

/* A header given once, with its value on the line of its name: at least as far
 * as its first word. */
static bool is_plain_header(const assay_part *part, const char *name)
{
    assay_bytes value, second;
    size_t i = 0;

    if (!assay_part_header(part, name, 0, &value))
        return true;
    if (assay_part_header(part, name, 1, &second))
        return false;
    while (i < value.len && assay__header_is_blank(value.data[i]))
        i++;
    return i < value.len && value.data[i] > ' ' && value.data[i] < 0x7f &&
           value.data[i] != '(';
}

/* The encoding is one word and nothing else. */
static bool is_plain_encoding(const assay_part *part)
{
    static const char name[] = "Content-Transfer-Encoding";
    assay_bytes value, rest;

    if (!assay_part_header(part, name, 0, &value))
        return true;
    while (value.len > 0 && assay__header_is_blank(value.data[0])) {
        value.data++;
        value.len--;
    }
    while (value.len > 0 && assay__header_is_blank(value.data[value.len - 1]))
        value.len--;
    rest = value;
    return assay__mime_token(&rest).len == value.len &&
           is_plain_header(part, name);
}

bool assay__plain_headers(const assay_part *part)
{
    return is_plain_header(part, "Content-Type") && is_plain_encoding(part);
}
