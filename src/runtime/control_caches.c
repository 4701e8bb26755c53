/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * cache …: the verdict caches, one for each engine instance, which are called
 * antivirus:SCOPE:INSTANCE.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/counters.h"
#include "runtime/generation.h"
#include "scan/cache.h"

/** One cache and its numbers. */
struct view {
    char name[sizeof "antivirus::" + ASSAY_NAME_MAX + ASSAY_NAME_MAX];
    struct assay__cache *cache;
    struct assay__cache_stats stats;
    double age_s; /* of the library */
};

typedef void view_visit(const struct assay__control_call *call,
                        const struct view *view, void *arg);

/* ---- all caches -------------------------------------------------------- */

static void visit_core(const struct assay__control_call *call,
                       const struct assay__engine_core *core, view_visit *visit,
                       void *arg)
{
    struct view view = {.cache = core->cache};

    if (!core->cache)
        return;
    (void)snprintf(view.name, sizeof view.name, "antivirus:%s:%s", core->scope,
                   core->name);
    assay__cache_stats(core->cache, &view.stats);
    view.age_s = assay__counters_age_s(assay__counters(call->session->library));
    visit(call, &view, arg);
}

static void each_cache(const struct assay__control_call *call,
                       view_visit *visit, void *arg)
{
    struct assay__generation *generation =
        assay__present(call->session->library);

    for (size_t s = 0; s < generation->scope_count; s++)
        for (size_t e = 0; e < generation->scopes[s]->engine_count; e++)
            visit_core(call, generation->scopes[s]->engines[e]->core, visit,
                       arg);
    assay__generation_unref(&generation);
}

/* ---- numbers ----------------------------------------------------------- */

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static uint64_t capacity_of(const struct view *view)
{
    return (uint64_t)view->stats.limits.infected + view->stats.limits.clean;
}

static uint64_t entries_of(const struct view *view)
{
    return (uint64_t)view->stats.infected + view->stats.clean;
}

static uint64_t thrown_out(const struct view *view)
{
    return view->stats.forced + view->stats.expired + view->stats.capacity;
}

static double query_rate(const struct view *view)
{
    return view->age_s > 0 ? (double)view->stats.lookups / view->age_s : 0;
}

static double workload(const struct view *view)
{
    return view->stats.stores > 0
               ? (double)view->stats.lookups / (double)view->stats.stores
               : (double)view->stats.lookups;
}

static json_t *view_data(const struct assay__control_call *call,
                         const struct view *view)
{
    const struct assay__cache_stats *stats = &view->stats;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"capacity", capacity_of(view)}, {"entries", entries_of(view)},
        {"infected", stats->infected},   {"clean", stats->clean},
        {"loads", stats->lookups},       {"hits", stats->hits},
        {"misses", stats->misses},       {"pending", stats->pending},
        {"stores", stats->stores},       {"forced", stats->forced},
        {"expired", stats->expired},     {"lru", stats->capacity},
    };
    json_t *data = json_object();

    assay__control_put(call, data, "cache", assay__control_string(view->name));
    for (size_t i = 0; i < ASSAY_COUNT_OF(numbers); i++)
        assay__control_put(call, data, numbers[i].key,
                           assay__control_number(numbers[i].value));
    assay__control_put(call, data, "utilization",
                       json_real(percent(entries_of(view), capacity_of(view))));
    assay__control_put(call, data, "hit_rate",
                       json_real(percent(stats->hits, stats->lookups)));
    assay__control_put(call, data, "workload", json_real(workload(view)));
    assay__control_put(call, data, "query_rate", json_real(query_rate(view)));
    return data;
}

/* ---- cache list -------------------------------------------------------- */

enum attribute {
    CAPACITY,
    ENTRIES,
    UTILIZATION,
    LOADS,
    STORES,
    HITS,
    MISSES,
    FORCED,
    EXPIRED,
    LRU,
    HIT_RATE,
    WORKLOAD,
    QUERY_RATE,
    ATTRIBUTES /* how many there are */
};

static const struct {
    const char *name, *other; /* other: NULL, or a second name */
} attributes[ATTRIBUTES] = {
    [CAPACITY] = {"capacity", NULL},
    [ENTRIES] = {"entries", "used"},
    [UTILIZATION] = {"utilization", NULL},
    [LOADS] = {"loads", NULL},
    [STORES] = {"stores", NULL},
    [HITS] = {"hits", NULL},
    [MISSES] = {"misses", NULL},
    [FORCED] = {"forced", NULL},
    [EXPIRED] = {"expired", NULL},
    [LRU] = {"lru", "replaced"},
    [HIT_RATE] = {"hit-rate", "hitratio"},
    [WORKLOAD] = {"workload", NULL},
    [QUERY_RATE] = {"query-rate", "queryrate"},
};

static uint64_t counted(const struct view *view, enum attribute which)
{
    switch (which) {
    case CAPACITY:
        return capacity_of(view);
    case ENTRIES:
        return entries_of(view);
    case LOADS:
        return view->stats.lookups;
    case STORES:
        return view->stats.stores;
    case HITS:
        return view->stats.hits;
    case MISSES:
        return view->stats.misses;
    case FORCED:
        return view->stats.forced;
    case EXPIRED:
        return view->stats.expired;
    case LRU:
        return view->stats.capacity;
    default:
        return 0;
    }
}

static void say_attribute(const struct assay__control_call *call,
                          const struct view *view, enum attribute which)
{
    switch (which) {
    case UTILIZATION:
        assay__control_say(call, "%9.2f%%",
                           percent(entries_of(view), capacity_of(view)));
        break;
    case HIT_RATE:
        assay__control_say(call, "%9.2f%%",
                           percent(view->stats.hits, view->stats.lookups));
        break;
    case WORKLOAD:
        assay__control_say(call, "%10.2f", workload(view));
        break;
    case QUERY_RATE:
        assay__control_say(call, "%10.2f", query_rate(view));
        break;
    default:
        assay__control_say(call, "%10" PRIu64, counted(view, which));
        break;
    }
}

struct listing {
    bool wanted[ATTRIBUTES];
    enum attribute columns[ATTRIBUTES];
    size_t column_count;
    bool is_summary;
    json_t *list;
    size_t count;
};

static void list_view(const struct assay__control_call *call,
                      const struct view *view, void *arg)
{
    const struct assay__cache_stats *stats = &view->stats;
    struct listing *listing = arg;

    if (listing->is_summary)
        assay__control_say(call,
                           "%8" PRIu64 " %8" PRIu64 " %6.2f%% %6.2f%% "
                           "%6.2f",
                           capacity_of(view), entries_of(view),
                           percent(entries_of(view), capacity_of(view)),
                           percent(stats->hits, stats->lookups),
                           workload(view));
    for (size_t i = 0; i < listing->column_count; i++)
        say_attribute(call, view, listing->columns[i]);
    assay__control_say(call, " %s\n", view->name);
    assay__control_append(call, listing->list, view_data(call, view));
    listing->count++;
}

static bool add_column(struct listing *listing, const char *word)
{
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        bool is_it = assay__text_equal(word, attributes[i].name) ||
                     (attributes[i].other &&
                      assay__text_equal(word, attributes[i].other));

        if (!is_it && !assay__text_equal(word, "all"))
            continue;
        if (!listing->wanted[i])
            listing->columns[listing->column_count++] = (enum attribute)i;
        listing->wanted[i] = true;
        if (is_it)
            return true;
    }
    return assay__text_equal(word, "all");
}

static void refuse_attribute(const struct assay__control_call *call,
                             const char *word)
{
    assay__control_say(call, "Invalid attribute '%s' [", word);
    for (size_t i = 0; i < ATTRIBUTES; i++)
        assay__control_say(call, "%s ", attributes[i].name);
    assay__control_fail(call, "all summary]");
}

static bool read_columns(const struct assay__control_call *call,
                         struct listing *listing)
{
    for (size_t i = 0; i < call->argc; i++) {
        if (call->argc == 1 && assay__text_equal(call->argv[i], "summary")) {
            listing->is_summary = true;
        } else if (!add_column(listing, call->argv[i])) {
            refuse_attribute(call, call->argv[i]);
            return false;
        }
    }
    return true;
}

static void cache_list(const struct assay__control_call *call)
{
    struct listing listing = {.list = NULL};

    if (!read_columns(call, &listing))
        return;
    listing.list = json_array();
    if (listing.is_summary)
        assay__control_say(call, "%8s %8s %7s %7s %6s CACHE\n", "CAPACITY",
                           "ENTRIES", "USED", "HT/TL", "RD/WR");
    each_cache(call, list_view, &listing);
    if (call->argc == 0)
        assay__control_say(call, "\n %zu caches listed.\n", listing.count);
    assay__control_tell(call, "caches", listing.list);
}

/* ---- cache stat, cache stats ------------------------------------------- */

struct search {
    json_t *list;
    size_t found;
};

static bool is_named(const struct assay__control_call *call,
                     const struct view *view)
{
    for (size_t i = 0; i < call->argc; i++)
        if (strcmp(call->argv[i], view->name) == 0)
            return true;
    return call->argc == 0;
}

static void say_none(const struct assay__control_call *call)
{
    assay__control_fail(call, "There is no cache '%s'; 'cache list' shows them",
                        call->argc > 0 ? call->argv[0] : "");
}

static void stat_view(const struct assay__control_call *call,
                      const struct view *view, void *arg)
{
    const struct assay__cache_stats *stats = &view->stats;
    struct search *search = arg;
    const struct {
        const char *label;
        uint64_t value;
    } rows[] = {
        {"Loads", stats->lookups},       {"  Hits", stats->hits},
        {"  Misses", stats->misses},     {"  Pending", stats->pending},
        {"Stores", stats->stores},       {"Invalidations", thrown_out(view)},
        {"  Forced", stats->forced},     {"  Expired", stats->expired},
        {"  Capacity", stats->capacity},
    };

    if (!is_named(call, view))
        return;
    assay__control_say(call,
                       "%-14s: %s\n%-14s: %" PRIu64 "\n%-14s: %" PRIu64 "\n"
                       "%-14s: %.2f%%\n%-14s: %.2f q/s\n",
                       "Name", view->name, "Capacity", capacity_of(view),
                       "Entries", entries_of(view), "Utilization",
                       percent(entries_of(view), capacity_of(view)),
                       "Query Rate", query_rate(view));
    for (size_t i = 0; i < ASSAY_COUNT_OF(rows); i++)
        assay__control_say(call, "%-14s: %" PRIu64 "\n", rows[i].label,
                           rows[i].value);
    assay__control_say(call,
                       "%-14s: %.2f%%\n%-14s: %.2f\n"
                       "%-14s: %" PRIu64 "\n%-14s: %" PRIu64 "\n",
                       "Hit Rate", percent(stats->hits, stats->lookups),
                       "Workload (R/W)", workload(view), "  Reads",
                       stats->lookups, "  Writes", stats->stores);
    assay__control_append(call, search->list, view_data(call, view));
    search->found++;
}

static void cache_stat(const struct assay__control_call *call)
{
    struct search search = {.list = NULL};

    if (call->argc != 1) {
        assay__control_fail(call, "Which cache? 'cache list' shows them");
        return;
    }
    search.list = json_array();
    each_cache(call, stat_view, &search);
    assay__control_tell(call, "caches", search.list);
    if (search.found == 0)
        say_none(call);
}

static void stats_view(const struct assay__control_call *call,
                       const struct view *view, void *arg)
{
    const struct assay__cache_stats *stats = &view->stats;
    struct search *search = arg;

    if (!is_named(call, view))
        return;
    assay__control_say(call,
                       "%8" PRIu64 " %6.2f %6.2f %6.2f %10" PRIu64 " %9" PRIu64
                       " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %9" PRIu64
                       " %s\n",
                       entries_of(view), percent(stats->hits, stats->lookups),
                       percent(stats->misses, stats->lookups),
                       percent(stats->pending, stats->lookups), stats->lookups,
                       stats->stores, stats->forced, stats->expired,
                       stats->capacity, thrown_out(view), view->name);
    assay__control_append(call, search->list, view_data(call, view));
    search->found++;
}

static void cache_stats(const struct assay__control_call *call)
{
    static const char ruler[] =
        "----------------------------------------------"
        "----------------------------------------------";
    struct search search = {.list = json_array()};

    assay__control_say(call,
                       "%8s %31s %10s%36s\n"
                       "%8s %6s %6s %6s %10s %9s %8s %8s %8s %9s cache\n%s\n",
                       "", "lookups", "", "invalidations", "elts", "hit%",
                       "miss%", "pend%", "total", "inserts", "man", "ttl",
                       "lru", "total", ruler);
    each_cache(call, stats_view, &search);
    assay__control_tell(call, "caches", search.list);
    if (search.found == 0 && call->argc > 0)
        say_none(call);
}

/* ---- cache flush ------------------------------------------------------- */

struct flush {
    size_t entries, caches;
};

static void flush_view(const struct assay__control_call *call,
                       const struct view *view, void *arg)
{
    struct flush *flush = arg;

    if (call->argc > 0 && strcmp(call->argv[0], view->name) != 0)
        return;
    flush->entries += call->argc > 1
                          ? assay__cache_flush_name(view->cache, call->argv[1])
                          : assay__cache_flush(view->cache);
    flush->caches++;
}

static void cache_flush(const struct assay__control_call *call)
{
    struct flush flush = {0};

    if (call->argc > 2) {
        assay__control_fail(call, "There are too many words; 'help cache' "
                                  "shows the commands");
        return;
    }
    each_cache(call, flush_view, &flush);
    if (flush.caches == 0 && call->argc > 0) {
        say_none(call);
        return;
    }
    assay__control_say(call, "flushed %zu entries from %zu cache%s\n",
                       flush.entries, flush.caches,
                       flush.caches == 1 ? "" : "s");
    assay__control_tell(call, "entries", assay__control_number(flush.entries));
    assay__control_tell(call, "caches", assay__control_number(flush.caches));
}

const struct assay__control_command assay__control_caches[] = {
    {.name = "cache list",
     .arguments = "[ATTRIBUTE... | summary]",
     .summary = "names of the verdict caches, with numbers",
     .run = cache_list},
    {.name = "cache stat",
     .arguments = "CACHE",
     .summary = "all numbers of one cache",
     .run = cache_stat},
    {.name = "cache stats",
     .arguments = "[CACHE...]",
     .summary = "a table of all caches",
     .run = cache_stats},
    {.name = "cache flush",
     .arguments = "[CACHE [THREAT]]",
     .summary = "forget verdicts, so that they are made anew",
     .changes = true,
     .run = cache_flush},
    {.name = NULL},
};
