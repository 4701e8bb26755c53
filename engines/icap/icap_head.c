/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_head.h"

#include <string.h>
#include <strings.h>

/* RFC 7230 section 3.2.6 */
static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- lines -------------------------------------------------------------- */

/* A CR stands before a LF only. */
static bool is_clean(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];

        if (c == '\r' && (i + 1 == len || at[i + 1] != '\n'))
            return false;
        if ((c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* A line without its end. */
struct line {
    char *at, *end;
};

/* @return false when there is none any more */
static bool next_line(char **at, const char *end, struct line *out)
{
    char *lf = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (!lf)
        return false;
    out->at = *at;
    out->end = lf > *at && lf[-1] == '\r' ? lf - 1 : lf;
    *at = lf + 1;
    return true;
}

/* ---- the first line ----------------------------------------------------- */

/* "ICAP/1.0 200 OK"; the text behind the number may be missing. */
static unsigned parse_status(const struct line *line, const char *protocol)
{
    size_t len = strlen(protocol);
    const char *at = line->at;

    if ((size_t)(line->end - at) < len + 5 || memcmp(at, protocol, len) != 0 ||
        !is_digit(at[len]))
        return 0;
    at += len + 1;
    if (*at != ' ')
        return 0;
    while (at < line->end && *at == ' ')
        at++;
    if (line->end - at < 3 || !is_digit(at[0]) || !is_digit(at[1]) ||
        !is_digit(at[2]) || (at + 3 < line->end && at[3] != ' '))
        return 0;
    return (unsigned)((at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0'));
}

/* @return what is wrong, or NULL */
static const char *take_first(struct assay__icap_head *head,
                              const struct line *line,
                              enum assay__icap_first first)
{
    if (first == ASSAY__ICAP_FIRST_REQUEST)
        return line->at == line->end ? "has an empty request line" : NULL;
    head->status = parse_status(
        line, first == ASSAY__ICAP_FIRST_ICAP ? "ICAP/1." : "HTTP/1.");
    if (head->status < 100)
        return first == ASSAY__ICAP_FIRST_ICAP
                   ? "does not begin as ICAP does"
                   : "has an HTTP header that does not begin as one";
    return NULL;
}

/* ---- fields ------------------------------------------------------------- */

static char *trim(const char *at, char *end)
{
    while (end > at && is_blank(end[-1]))
        end--;
    return end;
}

/* Join a line to the value before it, with a LF between them. */
static void fold(char *last_end, const struct line *line)
{
    *last_end = '\n';
    for (char *at = last_end + 1; at < line->at; at++)
        *at = ' ';
}

/* What the last value may be trimmed back to. */
struct last {
    char *at, *end;
};

static void end_value(struct last *last, char *line_end)
{
    last->end = trim(last->at, line_end);
    *last->end = '\0';
}

static const char *add_field(struct assay__icap_head *head,
                             const struct line *line, struct last *last)
{
    struct assay__icap_field *field = &head->fields[head->count];
    char *at = line->at;

    while (at < line->end && is_token_char(*at))
        at++;
    if (at == line->at || at == line->end || *at != ':')
        return "has a header line that is none";
    if (head->count == ASSAY__ICAP_FIELDS_MAX)
        return "has too many header lines";
    *at++ = '\0';
    while (at < line->end && is_blank(*at))
        at++;
    field->name = line->at;
    field->value = last->at = at;
    head->count++;
    return NULL;
}

/* Lines up to the empty one, which ends the block. */
static const char *take_fields(struct assay__icap_head *head, char *at,
                               const char *end)
{
    size_t before = head->count;
    struct last last = {NULL, NULL};
    struct line line;

    while (next_line(&at, end, &line)) {
        const char *trouble = NULL;

        if (line.at == line.end)
            return at == end ? NULL : "has an empty line within a header";
        if (is_blank(line.at[0]) && head->count == before)
            return "has a header that begins with a blank";
        if (is_blank(line.at[0]))
            fold(last.end, &line);
        else
            trouble = add_field(head, &line, &last);
        if (trouble)
            return trouble;
        end_value(&last, line.end);
    }
    return "has a header without an empty line behind it";
}

const char *assay__icap_head_parse(struct assay__icap_head *head, size_t from,
                                   size_t to, enum assay__icap_first first)
{
    char *at = head->text + from;
    const char *end = head->text + to;
    const char *trouble;
    struct line line;

    if (!is_clean(at, to - from))
        return "has a control character in a header";
    if (!next_line(&at, end, &line))
        return "has a header without a line";
    trouble = take_first(head, &line, first);
    return trouble ? trouble : take_fields(head, at, end);
}

const char *assay__icap_head_get(const struct assay__icap_head *head,
                                 const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (!strcasecmp(head->fields[i].name, name))
            return head->fields[i].value;
    return NULL;
}
