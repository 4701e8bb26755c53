/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "percent.h"

/* Decimal digits of a number that fits uint64_t whatever they are. */
enum { NUMBER_DIGITS = 19, PORT_MAX = 65535 };

struct item {
    enum assay__request_list list;
    size_t key, value; /* places in text */
};

/* A piece of a line. */
struct span {
    const char *at;
    size_t len;
};

/* What comes from the SMTP client may have control characters, as it may on the
 * way through a milter: a request that is refused for them is a message that
 * its sender kept from being checked. */
static const struct field_key {
    const char *name;
    enum assay__request_field field;
    bool is_free; /* but for NUL */
} field_keys[] = {
    {"client", ASSAY__FIELD_CLIENT, false},
    {"peer", ASSAY__FIELD_PEER, false},
    {"host", ASSAY__FIELD_HOST, true},
    {"ehlo", ASSAY__FIELD_EHLO, true},
    {"sender", ASSAY__FIELD_SENDER, true},
    {"sender_args", ASSAY__FIELD_SENDER_ARGS, true},
    {"id", ASSAY__FIELD_ID, false},
    {"engine", ASSAY__FIELD_ENGINE, false},
};

void assay__request_init(struct assay__request *request,
                         struct assay__budget *budget)
{
    memset(request, 0, sizeof *request);
    assay__stream_init(&request->text, budget, ASSAY__REQUEST_TEXT_MAX);
    assay__stream_init(&request->items, budget,
                       ASSAY__REQUEST_LINES_MAX * sizeof(struct item));
}

void assay__request_fini(struct assay__request *request)
{
    assay__stream_fini(&request->text);
    assay__stream_fini(&request->items);
}

/* ---- pieces of a line -------------------------------------------------- */

static bool is_word(struct span span, const char *word)
{
    return span.len == strlen(word) && memcmp(span.at, word, span.len) == 0;
}

static bool cut_prefix(struct span *span, const char *prefix)
{
    size_t len = strlen(prefix);

    if (span->len < len || memcmp(span->at, prefix, len) != 0)
        return false;
    span->at += len;
    span->len -= len;
    return true;
}

static assay_rc invalid(assay_error *err, struct span key, const char *what)
{
    /* A key is shown only as far as it is one. */
    int shown = 0;

    while (shown < 40 && (size_t)shown < key.len && key.at[shown] > ' ' &&
           key.at[shown] <= '~')
        shown++;
    return assay_error_set(err, ASSAY_E_INVAL, "%.*s: %s", shown, key.at, what);
}

static bool read_number(struct span span, uint64_t *out)
{
    uint64_t number = 0;

    if (span.len == 0 || span.len > NUMBER_DIGITS)
        return false;
    for (size_t i = 0; i < span.len; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(span.at[i] - '0');
    }
    *out = number;
    return true;
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

/* Decode into text, with a NUL behind. Place 0 means "not given". */
static assay_rc keep(struct assay__request *request, struct span key,
                     struct span value, bool is_free, size_t *place_out,
                     assay_error *err)
{
    struct assay__stream *text = &request->text;
    size_t place, len = 0;
    assay_rc rc = ASSAY_OK;

    if (text->len == 0)
        rc = assay__stream_add(text, "", 1, err);
    place = text->len;
    if (rc == ASSAY_OK)
        rc = assay__stream_add(text, value.at, value.len, err);
    if (rc == ASSAY_OK)
        rc = assay__stream_add(text, "", 1, err);
    if (rc != ASSAY_OK)
        return rc;
    if (!assay__percent_decode(value.at, value.len, text->data + place, &len))
        return invalid(err, key, "the value is not coded with %XX");
    if (memchr(text->data + place, '\0', len))
        return invalid(err, key, "the value has a NUL");
    if (!is_free && has_control(text->data + place, len))
        return invalid(err, key, "the value has a control character");
    text->data[place + len] = '\0';
    text->len = place + len + 1;
    *place_out = place;
    return ASSAY_OK;
}

/* ---- lines ------------------------------------------------------------- */

static assay_rc first_line(struct assay__request *request, struct span line,
                           assay_error *err)
{
    if (is_word(line, "assay/1 check"))
        request->kind = ASSAY__REQUEST_CHECK;
    else if (is_word(line, "assay/1 scan"))
        request->kind = ASSAY__REQUEST_SCAN;
    else if (cut_prefix(&line, "assay/1 "))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a request is check or scan");
    else
        return assay_error_set(err, ASSAY_E_INVAL, "this is assay/1");
    return ASSAY_OK;
}

static assay_rc take_field(struct assay__request *request,
                           const struct field_key *known, struct span key,
                           struct span value, assay_error *err)
{
    enum assay__request_field field = known->field;

    if (request->fields[field] != 0)
        return invalid(err, key, "given twice");
    if (field == ASSAY__FIELD_ENGINE && request->kind != ASSAY__REQUEST_SCAN)
        return invalid(err, key, "for scan only");
    return keep(request, key, value, known->is_free, &request->fields[field],
                err);
}

static assay_rc take_item(struct assay__request *request,
                          enum assay__request_list list, struct span key,
                          struct span value, assay_error *err)
{
    struct item item = {.list = list};
    bool is_variable = list != ASSAY__LIST_RECIPIENTS;
    assay_rc rc = ASSAY_OK;

    if (is_variable)
        rc = keep(request, key, key, false, &item.key, err);
    if (rc == ASSAY_OK)
        rc = keep(request, key, value, true, &item.value, err);
    if (rc != ASSAY_OK)
        return rc;
    if (request->text.data[is_variable ? item.key : item.value] == '\0')
        return invalid(err, key,
                       is_variable ? "a variable without a name"
                                   : "a recipient is empty");
    if (!is_variable)
        request->recipients++;
    return assay__stream_add(&request->items, &item, sizeof item, err);
}

static assay_rc take_port(struct assay__request *request, struct span key,
                          struct span value, assay_error *err)
{
    uint64_t port;

    if (request->has_port)
        return invalid(err, key, "given twice");
    if (!read_number(value, &port) || port > PORT_MAX)
        return invalid(err, key, "not a number from 0 to 65535");
    request->has_port = true;
    request->port = (uint16_t)port;
    return ASSAY_OK;
}

static assay_rc take_headers(struct assay__request *request, struct span key,
                             struct span value, assay_error *err)
{
    if (request->has_headers)
        return invalid(err, key, "given twice");
    if (!read_number(value, &request->headers_len))
        return invalid(err, key, "not a number");
    request->has_headers = true;
    return ASSAY_OK;
}

static assay_rc take_body(struct assay__request *request, struct span key,
                          struct span value, assay_error *err)
{
    enum assay__body_kind kind;

    if (request->body != ASSAY__BODY_NONE)
        return invalid(err, key, "given twice");
    if (cut_prefix(&value, "inline "))
        kind = ASSAY__BODY_INLINE;
    else if (cut_prefix(&value, "fd "))
        kind = ASSAY__BODY_DESCRIPTOR;
    else
        return invalid(err, key, "neither inline nor fd");
    if (!read_number(value, &request->body_number))
        return invalid(err, key, "not a number");
    request->body = kind;
    return ASSAY_OK;
}

static assay_rc take_pair(struct assay__request *request, struct span key,
                          struct span value, enum assay__request_want *want_out,
                          assay_error *err)
{
    struct span name = key;

    for (size_t i = 0; i < sizeof field_keys / sizeof *field_keys; i++)
        if (is_word(key, field_keys[i].name))
            return take_field(request, &field_keys[i], key, value, err);
    if (is_word(key, "rcpt"))
        return take_item(request, ASSAY__LIST_RECIPIENTS, key, value, err);
    if (is_word(key, "port"))
        return take_port(request, key, value, err);
    if (is_word(key, "headers")) {
        *want_out = ASSAY__WANT_HEADERS;
        return take_headers(request, key, value, err);
    }
    if (is_word(key, "body")) {
        assay_rc rc = take_body(request, key, value, err);

        if (request->body == ASSAY__BODY_INLINE)
            *want_out = ASSAY__WANT_BODY;
        return rc;
    }
    if (cut_prefix(&name, "conn."))
        return take_item(request, ASSAY__LIST_CONN, name, value, err);
    if (cut_prefix(&name, "mess."))
        return take_item(request, ASSAY__LIST_MESS, name, value, err);
    return invalid(err, key, "no such key");
}

static assay_rc take_end(struct assay__request *request, assay_error *err)
{
    if (request->body == ASSAY__BODY_NONE)
        return assay_error_set(err, ASSAY_E_INVAL, "there is no body");
    request->is_complete = true;
    return ASSAY_OK;
}

assay_rc assay__request_line(struct assay__request *request, const char *text,
                             size_t len, enum assay__request_want *want_out,
                             assay_error *err)
{
    struct span line = {text, len};
    const char *sign = memchr(text, '=', len);
    enum assay__request_want want = ASSAY__WANT_LINE;
    struct span key, value;
    assay_rc rc;

    if (request->is_complete)
        return assay_error_set(err, ASSAY_E_STATE, "the request has ended");
    if (len > ASSAY__REQUEST_LINE_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "a line has at most %d bytes",
                               ASSAY__REQUEST_LINE_MAX);
    if (request->lines++ >= ASSAY__REQUEST_LINES_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "over %d lines",
                               ASSAY__REQUEST_LINES_MAX);
    if (request->lines == 1) {
        rc = first_line(request, line, err);
    } else if (is_word(line, "end")) {
        want = ASSAY__WANT_NOTHING;
        rc = take_end(request, err);
    } else if (!sign) {
        rc = invalid(err, line, "neither key=value nor end");
    } else {
        key = (struct span){text, (size_t)(sign - text)};
        value = (struct span){sign + 1, len - key.len - 1};
        rc = take_pair(request, key, value, &want, err);
    }
    if (rc == ASSAY_OK)
        *want_out = want;
    return rc;
}

/* ---- reading ----------------------------------------------------------- */

const char *assay__request_text(const struct assay__request *request,
                                enum assay__request_field field)
{
    return request->fields[field] != 0
               ? request->text.data + request->fields[field]
               : NULL;
}

bool assay__request_next(const struct assay__request *request,
                         enum assay__request_list list, size_t *cursor,
                         const char **key_out, const char **value_out)
{
    struct item item;

    while (*cursor < request->items.len / sizeof item) {
        memcpy(&item, request->items.data + *cursor * sizeof item, sizeof item);
        ++*cursor;
        if (item.list != list)
            continue;
        if (key_out)
            *key_out = request->text.data + item.key;
        *value_out = request->text.data + item.value;
        return true;
    }
    return false;
}
