/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Building a message, its envelope, and its renditions.
 *
 * Bytes are collected in one growing buffer, or borrowed; the received
 * rendition is that memory. A failed append is remembered, so that a host that
 * overlooked it cannot finish a message with a hole in it.
 */
#include "mail/message_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/header.h"
#include "mail/limits.h"
#include "mail/message_owner.h"

#define MIB ((size_t)1024 * 1024)
/* More than any MTA takes for one transaction. */
#define RECIPIENTS_MAX 100000

static const assay_message_limits default_limits = {
    .max_message_bytes = 512 * MIB,
    .max_header_bytes = MIB,
    .max_headers = 10000,
    .max_parts = 10000,
    .max_depth = 100,
    .max_decoded_bytes = 512 * MIB,
};

/* ---- life ---------------------------------------------------------------- */

#define LIMIT_OR_DEFAULT(given, member) \
    ((given)->member != 0 ? (given)->member : default_limits.member)

static assay_message_limits fill_limits(const assay_message_limits *given)
{
    if (!given)
        return default_limits;
    return (assay_message_limits){
        .max_message_bytes = LIMIT_OR_DEFAULT(given, max_message_bytes),
        .max_header_bytes = LIMIT_OR_DEFAULT(given, max_header_bytes),
        .max_headers = LIMIT_OR_DEFAULT(given, max_headers),
        .max_parts = LIMIT_OR_DEFAULT(given, max_parts),
        .max_depth = LIMIT_OR_DEFAULT(given, max_depth),
        .max_decoded_bytes = LIMIT_OR_DEFAULT(given, max_decoded_bytes),
    };
}

assay_rc assay_message_new(const assay_message_limits *limits,
                           assay_message **out, assay_error *err)
{
    assay_message *message = calloc(1, sizeof *message);
    assay_rc rc;

    if (!message)
        return assay_error_set(err, ASSAY_E_NOMEM, "message");
    message->limits = fill_limits(limits);
    assay__strbuf_init(&message->built, message->limits.max_message_bytes);
    assay__strbuf_init(&message->wire, SIZE_MAX);
    assay__strbuf_init(&message->edited_header, SIZE_MAX);
    assay__strbuf_init(&message->canonical, SIZE_MAX);
    rc = assay_context_new(&message->context, err);
    if (rc != ASSAY_OK) {
        assay_message_free(&message);
        return rc;
    }
    *out = message;
    return ASSAY_OK;
}

const assay_message_limits *assay__message_limits(const assay_message *message)
{
    return &message->limits;
}

static void set_received(assay_message *message, const char *data, size_t len)
{
    message->received = (assay_bytes){len > 0 ? data : "", len};
    message->state = ASSAY__BUILD_FINISHED;
}

assay_rc assay_message_new_borrowed(const void *data, size_t len,
                                    const assay_message_limits *limits,
                                    assay_message **out, assay_error *err)
{
    size_t max = fill_limits(limits).max_message_bytes;
    assay_message *message = NULL;
    assay_rc rc;

    if (len > max)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "message of %zu bytes is over %zu", len, max);
    rc = assay_message_new(limits, &message, err);
    if (message) {
        set_received(message, data, len);
        *out = message;
    }
    return rc;
}

static assay_rc fail_build(assay_message *message, assay_rc rc,
                           assay_error *err)
{
    message->build_rc = rc;
    if (rc == ASSAY_E_LIMIT)
        return assay_error_set(err, rc, "message is over %zu bytes",
                               message->limits.max_message_bytes);
    return assay_error_set(err, rc, "message bytes");
}

/* Else the thread of a phase would find it out. */
static assay_rc no_bytes(assay_message *message, size_t len, assay_error *err)
{
    message->build_rc = ASSAY_E_INVAL;
    return assay_error_set(err, ASSAY_E_INVAL, "%zu bytes at NULL", len);
}

assay_rc assay_message_borrow(assay_message *message, const void *data,
                              size_t len, void (*release)(void *arg), void *arg,
                              assay_error *err)
{
    if (message->state != ASSAY__BUILD_EMPTY || message->build_rc != ASSAY_OK)
        return assay_error_set(err, ASSAY_E_STATE,
                               "the message has bytes already");
    if (!data && len > 0)
        return no_bytes(message, len, err);
    if (len > message->limits.max_message_bytes)
        return fail_build(message, ASSAY_E_LIMIT, err);
    message->received = (assay_bytes){len > 0 ? data : "", len};
    message->release = release;
    message->release_arg = arg;
    message->state = ASSAY__BUILD_BORROWED;
    return ASSAY_OK;
}

static void free_envelope(assay_message *message)
{
    free(message->sender);
    for (size_t i = 0; i < message->recipient_count; i++)
        free(message->recipients[i]);
    free(message->recipients);
}

void assay_message_free(assay_message **message)
{
    assay_message *dying = *message;

    if (!dying)
        return;
    for (assay_part *part = dying->root; part; part = assay_part_thread(part))
        assay__part_fini(part);
    assay__arena_fini(&dying->arena);
    assay__edit_fini(dying);
    free(dying->edits);
    assay__strbuf_fini(&dying->built);
    assay__strbuf_fini(&dying->wire);
    free_envelope(dying);
    assay_context_free(&dying->context);
    if (dying->release)
        dying->release(dying->release_arg);
    free(dying);
    *message = NULL;
}

/* ---- building --------------------------------------------------------------
 */

static assay_rc begin_append(const assay_message *message, assay_error *err)
{
    if (message->state >= ASSAY__BUILD_BORROWED)
        return assay_error_set(err, ASSAY_E_STATE, "message is finished");
    if (message->build_rc != ASSAY_OK)
        return assay_error_set(err, message->build_rc,
                               "an earlier part of the message is missing");
    return ASSAY_OK;
}

/* The empty line that a milter does not deliver. */
static assay_rc end_headers(assay_message *message)
{
    if (message->state != ASSAY__BUILD_HEADERS)
        return ASSAY_OK;
    return assay__strbuf_adds(&message->built, "\r\n");
}

assay_rc assay_message_append(assay_message *message, const void *data,
                              size_t len, assay_error *err)
{
    assay_rc rc = begin_append(message, err);

    if (rc != ASSAY_OK)
        return rc;
    if (!data && len > 0)
        return no_bytes(message, len, err);
    rc = end_headers(message);
    if (rc == ASSAY_OK)
        rc = assay__strbuf_add(&message->built, data, len);
    if (rc != ASSAY_OK)
        return fail_build(message, rc, err);
    message->state = ASSAY__BUILD_BYTES;
    return ASSAY_OK;
}

/* A byte that cannot stand in a field name would end the header block. */
static assay_rc add_name(struct assay__strbuf *out, const char *name)
{
    assay_rc rc = ASSAY_OK;

    for (; *name != '\0' && rc == ASSAY_OK; name++) {
        const char *good = assay__header_is_ftext(*name) ? name : "?";

        rc = assay__strbuf_add(out, good, 1);
    }
    return rc;
}

/* Is the line end at text a fold, with something on the next line? */
static bool is_fold(const char *text)
{
    size_t blanks = strspn(text + 1, " \t");

    return blanks > 0 && text[1 + blanks] != '\0' && text[1 + blanks] != '\n' &&
           text[1 + blanks] != '\r';
}

/* LF becomes CRLF where it folds. Any other CR or LF becomes a space: it would
 * end the field, or, as a line of blanks, the header block for some readers. */
static assay_rc add_value(struct assay__strbuf *out, const char *value)
{
    assay_rc rc = ASSAY_OK;

    while (*value != '\0' && rc == ASSAY_OK) {
        size_t plain = strcspn(value, "\r\n");

        rc = assay__strbuf_add(out, value, plain);
        value += plain;
        if (*value == '\0' || rc != ASSAY_OK)
            break;
        if (value[0] == '\r' && value[1] == '\n')
            value++;
        if (value[0] == '\n' && is_fold(value))
            rc = assay__strbuf_adds(out, "\r\n");
        else
            rc = assay__strbuf_addc(out, ' ');
        value++;
    }
    return rc;
}

assay_rc assay_message_append_header(assay_message *message, const char *name,
                                     const char *value, assay_error *err)
{
    struct assay__strbuf *out = &message->built;
    assay_rc rc = begin_append(message, err);

    if (rc != ASSAY_OK)
        return rc;
    if (message->state == ASSAY__BUILD_BYTES)
        return assay_error_set(err, ASSAY_E_STATE,
                               "header after bytes of the message");
    if (!name || *name == '\0' || !value)
        return assay_error_set(err, ASSAY_E_INVAL, "header without a %s",
                               value ? "name" : "value");
    rc = add_name(out, name);
    if (rc == ASSAY_OK)
        rc = assay__strbuf_addc(out, ':');
    if (rc == ASSAY_OK)
        rc = add_value(out, value);
    if (rc == ASSAY_OK)
        rc = assay__strbuf_adds(out, "\r\n");
    if (rc != ASSAY_OK)
        return fail_build(message, rc, err);
    message->state = ASSAY__BUILD_HEADERS;
    return ASSAY_OK;
}

assay_rc assay_message_finish(assay_message *message, assay_error *err)
{
    assay_rc rc;

    if (message->state == ASSAY__BUILD_BORROWED) {
        message->state = ASSAY__BUILD_FINISHED;
        return ASSAY_OK;
    }
    rc = begin_append(message, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = end_headers(message);
    if (rc != ASSAY_OK)
        return fail_build(message, rc, err);
    set_received(message, message->built.data, message->built.len);
    return ASSAY_OK;
}

size_t assay_message_size(const assay_message *message)
{
    return message->state >= ASSAY__BUILD_BORROWED ? message->received.len
                                                   : message->built.len;
}

/* ---- renditions ---------------------------------------------------------- */

/* The line after the one that `line` is in; NULL: none. */
static const char *next_line(assay_bytes text, const char *line)
{
    const char *end = text.data + text.len;
    const char *newline = memchr(line, '\n', (size_t)(end - line));

    return newline && newline + 1 < end ? newline + 1 : NULL;
}

static const char *first_line(assay_bytes text)
{
    return text.len > 0 ? text.data : NULL;
}

static size_t count_dot_lines(assay_bytes text)
{
    const char *line = first_line(text);
    size_t count = 0;

    for (; line; line = next_line(text, line))
        count += *line == '.';
    return count;
}

static assay_rc stuff_dots(assay_message *message)
{
    struct assay__strbuf *out = &message->wire;
    assay_bytes text = message->received;
    size_t dots = count_dot_lines(text), done = 0;
    const char *line = first_line(text);
    assay_rc rc;

    if (dots == 0)
        return ASSAY_OK;
    rc = assay__strbuf_reserve(out, text.len + dots);
    for (; line && rc == ASSAY_OK; line = next_line(text, line)) {
        size_t at = (size_t)(line - text.data);

        if (*line != '.')
            continue;
        rc = assay__strbuf_add(out, text.data + done, at - done);
        if (rc == ASSAY_OK)
            rc = assay__strbuf_addc(out, '.');
        done = at;
    }
    if (rc == ASSAY_OK)
        rc = assay__strbuf_add(out, text.data + done, text.len - done);
    if (rc != ASSAY_OK)
        assay__strbuf_fini(out);
    return rc;
}

static assay_rc wire_bytes(assay_message *message, assay_bytes *bytes_out,
                           assay_error *err)
{
    if (!message->wire_known && stuff_dots(message) != ASSAY_OK)
        return assay_error_set(err, ASSAY_E_NOMEM, "dot-stuffed message");
    message->wire_known = true;
    if (message->wire.len == 0)
        *bytes_out = message->received;
    else
        *bytes_out = (assay_bytes){message->wire.data, message->wire.len};
    return ASSAY_OK;
}

assay_rc assay_message_bytes(assay_message *message, assay_rendition rendition,
                             assay_bytes *bytes_out, assay_error *err)
{
    if (message->state != ASSAY__BUILD_FINISHED)
        return assay_error_set(err, ASSAY_E_STATE, "message is not finished");
    if (rendition == ASSAY_RENDITION_WIRE)
        return wire_bytes(message, bytes_out, err);
    if (rendition == ASSAY_RENDITION_CANONICAL && message->edit_count > 0)
        return assay__edit_render(message, bytes_out, err);
    *bytes_out = message->received;
    return ASSAY_OK;
}

/* ---- envelope and identity ----------------------------------------------- */

assay_rc assay_message_set_sender(assay_message *message, const char *address,
                                  assay_error *err)
{
    char *copy = assay__text_dup(address, strlen(address));

    if (!copy)
        return assay_error_set(err, ASSAY_E_NOMEM, "sender");
    free(message->sender);
    message->sender = copy;
    return ASSAY_OK;
}

const char *assay_message_sender(const assay_message *message)
{
    return message->sender ? message->sender : "";
}

static bool make_room_for_recipient(assay_message *message)
{
    size_t cap = message->recipient_cap > 0 ? 2 * message->recipient_cap : 8;
    char **grown;

    if (message->recipient_count < message->recipient_cap)
        return true;
    grown = realloc(message->recipients, cap * sizeof *grown);
    if (!grown)
        return false;
    message->recipients = grown;
    message->recipient_cap = cap;
    return true;
}

assay_rc assay_message_add_recipient(assay_message *message,
                                     const char *address, assay_error *err)
{
    char *copy;

    if (message->recipient_count >= RECIPIENTS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "more than %d recipients",
                               RECIPIENTS_MAX);
    copy = assay__text_dup(address, strlen(address));
    if (!copy || !make_room_for_recipient(message)) {
        free(copy);
        return assay_error_set(err, ASSAY_E_NOMEM, "recipient");
    }
    message->recipients[message->recipient_count++] = copy;
    return ASSAY_OK;
}

void assay__message_cut_recipients(assay_message *message, size_t count)
{
    while (message->recipient_count > count)
        free(message->recipients[--message->recipient_count]);
}

size_t assay_message_recipient_count(const assay_message *message)
{
    return message->recipient_count;
}

const char *assay_message_recipient(const assay_message *message, size_t index)
{
    return index < message->recipient_count ? message->recipients[index] : NULL;
}

void assay_message_set_id(assay_message *message, const char *id)
{
    assay__text_copy(message->id, sizeof message->id, id);
}

const char *assay_message_id(const assay_message *message)
{
    return message->id;
}

void assay__message_set_owner(assay_message *message, void *owner)
{
    message->owner = owner;
}

void *assay__message_owner(const assay_message *message)
{
    return message->owner;
}

assay_context *assay_message_context(assay_message *message)
{
    return message->context;
}

/* ---- tree ---------------------------------------------------------------- */

assay_rc assay_message_root(assay_message *message, assay_part **part_out,
                            assay_error *err)
{
    if (message->state != ASSAY__BUILD_FINISHED)
        return assay_error_set(err, ASSAY_E_STATE, "message is not finished");
    if (!message->root && assay__mime_walk(message) != ASSAY_OK)
        return assay_error_set(err, ASSAY_E_NOMEM, "MIME tree");
    *part_out = message->root;
    return ASSAY_OK;
}

uint32_t assay_message_tree_limits(const assay_message *message)
{
    return message->tree_limits;
}

uint32_t assay_message_part_count(const assay_message *message)
{
    return message->part_count;
}
