/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * scanner list, csapi reload (CS-23); what `reopen logs` does with the logs of
 * scanner processes.
 */
#include <string.h>

#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/control_scanners.h"
#include "runtime/generation.h"

typedef void core_visit(const struct assay__control_call *call,
                        struct assay__engine_core *core, void *arg);

static void visit_cores(const struct assay__control_call *call,
                        core_visit *visit, void *arg)
{
    struct assay__generation *generation =
        assay__present(call->session->library);

    for (size_t s = 0; s < generation->scope_count; s++)
        for (size_t e = 0; e < generation->scopes[s]->engine_count; e++)
            visit(call, generation->scopes[s]->engines[e]->core, arg);
    assay__generation_unref(&generation);
}

/* ---- scanner list ------------------------------------------------------ */

static void say_counts(const struct assay__control_call *call, json_t *entry,
                       const struct assay__isolation_report *report)
{
    const struct {
        const char *label, *key;
        uint64_t value;
    } counts[] = {
        {"Workers", "workers", report->workers},
        {"Idle", "idle", report->idle},
        {"Templates started", "templates_started", report->templates_started},
        {"Workers started", "workers_started", report->workers_started},
        {"Workers replaced", "recycled", report->recycled},
        {"Crashed", "crashed", report->crashed},
        {"Timed out", "timed_out", report->timed_out},
        {"Poisonous contents", "poisoned", report->poisoned},
        {"Canaries missed", "canaries_missed", report->canaries_missed},
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        assay__control_say(call, "  %-20s%llu\n", counts[i].label,
                           (unsigned long long)counts[i].value);
        assay__control_put(call, entry, counts[i].key,
                           assay__control_number(counts[i].value));
    }
}

static void say_texts(const struct assay__control_call *call, json_t *entry,
                      const struct assay__isolation_report *report)
{
    assay__control_say(call, "  %-20s%s\n", "State", report->state);
    if (report->failure[0] != '\0')
        assay__control_say(call, "  %-20s%s\n", "Reason", report->failure);
    if (report->template_pid > 0)
        assay__control_say(call, "  %-20s%d\n", "Template",
                           report->template_pid);
    assay__control_say(call, "  %-20s%s\n", "Missing in sandbox",
                       report->missing[0] ? report->missing : "nothing");
    assay__control_put(call, entry, "state",
                       assay__control_string(report->state));
    assay__control_put(call, entry, "reason",
                       assay__control_string(report->failure));
    assay__control_put(call, entry, "template",
                       json_integer(report->template_pid));
    assay__control_put(call, entry, "missing",
                       assay__control_string(report->missing));
}

static void list_core(const struct assay__control_call *call,
                      struct assay__engine_core *core, void *arg)
{
    struct assay__isolation_report report;
    json_t *list = arg, *entry;
    void *instance;

    if (!assay__engine_core_is_isolated(core))
        return;
    instance = assay__engine_core_take(core);
    if (!instance)
        return;
    assay__isolation_look(instance, &report);
    assay__engine_core_give(core);
    entry = json_object();
    assay__control_say(call, "%s:%s\n", core->scope, core->name);
    assay__control_put(call, entry, "scope",
                       assay__control_string(core->scope));
    assay__control_put(call, entry, "engine",
                       assay__control_string(core->table->name));
    assay__control_put(call, entry, "instance",
                       assay__control_string(core->name));
    say_texts(call, entry, &report);
    say_counts(call, entry, &report);
    assay__control_append(call, list, entry);
}

static void list(const struct assay__control_call *call)
{
    json_t *scanners = json_array();

    visit_cores(call, list_core, scanners);
    if (json_array_size(scanners) == 0)
        assay__control_say(call, "No engine scans in scanner processes\n");
    assay__control_tell(call, "scanners", scanners);
}

/* ---- csapi reload ------------------------------------------------------ */

struct reloads {
    const char *engine;
    size_t count;
};

static void reload_core(const struct assay__control_call *call,
                        struct assay__engine_core *core, void *arg)
{
    struct reloads *reloads = arg;
    bool changed = false;
    assay_error err = {0};

    if (strcmp(core->table->name, reloads->engine) != 0)
        return;
    reloads->count++;
    if (assay__engine_core_refresh(core, assay__log(call->session->library),
                                   &changed, &err) != ASSAY_OK)
        assay__control_fail(call, "%s; the definitions in use stay", err.msg);
    else
        assay__control_say(call, "%s:%s: %s\n", core->scope, core->name,
                           changed ? "new definitions" : "nothing newer");
}

static void reload_csapi(const struct assay__control_call *call)
{
    struct reloads reloads = {.engine = "csapi"};

    visit_cores(call, reload_core, &reloads);
    if (reloads.count == 0)
        assay__control_fail(call, "There is no csapi engine");
}

/* ---- reopen logs ------------------------------------------------------- */

static void reopen_core(const struct assay__control_call *call,
                        struct assay__engine_core *core, void *arg)
{
    assay_error err = {0};
    void *instance;

    (void)arg;
    if (!assay__engine_core_is_isolated(core))
        return;
    instance = assay__engine_core_take(core);
    if (!instance)
        return;
    if (assay__isolation_reopen_log(instance, &err) != ASSAY_OK)
        assay__control_fail(call, "%s", err.msg);
    assay__engine_core_give(core);
}

void assay__control_reopen_scanner_logs(const struct assay__control_call *call)
{
    visit_cores(call, reopen_core, NULL);
}

const struct assay__control_command assay__control_scanners[] = {
    {.name = "scanner list",
     .arguments = "",
     .summary = "scanner processes: state, workers, what went wrong",
     .run = list},
    {.name = "csapi reload",
     .arguments = "",
     .summary = "look for newer definitions now",
     .changes = true,
     .run = reload_csapi},
    {.name = NULL},
};
