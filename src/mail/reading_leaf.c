/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A leaf under every encoding that a reader may take it for, and every way of
 * undoing it. The ways of undoing are texts made from the encoded one, in
 * which the usual decoder finds what another reader would.
 */
#include <stdlib.h>
#include <string.h>

#include <assay/verdict.h>

#include "base/text.h"
#include "mail/decode_files.h"
#include "mail/header.h"
#include "mail/message_priv.h"
#include "mail/readings_priv.h"

/* Text shorter than that is no base64 that anybody would look for. */
#define BASE64_MIN 24u
/* Longest text that is taken for the words before the first part. */
#define PROSE_MAX 512u
/* Longest word in it. */
#define PROSE_WORD_MAX 30u
/* `how` of a range whose variants were made. */
#define HOW_VARIANTS 100u

#define BIT(encoding) (1u << (encoding))
#define IDENTITY                                           \
    (BIT(ASSAY_ENCODING_7BIT) | BIT(ASSAY_ENCODING_8BIT) | \
     BIT(ASSAY_ENCODING_BINARY) | BIT(ASSAY_ENCODING_UNKNOWN))

struct leaf {
    assay_bytes body;
    assay_encoding encoding; /* the usual one */
    uint32_t strict;         /* encodings that well-formed headers name */
    uint32_t loose;          /* and others that may be meant */
    struct assay__reading_origin origin;
};

/* ---- what a text looks like ------------------------------------------------
 */

static bool is_base64_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

bool assay__reading_looks_like_base64(assay_bytes text)
{
    size_t chars = 0, pads = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (is_base64_char(c)) {
            chars++;
            pads += c == '=';
        } else if (c != '\r' && c != '\n') {
            return false;
        }
    }
    return chars >= BASE64_MIN && pads <= chars / 8;
}

bool assay__reading_is_prose(assay_bytes text)
{
    size_t word = 0;

    if (text.len > PROSE_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                         (c >= '0' && c <= '9');

        if (assay__header_is_space(c))
            word = 0;
        else if (c == '\0' || (!is_letter && !strchr(".,:;'\"()/-", c)) ||
                 ++word > PROSE_WORD_MAX)
            return false;
    }
    return true;
}

/* Escapes or soft line breaks all over, and hardly a "=" that is neither. */
bool assay__reading_looks_like_qp(assay_bytes text)
{
    const char *at = text.data, *end = at + text.len;
    size_t escapes = 0, breaks = 0, others = 0;

    while (at < end && (at = memchr(at, '=', (size_t)(end - at)))) {
        size_t left = (size_t)(end - at++);

        if (left < 3)
            break;
        if (*at == '\n' || (at[0] == '\r' && at[1] == '\n'))
            breaks++;
        else if (assay__decode_hex_digit(at[0]) >= 0 &&
                 assay__decode_hex_digit(at[1]) >= 0)
            escapes++;
        else
            others++;
    }
    if (others > (escapes + breaks) / 8)
        return false;
    return breaks > 2 || escapes * 3 > text.len / 4;
}

/* ---- encodings ------------------------------------------------------------
 */

static uint32_t loose_encodings(assay_bytes value)
{
    uint32_t bits = 0;

    if (assay__text_contains_n(value.data, value.len, "base64") ||
        assay__text_contains_n(value.data, value.len, "base 64"))
        bits |= BIT(ASSAY_ENCODING_BASE64);
    if (assay__text_contains_n(value.data, value.len, "quoted") ||
        assay__text_contains_n(value.data, value.len, "printable"))
        bits |= BIT(ASSAY_ENCODING_QUOTED_PRINTABLE);
    if (assay__text_contains_n(value.data, value.len, "uue") ||
        assay__text_contains_n(value.data, value.len, "uucode"))
        bits |= BIT(ASSAY_ENCODING_UUENCODE);
    return bits;
}

/* Is nothing but a line end before the value? Some readers see only that. */
static bool is_on_next_line(assay_bytes value)
{
    size_t i = 0;

    while (i < value.len && assay__header_is_blank(value.data[i]))
        i++;
    return i < value.len && (value.data[i] == '\r' || value.data[i] == '\n');
}

static void find_encodings(assay_bytes block, struct leaf *leaf)
{
    struct assay__header_field field;

    while (assay__header_next(&block, &field)) {
        uint32_t bit;

        if (!assay__text_equal_n(field.name.data, field.name.len,
                                 "content-transfer-encoding"))
            continue;
        bit = BIT(assay__part_encoding_of(field.value));
        leaf->strict |= bit & IDENTITY ? BIT(ASSAY_ENCODING_7BIT) : bit;
        leaf->loose |= loose_encodings(field.value);
        if (is_on_next_line(field.value))
            leaf->loose |= BIT(ASSAY_ENCODING_7BIT);
    }
}

/* Encodings that the text itself speaks for. */
static uint32_t likely_encodings(const struct leaf *leaf)
{
    uint32_t bits = 0;

    if (leaf->encoding == ASSAY_ENCODING_BASE64) {
        if (assay__reading_looks_like_qp(leaf->body))
            bits |= BIT(ASSAY_ENCODING_QUOTED_PRINTABLE);
        return bits;
    }
    if (assay__reading_looks_like_base64(leaf->body))
        bits |= BIT(ASSAY_ENCODING_BASE64);
    if ((BIT(leaf->encoding) & (IDENTITY | BIT(ASSAY_ENCODING_UUENCODE))) &&
        assay__reading_looks_like_qp(leaf->body))
        bits |= BIT(ASSAY_ENCODING_QUOTED_PRINTABLE);
    return bits;
}

/* ---- decoding --------------------------------------------------------------
 */

/* @return true if a new leaf came out */
static bool decode_as(struct assay__readings *r, const struct leaf *leaf,
                      assay_encoding encoding)
{
    size_t room = assay__readings_room(r);
    struct assay__decoded decoded = {0};
    struct assay__reading_origin origin = leaf->origin;
    assay_rc rc;

    if (!assay__readings_work(r, leaf->body.len))
        return false;
    switch (encoding) {
    case ASSAY_ENCODING_BASE64:
        rc = assay__decode_base64(leaf->body, room, &decoded);
        break;
    case ASSAY_ENCODING_QUOTED_PRINTABLE:
        rc = assay__decode_quoted_printable(leaf->body, room, &decoded);
        break;
    case ASSAY_ENCODING_UUENCODE:
        rc = assay__decode_uuencode(leaf->body, room, &decoded);
        if (rc == ASSAY_E_NOTFOUND)
            rc = assay__decode_uu_lines(leaf->body, room, &decoded);
        break;
    default:
        return assay__readings_add(r, leaf->body, &origin);
    }
    origin.is_searched = false; /* it is not the text that was looked at */
    return assay__readings_add_decoded(r, rc, &decoded, &origin);
}

/* ---- other ways to undo base64 and quoted-printable ------------------------
 */

typedef size_t filter_fn(assay_bytes in, char *out);

static size_t stop_at_padding(assay_bytes in, char *out)
{
    size_t len = 0;

    while (len < in.len && in.data[len] != '=') {
        out[len] = in.data[len];
        len++;
    }
    return len;
}

static size_t without_padding(assay_bytes in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] != '=')
            out[len++] = in.data[i];
    }
    return len;
}

static size_t stop_at_junk(assay_bytes in, char *out)
{
    size_t len = 0;

    while (len < in.len && (is_base64_char(in.data[len]) ||
                            assay__header_is_space(in.data[len]))) {
        out[len] = in.data[len];
        len++;
    }
    return len;
}

/* Lines with anything foreign are left out. */
static size_t clean_lines(assay_bytes in, char *out)
{
    const char *at = in.data, *end = at + in.len;
    size_t len = 0;

    while (at < end) {
        assay_bytes line = assay__header_line(at, end);

        if (stop_at_junk(line, out + len) == line.len)
            len += line.len;
        at += line.len;
    }
    return len;
}

/* Each line for itself: what is over after its last group of four goes. */
static size_t line_by_line(assay_bytes in, char *out)
{
    size_t len = 0, in_line = 0;

    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] == '\n') {
            len -= in_line % 4;
            in_line = 0;
        } else if (is_base64_char(in.data[i])) {
            out[len++] = in.data[i];
            in_line++;
        }
    }
    return len;
}

static bool is_upper_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* An escape that is not as RFC 2045 has it loses its "=". */
static size_t drop_bad_escapes(assay_bytes in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        size_t left = in.len - i;

        if (in.data[i] == '=' &&
            !(left > 2 && is_upper_hex(in.data[i + 1]) &&
              is_upper_hex(in.data[i + 2])) &&
            !(left > 1 && assay__header_is_space(in.data[i + 1])))
            continue;
        out[len++] = in.data[i];
    }
    return len;
}

/* "=" at the end of a line with blanks behind it is no soft line break. */
static size_t drop_blanks_after_break(assay_bytes in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] == '=' && in.len - i > 1 &&
            assay__header_is_blank(in.data[i + 1]))
            continue;
        out[len++] = in.data[i];
    }
    return len;
}

static bool add_filtered(struct assay__readings *r, const struct leaf *leaf,
                         assay_encoding encoding, filter_fn *filter,
                         const char *reading)
{
    struct leaf other = *leaf;
    bool is_new;
    char *copy;

    if (leaf->body.len == 0 || !assay__readings_work(r, leaf->body.len))
        return false;
    copy = malloc(leaf->body.len);
    if (!copy) {
        r->rc = ASSAY_E_NOMEM;
        return false;
    }
    other.body = (assay_bytes){copy, filter(leaf->body, copy)};
    other.origin.reading = reading;
    is_new = decode_as(r, &other, encoding);
    free(copy);
    return is_new;
}

/* Padding with base64 behind it on the same line, in a text that is nothing
 * but base64: what one reader stops at and another does not. */
static bool hides_behind_padding(assay_bytes text)
{
    const char *at = text.data, *end = at + text.len;

    if (!assay__reading_looks_like_base64(text))
        return false;
    while (at < end && (at = memchr(at, '=', (size_t)(end - at)))) {
        while (at < end && *at == '=')
            at++;
        if (end - at >= 4 && is_base64_char(at[0]) && is_base64_char(at[1]) &&
            is_base64_char(at[2]) && is_base64_char(at[3]))
            return true;
    }
    return false;
}

bool assay__reading_has_broken_lines(assay_bytes text)
{
    const char *at = text.data, *end = at + text.len;

    while (at < end) {
        assay_bytes line = assay__header_line(at, end);

        at += line.len;
        while (line.len > 0 && assay__header_is_space(line.data[line.len - 1]))
            line.len--;
        if (at < end && line.len % 4 != 0)
            return true;
    }
    return false;
}

static void vary_base64(struct assay__readings *r, const struct leaf *leaf)
{
    const assay_encoding encoding = ASSAY_ENCODING_BASE64;
    const char *pad = leaf->body.len > 0
                          ? memchr(leaf->body.data, '=', leaf->body.len)
                          : NULL;
    size_t tail = pad ? leaf->body.len - (size_t)(pad - leaf->body.data) : 0;
    size_t clean = 0;

    while (clean < leaf->body.len &&
           (is_base64_char(leaf->body.data[clean]) ||
            assay__header_is_space(leaf->body.data[clean])))
        clean++;
    if (tail > 6) {
        if (add_filtered(r, leaf, encoding, stop_at_padding, "base64-stop") &&
            hides_behind_padding(leaf->body))
            r->reasons[ASSAY__REASON_BASE64] = true;
        (void)add_filtered(r, leaf, encoding, without_padding,
                           "base64-unpadded");
    }
    if (clean < leaf->body.len) {
        (void)add_filtered(r, leaf, encoding, stop_at_junk, "base64-to-junk");
        (void)add_filtered(r, leaf, encoding, clean_lines,
                           "base64-clean-lines");
    }
    if (clean < leaf->body.len &&
        assay__readings_is_new_range(r, leaf->body, ASSAY_ENCODING_7BIT)) {
        struct leaf raw = *leaf;

        raw.origin.reading = "undecoded";
        (void)decode_as(r, &raw, ASSAY_ENCODING_7BIT);
    }
    if (assay__reading_has_broken_lines(leaf->body))
        (void)add_filtered(r, leaf, encoding, line_by_line, "base64-by-line");
}

/* What readers take differently of the escapes in a text. */
struct escapes {
    bool has_bad;    /* no two digits, or lower case ones */
    bool has_blanks; /* behind a soft line break */
};

static struct escapes look_at_escapes(assay_bytes text)
{
    const char *at = text.data, *end = at + text.len;
    struct escapes found = {false, false};

    while (at < end && (at = memchr(at, '=', (size_t)(end - at)))) {
        if (++at == end)
            break;
        if (assay__header_is_blank(*at))
            found.has_blanks = true;
        else if (*at != '\r' && *at != '\n' &&
                 !(end - at > 1 && is_upper_hex(at[0]) && is_upper_hex(at[1])))
            found.has_bad = true;
    }
    return found;
}

bool assay__reading_has_odd_escapes(assay_bytes text)
{
    struct escapes found = look_at_escapes(text);

    return found.has_bad || found.has_blanks;
}

static void vary_quoted_printable(struct assay__readings *r,
                                  const struct leaf *leaf)
{
    const assay_encoding encoding = ASSAY_ENCODING_QUOTED_PRINTABLE;
    struct escapes found = look_at_escapes(leaf->body);

    if (found.has_bad)
        (void)add_filtered(r, leaf, encoding, drop_bad_escapes, "qp-strict");
    if (found.has_blanks)
        (void)add_filtered(r, leaf, encoding, drop_blanks_after_break,
                           "qp-blanks");
}

/* ---- a leaf ----------------------------------------------------------------
 */

static void add_usual(struct assay__readings *r, const struct leaf *leaf)
{
    bool is_new =
        assay__readings_is_new_range(r, leaf->body, (uint32_t)leaf->encoding) &&
        decode_as(r, leaf, leaf->encoding);

    if (is_new && leaf->origin.is_outside &&
        (leaf->origin.file_name ||
         strncmp(leaf->origin.media_type, "text/", 5) != 0))
        r->reasons[ASSAY__REASON_HIDDEN_PART] = true;
}

static void add_others(struct assay__readings *r, struct leaf *leaf)
{
    uint32_t likely = likely_encodings(leaf);
    uint32_t others = leaf->strict | leaf->loose | likely;
    bool is_conflict = (leaf->strict & (leaf->strict - 1)) != 0;

    for (unsigned e = ASSAY_ENCODING_7BIT; e < ASSAY_ENCODING_UNKNOWN; e++) {
        if (!(others & BIT(e)) || e == (unsigned)leaf->encoding ||
            !assay__readings_is_new_range(r, leaf->body, e))
            continue;
        leaf->origin.reading = (leaf->strict | leaf->loose) & BIT(e)
                                   ? "other-encoding"
                                   : "undeclared-encoding";
        if (decode_as(r, leaf, (assay_encoding)e) && is_conflict &&
            (leaf->strict & BIT(e)))
            r->reasons[ASSAY__REASON_ENCODING] = true;
    }
    leaf->strict = others;
}

void assay__reading_leaf_decode(struct assay__readings *r, assay_part *part,
                                const struct assay__reading_origin *origin)
{
    struct leaf leaf = {.body = part->info.body,
                        .encoding = part->info.encoding,
                        .origin = *origin};

    if (leaf.body.len == 0)
        return;
    add_usual(r, &leaf);
    if (leaf.encoding == ASSAY_ENCODING_UUENCODE) {
        struct leaf bare = leaf; /* a `begin` line may be missing */

        bare.origin.reading = "uuencode-without-begin";
        (void)decode_as(r, &bare, ASSAY_ENCODING_UUENCODE);
    }
    if (!assay__readings_is_new_range(r, leaf.body,
                                      HOW_VARIANTS + leaf.encoding))
        return;
    find_encodings(part->info.header, &leaf);
    add_others(r, &leaf);
    leaf.strict |= BIT(leaf.encoding);
    if (leaf.strict & BIT(ASSAY_ENCODING_BASE64))
        vary_base64(r, &leaf);
    if (leaf.strict & BIT(ASSAY_ENCODING_QUOTED_PRINTABLE))
        vary_quoted_printable(r, &leaf);
}

void assay__reading_leaf_outside(struct assay__readings *r, assay_bytes text,
                                 const struct assay__reading_origin *origin)
{
    struct leaf leaf = {
        .body = text, .encoding = ASSAY_ENCODING_7BIT, .origin = *origin};

    if (assay__reading_is_prose(text))
        return;
    add_usual(r, &leaf);
    if (assay__reading_looks_like_base64(text))
        add_others(r, &leaf);
}
