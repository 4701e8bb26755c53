/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * threads stats, threads cpu queue, threads io queue (PO-02).
 */
#include <inttypes.h>

#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/pools.h"

/* ---- threads stats ----------------------------------------------------- */

/* A pool that never ran a job has no numbers worth showing. */
static void say_pool(const struct assay__control_call *call,
                     struct assay__pool *pool)
{
    struct assay__pool_stats stats;

    assay__pool_stats(pool, &stats);
    assay__control_say(call, "%s thread pool: concurrency %u\n",
                       assay__pool_name(pool), stats.concurrency);
    if (stats.invocations == 0)
        return;
    assay__control_say(call,
                       "%32s: %" PRIu64 "\n"
                       "%32s: %.2f\n"
                       "%32s: %6.2f%%\n"
                       "%32s: %.2fms\n"
                       "%32s: %u\n"
                       "  [inactive threads]\n"
                       "%32s: %u\n",
                       "Total invocations", stats.invocations,
                       "Observed average concurrency",
                       stats.average_concurrency, "Thread pool saturation",
                       stats.saturation, "Average wallclock time per op",
                       stats.average_ms, "Current thread count", stats.active,
                       "Current thread count", stats.inactive);
}

static void tell_pool(const struct assay__control_call *call, json_t *list,
                      struct assay__pool *pool)
{
    json_t *entry = json_object();
    struct assay__pool_stats stats;

    assay__pool_stats(pool, &stats);
    assay__control_put(call, entry, "pool",
                       assay__control_string(assay__pool_name(pool)));
    assay__control_put(call, entry, "concurrency",
                       json_integer(stats.concurrency));
    assay__control_put(call, entry, "invocations",
                       assay__control_number(stats.invocations));
    assay__control_put(call, entry, "average_concurrency",
                       json_real(stats.average_concurrency));
    assay__control_put(call, entry, "saturation", json_real(stats.saturation));
    assay__control_put(call, entry, "average_ms", json_real(stats.average_ms));
    assay__control_put(call, entry, "threads", json_integer(stats.threads));
    assay__control_put(call, entry, "active", json_integer(stats.active));
    assay__control_put(call, entry, "inactive", json_integer(stats.inactive));
    assay__control_put(call, entry, "queued", json_integer(stats.queued));
    assay__control_append(call, list, entry);
}

static void threads_stats(const struct assay__control_call *call)
{
    const struct assay__pools *pools = assay__pools_of(call->session->library);
    json_t *list = json_array();
    struct assay__pool *pool;

    for (size_t i = 0; (pool = assay__pools_at(pools, i)) != NULL; i++) {
        say_pool(call, pool);
        tell_pool(call, list, pool);
    }
    assay__control_tell(call, "pools", list);
}

/* ---- queues ------------------------------------------------------------ */

static void say_queue(const struct assay__control_call *call, const char *name)
{
    const struct assay__pools *pools = assay__pools_of(call->session->library);
    struct assay__pool_stats stats;

    assay__pool_stats(assay__pools_find(pools, name), &stats);
    assay__control_say(call, "Jobs in the %s pool\n%u jobs\n", name,
                       stats.queued);
    assay__control_tell(call, "pool", assay__control_string(name));
    assay__control_tell(call, "jobs", json_integer(stats.queued));
}

static void cpu_queue(const struct assay__control_call *call)
{
    say_queue(call, ASSAY__POOL_CPU);
}

static void io_queue(const struct assay__control_call *call)
{
    say_queue(call, ASSAY__POOL_IO);
}

const struct assay__control_command assay__control_pools[] = {
    {.name = "threads stats",
     .arguments = "",
     .summary = "what the thread pools do",
     .run = threads_stats},
    {.name = "threads cpu queue",
     .arguments = "",
     .summary = "jobs that wait in the CPU pool",
     .run = cpu_queue},
    {.name = "threads io queue",
     .arguments = "",
     .summary = "jobs that wait in the IO pool",
     .run = io_queue},
    {.name = NULL},
};
