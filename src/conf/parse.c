/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/parse_priv.h"

/* ---- files ------------------------------------------------------------- */

/* A NUL byte means that this is no text; one finding says so. */
static bool report_nul(struct assay__conf_parser *p, const char *name,
                       const char *text, size_t len)
{
    const char *nul = memchr(text, '\0', len), *line = text;
    struct assay__conf_pos pos = {name, 1, 1};

    if (!nul)
        return false;
    for (const char *c = text; c < nul; c++) {
        if (*c == '\n') {
            pos.line++;
            line = c + 1;
        }
    }
    pos.column = (uint32_t)(nul - line) + 1;
    assay__conf_diag(p->diags, ASSAY__CONF_ERROR, &pos, NULL,
                     "NUL byte: this is not a text file");
    return true;
}

/* Takes text over. */
static bool parse_input(struct assay__conf_parser *p,
                        struct assay__conf_items *list,
                        struct assay__conf_input *in, char *text, size_t len)
{
    struct assay__conf_file *file =
        assay__conf_tree_add_file(p->tree, in->name, text, len);
    struct assay__conf_input *outer = p->in;
    bool ok;

    if (!file) {
        free(text);
        return false;
    }
    in->name = file->name;
    file->read_only = p->read_only;
    if (report_nul(p, file->name, text, len))
        return true;
    assay__conf_lexer_init(&in->lexer, text, len);
    p->in = in;
    ok = assay__conf_parse_items(p, list);
    p->in = outer;
    return ok;
}

/* The files that include each other, from the innermost; cut when long. */
static void describe_chain(const struct assay__conf_input *in, char *out,
                           size_t size)
{
    const char *lead = "included by ";

    for (; in; in = in->parent) {
        size_t used = strlen(out);

        (void)snprintf(out + used, size - used, "%s'%s'", lead, in->name);
        lead = ", which is included by ";
    }
}

static void report_chain(struct assay__conf_parser *p,
                         const struct assay__conf_pos *pos, const char *fmt,
                         ...) ASSAY_PRINTF(3, 4);

static void report_chain(struct assay__conf_parser *p,
                         const struct assay__conf_pos *pos, const char *fmt,
                         ...)
{
    char text[ASSAY__CONF_MESSAGE_MAX], chain[ASSAY__CONF_MESSAGE_MAX] = "";
    va_list args;

    describe_chain(p->in, chain, sizeof chain);
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assay__conf_diag(p->diags, ASSAY__CONF_ERROR, pos, chain, "%s", text);
}

static bool is_open(const struct assay__conf_input *in,
                    const struct assay__conf_source *source)
{
    for (; in; in = in->parent)
        if (in->source && in->source->device == source->device &&
            in->source->inode == source->inode)
            return true;
    return false;
}

/* What reading or opening said; false only when memory ran out. */
static bool report_source(struct assay__conf_parser *p,
                          const struct assay__conf_pos *pos, assay_rc rc,
                          const assay_error *err)
{
    if (rc != ASSAY_OK && rc != ASSAY_E_NOMEM)
        assay__conf_diag(p->diags, ASSAY__CONF_ERROR, pos, NULL, "%s",
                         err->msg);
    return rc != ASSAY_E_NOMEM;
}

/* Read one file into a list. @param pos of the include; NULL: the first */
static bool include_file(struct assay__conf_parser *p,
                         struct assay__conf_items *list,
                         const struct assay__conf_source *source,
                         const struct assay__conf_pos *pos)
{
    struct assay__conf_input in = {.parent = p->in,
                                   .source = source,
                                   .name = source->path,
                                   .level = p->in ? p->in->level + 1 : 0};
    assay_error err = {0};
    char *text;
    size_t len;
    assay_rc rc;

    if (is_open(p->in, source)) {
        report_chain(p, pos, "'%s' includes itself", source->path);
        return true;
    }
    if (p->tree->file_count >= ASSAY__CONF_FILES_MAX) {
        assay__conf_diag(p->diags, ASSAY__CONF_ERROR, pos, NULL,
                         "more than %d files, the limit",
                         ASSAY__CONF_FILES_MAX);
        return true;
    }
    rc = assay__conf_source_read(source, &text, &len, &err);
    if (rc != ASSAY_OK)
        return report_source(p, pos, rc, &err);
    return parse_input(p, list, &in, text, len);
}

static bool include_folder(struct assay__conf_parser *p,
                           struct assay__conf_items *list,
                           struct assay__conf_source *folder,
                           const struct assay__conf_pos *pos)
{
    struct assay__conf_names names;
    assay_error err = {0};
    assay_rc rc = assay__conf_source_list(folder, &names, &err);
    bool ok = true;

    if (rc != ASSAY_OK)
        return report_source(p, pos, rc, &err);
    for (size_t i = 0; i < names.count && ok; i++) {
        struct assay__conf_source source = {.fd = -1};

        rc = assay__conf_source_in(&p->tree->arena, folder->path,
                                   names.names[i], &source, &err);
        ok = rc == ASSAY_OK ? include_file(p, list, &source, pos)
                            : report_source(p, pos, rc, &err);
        assay__conf_source_close(&source);
    }
    assay__conf_names_fini(&names);
    return ok;
}

/* ---- files in memory --------------------------------------------------- */

/* The text that the tree shall know to be on disk. */
static bool keep_disk(struct assay__conf_parser *p,
                      const struct assay__conf_memory_file *file)
{
    struct assay__conf_file *f = p->tree->files;

    if (!file->disk)
        return true;
    while (f && (f->disk || strcmp(f->name, file->name) != 0))
        f = f->next;
    if (!f)
        return true;
    f->disk = assay__text_dup(file->disk, file->disk_len);
    f->disk_len = file->disk_len;
    return f->disk != NULL;
}

static bool parse_memory_file(struct assay__conf_parser *p,
                              struct assay__conf_items *list,
                              const struct assay__conf_memory_file *file,
                              const struct assay__conf_pos *pos)
{
    struct assay__conf_input in = {.parent = p->in,
                                   .name = file->name,
                                   .level = p->in ? p->in->level + 1 : 0};
    char *copy;

    if (p->tree->file_count >= ASSAY__CONF_FILES_MAX) {
        assay__conf_diag(p->diags, ASSAY__CONF_ERROR, pos, NULL,
                         "more than %d files, the limit",
                         ASSAY__CONF_FILES_MAX);
        return true;
    }
    copy = assay__text_dup(file->text, file->len);
    return copy && parse_input(p, list, &in, copy, file->len) &&
           keep_disk(p, file);
}

static bool include_from_memory(struct assay__conf_parser *p,
                                struct assay__conf_items *list,
                                const char *name,
                                const struct assay__conf_pos *pos)
{
    size_t *at, count;
    bool ok = true;

    if (!assay__conf_files_include(p->files, &p->tree->arena, name, p->in->name,
                                   &at, &count))
        return false;
    for (size_t i = 0; i < count && ok; i++)
        ok = parse_memory_file(p, list, &p->files->at[at[i]], pos);
    return ok;
}

bool assay__conf_include(struct assay__conf_parser *p,
                         struct assay__conf_items *list, const char *name,
                         const struct assay__conf_pos *pos)
{
    struct assay__conf_source source = {.fd = -1};
    assay_error err = {0};
    assay_rc rc;
    bool ok;

    if (p->in->level >= ASSAY__CONF_INCLUDE_DEPTH_MAX) {
        report_chain(p, pos, "more than %d levels of includes, the limit",
                     ASSAY__CONF_INCLUDE_DEPTH_MAX);
        return true;
    }
    if (p->files)
        return include_from_memory(p, list, name, pos);
    rc = assay__conf_source_find(&p->tree->arena, name, p->in->name, &source,
                                 &err);
    if (rc != ASSAY_OK)
        return report_source(p, pos, rc, &err);
    ok = source.is_folder ? include_folder(p, list, &source, pos)
                          : include_file(p, list, &source, pos);
    assay__conf_source_close(&source);
    return ok;
}

/* ---- entry points ------------------------------------------------------ */

static assay_rc finish(struct assay__conf_parser *p, bool ok,
                       size_t errors_before, const char *name,
                       struct assay__conf_tree **tree_out, assay_error *err)
{
    size_t errors = assay__conf_diags_errors(p->diags) - errors_before;

    if (!ok || assay__conf_diags_failed(p->diags)) {
        assay__conf_tree_free(&p->tree);
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration %s", name);
    }
    *tree_out = p->tree;
    if (errors == 0)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_CONF, "%zu error%s in configuration %s",
                           errors, errors == 1 ? "" : "s", name);
}

assay_rc assay__conf_parse_file(const char *path,
                                struct assay__conf_diags *diags,
                                struct assay__conf_tree **tree_out,
                                assay_error *err)
{
    struct assay__conf_parser p = {.tree = assay__conf_tree_new(),
                                   .diags = diags};
    size_t before = assay__conf_diags_errors(diags);
    struct assay__conf_source source = {.fd = -1};
    struct assay__conf_items list = {NULL, 0, 0};
    assay_error why = {0};
    assay_rc rc;
    bool ok;

    if (!p.tree)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration %s", path);
    rc = assay__conf_source_open(&p.tree->arena, path, &source, &why);
    if (rc == ASSAY_OK && source.is_folder)
        rc = assay_error_set(&why, ASSAY_E_IO, "'%s' is a folder", path);
    ok = rc == ASSAY_OK ? include_file(&p, &list, &source, NULL)
                        : report_source(&p, NULL, rc, &why);
    ok = ok && assay__conf_keep_items(&p, &list, &p.tree->root);
    free(list.at);
    assay__conf_source_close(&source);
    return finish(&p, ok, before, path, tree_out, err);
}

assay_rc assay__conf_parse_text(const char *name, const char *text, size_t len,
                                struct assay__conf_diags *diags,
                                struct assay__conf_tree **tree_out,
                                assay_error *err)
{
    struct assay__conf_parser p = {.tree = assay__conf_tree_new(),
                                   .diags = diags};
    size_t before = assay__conf_diags_errors(diags);
    struct assay__conf_items list = {NULL, 0, 0};
    struct assay__conf_input in = {.name = name};
    char *copy = NULL;
    bool ok;

    if (!p.tree)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration %s", name);
    copy = assay__text_dup(text, len);
    ok = copy && parse_input(&p, &list, &in, copy, len) &&
         assay__conf_keep_items(&p, &list, &p.tree->root);
    free(list.at);
    return finish(&p, ok, before, name, tree_out, err);
}

assay_rc assay__conf_parse_files(const struct assay__conf_files *files,
                                 struct assay__conf_diags *diags,
                                 struct assay__conf_tree **tree_out,
                                 assay_error *err)
{
    struct assay__conf_parser p = {
        .tree = assay__conf_tree_new(), .diags = diags, .files = files};
    size_t before = assay__conf_diags_errors(diags);
    struct assay__conf_items list = {NULL, 0, 0};
    const char *name = files->at[0].name;
    bool ok;

    if (!p.tree)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration %s", name);
    ok = parse_memory_file(&p, &list, &files->at[0], NULL) &&
         assay__conf_keep_items(&p, &list, &p.tree->root);
    free(list.at);
    return finish(&p, ok, before, name, tree_out, err);
}
