/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From bytes to tokens: words, strings, punctuation.
 *
 * A lexer is a plain struct that never allocates and never reports: a copy of
 * it looks ahead, and what it cannot read is a token of kind BAD with the
 * reason in words; its text is what the word was meant to be, so that one
 * mistake in a value is one finding. Blanks, `#` comments and comments in the
 * manner of C separate tokens; the latter only start where a token would, so
 * that paths with stars in them stay whole. A comma is punctuation inside ()
 * and [] and part of a word elsewhere.
 */
#ifndef ASSAY_CONF_LEXER_H
#define ASSAY_CONF_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum assay__conf_token_kind {
    ASSAY__CONF_END,
    ASSAY__CONF_BARE,   /* a word without quotes */
    ASSAY__CONF_STRING, /* a quoted one; start and len are without quotes */
    ASSAY__CONF_PUNCT,  /* one of = { } ( ) [ ] , */
    ASSAY__CONF_BAD     /* see error */
};

struct assay__conf_token {
    enum assay__conf_token_kind kind;
    const char *start; /* in the text that is read */
    size_t len;
    uint32_t line, column; /* from 1; of a string: its opening quote */
    const char *error;     /* static sentence; only of ASSAY__CONF_BAD */
};

struct assay__conf_lexer {
    const char *at, *end;
    const char *line_start;
    uint32_t line;
    unsigned brackets; /* open ( and [ */
};

/** Start at the first byte; passes over a UTF-8 byte order mark. */
void assay__conf_lexer_init(struct assay__conf_lexer *lexer, const char *text,
                            size_t len);
/** Read one token; END again and again at the end. */
struct assay__conf_token assay__conf_lexer_next(
    struct assay__conf_lexer *lexer);

bool assay__conf_token_is(const struct assay__conf_token *token, char punct);
/** BARE or STRING. */
bool assay__conf_token_is_word(const struct assay__conf_token *token);
/** Write what a word means, escapes undone, into out (token->len bytes are
 *  enough; not terminated). @return bytes written */
size_t assay__conf_token_decode(const struct assay__conf_token *token,
                                char *out);
/** Can this byte stand in a word without quotes (outside brackets)? */
bool assay__conf_is_bare(char c);

#endif
