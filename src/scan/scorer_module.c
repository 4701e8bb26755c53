/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scorer_module.h"

#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rt/shared_object.h"
#include "scan/engine_table.h"

/* What ABI 1.0 has; all tables of this major number reach as far. */
#define OPS_SIZE_MIN                     \
    (offsetof(assay_scorer_ops, check) + \
     sizeof(((const assay_scorer_ops *)NULL)->check))

#define SUFFIX ".so"

struct assay__scorer_module {
    _Atomic unsigned count;
    void *handle;
    assay_scorer_module table; /* ops is &ops below */
    assay_scorer_ops ops;
};

/* ---- the documented defaults -------------------------------------------- */

static assay_rc no_analysis(void *instance, const char *text, size_t len,
                            int64_t deadline_ms, assay_score *score_out,
                            assay_error *err)
{
    (void)instance;
    (void)text;
    (void)len;
    (void)deadline_ms;
    (void)score_out;
    return assay_error_set(err, ASSAY_E_NOTFOUND,
                           "this backend cannot look at an analysis again");
}

static assay_rc no_addresses(void *instance, const char *address,
                             int64_t deadline_ms, assay_score *score_out,
                             assay_error *err)
{
    (void)instance;
    (void)address;
    (void)deadline_ms;
    (void)score_out;
    return assay_error_set(err, ASSAY_E_NOTFOUND,
                           "this backend does not score addresses");
}

static void no_start(void *instance, int64_t deadline_ms)
{
    (void)instance;
    (void)deadline_ms;
}

static assay_rc all_is_good(const assay_scorer_args *args,
                            const char **option_out, assay_error *err)
{
    (void)args;
    (void)option_out;
    (void)err;
    return ASSAY_OK;
}

/* ---- checks -------------------------------------------------------------- */

static assay_rc lacks(const char *path, const char *member, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_ABI,
                           "%s: '%s' is missing in its scorer table", path,
                           member);
}

static assay_rc too_short(const char *path, size_t size, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_ABI,
                           "%s: its scorer table is too short (%zu bytes, %zu "
                           "needed)",
                           path, size, sizeof(assay_scorer_module));
}

static assay_rc check_ops(const char *path, const assay_scorer_ops *ops,
                          assay_error *err)
{
    if (!ops || ops->struct_size < OPS_SIZE_MIN)
        return lacks(path, "ops", err);
    if (!ops->open)
        return lacks(path, "open", err);
    if (!ops->close)
        return lacks(path, "close", err);
    if (!ops->score)
        return lacks(path, "score", err);
    if (!ops->version)
        return lacks(path, "version", err);
    return ASSAY_OK;
}

static assay_rc check_table(const char *path, const char *backend,
                            const assay_scorer_module *table, assay_error *err)
{
    if (table->abi_major != ASSAY_SCORER_ABI_MAJOR ||
        table->abi_minor > ASSAY_SCORER_ABI_MINOR)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: built for scorer ABI %u.%u, this libassay has %d.%d", path,
            table->abi_major, table->abi_minor, ASSAY_SCORER_ABI_MAJOR,
            ASSAY_SCORER_ABI_MINOR);
    if (table->struct_size < sizeof *table)
        return too_short(path, table->struct_size, err);
    if (!table->name || strcmp(table->name, backend) != 0)
        return assay_error_set(
            err, ASSAY_E_ABI, "%s: calls itself '%.*s', not '%s'", path,
            ASSAY_NAME_MAX, table->name ? table->name : "", backend);
    if (!table->version)
        return lacks(path, "version", err);
    return check_ops(path, table->ops, err);
}

static void copy_table(const assay_scorer_module *table,
                       struct assay__scorer_module *module)
{
    assay_scorer_ops *ops = &module->ops;

    module->table = *table;
    module->table.ops = ops;
    *ops = *table->ops;
    if (!ops->analyze)
        ops->analyze = no_analysis;
    if (!ops->score_address)
        ops->score_address = no_addresses;
    if (!ops->start)
        ops->start = no_start;
    if (!ops->check)
        ops->check = all_is_good;
}

/* The table is read only as far as the object says it reaches. */
static assay_rc find_table(const char *path, const char *backend,
                           struct assay__scorer_module *module,
                           assay_error *err)
{
    size_t size = 0;
    const assay_scorer_module *table =
        assay__shared_object_data(module->handle, ASSAY_SCORER_SYMBOL, &size);
    assay_rc rc;

    if (!table)
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: is not a scorer: it has no '%s'", path,
                               ASSAY_SCORER_SYMBOL);
    if (size < sizeof *table)
        return too_short(path, size, err);
    rc = check_table(path, backend, table, err);
    if (rc == ASSAY_OK && table->conf)
        rc = assay__engine_table_check_options(path, table->conf, err);
    if (rc == ASSAY_OK)
        copy_table(table, module);
    return rc;
}

/* ---- loading ------------------------------------------------------------- */

static assay_rc make_path(const char *folder, const char *backend,
                          char out[PATH_MAX], assay_error *err)
{
    int len;

    if (!assay__engine_name_is_valid(backend))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%.*s' cannot be a backend: a-z, 0-9 and _, at "
                               "most %d of them",
                               ASSAY_NAME_MAX, backend, ASSAY_NAME_MAX);
    len = snprintf(out, PATH_MAX, "%s/%s" SUFFIX, folder, backend);
    if (len < 0 || len >= PATH_MAX)
        return assay_error_set(err, ASSAY_E_IO,
                               "scorer folder: the path is too long");
    return ASSAY_OK;
}

assay_rc assay__scorer_module_load(const char *folder, const char *backend,
                                   struct assay__scorer_module **out,
                                   assay_error *err)
{
    struct assay__scorer_module *module;
    char path[PATH_MAX];
    assay_rc rc = make_path(folder, backend, path, err);

    if (rc != ASSAY_OK)
        return rc;
    module = calloc(1, sizeof *module);
    if (!module)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", path);
    atomic_init(&module->count, 1);
    rc = assay__shared_object_open(path, &module->handle, err);
    if (rc == ASSAY_OK)
        rc = find_table(path, backend, module, err);
    if (rc != ASSAY_OK) {
        assay__scorer_module_unref(&module);
        return rc;
    }
    *out = module;
    return ASSAY_OK;
}

static int is_scorer_file(const struct dirent *entry)
{
    char name[ASSAY_NAME_MAX + 1];
    size_t len = strlen(entry->d_name), suffix = sizeof SUFFIX - 1;

    if (len <= suffix || len - suffix >= sizeof name ||
        strcmp(entry->d_name + len - suffix, SUFFIX) != 0)
        return 0;
    memcpy(name, entry->d_name, len - suffix);
    name[len - suffix] = '\0';
    return assay__engine_name_is_valid(name);
}

size_t assay__scorer_names(const char *folder,
                           char names_out[][ASSAY_NAME_MAX + 1], size_t max)
{
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, is_scorer_file, alphasort);
    size_t count = 0;

    for (int i = 0; i < found; i++) {
        if (count < max)
            (void)snprintf(
                names_out[count++], ASSAY_NAME_MAX + 1, "%.*s",
                (int)(strlen(entries[i]->d_name) - (sizeof SUFFIX - 1)),
                entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return count;
}

const assay_scorer_module *assay__scorer_module_table(
    const struct assay__scorer_module *module)
{
    return &module->table;
}

bool assay__scorer_module_is_same(const struct assay__scorer_module *a,
                                  const struct assay__scorer_module *b)
{
    return a->handle == b->handle;
}

struct assay__scorer_module *assay__scorer_module_ref(
    struct assay__scorer_module *module)
{
    atomic_fetch_add(&module->count, 1);
    return module;
}

void assay__scorer_module_unref(struct assay__scorer_module **module)
{
    struct assay__scorer_module *mine = *module;

    *module = NULL;
    if (!mine || atomic_fetch_sub(&mine->count, 1) > 1)
        return;
    assay__shared_object_close(&mine->handle);
    free(mine);
}
