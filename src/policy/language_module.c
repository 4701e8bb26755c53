/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/language_module.h"

#include <stddef.h>
#include <stdlib.h>

#include "rt/shared_object.h"

/* What ABI 1.0 has; all tables of this major number reach as far. */
#define OPS_SIZE_MIN                               \
    (offsetof(assay_language_ops, session_close) + \
     sizeof(((const assay_language_ops *)NULL)->session_close))

/* Where `phases` ends. */
#define OPS_SIZE_PHASES                     \
    (offsetof(assay_language_ops, phases) + \
     sizeof(((const assay_language_ops *)NULL)->phases))

struct assay__language_module {
    void *handle;
    const assay_language_module *table;
};

static assay_rc lacks(const char *path, const char *member, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_ABI,
                           "%s: '%s' is missing in the table of the policy "
                           "language",
                           path, member);
}

static assay_rc too_short(const char *path, size_t size, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_ABI,
                           "%s: its table is too short (%zu bytes, %zu "
                           "needed)",
                           path, size, sizeof(assay_language_module));
}

static assay_rc check_ops(const char *path, const assay_language_ops *ops,
                          assay_error *err)
{
    if (!ops || ops->struct_size < OPS_SIZE_MIN)
        return lacks(path, "ops", err);
    if (!ops->open)
        return lacks(path, "open", err);
    if (!ops->close)
        return lacks(path, "close", err);
    if (!ops->run)
        return lacks(path, "run", err);
    if (!ops->message_close)
        return lacks(path, "message_close", err);
    if (!ops->session_close)
        return lacks(path, "session_close", err);
    return ASSAY_OK;
}

static assay_rc check_table(const char *path,
                            const assay_language_module *table,
                            assay_error *err)
{
    if (table->struct_size < sizeof *table)
        return too_short(path, table->struct_size, err);
    if (table->abi_major != ASSAY_LANGUAGE_ABI_MAJOR ||
        table->abi_minor > ASSAY_LANGUAGE_ABI_MINOR)
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: built for policy-language ABI %u.%u, this "
                               "libassay has %u.%u",
                               path, table->abi_major, table->abi_minor,
                               ASSAY_LANGUAGE_ABI_MAJOR,
                               ASSAY_LANGUAGE_ABI_MINOR);
    if (!table->name || table->name[0] == '\0')
        return lacks(path, "name", err);
    if (!table->version)
        return lacks(path, "version", err);
    if (!table->conf || !table->conf->name)
        return lacks(path, "conf", err);
    return check_ops(path, table->ops, err);
}

/* The table is read only as far as the object says it reaches. */
static assay_rc find_table(const char *path,
                           struct assay__language_module *module,
                           assay_error *err)
{
    size_t size = 0;

    module->table =
        assay__shared_object_data(module->handle, ASSAY_LANGUAGE_SYMBOL, &size);
    if (!module->table)
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: is not a policy language: it does not "
                               "export '%s'",
                               path, ASSAY_LANGUAGE_SYMBOL);
    if (size < sizeof *module->table)
        return too_short(path, size, err);
    return check_table(path, module->table, err);
}

assay_rc assay__language_module_load(const char *path,
                                     struct assay__language_module **out,
                                     assay_error *err)
{
    struct assay__language_module *module = calloc(1, sizeof *module);
    assay_rc rc;

    if (!module)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", path);
    rc = assay__shared_object_open(path, &module->handle, err);
    if (rc == ASSAY_OK)
        rc = find_table(path, module, err);
    if (rc != ASSAY_OK) {
        assay__language_module_free(&module);
        return rc;
    }
    *out = module;
    return ASSAY_OK;
}

const assay_language_module *assay__language_module_table(
    const struct assay__language_module *module)
{
    return module->table;
}

uint32_t assay__language_phases(const assay_language_ops *ops, void *instance)
{
    if (ops->struct_size < OPS_SIZE_PHASES || !ops->phases)
        return UINT32_MAX;
    return ops->phases(instance);
}

void assay__language_module_free(struct assay__language_module **module)
{
    struct assay__language_module *m = *module;

    *module = NULL;
    if (!m)
        return;
    assay__shared_object_close(&m->handle);
    free(m);
}
