/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Options of the stanza `scriptlet` and of its `script` stanzas.
 */
#include <stddef.h>

#include "instance.h"

#define AT(member) offsetof(struct lassay_settings, member)

static const assay_conf_option scriptlet_options[] = {
    {.name = "interpreters",
     .type = ASSAY_CONF_INT,
     .offset = AT(interpreters),
     .default_value = "0",
     .max = LASSAY_INTERPRETERS_MAX},
    {.name = "time_limit",
     .type = ASSAY_CONF_INT,
     .offset = AT(time_limit_ms),
     .default_value = "1000",
     .min = 10,
     .max = 600000},
    {.name = "memory_limit",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(memory_limit),
     .default_value = "67108864",
     .min = 1048576,
     .max = 4294967296},
    {.name = "gc_pause",
     .type = ASSAY_CONF_INT,
     .offset = AT(gc_pause),
     .default_value = "200",
     .min = 100,
     .max = 1000},
    {.name = "gc_stepmul",
     .type = ASSAY_CONF_INT,
     .offset = AT(gc_stepmul),
     .default_value = "200",
     .min = 100,
     .max = 1000},
    {.name = "always_gc",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(always_gc),
     .default_value = "false"},
    {.name = "script_ttl",
     .type = ASSAY_CONF_INT,
     .offset = AT(script_ttl),
     .default_value = "300",
     .max = INT32_MAX},
    {.name = "max_spare_per_master",
     .type = ASSAY_CONF_INT,
     .offset = AT(max_spare_per_master),
     .default_value = "5000",
     .max = INT32_MAX},
    {.name = "reap_interval",
     .type = ASSAY_CONF_INT,
     .offset = AT(reap_interval),
     .default_value = "1",
     .max = INT32_MAX},
    {.name = NULL},
};

static const assay_conf_option script_options[] = {
    {.name = "source",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct lassay_script_settings, source),
     .required = true},
    {.name = NULL},
};

static const assay_conf_stanza script_stanza = {
    .name = "script",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct lassay_script_settings),
    .options = script_options,
};

static const assay_conf_stanza *const scriptlet_children[] = {
    &script_stanza,
    NULL,
};

const assay_conf_stanza lassay_scriptlet_stanza = {
    .name = "scriptlet",
    .named = true,
    .settings_size = sizeof(struct lassay_settings),
    .options = scriptlet_options,
    .children = scriptlet_children,
};
