/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mbox.h"

#include <string.h>

static const char from[] = {'F', 'r', 'o', 'm', ' '};

/* The message being read. Lines are collected at the end of the buffer and
 * looked at when they are whole, so no line is ever too long to recognise. */
struct gather {
    struct assay__buffer *buffer;
    size_t line;    /* where the present line starts */
    bool overflown; /* over the limit: only the present line is kept */
};

static bool starts_with_from(const char *data, size_t len)
{
    return len >= sizeof from && memcmp(data, from, sizeof from) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "1900" to "2099" */
static bool is_year(const char *word, size_t len)
{
    return len == 4 &&
           ((word[0] == '1' && word[1] == '9') ||
            (word[0] == '2' && word[1] == '0')) &&
           is_digit(word[2]) && is_digit(word[3]);
}

/* "9:30", "09:30", "09:30:59" */
static bool is_time(const char *word, size_t len)
{
    size_t colon = len > 1 && word[1] == ':' ? 1 : 2;

    return len >= colon + 3 && is_digit(word[0]) && is_digit(word[colon - 1]) &&
           word[colon] == ':' && is_digit(word[colon + 1]) &&
           is_digit(word[colon + 2]);
}

/* "From sender date". Programs write the date in many ways; all of them have a
 * time and a year somewhere. */
static bool is_separator(const char *line, size_t len)
{
    static const char blanks[] = " \t\r\n";
    bool has_time = false, has_year = false;
    size_t end;

    if (!starts_with_from(line, len) || len > ASSAY__MBOX_MAX_SEPARATOR ||
        line[len - 1] != '\n')
        return false;
    for (size_t i = sizeof from; i < len; i = end + 1) {
        for (end = i; !memchr(blanks, line[end], sizeof blanks - 1); end++)
            ; /* ends at the line end */
        has_time = has_time || is_time(line + i, end - i);
        has_year = has_year || is_year(line + i, end - i);
    }
    return has_time && has_year;
}

bool assay__mbox_detect(assay_bytes start)
{
    const char *end = start.len ? memchr(start.data, '\n', start.len) : NULL;

    return end && is_separator(start.data, (size_t)(end - start.data) + 1);
}

/* Past the limit earlier lines are dropped, and of a line that is itself over
 * it the rest: what is left of a separator is all of it. */
static assay_rc gather_bytes(struct gather *g, const char *data, size_t len,
                             size_t max, assay_error *err)
{
    struct assay__buffer *buffer = g->buffer;

    if (len > max - buffer->len) {
        g->overflown = true;
        if (g->line > 0) {
            memmove(buffer->data, buffer->data + g->line,
                    buffer->len - g->line);
            buffer->len -= g->line;
            g->line = 0;
        }
        if (len > max - buffer->len)
            len = max - buffer->len;
    }
    return assay__buffer_append(buffer, data, len, err);
}

/* Append one line with its end; *got_out is false when nothing was left. */
static assay_rc gather_line(struct assay__mbox *mbox, struct gather *g,
                            bool *got_out, assay_error *err)
{
    bool got = false, whole = false;

    g->line = g->buffer->len;
    while (!whole) {
        assay_bytes bytes;
        const char *end;
        size_t len;
        assay_rc rc = assay__input_peek(mbox->input, 1, &bytes, err);

        if (rc != ASSAY_OK)
            return rc;
        if (bytes.len == 0)
            break;
        got = true;
        end = memchr(bytes.data, '\n', bytes.len);
        whole = end != NULL;
        len = whole ? (size_t)(end - bytes.data) + 1 : bytes.len;
        rc = gather_bytes(g, bytes.data, len, mbox->max_bytes, err);
        if (rc != ASSAY_OK)
            return rc;
        assay__input_skip(mbox->input, len);
    }
    *got_out = got;
    return ASSAY_OK;
}

static bool is_empty_line(const char *line, size_t len)
{
    return (len == 1 && line[0] == '\n') ||
           (len == 2 && line[0] == '\r' && line[1] == '\n');
}

static void undo_quoting(struct gather *g)
{
    char *line = g->buffer->data + g->line;
    size_t len = g->buffer->len - g->line, quotes = 0;

    while (quotes < len && line[quotes] == '>')
        quotes++;
    if (quotes > 0 && starts_with_from(line + quotes, len - quotes)) {
        memmove(line, line + 1, len - 1);
        g->buffer->len--;
    }
}

assay_rc assay__mbox_init(struct assay__mbox *mbox, struct assay__input *input,
                          size_t max_bytes, assay_error *err)
{
    struct assay__buffer line = {0};
    struct gather g = {.buffer = &line};
    assay_rc rc;

    mbox->input = input;
    mbox->max_bytes = max_bytes;
    rc = gather_line(mbox, &g, &mbox->open, err);
    assay__buffer_fini(&line);
    return rc;
}

assay_rc assay__mbox_next(struct assay__mbox *mbox,
                          struct assay__buffer *message, bool *found_out,
                          assay_error *err)
{
    struct gather g = {.buffer = message};
    size_t end = 0;     /* of the message, without an empty last line */
    bool empty = false; /* the line before is an empty one */
    bool got = true;

    if (!mbox->open) {
        *found_out = false;
        return ASSAY_OK;
    }
    for (;;) {
        assay_rc rc = gather_line(mbox, &g, &got, err);
        const char *line;
        size_t len;

        if (rc != ASSAY_OK)
            return rc;
        if (!got)
            break;
        line = message->data + g.line;
        len = message->len - g.line;
        if (empty && is_separator(line, len))
            break;
        undo_quoting(&g);
        empty = is_empty_line(line, len);
        end = empty ? g.line : message->len;
    }
    mbox->open = got;
    if (g.overflown)
        return assay_error_set(err, ASSAY_E_LIMIT, "larger than %zu bytes",
                               mbox->max_bytes);
    message->len = end;
    *found_out = true;
    return ASSAY_OK;
}
