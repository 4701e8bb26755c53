/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "envelope.h"

#include <stdio.h>
#include <string.h>

/* What was read of one entry of an address list. */
struct entry {
    char text[ASSAY__ADDRESS_MAX];
    size_t len;
    unsigned comments; /* open "(" */
    bool quoted;
    bool in_angle;
    bool had_angle;
    bool unusable; /* too long, or bytes no address has */
};

static void restart(struct entry *e)
{
    e->len = 0;
    e->unusable = false;
}

static void keep(struct entry *e, char c)
{
    unsigned char byte = (unsigned char)c;

    if (e->had_angle && !e->in_angle)
        return; /* what follows the address is no part of it */
    if (byte < 0x20 || byte == 0x7f || e->len + 1 >= sizeof e->text)
        e->unusable = true;
    else
        e->text[e->len++] = c;
}

/* @return how many bytes a comment or quoted string takes in here, or 0 */
static size_t step_over_text(struct entry *e, const char *at, size_t left)
{
    bool pair = *at == '\\' && left > 1;

    if (e->comments > 0) {
        e->comments += !pair && *at == '(';
        e->comments -= !pair && *at == ')';
        return pair ? 2 : 1;
    }
    if (e->quoted) {
        keep(e, *at);
        if (pair)
            keep(e, at[1]);
        e->quoted = *at != '"';
        return pair ? 2 : 1;
    }
    return 0;
}

/* @return true when the entry ends with this byte */
static bool step_over_byte(struct entry *e, char c)
{
    switch (c) {
    case '(':
        e->comments++;
        return false;
    case '"':
        e->quoted = true;
        keep(e, c);
        return false;
    case '<': /* what came before was a name */
        e->in_angle = e->had_angle = true;
        restart(e);
        return false;
    case '>':
        e->in_angle = false;
        return false;
    case ':': /* a group's name or, in "<@a,@b:c@d>", a route */
        if (e->in_angle || !e->had_angle)
            restart(e);
        return false;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return false;
    case ',':
    case ';':
        return !e->in_angle;
    default:
        keep(e, c);
        return false;
    }
}

/* The list is cut at `,` and `;`; of each entry what stands in angle brackets
 * counts or, without these, all of it. */
bool assay__envelope_next_address(assay_bytes *rest, char *out)
{
    while (rest->len > 0) {
        struct entry e = {.len = 0};
        size_t used = 0;
        bool ended = false;

        while (used < rest->len && !ended) {
            const char *at = rest->data + used;
            size_t step = step_over_text(&e, at, rest->len - used);

            if (step == 0)
                ended = step_over_byte(&e, *at);
            used += step > 0 ? step : 1;
        }
        rest->data += used;
        rest->len -= used;
        if (!e.unusable && (e.len > 0 || e.had_angle)) {
            memcpy(out, e.text, e.len);
            out[e.len] = '\0';
            return true;
        }
    }
    return false;
}

static assay_rc read_sender(assay_message *message, char *out, assay_error *err)
{
    static const char *const names[] = {"Return-Path", "From"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assay_bytes value;
        assay_rc rc = assay_message_header(message, names[i], 0, &value, err);

        if (rc == ASSAY_OK && assay__envelope_next_address(&value, out))
            return ASSAY_OK;
        if (rc != ASSAY_OK && rc != ASSAY_E_NOTFOUND)
            return rc;
    }
    out[0] = '\0';
    return ASSAY_OK;
}

static assay_rc read_recipients(assay_message *message, const char *name,
                                struct assay__envelope *envelope,
                                assay_error *err)
{
    for (size_t i = 0; envelope->recipient_count < ASSAY__RECIPIENTS_MAX; i++) {
        assay_bytes value;
        assay_rc rc = assay_message_header(message, name, i, &value, err);

        if (rc != ASSAY_OK)
            return rc == ASSAY_E_NOTFOUND ? ASSAY_OK : rc;
        while (envelope->recipient_count < ASSAY__RECIPIENTS_MAX) {
            char *out = envelope->recipients[envelope->recipient_count];

            if (!assay__envelope_next_address(&value, out))
                break;
            envelope->recipient_count += out[0] != '\0';
        }
    }
    return ASSAY_OK;
}

assay_rc assay__envelope_read(assay_message *message,
                              struct assay__envelope *envelope_out,
                              assay_error *err)
{
    assay_rc rc = read_sender(message, envelope_out->sender, err);

    envelope_out->recipient_count = 0;
    if (rc == ASSAY_OK)
        rc = read_recipients(message, "Delivered-To", envelope_out, err);
    if (rc == ASSAY_OK && envelope_out->recipient_count == 0)
        rc = read_recipients(message, "To", envelope_out, err);
    if (rc == ASSAY_OK && envelope_out->recipient_count == 0) {
        (void)snprintf(envelope_out->recipients[0], ASSAY__ADDRESS_MAX,
                       "postmaster");
        envelope_out->recipient_count = 1;
    }
    return rc;
}
