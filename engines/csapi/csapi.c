/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The table of the engine: its options, what it wants of its processes, and
 * the life of an instance. csapi_engine.h tells how the files belong together.
 */
#include "csapi_engine.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csapi_codes.h"

#define OPTION(name) offsetof(struct assay__csapi_settings, name)
#define EXTRACT_SIZE_DEFAULT "104857600"
#define CUMULATIVE_DEFAULT UINT64_C(209715200)
#define SIZE_MOST INT64_C(2147483648)
#define COUNT_MOST INT32_MAX

enum {
    WATCH_S = 60, /* a folder that is only watched is looked at as often */
    FILES_SPARE = 1024
};
#define BYTES_SPARE UINT64_C(16777216)

static const assay_conf_option options[] = {
    {.name = "max_concurrency",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_concurrency),
     .min = 1,
     .max = COUNT_MOST},
    {.name = "max_cumulative_extract_size",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_cumulative_extract_size),
     .default_value = "0",
     .max = SIZE_MOST},
    {.name = "max_extract_depth",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_extract_depth),
     .default_value = "10",
     .min = 1,
     .max = 50},
    {.name = "max_extract_size",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_extract_size),
     .default_value = EXTRACT_SIZE_DEFAULT,
     .max = SIZE_MOST},
    {.name = "max_extract_time",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_extract_time),
     .default_value = "180",
     .max = COUNT_MOST},
    {.name = "max_file_count",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_file_count),
     .default_value = "5000",
     .max = COUNT_MOST},
    {.name = "prefer_mem",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(prefer_mem)},
    {.name = "scanner_log",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(scanner_log),
     .default_value = "/var/log/ecelerity/csapi.log"},
    {.name = "scanner_path",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(scanner_path)},
    {.name = "update_interval",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(update_interval),
     .default_value = "86400",
     .min = 1,
     .max = COUNT_MOST},
    {.name = "provider", .type = ASSAY_CONF_PATH, .offset = OPTION(provider)},
    {.name = "definitions",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(definitions),
     .default_value = "/var/lib/clamav"},
    {.name = "updater", .type = ASSAY_CONF_LIST, .offset = OPTION(updater)},
    {.name = NULL},
};

const assay_conf_stanza assay__csapi_conf = {
    .name = "csapi",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct assay__csapi_settings),
    .options = options,
};

static uint64_t cumulative_size(const struct assay__csapi_settings *settings)
{
    return settings->max_cumulative_extract_size
               ? settings->max_cumulative_extract_size
               : CUMULATIVE_DEFAULT;
}

static uint64_t extract_size(const struct assay__csapi_settings *settings)
{
    return settings->max_extract_size
               ? settings->max_extract_size
               : strtoull(EXTRACT_SIZE_DEFAULT, NULL, 10);
}

/* ---- what it wants of its processes ------------------------------------- */

/* Without an updater somebody else writes to the folder, at any time. */
static int64_t look_interval_s(const struct assay__csapi_settings *settings,
                               int64_t general_s)
{
    int64_t usual_s = general_s ? general_s : WATCH_S;

    if (settings->updater.count || settings->update_interval < usual_s)
        return settings->update_interval;
    return general_s;
}

/* In its temporary folder a worker may have all that it unpacks, what it is
 * about to unpack, and the content. */
static void csapi_isolation(const void *settings,
                            assay_engine_isolation *wanted)
{
    const struct assay__csapi_settings *own = settings;

    wanted->program = own->scanner_path;
    wanted->log_path = own->scanner_log;
    wanted->max_workers =
        own->max_concurrency ? (uint64_t)own->max_concurrency : 1;
    wanted->temporary_bytes =
        cumulative_size(own) + 2 * extract_size(own) + BYTES_SPARE;
    wanted->temporary_files =
        own->max_file_count ? (uint64_t)own->max_file_count + FILES_SPARE : 0;
    wanted->updater = own->updater.count ? own->updater.items : NULL;
    wanted->update_interval_s = look_interval_s(own, wanted->update_interval_s);
}

/* ---- open and close ----------------------------------------------------- */

static const char *choose_temporary(const assay_engine_args *args)
{
    const char *environment = secure_getenv("TMPDIR");

    if (args->temporary) /* no other can be written to */
        return args->temporary;
    if (args->file_base)
        return args->file_base;
    return environment && environment[0] == '/' ? environment : "/tmp";
}

static void set_policy(struct assay__csapi *self, const assay_engine_args *args)
{
    const struct assay__csapi_settings *settings = &self->settings;
    const char *temporary = choose_temporary(args);

    (void)snprintf(self->instance, sizeof self->instance, "%s", args->instance);
    (void)snprintf(self->temporary, sizeof self->temporary, "%s", temporary);
    if (args->log)
        self->log = *args->log;
    self->policy = (assay_csapi_policy){
        .struct_size = sizeof self->policy,
        .instance = self->instance,
        .definitions = settings->definitions,
        .temporary = temporary,
        .log = &self->log,
        .max_extract_size = extract_size(settings),
        .max_cumulative_extract_size = cumulative_size(settings),
        .max_extract_depth = (uint32_t)settings->max_extract_depth,
        .max_file_count = (uint64_t)settings->max_file_count,
        .max_extract_time_s = settings->max_extract_time,
        .scan_timeout_ms = args->timeout_ms,
    };
}

static assay_rc load_provider(struct assay__csapi *self, assay_error *err)
{
    char path[PATH_MAX];

    if (self->settings.provider)
        return assay__csapi_provider_load(self->settings.provider,
                                          &self->provider, err);
    if (!assay__csapi_provider_shipped(path, sizeof path))
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "the provider that comes with Assay is not "
                               "found; set 'provider'");
    return assay__csapi_provider_load(path, &self->provider, err);
}

static assay_rc start_provider(struct assay__csapi *self, assay_error *err)
{
    const assay_csapi_provider_ops *ops = &self->provider.ops;
    assay_csapi_code code = ASSAY_CSAPI_AVS_RESULT_ENGINE_LOAD_FAILED;
    assay_error why = {0};
    assay_rc rc = ops->initialize(&self->policy, &self->handle, &code, &why);

    if (rc == ASSAY_OK && self->handle)
        return ASSAY_OK;
    if ((unsigned)code >= ASSAY_CSAPI_CODE_COUNT)
        code = ASSAY_CSAPI_AVS_RESULT_ENGINE_LOAD_FAILED;
    if (rc == ASSAY_OK)
        rc = ASSAY_E_UNAVAILABLE;
    self->handle = NULL;
    return assay_error_set(
        err, rc, "provider '%s': %s: %s", self->provider.table.name,
        assay__csapi_code_meaning(code).name,
        why.msg[0] ? why.msg : assay__csapi_code_meaning(code).meaning);
}

static void look_at_versions(const struct assay__csapi *self,
                             assay_csapi_versions *out)
{
    assay_csapi_versions found = {.struct_size = sizeof found};

    memset(out, 0, sizeof *out);
    self->provider.ops.versions(self->handle, &found);
    assay__csapi_copy(out->decomposer, sizeof out->decomposer, found.decomposer,
                      sizeof found.decomposer);
    assay__csapi_copy(out->scanner, sizeof out->scanner, found.scanner,
                      sizeof found.scanner);
    assay__csapi_copy(out->definitions, sizeof out->definitions,
                      found.definitions, sizeof found.definitions);
    assay__csapi_copy(out->state, sizeof out->state, found.state,
                      sizeof found.state);
    out->is_current = found.is_current;
}

static void csapi_close(void *instance)
{
    struct assay__csapi *self = instance;

    if (self->handle)
        self->provider.ops.shutdown(self->handle);
    assay__csapi_provider_unload(&self->provider);
    free(self);
}

static assay_rc csapi_probe(void *instance, assay_error *err)
{
    const struct assay__csapi *self = instance;
    assay_error why = {0};
    assay_rc rc = ASSAY_OK;

    if (self->provider.ops.probe)
        rc = self->provider.ops.probe(self->handle, &why);
    if (rc != ASSAY_OK)
        return assay_error_set(
            err, rc, "provider '%s': %s", self->provider.table.name,
            why.msg[0] ? why.msg : "it does not find its test threat");
    return ASSAY_OK;
}

static void log_open(const struct assay__csapi *self)
{
    if (!self->settings.max_concurrency)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "csapi.no_max_concurrency",
                        "instance=%s reason=\"max_concurrency is not set, so "
                        "one content is scanned at a time\"",
                        self->instance);
    if (self->settings.prefer_mem)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "csapi.ignored_option",
                        "instance=%s option=prefer_mem reason=\"it has no "
                        "effect\"",
                        self->instance);
    assay_log_write(&self->log, ASSAY_LOG_INFO, "csapi.loaded",
                    "instance=%s provider=%s version=\"%s\" scanner=\"%s\" "
                    "definitions=\"%s\"",
                    self->instance, self->provider.table.name,
                    self->provider.table.version, self->versions.scanner,
                    self->versions.definitions);
}

static assay_rc csapi_open(const assay_engine_args *args, void **instance_out,
                           assay_error *err)
{
    struct assay__csapi *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "csapi: instance");
    memcpy(&self->settings, args->settings, sizeof self->settings);
    set_policy(self, args);
    rc = load_provider(self, err);
    if (rc == ASSAY_OK)
        rc = start_provider(self, err);
    if (rc == ASSAY_OK)
        rc = csapi_probe(self, err);
    if (rc != ASSAY_OK) {
        csapi_close(self);
        return rc;
    }
    look_at_versions(self, &self->versions);
    log_open(self);
    *instance_out = self;
    return ASSAY_OK;
}

static assay_rc csapi_forked(void *instance, const char *temporary,
                             assay_error *err)
{
    struct assay__csapi *self = instance;

    (void)snprintf(self->temporary, sizeof self->temporary, "%s", temporary);
    if (!self->provider.ops.forked)
        return ASSAY_OK;
    return self->provider.ops.forked(self->handle, temporary, err);
}

/* ---- what it is --------------------------------------------------------- */

static assay_rc csapi_newer(void *instance, uint64_t *set_out, assay_error *err)
{
    const struct assay__csapi *self = instance;

    *set_out = 0;
    if (!self->provider.ops.newer_definitions)
        return ASSAY_OK;
    return self->provider.ops.newer_definitions(self->handle, set_out, err);
}

/* FNV-1a, with the end of each text, to continue from an earlier hash. */
static uint64_t mix(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    while (*text++);
    return hash;
}

/* Long texts are cut, so a hash of all of them stands behind. */
static void csapi_epoch(void *instance, char *buf, size_t size)
{
    const struct assay__csapi *self = instance;
    const assay_csapi_versions *versions = &self->versions;
    const char *const parts[] = {
        self->provider.table.name, self->provider.table.version,
        versions->decomposer,      versions->scanner,
        versions->definitions,     versions->state,
    };
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = mix(hash, parts[i]);
    (void)snprintf(buf, size, "csapi/%.16s-%.16s/%.32s/%016" PRIx64,
                   self->provider.table.name, versions->scanner,
                   versions->definitions, hash);
}

/* The layout that console scripts know; only the name differs. */
static void csapi_version(void *instance, char *buf, size_t size)
{
    const struct assay__csapi *self = instance;
    assay_csapi_versions versions;

    look_at_versions(self, &versions);
    (void)snprintf(buf, size,
                   "antivirus: %s DEC scanner version number: %s\n"
                   "AV scanner version number: %s\n"
                   "AV definitions version: %s\n"
                   "%s",
                   self->provider.table.name, versions.decomposer,
                   versions.scanner, versions.definitions,
                   versions.is_current ? "Up to date" : "Not up to date");
}

const assay_engine_ops assay__csapi_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = csapi_open,
    .close = csapi_close,
    .scan = assay__csapi_scan,
    .probe = csapi_probe,
    .epoch = csapi_epoch,
    .version = csapi_version,
    .isolation = csapi_isolation,
    .forked = csapi_forked,
    .newer = csapi_newer,
};

/* csapi_status is the empty string when a threat was found, as documented. */
ASSAY_ENGINE_MODULE(.name = "csapi", .version = "1.0",
                    .description = "a content scanner behind the provider "
                                   "interface, in processes of its own",
                    .flags = ASSAY_ENGINE_PROCESS, .infected_value = "",
                    .conf = &assay__csapi_conf, .ops = &assay__csapi_ops);
