/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

static const char first_ok[] = "assay/1 ok";
static const char first_error[] = "assay/1 error ";

bool assay__exim_answer_is_complete(const struct assay__exim_answer *answer,
                                    size_t *scanned, bool *complete_out,
                                    struct assay__exim_reason *why)
{
    const struct assay__exim_buffer *bytes = &answer->bytes;
    const char *line = bytes->bytes + *scanned;
    const char *end = bytes->bytes + bytes->length;

    *complete_out = false;
    while (line < end) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((lf ? lf : end) - line);

        if (length > ASSAY__EXIM_ANSWER_LINE_MAX)
            return assay__exim_reason_set(
                why, "assayd's answer has a line over %d bytes",
                ASSAY__EXIM_ANSWER_LINE_MAX);
        if (!lf)
            break;
        if (length == 3 && memcmp(line, "end", 3) == 0) {
            *complete_out = true;
            if (lf + 1 != end)
                return assay__exim_reason_set(
                    why, "assayd sent more than an answer");
            break;
        }
        line = lf + 1;
    }
    *scanned = (size_t)(line - bytes->bytes);
    return true;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* In place. A NUL is refused, coded or not: nothing behind it would be seen. */
static bool decode(char *value, const char *end)
{
    char *out = value;

    for (const char *in = value; in < end; in++) {
        int high, low;

        if (*in == '\0')
            return false;
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        high = in + 1 < end ? digit(in[1]) : -1;
        low = in + 2 < end ? digit(in[2]) : -1;
        if (high < 0 || low < 0 || high * 16 + low == 0)
            return false;
        *out++ = (char)(high * 16 + low);
        in += 2;
    }
    *out = '\0';
    return true;
}

/* The address has no blank as it is written, so it is cut before it is
 * decoded. */
static bool split_refused(struct assay__exim_line *line, char *value, char *lf)
{
    char *blank = memchr(value, ' ', (size_t)(lf - value));

    if (!blank || !decode(blank + 1, lf))
        return false;
    *blank = '\0';
    line->value = value;
    line->reply = blank + 1;
    return decode(value, blank);
}

static bool add_line(struct assay__exim_answer *answer, char *text, char *lf)
{
    struct assay__exim_line *line = &answer->lines[answer->count];
    char *equals = memchr(text, '=', (size_t)(lf - text));

    if (!equals || equals == text)
        return false;
    *equals = '\0';
    *lf = '\0';
    if (!decode(text, equals))
        return false;
    line->key = text;
    line->value = equals + 1;
    answer->count++;
    if (strcmp(text, "refused") == 0)
        return split_refused(line, equals + 1, lf);
    return decode(equals + 1, lf);
}

static bool check_first(struct assay__exim_answer *answer, char *text, char *lf,
                        struct assay__exim_reason *why)
{
    size_t skip = sizeof first_error - 1;

    *lf = '\0';
    if (strcmp(text, first_ok) == 0)
        return true;
    answer->is_error =
        strncmp(text, first_error, skip) == 0 && decode(text + skip, lf);
    if (answer->is_error)
        return assay__exim_reason_set(why, "assayd says: %s", text + skip);
    return assay__exim_reason_set(why, "assayd's answer begins with \"%.40s\"",
                                  text);
}

static size_t count_lines(const struct assay__exim_buffer *bytes)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes->length; i++)
        count += bytes->bytes[i] == '\n';
    return count;
}

bool assay__exim_answer_parse(struct assay__exim_answer *answer,
                              struct assay__exim_reason *why)
{
    size_t total = count_lines(&answer->bytes);
    char *text = answer->bytes.bytes;
    char *lf = strchr(text, '\n');

    if (total > ASSAY__EXIM_ANSWER_LINES_MAX)
        return assay__exim_reason_set(why, "assayd's answer is over %d lines",
                                      ASSAY__EXIM_ANSWER_LINES_MAX);
    if (total < 2 || !lf)
        return assay__exim_reason_set(why, "assayd's answer cannot be read");
    if (!check_first(answer, text, lf, why))
        return false;
    answer->lines = calloc(total, sizeof *answer->lines);
    if (!answer->lines)
        return assay__exim_reason_set(why, "out of memory");
    /* Between the first line and `end`. */
    for (size_t i = 0; i + 2 < total; i++) {
        text = lf + 1;
        lf =
            memchr(text, '\n',
                   (size_t)(answer->bytes.bytes + answer->bytes.length - text));
        if (!lf || !add_line(answer, text, lf))
            return assay__exim_reason_set(
                why, "line %zu of assayd's answer cannot be read", i + 2);
    }
    return true;
}

bool assay__exim_answer_read(struct assay__exim_answer *answer,
                             struct assay__exim_client *client,
                             struct assay__exim_reason *why)
{
    size_t scanned = 0;
    bool complete = false;

    answer->bytes.limit = ASSAY__EXIM_ANSWER_MAX;
    while (!complete) {
        if (!assay__exim_client_receive(client, &answer->bytes, why) ||
            !assay__exim_answer_is_complete(answer, &scanned, &complete, why))
            return false;
    }
    return assay__exim_answer_parse(answer, why);
}

const struct assay__exim_line *assay__exim_answer_next_line(
    const struct assay__exim_answer *answer, const char *key, size_t *at)
{
    while (*at < answer->count) {
        const struct assay__exim_line *line = &answer->lines[(*at)++];

        if (strcmp(line->key, key) == 0)
            return line;
    }
    return NULL;
}

const char *assay__exim_answer_next(const struct assay__exim_answer *answer,
                                    const char *key, size_t *at)
{
    const struct assay__exim_line *line =
        assay__exim_answer_next_line(answer, key, at);

    return line ? line->value : NULL;
}

const char *assay__exim_answer_get(const struct assay__exim_answer *answer,
                                   const char *key)
{
    size_t at = 0;

    return assay__exim_answer_next(answer, key, &at);
}

void assay__exim_answer_clear(struct assay__exim_answer *answer)
{
    assay__exim_buffer_clear(&answer->bytes);
    free(answer->lines);
    answer->lines = NULL;
    answer->count = 0;
    answer->is_error = false;
}
