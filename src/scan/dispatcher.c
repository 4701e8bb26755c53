/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Requests walk the engines of one scope or of all. The modules it is made of
 * are listed in scan/run.h.
 */
#include "scan/dispatcher.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "scan/choice.h"
#include "scan/engine_scan.h"
#include "scan/report.h"

static void set_verdict(assay_verdict *verdict, assay_status status,
                        const char *info)
{
    *verdict = (assay_verdict){.status = status};
    assay__text_copy(verdict->info, sizeof verdict->info, info);
}

/* ---- one scope ---------------------------------------------------------- */

/* The first infection ends a scan: nobody asks further. But an engine that
 * lets pass what it finds, on trial say, must not keep an automatic scan from
 * the engine behind it that would refuse the message. */
static bool ends_scan(const struct assay__run *run,
                      const struct assay__engine_instance *engine,
                      const assay_verdict *verdict)
{
    if (verdict->status != ASSAY_STATUS_INFECTED)
        return false;
    return !run->request->hook ||
           assay__scope_answer(&engine->options, verdict) != ASSAY__ANSWER_PASS;
}

/* What makes no file, but no honest composer either (AV-23). A file that an
 * engine found says more, so this comes last; it is the first paranoid engine
 * that says it. */
static void judge_readings(const struct assay__run *run,
                           const struct assay__scope *scope,
                           const struct assay__engine_instance *engine,
                           assay_verdict *merged)
{
    const char *reason =
        *run->readings ? assay__readings_reason(*run->readings) : NULL;
    assay_verdict verdict = {.status = ASSAY_STATUS_INFECTED};

    if (!reason || !engine || merged->status == ASSAY_STATUS_INFECTED)
        return;
    verdict.coverage = merged->coverage;
    (void)snprintf(verdict.info, sizeof verdict.info, "Paranoid.%s", reason);
    assay__text_copy(verdict.scan_code, sizeof verdict.scan_code, "Paranoid");
    assay__text_copy(verdict.engine, sizeof verdict.engine,
                     engine->table->name);
    assay__text_copy(verdict.scope, sizeof verdict.scope, scope->name);
    assay__text_copy(verdict.epoch, sizeof verdict.epoch, merged->epoch);
    assay__report_verdict(run, scope, engine, &verdict);
    assay__verdict_merge(merged, &verdict);
}

static void run_scope(const struct assay__run *run,
                      const struct assay__scope *scope,
                      assay_verdict *verdict_out)
{
    enum assay__choice reached = ASSAY__CHOICE_OTHER_NAME;
    const struct assay__engine_instance *paranoid = NULL;
    assay_verdict merged = {.status = ASSAY_STATUS_NO_ENGINE};
    bool is_decided = false;

    for (size_t i = 0; i < scope->engine_count && !is_decided; i++) {
        struct assay__engine_instance *engine = scope->engines[i];
        enum assay__choice choice = assay__choose(run, scope, engine);
        assay_verdict verdict;

        if (choice > reached)
            reached = choice;
        if (choice != ASSAY__CHOICE_RUN)
            continue;
        assay__engine_scan(run, scope, engine, &verdict);
        assay__report_verdict(run, scope, engine, &verdict);
        assay__verdict_merge(&merged, &verdict);
        is_decided = ends_scan(run, engine, &verdict);
        if (engine->options.paranoid && !paranoid)
            paranoid = engine;
    }
    judge_readings(run, scope, paranoid, &merged);
    if (reached == ASSAY__CHOICE_RUN)
        *verdict_out = merged;
    else
        assay__choice_explain(run, scope, reached, verdict_out);
}

static void run_all(const struct assay__run *run, assay_verdict *verdict_out)
{
    const struct assay__dispatcher *dispatcher = run->dispatcher;
    assay_verdict merged;

    set_verdict(&merged, ASSAY_STATUS_NO_ENGINE, "no such engine");
    for (size_t i = 0;
         i < dispatcher->scope_count && merged.status != ASSAY_STATUS_INFECTED;
         i++) {
        assay_verdict verdict;

        run_scope(run, dispatcher->scopes[i], &verdict);
        assay__verdict_merge(&merged, &verdict);
    }
    *verdict_out = merged;
}

/* ---- requests ----------------------------------------------------------- */

static bool is_container(const assay_part *part)
{
    assay_part_info info;

    assay_part_get_info(part, &info);
    return info.is_container;
}

/* @return false with *verdict set when the request cannot be carried out */
static bool begin(struct assay__run *run, assay_verdict *verdict)
{
    const struct assay__dispatch *request = run->request;

    run->start_ms = assay__clock_ms() - request->spent_ms;
    run->message =
        request->part ? assay_part_message(request->part) : request->message;
    if (request->engine && strlen(request->engine) > ASSAY_NAME_MAX)
        set_verdict(verdict, ASSAY_STATUS_NAME_TOO_LONG,
                    "engine name is too long");
    else if (request->part && is_container(request->part))
        set_verdict(verdict, ASSAY_STATUS_PART_IS_CONTAINER,
                    "part is a container");
    else if (!run->message && !run->content)
        set_verdict(verdict, ASSAY_STATUS_ERROR, "error: nothing to scan");
    else
        return true;
    return false;
}

void assay__dispatch_scope(const struct assay__dispatcher *dispatcher,
                           const struct assay__scope *scope,
                           const struct assay__dispatch *request,
                           assay__dispatch_each *each, void *arg,
                           assay_verdict *verdict_out)
{
    struct assay__readings *readings = NULL;
    struct assay__run run = {.dispatcher = dispatcher,
                             .request = request,
                             .readings = &readings,
                             .each = each,
                             .arg = arg};

    if (begin(&run, verdict_out))
        run_scope(&run, scope, verdict_out);
    else
        assay__text_copy(verdict_out->scope, sizeof verdict_out->scope,
                         scope->name);
    assay__readings_free(&readings);
}

void assay__dispatch_all(const struct assay__dispatcher *dispatcher,
                         const struct assay__dispatch *request,
                         assay__dispatch_each *each, void *arg,
                         assay_verdict *verdict_out)
{
    struct assay__readings *readings = NULL;
    struct assay__run run = {.dispatcher = dispatcher,
                             .request = request,
                             .readings = &readings,
                             .each = each,
                             .arg = arg};

    if (begin(&run, verdict_out))
        run_all(&run, verdict_out);
    assay__readings_free(&readings);
}

void assay__dispatch_content(const struct assay__dispatcher *dispatcher,
                             const assay_content *content,
                             assay_verdict *verdict_out)
{
    static const struct assay__dispatch every_engine;
    struct assay__readings *no_readings = NULL;
    struct assay__run run = {.dispatcher = dispatcher,
                             .request = &every_engine,
                             .readings = &no_readings,
                             .content = content};

    if (begin(&run, verdict_out))
        run_all(&run, verdict_out);
}

/* ---- engine names ------------------------------------------------------- */

/* The index-th instance over all scopes, or NULL. */
static const struct assay__engine_instance *instance_at(
    const struct assay__dispatcher *dispatcher, size_t index)
{
    for (size_t i = 0; i < dispatcher->scope_count; i++) {
        const struct assay__scope *scope = dispatcher->scopes[i];

        if (index < scope->engine_count)
            return scope->engines[index];
        index -= scope->engine_count;
    }
    return NULL;
}

static bool is_first_of_its_name(const struct assay__dispatcher *dispatcher,
                                 size_t index, const char *name)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(instance_at(dispatcher, i)->table->name, name) == 0)
            return false;
    }
    return true;
}

const char *assay__dispatch_engine(const struct assay__dispatcher *dispatcher,
                                   size_t index)
{
    const struct assay__engine_instance *engine;

    for (size_t i = 0; (engine = instance_at(dispatcher, i)) != NULL; i++) {
        const char *name = engine->table->name;

        if (is_first_of_its_name(dispatcher, i, name) && index-- == 0)
            return name;
    }
    return NULL;
}
