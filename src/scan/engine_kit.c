/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <assay/engine_kit.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/schema.h"
#include "scan/engine_module.h"
#include "scan/engine_table.h"

struct assay_engine_kit {
    struct assay__engine_module *module;
    assay_engine_module table; /* as the engine has it; ops is &ops below */
    assay_engine_ops ops;
    struct assay__conf_store *store; /* NULL: not configured */
    void *settings;
};

/* What is said of options while they are read. */
struct reading {
    assay_engine_kit *kit;
    struct assay__conf_diags *diags;
    struct assay__arena arena;
    struct assay__conf_item stanza;
    assay_error *err;
};

assay_rc assay_engine_table_check(const char *file,
                                  const assay_engine_module *table,
                                  size_t available, assay_error *err)
{
    return assay__engine_table_check(file, table, available, err);
}

assay_rc assay_engine_kit_load(const char *path, assay_engine_kit **out,
                               assay_error *err)
{
    assay_engine_kit *kit = calloc(1, sizeof *kit);
    assay_rc rc;

    if (!kit)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s: out of memory", path);
    rc = assay__engine_module_load(path, &kit->module, err);
    if (rc != ASSAY_OK) {
        assay_engine_kit_free(&kit);
        return rc;
    }
    assay__engine_module_exported(kit->module, &kit->table, &kit->ops);
    *out = kit;
    return ASSAY_OK;
}

/* ---- options ------------------------------------------------------------ */

static assay_rc no_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "options of an engine");
}

/* From "name=value" to an item of a stanza. It stands in no file, so findings
 * have no place and paths are relative to the working directory. */
static assay_rc read_option(struct reading *reading, const char *text,
                            struct assay__conf_item *item)
{
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : strlen(text);

    item->name = assay__arena_text(&reading->arena, text, len);
    if (!item->name)
        return no_memory(reading->err);
    item->value.kind = ASSAY__CONF_WORD;
    item->value.text = equals ? equals + 1 : "";
    item->value.quoted = true;
    if (!equals || len == 0)
        assay__conf_diag(reading->diags, ASSAY__CONF_ERROR, NULL, NULL,
                         "'%s': an option is written name=value", text);
    return ASSAY_OK;
}

static assay_rc read_options(struct reading *reading,
                             const char *const *options)
{
    struct assay__conf_item *items;
    size_t count = 0;
    assay_rc rc = ASSAY_OK;

    while (options && options[count])
        count++;
    items = assay__arena_alloc(&reading->arena, (count + 1) * sizeof *items);
    if (!items)
        return no_memory(reading->err);
    memset(items, 0, (count + 1) * sizeof *items);
    for (size_t i = 0; rc == ASSAY_OK && i < count; i++)
        rc = read_option(reading, options[i], &items[i]);
    reading->stanza = (struct assay__conf_item){
        .is_stanza = true,
        .name = reading->kit->table.name,
        .items = items,
        .count = count,
    };
    return rc;
}

static void check_names(const struct reading *reading)
{
    const assay_conf_stanza *conf = reading->kit->table.conf;
    const assay_conf_option *const tables[] = {conf->options, NULL};
    static const char *const no_children[] = {NULL};

    assay__conf_check_names(&reading->stanza, tables, no_children, conf->name,
                            reading->diags);
}

static assay_rc fill(const struct reading *reading)
{
    assay_engine_kit *kit = reading->kit;
    const assay_conf_stanza *conf = kit->table.conf;
    uint64_t set_mask = 0;
    assay_rc rc;

    if (!conf->options)
        return ASSAY_OK;
    kit->settings = calloc(1, conf->settings_size);
    if (!kit->settings)
        return no_memory(reading->err);
    rc = assay__conf_defaults(conf->options, conf->settings_size, kit->store,
                              kit->settings, reading->err);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(conf->options, &reading->stanza, kit->store,
                              reading->diags, kit->settings, &set_mask,
                              reading->err);
    if (rc == ASSAY_OK)
        assay__conf_check_required(conf->options, set_mask, &reading->stanza,
                                   conf->name, reading->diags);
    return rc;
}

static void emit_nothing(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static assay_rc configure(struct reading *reading, const char *const *options,
                          void (*diagnostic)(void *arg, const char *text),
                          void *arg)
{
    size_t errors;
    assay_rc rc = assay__conf_store_new(&reading->kit->store, reading->err);

    if (rc == ASSAY_OK)
        rc = assay__conf_diags_new(&reading->diags, reading->err);
    if (rc == ASSAY_OK)
        rc = read_options(reading, options);
    if (rc != ASSAY_OK)
        return rc;
    errors = assay__conf_diags_errors(reading->diags);
    if (errors == 0) {
        check_names(reading);
        rc = fill(reading);
        errors = assay__conf_diags_errors(reading->diags);
    }
    assay__conf_diags_render(reading->diags, NULL,
                             diagnostic ? diagnostic : emit_nothing, arg);
    if (rc == ASSAY_OK && errors > 0)
        rc = assay_error_set(
            reading->err, ASSAY_E_CONF, "options of %s: %zu error%s",
            reading->kit->table.name, errors, errors == 1 ? "" : "s");
    return rc;
}

assay_rc assay_engine_kit_configure(assay_engine_kit *kit,
                                    const char *const *options,
                                    void (*diagnostic)(void *arg,
                                                       const char *text),
                                    void *arg, assay_error *err)
{
    struct reading reading = {.kit = kit, .err = err};
    assay_rc rc;

    if (kit->store)
        return assay_error_set(err, ASSAY_E_STATE,
                               "the engine has its options already");
    assay__arena_init(&reading.arena);
    rc = configure(&reading, options, diagnostic, arg);
    assay__conf_diags_free(&reading.diags);
    assay__arena_fini(&reading.arena);
    return rc;
}

/* ---- what there is ------------------------------------------------------ */

const assay_engine_module *assay_engine_kit_module(const assay_engine_kit *kit)
{
    return &kit->table;
}

const void *assay_engine_kit_settings(const assay_engine_kit *kit)
{
    return kit->settings;
}

void assay_engine_kit_free(assay_engine_kit **kit)
{
    assay_engine_kit *mine = *kit;

    *kit = NULL;
    if (!mine)
        return;
    free(mine->settings);
    assay__conf_store_free(&mine->store);
    assay__engine_module_unref(&mine->module);
    free(mine);
}
