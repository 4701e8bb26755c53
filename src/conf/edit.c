/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Places are found in the tree and edited in the text. What is removed or
 * replaced is found by reading its tokens again from where it begins; several
 * places of one file are edited from the last to the first, so that those
 * before stay where they are.
 */
#include "conf/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/lexer.h"
#include "conf/parse.h"
#include "conf/tree_priv.h"
#include "conf/write.h"

enum { TEXT_MAX = ASSAY__CONF_FILE_BYTES_MAX };

static assay_rc no_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "configuration edit");
}

/* ---- finding ----------------------------------------------------------- */

/* Words that this stanza takes of a path: 0 when it is another one. */
static size_t words_of(const struct assay__conf_item *item,
                       const struct assay__conf_path *path, size_t at)
{
    if (!item->is_stanza || !assay__text_equal(item->name, path->words[at]))
        return 0;
    if (!item->instance)
        return 1;
    return at + 1 < path->count &&
                   strcmp(item->instance, path->words[at + 1]) == 0
               ? 2
               : 0;
}

struct search {
    const struct assay__conf_path *path;
    bool (*fn)(void *arg, const struct assay__conf_item *stanza);
    void *arg;
};

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the path has words */
static bool walk(const struct search *search,
                 const struct assay__conf_item *stanza, size_t at)
{
    if (at == search->path->count)
        return search->fn(search->arg, stanza);
    for (size_t i = 0; i < stanza->count; i++) {
        size_t words = words_of(&stanza->items[i], search->path, at);

        if (words > 0 && !walk(search, &stanza->items[i], at + words))
            return false;
    }
    return true;
}

void assay__conf_find(
    const struct assay__conf_tree *tree, const struct assay__conf_path *path,
    bool (*fn)(void *arg, const struct assay__conf_item *stanza), void *arg)
{
    const struct search search = {path, fn, arg};

    (void)walk(&search, &tree->root, 0);
}

static bool note_last(void *arg, const struct assay__conf_item *stanza)
{
    *(const struct assay__conf_item **)arg = stanza;
    return true;
}

static const struct assay__conf_item *last_stanza(
    const struct assay__conf_tree *tree, const struct assay__conf_path *path)
{
    const struct assay__conf_item *last = NULL;

    assay__conf_find(tree, path, note_last, (void *)&last);
    return last;
}

bool assay__conf_has_stanza(const struct assay__conf_tree *tree,
                            const struct assay__conf_path *path)
{
    return last_stanza(tree, path) != NULL;
}

static bool sets(const struct assay__conf_item *item, const char *option)
{
    return !item->is_stanza && assay__text_equal(item->name, option);
}

struct option_search {
    const char *option;
    const struct assay__conf_item *found;
};

static bool note_option(void *arg, const struct assay__conf_item *stanza)
{
    struct option_search *search = arg;

    for (size_t i = 0; i < stanza->count; i++)
        if (sets(&stanza->items[i], search->option))
            search->found = &stanza->items[i];
    return true;
}

const struct assay__conf_item *assay__conf_find_option(
    const struct assay__conf_tree *tree, const struct assay__conf_path *path,
    const char *option)
{
    struct option_search search = {option, NULL};

    assay__conf_find(tree, path, note_option, &search);
    return search.found;
}

/* ---- places in files --------------------------------------------------- */

struct span {
    struct assay__conf_memory_file *file;
    size_t start, value, end; /* value: of an option; else start */
    bool has_sign;            /* `=` before the value */
};

static bool is_editable(const struct assay__conf_tree *tree,
                        const struct assay__conf_item *item)
{
    const struct assay__conf_file *file = tree->files;

    if (item == &tree->root)
        return !file->included_twice;
    while (file && file->name != item->pos.file)
        file = file->next;
    return !item->read_only && file && !file->included_twice;
}

static assay_rc refuse(const struct assay__conf_item *item, assay_error *err)
{
    return assay_error_set(
        err, ASSAY_E_STATE,
        "'%s' stands in '%s' line %u, which is %s: change it there", item->name,
        item->pos.file, item->pos.line,
        item->read_only ? "read-only" : "included more than once");
}

/* Offset of a place in the text that its line and column were made from. */
static size_t offset_of(const struct assay__conf_memory_file *file,
                        const struct assay__conf_pos *pos)
{
    struct assay__conf_lexer lexer;
    const char *line;

    assay__conf_lexer_init(&lexer, file->text, file->len); /* byte order mark */
    line = lexer.at;
    for (uint32_t n = 1; n < pos->line; n++) {
        line = memchr(line, '\n', (size_t)(lexer.end - line));
        if (!line)
            return file->len;
        line++;
    }
    return (size_t)(line - file->text) + pos->column - 1;
}

static size_t lexer_offset(const struct assay__conf_memory_file *file,
                           const struct assay__conf_lexer *lexer)
{
    return (size_t)(lexer->at - file->text);
}

/* From a token that opens something to behind what closes it; else behind the
 * token. */
static void skip_value(struct assay__conf_lexer *lexer)
{
    unsigned depth = 0;

    do {
        struct assay__conf_token token = assay__conf_lexer_next(lexer);

        if (token.kind == ASSAY__CONF_END)
            return;
        if (token.kind != ASSAY__CONF_PUNCT)
            continue;
        if (strchr("([{", *token.start))
            depth++;
        else if (strchr(")]}", *token.start))
            depth--;
    } while (depth > 0);
}

/* Where an item stands; it is editable, so there is such a file. */
static bool span_of(const struct assay__conf_edit *edit,
                    const struct assay__conf_item *item, struct span *out)
{
    struct assay__conf_memory_file *file =
        assay__conf_files_find(edit->files, item->pos.file);
    struct assay__conf_lexer lexer, ahead;
    struct assay__conf_token token;

    if (!file)
        return false;
    out->file = file;
    out->start = out->value = offset_of(file, &item->pos);
    if (out->start >= file->len)
        return false;
    assay__conf_lexer_init(&lexer, file->text + out->start,
                           file->len - out->start);
    (void)assay__conf_lexer_next(&lexer); /* the name */
    ahead = lexer;
    token = assay__conf_lexer_next(&ahead);
    out->has_sign = assay__conf_token_is(&token, '=');
    if (!item->is_stanza) {
        out->value = offset_of(file, &item->value.pos);
        lexer.at = file->text + out->value;
    } else if (assay__conf_token_is_word(&token)) {
        lexer = ahead;
    }
    skip_value(&lexer);
    out->end = lexer_offset(file, &lexer);
    return true;
}

/* ---- removing ---------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The whole line, when nothing else stands on it. */
static void widen(struct span *span)
{
    const char *text = span->file->text;
    size_t start = span->start, end = span->end;

    while (start > 0 && is_blank(text[start - 1]))
        start--;
    while (end < span->file->len && is_blank(text[end]))
        end++;
    if (start > 0 && text[start - 1] != '\n') {
        span->end = end; /* something stands before it */
        return;
    }
    if (text[end] == '\r' && text[end + 1] == '\n')
        end++;
    if (end < span->file->len && text[end] != '\n')
        return;
    span->start = start;
    span->end = end < span->file->len ? end + 1 : end;
}

static assay_rc remove_item(const struct assay__conf_edit *edit,
                            const struct assay__conf_item *item,
                            assay_error *err)
{
    struct span span;

    if (!is_editable(edit->tree, item) || !span_of(edit, item, &span))
        return refuse(item, err);
    widen(&span);
    return assay__conf_file_splice(span.file, span.start, span.end - span.start,
                                   "", err);
}

/* Items to edit, in the order of the tree. */
struct items {
    const struct assay__conf_item **at;
    size_t count;
    const char *option; /* NULL: stanzas themselves */
    bool failed;
};

static bool add_item(struct items *items, const struct assay__conf_item *item)
{
    const struct assay__conf_item **grown =
        realloc((void *)items->at, (items->count + 1) * sizeof *grown);

    items->failed = items->failed || !grown;
    if (!grown)
        return false;
    items->at = grown;
    grown[items->count++] = item;
    return true;
}

static bool collect(void *arg, const struct assay__conf_item *stanza)
{
    struct items *items = arg;

    if (!items->option)
        return add_item(items, stanza);
    for (size_t i = 0; i < stanza->count; i++)
        if (sets(&stanza->items[i], items->option) &&
            !add_item(items, &stanza->items[i]))
            return false;
    return true;
}

/* Remove what was collected but for @keep, from the last to the first. */
static assay_rc remove_items(const struct assay__conf_edit *edit,
                             const struct items *items,
                             const struct assay__conf_item *keep,
                             assay_error *err)
{
    assay_rc rc = items->failed ? no_memory(err) : ASSAY_OK;

    for (size_t i = items->count; i > 0 && rc == ASSAY_OK; i--)
        if (items->at[i - 1] != keep)
            rc = remove_item(edit, items->at[i - 1], err);
    return rc;
}

assay_rc assay__conf_edit_unset(const struct assay__conf_edit *edit,
                                const struct assay__conf_path *path,
                                const char *option, assay_error *err)
{
    struct items items = {.option = option};
    assay_rc rc;

    assay__conf_find(edit->tree, path, collect, &items);
    rc = items.count == 0 && !items.failed
             ? assay_error_set(err, ASSAY_E_NOTFOUND, "'%s' is not set", option)
             : remove_items(edit, &items, NULL, err);
    free((void *)items.at);
    return rc;
}

assay_rc assay__conf_edit_clear(const struct assay__conf_edit *edit,
                                const struct assay__conf_path *path,
                                assay_error *err)
{
    struct items items = {.option = NULL};
    assay_rc rc;

    if (path->count == 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the global scope cannot be cleared");
    assay__conf_find(edit->tree, path, collect, &items);
    rc = items.count == 0 && !items.failed
             ? assay_error_set(err, ASSAY_E_NOTFOUND, "there is no stanza '%s'",
                               path->words[0])
             : remove_items(edit, &items, NULL, err);
    free((void *)items.at);
    return rc;
}

/* ---- adding ------------------------------------------------------------ */

static const char *line_end(const struct assay__conf_memory_file *file)
{
    const char *end = memchr(file->text, '\n', file->len);

    return end && end > file->text && end[-1] == '\r' ? "\r\n" : "\n";
}

/* `name = value`, inside of the stanzas that the words name. A word that has
 * no partner is the name of a stanza without instance name. */
static void write_new(struct assay__strbuf *out,
                      const struct assay__conf_path *rest, const char *option,
                      const char *value, unsigned indent, const char *end)
{
    size_t at = 0, opened = 0;

    for (; at < rest->count; opened++) {
        bool named = (rest->count - at) % 2 == 0;

        (void)assay__strbuf_addf(out, "%*s%s",
                                 (int)(indent + opened * ASSAY__CONF_INDENT),
                                 "", rest->words[at]);
        if (named) {
            (void)assay__strbuf_addc(out, ' ');
            assay__conf_write_word(out, rest->words[at + 1], true);
        }
        (void)assay__strbuf_addf(out, " {%s", end);
        at += named ? 2 : 1;
    }
    (void)assay__strbuf_addf(out, "%*s%s = %s%s",
                             (int)(indent + opened * ASSAY__CONF_INDENT), "",
                             option, value, end);
    for (; opened > 0; opened--)
        (void)assay__strbuf_addf(
            out, "%*s}%s", (int)(indent + (opened - 1) * ASSAY__CONF_INDENT),
            "", end);
}

/* What is to be added, and the text that is made of it. */
struct addition {
    struct assay__conf_path rest; /* stanzas to make */
    const char *option, *value;
    struct assay__strbuf text;
};

/* At the end of the main file. */
static assay_rc append_global(const struct assay__conf_edit *edit,
                              struct addition *add, assay_error *err)
{
    struct assay__strbuf *text = &add->text;
    struct assay__conf_memory_file *file = &edit->files->at[0];
    const char *end = line_end(file);

    if (!is_editable(edit->tree, &edit->tree->root))
        return assay_error_set(err, ASSAY_E_STATE,
                               "'%s' is included more than once", file->name);
    if (file->len > 0 && file->text[file->len - 1] != '\n')
        (void)assay__strbuf_adds(text, end);
    if (add->rest.count > 0 && file->len > 0)
        (void)assay__strbuf_adds(text, end);
    write_new(text, &add->rest, add->option, add->value, 0, end);
    if (text->failed)
        return no_memory(err);
    return assay__conf_file_splice(file, file->len, 0, assay__strbuf_str(text),
                                   err);
}

/* Blanks before an offset up to the start of its line; false when something
 * else stands there. */
static bool indent_at(const struct assay__conf_memory_file *file, size_t offset,
                      unsigned *indent)
{
    size_t at = offset;

    while (at > 0 && is_blank(file->text[at - 1]))
        at--;
    *indent = (unsigned)(offset - at);
    return at == 0 || file->text[at - 1] == '\n';
}

/* How far the content of a stanza is indented: as its last item in the same
 * file that begins a line. */
static unsigned indent_inside(const struct assay__conf_item *stanza,
                              const struct assay__conf_memory_file *file,
                              unsigned brace)
{
    unsigned indent;

    for (size_t i = stanza->count; i > 0; i--) {
        const struct assay__conf_item *item = &stanza->items[i - 1];

        if (item->pos.file == stanza->pos.file &&
            indent_at(file, offset_of(file, &item->pos), &indent))
            return indent;
    }
    return brace + ASSAY__CONF_INDENT;
}

/* Before the closing brace of a stanza: on lines of their own when the brace
 * has one, else beside it. */
static assay_rc append_in(const struct assay__conf_edit *edit,
                          const struct assay__conf_item *stanza,
                          struct addition *add, assay_error *err)
{
    struct assay__strbuf *text = &add->text;
    struct span span;
    size_t brace;
    unsigned indent;

    if (!span_of(edit, stanza, &span))
        return refuse(stanza, err);
    brace = span.end - 1;
    if (indent_at(span.file, brace, &indent)) {
        write_new(text, &add->rest, add->option, add->value,
                  indent_inside(stanza, span.file, indent),
                  line_end(span.file));
        brace -= indent;
    } else {
        const char *before = is_blank(span.file->text[brace - 1]) ? "" : " ";

        (void)assay__strbuf_adds(text, before);
        write_new(text, &add->rest, add->option, add->value, 0, " ");
    }
    if (text->failed)
        return no_memory(err);
    return assay__conf_file_splice(span.file, brace, 0, assay__strbuf_str(text),
                                   err);
}

/* ---- setting ----------------------------------------------------------- */

static bool is_name(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        char c = assay__ascii_lower(*text);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

static bool is_include(const char *name)
{
    return assay__text_equal(name, "include") ||
           assay__text_equal(name, "readonly_include");
}

/* The longest beginning of the path that names a stanza. */
static const struct assay__conf_item *deepest(const struct assay__conf_edit *e,
                                              const struct assay__conf_path *p,
                                              size_t *words)
{
    struct assay__conf_path part = *p;
    const struct assay__conf_item *stanza;

    for (;; part.count--) {
        stanza = last_stanza(e->tree, &part);
        if (stanza || part.count == 0)
            break;
    }
    *words = part.count;
    return stanza;
}

static assay_rc check_new(const struct assay__conf_path *rest,
                          const char *option, assay_error *err)
{
    size_t at = 0;

    for (; at < rest->count; at += (rest->count - at) % 2 == 0 ? 2 : 1) {
        bool named = (rest->count - at) % 2 == 0;

        if (!is_name(rest->words[at]) || is_include(rest->words[at]) ||
            (named && !assay__conf_word_is_writable(rest->words[at + 1])))
            return assay_error_set(err, ASSAY_E_INVAL,
                                   "'%s' is not the name of a stanza",
                                   rest->words[at]);
    }
    if (!is_name(option) || is_include(option))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s' is not the name of an option", option);
    return ASSAY_OK;
}

static assay_rc add_option(const struct assay__conf_edit *edit,
                           const struct assay__conf_path *path,
                           const char *option, const char *value,
                           assay_error *err)
{
    struct addition add = {.option = option, .value = value};
    size_t words;
    const struct assay__conf_item *stanza = deepest(edit, path, &words);
    assay_rc rc;

    add.rest.words = path->words + words;
    add.rest.count = path->count - words;
    rc = check_new(&add.rest, option, err);
    if (rc != ASSAY_OK)
        return rc;
    assay__strbuf_init(&add.text, TEXT_MAX);
    if (words == 0) {
        rc = append_global(edit, &add, err);
    } else if (is_editable(edit->tree, stanza)) {
        rc = append_in(edit, stanza, &add, err);
    } else if (!stanza->instance && words == 1) { /* it may be repeated */
        add.rest = *path;
        rc = append_global(edit, &add, err);
    } else {
        rc = refuse(stanza, err);
    }
    assay__strbuf_fini(&add.text);
    return rc;
}

static assay_rc replace_value(const struct assay__conf_edit *edit,
                              const struct assay__conf_item *item,
                              const char *value, assay_error *err)
{
    struct span span;
    assay_rc rc;

    if (!span_of(edit, item, &span))
        return refuse(item, err);
    rc = assay__conf_file_splice(span.file, span.value, span.end - span.value,
                                 value, err);
    if (rc == ASSAY_OK && !span.has_sign)
        rc = assay__conf_file_splice(span.file, span.value, 0, "= ", err);
    return rc;
}

/* The option in effect gets the value, and what a stanza says of it besides
 * goes: of a list it would add to the value. What is read-only stays. */
static assay_rc replace_option(const struct assay__conf_edit *edit,
                               const struct items *items, const char *value,
                               assay_error *err)
{
    const struct assay__conf_item *last = items->at[items->count - 1];
    assay_rc rc = replace_value(edit, last, value, err);

    for (size_t i = items->count - 1; i > 0 && rc == ASSAY_OK; i--)
        if (is_editable(edit->tree, items->at[i - 1]))
            rc = remove_item(edit, items->at[i - 1], err);
    return rc;
}

assay_rc assay__conf_edit_set(const struct assay__conf_edit *edit,
                              const struct assay__conf_path *path,
                              const char *option, const char *value,
                              assay_error *err)
{
    struct items items = {.option = option};
    assay_rc rc;

    assay__conf_find(edit->tree, path, collect, &items);
    if (items.failed)
        rc = no_memory(err);
    else if (items.count > 0 &&
             is_editable(edit->tree, items.at[items.count - 1]))
        rc = replace_option(edit, &items, value, err);
    else
        rc = add_option(edit, path, option, value, err);
    free((void *)items.at);
    return rc;
}
