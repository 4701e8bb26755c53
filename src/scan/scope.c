/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MS_PER_S 1000

static assay_rc too_long(const char *what, const char *name, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_LIMIT,
                           "%s name '%.*s...' is longer than %d characters",
                           what, ASSAY_NAME_MAX, name, ASSAY_NAME_MAX);
}

assay_rc assay__scope_new(const char *name,
                          const struct assay__scope_options *options,
                          struct assay__scope **out, assay_error *err)
{
    struct assay__scope *scope;

    if (strlen(name) > ASSAY_NAME_MAX)
        return too_long("antivirus", name, err);
    scope = calloc(1, sizeof *scope);
    if (!scope)
        return assay_error_set(err, ASSAY_E_NOMEM,
                               "antivirus \"%s\": out of memory", name);
    assay__text_copy(scope->name, sizeof scope->name, name);
    scope->options = *options;
    *out = scope;
    return ASSAY_OK;
}

static void close_engine(struct assay__engine_instance *engine)
{
    if (engine->instance)
        engine->table->ops->close(engine->instance);
    engine->instance = NULL;
}

static void close_engines(struct assay__scope *scope)
{
    for (size_t i = scope->engine_count; i > 0; i--)
        close_engine(scope->engines[i - 1]);
}

void assay__scope_free(struct assay__scope **scope)
{
    struct assay__scope *mine = *scope;

    *scope = NULL;
    if (!mine)
        return;
    close_engines(mine);
    for (size_t i = 0; i < mine->engine_count; i++) {
        assay__engine_module_unref(&mine->engines[i]->module);
        free(mine->engines[i]);
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

assay_rc assay__scope_add(struct assay__scope *scope,
                          struct assay__engine_module *module,
                          const char *instance,
                          const struct assay__scope_options *options,
                          const void *settings, assay_error *err)
{
    const assay_engine_module *table = assay__engine_module_table(module);
    struct assay__engine_instance *engine;

    if (strlen(instance) > ASSAY_NAME_MAX)
        return too_long(table->name, instance, err);
    if (has_instance(scope, instance))
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "antivirus \"%s\": there are two engines named "
                               "\"%s\"",
                               scope->name, instance);
    engine = append(scope);
    if (!engine)
        return assay_error_set(err, ASSAY_E_NOMEM,
                               "antivirus \"%s\": out of memory", scope->name);
    assay__text_copy(engine->name, sizeof engine->name, instance);
    engine->table = table;
    engine->module = assay__engine_module_ref(module);
    engine->options = *options;
    engine->settings = settings;
    scope->engine_count++;
    return ASSAY_OK;
}

assay_log assay__scope_log(const assay_log *log,
                           const struct assay__scope_options *options)
{
    assay_log copy = {0};

    if (!log)
        return copy;
    copy = *log;
    if (options->debug_level > (int)copy.threshold)
        copy.threshold = (assay_log_level)options->debug_level;
    return copy;
}

static assay_rc open_engine(const struct assay__scope *scope,
                            struct assay__engine_instance *engine,
                            const assay_log *log, assay_error *err)
{
    const struct assay__scope_options *options = &engine->options;
    const assay_engine_args args = {
        .instance = engine->name,
        .scope = scope->name,
        .settings = engine->settings,
        .log = &engine->log,
        .file_base = options->file_base,
        .timeout_ms = options->timeout_s * MS_PER_S,
        .max_size = options->max_size > 0 ? options->max_size : UINT64_MAX,
    };
    assay_error own = {0};
    void *instance = NULL;
    assay_rc rc;

    engine->log = assay__scope_log(log, options);
    rc = engine->table->ops->open(&args, &instance, &own);
    if (rc == ASSAY_OK && instance) {
        engine->instance = instance;
        return ASSAY_OK;
    }
    if (own.msg[0] == '\0')
        assay__text_copy(own.msg, sizeof own.msg,
                         "the engine does not open and does not say why");
    return assay_error_set(err, rc != ASSAY_OK ? rc : ASSAY_E_UNAVAILABLE,
                           "antivirus \"%s\": %s \"%s\": %s", scope->name,
                           engine->table->name, engine->name, own.msg);
}

assay_rc assay__scope_open(struct assay__scope *scope, const assay_log *log,
                           assay_error *err)
{
    for (size_t i = 0; i < scope->engine_count; i++) {
        assay_rc rc = open_engine(scope, scope->engines[i], log, err);

        if (rc != ASSAY_OK) {
            close_engines(scope);
            return rc;
        }
    }
    return ASSAY_OK;
}

static void probe_engine(const struct assay__scope *scope,
                         struct assay__engine_instance *engine,
                         const assay_log *log)
{
    assay_error err = {0};
    bool is_out = engine->table->ops->probe(engine->instance, &err) != ASSAY_OK;

    /* The exchange tells which of two concurrent probes made the change. */
    if (atomic_exchange(&engine->out_of_service, is_out) == is_out)
        return;
    if (is_out)
        assay_log_write(log, ASSAY_LOG_ERROR, "engine.out_of_service",
                        "scope=%s engine=%s instance=%s reason=\"%s\"",
                        scope->name, engine->table->name, engine->name,
                        err.msg);
    else
        assay_log_write(log, ASSAY_LOG_INFO, "engine.in_service",
                        "scope=%s engine=%s instance=%s", scope->name,
                        engine->table->name, engine->name);
}

void assay__scope_probe(struct assay__scope *scope, const assay_log *log)
{
    for (size_t i = 0; i < scope->engine_count; i++) {
        struct assay__engine_instance *engine = scope->engines[i];
        assay_log own = assay__scope_log(log, &engine->options);

        if (engine->instance)
            probe_engine(scope, engine, &own);
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
