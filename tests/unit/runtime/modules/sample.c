/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine for tests of the runtime: a content that holds the configured
 * word is infected. It can refuse to open, miss its canary, or crash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/engine.h>

struct sample_settings {
    const char *threat;
    bool refuse;
    bool crash;
    const char *data;
};

#define AT(member) offsetof(struct sample_settings, member)

static const assay_conf_option sample_options[] = {
    {.name = "threat",
     .type = ASSAY_CONF_STRING,
     .offset = AT(threat),
     .default_value = "THREAT"},
    {.name = "refuse",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(refuse),
     .default_value = "false"},
    {.name = "crash",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(crash),
     .default_value = "false"},
    {.name = "data", .type = ASSAY_CONF_PATH, .offset = AT(data)},
    {0},
};

static const assay_conf_stanza sample_conf = {
    .name = "sample",
    .named = true,
    .settings_size = sizeof(struct sample_settings),
    .options = sample_options,
};

struct sample {
    const struct sample_settings *settings;
};

static assay_rc sample_open(const assay_engine_args *args, void **out,
                            assay_error *err)
{
    const struct sample_settings *settings = args->settings;
    struct sample *sample;

    if (settings->refuse)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "sample refuses as configured");
    sample = calloc(1, sizeof *sample);
    if (!sample)
        return assay_error_set(err, ASSAY_E_NOMEM, "sample");
    sample->settings = settings;
    *out = sample;
    return ASSAY_OK;
}

static void sample_close(void *instance)
{
    free(instance);
}

static void sample_scan(void *instance, const assay_scan_args *args,
                        assay_finding *finding)
{
    const struct sample *sample = instance;
    const assay_content *content = args->content;

    if (sample->settings->crash && content->size > 0)
        abort();
    finding->coverage.bytes_seen = content->size;
    finding->coverage.bytes_total = content->size;
    finding->coverage.parts_seen = finding->coverage.parts_total = 1;
    if (content->size > 0 &&
        memmem(content->data, content->size, sample->settings->threat,
               strlen(sample->settings->threat))) {
        finding->found = ASSAY_FOUND_THREAT;
        (void)snprintf(finding->info, sizeof finding->info, "Sample.%s",
                       sample->settings->threat);
        return;
    }
    finding->found = ASSAY_FOUND_NOTHING;
    (void)snprintf(finding->scan_code, sizeof finding->scan_code, "OK");
}

static void sample_epoch(void *instance, char *buf, size_t size)
{
    const struct sample *sample = instance;

    (void)snprintf(buf, size, "sample-1/%s", sample->settings->threat);
}

static const assay_engine_ops sample_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = sample_open,
    .close = sample_close,
    .scan = sample_scan,
    .epoch = sample_epoch,
};

ASSAY_ENGINE_MODULE(.name = "sample", .version = "1.0",
                    .description = "finds a configured word",
                    .conf = &sample_conf, .ops = &sample_ops);
