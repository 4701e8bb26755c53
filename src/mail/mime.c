/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The MIME tree, as common mail programs read it, in one pass over the lines.
 *
 * The open parts form a stack: the innermost is walk.part, the others are its
 * ancestors. A line can only matter in two ways: it belongs to the header
 * block of the innermost part, or it begins with "--" and is the boundary line
 * of an open multipart. All active boundaries are in one hash table, so a line
 * costs the same however deep it lies. Boundaries become active and inactive
 * in stack order, therefore the youngest of equal ones is found first and the
 * one that goes is always the head of its bucket.
 *
 * Reading: of several Content-Type headers the first counts; a boundary line
 * may end in white space and in a bare LF; a missing final boundary is
 * supplied by the next outer boundary or the end of the message; what follows
 * the final boundary is epilogue, even boundary lines. The line end before a
 * boundary line belongs to it (RFC 2046 5.1.1). Other readings are asked for
 * with the message's profile; where one could matter the notes say so.
 */
#include "mail/message_priv.h"

#include <string.h>

#include <assay/verdict.h>

#include "base/text.h"
#include "mail/header.h"

#define BUCKETS 256u
#define LENGTHS 256u

struct walk {
    assay_message *message;
    const char *end;
    assay_part *part; /* innermost open part */
    bool in_header;   /* of it */
    struct assay__header_scan scan;
    assay_part *buckets[BUCKETS]; /* multiparts with an active boundary */
    uint32_t active;              /* number of them */
    size_t longest_boundary;      /* ever active */
    uint32_t lengths[LENGTHS];    /* active boundaries by length */
    uint64_t hash_seed;
    uint32_t limits_hit; /* not 0: stop */
    assay_rc rc;         /* not ASSAY_OK: stop */
};

/* ---- boundaries ------------------------------------------------------------
 */

/* FNV-1a without case, a character more. */
static uint64_t hash_more(uint64_t hash, char c)
{
    return (hash ^ (unsigned char)assay__ascii_lower(c)) *
           UINT64_C(1099511628211);
}

/* The seed keeps senders from choosing colliding boundaries. */
static uint64_t hash_bytes(const struct walk *w, const char *text, size_t len)
{
    uint64_t hash = w->hash_seed;

    for (size_t i = 0; i < len; i++)
        hash = hash_more(hash, text[i]);
    return hash;
}

static assay_part **bucket_of(struct walk *w, uint64_t hash)
{
    return &w->buckets[(hash >> 32 ^ hash) % BUCKETS];
}

static void activate_boundary(struct walk *w, assay_part *part)
{
    const char *boundary = part->info.boundary;
    assay_part **bucket;

    part->boundary_hash = hash_bytes(w, boundary, part->boundary_len);
    part->is_boundary_active = true;
    bucket = bucket_of(w, part->boundary_hash);
    part->next_in_bucket = *bucket;
    *bucket = part;
    w->active++;
    w->lengths[part->boundary_len % LENGTHS]++;
    if (part->boundary_len > w->longest_boundary)
        w->longest_boundary = part->boundary_len;
}

static void deactivate_boundary(struct walk *w, assay_part *part)
{
    if (!part->is_boundary_active)
        return;
    *bucket_of(w, part->boundary_hash) = part->next_in_bucket;
    part->is_boundary_active = false;
    w->lengths[part->boundary_len % LENGTHS]--;
    w->active--;
}

/* The innermost multipart whose boundary is exactly this text. */
static assay_part *find_boundary(struct walk *w, const char *text, size_t len)
{
    uint64_t hash = hash_bytes(w, text, len);
    assay_part *part = *bucket_of(w, hash);

    while (part && (part->boundary_hash != hash || part->boundary_len != len ||
                    memcmp(part->info.boundary, text, len) != 0))
        part = part->next_in_bucket;
    return part;
}

static bool equals_without_case(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (assay__ascii_lower(a[i]) != assay__ascii_lower(b[i]))
            return false;
    }
    return true;
}

/* Which readings, if any, take the text behind "--" for a boundary line of
 * this multipart, which it is not exactly: ASSAY__MIME_ bits. */
static uint32_t loose_match(const assay_part *part, const char *text,
                            size_t len)
{
    size_t want = part->boundary_len;
    bool is_whole = len == want || (len == want + 2 && text[want] == '-' &&
                                    text[want + 1] == '-');
    uint32_t flags = 0;

    if (memcmp(text, part->info.boundary, want) == 0)
        flags |= is_whole ? ASSAY__MIME_INDENTED | ASSAY__MIME_PREFIX
                          : ASSAY__MIME_PREFIX;
    else if (is_whole && equals_without_case(text, part->info.boundary, want))
        flags |= ASSAY__MIME_CASELESS;
    return flags;
}

/* The innermost multipart whose boundary the text begins with, for readers of
 * `flags`. Hashes the text once, however many boundaries are active. */
static assay_part *find_loosely(struct walk *w, assay_bytes text,
                                uint32_t flags)
{
    uint64_t hash = w->hash_seed;
    assay_part *found = NULL;

    for (size_t len = 1; len <= text.len && len <= w->longest_boundary; len++) {
        hash = hash_more(hash, text.data[len - 1]);
        if (w->lengths[len % LENGTHS] == 0)
            continue;
        for (assay_part *part = *bucket_of(w, hash); part;
             part = part->next_in_bucket) {
            uint32_t matched;

            if (part->boundary_hash != hash || part->boundary_len != len)
                continue;
            matched = flags & loose_match(part, text.data, text.len);
            w->message->notes.oddities |= matched;
            if ((matched & w->message->profile.flags) != 0 &&
                (!found || part->info.depth > found->info.depth))
                found = part;
        }
    }
    return found;
}

/* A line that is no exact boundary line may be one in a loose reading. */
static assay_part *match_loosely(struct walk *w, assay_bytes line,
                                 bool *closes_out)
{
    assay_bytes text = line;
    assay_part *part;
    const char *behind;
    bool is_indented;

    while (text.len > 0 && assay__header_is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    is_indented = text.len < line.len;
    if (text.len < 3 || text.data[0] != '-' || text.data[1] != '-')
        return NULL;
    text.data += 2;
    text.len -= 2;
    while (text.len > 0 && assay__header_is_space(text.data[text.len - 1]))
        text.len--;
    part = find_loosely(
        w, text,
        is_indented ? (uint32_t)ASSAY__MIME_INDENTED
                    : (uint32_t)(ASSAY__MIME_PREFIX | ASSAY__MIME_CASELESS));
    if (!part)
        return NULL;
    behind = text.data + part->boundary_len;
    *closes_out = text.len >= part->boundary_len + 2 && behind[0] == '-' &&
                  behind[1] == '-';
    return part;
}

/* The multipart that the line exactly divides, or closes. */
static assay_part *match_exactly(struct walk *w, assay_bytes line,
                                 bool *closes_out)
{
    assay_part *divided, *closed = NULL;
    const char *text = line.data + 2;
    size_t len = line.len;

    if (line.data[0] != '-' || line.data[1] != '-')
        return NULL;
    while (len > 2 && assay__header_is_space(line.data[len - 1]))
        len--;
    len -= 2;
    if (len == 0 || len > w->longest_boundary + 2)
        return NULL;
    divided = find_boundary(w, text, len);
    if (len > 2 && text[len - 1] == '-' && text[len - 2] == '-')
        closed = find_boundary(w, text, len - 2);
    *closes_out =
        closed && (!divided || closed->info.depth > divided->info.depth);
    return *closes_out ? closed : divided;
}

/* The multipart that the line divides, or closes; NULL for other lines. */
static assay_part *match_boundary_line(struct walk *w, assay_bytes line,
                                       bool *closes_out)
{
    assay_part *part;

    if (w->active == 0 || line.len < 3 ||
        (line.data[0] != '-' && !assay__header_is_blank(line.data[0])))
        return NULL;
    part = match_exactly(w, line, closes_out);
    return part ? part : match_loosely(w, line, closes_out);
}

/* ---- opening and closing parts ------------------------------------------- */

static bool is_multipart(const assay_part *part)
{
    return part->info.is_container &&
           strncmp(part->info.media_type, "multipart/", 10) == 0;
}

static void link_part(assay_part *parent, assay_part *part)
{
    if (parent->last_child)
        parent->last_child->next = part;
    else
        parent->first_child = part;
    parent->last_child = part;
}

/* A new innermost part whose header block begins at `at`. */
static void open_part(struct walk *w, assay_part *parent, const char *at)
{
    assay_message *message = w->message;
    uint32_t depth = parent ? parent->info.depth + 1 : 0;
    assay_part *part;

    if (message->part_count >= message->limits.max_parts)
        w->limits_hit |= ASSAY_LIMIT_PARTS;
    if (depth > message->limits.max_depth)
        w->limits_hit |= ASSAY_LIMIT_DEPTH;
    if (w->limits_hit != 0)
        return;
    part = assay__arena_alloc(&message->arena, sizeof *part);
    if (!part) {
        w->rc = ASSAY_E_NOMEM;
        return;
    }
    part->message = message;
    part->parent = parent;
    part->info.depth = depth;
    part->info.header.data = at;
    part->info.body.data = at;
    if (parent)
        link_part(parent, part);
    else
        message->root = part;
    message->part_count++;
    w->part = part;
    w->in_header = true;
    w->scan = (struct assay__header_scan){.may_have_from_line =
                                              !parent || !is_multipart(parent)};
}

/* RFC 2046 5.1.5 */
static const char *default_type(const assay_part *part)
{
    const assay_part *parent = part->parent;

    return parent && strcmp(parent->info.media_type, "multipart/digest") == 0
               ? "message/rfc822"
               : "text/plain";
}

/* The header block of the innermost part ends; its body begins at `at`. */
static void begin_body(struct walk *w, const char *at)
{
    assay_part *part = w->part;

    part->info.header.len = w->scan.bytes;
    part->info.body.data = at;
    w->in_header = false;
    w->rc = assay__part_describe(part, default_type(part));
    if (w->rc != ASSAY_OK || !part->info.is_container)
        return;
    if (is_multipart(part))
        activate_boundary(w, part);
    else
        open_part(w, part, at);
}

static void close_body(struct walk *w, assay_part *part, const char *end)
{
    const char *start = part->info.body.data;

    deactivate_boundary(w, part);
    part->info.body.len = end > start ? (size_t)(end - start) : 0;
}

/* Close everything that is open inside keep (NULL: all) at `end`. */
static void close_parts(struct walk *w, const assay_part *keep, const char *end)
{
    for (; w->part != keep; w->part = w->part->parent)
        close_body(w, w->part, end);
}

/* A header block that the line at `at` cuts off has an empty body, and so has
 * the message in it. */
static void end_headers(struct walk *w, const char *at)
{
    while (w->in_header && w->rc == ASSAY_OK && w->limits_hit == 0)
        begin_body(w, at);
}

/* ---- lines --------------------------------------------------------------- */

static const char *without_line_end(const char *start, const char *end)
{
    if (end > start && end[-1] == '\n') {
        end--;
        if (end > start && end[-1] == '\r')
            end--;
    }
    return end;
}

static void take_boundary_line(struct walk *w, assay_bytes line,
                               assay_part *multipart, bool closes)
{
    const char *before = without_line_end(w->message->received.data, line.data);

    end_headers(w, line.data);
    if (w->rc != ASSAY_OK || w->limits_hit != 0)
        return;
    close_parts(w, multipart, before);
    if (!closes)
        open_part(w, multipart, line.data + line.len);
    else if (!(w->message->profile.flags & ASSAY__MIME_REOPENED))
        deactivate_boundary(w, multipart);
}

static bool is_blank_line(assay_bytes line)
{
    size_t i = 0;

    while (i < line.len && assay__header_is_space(line.data[i]))
        i++;
    return i == line.len;
}

/* An empty line before the first field ends an empty block, but some readers
 * pass over it. @return whether this one does */
static bool passes_over(struct walk *w, assay_bytes line)
{
    static const char word[] = "content-";
    const char *next = line.data + line.len;
    const size_t len = sizeof word - 1;

    if (w->scan.bytes > 0 || (size_t)(w->end - next) < len ||
        !equals_without_case(next, word, len))
        return false;
    w->message->notes.oddities |= ASSAY__MIME_LATE_HEADER;
    if (!(w->message->profile.flags & ASSAY__MIME_LATE_HEADER))
        return false;
    w->part->info.header.data = next;
    w->part->info.body.data = next;
    return true;
}

/* A line that is no field ends the block, but some readers pass over it.
 * @return whether this one does */
static bool passes_over_junk(struct walk *w, assay_bytes line)
{
    w->message->notes.oddities |= ASSAY__MIME_JUNK_PASSED;
    if (!(w->message->profile.flags & ASSAY__MIME_JUNK_PASSED) ||
        line.len > w->message->limits.max_header_bytes - w->scan.bytes)
        return false;
    w->scan.bytes += line.len;
    return true;
}

/* Does the line of blanks, a fold in our reading, end the block? */
static bool ends_at_blanks(struct walk *w, assay_bytes line)
{
    if (!assay__header_is_blank(line.data[0]) || !is_blank_line(line))
        return false;
    w->message->notes.oddities |= ASSAY__MIME_BLANKS_END;
    return (w->message->profile.flags & ASSAY__MIME_BLANKS_END) != 0;
}

/* @return false: the body began with this line, look at it again */
static bool take_header_line(struct walk *w, assay_bytes line)
{
    if (ends_at_blanks(w, line)) {
        begin_body(w, line.data + line.len);
        return true;
    }
    switch (assay__header_scan_line(&w->scan, line, &w->message->limits)) {
    case ASSAY__HEADER_MORE:
        return true;
    case ASSAY__HEADER_EMPTY:
        if (!passes_over(w, line))
            begin_body(w, line.data + line.len);
        return true;
    case ASSAY__HEADER_OTHER:
        if (passes_over_junk(w, line))
            return true;
        begin_body(w, line.data);
        return false;
    case ASSAY__HEADER_LIMIT:
        w->limits_hit |= ASSAY_LIMIT_HEADERS;
        break;
    }
    return true;
}

/* @return false: the line must be looked at again */
static bool take_line(struct walk *w, assay_bytes line)
{
    bool closes = false;
    assay_part *multipart = match_boundary_line(w, line, &closes);

    if (multipart) {
        take_boundary_line(w, line, multipart, closes);
        return true;
    }
    return !w->in_header || take_header_line(w, line);
}

static bool is_over(const struct walk *w)
{
    return w->rc != ASSAY_OK || w->limits_hit != 0 ||
           (!w->in_header && w->active == 0);
}

/* A part whose header block broke a limit keeps what was read of it. */
static void describe_cut_part(struct walk *w)
{
    assay_part *part = w->part;

    if (!w->in_header || w->rc != ASSAY_OK)
        return;
    part->info.header.len = w->scan.bytes;
    part->info.body.data = part->info.header.data + w->scan.bytes;
    w->rc = assay__part_describe(part, default_type(part));
}

static void walk_lines(struct walk *w)
{
    const char *at = w->message->received.data;

    open_part(w, NULL, at);
    if ((w->message->profile.flags & ASSAY__MIME_AS_BODY) && !is_over(w))
        begin_body(w, at);
    while (at < w->end && !is_over(w)) {
        assay_bytes line = assay__header_line(at, w->end);

        if (take_line(w, line))
            at += line.len;
    }
    if (w->rc == ASSAY_OK)
        end_headers(w, w->end);
    if (w->limits_hit != 0)
        describe_cut_part(w);
}

assay_rc assay__mime_walk(assay_message *message)
{
    struct walk w = {.message = message,
                     .end = message->received.data + message->received.len};

    message->notes = (struct assay__mime_notes){
        .guess_budget = ASSAY__MIME_GUESSES_MAX * message->received.len};
    w.hash_seed = UINT64_C(14695981039346656037) ^ (uintptr_t)message;
    walk_lines(&w);
    if (w.rc != ASSAY_OK) {
        message->root = NULL;
        message->part_count = 0;
        assay__arena_fini(&message->arena);
        return w.rc;
    }
    close_parts(&w, NULL, w.end);
    message->tree_limits = w.limits_hit;
    return ASSAY_OK;
}
