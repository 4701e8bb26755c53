/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control_line.h"

#include <stdbool.h>
#include <stdlib.h>

#include <assay/control.h>

struct splitter {
    const char *at, *end; /* what is left of the line */
    char *to;             /* where the next byte of a word goes */
    struct assay__control_line *out;
    assay_error *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static assay_rc check(const char *line, size_t len, assay_error *err)
{
    if (len > ASSAY_CONTROL_LINE_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "The line is longer than %d bytes",
                               ASSAY_CONTROL_LINE_MAX);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return assay_error_set(err, ASSAY_E_INVAL,
                                   "The line has a control character (byte "
                                   "%zu is 0x%02x)",
                                   i + 1, c);
    }
    return ASSAY_OK;
}

/* At the opening quote; leaves the splitter behind the closing one. */
static assay_rc copy_quoted(struct splitter *s)
{
    char quote = *s->at++;

    while (s->at < s->end && *s->at != quote) {
        if (quote == '"' && *s->at == '\\' && s->end - s->at > 1 &&
            (s->at[1] == '"' || s->at[1] == '\\'))
            s->at++;
        *s->to++ = *s->at++;
    }
    if (s->at == s->end)
        return assay_error_set(s->err, ASSAY_E_INVAL,
                               "A quote (%c) is not closed", quote);
    s->at++;
    return ASSAY_OK;
}

static assay_rc copy_word(struct splitter *s)
{
    assay_rc rc = ASSAY_OK;

    s->out->words[s->out->count++] = s->to;
    while (rc == ASSAY_OK && s->at < s->end && !is_blank(*s->at)) {
        if (*s->at == '"' || *s->at == '\'') {
            rc = copy_quoted(s);
            continue;
        }
        if (*s->at == '\\' && ++s->at == s->end)
            return assay_error_set(s->err, ASSAY_E_INVAL,
                                   "The line ends with a backslash");
        *s->to++ = *s->at++;
    }
    *s->to++ = '\0';
    return rc;
}

assay_rc assay__control_line_split(const char *line, size_t len,
                                   struct assay__control_line *out,
                                   assay_error *err)
{
    struct assay__control_line split = {0};
    struct splitter s = {line, line + len, NULL, &split, err};
    assay_rc rc = check(line, len, err);

    if (rc != ASSAY_OK)
        return rc;
    /* A word needs a byte and a blank, or is the last. */
    split.text = malloc(len + 2);
    split.words = calloc(len / 2 + 2, sizeof *split.words);
    if (!split.text || !split.words)
        rc = assay_error_set(err, ASSAY_E_NOMEM, "Out of memory");
    s.to = split.text;
    while (rc == ASSAY_OK) {
        while (s.at < s.end && is_blank(*s.at))
            s.at++;
        if (s.at == s.end)
            break;
        rc = copy_word(&s);
    }
    if (rc != ASSAY_OK) {
        assay__control_line_fini(&split);
        return rc;
    }
    *out = split;
    return ASSAY_OK;
}

void assay__control_line_fini(struct assay__control_line *line)
{
    free(line->text);
    free(line->words);
    *line = (struct assay__control_line){0};
}
