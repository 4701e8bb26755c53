/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whether readers agree on a message, told from its default tree.
 */
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "mail/header.h"
#include "mail/message_priv.h"
#include "mail/plain_part.h"
#include "mail/readings_priv.h"

/* ---- bytes ---------------------------------------------------------------
 */

/* No NUL, and a CR only before a LF. */
static bool has_plain_bytes(assay_bytes text)
{
    const char *at = text.data, *end = at + text.len;

    if (text.len == 0)
        return true;
    if (memchr(at, '\0', text.len))
        return false;
    while (at < end && (at = memchr(at, '\r', (size_t)(end - at)))) {
        at++;
        if (at < end && *at != '\n')
            return false;
    }
    return true;
}

/* Whether lines end as those of the message do. */
static bool has_line_ends(assay_bytes block, bool *is_known, bool *is_crlf)
{
    const char *at = block.data, *end = at + block.len;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        bool has_cr = at > block.data && at[-1] == '\r';

        if (*is_known && has_cr != *is_crlf)
            return false;
        *is_known = true;
        *is_crlf = has_cr;
        at++;
    }
    return true;
}

/* ---- headers ---------------------------------------------------------------
 */

static size_t count_word(assay_bytes text, const char *word)
{
    size_t len = strlen(word), count = 0;

    for (size_t i = 0; i + len <= text.len; i++)
        count += assay__text_equal_n(text.data + i, len, word);
    return count;
}

/* One boundary that reads the same with every parser: no comments, sections,
 * escapes, nothing glued to it. */
static bool has_plain_boundary(const assay_part *part)
{
    const char *boundary = part->info.boundary;
    assay_bytes type;
    size_t at = 0;

    if (!assay_part_header(part, "Content-Type", 0, &type) ||
        memchr(type.data, '(', type.len) || memchr(type.data, '*', type.len) ||
        memchr(type.data, '\\', type.len) || memchr(type.data, '%', type.len) ||
        count_word(type, "boundary") != 1)
        return false;
    while (!assay__text_equal_n(type.data + at, 8, "boundary"))
        at++;
    at += 8;
    if (at == type.len || type.data[at++] != '=')
        return false;
    if (at < type.len && type.data[at] == '"')
        at++;
    if (type.len - at < part->boundary_len ||
        memcmp(type.data + at, boundary, part->boundary_len) != 0 ||
        memchr(boundary, '"', part->boundary_len))
        return false;
    if (type.data[at - 1] == '"')
        return at + part->boundary_len < type.len &&
               type.data[at + part->boundary_len] == '"';
    return !strpbrk(boundary, " \t;,()<>@[]");
}

static bool is_opened_container(const char *media_type)
{
    return assay__plain_container(media_type) ||
           strcmp(media_type, "multipart/signed") == 0 ||
           strcmp(media_type, "multipart/appledouble") == 0;
}

/* ---- parts -----------------------------------------------------------------
 */

/* Some words, and nothing that a part or a file could begin with. */
static bool is_plain_gap(assay_bytes text)
{
    static const struct assay__reading_origin origin = {.media_type =
                                                            "text/plain"};

    return assay__reading_is_prose(text) &&
           !assay__reading_has_boundary_line(text) &&
           !assay__reading_text_holds_file(text, &origin);
}

static bool is_plain_multipart(const assay_part *part)
{
    const assay_part *at = part;
    assay_bytes text;

    if (!is_opened_container(part->info.media_type))
        return false;
    if (strncmp(part->info.media_type, "multipart/", 10) != 0)
        return true;
    if (!has_plain_boundary(part) || !part->first_child)
        return false;
    while (assay__reading_next_gap(part, &at, &text)) {
        if (!is_plain_gap(text))
            return false;
    }
    return true;
}

/* Reports are text; other messages that are leaves could be opened. */
static bool is_opened_leaf(const char *media_type)
{
    static const char *const reports[] = {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
    };

    for (size_t i = 0; i < ASSAY_COUNT_OF(reports); i++) {
        if (strcmp(media_type, reports[i]) == 0)
            return true;
    }
    return strncmp(media_type, "message/", 8) != 0;
}

/* Some readers take such a leaf for a multipart. */
static bool is_nearly_multipart(const assay_part *part)
{
    assay_bytes type;

    return assay_part_header(part, "Content-Type", 0, &type) &&
           (count_word(type, "multipart") > 0 ||
            count_word(type, "boundary") > 0);
}

static bool is_report(const assay_part_info *info)
{
    return strncmp(info->media_type, "message/", 8) == 0;
}

/* As far as that can be told without decoding. */
static bool is_plain_leaf(const assay_part *part)
{
    const assay_part_info *info = &part->info;

    if (info->body.len == 0)
        return true;
    if (!is_opened_leaf(info->media_type) || is_nearly_multipart(part) ||
        info->encoding == ASSAY_ENCODING_UNKNOWN ||
        info->encoding == ASSAY_ENCODING_UUENCODE ||
        (assay__reading_wide_charset(info->charset) && !is_report(info)))
        return false;
    if (info->encoding != ASSAY_ENCODING_BASE64 &&
        (!has_plain_bytes(info->body) ||
         assay__reading_looks_like_base64(info->body)))
        return false;
    return info->encoding == ASSAY_ENCODING_QUOTED_PRINTABLE
               ? !assay__reading_has_odd_escapes(info->body)
               : !assay__reading_looks_like_qp(info->body);
}

/* The header block and the empty line behind it, with the end of the boundary
 * line before it. */
static assay_bytes with_lines_around(const assay_part *part)
{
    const char *from = part->info.header.data;

    if (from - part->message->received.data >= 2)
        from -= 2;
    return (assay_bytes){from, (size_t)(part->info.body.data - from)};
}

/* The line end before the boundary line that ends the part, and that line. */
static assay_bytes boundary_line_after(const assay_part *part)
{
    assay_bytes whole = part->message->received, body = part->info.body;
    const char *from = body.data + body.len, *end = whole.data + whole.len;
    assay_bytes before = assay__header_line(from, end);
    assay_bytes line = assay__header_line(before.data + before.len, end);

    return (assay_bytes){from, before.len + line.len};
}

bool assay__readings_agree_on_tree(assay_message *message)
{
    bool is_known = false, is_crlf = false;
    assay_part *part = NULL;

    if (assay_message_root(message, &part, NULL) != ASSAY_OK ||
        message->tree_limits != 0 || message->notes.oddities != 0)
        return false;
    for (; part; part = assay_part_thread(part)) {
        if (!has_plain_bytes(part->info.header) ||
            !has_line_ends(with_lines_around(part), &is_known, &is_crlf) ||
            !has_line_ends(boundary_line_after(part), &is_known, &is_crlf) ||
            !assay__plain_headers(part))
            return false;
        if (part->info.is_container ? !is_plain_multipart(part)
                                    : !is_plain_leaf(part))
            return false;
    }
    return true;
}

/* As far as it decodes without a defect. */
static bool is_plain_base64(assay_bytes text)
{
    return has_plain_bytes(text) && !assay__reading_has_broken_lines(text);
}

bool assay__readings_agree_on_data(const assay_part *part, assay_bytes data,
                                   size_t defects)
{
    struct assay__reading_origin origin = {.media_type = part->info.media_type,
                                           .charset = part->info.charset};

    if (defects > 0 || (part->info.encoding == ASSAY_ENCODING_BASE64 &&
                        !is_plain_base64(part->info.body)))
        return false;
    return is_report(&part->info) ||
           !assay__reading_text_holds_file(data, &origin);
}

static bool agree_on_leaf(assay_part *part)
{
    size_t defects = 0;
    assay_bytes data;

    return part->info.body.len == 0 ||
           (assay_part_decode(part, &data, &defects, NULL) == ASSAY_OK &&
            assay__readings_agree_on_data(part, data, defects));
}

bool assay__readings_agree(assay_message *message)
{
    assay_part *part = NULL;

    if (!assay__readings_agree_on_tree(message) ||
        assay_message_root(message, &part, NULL) != ASSAY_OK)
        return false;
    for (; part; part = assay_part_thread(part)) {
        if (!part->info.is_container && !agree_on_leaf(part))
            return false;
    }
    return true;
}
