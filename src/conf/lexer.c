/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/lexer.h"

#include <string.h>

void assay__conf_lexer_init(struct assay__conf_lexer *lexer, const char *text,
                            size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (len >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        len -= 3;
    }
    *lexer = (struct assay__conf_lexer){
        .at = text, .end = text + len, .line_start = text, .line = 1};
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

bool assay__conf_is_bare(char c)
{
    return c != ' ' && c != '\t' && !is_control(c) && !strchr("#\"'={}()[]", c);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static void step(struct assay__conf_lexer *lexer)
{
    if (*lexer->at == '\n') {
        lexer->line++;
        lexer->line_start = lexer->at + 1;
    }
    lexer->at++;
}

static bool at_comment(const struct assay__conf_lexer *lexer)
{
    return lexer->end - lexer->at >= 2 && lexer->at[0] == '/' &&
           lexer->at[1] == '*';
}

static struct assay__conf_token token_here(
    const struct assay__conf_lexer *lexer, enum assay__conf_token_kind kind)
{
    return (struct assay__conf_token){
        .kind = kind,
        .start = lexer->at,
        .line = lexer->line,
        .column = (uint32_t)(lexer->at - lexer->line_start) + 1};
}

/* False when the comment is not closed; then all of the rest is passed. */
static bool skip_comment(struct assay__conf_lexer *lexer)
{
    lexer->at += 2;
    while (lexer->at < lexer->end) {
        if (*lexer->at == '*' && lexer->end - lexer->at >= 2 &&
            lexer->at[1] == '/') {
            lexer->at += 2;
            return true;
        }
        step(lexer);
    }
    return false;
}

/* False, with a token that says why, when a comment is not closed. */
static bool skip_blanks(struct assay__conf_lexer *lexer,
                        struct assay__conf_token *bad)
{
    while (lexer->at < lexer->end) {
        if (is_blank(*lexer->at)) {
            step(lexer);
        } else if (*lexer->at == '#') {
            while (lexer->at < lexer->end && *lexer->at != '\n')
                lexer->at++;
        } else if (at_comment(lexer)) {
            *bad = token_here(lexer, ASSAY__CONF_BAD);
            bad->len = 2;
            bad->error = "this comment is not closed";
            if (!skip_comment(lexer))
                return false;
        } else {
            break;
        }
    }
    return true;
}

/* Length of a typographic quotation mark (U+2018 to U+201F) here, or 0. */
static size_t typographic_quote(const struct assay__conf_lexer *lexer)
{
    const unsigned char *c = (const unsigned char *)lexer->at;

    return lexer->end - lexer->at >= 3 && c[0] == 0xe2 && c[1] == 0x80 &&
                   c[2] >= 0x98 && c[2] <= 0x9f
               ? 3
               : 0;
}

/* What a word processor made of "word": all up to the closing mark; without
 * one on its line, what is a word. */
static struct assay__conf_token read_typographic(
    struct assay__conf_lexer *lexer)
{
    struct assay__conf_token token = token_here(lexer, ASSAY__CONF_BAD);
    struct assay__conf_lexer ahead = *lexer;
    size_t mark = typographic_quote(lexer);

    token.error = "typographic quotes: write \" or ' instead";
    token.start += mark;
    ahead.at += mark;
    lexer->at += mark;
    while (ahead.at < ahead.end && *ahead.at != '\n' && *ahead.at != '"' &&
           typographic_quote(&ahead) == 0)
        ahead.at++;
    if (ahead.at < ahead.end && *ahead.at != '\n') {
        token.len = (size_t)(ahead.at - token.start);
        mark = typographic_quote(&ahead);
        lexer->at = ahead.at + (mark > 0 ? mark : 1);
        return token;
    }
    while (lexer->at < lexer->end && assay__conf_is_bare(*lexer->at))
        lexer->at++;
    token.len = (size_t)(lexer->at - token.start);
    return token;
}

/* Where a string without its closing quote ends: at a typographic quote, else
 * before the braces (in a list: and brackets) that end its line, else with the
 * line. One forgotten quote is one mistake then. */
static void end_unclosed(struct assay__conf_lexer *lexer,
                         struct assay__conf_token *token)
{
    const char *closing = lexer->brackets > 0 ? "{})]" : "{}";
    const char *line_end = lexer->at, *end = line_end;

    token->kind = ASSAY__CONF_BAD;
    token->error = "this string is not closed on its line";
    for (lexer->at = token->start; lexer->at < line_end; lexer->at++) {
        if (typographic_quote(lexer) > 0) {
            token->error = "typographic quotes: this string is not closed by "
                           "\" or '";
            token->len = (size_t)(lexer->at - token->start);
            lexer->at += typographic_quote(lexer);
            return;
        }
    }
    while (end > token->start &&
           (is_blank(end[-1]) || (end[-1] && strchr(closing, end[-1]))))
        end--;
    token->len = (size_t)(end - token->start);
    lexer->at = end;
}

/* A string ends on the line it starts on: else one forgotten quote would turn
 * the rest of the file inside out. */
static struct assay__conf_token read_string(struct assay__conf_lexer *lexer)
{
    struct assay__conf_token token = token_here(lexer, ASSAY__CONF_STRING);
    char quote = *lexer->at++;
    const char *control = NULL;

    token.start = lexer->at;
    while (lexer->at < lexer->end && *lexer->at != quote &&
           *lexer->at != '\n') {
        if (*lexer->at == '\\' && lexer->end - lexer->at >= 2 &&
            (lexer->at[1] == '\\' || lexer->at[1] == '"' ||
             lexer->at[1] == '\''))
            lexer->at++;
        else if (is_control(*lexer->at) && !control)
            control = lexer->at;
        lexer->at++;
    }
    token.len = (size_t)(lexer->at - token.start);
    if (lexer->at == lexer->end || *lexer->at != quote) {
        end_unclosed(lexer, &token);
        return token;
    }
    lexer->at++;
    if (control) {
        token.kind = ASSAY__CONF_BAD;
        token.column = (uint32_t)(control - lexer->line_start) + 1;
        token.error = "control character in a string";
    }
    return token;
}

static struct assay__conf_token read_bare(struct assay__conf_lexer *lexer)
{
    struct assay__conf_token token = token_here(lexer, ASSAY__CONF_BARE);

    while (lexer->at < lexer->end && assay__conf_is_bare(*lexer->at) &&
           (*lexer->at != ',' || lexer->brackets == 0))
        lexer->at++;
    token.len = (size_t)(lexer->at - token.start);
    if (token.len == 0) {
        lexer->at++;
        token.len = 1;
        token.kind = ASSAY__CONF_BAD;
        token.error = "control character";
    }
    return token;
}

static struct assay__conf_token read_punct(struct assay__conf_lexer *lexer)
{
    struct assay__conf_token token = token_here(lexer, ASSAY__CONF_PUNCT);
    char c = *lexer->at++;

    token.len = 1;
    if (c == '(' || c == '[')
        lexer->brackets++;
    else if ((c == ')' || c == ']') && lexer->brackets > 0)
        lexer->brackets--;
    else if (c == '{' || c == '}')
        lexer->brackets = 0;
    return token;
}

struct assay__conf_token assay__conf_lexer_next(struct assay__conf_lexer *lexer)
{
    struct assay__conf_token bad;

    if (!skip_blanks(lexer, &bad))
        return bad;
    if (lexer->at == lexer->end)
        return token_here(lexer, ASSAY__CONF_END);
    if (*lexer->at == '"' || *lexer->at == '\'')
        return read_string(lexer);
    if ((*lexer->at != '\0' && strchr("={}()[]", *lexer->at)) ||
        (*lexer->at == ',' && lexer->brackets > 0))
        return read_punct(lexer);
    return typographic_quote(lexer) > 0 ? read_typographic(lexer)
                                        : read_bare(lexer);
}

bool assay__conf_token_is(const struct assay__conf_token *token, char punct)
{
    return token->kind == ASSAY__CONF_PUNCT && *token->start == punct;
}

bool assay__conf_token_is_word(const struct assay__conf_token *token)
{
    return token->kind == ASSAY__CONF_BARE || token->kind == ASSAY__CONF_STRING;
}

size_t assay__conf_token_decode(const struct assay__conf_token *token,
                                char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < token->len; i++) {
        if (token->kind == ASSAY__CONF_STRING && token->start[i] == '\\' &&
            i + 1 < token->len && strchr("\\\"'", token->start[i + 1]))
            i++;
        out[n++] = token->start[i];
    }
    return n;
}
