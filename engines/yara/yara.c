/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The table of the engine: its options, and the life of an instance.
 * yara_engine.h tells how the files belong together.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "yara_engine.h"

#define OPTION(name) offsetof(struct assay__yara_settings, name)

enum {
    SETTLE_MS = 1000,
    /* It writes no files. */
    TEMPORARY_BYTES = 1 << 20,
    TEMPORARY_FILES = 64
};

static const assay_conf_option options[] = {
    {.name = "rules",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(rules),
     .required = true},
    {.name = "scan_timeout",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(scan_timeout),
     .default_value = "0",
     .max = 86400},
    {.name = "fast_mode",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(fast_mode),
     .default_value = "off"}, /* libyara 4.2.3 misses "any of them in (a..b)" */
    {.name = "max_files",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_files),
     .default_value = "10000",
     .min = 1,
     .max = 1000000},
    {.name = "max_rules_size",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_rules_size),
     .default_value = "67108864",
     .min = 1024,
     .max = INT64_C(1) << 30},
    {.name = "max_rules",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_rules),
     .default_value = "100000",
     .min = 1,
     .max = 10000000},
    {.name = "threat_meta",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(threat_meta),
     .default_value = "threat"},
    {.name = "code_meta",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(code_meta),
     .default_value = "scan_code"},
    {.name = "severity_meta",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(severity_meta),
     .default_value = "severity"},
    {.name = "min_severity",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(min_severity),
     .default_value = "0",
     .min = INT32_MIN,
     .max = INT32_MAX},
    {.name = "ignore_tags",
     .type = ASSAY_CONF_LIST,
     .offset = OPTION(ignore_tags)},
    {.name = NULL},
};

const assay_conf_stanza assay__yara_conf = {
    .name = "yara",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct assay__yara_settings),
    .options = options,
};

static void yara_isolation(const void *settings, assay_engine_isolation *wanted)
{
    (void)settings;
    wanted->temporary_bytes = TEMPORARY_BYTES;
    wanted->temporary_files = TEMPORARY_FILES;
}

/* ---- open and close ----------------------------------------------------- */

static void log_loaded(const struct assay__yara *self)
{
    const struct assay__yara_rules *rules = self->present;

    assay_log_write(&self->log, ASSAY_LOG_INFO, "yara.loaded",
                    "instance=%s rules=\"%s\" files=%zu count=%u", self->name,
                    self->settings.rules, rules->files, rules->count);
}

static struct assay__yara *new_instance(const assay_engine_args *args)
{
    struct assay__yara *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    memcpy(&self->settings, args->settings, sizeof self->settings);
    (void)snprintf(self->name, sizeof self->name, "%s", args->instance);
    if (args->log)
        self->log = *args->log;
    self->timeout_ms = args->timeout_ms;
    self->settle_ms = SETTLE_MS;
    pthread_mutex_init(&self->swap, NULL);
    return self;
}

static void free_instance(struct assay__yara *self)
{
    pthread_mutex_destroy(&self->swap);
    free(self);
}

static assay_rc yara_open(const assay_engine_args *args, void **instance_out,
                          assay_error *err)
{
    struct assay__yara *self;
    assay_rc rc = assay__yara_library_open(err);

    if (rc != ASSAY_OK)
        return rc;
    self = new_instance(args);
    if (!self) {
        assay__yara_library_close();
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: instance");
    }
    rc = assay__yara_rules_make(self, &self->present, err);
    if (rc != ASSAY_OK) {
        free_instance(self);
        assay__yara_library_close();
        return rc;
    }
    self->state = self->present->state;
    log_loaded(self);
    *instance_out = self;
    return ASSAY_OK;
}

static void yara_close(void *instance)
{
    struct assay__yara *self = instance;

    assay__yara_rules_free(self->present);
    free_instance(self);
    assay__yara_library_close();
}

/* libyara draws from these what it recognises its own objects by. */
static assay_rc yara_forked(void *instance, const char *temporary,
                            assay_error *err)
{
    unsigned seed;

    (void)instance;
    (void)temporary;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return assay_error_set(err, ASSAY_E_IO, "no random numbers: %m");
    srand(seed);
    return ASSAY_OK;
}

/* ---- what it is --------------------------------------------------------- */

static assay_rc yara_probe(void *instance, assay_error *err)
{
    struct assay__yara *self = instance;
    struct assay__yara_rules *rules = assay__yara_rules_take(self);
    assay_rc rc = assay__yara_rules_prove(self, rules, err);

    assay__yara_rules_drop(self, rules);
    return rc;
}

static void write_digest(const struct assay__yara_rules *rules, size_t bytes,
                         char *out)
{
    for (size_t i = 0; i < bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", rules->digest[i]);
}

/* What comes back has its old digest, and an epoch must not be given twice: so
 * the state of the files is part of it. */
static void yara_epoch(void *instance, char *buf, size_t size)
{
    struct assay__yara *self = instance;
    struct assay__yara_rules *rules = assay__yara_rules_take(self);
    char digest[2 * ASSAY__YARA_DIGEST + 1];

    write_digest(rules, ASSAY__YARA_DIGEST, digest);
    (void)snprintf(buf, size, "yara-%s/%s/%016" PRIx64, YR_VERSION, digest,
                   rules->state);
    assay__yara_rules_drop(self, rules);
}

static void yara_version(void *instance, char *buf, size_t size)
{
    struct assay__yara *self = instance;
    struct assay__yara_rules *rules = assay__yara_rules_take(self);
    char digest[2 * ASSAY__YARA_DIGEST + 1], failure[ASSAY_ERROR_MAX];

    write_digest(rules, ASSAY__YARA_DIGEST / 2, digest);
    assay__yara_failure(self, failure, sizeof failure);
    (void)snprintf(buf, size,
                   "antivirus: yara %s\n"
                   "AV definitions version: %s (%u rules in %zu files)%s%s",
                   YR_VERSION, digest, rules->count, rules->files,
                   failure[0] ? "\nNewer definitions refused: " : "", failure);
    assay__yara_rules_drop(self, rules);
}

const assay_engine_ops assay__yara_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = yara_open,
    .close = yara_close,
    .scan = assay__yara_scan,
    .probe = yara_probe,
    .epoch = yara_epoch,
    .version = yara_version,
    .refresh = assay__yara_refresh,
    .isolation = yara_isolation,
    .forked = yara_forked,
    .newer = assay__yara_newer,
};
