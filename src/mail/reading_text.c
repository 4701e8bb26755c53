/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What readers dig out of data: files between the lines of a text (uuencode,
 * yEnc, BinHex), messages and parts pasted into one, TNEF containers, and text
 * in charsets of more than eight bits. One pass over the lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/verdict.h>

#include "base/sizes.h"
#include "base/text.h"
#include "mail/charset.h"
#include "mail/decode_files.h"
#include "mail/header.h"
#include "mail/readings_priv.h"

/* Data with a NUL so early is no text. */
#define TEXT_PROBE 512u

enum section { NO_SECTION, UU, UU_BASE64, YENC };

struct search {
    struct assay__readings *r;
    const struct assay__reading_origin *origin;
    const char *end;

    enum section section;
    const char *section_at; /* uuencode: behind the begin line */
    const char *name;       /* of the file, or NULL */
    size_t uu_sections;

    const char *block_at; /* header-like lines; NULL: none */
    bool block_is_mime;
    const char *dashes_at; /* line "--…" right before the block, or NULL */
    assay_bytes last_line;
    assay_bytes boundary; /* of the last document that was found */
};

/* ---- words -----------------------------------------------------------------
 */

static bool begins_with(assay_bytes line, const char *word)
{
    size_t len = strlen(word);

    return line.len >= len && memcmp(line.data, word, len) == 0;
}

static bool begins_with_any_case(assay_bytes line, const char *word)
{
    size_t len = strlen(word);

    return line.len >= len && assay__text_equal_n(line.data, len, word);
}

static assay_bytes trimmed(assay_bytes text)
{
    while (text.len > 0 && assay__header_is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && assay__header_is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* A name as UTF-8 that lives as long as the readings; NULL for none. */
static const char *keep_name(struct assay__readings *r, assay_bytes name,
                             const char *charset)
{
    struct assay__strbuf text;
    assay_rc rc = ASSAY_E_NOTFOUND;
    const char *kept = NULL;

    name = trimmed(name);
    if (name.len == 0)
        return NULL;
    assay__strbuf_init(&text, 4 * name.len);
    if (charset)
        rc = assay__charset_to_utf8((assay_bytes){charset, strlen(charset)},
                                    name, &text);
    if (rc == ASSAY_E_NOTFOUND)
        rc = assay__charset_repair_utf8(name, &text);
    if (rc == ASSAY_OK)
        kept = assay__arena_text(&r->arena, assay__strbuf_str(&text), text.len);
    if (!kept)
        r->rc = ASSAY_E_NOMEM;
    assay__strbuf_fini(&text);
    return kept;
}

/* ---- files in text ---------------------------------------------------------
 */

static struct assay__reading_origin file_origin(const struct search *s,
                                                const char *reading,
                                                const char *name)
{
    return (struct assay__reading_origin){.reading = reading,
                                          .media_type =
                                              "application/octet-stream",
                                          .file_name = name,
                                          .nesting = s->origin->nesting + 1};
}

static void add_file(struct search *s, assay_rc rc,
                     struct assay__decoded *decoded, const char *reading,
                     const char *name)
{
    struct assay__reading_origin origin = file_origin(s, reading, name);

    if (assay__readings_add_decoded(s->r, rc, decoded, &origin) &&
        s->origin->is_outside)
        s->r->reasons[ASSAY__REASON_HIDDEN_PART] = true;
}

/* The section that was open ends before `at`. */
static void end_section(struct search *s, const char *at)
{
    assay_bytes text = {s->section_at, (size_t)(at - s->section_at)};
    size_t room = assay__readings_room(s->r);
    struct assay__decoded decoded = {0};
    enum section section = s->section;
    const char *reading = "uuencode";
    assay_rc rc;

    s->section = NO_SECTION;
    if (section == NO_SECTION || text.len == 0 ||
        !assay__readings_work(s->r, text.len))
        return;
    switch (section) {
    case UU:
        rc = assay__decode_uu_lines(text, room, &decoded);
        break;
    case UU_BASE64:
        rc = assay__decode_base64(text, room, &decoded);
        break;
    default:
        reading = "yenc";
        rc = assay__decode_yenc(text, room, &decoded);
        break;
    }
    add_file(s, rc, &decoded, reading, s->name);
}

/* "begin 644 name", as loosely as readers take it. @return where the name
 * stands; NULL: no such line */
static const char *uu_name_at(assay_bytes line, const char *word)
{
    size_t len = strlen(word), i = len, digits = 0;

    if (!begins_with_any_case(line, word) || i == line.len ||
        !assay__header_is_blank(line.data[i]))
        return NULL;
    while (i < line.len && assay__header_is_blank(line.data[i]))
        i++;
    for (; i < line.len && line.data[i] >= '0' && line.data[i] <= '7'; i++)
        digits++;
    if (digits < 3 || (i < line.len && !assay__header_is_space(line.data[i])))
        return NULL;
    return line.data + i;
}

static void begin_section(struct search *s, enum section section,
                          const char *at, assay_bytes name)
{
    s->section = section;
    s->section_at = at;
    s->name = keep_name(s->r, name, NULL);
}

static void take_begin(struct search *s, assay_bytes line)
{
    const char *behind = line.data + line.len;
    const char *name = uu_name_at(line, "begin");
    enum section section = UU;

    if (!name) {
        name = uu_name_at(line, "begin-base64");
        section = UU_BASE64;
    }
    if (!name)
        return;
    end_section(s, line.data);
    s->uu_sections++;
    begin_section(s, section, behind,
                  (assay_bytes){name, (size_t)(behind - name)});
}

static void take_yenc(struct search *s, assay_bytes line)
{
    static const char word[] = " name=";
    const char *end = line.data + line.len, *at = line.data;

    if (begins_with(line, "=ybegin ")) {
        end_section(s, line.data);
        while (end - at >= (ptrdiff_t)sizeof word - 1 &&
               memcmp(at, word, sizeof word - 1) != 0)
            at++;
        if (end - at >= (ptrdiff_t)sizeof word - 1)
            at += sizeof word - 1;
        else
            at = end;
        begin_section(s, YENC, line.data,
                      (assay_bytes){at, (size_t)(end - at)});
    } else if (begins_with(line, "=yend") && s->section == YENC) {
        end_section(s, line.data);
    }
}

static void take_binhex(struct search *s, assay_bytes line)
{
    const char *at = line.data + line.len;
    struct assay__binhex file;
    const char *name;
    size_t used = 0;
    assay_rc rc;

    if (!begins_with(line, "(This file must be converted with BinHex"))
        return;
    while (at < s->end && *at != ':') {
        assay_bytes next = assay__header_line(at, s->end);

        if (trimmed(next).len > 0)
            return; /* something else follows */
        at += next.len;
    }
    if (at == s->end || !assay__readings_work(s->r, (size_t)(s->end - at)))
        return;
    rc = assay__decode_binhex((assay_bytes){at, (size_t)(s->end - at)},
                              assay__readings_room(s->r), &file, &used);
    if (rc != ASSAY_OK) {
        struct assay__decoded none = {0};

        add_file(s, rc, &none, "binhex", NULL);
        return;
    }
    name = keep_name(s->r, (assay_bytes){file.name, strlen(file.name)},
                     "macintosh");
    add_file(s, rc, &file.data, "binhex", name);
    add_file(s, rc, &file.resource, "binhex", name);
}

/* ---- messages in text ------------------------------------------------------
 */

static bool is_mime_field(assay_bytes line)
{
    return begins_with_any_case(line, "content-type") ||
           begins_with_any_case(line, "content-transfer-encoding") ||
           begins_with_any_case(line, "content-disposition");
}

static bool is_field(assay_bytes line)
{
    size_t i = 0;

    while (i < line.len && assay__header_is_ftext(line.data[i]))
        i++;
    return i > 0 && i < line.len &&
           (line.data[i] == ':' ||
            (assay__header_is_blank(line.data[i]) && is_mime_field(line)));
}

/* The block of header lines before `at` may be that of a part. */
static void end_block(struct search *s)
{
    struct assay__reading_document document = {
        .reading = "message-in-text",
        .nesting = s->origin->nesting + 1,
        .is_outside = s->origin->is_outside,
        .is_searched = true};
    const char *start = s->block_at;

    if (start && s->block_is_mime) {
        if (s->dashes_at) {
            assay_bytes boundary = trimmed((assay_bytes){
                s->dashes_at, (size_t)(s->block_at - s->dashes_at)});

            if (boundary.len == s->boundary.len &&
                memcmp(boundary.data, s->boundary.data, boundary.len) == 0)
                start = NULL; /* another part of what was found */
            else
                start = s->dashes_at;
            s->boundary = boundary;
            document.is_body = true;
        }
        if (start) {
            document.bytes = (assay_bytes){start, (size_t)(s->end - start)};
            assay__readings_enqueue(s->r, &document);
        }
    }
    s->block_at = NULL;
    s->block_is_mime = false;
}

static void take_block_line(struct search *s, assay_bytes line)
{
    if (s->block_at && line.len > 0 && assay__header_is_blank(line.data[0]) &&
        trimmed(line).len > 0)
        return; /* a fold */
    if (!is_field(line)) {
        end_block(s);
        return;
    }
    if (!s->block_at) {
        s->block_at = line.data;
        s->dashes_at =
            begins_with(s->last_line, "--") ? s->last_line.data : NULL;
    }
    s->block_is_mime |= is_mime_field(line);
}

/* ---- the pass over the lines -----------------------------------------------
 */

static void take_line(struct search *s, assay_bytes line)
{
    if ((s->section == UU && begins_with(line, "end") &&
         trimmed(line).len == 3) ||
        (s->section == UU_BASE64 && begins_with(line, "====")))
        end_section(s, line.data);
    switch (line.data[0]) {
    case 'b':
    case 'B':
        take_begin(s, line);
        break;
    case '=':
        take_yenc(s, line);
        break;
    case '(':
        take_binhex(s, line);
        break;
    default:
        break;
    }
    take_block_line(s, line);
    s->last_line = line;
}

static void take_joined(struct search *s, assay_bytes text)
{
    struct assay__decoded decoded = {0};
    assay_rc rc;

    if (s->uu_sections < 2 || !assay__readings_work(s->r, text.len))
        return;
    rc = assay__decode_uuencode(text, assay__readings_room(s->r), &decoded);
    add_file(s, rc, &decoded, "uuencode-joined", NULL);
}

static void search_lines(struct assay__readings *r, assay_bytes text,
                         const struct assay__reading_origin *origin)
{
    struct search s = {.r = r,
                       .origin = origin,
                       .end = text.data + text.len,
                       .last_line = {text.data, 0},
                       .boundary = {text.data, 0}};
    const char *at = text.data;

    while (at < s.end && assay__readings_go_on(r)) {
        assay_bytes line = assay__header_line(at, s.end);

        take_line(&s, line);
        at += line.len;
    }
    end_section(&s, s.end);
    end_block(&s);
    take_joined(&s, text);
}

/* ---- other data ------------------------------------------------------------
 */

static void take_tnef(struct assay__readings *r, assay_bytes data,
                      const struct assay__reading_origin *origin)
{
    struct assay__tnef_file file;
    size_t at = 0;

    while (assay__readings_go_on(r) && assay__tnef_next(data, &at, &file)) {
        struct assay__reading_origin inner = {
            .reading = "tnef",
            .media_type = "application/octet-stream",
            .nesting = origin->nesting + 1,
            .file_name =
                keep_name(r, file.name, file.is_name_wide ? "utf-16le" : NULL)};

        (void)assay__readings_add(r, file.data, &inner);
    }
}

const char *assay__reading_wide_charset(const char *charset)
{
    static const char *const wide[] = {
        "utf-7",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "utf-32",
        "utf-32le",
        "utf-32be",
        "ucs-2",
        "ucs-4",
        "unicode-1-1-utf-7",
        "utf7",
        "utf16",
        "utf32",
        "iso-10646-ucs-2",
        "iso-10646-ucs-4",
    };

    for (size_t i = 0; charset && i < ASSAY_COUNT_OF(wide); i++) {
        if (strcmp(charset, wide[i]) == 0)
            return strncmp(wide[i], "unicode", 7) == 0 ? "utf-7" : wide[i];
    }
    return NULL;
}

/* What text is in, by its mark or as it says; NULL: nothing wide. */
static const char *wide_charset(assay_bytes data,
                                const struct assay__reading_origin *origin)
{
    const unsigned char *b = (const unsigned char *)data.data;

    if (data.len >= 2 && b[0] == 0xff && b[1] == 0xfe)
        return data.len >= 4 && b[2] == 0 && b[3] == 0 ? "utf-32" : "utf-16";
    if (data.len >= 2 && b[0] == 0xfe && b[1] == 0xff)
        return "utf-16";
    return assay__reading_wide_charset(origin->charset);
}

static void take_wide(struct assay__readings *r, assay_bytes data,
                      const char *charset,
                      const struct assay__reading_origin *origin)
{
    struct assay__reading_origin inner = *origin;
    struct assay__decoded decoded = {0};
    struct assay__strbuf text;
    assay_rc rc;

    if (!assay__readings_work(r, data.len))
        return;
    assay__strbuf_init(&text, assay__readings_room(r));
    rc = assay__charset_to_utf8((assay_bytes){charset, strlen(charset)}, data,
                                &text);
    if (rc == ASSAY_OK) {
        decoded.len = text.len;
        decoded.data = text.data;
        text.data = NULL;
    }
    assay__strbuf_fini(&text);
    inner.reading = "wide-text";
    inner.charset = NULL;
    (void)assay__readings_add_decoded(r, rc, &decoded, &inner);
}

/* message/… that is a leaf and yet holds a message. */
static bool holds_message(const char *media_type)
{
    static const char *const types[] = {
        "rfc822", "rfc2822", "global", "news", "partial", "external-body",
    };

    if (strncmp(media_type, "message/", 8) != 0)
        return false;
    for (size_t i = 0; i < ASSAY_COUNT_OF(types); i++) {
        if (strcmp(media_type + 8, types[i]) == 0)
            return true;
    }
    return false;
}

static bool may_be_text(assay_bytes data,
                        const struct assay__reading_origin *origin)
{
    size_t probe = data.len < TEXT_PROBE ? data.len : TEXT_PROBE;

    return strncmp(origin->media_type, "text/", 5) == 0 ||
           !memchr(data.data, '\0', probe);
}

void assay__reading_text_examine(struct assay__readings *r, assay_bytes data,
                                 const struct assay__reading_origin *origin)
{
    const char *charset;

    if (data.len == 0 || !assay__readings_work(r, data.len))
        return;
    if (assay__tnef_is(data)) {
        take_tnef(r, data, origin);
        return;
    }
    charset = wide_charset(data, origin);
    if (charset)
        take_wide(r, data, charset, origin);
    if (holds_message(origin->media_type)) {
        struct assay__reading_document document = {.bytes = data,
                                                   .reading = "nested-message",
                                                   .nesting =
                                                       origin->nesting + 1};

        assay__readings_enqueue(r, &document);
    }
    if (may_be_text(data, origin))
        search_lines(r, data, origin);
}

static bool is_file_line(assay_bytes line)
{
    switch (line.data[0]) {
    case 'b':
    case 'B':
        return uu_name_at(line, "begin") || uu_name_at(line, "begin-base64");
    case '=':
        return begins_with(line, "=ybegin ");
    case '(':
        return begins_with(line, "(This file must be converted with BinHex");
    default:
        return is_mime_field(line);
    }
}

bool assay__reading_text_holds_file(assay_bytes data,
                                    const struct assay__reading_origin *origin)
{
    const char *at = data.data, *end = at + data.len;

    if (data.len == 0)
        return false;
    if (assay__tnef_is(data) || wide_charset(data, origin))
        return true;
    if (!may_be_text(data, origin))
        return false;
    while (at < end) {
        assay_bytes line = assay__header_line(at, end);

        if (is_file_line(line))
            return true;
        at += line.len;
    }
    return false;
}
