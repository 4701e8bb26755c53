/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_reply.h"

#include <string.h>
#include <strings.h>

enum {
    SIZE_DIGITS = 15, /* hexadecimal, of a chunk: no sum of two overflows */
    OFFSET_DIGITS = 6
};

void assay__icap_reply_init(struct assay__icap_reply *reply, const void *sent,
                            size_t sent_size, uint64_t body_max)
{
    /* The texts are long, and what was not filled is not read. */
    memset(reply, 0, offsetof(struct assay__icap_reply, icap));
    reply->icap.status = reply->http.status = 0;
    reply->icap.count = reply->http.count = 0;
    reply->icap.len = reply->http.len = 0;
    reply->has_request = reply->has_response = reply->has_body = false;
    reply->is_bare = reply->has_trailer = false;
    reply->is_same = true;
    reply->body_len = reply->chunk_left = 0;
    reply->sent = sent;
    reply->sent_size = sent_size;
    reply->body_max = body_max;
    reply->request_at = reply->response_at = reply->http_len = 0;
    reply->line_len = reply->trailer_len = 0;
}

static void fail(struct assay__icap_reply *reply, const char *trouble)
{
    reply->state = ASSAY__ICAP_BAD;
    reply->trouble = trouble;
}

/* ---- what is encapsulated ----------------------------------------------- */

enum part { PART_REQUEST, PART_RESPONSE, PART_BODY, PART_NO_BODY, PART_COUNT };

static const struct {
    const char *name;
    enum part part;
} parts[] = {
    {"req-hdr", PART_REQUEST}, {"res-hdr", PART_RESPONSE},
    {"req-body", PART_BODY},   {"res-body", PART_BODY},
    {"opt-body", PART_BODY},   {"null-body", PART_NO_BODY},
};

/* Where the parts begin; NONE for one that is not there. */
struct layout {
    size_t at[PART_COUNT];
    size_t count, last; /* parts so far, and where the last one begins */
    bool is_ended;      /* a body was named, behind which nothing comes */
};

#define NONE SIZE_MAX

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\n");
}

/* @return PART_COUNT for what is none */
static enum part parse_part(const char *at, size_t len)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == len &&
            !strncasecmp(parts[i].name, at, len))
            return parts[i].part;
    return PART_COUNT;
}

/* The first begins at 0, each other one behind it, and a body is the last. */
static bool add_part(struct layout *layout, enum part part, size_t at)
{
    bool is_body = part == PART_BODY || part == PART_NO_BODY;

    if (part == PART_COUNT || layout->is_ended || layout->at[part] != NONE ||
        (layout->count == 0 ? at != 0 : at <= layout->last))
        return false;
    layout->at[part] = layout->last = at;
    layout->is_ended = is_body;
    layout->count++;
    return true;
}

/* "res-hdr=0, res-body=222" */
static bool parse_layout(const char *text, struct layout *layout)
{
    *layout = (struct layout){.at = {NONE, NONE, NONE, NONE}};
    do {
        const char *name = skip_blanks(text);
        size_t len = strcspn(name, "= \t\n,");
        const char *number = skip_blanks(name + len);
        size_t digits, at = 0;

        if (*number != '=')
            return false;
        number = skip_blanks(number + 1);
        digits = strspn(number, "0123456789");
        if (digits == 0 || digits > OFFSET_DIGITS)
            return false;
        for (size_t i = 0; i < digits; i++)
            at = at * 10 + (size_t)(number[i] - '0');
        if (!add_part(layout, parse_part(name, len), at))
            return false;
        text = skip_blanks(number + digits);
    } while (*text++ == ',');
    return text[-1] == '\0' && layout->is_ended;
}

static void begin_body(struct assay__icap_reply *reply)
{
    reply->state = reply->has_body ? ASSAY__ICAP_IN_SIZE : ASSAY__ICAP_DONE;
}

static void begin_encapsulated(struct assay__icap_reply *reply,
                               const struct layout *layout)
{
    reply->has_request = layout->at[PART_REQUEST] != NONE;
    reply->has_response = layout->at[PART_RESPONSE] != NONE;
    reply->has_body = layout->at[PART_BODY] != NONE;
    reply->request_at = layout->at[PART_REQUEST];
    reply->response_at = layout->at[PART_RESPONSE];
    reply->http_len = layout->last;
    if (reply->http_len > ASSAY__ICAP_HEAD_MAX)
        fail(reply, "has an encapsulated header that is too long");
    else if (reply->http_len > 0)
        reply->state = ASSAY__ICAP_IN_HTTP;
    else
        begin_body(reply);
}

static size_t count_fields(const struct assay__icap_head *head,
                           const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < head->count; i++)
        count += !strcasecmp(head->fields[i].name, name);
    return count;
}

static void end_head(struct assay__icap_reply *reply)
{
    const char *text = assay__icap_head_get(&reply->icap, "Encapsulated");
    bool has_none = reply->icap.status == 204 || reply->icap.status == 100;
    struct layout layout;

    if (!text) {
        reply->is_bare = !has_none;
        reply->state = ASSAY__ICAP_DONE;
        return;
    }
    if (count_fields(&reply->icap, "Encapsulated") > 1 ||
        !parse_layout(text, &layout))
        fail(reply, "says of what it encapsulates what cannot be");
    else if (has_none && layout.at[PART_BODY] != NONE)
        fail(reply, "has a body where there can be none");
    else
        begin_encapsulated(reply, &layout);
}

/* ---- headers ------------------------------------------------------------ */

/* Bytes of a head up to want, or to its empty line if want is 0. */
static size_t collect(struct assay__icap_head *head, const char *data,
                      size_t len)
{
    size_t taken = 0;

    while (taken < len && head->len < ASSAY__ICAP_HEAD_MAX) {
        const char *text = head->text;
        size_t at = head->len;

        head->text[head->len++] = data[taken++];
        if (text[at] != '\n' || at == 0)
            continue;
        if (text[at - 1] == '\n' ||
            (at > 1 && text[at - 1] == '\r' && text[at - 2] == '\n'))
            break;
    }
    head->text[head->len] = '\0';
    return taken;
}

static bool is_whole(const struct assay__icap_head *head)
{
    const char *end = head->text + head->len;

    return (head->len > 1 && !memcmp(end - 2, "\n\n", 2)) ||
           (head->len > 2 && !memcmp(end - 3, "\n\r\n", 3));
}

static size_t feed_head(struct assay__icap_reply *reply, const char *data,
                        size_t len)
{
    size_t taken = collect(&reply->icap, data, len);

    if (is_whole(&reply->icap)) {
        const char *trouble = assay__icap_head_parse(
            &reply->icap, 0, reply->icap.len, ASSAY__ICAP_FIRST_ICAP);

        if (trouble)
            fail(reply, trouble);
        else
            end_head(reply);
    } else if (reply->icap.len == ASSAY__ICAP_HEAD_MAX) {
        fail(reply, "has a header that is too long");
    }
    return taken;
}

static const char *parse_http(struct assay__icap_reply *reply)
{
    size_t end = reply->http_len;
    size_t request = reply->request_at, response = reply->response_at;
    const char *trouble = NULL;

    if (reply->has_request)
        trouble = assay__icap_head_parse(
            &reply->http, request,
            reply->has_response && response > request ? response : end,
            ASSAY__ICAP_FIRST_REQUEST);
    if (!trouble && reply->has_response)
        trouble = assay__icap_head_parse(
            &reply->http, response,
            reply->has_request && request > response ? request : end,
            ASSAY__ICAP_FIRST_HTTP);
    return trouble;
}

static size_t feed_http(struct assay__icap_reply *reply, const char *data,
                        size_t len)
{
    size_t want = reply->http_len - reply->http.len;
    size_t taken = len < want ? len : want;
    const char *trouble;

    memcpy(reply->http.text + reply->http.len, data, taken);
    reply->http.len += taken;
    if (taken < want)
        return taken;
    reply->http.text[reply->http.len] = '\0';
    trouble = parse_http(reply);
    if (trouble)
        fail(reply, trouble);
    else
        begin_body(reply);
    return taken;
}

/* ---- the body ----------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "1a2b", and what may follow (RFC 7230 section 4.1.1).
 * @return false when that is no size */
static bool parse_size(const char *line, size_t len, uint64_t *out)
{
    uint64_t size = 0;
    size_t digits = 0;

    while (digits < len && hex_digit(line[digits]) >= 0) {
        if (digits == SIZE_DIGITS)
            return false;
        size = size * 16 + (uint64_t)hex_digit(line[digits++]);
    }
    *out = size;
    return digits > 0 && (digits == len || line[digits] == ';' ||
                          line[digits] == ' ' || line[digits] == '\t');
}

static void end_size(struct assay__icap_reply *reply)
{
    size_t len = reply->line_len;

    if (len > 0 && reply->line[len - 1] == '\r')
        len--;
    reply->line_len = 0;
    if (!parse_size(reply->line, len, &reply->chunk_left))
        fail(reply, "has a chunk without a length");
    else if (reply->chunk_left > reply->body_max - reply->body_len)
        fail(reply, "has a body that is too long");
    else
        reply->state = reply->chunk_left > 0 ? ASSAY__ICAP_IN_CHUNK
                                             : ASSAY__ICAP_IN_TRAILER;
}

static size_t feed_size(struct assay__icap_reply *reply, const char *data,
                        size_t len)
{
    const char *lf = memchr(data, '\n', len);
    size_t size = lf ? (size_t)(lf - data) : len;

    if (size > sizeof reply->line - reply->line_len) {
        fail(reply, "has a chunk without a length");
        return 0;
    }
    memcpy(reply->line + reply->line_len, data, size);
    reply->line_len += size;
    if (!lf)
        return size;
    end_size(reply);
    return size + 1;
}

static void compare(struct assay__icap_reply *reply, const char *data,
                    size_t len)
{
    if (reply->is_same)
        reply->is_same = reply->body_len <= reply->sent_size &&
                         len <= reply->sent_size - reply->body_len &&
                         !memcmp(reply->sent + reply->body_len, data, len);
    reply->body_len += len;
}

static size_t feed_chunk(struct assay__icap_reply *reply, const char *data,
                         size_t len)
{
    size_t taken = len < reply->chunk_left ? len : (size_t)reply->chunk_left;

    compare(reply, data, taken);
    reply->chunk_left -= taken;
    if (reply->chunk_left == 0)
        reply->state = ASSAY__ICAP_IN_CHUNK_END;
    return taken;
}

/* The line end behind a chunk; line_len counts its CR. */
static size_t feed_chunk_end(struct assay__icap_reply *reply, char c)
{
    if (c == '\r' && reply->line_len == 0) {
        reply->line_len = 1;
    } else if (c == '\n') {
        reply->line_len = 0;
        reply->state = ASSAY__ICAP_IN_SIZE;
    } else {
        fail(reply, "has a chunk that is longer than it says");
    }
    return 1;
}

/* Lines up to an empty one; line_len is that of the present line. */
static size_t feed_trailer(struct assay__icap_reply *reply, char c)
{
    if (++reply->trailer_len > ASSAY__ICAP_TRAILER_MAX) {
        fail(reply, "has too much behind its body");
    } else if (c == '\n') {
        if (reply->line_len == 0)
            reply->state = ASSAY__ICAP_DONE;
        reply->line_len = 0;
    } else if (c != '\r') {
        reply->has_trailer = true;
        reply->line_len++;
    }
    return 1;
}

/* ---- all of it ---------------------------------------------------------- */

static size_t feed_some(struct assay__icap_reply *reply, const char *data,
                        size_t len)
{
    switch (reply->state) {
    case ASSAY__ICAP_IN_HEAD:
        return feed_head(reply, data, len);
    case ASSAY__ICAP_IN_HTTP:
        return feed_http(reply, data, len);
    case ASSAY__ICAP_IN_SIZE:
        return feed_size(reply, data, len);
    case ASSAY__ICAP_IN_CHUNK:
        return feed_chunk(reply, data, len);
    case ASSAY__ICAP_IN_CHUNK_END:
        return feed_chunk_end(reply, data[0]);
    case ASSAY__ICAP_IN_TRAILER:
        return feed_trailer(reply, data[0]);
    case ASSAY__ICAP_DONE:
    case ASSAY__ICAP_BAD:
        break;
    }
    return 0;
}

size_t assay__icap_reply_feed(struct assay__icap_reply *reply, const char *data,
                              size_t len)
{
    size_t taken = 0;

    while (taken < len && reply->state != ASSAY__ICAP_DONE &&
           reply->state != ASSAY__ICAP_BAD)
        taken += feed_some(reply, data + taken, len - taken);
    return taken;
}

bool assay__icap_reply_is_echo(const struct assay__icap_reply *reply)
{
    return reply->state == ASSAY__ICAP_DONE && reply->has_body &&
           reply->is_same && reply->body_len == reply->sent_size;
}
