/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/pools.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { CPU_CONCURRENCY = 4, IO_CONCURRENCY = 50 }; /* as documented */

struct assay__pools {
    struct assay__pool *items[ASSAY__POOLS_MAX]; /* set before count */
    _Atomic size_t count;
    size_t prepared; /* who changes the configuration: made behind count */
    _Atomic bool started;
};

#define AT(member) offsetof(struct assay__pool_settings, member)

/* threadpool.opt documents each option; a test compares the two. */
const assay_conf_option assay__pool_option_table[] = {
    {.name = "Concurrency",
     .type = ASSAY_CONF_INT,
     .offset = AT(concurrency),
     .default_value = "0",
     .max = ASSAY__POOL_WORKERS_MAX},
    {.name = "Stack_Size",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(stack_size),
     .default_value = "0",
     .max = ASSAY__POOL_STACK_MAX},
    {.name = "Backlog",
     .type = ASSAY_CONF_INT,
     .offset = AT(backlog),
     .default_value = "0",
     .max = INT32_MAX},
    {0},
};

/* ---- plans ------------------------------------------------------------- */

static char upper(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return c;
}

struct assay__pool_plan *assay__pool_plans_add(struct assay__pool_plans *plans,
                                               const char *name)
{
    struct assay__pool_plan *plan;

    if (plans->count == ASSAY__POOLS_MAX)
        return NULL;
    plan = &plans->items[plans->count++];
    *plan = (struct assay__pool_plan){.options = {.concurrency = 0}};
    assay__text_copy(plan->name, sizeof plan->name, name);
    for (char *c = plan->name; *c; c++)
        *c = upper(*c);
    return plan;
}

void assay__pool_plans_init(struct assay__pool_plans *plans)
{
    plans->count = 0;
    assay__pool_plans_add(plans, ASSAY__POOL_CPU)->options.concurrency =
        CPU_CONCURRENCY;
    assay__pool_plans_add(plans, ASSAY__POOL_IO)->options.concurrency =
        IO_CONCURRENCY;
}

struct assay__pool_plan *assay__pool_plans_find(struct assay__pool_plans *plans,
                                                const char *name)
{
    for (size_t i = 0; i < plans->count; i++)
        if (assay__text_equal(plans->items[i].name, name))
            return &plans->items[i];
    return NULL;
}

/* ---- the registry ------------------------------------------------------ */

assay_rc assay__pools_new(struct assay__pools **out, assay_error *err)
{
    struct assay__pools *pools = calloc(1, sizeof *pools);

    if (!pools)
        return assay_error_set(err, ASSAY_E_NOMEM, "thread pools");
    atomic_init(&pools->count, 0);
    *out = pools;
    return ASSAY_OK;
}

static void take_back(struct assay__pools *pools)
{
    while (pools->prepared > 0)
        assay__pool_free(
            &pools->items[atomic_load(&pools->count) + --pools->prepared]);
}

void assay__pools_free(struct assay__pools **pools)
{
    struct assay__pools *mine = *pools;

    *pools = NULL;
    if (!mine)
        return;
    take_back(mine);
    for (size_t i = atomic_load(&mine->count); i > 0; i--)
        assay__pool_free(&mine->items[i - 1]);
    free(mine);
}

assay_rc assay__pools_start(struct assay__pools *pools, assay_error *err)
{
    struct assay__pool *pool;
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && (pool = assay__pools_at(pools, i));
         i++)
        rc = assay__pool_start(pool, err);
    if (rc != ASSAY_OK)
        assay__pools_stop(pools);
    else
        atomic_store(&pools->started, true);
    return rc;
}

void assay__pools_stop(struct assay__pools *pools)
{
    struct assay__pool *pool;

    atomic_store(&pools->started, false);
    for (size_t i = 0; (pool = assay__pools_at(pools, i)); i++)
        assay__pool_stop(pool);
}

static assay_rc prepare_one(struct assay__pools *pools,
                            const struct assay__pool_plan *plan,
                            assay_error *err)
{
    size_t at = atomic_load(&pools->count) + pools->prepared;
    assay_rc rc;

    if (at == ASSAY__POOLS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "ThreadPool '%s': there were %d thread pools "
                               "since the start, and no more are possible",
                               plan->name, ASSAY__POOLS_MAX);
    rc = assay__pool_new(plan->name, &plan->options, &pools->items[at], err);
    if (rc == ASSAY_OK)
        pools->prepared++;
    if (rc == ASSAY_OK && atomic_load(&pools->started))
        rc = assay__pool_start(pools->items[at], err);
    return rc;
}

assay_rc assay__pools_prepare(struct assay__pools *pools,
                              const struct assay__pool_plans *plans,
                              assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    take_back(pools);
    for (size_t i = 0; rc == ASSAY_OK && i < plans->count; i++)
        if (!assay__pools_find(pools, plans->items[i].name))
            rc = prepare_one(pools, &plans->items[i], err);
    if (rc != ASSAY_OK)
        take_back(pools);
    return rc;
}

void assay__pools_commit(struct assay__pools *pools,
                         const struct assay__pool_plans *plans)
{
    atomic_fetch_add(&pools->count, pools->prepared);
    pools->prepared = 0;
    for (size_t i = 0; i < plans->count; i++) {
        const struct assay__pool_plan *plan = &plans->items[i];
        struct assay__pool *pool = assay__pools_find(pools, plan->name);

        if (pool)
            assay__pool_configure(pool, plan->options.concurrency,
                                  plan->options.stack_size);
    }
}

struct assay__pool *assay__pools_at(const struct assay__pools *pools,
                                    size_t index)
{
    return index < atomic_load(&pools->count) ? pools->items[index] : NULL;
}

struct assay__pool *assay__pools_find(const struct assay__pools *pools,
                                      const char *name)
{
    struct assay__pool *pool;

    for (size_t i = 0; (pool = assay__pools_at(pools, i)) != NULL; i++)
        if (assay__text_equal(assay__pool_name(pool), name))
            return pool;
    return NULL;
}
