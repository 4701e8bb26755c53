/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scan/debug_level.h"
#include "scan/engine_table.h"
#include "rt/temp_folder.h"

assay_rc assay__scope_new(const char *name,
                          const struct assay__scope_options *options,
                          struct assay__scope **out, assay_error *err)
{
    struct assay__scope *scope;

    if (strlen(name) > ASSAY_NAME_MAX)
        return assay_error_set(
            err, ASSAY_E_LIMIT,
            "antivirus name '%.*s...' is longer than %d characters",
            ASSAY_NAME_MAX, name, ASSAY_NAME_MAX);
    scope = calloc(1, sizeof *scope);
    if (!scope)
        return assay_error_set(err, ASSAY_E_NOMEM,
                               "antivirus \"%s\": out of memory", name);
    assay__text_copy(scope->name, sizeof scope->name, name);
    scope->options = *options;
    *out = scope;
    return ASSAY_OK;
}

void assay__scope_free(struct assay__scope **scope)
{
    struct assay__scope *mine = *scope;

    *scope = NULL;
    if (!mine)
        return;
    for (size_t i = mine->engine_count; i > 0; i--) {
        assay__engine_core_unref(&mine->engines[i - 1]->core);
        free(mine->engines[i - 1]);
    }
    free(mine->engines);
    free(mine);
}

static bool has_instance(const struct assay__scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->engine_count; i++) {
        if (assay__text_equal(scope->engines[i]->name, name))
            return true;
    }
    return false;
}

/* Room for one more; the count is not raised. */
static struct assay__engine_instance *append(struct assay__scope *scope)
{
    struct assay__engine_instance *engine = calloc(1, sizeof *engine);
    struct assay__engine_instance **engines;

    if (!engine)
        return NULL;
    engines =
        realloc(scope->engines, (scope->engine_count + 1) * sizeof *engines);
    if (!engines) {
        free(engine);
        return NULL;
    }
    scope->engines = engines;
    engines[scope->engine_count] = engine;
    return engine;
}

static void use_core(struct assay__engine_instance *engine,
                     struct assay__engine_core *core)
{
    engine->core = core;
    engine->name = core->name;
    engine->table = core->table;
}

/* A client of another process has nothing to isolate. */
static bool is_isolated(struct assay__engine_module *module,
                        const struct assay__scope_options *options,
                        const void *settings)
{
    const assay_engine_module *table = assay__engine_module_table(module);

    return options->isolation == ASSAY__ISOLATION_PROCESS &&
           !(assay__engine_table_flags(table, settings) & ASSAY_ENGINE_REMOTE);
}

assay_rc assay__scope_add(struct assay__scope *scope,
                          struct assay__engine_module *module,
                          const char *instance,
                          const struct assay__scope_options *options,
                          const void *settings, assay_error *err)
{
    struct assay__engine_core *core = NULL;
    struct assay__engine_recipe recipe;
    struct assay__engine_instance *engine;
    assay_rc rc;

    if (has_instance(scope, instance))
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "antivirus \"%s\": there are two engines named "
                               "\"%s\"",
                               scope->name, instance);
    recipe = (struct assay__engine_recipe){
        .scope = scope->name,
        .name = instance,
        .module = module,
        .settings = settings,
        .clock = scope->clock,
        .options = {.debug_level = options->debug_level,
                    .file_base = options->file_base,
                    .pool = options->pool,
                    .timeout_s = options->timeout_s,
                    .max_size = options->max_size,
                    .is_isolated = is_isolated(module, options, settings),
                    .isolation = {.sandbox = options->sandbox,
                                  .reload = options->reload,
                                  .user = options->scanner_user,
                                  .memory_bytes = options->scanner_memory,
                                  .growth_bytes = options->scanner_growth,
                                  .scans = options->scanner_scans}},
    };
    rc = assay__engine_core_new(&recipe, &core, err);
    if (rc != ASSAY_OK)
        return rc;
    engine = append(scope);
    if (!engine) {
        assay__engine_core_unref(&core);
        return assay_error_set(err, ASSAY_E_NOMEM,
                               "antivirus \"%s\": out of memory", scope->name);
    }
    use_core(engine, core);
    engine->options = *options;
    scope->engine_count++;
    return ASSAY_OK;
}

/* dlopen() gives out the code that is loaded as long as anybody uses it. */
static void warn_if_replaced(const struct assay__engine_core *present,
                             const struct assay__engine_core *next,
                             const assay_log *log)
{
    if (assay__engine_module_is_same(present->module, next->module) &&
        !assay__engine_module_is_same_file(present->module, next->module))
        assay_log_write(log, ASSAY_LOG_WARN, "engine.replaced",
                        "scope=%s engine=%s instance=%s reason=\"the file of "
                        "the engine was replaced; restart to use the new "
                        "one\"",
                        present->scope, present->table->name, present->name);
}

static void adopt(struct assay__engine_instance *engine,
                  const struct assay__scope *present, const assay_log *log)
{
    for (size_t i = 0; i < present->engine_count; i++) {
        struct assay__engine_core *core = present->engines[i]->core;

        if (strcmp(core->name, engine->core->name) != 0)
            continue;
        warn_if_replaced(core, engine->core, log);
        if (core->instance && assay__engine_core_is_same(core, engine->core)) {
            assay__engine_core_unref(&engine->core);
            use_core(engine, assay__engine_core_ref(core));
        }
        return;
    }
}

void assay__scope_adopt(struct assay__scope *scope,
                        const struct assay__scope *present,
                        const assay_log *log)
{
    for (size_t i = 0; i < scope->engine_count; i++)
        adopt(scope->engines[i], present, log);
}

assay_log assay__scope_log(const assay_log *log,
                           const struct assay__scope_options *options)
{
    return assay__debug_level_log(log, options->debug_level);
}

/* A folder that is missing or not ours is told before signatures load. */
static assay_rc check_file_base(const struct assay__scope *scope,
                                const struct assay__engine_instance *engine,
                                assay_error *err)
{
    assay_error own = {0};
    assay_rc rc = ASSAY_OK;

    if (engine->options.file_base)
        rc = assay__temp_folder_check(engine->options.file_base, &own);
    if (rc == ASSAY_OK)
        return rc;
    return assay_error_set(err, rc, "antivirus \"%s\": %s \"%s\": %s",
                           scope->name, engine->table->name, engine->name,
                           own.msg);
}

static assay_rc size_cache(const struct assay__engine_instance *engine,
                           const assay_log *log, assay_error *err)
{
    const struct assay__cache_limits limits = {
        .infected = (size_t)engine->options.cache_size,
        .clean = (size_t)engine->options.clean_cache_size,
    };

    return assay__engine_core_size_cache(engine->core, &limits, log, err);
}

static assay_rc open_engines(struct assay__scope *scope, bool isolated,
                             const assay_log *log, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < scope->engine_count; i++) {
        const struct assay__engine_instance *engine = scope->engines[i];

        if (assay__engine_core_is_isolated(engine->core) != isolated)
            continue;
        rc = check_file_base(scope, engine, err);
        if (rc == ASSAY_OK)
            rc = assay__engine_core_open(engine->core, log, err);
        if (rc == ASSAY_OK && !engine->core->cache)
            rc = size_cache(engine, log, err);
    }
    return rc;
}

assay_rc assay__scope_open(struct assay__scope *scope, const assay_log *log,
                           assay_error *err)
{
    return open_engines(scope, false, log, err);
}

assay_rc assay__scope_start(struct assay__scope *scope, const assay_log *log,
                            assay_error *err)
{
    return open_engines(scope, true, log, err);
}

void assay__scope_interrupt(struct assay__scope *scope)
{
    for (size_t i = 0; i < scope->engine_count; i++)
        assay__engine_core_interrupt(scope->engines[i]->core);
}

void assay__scope_stop(struct assay__scope *scope)
{
    for (size_t i = scope->engine_count; i > 0; i--)
        if (assay__engine_core_is_isolated(scope->engines[i - 1]->core))
            assay__engine_core_close(scope->engines[i - 1]->core);
}

void assay__scope_size_caches(struct assay__scope *scope)
{
    for (size_t i = 0; i < scope->engine_count; i++)
        if (scope->engines[i]->core->cache) /* then nothing can fail */
            (void)size_cache(scope->engines[i], NULL, NULL);
}

void assay__scope_probe(struct assay__scope *scope, const assay_log *log)
{
    for (size_t i = 0; i < scope->engine_count; i++) {
        struct assay__engine_instance *engine = scope->engines[i];
        assay_log own = assay__scope_log(log, &engine->options);

        assay__engine_core_probe(engine->core, &own);
    }
}

void assay__scope_refresh(struct assay__scope *scope, const assay_log *log)
{
    for (size_t i = 0; i < scope->engine_count; i++) {
        struct assay__engine_instance *engine = scope->engines[i];
        assay_log own = assay__scope_log(log, &engine->options);
        bool changed = false;

        if (!assay__engine_core_is_refresh_due(engine->core))
            continue;
        (void)assay__engine_core_refresh(engine->core, &own, &changed, NULL);
        if (changed) /* it may bring an engine back into service */
            assay__engine_core_probe(engine->core, &own);
    }
}

bool assay__engine_status_variable(const struct assay__engine_instance *engine,
                                   char *buf, size_t size)
{
    const char *name = engine->options.context_variable;
    int len = name && name[0] != '\0'
                  ? snprintf(buf, size, "%s", name)
                  : snprintf(buf, size, "%s_status", engine->table->name);

    return len >= 0 && (size_t)len < size;
}
