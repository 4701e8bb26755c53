/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "spamd_reply.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    CODE_DIGITS_MAX = 3,
    VERSION_DIGITS_MAX = 3,
    LENGTH_DIGITS_MAX = 6,
    WHOLE_DIGITS_MAX = 9,
    FRACTION_DIGITS_MAX = 6,
    TEXT_MAX = 120, /* of what spamd says, in an error */
    /* sysexits.h, and what spamd and spamc add to it */
    CODE_OK = 0,
    CODE_UNAVAILABLE = 69,
    CODE_OSERR = 71,
    CODE_TEMPFAIL = 75,
    CODE_TIMEOUT = 79,
    CODE_TOOBIG = 98,
    CODE_TOOBIG_OLD = 866
};

/* A piece of the reply. */
struct span {
    const char *at;
    size_t len;
};

/* ---- small things ------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_char(struct span *span, char c)
{
    if (span->len == 0 || span->at[0] != c)
        return false;
    span->at++;
    span->len--;
    return true;
}

static void skip_blanks(struct span *span)
{
    while (take_char(span, ' ') || take_char(span, '\t'))
        continue;
}

/* @return digits taken; more than most are none */
static int take_digits(struct span *span, int most, long *out)
{
    int count = 0;
    long number = 0;

    while ((size_t)count < span->len && is_digit(span->at[count])) {
        if (count == most)
            return 0;
        number = 10 * number + (span->at[count++] - '0');
    }
    span->at += count;
    span->len -= (size_t)count;
    *out = number;
    return count;
}

/* The C library's strtod() follows the locale, and takes "inf" and "1e9". */
static bool take_number(struct span *span, double *out)
{
    bool is_negative = take_char(span, '-');
    long whole, fraction = 0, scale = 1;
    int digits;

    if (!take_digits(span, WHOLE_DIGITS_MAX, &whole))
        return false;
    if (take_char(span, '.')) {
        digits = take_digits(span, FRACTION_DIGITS_MAX, &fraction);
        if (!digits)
            return false;
        while (digits-- > 0)
            scale *= 10;
    }
    *out = (double)(whole * scale + fraction) / (double)scale;
    if (is_negative)
        *out = -*out;
    return true;
}

/* @return false when there is no whole line; without its CRLF otherwise */
static bool take_line(struct span *rest, struct span *line)
{
    const char *end = memmem(rest->at, rest->len, "\r\n", 2);

    if (!end)
        return false;
    line->at = rest->at;
    line->len = (size_t)(end - rest->at);
    rest->at += line->len + 2;
    rest->len -= line->len + 2;
    return true;
}

/* Of one line: nothing that ends lines or texts elsewhere. */
static bool is_clean(struct span line)
{
    return !memchr(line.at, '\0', line.len) && !memchr(line.at, '\n', line.len);
}

/* Foreign text in an error: only what is printable. */
static void copy_text(char out[TEXT_MAX], struct span span)
{
    size_t len = span.len < TEXT_MAX - 1 ? span.len : TEXT_MAX - 1;

    for (size_t i = 0; i < len; i++) {
        out[i] = span.at[i];
        if (out[i] < ' ' || out[i] > '~')
            out[i] = '?';
    }
    out[len] = '\0';
}

static assay_rc garbage(assay_error *err, const char *what, struct span span)
{
    char text[TEXT_MAX];

    copy_text(text, span);
    return assay_error_set(err, ASSAY_E_IO, "%s: \"%s\"", what, text);
}

static assay_rc cut_off(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "its answer is cut off");
}

/* ---- the status line ---------------------------------------------------- */

static assay_rc refused(long code, struct span text, assay_error *err)
{
    char copy[TEXT_MAX];
    assay_rc rc = ASSAY_E_IO;

    if (code == CODE_UNAVAILABLE || code == CODE_OSERR ||
        code == CODE_TEMPFAIL || code == CODE_TIMEOUT)
        rc = ASSAY_E_UNAVAILABLE;
    else if (code == CODE_TOOBIG || code == CODE_TOOBIG_OLD)
        rc = ASSAY_E_LIMIT;
    copy_text(copy, text);
    return assay_error_set(err, rc, "it answers %ld %s", code, copy);
}

/* "SPAMD/1.1 0 EX_OK". @param version_out  its first word; text_out  behind
 * the code, "EX_OK" */
static assay_rc take_status(struct span *rest, struct span *version_out,
                            struct span *text_out, assay_error *err)
{
    static const char name[] = "SPAMD/";
    struct span line, at;
    long major, minor, code;

    if (!take_line(rest, &line))
        return memchr(rest->at, '\n', rest->len)
                   ? garbage(err, "it does not answer as spamd", *rest)
                   : cut_off(err);
    if (!is_clean(line))
        return garbage(err, "it does not answer as spamd", line);
    at = line;
    for (const char *c = name; *c != '\0'; c++)
        if (!take_char(&at, *c))
            return garbage(err, "it does not answer as spamd", line);
    if (!take_digits(&at, VERSION_DIGITS_MAX, &major) || !take_char(&at, '.') ||
        !take_digits(&at, VERSION_DIGITS_MAX, &minor) || !take_char(&at, ' '))
        return garbage(err, "it does not answer as spamd", line);
    version_out->at = line.at;
    version_out->len = (size_t)(at.at - line.at) - 1;
    if (!take_digits(&at, CODE_DIGITS_MAX, &code) ||
        (at.len > 0 && !take_char(&at, ' ')))
        return garbage(err, "its answer has no code", line);
    *text_out = at;
    return code == CODE_OK ? ASSAY_OK : refused(code, at, err);
}

/* ---- headers ------------------------------------------------------------ */

struct headers {
    bool has_spam, has_length;
    long length;
};

static bool take_verdict(struct span *span, bool *out)
{
    static const struct {
        const char *word;
        bool is_spam;
    } words[] = {
        {"True", true}, {"False", false}, {"Yes", true}, {"No", false}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);

        if (span->len >= len && !strncasecmp(span->at, words[i].word, len)) {
            span->at += len;
            span->len -= len;
            *out = words[i].is_spam;
            return true;
        }
    }
    return false;
}

/* "True ; 15.0 / 5.0" */
static bool parse_spam(struct span value, struct assay__spamd_reply *out)
{
    bool ok = take_verdict(&value, &out->is_spam);

    skip_blanks(&value);
    ok = ok && take_char(&value, ';');
    skip_blanks(&value);
    ok = ok && take_number(&value, &out->points);
    skip_blanks(&value);
    ok = ok && take_char(&value, '/');
    skip_blanks(&value);
    ok = ok && take_number(&value, &out->threshold);
    skip_blanks(&value);
    return ok && value.len == 0;
}

static bool parse_length(struct span value, struct headers *headers)
{
    bool ok = take_digits(&value, LENGTH_DIGITS_MAX, &headers->length) > 0;

    skip_blanks(&value);
    return ok && value.len == 0;
}

static bool is_named(struct span line, const char *name, struct span *value)
{
    size_t len = strlen(name);

    if (line.len <= len || strncasecmp(line.at, name, len) != 0 ||
        line.at[len] != ':')
        return false;
    value->at = line.at + len + 1;
    value->len = line.len - len - 1;
    skip_blanks(value);
    return true;
}

static assay_rc take_header(struct span line, struct headers *headers,
                            struct assay__spamd_reply *out, assay_error *err)
{
    bool ok = line.len > 0 && line.at[0] != ':' &&
              memchr(line.at, ':', line.len) != NULL && is_clean(line);
    struct span value;

    if (ok && is_named(line, "Spam", &value)) {
        ok = !headers->has_spam && parse_spam(value, out);
        headers->has_spam = true;
    } else if (ok && is_named(line, "Content-length", &value)) {
        ok = !headers->has_length && parse_length(value, headers);
        headers->has_length = true;
    }
    return ok ? ASSAY_OK : garbage(err, "its answer has a bad line", line);
}

static assay_rc take_headers(struct span *rest, struct headers *headers,
                             struct assay__spamd_reply *out, assay_error *err)
{
    struct span line;
    assay_rc rc = ASSAY_OK;

    for (int i = 0; rc == ASSAY_OK; i++) {
        if (!take_line(rest, &line))
            return cut_off(err);
        if (line.len == 0)
            return ASSAY_OK;
        if (i == ASSAY__SPAMD_HEADERS_MAX)
            return assay_error_set(err, ASSAY_E_IO,
                                   "its answer has over %d headers",
                                   ASSAY__SPAMD_HEADERS_MAX);
        rc = take_header(line, headers, out, err);
    }
    return rc;
}

/* ---- replies ------------------------------------------------------------ */

/* Both numbers are rounded to one decimal, but never past each other. */
static bool contradicts_itself(const struct assay__spamd_reply *reply)
{
    return reply->is_spam ? reply->points < reply->threshold
                          : reply->points > reply->threshold;
}

static assay_rc check_whole(const struct headers *headers,
                            const struct assay__spamd_reply *reply,
                            struct span body, assay_error *err)
{
    if (!headers->has_spam)
        return assay_error_set(err, ASSAY_E_IO,
                               "its answer has no line 'Spam:'");
    if (!headers->has_length)
        return assay_error_set(err, ASSAY_E_IO,
                               "its answer has no line 'Content-length:'");
    if (body.len < (size_t)headers->length)
        return cut_off(err);
    if (body.len > (size_t)headers->length)
        return assay_error_set(err, ASSAY_E_IO,
                               "its answer is longer than it says: %zu bytes, "
                               "not %ld",
                               body.len, headers->length);
    if (contradicts_itself(reply))
        return assay_error_set(err, ASSAY_E_IO,
                               "its answer contradicts itself: %s with %.1f "
                               "points of %.1f",
                               reply->is_spam ? "spam" : "no spam",
                               reply->points, reply->threshold);
    return ASSAY_OK;
}

assay_rc assay__spamd_reply_parse(const char *data, size_t len,
                                  struct assay__spamd_reply *out,
                                  assay_error *err)
{
    struct assay__spamd_reply reply = {0};
    struct headers headers = {0};
    struct span rest = {data, len}, version, text;
    assay_rc rc = take_status(&rest, &version, &text, err);

    if (rc == ASSAY_OK)
        rc = take_headers(&rest, &headers, &reply, err);
    if (rc == ASSAY_OK)
        rc = check_whole(&headers, &reply, rest, err);
    if (rc != ASSAY_OK)
        return rc;
    reply.symbols = rest.at;
    reply.symbols_len = rest.len;
    *out = reply;
    return ASSAY_OK;
}

assay_rc assay__spamd_pong_parse(const char *data, size_t len, char *out,
                                 size_t size, assay_error *err)
{
    struct span rest = {data, len}, version, text;
    assay_rc rc = take_status(&rest, &version, &text, err);

    if (rc != ASSAY_OK)
        return rc;
    if (text.len != 4 || memcmp(text.at, "PONG", 4) != 0)
        return garbage(err, "it does not answer a ping", text);
    (void)snprintf(out, size, "%.*s", (int)version.len, version.at);
    return ASSAY_OK;
}
