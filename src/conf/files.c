/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "conf/parse.h"
#include "conf/source.h"
#include "conf/tree_priv.h"

static assay_rc no_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "configuration files");
}

/* ---- a set ------------------------------------------------------------- */

static assay_rc reserve(struct assay__conf_files *files, size_t count,
                        assay_error *err)
{
    *files = (struct assay__conf_files){NULL, 0};
    files->at = calloc(count + 1, sizeof *files->at);
    return files->at ? ASSAY_OK : no_memory(err);
}

/* Append a copy of a text, and of what is on disk. */
static assay_rc add(struct assay__conf_files *files, const char *name,
                    const struct assay__conf_memory_file *from,
                    assay_error *err)
{
    struct assay__conf_memory_file *file = &files->at[files->count++];

    file->name = assay__text_dup(name, strlen(name));
    file->text = assay__text_dup(from->text, from->len);
    file->len = from->len;
    if (from->disk) {
        file->disk = assay__text_dup(from->disk, from->disk_len);
        file->disk_len = from->disk_len;
    }
    return file->name && file->text && (!from->disk || file->disk)
               ? ASSAY_OK
               : no_memory(err);
}

assay_rc assay__conf_files_of(const struct assay__conf_tree *tree,
                              struct assay__conf_files *out, assay_error *err)
{
    assay_rc rc = reserve(out, tree->file_count, err);

    for (struct assay__conf_file *f = tree->files; f && rc == ASSAY_OK;
         f = f->next) {
        const struct assay__conf_memory_file file = {NULL, f->text, f->len,
                                                     f->disk, f->disk_len};

        if (!assay__conf_files_find(out, f->name))
            rc = add(out, f->name, &file, err);
    }
    return rc;
}

assay_rc assay__conf_files_dup(const struct assay__conf_files *files,
                               struct assay__conf_files *out, assay_error *err)
{
    assay_rc rc = reserve(out, files->count, err);

    for (size_t i = 0; i < files->count && rc == ASSAY_OK; i++)
        rc = add(out, files->at[i].name, &files->at[i], err);
    return rc;
}

void assay__conf_files_fini(struct assay__conf_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->at[i].name);
        free(files->at[i].text);
        free(files->at[i].disk);
    }
    free(files->at);
    *files = (struct assay__conf_files){NULL, 0};
}

struct assay__conf_memory_file *assay__conf_files_find(
    const struct assay__conf_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->at[i].name, name) == 0)
            return &files->at[i];
    return NULL;
}

/* ---- one file ---------------------------------------------------------- */

assay_rc assay__conf_file_splice(struct assay__conf_memory_file *file,
                                 size_t offset, size_t remove, const char *text,
                                 assay_error *err)
{
    size_t add_len = strlen(text), rest = file->len - offset - remove, len;
    char *next;

    if (!assay__size_add(offset + rest, add_len, &len) ||
        len > ASSAY__CONF_FILE_BYTES_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "'%s' would be larger than %d bytes, the limit "
                               "for one file",
                               file->name, ASSAY__CONF_FILE_BYTES_MAX);
    next = malloc(len + 1);
    if (!next)
        return no_memory(err);
    memcpy(next, file->text, offset);
    memcpy(next + offset, text, add_len);
    memcpy(next + offset + add_len, file->text + offset + remove, rest);
    next[len] = '\0';
    if (file->disk) {
        free(file->text);
    } else {
        file->disk = file->text;
        file->disk_len = file->len;
    }
    file->text = next;
    file->len = len;
    return ASSAY_OK;
}

bool assay__conf_file_is_changed(const struct assay__conf_memory_file *file)
{
    return file->disk && (file->len != file->disk_len ||
                          memcmp(file->text, file->disk, file->len) != 0);
}

void assay__conf_file_saved(struct assay__conf_memory_file *file)
{
    free(file->disk);
    file->disk = NULL;
    file->disk_len = 0;
}

assay_rc assay__conf_files_take_disk(struct assay__conf_files *files,
                                     const struct assay__conf_files *now,
                                     assay_error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        struct assay__conf_memory_file *file = &files->at[i];
        const struct assay__conf_memory_file *other =
            assay__conf_files_find(now, file->name);
        char *disk;

        if (!other)
            continue;
        disk = other->disk ? assay__text_dup(other->disk, other->disk_len)
                           : assay__text_dup(other->text, other->len);
        if (!disk)
            return no_memory(err);
        free(file->disk);
        file->disk = disk;
        file->disk_len = other->disk ? other->disk_len : other->len;
    }
    return ASSAY_OK;
}

void assay__conf_tree_saved(struct assay__conf_tree *tree, const char *name)
{
    for (struct assay__conf_file *f = tree->files; f; f = f->next) {
        if (strcmp(f->name, name) != 0)
            continue;
        free(f->disk);
        f->disk = NULL;
        f->disk_len = 0;
    }
}

/* ---- includes ---------------------------------------------------------- */

/* Does the file stand in the folder, with a name that counts? */
static bool is_in_folder(const char *file, const char *folder)
{
    size_t len = strlen(folder);

    if (strncmp(file, folder, len) != 0)
        return false;
    file += len;
    if (len > 0 && folder[len - 1] != '/' && *file++ != '/')
        return false;
    return *file != '\0' && *file != '.' && !strchr(file, '/');
}

/* Insert in the order of names. */
static void insert(const struct assay__conf_files *files, size_t *at,
                   size_t count, size_t file)
{
    for (; count > 0 &&
           strcmp(files->at[at[count - 1]].name, files->at[file].name) > 0;
         count--)
        at[count] = at[count - 1];
    at[count] = file;
}

/* The file of that path, or those of the folder. @return how many */
static size_t look_up(const struct assay__conf_files *files, const char *path,
                      size_t *at)
{
    size_t count = 0;

    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->at[i].name, path) == 0) {
            at[0] = i;
            return 1;
        }
    }
    for (size_t i = 0; i < files->count; i++)
        if (is_in_folder(files->at[i].name, path))
            insert(files, at, count++, i);
    return count;
}

bool assay__conf_files_include(const struct assay__conf_files *files,
                               struct assay__arena *arena, const char *name,
                               const char *file, size_t **at_out,
                               size_t *count_out)
{
    const char *const *paths;
    size_t path_count;
    size_t *at = assay__arena_alloc(arena, (files->count + 1) * sizeof *at);

    if (!at || assay__conf_source_candidates(arena, name, file, &paths,
                                             &path_count, NULL) != ASSAY_OK)
        return false;
    *count_out = 0;
    for (size_t i = 0; i < path_count && *count_out == 0; i++)
        *count_out = look_up(files, paths[i], at);
    *at_out = at;
    return true;
}
