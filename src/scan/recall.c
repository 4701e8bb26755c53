/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/recall.h"

#include "scan/finding.h"

bool assay__recall_is_on(const struct assay__engine_instance *engine)
{
    const struct assay__scope_options *options = &engine->options;

    return engine->core->cache &&
           (options->cache_size > 0 || options->clean_cache_size > 0);
}

/* Wait for the scan of another thread. @return false when time was up */
static bool await(const struct assay__recall *recall,
                  struct assay__cache_flight **flight,
                  enum assay__cache_answer *answer_out, assay_verdict *verdict)
{
    struct assay__cache *cache = recall->engine->core->cache;
    struct assay__pulse *pulse = recall->run->request->pulse;
    int64_t deadline_ms = assay__run_deadline_ms(recall->run, recall->engine);

    while (!assay__cache_await(cache, flight,
                               assay__pulse_until(pulse, deadline_ms),
                               answer_out, verdict)) {
        assay__pulse_tick(pulse);
        if (assay__run_is_due(recall->run, recall->engine)) {
            assay__cache_leave(cache, flight);
            return false;
        }
    }
    return true;
}

static void scan_and_land(const struct assay__recall *recall,
                          struct assay__cache_flight **flight,
                          assay_verdict *verdict)
{
    struct assay__engine_core *core = recall->engine->core;
    bool may_store = recall->scan(recall->arg, verdict);
    char epoch[ASSAY_EPOCH_MAX];

    assay__engine_core_epoch(core, epoch);
    assay__cache_land(core->cache, flight, may_store ? verdict : NULL, epoch,
                      atomic_load(&core->clean_generation));
}

/* A policy that scans in a thread of the engine's own pool: the scan it would
 * wait for may itself be waiting for that thread. */
static bool keeps_a_thread(const struct assay__engine_core *core)
{
    return core->pool && assay__pool_is_mine(core->pool);
}

enum assay__recall_answer assay__recall(const struct assay__recall *recall,
                                        assay_verdict *verdict)
{
    struct assay__engine_core *core = recall->engine->core;
    struct assay__cache_flight *flight = NULL;
    enum assay__cache_answer answer = assay__cache_look_up(
        core->cache, recall->key, atomic_load(&core->clean_generation), verdict,
        &flight);

    if (answer == ASSAY__CACHE_WAIT && keeps_a_thread(core)) {
        assay__cache_leave(core->cache, &flight);
        (void)recall->scan(recall->arg, verdict);
        return ASSAY__RECALL_FRESH;
    }
    if (answer == ASSAY__CACHE_WAIT &&
        !await(recall, &flight, &answer, verdict)) {
        assay__verdict_time_out(verdict, recall->engine->options.timeout_s);
        return ASSAY__RECALL_LATE;
    }
    if (answer == ASSAY__CACHE_SCAN) {
        scan_and_land(recall, &flight, verdict);
        return ASSAY__RECALL_FRESH;
    }
    atomic_fetch_add(&core->stats.cache_hits, 1);
    return ASSAY__RECALL_HIT;
}
