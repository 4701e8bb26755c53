/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * AV-06: an engine of the smallest useful size: a threat is a content that
 * holds the word of the option "needle". It is built against an installed Assay
 * only, which shows that the installed headers are enough to write an engine.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/engine.h>

struct needle_settings {
    const char *needle;
};

struct needle {
    const struct needle_settings *settings;
};

static const assay_conf_option needle_options[] = {
    {.name = "needle",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct needle_settings, needle),
     .default_value = "needle"},
    {.name = NULL},
};

static const assay_conf_stanza needle_conf = {
    .name = "needle",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct needle_settings),
    .options = needle_options,
};

static assay_rc needle_open(const assay_engine_args *args, void **instance_out,
                            assay_error *err)
{
    struct needle *needle = malloc(sizeof *needle);

    if (!needle)
        return assay_error_set(err, ASSAY_E_NOMEM, "needle %s", args->instance);
    needle->settings = args->settings;
    *instance_out = needle;
    return ASSAY_OK;
}

static void needle_close(void *instance)
{
    free(instance);
}

static void needle_scan(void *instance, const assay_scan_args *args,
                        assay_finding *finding)
{
    const struct needle *needle = instance;
    const char *word = needle->settings->needle;
    const assay_content *content = args->content;
    bool found = content->size > 0 && memmem(content->data, content->size, word,
                                             strlen(word)) != NULL;

    finding->found = found ? ASSAY_FOUND_THREAT : ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen = content->size;
    (void)snprintf(finding->info, sizeof finding->info, "%s",
                   found ? "Needle.Found" : "");
}

static void needle_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    (void)snprintf(buf, size, "needle/1");
}

static const assay_engine_ops needle_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = needle_open,
    .close = needle_close,
    .scan = needle_scan,
    .epoch = needle_epoch,
};

ASSAY_ENGINE_MODULE(.name = "needle", .version = "1.0",
                    .description = "finds one word", .conf = &needle_conf,
                    .ops = &needle_ops);
