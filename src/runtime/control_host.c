/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What concerns the process: version, pid, sysinfo, module list, authz id,
 * reopen logs, shutdown.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/control_scanners.h"
#include "runtime/generation.h"

static void version(const struct assay__control_call *call)
{
    assay__control_say(call, "assay version: %s\n", assay_version());
    assay__control_tell(call, "version",
                        assay__control_string(assay_version()));
}

static void pid(const struct assay__control_call *call)
{
    assay__control_say(call, "%d\n", (int)getpid());
    assay__control_tell(call, "pid", json_integer(getpid()));
}

static void authz_id(const struct assay__control_call *call)
{
    bool may_change = call->session->may_change;

    assay__control_say(call, "%s\n%s\n", call->session->peer,
                       may_change ? "may run every command"
                                  : "may run commands that change nothing");
    assay__control_tell(call, "peer",
                        assay__control_string(call->session->peer));
    assay__control_tell(call, "may_change", json_boolean(may_change));
}

/* ---- sysinfo ----------------------------------------------------------- */

/* Resident memory of the process in KiB; 0: unknown. */
static uint64_t resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    long page_size = sysconf(_SC_PAGESIZE);

    if (!file)
        return 0;
    if (fscanf(file, "%*s %lu", &pages) != 1) /* NOLINT(cert-err34-c): from
                                                 the kernel */
        pages = 0;
    (void)fclose(file);
    return (uint64_t)pages * (uint64_t)(page_size > 0 ? page_size : 0) / 1024;
}

static void sysinfo_text(const struct assay__control_call *call,
                         const char *label, const char *key, const char *value)
{
    assay__control_say(call, "%-15s: %s\n", label, value);
    assay__control_tell(call, key, assay__control_string(value));
}

static void sysinfo_number(const struct assay__control_call *call,
                           const char *label, const char *key, uint64_t value,
                           const char *unit)
{
    assay__control_say(call, "%-15s: %" PRIu64 "%s\n", label, value, unit);
    assay__control_tell(call, key, assay__control_number(value));
}

static void sysinfo(const struct assay__control_call *call)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct utsname names;

    if (uname(&names) == 0) {
        sysinfo_text(call, "Host", "host", names.nodename);
        sysinfo_text(call, "System", "system", names.sysname);
        sysinfo_text(call, "Release", "release", names.release);
        sysinfo_text(call, "Machine", "machine", names.machine);
    }
    sysinfo_number(call, "Processors", "processors",
                   (uint64_t)(processors > 0 ? processors : 0), "");
    sysinfo_number(call, "Resident memory", "resident_kib", resident_kib(),
                   " KiB");
}

/* ---- module list ------------------------------------------------------- */

struct module {
    const char *scope_name;    /* "antivirus" */
    const char *instance_name; /* "" for a singleton */
    bool is_enabled;
    const char *api;
    const char *description;
};

static void say_module(const struct assay__control_call *call, json_t *list,
                       const struct module *module)
{
    bool is_named = module->instance_name[0] != '\0';
    json_t *entry = json_object();

    assay__control_say(call, "Module: %s%s%s\n", module->scope_name,
                       is_named ? ":" : "", module->instance_name);
    assay__control_say(call, "  Scope_Name: %s\n", module->scope_name);
    if (is_named)
        assay__control_say(call, "  Instance_Name: %s\n",
                           module->instance_name);
    assay__control_say(call,
                       "  Enabled: %s\n"
                       "  API: %s\n"
                       "  Name: %s\n"
                       "  Description: %s\n",
                       module->is_enabled ? "enabled" : "disabled", module->api,
                       module->scope_name, module->description);
    assay__control_put(call, entry, "scope_name",
                       assay__control_string(module->scope_name));
    assay__control_put(call, entry, "instance_name",
                       is_named ? assay__control_string(module->instance_name)
                                : json_null());
    assay__control_put(call, entry, "enabled",
                       json_boolean(module->is_enabled));
    assay__control_put(call, entry, "api", assay__control_string(module->api));
    assay__control_put(call, entry, "name",
                       assay__control_string(module->scope_name));
    assay__control_put(call, entry, "description",
                       assay__control_string(module->description));
    assay__control_append(call, list, entry);
}

static void say_scope(const struct assay__control_call *call, json_t *list,
                      const struct assay__scope *scope)
{
    struct module module = {
        .scope_name = "antivirus",
        .instance_name = scope->name,
        .is_enabled = scope->options.enabled,
        .api = "Validate",
        .description = "Scans messages for viruses",
    };

    say_module(call, list, &module);
    for (size_t i = 0; i < scope->engine_count; i++) {
        const struct assay__engine_instance *engine = scope->engines[i];

        module = (struct module){
            .scope_name = engine->table->name,
            .instance_name = engine->name,
            .is_enabled = engine->options.enabled,
            .api = "Engine",
            .description =
                engine->table->description ? engine->table->description : "",
        };
        say_module(call, list, &module);
    }
}

static const char *instance_of(const struct assay__policy_module *module)
{
    const char *colon = strchr(module->name, ':');

    return colon ? colon + 1 : "";
}

static void say_language(const struct assay__control_call *call, json_t *list,
                         const struct assay__policy_module *policy)
{
    char name[sizeof policy->name];
    const struct module module = {
        .scope_name = name,
        .instance_name = instance_of(policy),
        .is_enabled = true,
        .api = "Validate",
        .description = "Runs policy scripts",
    };

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(policy->name, ":"),
                   policy->name);
    say_module(call, list, &module);
}

static void module_list(const struct assay__control_call *call)
{
    struct assay__generation *generation =
        assay__present(call->session->library);
    const struct assay__policy *policy = &generation->policy;
    json_t *list = json_array();

    for (size_t i = 0; i < policy->count; i++) {
        if (policy->modules[i].kind == ASSAY__POLICY_SCOPE)
            say_scope(call, list, policy->modules[i].scope);
        else
            say_language(call, list, &policy->modules[i]);
    }
    assay__control_tell(call, "modules", list);
    assay__generation_unref(&generation);
}

/* ---- what the host does ------------------------------------------------ */

static void reopen_logs(const struct assay__control_call *call)
{
    const assay_control_host *host = &call->session->host;
    assay_error err = {0};

    assay__control_reopen_scanner_logs(call);
    if (!host->reopen_logs)
        assay__control_fail(call, "This program has no log to open again");
    else if (host->reopen_logs(host->arg, &err) != ASSAY_OK)
        assay__control_fail(call, "%s", err.msg);
    else
        assay__control_say(call, "Logs reopened\n");
}

static void shut_down(const struct assay__control_call *call)
{
    const assay_control_host *host = &call->session->host;

    if (!host->shutdown) {
        assay__control_fail(call, "This program cannot be stopped from here");
        return;
    }
    host->shutdown(host->arg);
    assay__control_say(call, "Shutting down\n");
}

const struct assay__control_command assay__control_host[] = {
    {.name = "version",
     .arguments = "",
     .summary = "version of Assay",
     .run = version},
    {.name = "pid", .arguments = "", .summary = "process id", .run = pid},
    {.name = "sysinfo",
     .arguments = "",
     .summary = "machine and memory",
     .run = sysinfo},
    {.name = "module list",
     .arguments = "",
     .summary = "scopes, engines and policy languages",
     .run = module_list},
    {.name = "authz id",
     .arguments = "",
     .summary = "who you are here, and what you may do",
     .run = authz_id},
    {.name = "reopen logs",
     .arguments = "",
     .summary = "open syslog and scanner logs again; the error stream "
                "stays",
     .changes = true,
     .run = reopen_logs},
    {.name = "shutdown",
     .arguments = "",
     .summary = "finish the messages in progress, then stop",
     .changes = true,
     .run = shut_down},
    {.name = NULL},
};
