/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The one table of the engine: an instance scans by libclamav in the process
 * (clamav.c) or, with the option `daemon`, is a client of clamd (clamd.c).
 * What it is is decided by its settings when it opens.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clamav_engine.h"
#include "clamd.h"

struct instance {
    const assay_engine_ops *ops; /* of the kind */
    void *own;                   /* what ops->open made */
};

static bool is_remote(const struct assay__clamav_settings *settings)
{
    return settings->daemon.count > 0;
}

/* Options of a client; all others mean nothing to it. */
static bool is_of_client(const assay_conf_option *option)
{
    return !strncmp(option->name, "daemon", strlen("daemon"));
}

/* Has the option another value than its default? */
static bool is_set(const assay_conf_option *option, const void *settings)
{
    const char *text = option->default_value;
    const void *value = (const char *)settings + option->offset;
    const char *path;
    bool flag;
    int64_t number; /* sizes are below its maximum */

    switch (option->type) {
    case ASSAY_CONF_PATH:
        memcpy(&path, value, sizeof path);
        return path && (!text || strcmp(path, text) != 0);
    case ASSAY_CONF_BOOL:
        memcpy(&flag, value, sizeof flag);
        return flag != (strcmp(text, "on") == 0);
    default:
        memcpy(&number, value, sizeof number);
        return number != strtoll(text, NULL, 10);
    }
}

static void warn_ignored(const assay_engine_args *args)
{
    const assay_conf_option *option = assay__clamav_conf.options;

    for (; option->name; option++)
        if (!is_of_client(option) && is_set(option, args->settings))
            assay_log_write(args->log, ASSAY_LOG_WARN, "clamav.ignored_option",
                            "instance=%s option=%s reason=\"with 'daemon' it "
                            "has no effect: clamd.conf decides\"",
                            args->instance, option->name);
}

static assay_rc module_open(const assay_engine_args *args, void **instance_out,
                            assay_error *err)
{
    bool remote = is_remote(args->settings);
    struct instance *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: instance");
    self->ops = remote ? &assay__clamd_ops : &assay__clamav_ops;
    if (remote)
        warn_ignored(args);
    rc = self->ops->open(args, &self->own, err);
    if (rc != ASSAY_OK) {
        free(self);
        return rc;
    }
    *instance_out = self;
    return ASSAY_OK;
}

static void module_close(void *instance)
{
    struct instance *self = instance;

    self->ops->close(self->own);
    free(self);
}

static void module_scan(void *instance, const assay_scan_args *args,
                        assay_finding *finding)
{
    const struct instance *self = instance;

    self->ops->scan(self->own, args, finding);
}

static assay_rc module_probe(void *instance, assay_error *err)
{
    const struct instance *self = instance;

    return self->ops->probe(self->own, err);
}

static void module_epoch(void *instance, char *buf, size_t size)
{
    const struct instance *self = instance;

    self->ops->epoch(self->own, buf, size);
}

static void module_version(void *instance, char *buf, size_t size)
{
    const struct instance *self = instance;

    self->ops->version(self->own, buf, size);
}

static uint32_t module_flags(const void *settings)
{
    return is_remote(settings) ? ASSAY_ENGINE_REMOTE : 0;
}

static assay_rc module_refresh(void *instance, bool *changed_out,
                               assay_error *err)
{
    const struct instance *self = instance;

    if (self->ops->refresh)
        return self->ops->refresh(self->own, changed_out, err);
    *changed_out = false;
    return ASSAY_OK;
}

static assay_rc module_forked(void *instance, const char *temporary,
                              assay_error *err)
{
    const struct instance *self = instance;

    return self->ops->forked ? self->ops->forked(self->own, temporary, err)
                             : ASSAY_OK;
}

static void module_isolation(const void *settings,
                             assay_engine_isolation *wanted)
{
    if (!is_remote(settings))
        assay__clamav_ops.isolation(settings, wanted);
}

static assay_rc module_newer(void *instance, uint64_t *set_out,
                             assay_error *err)
{
    const struct instance *self = instance;

    if (self->ops->newer)
        return self->ops->newer(self->own, set_out, err);
    *set_out = 0;
    return ASSAY_OK;
}

static const assay_engine_ops module_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = module_open,
    .close = module_close,
    .scan = module_scan,
    .probe = module_probe,
    .epoch = module_epoch,
    .version = module_version,
    .flags = module_flags,
    .refresh = module_refresh,
    .isolation = module_isolation,
    .forked = module_forked,
    .newer = module_newer,
};

ASSAY_ENGINE_MODULE(.name = "clamav", .version = "1.1",
                    .description =
                        "libclamav inside this process, or a client of clamd",
                    .conf = &assay__clamav_conf, .ops = &module_ops);
