/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/build_scope.h"

#include <inttypes.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "rt/temp_folder.h"
#include "runtime/policy_table.h"
#include "scan/debug_level.h"
#include "scan/engine_table.h"

/* ---- global engine stanzas --------------------------------------------- */

/* The only options of a global engine stanza (AV-05). */
struct engine_globals {
    bool enabled;
    int debug_level;
};

const assay_conf_option assay__engine_global_table[] = {
    {.name = "enabled",
     .type = ASSAY_CONF_BOOL,
     .offset = offsetof(struct engine_globals, enabled),
     .default_value = "true"},
    {.name = "debug_level",
     .type = ASSAY_CONF_ENUM,
     .offset = offsetof(struct engine_globals, debug_level),
     .default_value = "ERROR",
     .words = assay__debug_level_words},
    {0},
};

static bool is_engine(const struct assay__build *build, const char *name)
{
    const char *engine;

    for (size_t i = 0; (engine = assay__engine_set_available(
                            build->generation->engines, i)) != NULL;
         i++)
        if (assay__text_equal(name, engine))
            return true;
    return false;
}

static assay_rc read_engine_globals(struct assay__build *build,
                                    const struct assay__conf_item *item,
                                    struct engine_globals *globals,
                                    assay_error *err)
{
    assay_rc rc =
        assay__conf_defaults(assay__engine_global_table, sizeof *globals,
                             build->generation->store, globals, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_fill(assay__engine_global_table, item,
                              build->generation->store, build->diags, globals,
                              NULL, err);
    return rc;
}

/* Two of them, perhaps in different files, would read as if both held. */
void assay__build_check_singleton(struct assay__build *build,
                                  const struct assay__conf_item *item)
{
    for (const struct assay__conf_item *other = build->root->items;
         other < item; other++) {
        if (!other->is_stanza || !assay__text_equal(other->name, item->name))
            continue;
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, NULL,
                         "'%s' may stand here only once", item->name);
        return;
    }
}

assay_rc assay__build_global_engines(struct assay__build *build,
                                     assay_error *err)
{
    static const assay_conf_option *const tables[] = {
        assay__engine_global_table, NULL};
    static const char *const no_children[] = {NULL};
    struct engine_globals globals;
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < build->root->count; i++) {
        const struct assay__conf_item *item = &build->root->items[i];

        if (!item->is_stanza || !is_engine(build, item->name))
            continue;
        assay__build_check_singleton(build, item);
        assay__conf_check_instance(item, false, build->diags);
        assay__conf_check_names_hinting(item, tables, no_children, item->name,
                                        assay__build_elsewhere, build,
                                        build->diags);
        rc = read_engine_globals(build, item, &globals, err);
    }
    return rc;
}

/* Whether the engine is declared globally, and not passive there. */
static assay_rc look_up_globals(struct assay__build *build, const char *engine,
                                bool *declared, bool *enabled, assay_error *err)
{
    struct engine_globals globals;
    assay_rc rc = ASSAY_OK;

    *declared = false;
    *enabled = true;
    for (size_t i = 0; rc == ASSAY_OK && i < build->root->count; i++) {
        const struct assay__conf_item *item = &build->root->items[i];

        if (!item->is_stanza || !assay__text_equal(item->name, engine))
            continue;
        *declared = true;
        rc = read_engine_globals(build, item, &globals, err);
        if (rc == ASSAY_OK)
            *enabled = globals.enabled;
    }
    return rc;
}

/* ---- antivirus scopes -------------------------------------------------- */

static assay_rc engine_settings(struct assay__build *build,
                                const struct assay__conf_item *item,
                                const assay_engine_module *table,
                                const void **settings_out, assay_error *err)
{
    const assay_conf_stanza *conf = table->conf;
    uint64_t set_mask = 0;
    void *settings =
        assay__generation_alloc(build->generation, conf->settings_size);
    assay_rc rc;

    if (!settings)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", table->name);
    *settings_out = settings;
    if (!conf->options)
        return ASSAY_OK;
    rc = assay__conf_defaults(conf->options, conf->settings_size,
                              build->generation->store, settings, err);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(conf->options, item, build->generation->store,
                              build->diags, settings, &set_mask, err);
    if (rc == ASSAY_OK && build->is_well_formed)
        assay__conf_check_required(conf->options, set_mask, item, table->name,
                                   build->diags);
    return rc;
}

static void check_engine_names(struct assay__build *build,
                               const struct assay__conf_item *item,
                               const assay_engine_module *table)
{
    const assay_conf_option *const tables[] = {assay__scope_option_table,
                                               table->conf->options, NULL};
    static const char *const no_children[] = {NULL};

    assay__conf_check_instance(item, true, build->diags);
    assay__conf_check_names_hinting(item, tables, no_children, table->name,
                                    assay__build_elsewhere, build,
                                    build->diags);
}

/* The last one decides; NULL when the stanza does not have it. */
static const struct assay__conf_item *find_option(
    const struct assay__conf_item *stanza, const char *name)
{
    for (size_t i = stanza->count; i > 0; i--) {
        const struct assay__conf_item *item = &stanza->items[i - 1];

        if (!item->is_stanza && assay__text_equal(item->name, name))
            return item;
    }
    return NULL;
}

/* A finding about an option where it was set: in the engine's stanza or, once
 * for all its engines, in the scope's. */
static void blame(struct assay__build *build,
                  const struct assay__conf_item *engine,
                  const struct assay__conf_item *scope, const char *name,
                  const char *text)
{
    const struct assay__conf_item *item = find_option(engine, name);

    if (!item)
        item = find_option(scope, name);
    if (!item || item == build->blamed)
        return;
    build->blamed = item;
    assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, NULL, "%s",
                     text);
}

/* AV-20, AV-22 */
static void check_file_base(struct assay__build *build,
                            const struct assay__conf_item *engine,
                            const struct assay__conf_item *scope,
                            const struct assay__scope_options *options)
{
    assay_error err = {0};

    if (options->mime_decompose && !options->file_base)
        blame(build, engine, scope, "mime_decompose",
              "mime_decompose needs file_base, a folder for temporary files");
    if (options->file_base &&
        assay__temp_folder_look(options->file_base, &err) != ASSAY_OK)
        blame(build, engine, scope, "file_base", err.msg);
}

/* The engine's own value wins, but passive anywhere is passive (AV-09). */
static assay_rc engine_options(struct assay__build *build,
                               const struct assay__conf_item *item,
                               const assay_engine_module *table,
                               const struct assay__scope *scope,
                               struct assay__scope_options *options,
                               assay_error *err)
{
    bool declared, enabled;
    assay_rc rc;

    *options = scope->options;
    rc = assay__conf_fill(assay__scope_option_table, item,
                          build->generation->store, build->diags, options, NULL,
                          err);
    if (rc == ASSAY_OK)
        rc = look_up_globals(build, table->name, &declared, &enabled, err);
    if (rc != ASSAY_OK)
        return rc;
    options->enabled = options->enabled && scope->options.enabled && enabled;
    if (!declared)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos, NULL,
                         "there is no global stanza '%s { }'; it is implied",
                         table->name);
    return ASSAY_OK;
}

static assay_rc load_engine(struct assay__build *build,
                            const struct assay__conf_item *item,
                            struct assay__engine_module **out, assay_error *err)
{
    assay_rc rc =
        assay__engine_set_get(build->generation->engines, item->name, out, err);

    if (rc == ASSAY_OK || rc == ASSAY_E_NOMEM)
        return rc;
    assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, NULL, "%s",
                     err->msg);
    *out = NULL;
    return ASSAY_OK;
}

/* "" when it is missing or too long, which was reported. */
static const char *name_of(const struct assay__conf_item *item)
{
    return item->instance && strlen(item->instance) <= ASSAY_NAME_MAX
               ? item->instance
               : "";
}

/* A pool that the scope names is reported there. */
static void check_pool(struct assay__build *build,
                       const struct assay__conf_item *item,
                       const assay_engine_module *table,
                       const struct assay__scope_options *options,
                       const void *settings)
{
    assay__build_check_pool(build, item, options->pool);
    assay__build_check_workers(build, item,
                               assay__pool_of_engine(table, settings, options));
}

/* Limits along the chain that contradict each other: what is let in by one and
 * never looked at by the next is an evasion path, or a surprise. */
static void warn_of_sizes(struct assay__build *build,
                          const struct assay__conf_item *item,
                          const assay_engine_module *table,
                          const struct assay__scope_options *options,
                          const void *settings)
{
    uint64_t file, scan;

    if (!assay__engine_size_option(table, settings, "max_filesize", &file))
        return;
    if (options->max_size > file)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos, NULL,
                         "max_size = %" PRIu64 " is more than max_filesize = "
                         "%" PRIu64 ": what is larger than that is unscannable "
                         "(oversize) all the same",
                         options->max_size, file);
    if (assay__engine_size_option(table, settings, "max_scansize", &scan) &&
        scan < file)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos, NULL,
                         "max_scansize = %" PRIu64 " is less than max_filesize "
                         "= %" PRIu64 ": files between the two are given to "
                         "the engine, and are always unscannable (limit)",
                         scan, file);
}

static bool is_process_engine(const assay_engine_module *table,
                              const void *settings)
{
    return assay__engine_table_flags(table, settings) & ASSAY_ENGINE_PROCESS;
}

/* An engine with a number of scanner processes of its own keeps scans waiting
 * for one if its pool has as many threads (CS-04). */
static void check_isolation(struct assay__build *build,
                            const struct assay__conf_item *item,
                            const struct assay__conf_item *outer,
                            const assay_engine_module *table,
                            const struct assay__scope_options *options,
                            const void *settings)
{
    assay_engine_isolation wanted = {.struct_size = sizeof wanted};
    const char *pool = assay__pool_of_engine(table, settings, options);
    const struct assay__pool_plan *plan =
        assay__pool_plans_find(build->generation->pools, pool);

    if (is_process_engine(table, settings) &&
        options->isolation == ASSAY__ISOLATION_NONE)
        blame(build, item, outer, "isolation",
              "this engine scans in processes of its own only");
    if (options->isolation == ASSAY__ISOLATION_NONE)
        return;
    table->ops->isolation(settings, &wanted);
    if (wanted.max_workers > 0 && plan &&
        plan->options.concurrency >= wanted.max_workers)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos, NULL,
                         "the pool %s has %" PRIu64 " threads, and %s has "
                         "max_concurrency = %" PRIu64 "; there should be more "
                         "scanner processes than threads",
                         pool, (uint64_t)plan->options.concurrency, table->name,
                         wanted.max_workers);
}

/* @param outer  the antivirus stanza */
static assay_rc add_engine(struct assay__build *build,
                           struct assay__scope *scope,
                           const struct assay__conf_item *outer,
                           const struct assay__conf_item *item,
                           assay_error *err)
{
    struct assay__engine_module *module = NULL;
    const assay_engine_module *table;
    struct assay__scope_options options;
    const void *settings = NULL;
    assay_rc rc = load_engine(build, item, &module, err);

    if (rc != ASSAY_OK || !module)
        return rc;
    table = assay__engine_module_table(module);
    check_engine_names(build, item, table);
    rc = engine_options(build, item, table, scope, &options, err);
    if (rc == ASSAY_OK)
        check_file_base(build, item, outer, &options);
    if (rc == ASSAY_OK)
        rc = engine_settings(build, item, table, &settings, err);
    if (rc == ASSAY_OK)
        warn_of_sizes(build, item, table, &options, settings);
    if (rc != ASSAY_OK || *name_of(item) == '\0')
        return rc;
    check_pool(build, item, table, &options, settings);
    check_isolation(build, item, outer, table, &options, settings);
    rc = assay__scope_add(scope, module, item->instance, &options, settings,
                          err);
    if (rc == ASSAY_E_EXISTS) {
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->instance_pos,
                         NULL, "%s", err->msg);
        rc = ASSAY_OK;
    }
    return rc;
}

/* Unknown names are reported against the engines that can be loaded. */
static assay_rc check_scope_names(struct assay__build *build,
                                  const struct assay__conf_item *item,
                                  assay_error *err)
{
    static const assay_conf_option *const tables[] = {assay__scope_option_table,
                                                      NULL};
    const char **names = NULL;
    assay_rc rc = assay__build_engine_names(build, &names, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__conf_check_instance(item, true, build->diags);
    rc = assay__build_check_names(build, item, tables, names, "antivirus", err);
    return rc;
}

static bool scope_is_taken(struct assay__build *build,
                           const struct assay__conf_item *item)
{
    for (size_t i = 0; i < build->generation->scope_count; i++) {
        if (!assay__text_equal(build->generation->scopes[i]->name,
                               item->instance))
            continue;
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->instance_pos,
                         NULL, "there is an antivirus scope '%s' already",
                         item->instance);
        return true;
    }
    return false;
}

static assay_rc new_scope(struct assay__build *build,
                          const struct assay__conf_item *item,
                          struct assay__scope **out, assay_error *err)
{
    struct assay__generation *generation = build->generation;
    struct assay__scope_options options;
    assay_rc rc =
        assay__conf_defaults(assay__scope_option_table, sizeof options,
                             generation->store, &options, err);

    if (rc == ASSAY_OK && build->input->options->is_in_process)
        options.isolation = ASSAY__ISOLATION_NONE;
    if (rc == ASSAY_OK)
        rc =
            assay__conf_fill(assay__scope_option_table, item, generation->store,
                             build->diags, &options, NULL, err);
    if (rc == ASSAY_OK) {
        assay__build_check_pool(build, item, options.pool);
        rc = assay__scope_new(name_of(item), &options, out, err);
    }
    if (rc == ASSAY_OK) {
        (*out)->clock = build->input->clock;
        generation->scopes[generation->scope_count++] = *out;
    }
    return rc;
}

static void add_module(struct assay__generation *generation,
                       const struct assay__scope *scope)
{
    struct assay__policy_module *module =
        &generation->modules[generation->policy.count++];

    module->kind = ASSAY__POLICY_SCOPE;
    module->scope = scope;
    assay__text_copy(module->name, sizeof module->name, "antivirus:");
    assay__text_copy(module->name + strlen(module->name),
                     sizeof module->name - strlen(module->name), scope->name);
}

assay_rc assay__build_scope(struct assay__build *build,
                            const struct assay__conf_item *item,
                            assay_error *err)
{
    struct assay__scope *scope = NULL;
    size_t engine_stanzas = 0;
    assay_rc rc = check_scope_names(build, item, err);

    if (rc != ASSAY_OK || (item->instance && scope_is_taken(build, item)))
        return rc;
    rc = new_scope(build, item, &scope, err);
    for (size_t i = 0; rc == ASSAY_OK && i < item->count; i++) {
        const struct assay__conf_item *child = &item->items[i];

        if (!child->is_stanza || !is_engine(build, child->name))
            continue;
        engine_stanzas++;
        rc = add_engine(build, scope, item, child, err);
    }
    if (rc != ASSAY_OK)
        return rc;
    if (engine_stanzas == 0)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos, NULL,
                         "the antivirus scope has no engine: it scans nothing");
    add_module(build->generation, scope);
    return ASSAY_OK;
}
