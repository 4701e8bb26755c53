/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/engine_scan.h"

#include "base/clock.h"
#include "base/text.h"
#include "scan/content_scan.h"
#include "scan/finding.h"
#include "scan/message_key.h"
#include "scan/recall.h"
#include "scan/report.h"

#define MS_PER_S 1000

int64_t assay__run_deadline_ms(const struct assay__run *run,
                               const struct assay__engine_instance *engine)
{
    return run->start_ms + engine->options.timeout_s * MS_PER_S;
}

bool assay__run_is_due(const struct assay__run *run,
                       const struct assay__engine_instance *engine)
{
    return assay__clock_ms() >= assay__run_deadline_ms(run, engine);
}

/* What our reader could not look at may hide something from the engine's. */
static void apply_limits(uint32_t limits, const char *text,
                         assay_verdict *verdict)
{
    assay_verdict cut = *verdict;

    if (limits == 0 || verdict->status == ASSAY_STATUS_INFECTED)
        return;
    assay__verdict_fail(&cut, ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_LIMIT,
                        text);
    cut.coverage.limits_hit |= limits;
    assay__verdict_merge(verdict, &cut);
}

static void apply_all_limits(const struct assay__run *run,
                             const struct assay__engine_instance *engine,
                             assay_verdict *verdict)
{
    if (run->message)
        apply_limits(assay_message_tree_limits(run->message),
                     "a limit on parts, depth or headers cut the message",
                     verdict);
    if ((engine->options.paranoid || engine->core->wants_parts) &&
        *run->readings)
        apply_limits(assay__readings_limits(*run->readings),
                     "a limit ended the search for other readings", verdict);
}

/* A pass over all contents. */
struct pass {
    const struct assay__run *run;
    struct assay__engine_instance *engine;
    bool is_recalled;    /* the cache is asked for all of them at once */
    assay_verdict blank; /* of this engine; nothing was decided in it yet */
    bool was_inspected;  /* anything */
};

/* One content of a pass. */
static void scan_one(struct pass *pass, struct assay__contents *contents,
                     struct assay__source *source, assay_verdict *one)
{
    struct assay__content_result result;

    /* Parts are found in other messages, too. */
    source->is_covered = pass->is_recalled && !source->part;
    result = assay__content_scan(pass->run, pass->engine, source, one);
    contents->is_in_doubt |= result.is_in_doubt;
    pass->was_inspected |= result.is_inspected;
}

/* All contents until a threat is found or time is up; an error is not the end,
 * because the next content may be infected. */
static void scan_contents(struct pass *pass, assay_verdict *verdict)
{
    const struct assay__run *run = pass->run;
    const struct assay__scope_options *options = &pass->engine->options;
    bool is_first = true, is_late = false;
    enum assay__contents_step step;
    struct assay__contents contents;
    struct assay__source source = {0};
    assay_verdict one = pass->blank;

    assay__contents_begin(&contents, run, options,
                          pass->engine->core->wants_parts);
    while (!is_late && verdict->status != ASSAY_STATUS_INFECTED &&
           (step = assay__contents_next(&contents, &source, &one)) !=
               ASSAY__CONTENTS_OVER) {
        is_late = !is_first && assay__run_is_due(run, pass->engine);
        if (is_late)
            assay__verdict_time_out(&one, options->timeout_s);
        else if (step == ASSAY__CONTENTS_NEXT)
            scan_one(pass, &contents, &source, &one);
        if (is_first)
            *verdict = one;
        else if (source.is_apart)
            assay__verdict_add(verdict, &one);
        else
            assay__verdict_merge(verdict, &one);
        one = pass->blank;
        is_first = false;
    }
    verdict->coverage.parts_total +=
        (uint32_t)assay__contents_leaves_left(&contents);
    apply_all_limits(run, pass->engine, verdict);
}

static bool scan_fresh(void *arg, assay_verdict *verdict)
{
    scan_contents(arg, verdict);
    return true;
}

/* @return whether there was anything to inspect, now or before */
static bool recall_or_scan(struct pass *pass,
                           const struct assay__cache_key *key,
                           assay_verdict *verdict)
{
    const struct assay__recall recall = {pass->run, pass->engine, key,
                                         scan_fresh, pass};
    int64_t start_us = assay__clock_us();

    pass->is_recalled = true;
    if (assay__recall(&recall, verdict) == ASSAY__RECALL_HIT) {
        assay__report_content(&pass->engine->core->stats,
                              (uint64_t)(assay__clock_us() - start_us));
        return true;
    }
    return pass->was_inspected;
}

static void scan(const struct assay__run *run,
                 struct assay__engine_instance *engine, assay_verdict *verdict)
{
    int64_t start_us = assay__clock_us();
    struct pass pass = {.run = run, .engine = engine};
    struct assay__cache_key key;
    bool was_inspected;

    /* Before the scan: signatures that are swapped in during it must not be
     * credited with a verdict they did not make. */
    assay__engine_core_epoch(engine->core, verdict->epoch);
    pass.blank = *verdict;
    assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
                        "nothing to scan");
    if (assay__recall_is_on(engine) &&
        assay__message_key(run, engine, verdict->epoch, &key)) {
        was_inspected = recall_or_scan(&pass, &key, verdict);
    } else {
        scan_contents(&pass, verdict);
        was_inspected = pass.was_inspected;
    }
    if (was_inspected && run->message && !run->request->part)
        assay__report_message(&engine->core->stats,
                              (uint64_t)(assay__clock_us() - start_us));
}

void assay__engine_scan(const struct assay__run *run,
                        const struct assay__scope *scope,
                        struct assay__engine_instance *engine,
                        assay_verdict *verdict)
{
    int64_t start_us = assay__clock_us();

    *verdict = (assay_verdict){.coverage.parts_total = 1};
    assay__text_copy(verdict->engine, sizeof verdict->engine,
                     engine->table->name);
    assay__text_copy(verdict->scope, sizeof verdict->scope, scope->name);
    if (!engine->core->instance)
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR,
                            ASSAY_REASON_UNAVAILABLE, "engine is not open");
    else if (atomic_load(&engine->core->out_of_service))
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, ASSAY_REASON_CANARY,
                            "engine is out of service: it missed its canary");
    else if (assay__run_is_due(run, engine))
        assay__verdict_time_out(verdict, engine->options.timeout_s);
    else
        scan(run, engine, verdict);
    verdict->elapsed_us = (uint64_t)(assay__clock_us() - start_us);
}
