/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/tree.h"

#include <stdlib.h>
#include <string.h>

#include "conf/tree_priv.h"

struct assay__conf_tree *assay__conf_tree_new(void)
{
    struct assay__conf_tree *tree = calloc(1, sizeof *tree);

    if (!tree)
        return NULL;
    assay__arena_init(&tree->arena);
    tree->last_file = &tree->files;
    tree->root.is_stanza = true;
    tree->root.name = "";
    return tree;
}

void assay__conf_tree_free(struct assay__conf_tree **tree)
{
    struct assay__conf_tree *t = *tree;

    *tree = NULL;
    if (!t)
        return;
    for (const struct assay__conf_file *f = t->files; f; f = f->next) {
        free(f->text);
        free(f->disk);
    }
    assay__arena_fini(&t->arena);
    free(t);
}

struct assay__conf_file *assay__conf_tree_add_file(
    struct assay__conf_tree *tree, const char *name, char *text, size_t len)
{
    struct assay__conf_file *file =
        assay__arena_alloc(&tree->arena, sizeof *file);

    if (!file)
        return NULL;
    file->name = assay__arena_text(&tree->arena, name, strlen(name));
    if (!file->name)
        return NULL;
    file->text = text;
    file->len = len;
    for (struct assay__conf_file *f = tree->files; f; f = f->next) {
        if (strcmp(f->name, name) == 0)
            f->included_twice = file->included_twice = true;
    }
    *tree->last_file = file;
    tree->last_file = &file->next;
    tree->file_count++;
    return file;
}

const struct assay__conf_item *assay__conf_tree_root(
    const struct assay__conf_tree *tree)
{
    return &tree->root;
}

bool assay__conf_tree_is_balanced(const struct assay__conf_tree *tree)
{
    return !tree->unbalanced;
}

static const struct assay__conf_file *find_file(
    const struct assay__conf_tree *tree, const char *name)
{
    for (const struct assay__conf_file *f = tree->files; f; f = f->next)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

bool assay__conf_tree_line(const struct assay__conf_tree *tree,
                           const struct assay__conf_pos *pos,
                           const char **line_out, size_t *len_out)
{
    const struct assay__conf_file *file = find_file(tree, pos->file);
    const char *line, *end, *stop;

    if (!file || pos->line == 0)
        return false;
    line = file->text;
    end = file->text + file->len;
    for (uint32_t n = 1; n < pos->line; n++) {
        line = memchr(line, '\n', (size_t)(end - line));
        if (!line)
            return false;
        line++;
    }
    stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop)
        stop = end;
    if (stop > line && stop[-1] == '\r')
        stop--;
    *line_out = line;
    *len_out = (size_t)(stop - line);
    return true;
}
