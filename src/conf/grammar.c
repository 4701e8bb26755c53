/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The grammar by recursive descent; depth is limited by ASSAY__CONF_DEPTH_MAX.
 *
 * Every step returns false only when memory ran out; a finding never stops
 * one. After a mistake the parser goes on where the next item seems to start:
 * at the next line, at a closing brace, or, when a value or a closing bracket
 * is missing, at what looks like an item (`name =`, `name {`, `name "x" {`).
 */
#include "conf/parse_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { SHOWN_TOKEN_MAX = 40 }; /* bytes of a token in a message */

static bool parse_items(struct assay__conf_parser *p,
                        struct assay__conf_items *list,
                        const struct assay__conf_pos *open, const char *name);
static bool parse_value(struct assay__conf_parser *p,
                        struct assay__conf_value *value, bool *got);

/* ---- tokens and findings ----------------------------------------------- */

static void advance(struct assay__conf_parser *p)
{
    struct assay__conf_input *in = p->in;

    in->last_line = in->token.line;
    in->token = assay__conf_lexer_next(&in->lexer);
}

static struct assay__conf_pos place(const struct assay__conf_parser *p,
                                    const struct assay__conf_token *token)
{
    return (struct assay__conf_pos){p->in->name, token->line, token->column};
}

static void finding(struct assay__conf_parser *p,
                    const struct assay__conf_token *token, const char *hint,
                    const char *fmt, ...) ASSAY_PRINTF(4, 5);

static void finding(struct assay__conf_parser *p,
                    const struct assay__conf_token *token, const char *hint,
                    const char *fmt, ...)
{
    struct assay__conf_pos pos = place(p, token);
    char text[ASSAY__CONF_MESSAGE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assay__conf_diag(p->diags, ASSAY__CONF_ERROR, &pos, hint, "%s", text);
}

struct shown {
    char text[SHOWN_TOKEN_MAX + 1];
};

/* A token as messages show it. */
static struct shown show(const struct assay__conf_token *token)
{
    struct shown shown = {""};
    size_t len = token->len;

    if (len > SHOWN_TOKEN_MAX)
        len = SHOWN_TOKEN_MAX;
    memcpy(shown.text, token->start, len);
    return shown;
}

static bool is_punct(const struct assay__conf_parser *p, char punct)
{
    return assay__conf_token_is(&p->in->token, punct);
}

static bool at_end(const struct assay__conf_parser *p)
{
    return p->in->token.kind == ASSAY__CONF_END;
}

static bool is_name(const struct assay__conf_token *token)
{
    if (token->kind != ASSAY__CONF_BARE)
        return false;
    for (size_t i = 0; i < token->len; i++) {
        char c = assay__ascii_lower(token->start[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

static bool is_include(const struct assay__conf_token *token)
{
    return token->kind == ASSAY__CONF_BARE &&
           (assay__text_equal_n(token->start, token->len, "include") ||
            assay__text_equal_n(token->start, token->len, "readonly_include"));
}

static bool is_utf8(const char *text)
{
    size_t len = strlen(text);

    for (size_t n; len > 0; text += n, len -= n) {
        n = assay__utf8_length(text, len);
        if (n == 0)
            return false;
    }
    return true;
}

/* A word that cannot be read. */
static void report_bad(struct assay__conf_parser *p,
                       const struct assay__conf_token *token)
{
    finding(p, token, NULL, "%s", token->error);
    if (p->in->lexer.at == p->in->lexer.end)
        p->in->brace_reported = true; /* it may have taken the brace along */
}

/* Does an item start here? `name =`, `name {`, `name [`, `name "x" {`. */
static bool at_item(const struct assay__conf_parser *p)
{
    struct assay__conf_lexer ahead = p->in->lexer;
    struct assay__conf_token second, third;

    if (!is_name(&p->in->token))
        return false;
    second = assay__conf_lexer_next(&ahead);
    if (!assay__conf_token_is_word(&second))
        return assay__conf_token_is(&second, '=') ||
               assay__conf_token_is(&second, '{') ||
               assay__conf_token_is(&second, '[');
    if (is_include(&p->in->token) && second.line == p->in->token.line)
        return true;
    third = assay__conf_lexer_next(&ahead);
    return assay__conf_token_is(&third, '{');
}

/* Likewise, at the start of a line. */
static bool at_item_line(const struct assay__conf_parser *p)
{
    return p->in->token.line > p->in->last_line && at_item(p);
}

static bool next_is(const struct assay__conf_parser *p, char punct)
{
    struct assay__conf_lexer ahead = p->in->lexer;
    struct assay__conf_token next = assay__conf_lexer_next(&ahead);

    return assay__conf_token_is(&next, punct);
}

/* ---- going on after a mistake ------------------------------------------ */

static bool is_any(const struct assay__conf_parser *p, const char *puncts)
{
    for (; *puncts != '\0'; puncts++)
        if (is_punct(p, *puncts))
            return true;
    return false;
}

/* From something that opens to behind what closes it. */
static void skip_pair(struct assay__conf_parser *p, const char *openers,
                      const char *closers)
{
    size_t depth = 0;

    do {
        if (is_any(p, openers))
            depth++;
        else if (is_any(p, closers))
            depth--;
        advance(p);
    } while (depth > 0 && !at_end(p));
    if (depth > 0)
        p->in->brace_reported = true;
}

static void skip_block(struct assay__conf_parser *p)
{
    skip_pair(p, "{", "}");
}

/* To the next line, or to a brace or bracket that closes something. */
static void skip_line(struct assay__conf_parser *p, uint32_t line, char bracket)
{
    while (!at_end(p) && p->in->token.line == line && !is_punct(p, '}') &&
           !(bracket != '\0' && is_punct(p, bracket))) {
        if (is_punct(p, '{'))
            skip_block(p);
        else
            advance(p);
    }
}

/* ---- values ------------------------------------------------------------ */

/* Unless something in it was wrong: an unclosed string, say, takes the closing
 * bracket with it. */
static void report_unclosed(struct assay__conf_parser *p,
                            const struct assay__conf_value *value,
                            const struct assay__conf_entry_list *list)
{
    if (!assay__conf_is_full(p) &&
        assay__conf_diags_errors(p->diags) == list->errors_before)
        assay__conf_diag(p->diags, ASSAY__CONF_ERROR, &value->pos, NULL,
                         "this %s is not closed",
                         value->kind == ASSAY__CONF_LIST ? "list" : "dict");
    if (is_punct(p, '=') || is_punct(p, '{') || is_punct(p, ']'))
        skip_line(p, p->in->token.line, '\0');
}

static bool parse_list(struct assay__conf_parser *p,
                       struct assay__conf_value *value,
                       struct assay__conf_entry_list *list)
{
    bool got;

    while (!is_punct(p, ')')) {
        struct assay__conf_entry entry = {0};

        if (is_punct(p, ',')) {
            advance(p);
            continue;
        }
        if (at_end(p) || assay__conf_is_full(p) || is_punct(p, '=') ||
            is_punct(p, ']') || is_punct(p, '{') || is_punct(p, '}') ||
            at_item_line(p)) {
            report_unclosed(p, value, list);
            return true;
        }
        if (!parse_value(p, &entry.value, &got) ||
            (got && !assay__conf_add_entry(p, list, &entry)))
            return false;
    }
    advance(p);
    return true;
}

/* One `key = value`. */
static bool parse_dict_entry(struct assay__conf_parser *p,
                             struct assay__conf_entry_list *list)
{
    struct assay__conf_token key = p->in->token;
    struct assay__conf_entry entry = {0};
    bool got;

    if (!assay__conf_token_is_word(&key)) {
        if (key.kind == ASSAY__CONF_BAD)
            report_bad(p, &key);
        else
            finding(p, &key, NULL, "syntax error near '%s': a key was expected",
                    show(&key).text);
        advance(p);
        skip_line(p, key.line, ']');
        return true;
    }
    entry.key = assay__conf_word_text(p, &key);
    if (!entry.key)
        return false;
    advance(p);
    if (!is_punct(p, '=')) {
        finding(p, &key, NULL, "missing '=' after the key '%s'",
                show(&key).text);
        skip_line(p, key.line, ']');
        return true;
    }
    advance(p);
    if (at_end(p) || is_punct(p, ']') || is_punct(p, ',') || is_punct(p, '}')) {
        finding(p, &key, NULL, "the key '%s' has no value", show(&key).text);
        return true;
    }
    return parse_value(p, &entry.value, &got) &&
           (!got || assay__conf_add_entry(p, list, &entry));
}

static bool parse_dict(struct assay__conf_parser *p,
                       struct assay__conf_value *value,
                       struct assay__conf_entry_list *list)
{
    while (!is_punct(p, ']')) {
        if (is_punct(p, ',')) {
            advance(p);
            continue;
        }
        if (at_end(p) || assay__conf_is_full(p) || is_punct(p, '{') ||
            is_punct(p, '}') || (at_item_line(p) && !next_is(p, '='))) {
            report_unclosed(p, value, list);
            return true;
        }
        if (!parse_dict_entry(p, list))
            return false;
    }
    advance(p);
    return true;
}

/* From an opening bracket to behind the one that closes it. */
static void skip_brackets(struct assay__conf_parser *p)
{
    size_t depth = 0;

    do {
        if (is_punct(p, '(') || is_punct(p, '['))
            depth++;
        else if (is_punct(p, ')') || is_punct(p, ']'))
            depth--;
        advance(p);
    } while (depth > 0 && !at_end(p) && !is_punct(p, '{') && !is_punct(p, '}'));
}

/* Reports and returns false when stanzas and values are nested too deep. */
static bool may_nest(struct assay__conf_parser *p)
{
    struct assay__conf_pos pos = place(p, &p->in->token);

    if (p->depth < ASSAY__CONF_DEPTH_MAX)
        return true;
    assay__conf_diag(p->diags, ASSAY__CONF_ERROR, &pos, NULL,
                     "nested deeper than %d levels, the limit",
                     ASSAY__CONF_DEPTH_MAX);
    return false;
}

static bool parse_collection(struct assay__conf_parser *p,
                             struct assay__conf_value *value, bool *got)
{
    struct assay__conf_entry_list list = {
        .errors_before = assay__conf_diags_errors(p->diags)};
    unsigned brackets = p->in->lexer.brackets;
    bool ok;

    if (!may_nest(p)) {
        skip_brackets(p);
        return true;
    }
    value->kind = is_punct(p, '(') ? ASSAY__CONF_LIST : ASSAY__CONF_DICT;
    advance(p);
    p->depth++;
    ok = value->kind == ASSAY__CONF_LIST ? parse_list(p, value, &list)
                                         : parse_dict(p, value, &list);
    p->depth--;
    if (brackets > 0 && p->in->lexer.brackets >= brackets)
        p->in->lexer.brackets = brackets - 1; /* it was not closed */
    *got = ok && assay__conf_keep_entries(p, &list, value);
    free(list.at);
    return *got;
}

/* *got stays false when there was no value to be had (this was reported). A
 * word that cannot be read is reported and kept. */
static bool parse_value(struct assay__conf_parser *p,
                        struct assay__conf_value *value, bool *got)
{
    struct assay__conf_token token = p->in->token;

    *got = false;
    value->pos = place(p, &token);
    if (is_punct(p, '(') || is_punct(p, '['))
        return parse_collection(p, value, got);
    if (token.kind == ASSAY__CONF_BAD)
        report_bad(p, &token);
    if (token.kind == ASSAY__CONF_BAD || assay__conf_token_is_word(&token)) {
        value->kind = ASSAY__CONF_WORD;
        value->quoted = token.kind == ASSAY__CONF_STRING;
        value->text = assay__conf_word_text(p, &token);
        *got = value->text != NULL;
        advance(p);
        return *got;
    }
    finding(p, &token, NULL, "syntax error near '%s': a value was expected",
            show(&token).text);
    advance(p);
    return true;
}

/* ---- items ------------------------------------------------------------- */

/* The name is passed, the brace is next. */
static bool parse_stanza(struct assay__conf_parser *p,
                         struct assay__conf_items *list,
                         struct assay__conf_item *stanza)
{
    struct assay__conf_pos open = place(p, &p->in->token);
    struct assay__conf_items inner = {NULL, 0, 0};
    bool ok;

    stanza->is_stanza = true;
    if (stanza->instance && !is_utf8(stanza->instance))
        assay__conf_diag(p->diags, ASSAY__CONF_ERROR, &stanza->instance_pos,
                         NULL, "the instance name is not valid UTF-8");
    if (!may_nest(p)) {
        skip_block(p);
        return true;
    }
    advance(p);
    p->depth++;
    ok = parse_items(p, &inner, &open, stanza->name) &&
         assay__conf_keep_items(p, &inner, stanza) &&
         assay__conf_add_item(p, list, stanza);
    p->depth--;
    free(inner.at);
    return ok;
}

/* Is what follows `name =` no value of it? */
static bool value_is_missing(const struct assay__conf_parser *p)
{
    if (is_punct(p, '(') || is_punct(p, '['))
        return false;
    return at_end(p) || p->in->token.kind == ASSAY__CONF_PUNCT ||
           at_item_line(p);
}

static void report_missing_value(struct assay__conf_parser *p,
                                 const struct assay__conf_token *name)
{
    if (is_punct(p, '{')) {
        finding(p, name, NULL, "stanza '%s' is written without '='",
                show(name).text);
        skip_block(p);
    } else {
        finding(p, name, NULL, "'%s' has no value", show(name).text);
        skip_line(p, p->in->last_line, '\0');
    }
}

/* The name and, if there was one, the '=' are passed. */
static bool parse_option(struct assay__conf_parser *p,
                         struct assay__conf_items *list,
                         const struct assay__conf_token *name,
                         struct assay__conf_item *option)
{
    bool got;

    if (value_is_missing(p)) {
        report_missing_value(p, name);
        return true;
    }
    return parse_value(p, &option->value, &got) &&
           (!got || assay__conf_add_item(p, list, option));
}

/* Is what follows indented deeper than the name, as if a stanza were open? */
static bool is_inside(const struct assay__conf_parser *p,
                      const struct assay__conf_token *name)
{
    return p->in->token.kind == ASSAY__CONF_BARE &&
           p->in->token.line > p->in->last_line &&
           p->in->token.column > name->column;
}

/* A name, and then neither '=' nor a brace. */
static void report_no_sign(struct assay__conf_parser *p,
                           const struct assay__conf_token *name)
{
    if (p->in->token.kind == ASSAY__CONF_BAD) {
        report_bad(p, &p->in->token);
        p->in->unopened++;
        advance(p);
        skip_line(p, name->line, '\0');
    } else if (assay__conf_token_is_word(&p->in->token) &&
               p->in->token.line == name->line) {
        finding(p, name,
                "options are written name = value, stanzas name { } or "
                "name \"instance\" { }",
                "missing '=' after '%s'", show(name).text);
        p->in->unopened++;
        skip_line(p, name->line, '\0');
    } else {
        finding(p, name, NULL, "'%s' has no value", show(name).text);
        p->in->unopened += is_inside(p, name);
        skip_line(p, name->line, '\0');
    }
}

/* `name "x" (`: parentheses where braces should be. */
static bool skip_parentheses(struct assay__conf_parser *p)
{
    if (!assay__conf_token_is_word(&p->in->token) ||
        p->in->token.line > p->in->last_line || !next_is(p, '('))
        return false;
    advance(p);
    finding(p, &p->in->token, "stanzas are written name \"instance\" { }",
            "syntax error near '(': '{' was expected");
    skip_pair(p, "([{", ")]}");
    return true;
}

/* Passes over '='. True when there is another one, and no value after it. */
static bool skip_signs(struct assay__conf_parser *p)
{
    advance(p);
    if (!is_punct(p, '='))
        return false;
    finding(p, &p->in->token, NULL,
            "syntax error near '=': a value was expected");
    while (is_punct(p, '='))
        advance(p);
    return value_is_missing(p);
}

/* `Listen "unix:/run/x"`: a quoted value on the line of its name needs no
 * '='. A bare word does, or a forgotten sign would swallow the next word. */
static bool is_short_option(const struct assay__conf_parser *p,
                            const struct assay__conf_token *name)
{
    return p->in->token.kind == ASSAY__CONF_STRING &&
           p->in->token.line == name->line;
}

static bool parse_short_option(struct assay__conf_parser *p,
                               struct assay__conf_items *list,
                               const struct assay__conf_token *name,
                               struct assay__conf_item *item)
{
    bool ok = parse_option(p, list, name, item);

    if (ok && is_inside(p, name))
        p->in->maybe_stanza = *name;
    return ok;
}

static bool is_instance(const struct assay__conf_parser *p)
{
    return (p->in->token.kind == ASSAY__CONF_BAD ||
            assay__conf_token_is_word(&p->in->token)) &&
           next_is(p, '{');
}

/* What stands behind the name of an item. */
static bool parse_named(struct assay__conf_parser *p,
                        struct assay__conf_items *list,
                        const struct assay__conf_token *name)
{
    struct assay__conf_item item = {.pos = place(p, name)};

    item.name = assay__conf_word_text(p, name);
    if (!item.name)
        return false;
    if (is_punct(p, '{'))
        return parse_stanza(p, list, &item);
    if (is_instance(p)) {
        if (p->in->token.kind == ASSAY__CONF_BAD)
            report_bad(p, &p->in->token);
        item.instance_pos = place(p, &p->in->token);
        item.instance = assay__conf_word_text(p, &p->in->token);
        if (!item.instance)
            return false;
        advance(p);
        return parse_stanza(p, list, &item);
    }
    if (skip_parentheses(p))
        return true;
    if (is_short_option(p, name))
        return parse_short_option(p, list, name, &item);
    if (is_punct(p, '=')) {
        if (skip_signs(p))
            return true;
    } else if (is_punct(p, '('))
        finding(p, name, NULL, "missing '=' after '%s'", show(name).text);
    else if (!is_punct(p, '[')) {
        report_no_sign(p, name);
        return true;
    }
    return parse_option(p, list, name, &item);
}

/* True when the rest reads like an item in spite of its name. */
static bool report_bad_name(struct assay__conf_parser *p,
                            const struct assay__conf_token *name)
{
    finding(p, name, "names have only ASCII letters, digits and '_'",
            "syntax error near '%s': this is not a name", show(name).text);
    if (is_punct(p, '=') || is_punct(p, '{') || is_punct(p, '['))
        return true;
    if (assay__conf_token_is_word(&p->in->token) && next_is(p, '{'))
        return true;
    skip_line(p, name->line, '\0');
    return false;
}

static bool parse_include(struct assay__conf_parser *p,
                          struct assay__conf_items *list,
                          const struct assay__conf_token *keyword)
{
    struct assay__conf_token token = p->in->token;
    struct assay__conf_pos pos = place(p, &token);
    bool outer_read_only = p->read_only;
    const char *name;
    bool ok;

    if (!assay__conf_token_is_word(&token) ||
        (token.line > keyword->line && at_item(p))) {
        if (token.kind == ASSAY__CONF_BAD)
            report_bad(p, &token);
        else
            finding(p, keyword, "it is written include \"file or folder\"",
                    "'%s' has no name", show(keyword).text);
        skip_line(p, keyword->line, '\0');
        return true;
    }
    name = assay__conf_word_text(p, &token);
    if (!name)
        return false;
    advance(p);
    if (assay__text_equal_n(keyword->start, keyword->len, "readonly_include"))
        p->read_only = true;
    ok = assay__conf_include(p, list, name, &pos);
    p->read_only = outer_read_only;
    return ok;
}

/* What cannot be the start of an item. */
static void report_no_item(struct assay__conf_parser *p,
                           const struct assay__conf_token *token)
{
    if (token->kind == ASSAY__CONF_BAD)
        report_bad(p, token);
    else if (token->kind == ASSAY__CONF_BARE)
        finding(p, token, "a value with blanks in it must be quoted",
                "syntax error near '%s'", show(token).text);
    else
        finding(p, token,
                assay__conf_token_is(token, '{')
                    ? "stanzas are written name { } or name \"instance\" { }"
                    : NULL,
                "syntax error near '%s': a name was expected",
                show(token).text);
    skip_line(p, token->line, '\0');
}

/* @param after_option  the item before was an option, complete with value */
static bool parse_item(struct assay__conf_parser *p,
                       struct assay__conf_items *list, bool after_option)
{
    struct assay__conf_token token = p->in->token;

    p->in->lexer.brackets = 0; /* forget stray ones */
    if (token.kind != ASSAY__CONF_BARE ||
        (after_option && token.line == p->in->last_line && !at_item(p))) {
        report_no_item(p, &token);
        return true;
    }
    advance(p);
    if (is_include(&token) && !is_punct(p, '{'))
        return parse_include(p, list, &token);
    if (!is_name(&token) && !report_bad_name(p, &token))
        return true;
    return parse_named(p, list, &token);
}

/* True at the closing brace of the stanza or at the end of the input. */
static bool items_end(struct assay__conf_parser *p,
                      const struct assay__conf_pos *open, const char *name)
{
    if (at_end(p) || assay__conf_is_full(p)) {
        p->tree->unbalanced = p->tree->unbalanced || open != NULL;
        if (open && !p->in->brace_reported && !assay__conf_is_full(p)) {
            assay__conf_diag(p->diags, ASSAY__CONF_ERROR, open, NULL,
                             "stanza '%.*s' is not closed", SHOWN_TOKEN_MAX,
                             name);
            p->in->brace_reported = true;
        }
        return true;
    }
    return open && is_punct(p, '}');
}

/* A closing brace outside of any stanza; passes it. */
static void report_stray_brace(struct assay__conf_parser *p)
{
    struct assay__conf_token *maybe = &p->in->maybe_stanza;

    p->tree->unbalanced = true;
    if (p->in->unopened > 0) {
        p->in->unopened--;
    } else if (maybe->kind != ASSAY__CONF_END) {
        finding(p, maybe, "stanzas are written name \"instance\" { }",
                "missing '{' after '%s'", show(maybe).text);
        maybe->kind = ASSAY__CONF_END;
    } else {
        finding(p, &p->in->token, NULL,
                "syntax error near '}': no stanza is open");
    }
    advance(p);
}

/* @param open  the brace of the stanza, NULL outside of one */
static bool parse_items(struct assay__conf_parser *p,
                        struct assay__conf_items *list,
                        const struct assay__conf_pos *open, const char *name)
{
    bool after_option = false;

    while (!items_end(p, open, name)) {
        size_t before = list->count;

        if (is_punct(p, '}')) {
            report_stray_brace(p);
            continue;
        }
        if (!parse_item(p, list, after_option))
            return false;
        after_option =
            list->count > before && !list->at[list->count - 1].is_stanza;
    }
    if (open && !at_end(p))
        advance(p);
    return true;
}

bool assay__conf_parse_items(struct assay__conf_parser *p,
                             struct assay__conf_items *list)
{
    p->in->token = assay__conf_lexer_next(&p->in->lexer);
    return parse_items(p, list, NULL, NULL);
}
