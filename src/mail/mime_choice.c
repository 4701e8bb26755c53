/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail/mime_choice.h"

#include <string.h>

#include "base/text.h"
#include "mail/decode.h"
#include "mail/header.h"
#include "mail/header_text.h"
#include "mail/mime_param.h"

/* Longest boundary that is taken from loose readings (RFC 2046: 70). */
#define BOUNDARY_MAX 512

/* Occurrences of the word that are looked at. */
#define OCCURRENCES_MAX 8

struct choices {
    assay_part *part;
    char seen[ASSAY__MIME_CHOICES_MAX][BOUNDARY_MAX];
    size_t lens[ASSAY__MIME_CHOICES_MAX];
    uint32_t count;
    bool is_cut; /* there were more */
};

/* ---- the set ---------------------------------------------------------------
 */

static void add_choice(struct choices *choices, assay_bytes text)
{
    while (text.len > 0 && assay__header_is_space(text.data[text.len - 1]))
        text.len--;
    if (text.len == 0 || text.len > BOUNDARY_MAX)
        return;
    for (uint32_t i = 0; i < choices->count; i++) {
        if (choices->lens[i] == text.len &&
            memcmp(choices->seen[i], text.data, text.len) == 0)
            return;
    }
    if (choices->count == ASSAY__MIME_CHOICES_MAX) {
        choices->is_cut = true;
        return;
    }
    memcpy(choices->seen[choices->count], text.data, text.len);
    choices->lens[choices->count++] = text.len;
}

/* ---- what one occurrence of the word may mean ------------------------------
 */

/* Up to the first of the characters, or the end. */
static assay_bytes up_to(assay_bytes text, const char *stops)
{
    size_t len = 0;

    while (len < text.len && text.data[len] != '\0' &&
           !strchr(stops, text.data[len]))
        len++;
    return (assay_bytes){text.data, len};
}

/* Without quotes, and without percent escapes if they are to be undone. */
static void add_plain(struct choices *choices, assay_bytes text,
                      bool undo_escapes)
{
    char plain[BOUNDARY_MAX];
    size_t len = 0;

    if (text.len > sizeof plain)
        return;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '"' || c == '\r' || c == '\n')
            continue;
        if (undo_escapes && c == '%' && text.len - i > 2) {
            int high = assay__decode_hex_digit(text.data[i + 1]);
            int low = assay__decode_hex_digit(text.data[i + 2]);

            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        plain[len++] = c;
    }
    add_choice(choices, (assay_bytes){plain, len});
}

/* value stands behind the "=". */
static void add_forms(struct choices *choices, assay_bytes value)
{
    assay_bytes unquoted;
    const char *quote;

    while (value.len > 0 && assay__header_is_space(value.data[0])) {
        value.data++;
        value.len--;
    }
    if (value.len > 0 && value.data[0] == '"') {
        assay_bytes quoted = {value.data + 1, value.len - 1};

        add_choice(choices, up_to(quoted, "\"\r\n"));
        add_choice(choices, up_to(value, ";\r\n"));
    }
    unquoted = up_to(value, ";\r\n");
    add_plain(choices, unquoted, false);
    add_choice(choices, up_to(value, "; \t\r\n"));
    add_choice(choices, up_to(value, "; \t\r\n()<>@,:\\/[]?=\""));
    if (memchr(unquoted.data, '%', unquoted.len))
        add_plain(choices, unquoted, true);
    quote = memchr(unquoted.data, '\'', unquoted.len);
    quote = quote ? memchr(quote + 1, '\'',
                           (size_t)(unquoted.data + unquoted.len - quote - 1))
                  : NULL;
    if (quote)
        add_plain(choices,
                  (assay_bytes){quote + 1, (size_t)(unquoted.data +
                                                    unquoted.len - quote - 1)},
                  true);
}

/* The next "boundary", with or without stars, and "=". *rest is moved behind
 * it. @return false: there is none */
static bool next_occurrence(assay_bytes *rest)
{
    static const char word[] = "boundary";
    const size_t len = sizeof word - 1;

    while (rest->len > len) {
        size_t i = len;

        if (!assay__text_equal_n(rest->data, len, word)) {
            rest->data++;
            rest->len--;
            continue;
        }
        while (i < rest->len && rest->data[i] != '\0' &&
               strchr("*0123456789 \t\r\n", rest->data[i]))
            i++;
        rest->data += i;
        rest->len -= i;
        if (rest->len == 0 || rest->data[0] != '=')
            continue;
        rest->data++;
        rest->len--;
        return true;
    }
    return false;
}

/* An encoded-word, which no boundary may be, as its text. */
static assay_rc add_decoded(struct choices *choices, assay_bytes type)
{
    const char *end = type.data + type.len;
    const char *at = memchr(type.data, '=', type.len);
    struct assay__strbuf text;
    assay_bytes rest = type;
    assay_rc rc;

    while (at && (end - at < 2 || at[1] != '?'))
        at = memchr(at + 1, '=', (size_t)(end - at - 1));
    if (!at)
        return ASSAY_OK;
    assay__strbuf_init(&text, assay__header_text_max(type.len));
    if (next_occurrence(&rest)) {
        rc = assay__header_text_decode(up_to(rest, ";\r\n"), &text);
        if (rc == ASSAY_OK)
            add_plain(choices,
                      (assay_bytes){assay__strbuf_str(&text), text.len}, false);
    }
    rc = text.failed ? ASSAY_E_NOMEM : ASSAY_OK;
    assay__strbuf_fini(&text);
    return rc;
}

/* ---- a guess from the text -------------------------------------------------
 */

static bool begins_like_header(const char *at, const char *end)
{
    static const char word[] = "content-";

    return (size_t)(end - at) > sizeof word - 1 &&
           assay__text_equal_n(at, sizeof word - 1, word);
}

/* The first line of "--" and more that a MIME header follows. */
static void add_guess(struct choices *choices)
{
    assay_message *message = choices->part->message;
    const char *at = choices->part->info.body.data;
    const char *end = message->received.data + message->received.len;

    while (at < end && message->notes.guess_budget > 0) {
        assay_bytes line = assay__header_line(at, end);

        message->notes.guess_budget -= line.len < message->notes.guess_budget
                                           ? line.len
                                           : message->notes.guess_budget;
        at += line.len;
        if (line.len > 3 && line.data[0] == '-' && line.data[1] == '-' &&
            begins_like_header(at, end)) {
            add_choice(choices, (assay_bytes){line.data + 2, line.len - 2});
            return;
        }
    }
}

/* ---- choosing ------------------------------------------------------------ */

static bool is_loose_multipart(assay_bytes type)
{
    return assay__text_contains_n(type.data, type.len, "multipart") ||
           assay__text_contains_n(type.data, type.len, "boundary");
}

static assay_rc collect(struct choices *choices, assay_bytes type,
                        const struct assay__strbuf *usual)
{
    assay_bytes rest = type;
    uint32_t occurrences = 0;

    if (usual->len > BOUNDARY_MAX)
        choices->lens[choices->count++] = 0; /* stands for the usual one */
    else if (usual->len > 0)
        add_choice(choices, (assay_bytes){usual->data, usual->len});
    while (occurrences < OCCURRENCES_MAX && next_occurrence(&rest)) {
        occurrences++;
        add_forms(choices, rest);
    }
    choices->is_cut |= next_occurrence(&rest);
    add_guess(choices);
    return add_decoded(choices, type);
}

assay_rc assay__mime_choose_boundary(assay_part *part, assay_bytes type,
                                     struct assay__strbuf *out)
{
    struct assay__mime_notes *notes = &part->message->notes;
    uint32_t choice = part->message->profile.boundary_choice;
    struct choices choices;
    assay_rc rc = assay__mime_param(type, "boundary", false, out);

    if ((rc != ASSAY_OK && rc != ASSAY_E_NOTFOUND) ||
        (strncmp(part->info.media_type, "multipart/", 10) != 0))
        return rc;
    if (assay__mime_param_conflicts(type, "boundary"))
        notes->oddities |= ASSAY__MIME_NOTE_BOUNDARIES;
    choices.part = part;
    choices.count = 0;
    choices.is_cut = false;
    if (collect(&choices, type, out) != ASSAY_OK)
        return ASSAY_E_NOMEM;
    if (choices.is_cut)
        notes->oddities |= ASSAY__MIME_NOTE_TOO_MANY;
    if (choices.count > notes->boundaries)
        notes->boundaries = choices.count;
    if (choices.count == 0 || (choice == 0 && rc == ASSAY_OK))
        return rc;
    if (choice >= choices.count)
        choice = 0;
    out->len = 0;
    return assay__strbuf_add(out, choices.seen[choice], choices.lens[choice]);
}

const char *assay__mime_loose_type(assay_part *part, assay_bytes type,
                                   const char *media_type)
{
    assay_message *message = part->message;

    if ((message->profile.flags & ASSAY__MIME_AS_BODY) && !part->parent)
        return "multipart/mixed";
    if (!(message->profile.flags & ASSAY__MIME_CHOICES) ||
        strncmp(media_type, "multipart/", 10) == 0 || !is_loose_multipart(type))
        return media_type;
    message->notes.oddities |= ASSAY__MIME_LOOSE_TYPE;
    return message->profile.flags & ASSAY__MIME_LOOSE_TYPE ? "multipart/mixed"
                                                           : media_type;
}
