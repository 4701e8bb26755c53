/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/content_scan.h"

#include "base/clock.h"
#include "scan/finding.h"
#include "scan/recall.h"
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

/* A scan for assay__recall(). */
struct fresh_scan {
    const struct assay__run *run;
    struct assay__engine_instance *engine;
    const struct assay__source *source;
    struct assay__content_result result;
};

static bool scan_fresh(void *arg, assay_verdict *verdict)
{
    struct fresh_scan *fresh = arg;

    fresh->result = scan_now(fresh->run, fresh->engine, fresh->source, verdict);
    return !fresh->result.is_in_doubt;
}

static struct assay__content_result recall(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, const struct assay__cache_key *key,
    assay_verdict *verdict)
{
    struct fresh_scan fresh = {run, engine, source, {0}};
    struct assay__recall recall = {run, engine, key, scan_fresh, &fresh};

    switch (assay__recall(&recall, verdict)) {
    case ASSAY__RECALL_HIT:
        return (struct assay__content_result){.is_inspected = true};
    case ASSAY__RECALL_LATE:
        return (struct assay__content_result){.is_in_doubt = source->is_leaf};
    default:
        return fresh.result;
    }
}

struct assay__content_result assay__content_scan(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, assay_verdict *verdict)
{
    int64_t start_us = assay__clock_us();
    struct assay__content_result result;
    struct assay__cache_key key;

    if (!source->is_covered && assay__recall_is_on(engine) &&
        make_key(engine->core, source, verdict->epoch, &key))
        result = recall(run, engine, source, &key, verdict);
    else
        result = scan_now(run, engine, source, verdict);
    if (result.is_inspected)
        assay__report_content(&engine->core->stats,
                              (uint64_t)(assay__clock_us() - start_us));
    return result;
}
