/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/generation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sizes.h"
#include "runtime/pools.h"
#include "scan/engine_table.h"

assay_rc assay__generation_new(struct assay__generation **out, assay_error *err)
{
    struct assay__generation *generation = calloc(1, sizeof *generation);
    assay_rc rc;

    if (!generation)
        return assay_error_set(err, ASSAY_E_NOMEM, "generation");
    atomic_init(&generation->references, 1);
    rc = assay__conf_store_new(&generation->store, err);
    if (rc != ASSAY_OK) {
        free(generation);
        return rc;
    }
    *out = generation;
    return ASSAY_OK;
}

struct assay__generation *assay__generation_ref(
    struct assay__generation *generation)
{
    atomic_fetch_add(&generation->references, 1);
    return generation;
}

static void close_languages(struct assay__generation *generation)
{
    for (size_t i = generation->language_count; i > 0; i--) {
        struct assay__language *language = &generation->languages[i - 1];

        if (language->opened)
            language->table->ops->close(language->opened);
        language->opened = NULL;
    }
}

static void destroy(struct assay__generation *generation)
{
    close_languages(generation);
    assay__activefilter_free(&generation->policy.activefilter);
    assay__scorer_unref(&generation->policy.scorer);
    for (size_t i = generation->scope_count; i > 0; i--)
        assay__scope_free(&generation->scopes[i - 1]);
    for (size_t i = 0; i < generation->language_module_count; i++)
        assay__language_module_free(&generation->language_modules[i]);
    assay__engine_set_free(&generation->engines);
    for (size_t i = 0; i < generation->block_count; i++)
        free(generation->blocks[i]);
    free(generation->blocks);
    assay__conf_store_free(&generation->store);
    assay__conf_tree_free(&generation->tree);
    free(generation);
}

void assay__generation_unref(struct assay__generation **generation)
{
    struct assay__generation *g = *generation;

    *generation = NULL;
    if (g && atomic_fetch_sub(&g->references, 1) == 1)
        destroy(g);
}

static void retire(struct assay__job *job)
{
    destroy(
        (struct assay__generation *)(void *)((char *)job -
                                             offsetof(struct assay__generation,
                                                      retire)));
}

void assay__generation_release(struct assay__generation **generation)
{
    struct assay__generation *g = *generation;
    struct assay__pool *pool;

    *generation = NULL;
    if (!g || atomic_fetch_sub(&g->references, 1) > 1)
        return;
    pool =
        g->live_pools ? assay__pools_find(g->live_pools, ASSAY__POOL_IO) : NULL;
    g->retire = (struct assay__job){.run = retire};
    if (!pool || assay__pool_submit(pool, &g->retire, assay__clock_ms(),
                                    NULL) != ASSAY_OK)
        destroy(g);
}

void *assay__generation_alloc(struct assay__generation *generation, size_t size)
{
    void **blocks, *block;
    size_t bytes;

    if (!assay__size_mul(generation->block_count + 1, sizeof *blocks, &bytes))
        return NULL;
    blocks = realloc(generation->blocks, bytes);
    if (!blocks)
        return NULL;
    generation->blocks = blocks;
    block = calloc(1, size > 0 ? size : 1);
    if (block)
        blocks[generation->block_count++] = block;
    return block;
}

static assay_rc open_language(struct assay__generation *generation,
                              struct assay__language *language,
                              const assay_log *log, assay_error *err)
{
    assay_rc rc;

    language->args.log = log;
    language->args.activefilter = generation->policy.activefilter;
    rc = language->table->ops->open(&language->args, &language->opened, err);
    if (rc == ASSAY_OK)
        generation->modules[language->module].instance = language->opened;
    return rc;
}

static void adopt(struct assay__scope *scope,
                  const struct assay__generation *present, const assay_log *log)
{
    for (size_t i = 0; i < present->scope_count; i++)
        if (strcmp(present->scopes[i]->name, scope->name) == 0)
            assay__scope_adopt(scope, present->scopes[i], log);
}

/* A reload that does not change the stanza leaves the scorer as it is. */
static assay_rc open_scorer(struct assay__policy *policy,
                            const struct assay__generation *present,
                            const assay_log *log, assay_error *err)
{
    struct assay__scorer *old = present ? present->policy.scorer : NULL;

    if (!policy->scorer)
        return ASSAY_OK;
    if (old && assay__scorer_is_same(old, policy->scorer)) {
        assay__scorer_unref(&policy->scorer);
        policy->scorer = assay__scorer_ref(old);
    }
    return assay__scorer_open(policy->scorer, log, err);
}

/* Scripts choose how ActiveFilter is to act, so it is complete behind them. */
static assay_rc open_languages(struct assay__generation *generation,
                               const assay_log *log, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < generation->language_count; i++)
        rc = open_language(generation, &generation->languages[i], log, err);
    if (rc == ASSAY_OK && generation->policy.activefilter)
        rc = assay__activefilter_seal(generation->policy.activefilter, err);
    return rc;
}

assay_rc assay__generation_start(struct assay__generation *generation,
                                 const assay_log *log, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < generation->scope_count; i++)
        rc = assay__scope_start(generation->scopes[i], log, err);
    if (rc == ASSAY_OK && generation->policy.scorer) {
        assay__scorer_start(generation->policy.scorer);
        if (!generation->policy.is_trial)
            assay__activefilter_recover(generation->policy.activefilter);
    }
    return rc;
}

void assay__generation_interrupt(struct assay__generation *generation)
{
    for (size_t i = 0; i < generation->scope_count; i++)
        assay__scope_interrupt(generation->scopes[i]);
}

void assay__generation_stop(struct assay__generation *generation)
{
    for (size_t i = generation->scope_count; i > 0; i--)
        assay__scope_stop(generation->scopes[i - 1]);
}

assay_rc assay__generation_open(struct assay__generation *generation,
                                const struct assay__generation *present,
                                bool is_started, const assay_log *log,
                                assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; present && i < generation->scope_count; i++)
        adopt(generation->scopes[i], present, log);

    for (size_t i = 0; rc == ASSAY_OK && i < generation->scope_count; i++)
        rc = assay__scope_open(generation->scopes[i], log, err);
    if (rc == ASSAY_OK)
        rc = open_scorer(&generation->policy, present, log, err);
    if (rc == ASSAY_OK)
        rc = open_languages(generation, log, err);
    if (rc == ASSAY_OK && is_started)
        rc = assay__generation_start(generation, log, err);
    return rc;
}

const char *assay__pool_of_engine(const assay_engine_module *table,
                                  const void *settings,
                                  const struct assay__scope_options *options)
{
    if (options->pool)
        return options->pool;
    return assay__engine_table_flags(table, settings) & ASSAY_ENGINE_REMOTE
               ? ASSAY__POOL_IO
               : ASSAY__POOL_CPU;
}

/* A core that is shared with the generation before has its pool; another pool
 * would have made another core. */
static void use_pool(struct assay__engine_instance *engine,
                     const struct assay__pools *pools)
{
    struct assay__engine_core *core = engine->core;

    if (!core->pool)
        core->pool = assay__pools_find(
            pools, assay__pool_of_engine(core->table, core->settings,
                                         &engine->options));
    if (core->pool)
        assay__job_class_set_limit(core->pool, &core->jobs,
                                   (unsigned)engine->options.max_concurrency);
}

/* One that is shared with the generation before has its pool. */
static void use_scorer_pool(struct assay__scorer *scorer,
                            const struct assay__pools *pools)
{
    if (!scorer->pool)
        scorer->pool = assay__pools_find(pools, scorer->options->pool);
    if (scorer->pool)
        assay__job_class_set_limit(scorer->pool, &scorer->jobs,
                                   (unsigned)scorer->options->max_concurrency);
}

void assay__generation_use_pools(struct assay__generation *generation,
                                 struct assay__pools *pools)
{
    assay__pools_commit(pools, generation->pools);
    generation->live_pools = pools;
    for (size_t s = 0; s < generation->scope_count; s++)
        for (size_t e = 0; e < generation->scopes[s]->engine_count; e++)
            use_pool(generation->scopes[s]->engines[e], pools);
    if (generation->policy.scorer)
        use_scorer_pool(generation->policy.scorer, pools);
}

void assay__generation_refresh(struct assay__generation *generation,
                               const assay_log *log)
{
    for (size_t i = 0; i < generation->scope_count; i++)
        assay__scope_refresh(generation->scopes[i], log);
}

void assay__generation_size_caches(struct assay__generation *generation)
{
    for (size_t i = 0; i < generation->scope_count; i++)
        assay__scope_size_caches(generation->scopes[i]);
}
