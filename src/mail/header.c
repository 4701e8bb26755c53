/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail/header.h"

#include <string.h>

#include "base/text.h"

/* Length of the name when the line is a field, else 0. Blanks before the
 * colon are obsolete (RFC 5322 4.5), but MTAs take them. */
static size_t field_name_len(assay_bytes line, size_t *colon_out)
{
    size_t len = 0, colon;

    while (len < line.len && assay__header_is_ftext(line.data[len]))
        len++;
    for (colon = len;
         colon < line.len && assay__header_is_blank(line.data[colon]);)
        colon++;
    if (colon == line.len || line.data[colon] != ':')
        return 0;
    *colon_out = colon;
    return len;
}

/* "From " as mboxes have it, or quoted by another mbox. */
static bool is_from_line(assay_bytes line)
{
    while (line.len > 0 && line.data[0] == '>') {
        line.data++;
        line.len--;
    }
    return line.len >= 5 && memcmp(line.data, "From ", 5) == 0;
}

assay_bytes assay__header_line(const char *data, const char *end)
{
    size_t left = (size_t)(end - data);
    const char *newline = left > 0 ? memchr(data, '\n', left) : NULL;

    return (assay_bytes){data, newline ? (size_t)(newline - data) + 1 : left};
}

bool assay__header_is_empty_line(assay_bytes line)
{
    return (line.len == 1 && line.data[0] == '\n') ||
           (line.len == 2 && line.data[0] == '\r' && line.data[1] == '\n');
}

enum assay__header_step assay__header_scan_line(
    struct assay__header_scan *scan, assay_bytes line,
    const assay_message_limits *limits)
{
    bool is_fold, is_from;
    size_t colon;

    if (assay__header_is_empty_line(line))
        return ASSAY__HEADER_EMPTY;
    is_fold = scan->fields > 0 && assay__header_is_blank(line.data[0]);
    is_from =
        scan->may_have_from_line && scan->bytes == 0 && is_from_line(line);
    if (!is_fold && !is_from && field_name_len(line, &colon) == 0)
        return ASSAY__HEADER_OTHER;
    if (line.len > limits->max_header_bytes - scan->bytes)
        return ASSAY__HEADER_LIMIT;
    if (!is_fold && !is_from && scan->fields >= limits->max_headers)
        return ASSAY__HEADER_LIMIT;
    scan->bytes += line.len;
    scan->fields += !is_fold && !is_from;
    return ASSAY__HEADER_MORE;
}

assay_bytes assay__header_block(assay_bytes message,
                                const assay_message_limits *limits,
                                enum assay__header_step *ended_by_out)
{
    struct assay__header_scan scan = {.may_have_from_line = true};
    const char *at = message.data, *end = message.data + message.len;
    enum assay__header_step step = ASSAY__HEADER_MORE;

    while (at < end) {
        assay_bytes line = assay__header_line(at, end);

        step = assay__header_scan_line(&scan, line, limits);
        if (step != ASSAY__HEADER_MORE)
            break;
        at += line.len;
    }
    *ended_by_out = step;
    return (assay_bytes){message.data, scan.bytes};
}

/* Takes lines off *rest as long as they are folds. */
static void take_folds(assay_bytes *rest)
{
    const char *end = rest->data + rest->len;

    while (rest->data < end && assay__header_is_blank(rest->data[0]))
        rest->data += assay__header_line(rest->data, end).len;
    rest->len = (size_t)(end - rest->data);
}

static size_t without_line_end(assay_bytes text)
{
    size_t len = text.len;

    if (len > 0 && text.data[len - 1] == '\n') {
        len--;
        if (len > 0 && text.data[len - 1] == '\r')
            len--;
    }
    return len;
}

bool assay__header_next(assay_bytes *rest,
                        struct assay__header_field *field_out)
{
    while (rest->len > 0) {
        const char *start = rest->data;
        assay_bytes line = assay__header_line(start, start + rest->len);
        size_t colon, name_len = field_name_len(line, &colon);
        assay_bytes raw;

        rest->data += line.len;
        rest->len -= line.len;
        if (name_len == 0)
            continue; /* the "From " line */
        take_folds(rest);
        raw = (assay_bytes){start, (size_t)(rest->data - start)};
        field_out->raw = raw;
        field_out->name = (assay_bytes){start, name_len};
        field_out->value =
            (assay_bytes){start + colon + 1, without_line_end(raw) - colon - 1};
        return true;
    }
    return false;
}

bool assay__header_find(assay_bytes block, const char *name, size_t index,
                        struct assay__header_field *field_out)
{
    struct assay__header_field field;

    while (assay__header_next(&block, &field)) {
        if (!assay__text_equal_n(field.name.data, field.name.len, name))
            continue;
        if (index == 0) {
            *field_out = field;
            return true;
        }
        index--;
    }
    return false;
}
