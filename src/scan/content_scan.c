/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/content_scan.h"

#include "base/clock.h"
#include "scan/finding.h"
#include "scan/report.h"
#include "scan/runner.h"

static bool is_oversize(const struct assay__engine_instance *engine,
                        const assay_content *content)
{
    return engine->options.max_size > 0 &&
           content->size > engine->options.max_size;
}

static bool is_in_doubt(const struct assay__source *source,
                        const struct assay__loaded *loaded)
{
    const assay_bytes data = {loaded->content.data, loaded->content.size};

    return source->is_leaf &&
           !assay__readings_agree_on_data(source->part, data, loaded->defects);
}

static struct assay__content_result scan_now(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, assay_verdict *verdict)
{
    struct assay__content_result result = {.is_in_doubt = source->is_leaf};
    struct assay__loaded loaded;

    if (!assay__source_load(source, engine->options.file_base, &loaded,
                            verdict))
        return result;
    result.is_in_doubt = is_in_doubt(source, &loaded);
    verdict->coverage.bytes_total = loaded.content.size;
    if (is_oversize(engine, &loaded.content))
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_OVERSIZE, NULL);
    else
        result.is_inspected =
            assay__runner_call(run, engine, &loaded.content, verdict);
    assay__loaded_release(&loaded);
    return result;
}

/* ---- the cache ---------------------------------------------------------- */

static bool uses_cache(const struct assay__engine_instance *engine)
{
    const struct assay__scope_options *options = &engine->options;

    return engine->core->cache &&
           (options->cache_size > 0 || options->clean_cache_size > 0);
}

/* Texts that are no encoding are one: the same bytes. */
static assay_encoding plain_encoding(assay_encoding encoding)
{
    switch (encoding) {
    case ASSAY_ENCODING_BASE64:
    case ASSAY_ENCODING_QUOTED_PRINTABLE:
    case ASSAY_ENCODING_UUENCODE:
        return encoding;
    default:
        return ASSAY_ENCODING_BINARY;
    }
}

/* All options that change a verdict are of the core, which the cache belongs
 * to: an engine for which one of them changes is another core. Leaves are kept
 * apart from other parts, because their entries tell more. */
static bool make_key(const struct assay__engine_core *core,
                     const struct assay__source *source, const char *epoch,
                     struct assay__cache_key *key_out)
{
    const struct assay__cache_subject subject = {
        .kind = source->kind,
        .encoded = source->encoded,
        .encoding = plain_encoding(source->encoding),
        .media_type = source->media_type,
        .file_name = core->uses_names ? source->file_name : NULL,
        .epoch = epoch,
        .options = source->is_leaf ? ~core->id : core->id,
    };

    return assay__cache_make_key(core->cache, &subject, key_out);
}

/* Wait for the scan of another thread. @return false when time was up */
static bool await(const struct assay__run *run,
                  const struct assay__engine_instance *engine,
                  struct assay__cache_flight **flight,
                  enum assay__cache_answer *answer_out, assay_verdict *verdict)
{
    struct assay__cache *cache = engine->core->cache;
    struct assay__pulse *pulse = run->request->pulse;
    int64_t deadline_ms = assay__run_deadline_ms(run, engine);

    while (!assay__cache_await(cache, flight,
                               assay__pulse_until(pulse, deadline_ms),
                               answer_out, verdict)) {
        assay__pulse_tick(pulse);
        if (assay__run_is_due(run, engine)) {
            assay__cache_leave(cache, flight);
            return false;
        }
    }
    return true;
}

/* As scan_now(), for others too. */
static struct assay__content_result scan_and_land(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, struct assay__cache_flight **flight,
    assay_verdict *verdict)
{
    struct assay__engine_core *core = engine->core;
    struct assay__content_result result =
        scan_now(run, engine, source, verdict);
    char epoch[ASSAY_EPOCH_MAX];

    assay__engine_core_epoch(core, epoch);
    assay__cache_land(core->cache, flight, result.is_in_doubt ? NULL : verdict,
                      epoch, atomic_load(&core->clean_generation));
    return result;
}

static struct assay__content_result look_up_or_scan(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, const struct assay__cache_key *key,
    assay_verdict *verdict)
{
    const struct assay__content_result hit = {.is_inspected = true};
    const struct assay__content_result late = {.is_in_doubt = source->is_leaf};
    struct assay__engine_core *core = engine->core;
    struct assay__cache_flight *flight = NULL;
    enum assay__cache_answer answer = assay__cache_look_up(
        core->cache, key, atomic_load(&core->clean_generation), verdict,
        &flight);

    if (answer == ASSAY__CACHE_WAIT &&
        !await(run, engine, &flight, &answer, verdict)) {
        assay__verdict_time_out(verdict, engine->options.timeout_s);
        return late;
    }
    if (answer == ASSAY__CACHE_SCAN)
        return scan_and_land(run, engine, source, &flight, verdict);
    atomic_fetch_add(&core->stats.cache_hits, 1);
    return hit;
}

struct assay__content_result assay__content_scan(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, assay_verdict *verdict)
{
    int64_t start_us = assay__clock_us();
    struct assay__content_result result;
    struct assay__cache_key key;

    if (uses_cache(engine) &&
        make_key(engine->core, source, verdict->epoch, &key))
        result = look_up_or_scan(run, engine, source, &key, verdict);
    else
        result = scan_now(run, engine, source, verdict);
    if (result.is_inspected)
        assay__report_content(&engine->core->stats,
                              (uint64_t)(assay__clock_us() - start_us));
    return result;
}
