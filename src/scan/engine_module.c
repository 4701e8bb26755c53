/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/engine_module.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "scan/engine_table.h"
#include "rt/shared_object.h"

#define SUFFIX ".so"
/* Most engine files we look at in the engine folder. */
#define ENGINES_MAX 1000

struct assay__engine_module {
    _Atomic unsigned count;
    char *path;
    void *handle;
    struct stat file;                    /* as it was right before loading */
    const assay_engine_module *exported; /* checked; in the file */
    assay_engine_module table;           /* ops is &ops below */
    assay_engine_ops ops;
};

/* An engine that lies in the folder; module is NULL until asked for. */
struct engine_file {
    char name[ASSAY_NAME_MAX + 1];
    struct assay__engine_module *module;
};

struct assay__engine_set {
    char *folder;
    struct engine_file *files; /* sorted by name */
    size_t count;
};

assay_rc assay__engine_module_load(const char *path,
                                   struct assay__engine_module **out,
                                   assay_error *err)
{
    const assay_engine_module *table;
    size_t size = 0;
    struct assay__engine_module *module = calloc(1, sizeof *module);
    assay_rc rc;

    if (!module)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s: out of memory", path);
    atomic_init(&module->count, 1);
    module->path = assay__text_dup(path, strlen(path));
    if (!module->path) {
        rc = assay_error_set(err, ASSAY_E_NOMEM, "%s: out of memory", path);
        goto fail;
    }
    (void)stat(path, &module->file); /* stays zero; open says what is wrong */
    rc = assay__shared_object_open(path, &module->handle, err);
    if (rc != ASSAY_OK)
        goto fail;
    table =
        assay__shared_object_data(module->handle, ASSAY_ENGINE_SYMBOL, &size);
    if (!table) {
        rc = assay_error_set(err, ASSAY_E_ABI,
                             "%s: is not an engine: it has no '%s'", path,
                             ASSAY_ENGINE_SYMBOL);
        goto fail;
    }
    rc = assay__engine_table_check(path, table, size, err);
    if (rc != ASSAY_OK)
        goto fail;
    module->exported = table;
    assay__engine_table_copy(table, &module->table, &module->ops);
    *out = module;
    return ASSAY_OK;
fail:
    assay__engine_module_unref(&module);
    return rc;
}

const assay_engine_module *assay__engine_module_table(
    const struct assay__engine_module *module)
{
    return &module->table;
}

void assay__engine_module_exported(const struct assay__engine_module *module,
                                   assay_engine_module *table_out,
                                   assay_engine_ops *ops_out)
{
    assay__engine_table_resize(module->exported, table_out, ops_out);
}

const char *assay__engine_module_path(const struct assay__engine_module *module)
{
    return module->path;
}

bool assay__engine_module_is_same(const struct assay__engine_module *a,
                                  const struct assay__engine_module *b)
{
    return a->handle == b->handle;
}

bool assay__engine_module_is_same_file(const struct assay__engine_module *a,
                                       const struct assay__engine_module *b)
{
    return a->file.st_dev == b->file.st_dev &&
           a->file.st_ino == b->file.st_ino &&
           a->file.st_size == b->file.st_size &&
           a->file.st_mtim.tv_sec == b->file.st_mtim.tv_sec &&
           a->file.st_mtim.tv_nsec == b->file.st_mtim.tv_nsec;
}

struct assay__engine_module *assay__engine_module_ref(
    struct assay__engine_module *module)
{
    atomic_fetch_add(&module->count, 1);
    return module;
}

void assay__engine_module_unref(struct assay__engine_module **module)
{
    struct assay__engine_module *mine = *module;

    *module = NULL;
    if (!mine || atomic_fetch_sub(&mine->count, 1) > 1)
        return;
    assay__shared_object_close(&mine->handle);
    free(mine->path);
    free(mine);
}

/* The engine's name in a file name such as "clamav.so". */
static bool engine_of_file(const char *file, char *name, size_t size)
{
    size_t len = strlen(file);

    if (len <= strlen(SUFFIX) ||
        strcmp(file + len - strlen(SUFFIX), SUFFIX) != 0 ||
        len - strlen(SUFFIX) >= size)
        return false;
    memcpy(name, file, len - strlen(SUFFIX));
    name[len - strlen(SUFFIX)] = '\0';
    return assay__engine_name_is_valid(name);
}

static assay_rc add_file(struct assay__engine_set *set, const char *name)
{
    struct engine_file *files;

    if (set->count >= ENGINES_MAX)
        return ASSAY_E_LIMIT;
    files = realloc(set->files, (set->count + 1) * sizeof *files);
    if (!files)
        return ASSAY_E_NOMEM;
    set->files = files;
    files[set->count].module = NULL;
    assay__text_copy(files[set->count].name, sizeof files->name, name);
    set->count++;
    return ASSAY_OK;
}

static int compare_files(const void *a, const void *b)
{
    const struct engine_file *left = a;
    const struct engine_file *right = b;

    return strcmp(left->name, right->name);
}

static assay_rc list_folder(struct assay__engine_set *set, assay_error *err)
{
    char name[ASSAY_NAME_MAX + 1];
    struct dirent *entry;
    assay_rc rc = ASSAY_OK;
    DIR *dir = opendir(set->folder);

    if (!dir && errno == ENOENT)
        return ASSAY_OK;
    if (!dir)
        return assay_error_set(err, ASSAY_E_IO,
                               "engine folder %s cannot be read: %s",
                               set->folder, strerrordesc_np(errno));
    while (rc == ASSAY_OK && (entry = readdir(dir)) != NULL) {
        if (engine_of_file(entry->d_name, name, sizeof name))
            rc = add_file(set, name);
    }
    (void)closedir(dir);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "engine folder %s: %s", set->folder,
                               rc == ASSAY_E_NOMEM ? "out of memory"
                                                   : "too many engines");
    if (set->count > 1)
        qsort(set->files, set->count, sizeof *set->files, compare_files);
    return ASSAY_OK;
}

assay_rc assay__engine_set_new(const char *folder,
                               struct assay__engine_set **out, assay_error *err)
{
    struct assay__engine_set *set = calloc(1, sizeof *set);
    assay_rc rc;

    if (set)
        set->folder = assay__text_dup(folder, strlen(folder));
    if (!set || !set->folder) {
        assay__engine_set_free(&set);
        return assay_error_set(err, ASSAY_E_NOMEM,
                               "engine folder %s: out of memory", folder);
    }
    rc = list_folder(set, err);
    if (rc != ASSAY_OK) {
        assay__engine_set_free(&set);
        return rc;
    }
    *out = set;
    return ASSAY_OK;
}

void assay__engine_set_free(struct assay__engine_set **set)
{
    struct assay__engine_set *mine = *set;

    *set = NULL;
    if (!mine)
        return;
    for (size_t i = 0; i < mine->count; i++)
        assay__engine_module_unref(&mine->files[i].module);
    free(mine->files);
    free(mine->folder);
    free(mine);
}

static struct engine_file *find_file(const struct assay__engine_set *set,
                                     const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (assay__text_equal(set->files[i].name, name))
            return &set->files[i];
    }
    return NULL;
}

/* A file is known by its name; a table that says otherwise would make the
 * configuration depend on the order of loading. */
static assay_rc check_own_name(const struct assay__engine_set *set,
                               const struct engine_file *file, const char *path,
                               const char *name, assay_error *err)
{
    const struct engine_file *other;

    if (strcmp(name, file->name) == 0)
        return ASSAY_OK;
    other = find_file(set, name);
    if (other && other->module)
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "%s: calls itself '%s', and an engine of that "
                               "name is loaded already",
                               path, name);
    return assay_error_set(err, ASSAY_E_ABI, "%s: calls itself '%s', not '%s'",
                           path, name, file->name);
}

static assay_rc load_file(const struct assay__engine_set *set,
                          struct engine_file *file, assay_error *err)
{
    char path[PATH_MAX];
    struct assay__engine_module *module = NULL;
    assay_rc rc;
    int len =
        snprintf(path, sizeof path, "%s/%s" SUFFIX, set->folder, file->name);

    if (len < 0 || (size_t)len >= sizeof path)
        return assay_error_set(err, ASSAY_E_IO,
                               "engine folder %s: the path is too long",
                               set->folder);
    rc = assay__engine_module_load(path, &module, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = check_own_name(set, file, path, module->table.name, err);
    if (rc != ASSAY_OK) {
        assay__engine_module_unref(&module);
        return rc;
    }
    file->module = module;
    return ASSAY_OK;
}

assay_rc assay__engine_set_get(struct assay__engine_set *set, const char *name,
                               struct assay__engine_module **out,
                               assay_error *err)
{
    struct engine_file *file = find_file(set, name);

    if (!file)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "there is no engine '%.*s' in %s",
                               ASSAY_NAME_MAX + 1, name, set->folder);
    if (!file->module) {
        assay_rc rc = load_file(set, file, err);

        if (rc != ASSAY_OK)
            return rc;
    }
    *out = file->module;
    return ASSAY_OK;
}

const char *assay__engine_set_available(struct assay__engine_set *set,
                                        size_t index)
{
    return index < set->count ? set->files[index].name : NULL;
}
