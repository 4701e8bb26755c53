/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "conf/lexer.h"
#include "conf/tree_priv.h"

enum {
    SEVERITIES = 2,
    EXCERPT_MAX = 120,   /* bytes of a source line that are shown … */
    EXCERPT_BEFORE = 60, /* … and how many of them before the caret */
    RENDERED_MAX = 8192  /* bytes of one rendered finding */
};

struct finding {
    enum assay__conf_severity severity;
    struct assay__conf_pos pos; /* file NULL: no place */
    const char *text;
    const char *hint; /* NULL without one */
    const struct finding *next;
};

struct assay__conf_diags {
    struct assay__arena arena;
    struct finding *first, *last; /* in the order recorded */
    const struct finding *sealed; /* the last one of the sealed; or NULL */
    size_t count[SEVERITIES];
    bool failed, warnings_hidden;
};

assay_rc assay__conf_diags_new(struct assay__conf_diags **out, assay_error *err)
{
    struct assay__conf_diags *diags = calloc(1, sizeof *diags);

    if (!diags)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration findings");
    assay__arena_init(&diags->arena);
    *out = diags;
    return ASSAY_OK;
}

void assay__conf_diags_free(struct assay__conf_diags **diags)
{
    if (*diags)
        assay__arena_fini(&(*diags)->arena);
    free(*diags);
    *diags = NULL;
}

size_t assay__conf_diags_errors(const struct assay__conf_diags *diags)
{
    return diags->count[ASSAY__CONF_ERROR];
}

size_t assay__conf_diags_warnings(const struct assay__conf_diags *diags)
{
    return diags->count[ASSAY__CONF_WARNING];
}

bool assay__conf_diags_failed(const struct assay__conf_diags *diags)
{
    return diags->failed;
}

void assay__conf_diags_hide_warnings(struct assay__conf_diags *diags)
{
    diags->warnings_hidden = true;
}

void assay__conf_diags_seal(struct assay__conf_diags *diags)
{
    diags->sealed = diags->last;
}

/* ---- recording --------------------------------------------------------- */

static const char *keep_clean(struct assay__conf_diags *diags, const char *text)
{
    char clean[ASSAY__CONF_MESSAGE_MAX];
    size_t len = assay__text_copy_clean(clean, sizeof clean, text, false);

    return assay__arena_text(&diags->arena, clean, len);
}

/* Findings of one file follow each other, so they mostly share its name. */
static const char *keep_file(struct assay__conf_diags *diags, const char *file)
{
    if (diags->last && diags->last->pos.file &&
        strcmp(diags->last->pos.file, file) == 0)
        return diags->last->pos.file;
    return assay__arena_text(&diags->arena, file, strlen(file));
}

static struct finding *make_finding(struct assay__conf_diags *diags,
                                    const struct assay__conf_pos *pos,
                                    const char *hint, const char *text)
{
    struct finding *f = assay__arena_alloc(&diags->arena, sizeof *f);

    if (!f)
        return NULL;
    f->text = assay__arena_text(&diags->arena, text, strlen(text));
    if (!f->text)
        return NULL;
    if (hint && *hint != '\0') {
        f->hint = keep_clean(diags, hint);
        if (!f->hint)
            return NULL;
    }
    if (pos && pos->file) {
        f->pos = *pos;
        f->pos.file = keep_file(diags, pos->file);
        if (!f->pos.file)
            return NULL;
    }
    return f;
}

static bool is_at(const struct finding *f, const struct assay__conf_pos *pos)
{
    return f->pos.file && f->pos.line == pos->line &&
           f->pos.column == pos->column && strcmp(f->pos.file, pos->file) == 0;
}

/* An outer stanza is read once for each stanza that inherits from it; what is
 * wrong in it is said once. So is what follows from a sealed finding. */
static bool is_known(const struct assay__conf_diags *diags,
                     const struct assay__conf_pos *pos, const char *text)
{
    bool sealed = diags->sealed != NULL;

    if (!pos || !pos->file)
        return false;
    for (const struct finding *f = diags->first; f; f = f->next) {
        if (is_at(f, pos) && (sealed || strcmp(f->text, text) == 0))
            return true;
        sealed = sealed && f != diags->sealed;
    }
    return false;
}

void assay__conf_diag(struct assay__conf_diags *diags,
                      enum assay__conf_severity severity,
                      const struct assay__conf_pos *pos, const char *hint,
                      const char *fmt, ...)
{
    char text[ASSAY__CONF_MESSAGE_MAX], clean[ASSAY__CONF_MESSAGE_MAX];
    struct finding *f;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)assay__text_copy_clean(clean, sizeof clean, text, false);
    if (is_known(diags, pos, clean) ||
        diags->count[severity]++ >= ASSAY__CONF_FINDINGS_MAX)
        return;
    f = make_finding(diags, pos, hint, clean);
    if (!f) {
        diags->failed = true;
        return;
    }
    f->severity = severity;
    if (diags->last)
        diags->last->next = f;
    else
        diags->first = f;
    diags->last = f;
}

/* ---- rendering --------------------------------------------------------- */

/* Bytes of the character at text, as it is shown: a valid UTF-8 character
 * stays, a control character or a stray byte becomes one `?`. */
static size_t shown_length(const char *text, size_t len, bool *as_is)
{
    size_t n = assay__utf8_length(text, len);
    unsigned char c = (unsigned char)text[0];

    *as_is = n > 1 || (n == 1 && (c >= 0x20 || c == '\t') && c != 0x7f);
    /* U+0080..U+009F are control characters, too. */
    if (n == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0)
        *as_is = false;
    return n > 0 ? n : 1;
}

static void show_text(struct assay__strbuf *out, const char *text, size_t len)
{
    bool as_is;

    for (size_t n; len > 0; text += n, len -= n) {
        n = shown_length(text, len, &as_is);
        if (as_is)
            (void)assay__strbuf_add(out, text, n);
        else
            (void)assay__strbuf_addc(out, '?');
    }
}

/* As many columns as show_text() takes; tabs stay tabs. */
static void show_blanks(struct assay__strbuf *out, const char *text, size_t len)
{
    bool as_is;

    for (size_t n; len > 0; text += n, len -= n) {
        n = shown_length(text, len, &as_is);
        (void)assay__strbuf_addc(out, *text == '\t' ? '\t' : ' ');
    }
}

/* Bytes of the word or string that starts at text; at least 1. */
static size_t underlined(const char *text, size_t len)
{
    size_t n = 0;

    if (len > 0 && (*text == '"' || *text == '\'')) {
        for (n = 1; n < len && text[n] != *text; n++)
            if (text[n] == '\\' && n + 1 < len)
                n++;
        return n < len ? n + 1 : len;
    }
    while (n < len && assay__conf_is_bare(text[n]))
        n++;
    return n > 0 ? n : 1;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The part of a line that is shown around the caret, cut between characters.
 */
static void excerpt(const char *line, size_t len, size_t caret, size_t *from,
                    size_t *to)
{
    *from = 0;
    *to = len;
    if (len <= EXCERPT_MAX)
        return;
    if (caret > EXCERPT_BEFORE)
        *from = caret - EXCERPT_BEFORE;
    if (len - *from > EXCERPT_MAX)
        *to = *from + EXCERPT_MAX;
    for (int i = 0; i < 3 && *from < caret && is_continuation(line[*from]); i++)
        ++*from;
    for (int i = 0; i < 3 && *to < len && is_continuation(line[*to]); i++)
        ++*to;
}

static void render_underline(struct assay__strbuf *out, const char *text,
                             size_t len)
{
    size_t n = underlined(text, len);
    bool as_is;

    (void)assay__strbuf_addc(out, '^');
    if (len == 0)
        return;
    for (size_t i = shown_length(text, len, &as_is); i < n;
         i += shown_length(text + i, len - i, &as_is))
        (void)assay__strbuf_addc(out, '~');
}

static void render_line(struct assay__strbuf *out, const char *line, size_t len,
                        size_t caret)
{
    static const char cut[] = "...";
    size_t from, to;

    if (caret > len)
        caret = len;
    excerpt(line, len, caret, &from, &to);
    (void)assay__strbuf_addc(out, '\n');
    (void)assay__strbuf_adds(out, from > 0 ? cut : "");
    show_text(out, line + from, to - from);
    (void)assay__strbuf_adds(out, to < len ? cut : "");
    (void)assay__strbuf_addc(out, '\n');
    (void)assay__strbuf_adds(out, from > 0 ? "   " : "");
    show_blanks(out, line + from, caret - from);
    render_underline(out, line + caret, to - caret);
}

static void render_finding(struct assay__strbuf *out, const struct finding *f,
                           const struct assay__conf_tree *tree)
{
    const char *line;
    size_t len;

    if (f->pos.file) {
        show_text(out, f->pos.file, strlen(f->pos.file));
        (void)assay__strbuf_addf(out, ":%u:%u: ", f->pos.line, f->pos.column);
    }
    (void)assay__strbuf_adds(
        out, f->severity == ASSAY__CONF_ERROR ? "error: " : "warning: ");
    show_text(out, f->text, strlen(f->text));
    if (f->pos.file && f->pos.column > 0 && tree &&
        assay__conf_tree_line(tree, &f->pos, &line, &len))
        render_line(out, line, len, f->pos.column - 1);
    if (f->hint) {
        (void)assay__strbuf_addc(out, '\n');
        show_text(out, f->hint, strlen(f->hint));
    }
}

struct placed {
    const struct finding *finding;
    size_t file;  /* rank of the file; of a finding without a place: the last */
    size_t order; /* recorded as the n-th */
};

static int compare_places(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;
    const struct assay__conf_pos *p = &a->finding->pos, *q = &b->finding->pos;

    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (p->line != q->line)
        return p->line < q->line ? -1 : 1;
    if (p->column != q->column)
        return p->column < q->column ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static size_t file_rank(const struct assay__conf_tree *tree, const char *file)
{
    size_t rank = 0;

    if (!file)
        return SIZE_MAX;
    for (const struct assay__conf_file *f = tree ? tree->files : NULL; f;
         f = f->next, rank++)
        if (strcmp(f->name, file) == 0)
            break;
    return rank;
}

static bool is_hidden(const struct assay__conf_diags *diags,
                      enum assay__conf_severity severity)
{
    return severity == ASSAY__CONF_WARNING && diags->warnings_hidden;
}

static void render_rest(const struct assay__conf_diags *diags,
                        void (*emit)(void *arg, const char *text), void *arg)
{
    static const char *const what[SEVERITIES] = {"errors", "warnings"};
    char text[64];

    for (int s = 0; s < SEVERITIES; s++) {
        if (diags->count[s] <= ASSAY__CONF_FINDINGS_MAX ||
            is_hidden(diags, (enum assay__conf_severity)s))
            continue;
        (void)snprintf(text, sizeof text, "%zu more %s are not shown",
                       diags->count[s] - ASSAY__CONF_FINDINGS_MAX, what[s]);
        emit(arg, text);
    }
}

void assay__conf_diags_render(const struct assay__conf_diags *diags,
                              const struct assay__conf_tree *tree,
                              void (*emit)(void *arg, const char *text),
                              void *arg)
{
    struct placed list[SEVERITIES * ASSAY__CONF_FINDINGS_MAX] = {{NULL, 0, 0}};
    struct assay__strbuf out;
    size_t count = 0;

    for (const struct finding *f = diags->first; f; f = f->next) {
        if (is_hidden(diags, f->severity))
            continue;
        list[count] = (struct placed){f, file_rank(tree, f->pos.file), count};
        count++;
    }
    qsort(list, count, sizeof *list, compare_places);
    assay__strbuf_init(&out, RENDERED_MAX);
    for (size_t i = 0; i < count; i++) {
        assay__strbuf_reset(&out);
        render_finding(&out, list[i].finding, tree);
        emit(arg, out.failed ? list[i].finding->text : assay__strbuf_str(&out));
    }
    assay__strbuf_fini(&out);
    render_rest(diags, emit, arg);
}
