/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * counter …: those of the engines, /antivirus/ENGINE/…, which are numbers of
 * the engine cores (PO-05), of the scorer, /cloudmark/…, and those that
 * administrators make.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/counters.h"
#include "runtime/generation.h"

#define ENGINE_ROOT "/antivirus/"
#define SCORER_ROOT "/cloudmark/"

static const char *const engine_counters[ASSAY__ENGINE_COUNTERS] = {
    [ASSAY__ENGINE_SCANNED] = "scanned",
    [ASSAY__ENGINE_VIRUSES] = "viruses",
    [ASSAY__ENGINE_ERRORS] = "errors",
};

static const char *const scorer_counters[ASSAY__SCORER_COUNTERS] = {
    [ASSAY__SCORER_SCANNED] = "scanned",
    [ASSAY__SCORER_SPAM] = "spam",
    [ASSAY__SCORER_ERRORS] = "errors",
};

/* ---- of the engines ---------------------------------------------------- */

static uint64_t raw_value(const struct assay__engine_core *core, size_t which)
{
    switch ((enum assay__engine_counter)which) {
    case ASSAY__ENGINE_SCANNED:
        return core->stats.messages;
    case ASSAY__ENGINE_VIRUSES:
        return core->stats.infected;
    case ASSAY__ENGINE_ERRORS:
        return core->stats.errors;
    case ASSAY__ENGINE_COUNTERS:
        break;
    }
    return 0;
}

/* Calls visit for each core of an engine, by its name. */
static void each_core(const struct assay__generation *generation,
                      const char *engine,
                      void (*visit)(struct assay__engine_core *core, void *arg),
                      void *arg)
{
    for (size_t s = 0; s < generation->scope_count; s++)
        for (size_t e = 0; e < generation->scopes[s]->engine_count; e++) {
            struct assay__engine_core *core =
                generation->scopes[s]->engines[e]->core;

            if (strcmp(core->table->name, engine) == 0)
                visit(core, arg);
        }
}

struct sum {
    size_t which;
    uint64_t value;
    int64_t since_s; /* the latest of them */
};

static void add_core(struct assay__engine_core *core, void *arg)
{
    struct sum *sum = arg;
    struct assay__engine_count_base *base = &core->counted_from[sum->which];
    uint64_t value = raw_value(core, sum->which), from = base->value;
    int64_t since_s = base->since_s;

    sum->value += value > from ? value - from : 0;
    if (since_s > sum->since_s)
        sum->since_s = since_s;
}

struct restart {
    size_t which;
    int64_t now_s;
};

static void reset_core(struct assay__engine_core *core, void *arg)
{
    const struct restart *restart = arg;
    struct assay__engine_count_base *base = &core->counted_from[restart->which];

    base->value = raw_value(core, restart->which);
    base->since_s = restart->now_s;
}

/* The engine and the number of a path such as /antivirus/clamav/viruses. */
static const char *engine_of(const struct assay__generation *generation,
                             const char *path, size_t *which_out)
{
    const size_t root = sizeof ENGINE_ROOT - 1;
    const char *name;

    if (strncmp(path, ENGINE_ROOT, root) != 0)
        return NULL;
    path += root;
    for (size_t i = 0;
         (name = assay__dispatch_engine(&generation->policy.dispatcher, i)) !=
         NULL;
         i++) {
        size_t len = strlen(name);

        if (strncmp(path, name, len) != 0 || path[len] != '/')
            continue;
        for (size_t w = 0; w < ASSAY__ENGINE_COUNTERS; w++)
            if (strcmp(path + len + 1, engine_counters[w]) == 0) {
                *which_out = w;
                return name;
            }
    }
    return NULL;
}

/* ---- of the scorer ----------------------------------------------------- */

/* The counter of a path such as /cloudmark/spam, or NULL. */
static struct assay__scorer_count *scorer_count(
    const struct assay__generation *generation, const char *path)
{
    const size_t root = sizeof SCORER_ROOT - 1;

    if (!generation->policy.scorer || strncmp(path, SCORER_ROOT, root) != 0)
        return NULL;
    for (size_t w = 0; w < ASSAY__SCORER_COUNTERS; w++)
        if (strcmp(path + root, scorer_counters[w]) == 0)
            return &generation->policy.scorer->counts[w];
    return NULL;
}

static void reset_scorer(struct assay__scorer_count *count, int64_t now_s)
{
    count->value = 0;
    count->since_s = now_s;
}

/* ---- list -------------------------------------------------------------- */

struct listing {
    const struct assay__control_call *call;
    json_t *list;
    size_t count;
};

static void list_one(struct listing *listing,
                     const struct assay__counter *counter)
{
    const struct assay__control_call *call = listing->call;
    const char *kind = counter->is_strict ? "strict" : "relaxed";
    const char *prefix = call->argc > 0 ? call->argv[0] : "";
    json_t *entry;
    time_t since = (time_t)counter->since_s;
    struct tm local;
    char when[32] = "";

    if (strncmp(counter->path, prefix, strlen(prefix)) != 0)
        return;
    if (localtime_r(&since, &local))
        (void)strftime(when, sizeof when, "%Y-%m-%d@%H:%M:%S", &local);
    assay__control_say(call, "%-10" PRIu64 " %-19s  %-9s  %s\n", counter->value,
                       when, kind, counter->path);
    entry = json_object();
    assay__control_put(call, entry, "counter",
                       assay__control_string(counter->path));
    assay__control_put(call, entry, "value",
                       assay__control_number(counter->value));
    assay__control_put(call, entry, "reset_time",
                       json_integer(counter->since_s));
    assay__control_put(call, entry, "semantics", assay__control_string(kind));
    assay__control_append(call, listing->list, entry);
    listing->count++;
}

static void list_engine(struct listing *listing,
                        const struct assay__generation *generation,
                        const char *engine)
{
    for (size_t w = 0; w < ASSAY__ENGINE_COUNTERS; w++) {
        struct sum sum = {.which = w};
        struct assay__counter counter;

        each_core(generation, engine, add_core, &sum);
        counter = (struct assay__counter){
            .value = sum.value,
            .since_s = sum.since_s,
        };
        (void)snprintf(counter.path, sizeof counter.path, ENGINE_ROOT "%s/%s",
                       engine, engine_counters[w]);
        list_one(listing, &counter);
    }
}

static void list_scorer(struct listing *listing,
                        const struct assay__scorer *scorer)
{
    for (size_t w = 0; w < ASSAY__SCORER_COUNTERS; w++) {
        struct assay__counter counter = {
            .value = scorer->counts[w].value,
            .since_s = scorer->counts[w].since_s,
        };

        (void)snprintf(counter.path, sizeof counter.path, SCORER_ROOT "%s",
                       scorer_counters[w]);
        list_one(listing, &counter);
    }
}

static void list(const struct assay__control_call *call)
{
    struct assay__generation *generation =
        assay__present(call->session->library);
    struct listing listing = {.call = call, .list = json_array()};
    struct assay__counter counter;
    const char *engine;

    assay__control_say(call, "%-10s %-19s  %-9s  %s\n\n", "VALUE", "RESET_TIME",
                       "SEMANTICS", "COUNTER");
    for (size_t i = 0;
         (engine = assay__dispatch_engine(&generation->policy.dispatcher, i)) !=
         NULL;
         i++)
        list_engine(&listing, generation, engine);
    if (generation->policy.scorer)
        list_scorer(&listing, generation->policy.scorer);
    assay__generation_unref(&generation);
    for (size_t i = 0; assay__counters_nth(
             assay__counters(call->session->library), i, &counter);
         i++)
        list_one(&listing, &counter);
    assay__control_say(call, "\n%zu counters listed.\n", listing.count);
    assay__control_tell(call, "counters", listing.list);
}

/* ---- changes ----------------------------------------------------------- */

static bool has_path(const struct assay__control_call *call, size_t most)
{
    if (call->argc >= 1 && call->argc <= most)
        return true;
    assay__control_fail(call, "%s; 'help counter' shows the commands",
                        call->argc == 0 ? "Which counter?"
                                        : "There are too many words");
    return false;
}

static bool is_reserved(const struct assay__control_call *call,
                        const char *path)
{
    if (strncmp(path, ENGINE_ROOT, sizeof ENGINE_ROOT - 1) == 0)
        assay__control_fail(call,
                            "The counters below %s are those of the engines",
                            ENGINE_ROOT);
    else if (strncmp(path, SCORER_ROOT, sizeof SCORER_ROOT - 1) == 0)
        assay__control_fail(call,
                            "The counters below %s are those of the module "
                            "cloudmark",
                            SCORER_ROOT);
    else
        return false;
    return true;
}

static void report(const struct assay__control_call *call, assay_rc rc,
                   const assay_error *err, const char *done)
{
    if (rc == ASSAY_OK)
        assay__control_say(call, "Counter '%s' %s\n", call->argv[0], done);
    else
        assay__control_fail(call, "%s", err->msg);
}

static void add(const struct assay__control_call *call)
{
    bool is_strict =
        call->argc > 1 && assay__text_equal(call->argv[1], "strict");
    assay_error err = {0};

    if (!has_path(call, 2) || is_reserved(call, call->argv[0]))
        return;
    if (call->argc > 1 && !is_strict &&
        !assay__text_equal(call->argv[1], "relaxed")) {
        assay__control_fail(call, "'%s' is neither relaxed nor strict",
                            call->argv[1]);
        return;
    }
    report(call,
           assay__counters_add(assay__counters(call->session->library),
                               call->argv[0], is_strict, &err),
           &err, "added");
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static void increment(const struct assay__control_call *call)
{
    assay_error err = {0};
    uint64_t by = 1;

    if (!has_path(call, 2) || is_reserved(call, call->argv[0]))
        return;
    if (call->argc > 1 && !read_number(call->argv[1], &by)) {
        assay__control_fail(call, "'%s' is not a number from 0 to %" PRIu64,
                            call->argv[1], UINT64_MAX);
        return;
    }
    report(call,
           assay__counters_increment(assay__counters(call->session->library),
                                     call->argv[0], by, &err),
           &err, "incremented");
}

static void reset(const struct assay__control_call *call)
{
    struct assay__generation *generation;
    assay_error err = {0};
    struct assay__scorer_count *scored;
    const char *engine;
    struct restart restart = {
        .now_s = assay__wall_clock_s(assay__host_clock(call->session->library)),
    };
    assay_rc rc = ASSAY_OK;

    if (!has_path(call, 1))
        return;
    generation = assay__present(call->session->library);
    engine = engine_of(generation, call->argv[0], &restart.which);
    scored = scorer_count(generation, call->argv[0]);
    if (scored)
        reset_scorer(scored, restart.now_s);
    else if (engine)
        each_core(generation, engine, reset_core, &restart);
    else
        rc = assay__counters_reset(assay__counters(call->session->library),
                                   call->argv[0], &err);
    assay__generation_unref(&generation);
    report(call, rc, &err, "reset");
}

static void unlink_counter(const struct assay__control_call *call)
{
    assay_error err = {0};

    if (!has_path(call, 1) || is_reserved(call, call->argv[0]))
        return;
    report(call,
           assay__counters_remove(assay__counters(call->session->library),
                                  call->argv[0], &err),
           &err, "unlinked");
}

static void help(const struct assay__control_call *call)
{
    assay__control_say(call, "counter list [PREFIX]\n");
    for (const struct assay__control_command *c = assay__control_counters;
         c->name; c++)
        if (c->changes)
            assay__control_say(call, "%s %s\n", c->name, c->arguments);
}

const struct assay__control_command assay__control_counters[] = {
    {.name = "counter list",
     .arguments = "[PREFIX]",
     .summary = "values of the counters",
     .run = list},
    {.name = "counter help",
     .arguments = "",
     .summary = "the counter commands",
     .run = help},
    {.name = "counter add",
     .arguments = "PATH [relaxed|strict]",
     .summary = "make a counter of your own",
     .changes = true,
     .run = add},
    {.name = "counter increment",
     .arguments = "PATH [BY]",
     .summary = "add to a counter of your own",
     .changes = true,
     .run = increment},
    {.name = "counter reset",
     .arguments = "PATH",
     .summary = "count from zero again",
     .changes = true,
     .run = reset},
    {.name = "counter unlink",
     .arguments = "PATH",
     .summary = "remove a counter of your own",
     .changes = true,
     .run = unlink_counter},
    {.name = NULL},
};
