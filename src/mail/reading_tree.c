/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A document in every way of reading its tree.
 *
 * The usual walk notes where another reading would differ; each of those is
 * walked alone, then each choice of types and boundaries, then all lenient
 * ones together, as some mail programs read. Where bytes themselves are read
 * differently (NUL, bare CR, bare LF) the whole is done again over a copy in
 * which they stand for what those readers take them for.
 */
#include <stdlib.h>
#include <string.h>

#include <assay/verdict.h>

#include "base/sizes.h"
#include "mail/header.h"
#include "mail/message_priv.h"
#include "mail/readings_priv.h"

/* One way of reading a document. */
struct way {
    const struct assay__reading_document *document;
    assay_bytes bytes; /* of the document, or its copy */
    struct assay__mime_profile profile;
    const char *reading;
    bool is_default; /* the leaves are those of the default reading */
};

struct result {
    struct assay__mime_notes notes;
    bool has_new;
    bool differs; /* some leaf is none of the default reading */
    bool has_nul; /* in a header */
    bool has_cr;  /* in the midst of a line of a header */
};

/* ---- text outside of parts -------------------------------------------------
 */

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Cut the boundary line at the end. */
static assay_bytes without_last_line(assay_bytes text)
{
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    while (text.len > 0 && text.data[text.len - 1] != '\n')
        text.len--;
    return text;
}

/* Cut the line end of a part and the boundary line after it. */
static assay_bytes without_boundary(assay_bytes text)
{
    const char *end = text.data + text.len;

    if (text.data < end && text.data[0] == '\r')
        text.data++;
    if (text.data < end && text.data[0] == '\n')
        text.data++;
    if (end - text.data >= 2 && text.data[0] == '-' && text.data[1] == '-')
        text.data += assay__header_line(text.data, end).len;
    text.len = (size_t)(end - text.data);
    return text;
}

bool assay__reading_has_boundary_line(assay_bytes text)
{
    const char *at = text.data, *end = text.data + text.len;

    while (at < end) {
        assay_bytes line = assay__header_line(at, end);

        if (line.len > 3 && line.data[0] == '-' && line.data[1] == '-' &&
            line.data[2] != ' ' && !is_line_end(line.data[2]))
            return true;
        at += line.len;
    }
    return false;
}

/* The next text of a multipart that is in none of its parts; *part stands for
 * where the search is: the multipart itself at first. */
bool assay__reading_next_gap(const assay_part *multipart,
                             const assay_part **part, assay_bytes *text_out)
{
    const char *end = multipart->info.body.data + multipart->info.body.len;

    while (*part) {
        const assay_part *before = *part == multipart ? NULL : *part;
        const assay_part *next = before ? before->next : multipart->first_child;
        const char *from = before
                               ? before->info.body.data + before->info.body.len
                               : multipart->info.body.data;
        const char *to = next ? next->info.header.data : end;
        assay_bytes text = {from, to > from ? (size_t)(to - from) : 0};

        if (before)
            text = without_boundary(text);
        if (next)
            text = without_last_line(text);
        *part = next;
        if (text.len > 0) {
            *text_out = text;
            return true;
        }
    }
    return false;
}

static void take_gaps(struct assay__readings *r, const struct way *way,
                      const assay_part *multipart,
                      struct assay__mime_notes *notes)
{
    struct assay__reading_origin origin = {
        .reading = "outside-of-parts",
        .media_type = "text/plain",
        .nesting = way->document->nesting,
        .is_outside = multipart->first_child != NULL,
        .is_searched = way->document->is_searched};
    const assay_part *part = multipart;
    assay_bytes text;

    /* A choice that divides nothing is none that anybody made. */
    if (!multipart->first_child &&
        (way->profile.type_choice > 0 || way->profile.boundary_choice > 0))
        return;
    while (assay__reading_next_gap(multipart, &part, &text)) {
        if (assay__reading_has_boundary_line(text))
            notes->oddities |= ASSAY__MIME_REOPENED;
        assay__reading_leaf_outside(r, text, &origin);
    }
}

/* ---- one walk --------------------------------------------------------------
 */

/* NUL and CR in a header block, or in the line that cut it off. */
static void look_at_header(const assay_part *part, struct result *result)
{
    assay_bytes block = part->info.header;
    const char *end = block.data + block.len, *at = block.data;

    if (part->info.body.data == end)
        end += assay__header_line(end, end + part->info.body.len).len;
    if (memchr(at, '\0', (size_t)(end - at)))
        result->has_nul = true;
    while (!result->has_cr && (at = memchr(at, '\r', (size_t)(end - at))) &&
           end - ++at > 0)
        result->has_cr = !is_line_end(*at);
}

static void take_part(struct assay__readings *r, const struct way *way,
                      assay_part *part, struct result *result)
{
    const assay_part_info *info = &part->info;
    struct assay__reading_origin origin = {
        .reading = way->reading,
        .media_type = info->media_type,
        .file_name = info->file_name,
        .charset = info->charset,
        .nesting = way->document->nesting,
        .is_outside = way->document->is_outside,
        .is_searched = way->document->is_searched};

    look_at_header(part, result);
    if (!info->is_container)
        assay__reading_leaf_decode(r, part, &origin);
    else if (strncmp(info->media_type, "multipart/", 10) == 0)
        take_gaps(r, way, part, &result->notes);
}

static void take_tree(struct assay__readings *r, const struct way *way,
                      assay_message *tree, struct result *result)
{
    assay_part *part = tree->root;

    result->notes = tree->notes;
    assay__readings_cut(r, tree->tree_limits);
    if (tree->notes.oddities & ASSAY__MIME_NOTE_TOO_MANY)
        assay__readings_cut(r, ASSAY_LIMIT_HEADERS);
    for (; part && assay__readings_go_on(r); part = assay_part_thread(part))
        take_part(r, way, part, result);
}

static struct result walk(struct assay__readings *r, const struct way *way)
{
    assay_message_limits limits = r->message->limits;
    size_t leaves = r->count, documents = r->document_count;
    size_t differences = r->differences;
    struct result result = {0};
    assay_message *tree = NULL;

    limits.max_message_bytes = SIZE_MAX;
    if (r->walks >= r->bounds.max_readings) {
        assay__readings_cut(r, ASSAY_LIMIT_PARTS);
        return result;
    }
    r->walks++;
    if (!assay__readings_work(r, way->bytes.len))
        return result;
    r->rc = assay_message_new_borrowed(way->bytes.data, way->bytes.len, &limits,
                                       &tree, NULL);
    if (r->rc != ASSAY_OK)
        return result;
    tree->profile = way->profile;
    tree->profile.flags |= ASSAY__MIME_CHOICES;
    if (way->document->is_body)
        tree->profile.flags |= ASSAY__MIME_AS_BODY;
    r->rc = assay__mime_walk(tree);
    if (r->rc == ASSAY_OK)
        take_tree(r, way, tree, &result);
    result.has_new = r->count > leaves;
    result.differs = r->differences > differences;
    if (result.has_new || r->document_count > documents)
        (void)assay__readings_keep_tree(r, tree);
    else
        assay_message_free(&tree);
    return result;
}

/* ---- all walks over the same bytes -----------------------------------------
 */

static const struct {
    uint32_t flag;
    const char *reading;
} variations[] = {
    {ASSAY__MIME_PREFIX, "boundary-prefix"},
    {ASSAY__MIME_CASELESS, "boundary-case"},
    {ASSAY__MIME_INDENTED, "boundary-indented"},
    {ASSAY__MIME_REOPENED, "after-final-boundary"},
    {ASSAY__MIME_LATE_HEADER, "late-header"},
    {ASSAY__MIME_JUNK_PASSED, "junk-in-header"},
    {ASSAY__MIME_BLANKS_END, "blank-line-in-header"},
    {ASSAY__MIME_STRICT_COLON, "blank-before-colon"},
    {ASSAY__MIME_LOOSE_TYPE, "loose-type"},
};

/* What readers have that take whatever they get. */
#define LENIENT                                                     \
    ((uint32_t)(ASSAY__MIME_PREFIX | ASSAY__MIME_REOPENED |         \
                ASSAY__MIME_LATE_HEADER | ASSAY__MIME_JUNK_PASSED | \
                ASSAY__MIME_BLANKS_END | ASSAY__MIME_LOOSE_TYPE))

static void note(uint32_t *seen, struct assay__mime_notes *all,
                 const struct result *result)
{
    *seen |= result->notes.oddities & ASSAY__MIME_VARIATIONS;
    all->oddities |= result->notes.oddities;
    if (result->notes.types > all->types)
        all->types = result->notes.types;
    if (result->notes.boundaries > all->boundaries)
        all->boundaries = result->notes.boundaries;
}

static void walk_choice(struct assay__readings *r, struct way way,
                        uint32_t type, uint32_t boundary,
                        struct assay__mime_notes *all)
{
    struct result result;
    uint32_t seen = 0;

    if ((type == 0 && boundary == 0) || !assay__readings_go_on(r))
        return; /* the usual one */
    way.profile.type_choice = type;
    way.profile.boundary_choice = boundary;
    way.reading = boundary > 0 ? "other-boundary" : "other-type";
    result = walk(r, &way);
    note(&seen, all, &result);
    if (!result.has_new)
        return;
    if (type > 0 && (result.notes.oddities & ASSAY__MIME_NOTE_TYPES))
        r->reasons[ASSAY__REASON_TYPE] = true;
    if (boundary > 0 && (result.notes.oddities & ASSAY__MIME_NOTE_BOUNDARIES))
        r->reasons[ASSAY__REASON_BOUNDARY] = true;
}

/* Every type, and every boundary under each of them. */
static void walk_choices(struct assay__readings *r, struct way way,
                         struct assay__mime_notes *all)
{
    if (all->types > ASSAY__READINGS_TYPES) {
        all->types = ASSAY__READINGS_TYPES;
        assay__readings_cut(r, ASSAY_LIMIT_HEADERS);
    }
    for (uint32_t type = 1; type < all->types; type++)
        walk_choice(r, way, type, 0, all);
    for (uint32_t type = 0; type == 0 || type < all->types; type++) {
        for (uint32_t b = 1; b < all->boundaries; b++)
            walk_choice(r, way, type, b, all);
    }
}

/* @return what the usual walk came to */
static struct result walk_bytes(struct assay__readings *r, struct way way)
{
    struct result usual = walk(r, &way);
    struct assay__mime_notes all = {0};
    uint32_t seen = 0;
    size_t done = 0;

    note(&seen, &all, &usual);
    for (; done < ASSAY_COUNT_OF(variations); done++) {
        struct way other = way;
        struct result result;

        if (!(seen & variations[done].flag) || !assay__readings_go_on(r))
            continue;
        other.profile.flags |= variations[done].flag;
        other.reading = variations[done].reading;
        result = walk(r, &other);
        note(&seen, &all, &result);
        if (result.has_new && variations[done].flag == ASSAY__MIME_STRICT_COLON)
            r->reasons[ASSAY__REASON_COLON] = true;
    }
    walk_choices(r, way, &all);
    if ((seen & LENIENT) != 0 && ((seen & (seen - 1)) != 0 || all.types > 1)) {
        way.profile.flags |= LENIENT;
        way.profile.type_choice = all.types;
        way.reading = "lenient";
        (void)walk(r, &way);
    }
    return usual;
}

/* ---- bytes that stand for others -------------------------------------------
 */

struct bytes_found {
    bool has_nul;
    bool has_bare_cr;
    bool has_bare_lf;
    bool has_crlf;
};

static struct bytes_found look_at_bytes(assay_bytes bytes)
{
    const char *at = bytes.data, *end = at + bytes.len;
    struct bytes_found found = {.has_nul = bytes.len > 0 &&
                                           memchr(at, '\0', bytes.len)};

    while (at < end) {
        assay_bytes line = assay__header_line(at, end);
        const char *cr = memchr(line.data, '\r', line.len);
        bool is_ended = line.data[line.len - 1] == '\n';

        at += line.len;
        if (cr && is_ended && cr == at - 2)
            found.has_crlf = true;
        else if (is_ended && (line.len < 2 || at[-2] != '\r'))
            found.has_bare_lf = true;
        if (cr && (!is_ended || cr != at - 2))
            found.has_bare_cr = true;
    }
    return found;
}

typedef size_t rewrite_fn(assay_bytes in, char *out);

static size_t drop_nul(assay_bytes in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] != '\0')
            out[len++] = in.data[i];
    }
    return len;
}

/* As readers of C strings do: the rest of the line is not seen. */
static size_t end_line_at_nul(assay_bytes in, char *out)
{
    size_t len = 0;
    bool is_cut = false;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.data[i];

        if (c == '\0')
            is_cut = true;
        else if (c == '\n')
            is_cut = false;
        if (!is_cut)
            out[len++] = c;
    }
    return len;
}

/* A CR before CR or LF goes, another one ends its line. */
static size_t end_line_at_cr(assay_bytes in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.data[i];

        if (c == '\r' && i + 1 < in.len && is_line_end(in.data[i + 1]))
            continue;
        if (c == '\r')
            c = '\n';
        out[len++] = c;
    }
    return len;
}

/* A CR in the midst of a line is a blank, or nothing. */
static size_t blank_cr(assay_bytes in, char *out)
{
    memcpy(out, in.data, in.len);
    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] == '\r' && (i + 1 == in.len || in.data[i + 1] != '\n'))
            out[i] = ' ';
    }
    return in.len;
}

/* Only CRLF ends a line. */
static size_t blank_lf(assay_bytes in, char *out)
{
    memcpy(out, in.data, in.len);
    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] == '\n' && (i == 0 || in.data[i - 1] != '\r'))
            out[i] = ' ';
    }
    return in.len;
}

static struct result walk_rewritten(struct assay__readings *r, struct way way,
                                    rewrite_fn *rewrite, const char *reading)
{
    struct result nothing = {0};
    char *copy;

    if (!assay__readings_work(r, way.bytes.len))
        return nothing;
    copy = malloc(way.bytes.len + 1);
    if (!copy) {
        r->rc = ASSAY_E_NOMEM;
        return nothing;
    }
    way.bytes = (assay_bytes){copy, rewrite(way.bytes, copy)};
    way.reading = reading;
    if (!assay__readings_keep(r, copy))
        return nothing;
    return walk_bytes(r, way);
}

/* ---- a document ------------------------------------------------------------
 */

void assay__reading_tree_walk(struct assay__readings *r,
                              const struct assay__reading_document *document)
{
    struct way way = {.document = document,
                      .bytes = document->bytes,
                      .reading = document->reading};
    struct bytes_found found = look_at_bytes(document->bytes);
    struct result usual = walk_bytes(r, way);

    if (found.has_nul) {
        bool differs = walk_rewritten(r, way, drop_nul, "nul-dropped").differs;

        differs |= walk_rewritten(r, way, end_line_at_nul, "nul-ends").differs;
        r->reasons[ASSAY__REASON_NUL] |= differs && usual.has_nul;
    }
    if (found.has_bare_cr) {
        bool differs =
            walk_rewritten(r, way, end_line_at_cr, "cr-ends-line").differs;

        differs |= walk_rewritten(r, way, blank_cr, "cr-is-blank").differs;
        r->reasons[ASSAY__REASON_BARE_CR] |= differs && usual.has_cr;
    }
    if (found.has_bare_lf && found.has_crlf)
        (void)walk_rewritten(r, way, blank_lf, "crlf-only");
}

/* Whether an engine may undo the encoding of a part in another way. */
static bool is_in_doubt(const assay_part_info *info, size_t defects)
{
    return defects > 0 || (info->encoding == ASSAY_ENCODING_QUOTED_PRINTABLE &&
                           assay__reading_has_odd_escapes(info->body));
}

void assay__reading_tree_default(struct assay__readings *r)
{
    struct assay__reading_document top = {.bytes = r->message->received,
                                          .reading = "guessed-boundary"};
    assay_part *part = r->message->root;
    size_t defects = 0;
    assay_bytes data;
    assay_rc rc;

    assay__readings_cut(r, r->message->tree_limits);
    for (; part && assay__readings_go_on(r); part = assay_part_thread(part)) {
        const assay_part_info *info = &part->info;
        struct assay__reading_origin origin = {.reading = "default",
                                               .media_type = info->media_type,
                                               .file_name = info->file_name,
                                               .charset = info->charset};

        if (info->is_container)
            continue;
        (void)assay__readings_is_new_range(r, info->body,
                                           (uint32_t)info->encoding);
        rc = assay_part_decode(part, &data, &defects, NULL);
        if (rc == ASSAY_E_LIMIT)
            assay__readings_cut(r, ASSAY_LIMIT_SCAN_SIZE);
        else if (rc != ASSAY_OK)
            r->rc = rc;
        else
            assay__readings_add_default(r, data, &origin,
                                        is_in_doubt(info, defects));
    }
    assay__readings_enqueue(r, &top);
}
