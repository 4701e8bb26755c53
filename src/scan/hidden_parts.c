/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/hidden_parts.h"

#include <string.h>

#include "base/sizes.h"

/* Containers that every reader of mail opens, part by part. */
static const char *const plain_containers[] = {
    "multipart/mixed",  "multipart/alternative", "multipart/related",
    "multipart/digest", "multipart/parallel",    "multipart/report",
    "message/rfc822",
};

static bool is_plain_container(const char *media_type)
{
    for (size_t i = 0; i < ASSAY_COUNT_OF(plain_containers); i++)
        if (strcmp(media_type, plain_containers[i]) == 0)
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
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
    while (i < value.len && is_blank(value.data[i]))
        i++;
    return i < value.len && value.data[i] > ' ' && value.data[i] < 0x7f &&
           value.data[i] != '(';
}

/* The encoding is one word and nothing else. */
static bool is_plain_encoding(const assay_part *part)
{
    static const char name[] = "Content-Transfer-Encoding";
    assay_bytes value;

    if (!assay_part_header(part, name, 0, &value))
        return true;
    while (value.len > 0 && is_blank(value.data[0])) {
        value.data++;
        value.len--;
    }
    while (value.len > 0 && is_blank(value.data[value.len - 1]))
        value.len--;
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f ||
            strchr("();\"", value.data[i]))
            return false;
    return is_plain_header(part, name);
}

static bool has_plain_headers(const assay_part *part)
{
    return is_plain_header(part, "Content-Type") && is_plain_encoding(part);
}

/* Engines may not open this container, or not see that it is one. */
static bool is_odd_container(const assay_part *part,
                             const assay_part_info *info)
{
    return !is_plain_container(info->media_type) || !has_plain_headers(part);
}

static bool is_odd_leaf(const assay_part *part, const assay_part_info *info)
{
    return strncmp(info->media_type, "message/", 8) == 0 ||
           !has_plain_headers(part);
}

void assay__hidden_walk_init(struct assay__hidden_walk *walk, assay_part *root)
{
    *walk = (struct assay__hidden_walk){.next = root};
}

/* @return true for a leaf that may be hidden */
static bool visit(struct assay__hidden_walk *walk, const assay_part *part)
{
    assay_part_info info;

    assay_part_get_info(part, &info);
    if (walk->in_odd && info.depth <= walk->odd_depth)
        walk->in_odd = false; /* the walk has left that container */
    if (!info.is_container)
        return info.body.len > 0 && (walk->in_odd || is_odd_leaf(part, &info));
    if (!walk->in_odd && is_odd_container(part, &info)) {
        walk->in_odd = true;
        walk->odd_depth = info.depth;
    }
    return false;
}

assay_part *assay__hidden_walk_next(struct assay__hidden_walk *walk)
{
    while (walk->next) {
        assay_part *part = walk->next;

        walk->next = assay_part_thread(part);
        if (visit(walk, part))
            return part;
    }
    return NULL;
}
