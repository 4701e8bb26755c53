/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/engine_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scan/engine_table.h"
#include "conf/settings.h"

#define MS_PER_S 1000

static assay_rc too_long(const char *engine, const char *name, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_LIMIT,
                           "%s name '%.*s...' is longer than %d characters",
                           engine, ASSAY_NAME_MAX, name, ASSAY_NAME_MAX);
}

static uint64_t next_id(void)
{
    static _Atomic uint64_t last; /* process-wide, so that an id never tells
                                     of two cores */

    return atomic_fetch_add(&last, 1) + 1;
}

static char *dup_or_null(const char *text)
{
    return text ? assay__text_dup(text, strlen(text)) : NULL;
}

/* @return false: no memory; the core is freed by its unref all the same */
static bool copy_recipe(struct assay__engine_core *core,
                        const struct assay__engine_recipe *recipe)
{
    const struct assay__engine_core_options *options = &recipe->options;
    const assay_conf_stanza *conf = core->table->conf;

    core->options = *options;
    core->options.file_base = core->own_file_base =
        dup_or_null(options->file_base);
    core->options.pool = core->own_pool = dup_or_null(options->pool);
    core->options.isolation.user = core->own_user =
        dup_or_null(options->isolation.user);
    if (recipe->settings)
        core->settings = assay__conf_settings_dup(
            conf->options, conf->settings_size, recipe->settings);
    return (core->settings || !recipe->settings) &&
           (core->own_file_base || !options->file_base) &&
           (core->own_pool || !options->pool) &&
           (core->own_user || !options->isolation.user);
}

static bool init_locks(struct assay__engine_core *core)
{
    if (assay__lock_init(&core->lock, ASSAY__LOCK_engine, NULL) != ASSAY_OK)
        return false;
    if (assay__cond_init(&core->idle, NULL) == ASSAY_OK)
        return true;
    assay__lock_fini(&core->lock);
    return false;
}

assay_rc assay__engine_core_new(const struct assay__engine_recipe *recipe,
                                struct assay__engine_core **out,
                                assay_error *err)
{
    const assay_engine_module *table =
        assay__engine_module_table(recipe->module);
    struct assay__engine_core *core;
    uint32_t flags;

    if (strlen(recipe->name) > ASSAY_NAME_MAX)
        return too_long(table->name, recipe->name, err);
    core = calloc(1, sizeof *core);
    if (!core)
        goto no_memory;
    if (!init_locks(core)) {
        free(core);
        core = NULL;
        goto no_memory;
    }
    atomic_init(&core->references, 1);
    core->id = next_id();
    assay__text_copy(core->name, sizeof core->name, recipe->name);
    assay__text_copy(core->scope, sizeof core->scope, recipe->scope);
    core->module = assay__engine_module_ref(recipe->module);
    core->table = table;
    (void)snprintf(core->jobs_label, sizeof core->jobs_label, "%.*s_avscan",
                   ASSAY_NAME_MAX, table->name);
    core->jobs.label = core->jobs_label;
    for (size_t i = 0; i < ASSAY__ENGINE_COUNTERS; i++)
        core->counted_from[i].since_s = assay__wall_clock_s(recipe->clock);
    if (!copy_recipe(core, recipe))
        goto no_memory;
    flags = assay__engine_table_flags(table, core->settings);
    core->uses_names = flags & ASSAY_ENGINE_USES_NAMES;
    core->wants_parts = flags & ASSAY_ENGINE_WANTS_PARTS;
    *out = core;
    return ASSAY_OK;
no_memory:
    assay__engine_core_unref(&core);
    return assay_error_set(err, ASSAY_E_NOMEM,
                           "antivirus \"%s\": out of memory", recipe->scope);
}

static bool texts_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool settings_equal(const struct assay__engine_core *a,
                           const struct assay__engine_core *b)
{
    if (!a->settings || !b->settings)
        return a->settings == b->settings;
    return assay__conf_settings_equal(a->table->conf->options, a->settings,
                                      b->settings);
}

static bool isolations_equal(const struct assay__isolation_options *a,
                             const struct assay__isolation_options *b)
{
    return a->sandbox == b->sandbox && a->reload == b->reload &&
           a->memory_bytes == b->memory_bytes &&
           a->growth_bytes == b->growth_bytes && a->scans == b->scans &&
           texts_equal(a->user, b->user);
}

bool assay__engine_core_is_same(const struct assay__engine_core *a,
                                const struct assay__engine_core *b)
{
    return assay__engine_module_is_same(a->module, b->module) &&
           strcmp(a->scope, b->scope) == 0 && strcmp(a->name, b->name) == 0 &&
           a->options.debug_level == b->options.debug_level &&
           a->options.timeout_s == b->options.timeout_s &&
           a->options.max_size == b->options.max_size &&
           texts_equal(a->options.file_base, b->options.file_base) &&
           texts_equal(a->options.pool, b->options.pool) &&
           a->options.is_isolated == b->options.is_isolated &&
           isolations_equal(&a->options.isolation, &b->options.isolation) &&
           settings_equal(a, b);
}

struct assay__engine_core *assay__engine_core_ref(
    struct assay__engine_core *core)
{
    atomic_fetch_add(&core->references, 1);
    return core;
}

void *assay__engine_core_take(struct assay__engine_core *core)
{
    void *instance;

    assay__lock_take(&core->lock);
    instance = core->instance;
    core->users += instance != NULL;
    assay__lock_drop(&core->lock);
    return instance;
}

void assay__engine_core_give(struct assay__engine_core *core)
{
    assay__lock_take(&core->lock);
    if (--core->users == 0)
        assay__cond_broadcast(&core->idle);
    assay__lock_drop(&core->lock);
}

void assay__engine_core_close(struct assay__engine_core *core)
{
    void *instance;

    assay__lock_take(&core->lock);
    instance = core->instance;
    core->instance = NULL;
    while (core->users > 0)
        assay__cond_wait(&core->idle, &core->lock);
    assay__lock_drop(&core->lock);
    if (instance)
        core->ops->close(instance);
}

void assay__engine_core_unref(struct assay__engine_core **core)
{
    struct assay__engine_core *mine = *core;

    *core = NULL;
    if (!mine || atomic_fetch_sub(&mine->references, 1) > 1)
        return;
    if (mine->pool)
        assay__job_class_fini(mine->pool, &mine->jobs);
    assay__engine_core_close(mine);
    assay__cache_free(&mine->cache);
    assay__engine_module_unref(&mine->module);
    free(mine->settings);
    free(mine->own_file_base);
    free(mine->own_pool);
    free(mine->own_user);
    assay__cond_fini(&mine->idle);
    assay__lock_fini(&mine->lock);
    free(mine);
}

/* debug_level lets through more than the host asked for, never less. */
static assay_log core_log(const assay_log *log, int debug_level)
{
    assay_log copy = {0};

    if (!log)
        return copy;
    copy = *log;
    if (debug_level > (int)copy.threshold)
        copy.threshold = (assay_log_level)debug_level;
    return copy;
}

bool assay__engine_core_is_isolated(const struct assay__engine_core *core)
{
    return core->options.is_isolated;
}

static assay_rc open_instance(struct assay__engine_core *core,
                              void **instance_out, assay_error *err)
{
    const struct assay__isolation_args args = {
        .table = core->table,
        .module_path = assay__engine_module_path(core->module),
        .engine = &core->args,
        .options = core->options.isolation,
        .clean_generation = &core->clean_generation,
    };

    core->ops =
        core->options.is_isolated ? &assay__isolation_ops : core->table->ops;
    return core->options.is_isolated
               ? assay__isolation_open(&args, instance_out, err)
               : core->ops->open(&core->args, instance_out, err);
}

assay_rc assay__engine_core_open(struct assay__engine_core *core,
                                 const assay_log *log, assay_error *err)
{
    const struct assay__engine_core_options *options = &core->options;
    assay_error own = {0};
    void *instance = NULL;
    assay_rc rc;

    if (core->instance)
        return ASSAY_OK;
    core->log = core_log(log, options->debug_level);
    core->args = (assay_engine_args){
        .instance = core->name,
        .scope = core->scope,
        .settings = core->settings,
        .log = &core->log,
        .file_base = options->file_base,
        .timeout_ms = options->timeout_s * MS_PER_S,
        .max_size = options->max_size > 0 ? options->max_size : UINT64_MAX,
    };
    rc = open_instance(core, &instance, &own);
    if (rc == ASSAY_OK && instance) {
        core->instance = instance;
        return ASSAY_OK;
    }
    if (own.msg[0] == '\0')
        assay__text_copy(own.msg, sizeof own.msg,
                         "the engine does not open and does not say why");
    return assay_error_set(err, rc != ASSAY_OK ? rc : ASSAY_E_UNAVAILABLE,
                           "antivirus \"%s\": %s \"%s\": %s", core->scope,
                           core->table->name, core->name, own.msg);
}

assay_rc assay__engine_core_size_cache(struct assay__engine_core *core,
                                       const struct assay__cache_limits *limits,
                                       const assay_log *log, assay_error *err)
{
    assay_error own = {0};
    assay_rc rc = ASSAY_OK;

    if (core->cache)
        assay__cache_set_limits(core->cache, limits);
    else
        rc = assay__cache_new(limits, &core->cache, &own);
    if (rc == ASSAY_E_NOMEM)
        return assay_error_set(
            err, rc, "antivirus \"%s\": %s \"%s\": cache: out of memory",
            core->scope, core->table->name, core->name);
    if (rc != ASSAY_OK)
        assay_log_write(log, ASSAY_LOG_WARN, "engine.no_cache",
                        "scope=%s engine=%s instance=%s reason=\"%s\"",
                        core->scope, core->table->name, core->name, own.msg);
    return ASSAY_OK;
}

void assay__engine_core_epoch(struct assay__engine_core *core, char *epoch)
{
    char told[ASSAY_EPOCH_MAX] = "";
    void *instance = assay__engine_core_take(core);

    if (instance) {
        core->ops->epoch(instance, told, sizeof told);
        assay__engine_core_give(core);
    }
    told[sizeof told - 1] = '\0';
    (void)assay__text_copy_clean(epoch, ASSAY_EPOCH_MAX, told, true);
}

void assay__engine_core_probe(struct assay__engine_core *core,
                              const assay_log *log)
{
    void *instance = assay__engine_core_take(core);
    assay_error err = {0};
    bool is_out;

    if (!instance)
        return;
    is_out = core->ops->probe(instance, &err) != ASSAY_OK;
    assay__engine_core_give(core);
    if (is_out)
        atomic_fetch_add(&core->clean_generation, 1);
    /* The exchange tells which of two concurrent probes made the change. */
    if (atomic_exchange(&core->out_of_service, is_out) == is_out)
        return;
    assay__text_unquote(err.msg);
    if (is_out)
        assay_log_write(log, ASSAY_LOG_ERROR, "engine.out_of_service",
                        "scope=%s engine=%s instance=%s reason=\"%s\"",
                        core->scope, core->table->name, core->name, err.msg);
    else
        assay_log_write(log, ASSAY_LOG_INFO, "engine.in_service",
                        "scope=%s engine=%s instance=%s", core->scope,
                        core->table->name, core->name);
}

/* ---- newer signatures -------------------------------------------------- */

/* FNV-1a; never 0. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash | 1;
}

static void report_failure(struct assay__engine_core *core,
                           const assay_log *log, const char *epoch,
                           const char *reason)
{
    uint64_t failure = hash_text(reason);
    char text[sizeof((assay_error *)NULL)->msg];

    if (failure == core->refresh_failure)
        return;
    core->refresh_failure = failure;
    assay__text_copy(text, sizeof text, reason);
    assay__text_unquote(text);
    assay_log_write(log, ASSAY_LOG_ERROR, "engine.signatures_failed",
                    "scope=%s engine=%s instance=%s epoch=\"%s\" "
                    "reason=\"%s\"",
                    core->scope, core->table->name, core->name, epoch, text);
}

/* An engine that talks to another process cannot always tell whether that has
 * other signatures, and then takes a new epoch to be safe: no news for the log.
 * What it is told it logs itself. */
static assay_log_level level_of_change(const struct assay__engine_core *core)
{
    return assay__engine_table_flags(core->table, core->settings) &
                   ASSAY_ENGINE_REMOTE
               ? ASSAY_LOG_DEBUG
               : ASSAY_LOG_INFO;
}

static void report_success(struct assay__engine_core *core,
                           const assay_log *log, const char *from,
                           const char *to)
{
    if (strcmp(from, to) != 0)
        assay_log_write(log, level_of_change(core), "engine.signatures",
                        "scope=%s engine=%s instance=%s from=\"%s\" to=\"%s\"",
                        core->scope, core->table->name, core->name, from, to);
    else if (core->refresh_failure != 0)
        assay_log_write(log, ASSAY_LOG_INFO, "engine.signatures_good",
                        "scope=%s engine=%s instance=%s epoch=\"%s\"",
                        core->scope, core->table->name, core->name, to);
    core->refresh_failure = 0;
}

assay_rc assay__engine_core_refresh(struct assay__engine_core *core,
                                    const assay_log *log, bool *changed_out,
                                    assay_error *err)
{
    char from[ASSAY_EPOCH_MAX], to[ASSAY_EPOCH_MAX];
    assay_error own = {0};
    bool changed = false;
    void *instance = assay__engine_core_take(core);
    assay_rc rc;

    if (instance && atomic_exchange(&core->is_refreshing, true)) {
        assay__engine_core_give(core);
        instance = NULL;
    }
    if (!instance)
        return assay_error_set(err, ASSAY_E_STATE,
                               "antivirus \"%s\": %s \"%s\" is looking for "
                               "signatures already",
                               core->scope, core->table->name, core->name);
    assay__engine_core_epoch(core, from);
    rc = core->ops->refresh(instance, &changed, &own);
    assay__engine_core_epoch(core, to);
    assay__engine_core_give(core);
    if (rc == ASSAY_OK)
        report_success(core, log, from, to);
    else
        report_failure(core, log, to, own.msg);
    atomic_store(&core->is_refreshing, false);
    if (changed_out)
        *changed_out = strcmp(from, to) != 0;
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "antivirus \"%s\": %s \"%s\": %s",
                               core->scope, core->table->name, core->name,
                               own.msg);
    return ASSAY_OK;
}

bool assay__engine_core_is_refresh_due(struct assay__engine_core *core)
{
    void *instance = assay__engine_core_take(core);
    bool is_due;

    if (!instance)
        return false;
    is_due =
        !core->options.is_isolated || assay__isolation_is_refresh_due(instance);
    assay__engine_core_give(core);
    return is_due;
}

void assay__engine_core_interrupt(struct assay__engine_core *core)
{
    void *instance = assay__engine_core_take(core);

    if (!instance)
        return;
    if (core->options.is_isolated)
        assay__isolation_interrupt(instance);
    assay__engine_core_give(core);
}
