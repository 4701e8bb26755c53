/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail/mime_param.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/header.h"
#include "mail/header_text.h"

/* Section number of a parameter without one ("name" or "name*"). */
#define WHOLE UINT32_MAX
/* More digits than any mail has sections. */
#define SECTION_DIGITS_MAX 6

/* One parameter, or one section of one, in its source. */
struct param {
    assay_bytes name; /* without the stars */
    uint32_t section;
    bool is_extended; /* percent escapes; in section 0 a charset as well */
    bool is_quoted;
    assay_bytes value; /* between the quotes, escapes in place */
};

/* ---- reading in place -----------------------------------------------------
 */

static void skip(assay_bytes *rest, size_t count)
{
    rest->data += count;
    rest->len -= count;
}

/* At "(": a comment, which may hold comments and backslash pairs. */
static void skip_comment(assay_bytes *rest)
{
    size_t depth = 0, i = 0;

    for (; i < rest->len; i++) {
        char c = rest->data[i];

        if (c == '\\')
            i++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            break;
    }
    skip(rest, i + 1 < rest->len ? i + 1 : rest->len);
}

static void skip_space(assay_bytes *rest)
{
    while (rest->len > 0) {
        if (rest->data[0] == '(')
            skip_comment(rest);
        else if (assay__header_is_space(rest->data[0]))
            skip(rest, 1);
        else
            return;
    }
}

/* RFC 2045: printable ASCII but no tspecials. */
static bool is_token_char(char c)
{
    return c > 32 && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

assay_bytes assay__mime_token(assay_bytes *rest)
{
    assay_bytes token;

    skip_space(rest);
    token = (assay_bytes){rest->data, 0};
    while (token.len < rest->len && is_token_char(token.data[token.len]))
        token.len++;
    skip(rest, token.len);
    return token;
}

/* At the opening quote. The value is what is between the quotes. */
static assay_bytes take_quoted(assay_bytes *rest)
{
    size_t end = 1;
    assay_bytes value;

    while (end < rest->len && rest->data[end] != '"')
        end += rest->data[end] == '\\' && end + 1 < rest->len ? 2 : 1;
    value = (assay_bytes){rest->data + 1, end - 1};
    skip(rest, end < rest->len ? end + 1 : end);
    return value;
}

/* Up to the ";" or a comment after a blank, without blanks at the end. */
static assay_bytes take_unquoted(assay_bytes *rest)
{
    assay_bytes value = {rest->data, 0};
    size_t end = 0;

    while (end < rest->len && rest->data[end] != ';') {
        if (rest->data[end] == '(' && end > 0 &&
            assay__header_is_space(rest->data[end - 1]))
            break;
        end++;
    }
    value.len = end;
    while (value.len > 0 && assay__header_is_space(value.data[value.len - 1]))
        value.len--;
    skip(rest, end);
    return value;
}

/* To behind the next ";" outside quotes and comments. */
static void skip_to_next(assay_bytes *rest)
{
    while (rest->len > 0) {
        char c = rest->data[0];

        if (c == '"') {
            (void)take_quoted(rest);
        } else if (c == '(') {
            skip_comment(rest);
        } else {
            skip(rest, 1);
            if (c == ';')
                return;
        }
    }
}

/* ---- parameters -----------------------------------------------------------
 */

/* "", "*", "*N" or "*N*" behind a name. @return false: none of them */
static bool parse_stars(assay_bytes stars, struct param *param)
{
    size_t i = 1;

    param->section = WHOLE;
    param->is_extended = stars.len == 1;
    if (stars.len <= 1)
        return true;
    param->section = 0;
    while (i < stars.len && i <= SECTION_DIGITS_MAX && stars.data[i] >= '0' &&
           stars.data[i] <= '9')
        param->section =
            param->section * 10 + (uint32_t)(stars.data[i++] - '0');
    if (i == 1 || i == stars.len)
        return i > 1;
    param->is_extended = true;
    return stars.data[i] == '*' && i + 1 == stars.len;
}

static bool split_name(assay_bytes token, struct param *param)
{
    const char *star =
        token.len > 0 ? memchr(token.data, '*', token.len) : NULL;
    size_t len = star ? (size_t)(star - token.data) : token.len;

    param->name = (assay_bytes){token.data, len};
    return parse_stars((assay_bytes){token.data + len, token.len - len}, param);
}

/* *rest stands before a parameter; afterwards before the next.
 * @return false at the end of the value */
static bool next_param(assay_bytes *rest, struct param *param)
{
    while (rest->len > 0) {
        bool is_good = split_name(assay__mime_token(rest), param);

        skip_space(rest);
        if (rest->len == 0 || rest->data[0] != '=') {
            skip_to_next(rest);
            continue;
        }
        skip(rest, 1);
        skip_space(rest);
        param->is_quoted = rest->len > 0 && rest->data[0] == '"';
        param->value =
            param->is_quoted ? take_quoted(rest) : take_unquoted(rest);
        skip_to_next(rest);
        if (is_good)
            return true;
    }
    return false;
}

/* The bytes of a value: line ends of folds go, escapes are resolved. */
static assay_rc add_value(const struct param *param, struct assay__strbuf *out)
{
    assay_bytes text = param->value;
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < text.len && rc == ASSAY_OK; i++) {
        char c = text.data[i];
        size_t left = text.len - i;
        int high = -1, low = -1;

        if (c == '\r' || c == '\n')
            continue;
        if (param->is_quoted && c == '\\' && left > 1 &&
            (text.data[i + 1] == '"' || text.data[i + 1] == '\\')) {
            c = text.data[++i];
        } else if (param->is_extended && c == '%' && left > 2) {
            high = assay__decode_hex_digit(text.data[i + 1]);
            low = assay__decode_hex_digit(text.data[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            c = (char)(high << 4 | low);
            i += 2;
        }
        rc = assay__strbuf_addc(out, c);
    }
    return rc;
}

/* Cut "charset'language'" off the front of an extended value. */
static assay_bytes take_charset(struct param *first)
{
    const char *start = first->value.data, *end = start + first->value.len;
    const char *quote, *second;

    if (!first->is_extended || first->value.len == 0)
        return (assay_bytes){NULL, 0};
    quote = memchr(start, '\'', first->value.len);
    second = quote ? memchr(quote + 1, '\'', (size_t)(end - quote - 1)) : NULL;
    if (!second)
        return (assay_bytes){NULL, 0};
    first->value = (assay_bytes){second + 1, (size_t)(end - second - 1)};
    return (assay_bytes){start, (size_t)(quote - start)};
}

/* ---- one parameter of many sections ---------------------------------------
 */

struct sections {
    struct param *list;
    size_t count;
    size_t cap;
};

static assay_rc add_section(struct sections *sections,
                            const struct param *param)
{
    size_t cap = sections->cap > 0 ? 2 * sections->cap : 8;
    struct param *grown;

    if (sections->count == sections->cap) {
        grown = realloc(sections->list, cap * sizeof *grown);
        if (!grown)
            return ASSAY_E_NOMEM;
        sections->list = grown;
        sections->cap = cap;
    }
    sections->list[sections->count++] = *param;
    return ASSAY_OK;
}

/* By number; of equal numbers the first in the header comes first. */
static int compare_sections(const void *a, const void *b)
{
    const struct param *left = a, *right = b;

    if (left->section != right->section)
        return left->section < right->section ? -1 : 1;
    return left->name.data < right->name.data ? -1 : 1;
}

/* Append sections 0, 1, … up to the first that is missing. */
static assay_rc join_sections(struct sections *sections,
                              assay_bytes *charset_out,
                              struct assay__strbuf *out)
{
    uint32_t want = 0;
    assay_rc rc = ASSAY_OK;

    qsort(sections->list, sections->count, sizeof *sections->list,
          compare_sections);
    *charset_out = take_charset(&sections->list[0]);
    for (size_t i = 0; i < sections->count && rc == ASSAY_OK; i++) {
        if (sections->list[i].section == want) {
            rc = add_value(&sections->list[i], out);
            want++;
        }
    }
    return rc;
}

/* ---- look-up ----------------------------------------------------------------
 */

/* All that a header says about one name. */
struct found {
    struct param plain;       /* name= */
    struct param extended;    /* name*= */
    struct sections sections; /* name*0= … */
    bool has_plain;
    bool has_extended;
};

static assay_rc collect(assay_bytes value, const char *name,
                        struct found *found)
{
    assay_rc rc = ASSAY_OK;
    struct param param;

    skip_to_next(&value); /* the type or disposition */
    while (rc == ASSAY_OK && next_param(&value, &param)) {
        if (!assay__text_equal_n(param.name.data, param.name.len, name))
            continue;
        if (param.section != WHOLE) {
            rc = add_section(&found->sections, &param);
        } else if (param.is_extended && !found->has_extended) {
            found->extended = param;
            found->has_extended = true;
        } else if (!param.is_extended && !found->has_plain) {
            found->plain = param;
            found->has_plain = true;
        }
    }
    return rc;
}

static bool has_first_section(const struct found *found)
{
    for (size_t i = 0; i < found->sections.count; i++) {
        if (found->sections.list[i].section == 0)
            return true;
    }
    return false;
}

/* RFC 2231 beats the plain form, which old programs still need. */
static assay_rc add_bytes(struct found *found, assay_bytes *charset_out,
                          struct assay__strbuf *out)
{
    if (found->has_extended) {
        *charset_out = take_charset(&found->extended);
        return add_value(&found->extended, out);
    }
    if (has_first_section(found))
        return join_sections(&found->sections, charset_out, out);
    if (found->has_plain)
        return add_value(&found->plain, out);
    return ASSAY_E_NOTFOUND;
}

static assay_rc add_text(assay_bytes bytes, assay_bytes charset,
                         bool is_extended, struct assay__strbuf *out)
{
    assay_rc rc = ASSAY_E_NOTFOUND;

    if (!is_extended)
        return assay__header_text_decode(bytes, out);
    if (charset.len > 0)
        rc = assay__charset_to_utf8(charset, bytes, out);
    if (rc == ASSAY_E_NOTFOUND)
        rc = assay__charset_repair_utf8(bytes, out);
    return rc;
}

assay_rc assay__mime_param(assay_bytes value, const char *name, bool is_text,
                           struct assay__strbuf *out)
{
    struct found found = {0};
    assay_bytes charset = {NULL, 0};
    struct assay__strbuf bytes;
    assay_rc rc;

    assay__strbuf_init(&bytes, value.len);
    rc = collect(value, name, &found);
    if (rc == ASSAY_OK)
        rc = add_bytes(&found, &charset, &bytes);
    if (rc == ASSAY_OK) {
        assay_bytes raw = {assay__strbuf_str(&bytes), bytes.len};
        bool is_extended = found.has_extended || has_first_section(&found);

        rc = is_text ? add_text(raw, charset, is_extended, out)
                     : assay__strbuf_add(out, raw.data, raw.len);
    }
    assay__strbuf_fini(&bytes);
    free(found.sections.list);
    return rc;
}

/* ---- conflicts -------------------------------------------------------------
 */

bool assay__mime_param_conflicts(assay_bytes value, const char *name)
{
    assay_bytes rest = value, first = {NULL, 0};
    struct param param;
    bool has_plain = false, has_extended = false;

    skip_to_next(&rest); /* the type or disposition */
    while (next_param(&rest, &param)) {
        if (!assay__text_equal_n(param.name.data, param.name.len, name))
            continue;
        if (param.section != WHOLE || param.is_extended) {
            has_extended = true;
        } else if (!has_plain) {
            has_plain = true;
            first = param.value;
        } else if (param.value.len != first.len ||
                   memcmp(param.value.data, first.data, first.len) != 0) {
            return true;
        }
    }
    return has_plain && has_extended;
}
