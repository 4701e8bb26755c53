/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "isolation.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct assay__isolation {
    const char *config_path; /* set once */
    pthread_mutex_t lock;
    size_t idle_count;     /* lock */
    assay_scanner *idle[]; /* lock; room for max_count */
};

static assay_scanner *take(struct assay__isolation *isolation)
{
    assay_scanner *scanner = NULL;

    (void)pthread_mutex_lock(&isolation->lock);
    if (isolation->idle_count > 0)
        scanner = isolation->idle[--isolation->idle_count];
    (void)pthread_mutex_unlock(&isolation->lock);
    return scanner;
}

static void give_back(struct assay__isolation *isolation,
                      assay_scanner *scanner)
{
    (void)pthread_mutex_lock(&isolation->lock);
    isolation->idle[isolation->idle_count++] = scanner;
    (void)pthread_mutex_unlock(&isolation->lock);
}

assay_rc assay__isolation_new(const char *config_path, size_t max_count,
                              struct assay__isolation **out, assay_error *err)
{
    struct assay__isolation *isolation =
        calloc(1, sizeof *isolation + max_count * sizeof(assay_scanner *));
    assay_scanner *scanner = NULL;
    assay_rc rc;

    if (!isolation)
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    isolation->config_path = config_path;
    (void)pthread_mutex_init(&isolation->lock, NULL);
    rc = assay_scanner_start(config_path, NULL, &scanner, err);
    if (rc != ASSAY_OK) {
        assay__isolation_free(&isolation);
        return rc;
    }
    give_back(isolation, scanner);
    *out = isolation;
    return ASSAY_OK;
}

void assay__isolation_free(struct assay__isolation **isolation)
{
    struct assay__isolation *mine = *isolation;

    *isolation = NULL;
    if (!mine)
        return;
    while (mine->idle_count > 0)
        assay_scanner_stop(&mine->idle[--mine->idle_count]);
    (void)pthread_mutex_destroy(&mine->lock);
    free(mine);
}

void assay__isolation_scan(struct assay__isolation *isolation,
                           assay_message *message, const char *engine,
                           assay_verdict *verdict_out)
{
    assay_scanner *scanner = take(isolation);
    assay_error err = {0};

    if (!scanner && assay_scanner_start(isolation->config_path, NULL, &scanner,
                                        &err) != ASSAY_OK) {
        *verdict_out = (assay_verdict){.reason = ASSAY_REASON_UNAVAILABLE};
        (void)snprintf(verdict_out->info, sizeof verdict_out->info,
                       "error: %.200s", err.msg);
        return;
    }
    assay_scanner_scan(scanner, message, engine, 0, verdict_out);
    give_back(isolation, scanner);
}
