/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * ThreadPool stanzas, and which pool an engine scans in.
 */
#include "runtime/build_scope.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* ---- ThreadPool stanzas ------------------------------------------------ */

static bool is_builtin(const char *name)
{
    return assay__text_equal(name, ASSAY__POOL_CPU) ||
           assay__text_equal(name, ASSAY__POOL_IO);
}

static bool is_repeated(struct assay__build *build,
                        const struct assay__conf_item *item)
{
    for (const struct assay__conf_item *other = build->root->items;
         other < item; other++) {
        if (!other->is_stanza || !other->instance ||
            !assay__text_equal(other->name, item->name) ||
            !assay__text_equal(other->instance, item->instance))
            continue;
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->instance_pos,
                         NULL, "there is a ThreadPool '%s' already",
                         item->instance);
        return true;
    }
    return false;
}

/* The plan that the stanza is about; NULL after a finding. */
static struct assay__pool_plan *plan_of(struct assay__build *build,
                                        const struct assay__conf_item *item)
{
    struct assay__pool_plans *plans = build->generation->pools;
    struct assay__pool_plan *plan;

    if (!item->instance || *item->instance == '\0' ||
        strlen(item->instance) > ASSAY__POOL_NAME_MAX ||
        is_repeated(build, item))
        return NULL;
    plan = assay__pool_plans_find(plans, item->instance);
    if (!plan)
        plan = assay__pool_plans_add(plans, item->instance);
    if (!plan)
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, NULL,
                         "there are more than %d thread pools",
                         ASSAY__POOLS_MAX);
    return plan;
}

static void warn_of_backlog(struct assay__build *build,
                            const struct assay__conf_item *item,
                            const struct assay__pool_plan *plan)
{
    const struct assay__pool *live =
        build->input->pools ? assay__pools_find(build->input->pools, plan->name)
                            : NULL;

    if (live && assay__pool_backlog(live) != plan->options.backlog)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos, NULL,
                         "the Backlog of a running thread pool does not "
                         "change: '%s' keeps %u until the next start",
                         plan->name, assay__pool_backlog(live));
}

static assay_rc read_pool(struct assay__build *build,
                          const struct assay__conf_item *item, assay_error *err)
{
    static const assay_conf_option *const tables[] = {assay__pool_option_table,
                                                      NULL};
    static const char *const no_children[] = {NULL};
    struct assay__conf_store *store = build->generation->store;
    struct assay__pool_settings settings;
    struct assay__pool_plan *plan;
    assay_rc rc;

    assay__conf_check_instance(item, true, build->diags);
    assay__conf_check_names(item, tables, no_children, item->name,
                            build->diags);
    plan = plan_of(build, item);
    if (!plan)
        return ASSAY_OK;
    rc = assay__conf_defaults(assay__pool_option_table, sizeof settings, store,
                              &settings, err);
    if (is_builtin(plan->name))
        settings.concurrency = plan->options.concurrency;
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(assay__pool_option_table, item, store,
                              build->diags, &settings, NULL, err);
    plan->options = (struct assay__pool_options){
        .concurrency = (unsigned)settings.concurrency,
        .stack_size = (size_t)settings.stack_size,
        .backlog = (unsigned)settings.backlog,
    };
    warn_of_backlog(build, item, plan);
    return rc;
}

assay_rc assay__build_pools(struct assay__build *build, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < build->root->count; i++) {
        const struct assay__conf_item *item = &build->root->items[i];

        if (item->is_stanza && assay__text_equal(item->name, "ThreadPool"))
            rc = read_pool(build, item, err);
    }
    return rc;
}

/* ---- the pool of an engine --------------------------------------------- */

static const char *next_plan(void *arg, size_t i)
{
    const struct assay__pool_plans *plans = arg;

    return i < plans->count ? plans->items[i].name : NULL;
}

static const struct assay__conf_item *pool_option(
    const struct assay__conf_item *stanza)
{
    const struct assay__conf_item *last = NULL;

    for (size_t i = 0; i < stanza->count; i++)
        if (!stanza->items[i].is_stanza &&
            assay__text_equal(stanza->items[i].name, "pool"))
            last = &stanza->items[i];
    return last;
}

void assay__build_check_pool(struct assay__build *build,
                             const struct assay__conf_item *stanza,
                             const char *pool)
{
    const struct assay__conf_item *option = pool_option(stanza);
    const char *nearest;
    char hint[ASSAY__POOL_NAME_MAX + sizeof "did you mean ''?"] = "";

    if (!option || !pool ||
        assay__pool_plans_find(build->generation->pools, pool))
        return;
    nearest = assay__conf_nearest(pool, next_plan, build->generation->pools);
    if (nearest)
        (void)snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &option->value.pos, hint,
                     "'pool': there is no ThreadPool '%s'", pool);
}

void assay__build_check_workers(struct assay__build *build,
                                const struct assay__conf_item *stanza,
                                const char *pool)
{
    const struct assay__pool_plan *plan =
        assay__pool_plans_find(build->generation->pools, pool);
    const struct assay__conf_item *option = pool_option(stanza);

    if (plan && plan->options.concurrency == 0)
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR,
                         option ? &option->value.pos : &stanza->pos, NULL,
                         "the ThreadPool '%s' has Concurrency 0: the engine "
                         "would never scan",
                         plan->name);
}
