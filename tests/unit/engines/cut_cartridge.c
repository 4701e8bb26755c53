/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* A cartridge that scores a message that was cut with 2, and others with 1. */
#include <stdio.h>

#include <assay/authority.h>

static int cut_init(const char *config, void **instance_out, char *error,
                    size_t error_size)
{
    (void)config;
    (void)snprintf(error, error_size, "never seen");
    *instance_out = NULL;
    return 0;
}

static void cut_shutdown(void *instance)
{
    (void)instance;
}

static int cut_score(void *instance, const assay_authority_message *message,
                     int64_t deadline_ms, assay_authority_result *result,
                     char *error, size_t error_size)
{
    (void)instance, (void)deadline_ms;
    (void)snprintf(error, error_size, "never seen");
    result->score = message->is_cut ? 2 : 1;
    return 0;
}

static void cut_version(void *instance, char *engine, char *cartridge,
                        size_t size)
{
    (void)instance;
    (void)snprintf(engine, size, "1");
    (void)snprintf(cartridge, size, "1");
}

ASSAY_AUTHORITY_CARTRIDGE(.name = "cut", .init = cut_init,
                          .shutdown = cut_shutdown, .score = cut_score,
                          .version = cut_version);
