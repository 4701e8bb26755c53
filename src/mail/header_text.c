/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Encoded-words in one pass over the value.
 *
 * Words that stand next to each other in the same charset are decoded to one
 * run of bytes before they are converted, because senders split multi-byte
 * characters between words. When a run cannot be converted its source text
 * stays. The search for the end of a word never looks twice at the same
 * bytes, so a value full of beginnings stays linear.
 */
#include "mail/header_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/header.h"

/* "=?", charset, "*" and language. */
#define WORD_PREFIX_MAX ((size_t)2 * ASSAY__CHARSET_NAME_MAX)

/* An encoded-word in its source. */
struct word {
    assay_bytes charset;
    assay_bytes text;
    char encoding; /* 'q' or 'b' */
    size_t len;    /* from "=?" to "?=" */
};

struct decoder {
    const char *at;
    const char *end;
    const char *close;          /* the first "?=" from searched on, or end */
    const char *searched;       /* NULL: nothing yet */
    struct assay__strbuf plain; /* the value unfolded */
    struct assay__strbuf *out;
    int conversions;
    /* the run of words that is not converted yet */
    struct assay__strbuf run;
    assay_bytes run_charset; /* len 0: no run */
    const char *run_start;
    const char *run_end;
};

/* ---- one word ------------------------------------------------------------ */

/* The first "?=" at or after from; end when there is none. */
static const char *find_close(struct decoder *d, const char *from)
{
    const char *stop = d->end, *p = from;

    if (d->searched && from < d->searched)
        stop = d->searched; /* from there on it is known */
    else if (d->searched && from <= d->close)
        return d->close;
    while (p < stop && (p[0] != '?' || p + 1 == d->end || p[1] != '='))
        p++;
    if (p < stop || stop == d->end)
        d->close = p;
    d->searched = from;
    return d->close;
}

/* Parse "=?charset*lang?e?text?=" at p. */
static bool parse_word(struct decoder *d, const char *p, struct word *word)
{
    size_t left = (size_t)(d->end - p), len = 2;
    const char *close;

    if (left < 8 || p[0] != '=' || p[1] != '?')
        return false;
    while (len < left && len < 2 + ASSAY__CHARSET_NAME_MAX && p[len] != '?' &&
           p[len] != '*' && !assay__header_is_blank(p[len]))
        len++;
    word->charset = (assay_bytes){p + 2, len - 2};
    if (len < left && p[len] == '*') { /* RFC 2231 5: the language */
        while (len < left && len < WORD_PREFIX_MAX && p[len] != '?')
            len++;
    }
    if (left - len < 3 || p[len] != '?' || p[len + 2] != '?')
        return false;
    word->encoding = assay__ascii_lower(p[len + 1]);
    if (word->encoding != 'q' && word->encoding != 'b')
        return false;
    p += len + 3;
    close = find_close(d, p);
    if (close == d->end || word->charset.len == 0)
        return false;
    word->text = (assay_bytes){p, (size_t)(close - p)};
    word->len = len + 3 + word->text.len + 2;
    return true;
}

static assay_rc add_q(struct assay__strbuf *run, assay_bytes text)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < text.len && rc == ASSAY_OK; i++) {
        char c = text.data[i];
        int high, low;

        if (c == '_')
            c = ' ';
        if (c == '=' && text.len - i >= 3) {
            high = assay__decode_hex_digit(text.data[i + 1]);
            low = assay__decode_hex_digit(text.data[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        rc = assay__strbuf_addc(run, c);
    }
    return rc;
}

static assay_rc add_word_bytes(struct assay__strbuf *run,
                               const struct word *word)
{
    struct assay__decoded decoded;
    assay_rc rc;

    if (word->encoding == 'q')
        return add_q(run, word->text);
    rc = assay__decode_base64(word->text, word->text.len, &decoded);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__strbuf_add(run, decoded.data, decoded.len);
    free(decoded.data);
    return rc;
}

/* ---- runs -----------------------------------------------------------------
 */

static bool is_same_charset(assay_bytes a, assay_bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (assay__ascii_lower(a.data[i]) != assay__ascii_lower(b.data[i]))
            return false;
    }
    return true;
}

static assay_rc flush_run(struct decoder *d)
{
    assay_bytes run = {d->run.data, d->run.len};
    assay_rc rc = ASSAY_E_NOTFOUND;

    if (d->run_charset.len == 0)
        return ASSAY_OK;
    if (d->conversions++ < ASSAY__HEADER_TEXT_CONVERSIONS_MAX)
        rc = assay__charset_to_utf8(d->run_charset, run, d->out);
    if (rc == ASSAY_E_NOTFOUND)
        rc = assay__strbuf_add(d->out, d->run_start,
                               (size_t)(d->run_end - d->run_start));
    d->run_charset.len = 0;
    assay__strbuf_reset(&d->run);
    return rc;
}

static assay_rc take_word(struct decoder *d, const struct word *word)
{
    assay_rc rc;

    if (!is_same_charset(d->run_charset, word->charset)) {
        rc = flush_run(d);
        if (rc != ASSAY_OK)
            return rc;
    }
    if (d->run_charset.len == 0)
        d->run_start = d->at;
    d->run_charset = word->charset;
    d->at += word->len;
    d->run_end = d->at;
    return add_word_bytes(&d->run, word);
}

/* Everything up to the next word, which may be blanks that vanish. */
static assay_rc take_plain(struct decoder *d)
{
    const char *start = d->at;
    struct word word;
    bool only_blanks = true;
    assay_rc rc;

    while (d->at < d->end && !parse_word(d, d->at, &word)) {
        only_blanks = only_blanks && assay__header_is_blank(*d->at);
        d->at++;
    }
    if (only_blanks && d->run_charset.len > 0 && d->at < d->end) {
        d->run_end = d->at; /* they stay if the run cannot be converted */
        return ASSAY_OK;
    }
    rc = flush_run(d);
    if (rc == ASSAY_OK)
        rc = assay__strbuf_add(d->out, start, (size_t)(d->at - start));
    return rc;
}

static assay_rc decode_words(struct decoder *d)
{
    assay_rc rc = ASSAY_OK;
    struct word word;

    while (rc == ASSAY_OK && d->at < d->end) {
        if (parse_word(d, d->at, &word))
            rc = take_word(d, &word);
        else
            rc = take_plain(d);
    }
    return rc == ASSAY_OK ? flush_run(d) : rc;
}

/* ---- the value ------------------------------------------------------------
 */

size_t assay__header_text_max(size_t len)
{
    size_t max;

    /* A byte becomes at most three (U+FFFD, or one letter of an 8-bit
     * charset), and each byte of those at most three more (NUL). */
    if (!assay__size_mul(len, 9, &max) || !assay__size_add(max, 64, &max))
        return SIZE_MAX;
    return max;
}

static assay_rc unfold(assay_bytes value, struct assay__strbuf *out)
{
    assay_rc rc = assay__strbuf_reserve(out, value.len);

    for (size_t i = 0; i < value.len && rc == ASSAY_OK; i++) {
        bool is_line_end = value.data[i] == '\n' ||
                           (value.data[i] == '\r' && i + 1 < value.len &&
                            value.data[i + 1] == '\n');

        if (!is_line_end)
            rc = assay__strbuf_addc(out, value.data[i]);
    }
    return rc;
}

assay_rc assay__header_text_decode(assay_bytes value, struct assay__strbuf *out)
{
    struct assay__strbuf decoded;
    struct decoder d = {.out = &decoded};
    assay_rc rc;

    assay__strbuf_init(&decoded, assay__header_text_max(value.len));
    assay__strbuf_init(&d.plain, value.len);
    assay__strbuf_init(&d.run, value.len);
    rc = unfold(value, &d.plain);
    if (rc != ASSAY_OK)
        goto out;
    d.at = assay__strbuf_str(&d.plain);
    d.end = d.at + d.plain.len;
    rc = decode_words(&d);
    if (rc == ASSAY_OK)
        rc = assay__charset_repair_utf8(
            (assay_bytes){assay__strbuf_str(&decoded), decoded.len}, out);
out:
    assay__strbuf_fini(&d.run);
    assay__strbuf_fini(&d.plain);
    assay__strbuf_fini(&decoded);
    return rc;
}

assay_rc assay_header_decode(assay_bytes value, char **out, assay_error *err)
{
    struct assay__strbuf text;
    assay_rc rc = ASSAY_OK;
    char *taken = NULL;

    for (; value.len > 0 && assay__header_is_space(value.data[0]); value.len--)
        value.data++;
    while (value.len > 0 && assay__header_is_space(value.data[value.len - 1]))
        value.len--;
    assay__strbuf_init(&text, assay__header_text_max(value.len));
    rc = assay__header_text_decode(value, &text);
    if (rc == ASSAY_OK)
        taken = assay__strbuf_take(&text);
    if (!taken) {
        assay__strbuf_fini(&text);
        return assay_error_set(err, ASSAY_E_NOMEM, "header text");
    }
    *out = taken;
    return ASSAY_OK;
}
