/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * antivirus:SCOPE stats, version (AV-30, AV-31) and reload.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/generation.h"

enum {
    VERSION_MAX = 1024, /* bytes of what an engine tells of itself */
    US_PER_MS = 1000
};

/* What one command does with each engine of a scope. */
typedef void engine_visit(const struct assay__control_call *call,
                          const struct assay__scope *scope,
                          const struct assay__engine_instance *engine,
                          json_t *entry);

/* ---- the scope --------------------------------------------------------- */

static void fail_scope(const struct assay__control_call *call,
                       const struct assay__generation *generation)
{
    if (call->target[0] != '\0')
        assay__control_fail(call, "There is no antivirus scope '%s'",
                            call->target);
    else if (generation->scope_count == 0)
        assay__control_fail(call, "There is no antivirus scope");
    else
        assay__control_fail(call,
                            "There are %zu antivirus scopes: write "
                            "antivirus:NAME, such as antivirus:%s",
                            generation->scope_count,
                            generation->scopes[0]->name);
}

/* Without a name the only one is meant. */
static const struct assay__scope *find_scope(
    const struct assay__control_call *call,
    const struct assay__generation *generation)
{
    if (call->target[0] == '\0' && generation->scope_count == 1)
        return generation->scopes[0];
    for (size_t i = 0; i < generation->scope_count; i++)
        if (strcmp(generation->scopes[i]->name, call->target) == 0)
            return generation->scopes[i];
    fail_scope(call, generation);
    return NULL;
}

static void visit_one(const struct assay__control_call *call,
                      const struct assay__scope *scope,
                      const struct assay__engine_instance *engine, json_t *list,
                      engine_visit *visit)
{
    json_t *entry = json_object();

    assay__control_put(call, entry, "engine",
                       assay__control_string(engine->table->name));
    assay__control_put(call, entry, "instance",
                       assay__control_string(engine->name));
    visit(call, scope, engine, entry);
    assay__control_append(call, list, entry);
}

static bool is_global_stanza_of(const struct assay__conf_item *item,
                                const struct assay__engine_instance *engine)
{
    return item->is_stanza &&
           assay__text_equal(item->name, engine->table->name);
}

static bool has_global_stanza(const struct assay__conf_item *root,
                              const struct assay__engine_instance *engine)
{
    for (size_t i = 0; i < root->count; i++)
        if (is_global_stanza_of(&root->items[i], engine))
            return true;
    return false;
}

/* In the order of the global stanzas, as documented; behind them engines that
 * have none. */
static void visit_engines(const struct assay__control_call *call,
                          const struct assay__generation *generation,
                          const struct assay__scope *scope, json_t *list,
                          engine_visit *visit)
{
    const struct assay__conf_item *root =
        assay__conf_tree_root(generation->tree);

    for (size_t i = 0; i < root->count; i++)
        for (size_t e = 0; e < scope->engine_count; e++)
            if (is_global_stanza_of(&root->items[i], scope->engines[e]))
                visit_one(call, scope, scope->engines[e], list, visit);
    for (size_t e = 0; e < scope->engine_count; e++)
        if (!has_global_stanza(root, scope->engines[e]))
            visit_one(call, scope, scope->engines[e], list, visit);
}

static void visit_scope(const struct assay__control_call *call,
                        engine_visit *visit)
{
    struct assay__generation *generation =
        assay__present(call->session->library);
    const struct assay__scope *scope = find_scope(call, generation);
    json_t *list = json_array();

    if (scope) {
        visit_engines(call, generation, scope, list, visit);
        assay__control_tell(call, "scope", assay__control_string(scope->name));
    }
    assay__control_tell(call, "engines", list);
    assay__generation_unref(&generation);
}

/* ---- stats ------------------------------------------------------------- */

static bool is_only_of_its_kind(const struct assay__scope *scope,
                                const struct assay__engine_instance *engine)
{
    for (size_t i = 0; i < scope->engine_count; i++)
        if (scope->engines[i] != engine &&
            scope->engines[i]->table == engine->table)
            return false;
    return true;
}

static void say_count(const struct assay__control_call *call, json_t *entry,
                      const char *label, const char *key, uint64_t value)
{
    assay__control_say(call, "  %-20s%" PRIu64 "\n", label, value);
    assay__control_put(call, entry, key, assay__control_number(value));
}

/* 0.0 / 0.0 prints as "-nan" here and as "nan" elsewhere. */
static void say_average(const struct assay__control_call *call, json_t *entry,
                        const char *label, const char *key, uint64_t sum_us,
                        uint64_t count)
{
    double ms = count > 0 ? (double)sum_us / (double)count / US_PER_MS : 0;

    if (count > 0)
        assay__control_say(call, "  %-20s%.3fms\n", label, ms);
    else
        assay__control_say(call, "  %-20snanms\n", label);
    assay__control_put(call, entry, key,
                       count > 0 ? json_real(ms) : json_null());
}

static void stats_of(const struct assay__control_call *call,
                     const struct assay__scope *scope,
                     const struct assay__engine_instance *engine, json_t *entry)
{
    struct assay__engine_core *core = engine->core;
    struct assay__engine_stats *stats = &core->stats;
    uint64_t messages = stats->messages, parts = stats->parts;

    if (is_only_of_its_kind(scope, engine))
        assay__control_say(call, "%s\n", engine->table->name);
    else
        assay__control_say(call, "%s:%s\n", engine->table->name, engine->name);
    say_count(call, entry, "Messages checked:", "messages", messages);
    say_count(call, entry, "MIME parts checked:", "parts", parts);
    say_count(call, entry, "Viruses detected:", "viruses", stats->infected);
    say_count(call, entry, "Viruses cured:", "cured", 0);
    say_average(call, entry, "Avg. time/message", "message_ms",
                stats->message_us, messages);
    say_average(call, entry, "Avg. time/MIME part", "part_ms", stats->part_us,
                parts);
    assay__control_put(call, entry, "errors",
                       assay__control_number(stats->errors));
    assay__control_put(call, entry, "unscannable",
                       assay__control_number(stats->unscannable));
    assay__control_put(call, entry, "cache_hits",
                       assay__control_number(stats->cache_hits));
    assay__control_put(call, entry, "in_service",
                       json_boolean(core->instance && !core->out_of_service));
}

static void stats(const struct assay__control_call *call)
{
    visit_scope(call, stats_of);
}

/* ---- version ----------------------------------------------------------- */

static void version_of(const struct assay__control_call *call,
                       const struct assay__scope *scope,
                       const struct assay__engine_instance *engine,
                       json_t *entry)
{
    struct assay__engine_core *core = engine->core;
    char text[VERSION_MAX] = "", epoch[VERSION_MAX] = "";
    const char *name = engine->table->name;
    void *instance = assay__engine_core_take(core);

    (void)scope;
    if (instance) {
        core->ops->version(instance, text, sizeof text);
        core->ops->epoch(instance, epoch, sizeof epoch);
        assay__engine_core_give(core);
        if (strncmp(text, "antivirus: ", 11) != 0)
            assay__control_say(call, "antivirus: %s ", name);
        assay__control_say(call, "%s\n", text);
    } else {
        assay__control_say(call, "antivirus: %s is not running (passive)\n",
                           name);
    }
    if (core->out_of_service)
        assay__control_say(call,
                           "%s is out of service: it missed its test "
                           "signature\n",
                           engine->name);
    assay__control_put(call, entry, "version", assay__control_string(text));
    assay__control_put(call, entry, "epoch", assay__control_string(epoch));
    assay__control_put(call, entry, "in_service",
                       json_boolean(core->instance && !core->out_of_service));
}

static void version(const struct assay__control_call *call)
{
    visit_scope(call, version_of);
}

/* ---- reload ------------------------------------------------------------- */

/* The signatures in use stay when newer ones cannot be had. */
static void reload_of(const struct assay__control_call *call,
                      const struct assay__scope *scope,
                      const struct assay__engine_instance *engine,
                      json_t *entry)
{
    struct assay__engine_core *core = engine->core;
    char epoch[VERSION_MAX] = "";
    bool changed = false;
    assay_error err = {0};
    void *instance = assay__engine_core_take(core);
    assay_rc rc = ASSAY_OK;

    (void)scope;
    if (instance) {
        rc = assay__engine_core_refresh(
            core, assay__log(call->session->library), &changed, &err);
        core->ops->epoch(instance, epoch, sizeof epoch);
        assay__engine_core_give(core);
    }
    if (rc != ASSAY_OK)
        assay__control_fail(call, "%s: %s; the signatures in use stay (%s)",
                            engine->name, err.msg, epoch);
    else
        assay__control_say(call, "%s: %s%s\n", engine->name,
                           changed ? "new signatures, " : "nothing newer, ",
                           epoch);
    assay__control_put(call, entry, "changed", json_boolean(changed));
    assay__control_put(call, entry, "epoch", assay__control_string(epoch));
    assay__control_put(call, entry, "error",
                       rc != ASSAY_OK ? assay__control_string(err.msg)
                                      : json_null());
}

static void reload(const struct assay__control_call *call)
{
    visit_scope(call, reload_of);
}

const struct assay__control_command assay__control_antivirus[] = {
    {.name = "antivirus: stats",
     .arguments = "",
     .summary = "what each engine of a scope has scanned",
     .run = stats},
    {.name = "antivirus: version",
     .arguments = "",
     .summary = "versions of each engine and of its signatures",
     .run = version},
    {.name = "antivirus: reload",
     .arguments = "",
     .summary = "look for newer signatures now",
     .changes = true,
     .run = reload},
    {.name = NULL},
};
