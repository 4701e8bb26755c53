/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One request at a time walks the engines of one scope or of all. A request
 * is on the stack of its caller; what is shared with other threads is the
 * immutable scope, the counters, which are atomic, and the engine instance,
 * whose operations are thread-safe. So no lock exists here, and none is held
 * when an engine or a callback runs.
 */
#include "scan/dispatcher.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "scan/finding.h"
#include "scan/hidden_parts.h"

#define MS_PER_S 1000
#define US_PER_MS 1000
#define BYPASS_PREFIX "__bypass_"

struct run {
    const struct assay__dispatcher *dispatcher;
    const struct assay__dispatch *request;
    const assay_content *content; /* given by the caller, or NULL */
    assay_message *message;       /* scanned, or of the part; may be NULL */
    int64_t start_ms;             /* every timeout counts from here */
    assay__dispatch_each *each;
    void *arg;
};

/* Why an engine does not run; the largest one explains an empty scan. */
enum choice {
    CHOICE_OTHER_NAME,
    CHOICE_PASSIVE,
    CHOICE_BYPASSED,
    CHOICE_SKIPPED,
    CHOICE_RUN
};

/* ---- which engines run -------------------------------------------------- */

static bool is_skipped(const struct run *run,
                       const struct assay__scope_options *options)
{
    const char *name = options->skip_context_variable;

    if (!name || !run->message)
        return false;
    /* Any value counts, even an empty one. */
    return assay_context_get(assay_message_context(run->message), name) ||
           (run->request->connection &&
            assay_context_get(run->request->connection, name));
}

static bool is_bypass_set(const struct run *run, const char *module)
{
    char key[sizeof BYPASS_PREFIX + ASSAY_NAME_MAX];
    const char *value;

    (void)snprintf(key, sizeof key, BYPASS_PREFIX "%s", module);
    value = assay_context_get(run->request->connection, key);
    return value && assay__text_equal(value, "true");
}

static bool is_bypassed(const struct run *run, const char *engine)
{
    return run->request->connection &&
           (is_bypass_set(run, "antivirus") || is_bypass_set(run, engine));
}

static bool is_named(const struct run *run,
                     const struct assay__engine_instance *engine)
{
    const char *name = run->request->engine;

    return !name || assay__text_equal(name, engine->table->name) ||
           assay__text_equal(name, engine->name);
}

static enum choice choose(const struct run *run,
                          const struct assay__scope *scope,
                          const struct assay__engine_instance *engine)
{
    if (!is_named(run, engine))
        return CHOICE_OTHER_NAME;
    if (is_skipped(run, &engine->options))
        return CHOICE_SKIPPED;
    if (!run->request->hook)
        return CHOICE_RUN;
    if (is_bypassed(run, engine->table->name))
        return CHOICE_BYPASSED;
    if (!scope->options.enabled || !engine->options.enabled)
        return CHOICE_PASSIVE;
    return CHOICE_RUN;
}

/* ---- what an engine is given -------------------------------------------- */

static bool fail_content(assay_rc rc, const assay_error *err,
                         assay_verdict *verdict)
{
    if (rc == ASSAY_E_LIMIT)
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_LIMIT, err->msg);
    else
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR,
                            rc == ASSAY_E_NOMEM ? ASSAY_REASON_MEMORY
                                                : ASSAY_REASON_ENGINE,
                            err->msg);
    return false;
}

static bool message_content(assay_message *message, assay_rendition rendition,
                            assay_content *content_out, assay_verdict *verdict)
{
    assay_error err = {0};
    assay_bytes bytes;
    assay_rc rc = assay_message_bytes(message, rendition, &bytes, &err);

    if (rc != ASSAY_OK)
        return fail_content(rc, &err, verdict);
    *content_out = (assay_content){
        .kind = ASSAY_CONTENT_MESSAGE,
        .data = bytes.data,
        .size = bytes.len,
        .media_type = "message/rfc822",
        .reading =
            rendition == ASSAY_RENDITION_RECEIVED ? "unstuffed" : "default"};
    return true;
}

static bool part_content(assay_part *part, assay_content *content_out,
                         assay_verdict *verdict)
{
    assay_error err = {0};
    assay_part_info info;
    assay_bytes bytes;
    assay_rc rc = assay_part_decode(part, &bytes, NULL, &err);

    if (rc != ASSAY_OK)
        return fail_content(rc, &err, verdict);
    assay_part_get_info(part, &info);
    *content_out = (assay_content){.kind = ASSAY_CONTENT_PART,
                                   .data = bytes.data,
                                   .size = bytes.len,
                                   .media_type = info.media_type,
                                   .file_name = info.file_name,
                                   .reading = "default"};
    return true;
}

/* @return false with *verdict set when there is no content to scan */
static bool get_content(const struct run *run, assay_rendition rendition,
                        assay_content *content_out, assay_verdict *verdict)
{
    if (run->request->part)
        return part_content(run->request->part, content_out, verdict);
    if (run->message)
        return message_content(run->message, rendition, content_out, verdict);
    *content_out = *run->content;
    return true;
}

/* ---- one engine --------------------------------------------------------- */

static void count(struct assay__engine_stats *stats,
                  const assay_verdict *verdict)
{
    if (verdict->status == ASSAY_STATUS_INFECTED)
        atomic_fetch_add(&stats->infected, 1);
    else if (verdict->status == ASSAY_STATUS_ERROR)
        atomic_fetch_add(&stats->errors, 1);
    else if (verdict->status == ASSAY_STATUS_UNSCANNABLE)
        atomic_fetch_add(&stats->unscannable, 1);
}

/* A whole message counts as one message and as one part (AV-30). */
static void count_call(struct assay__engine_stats *stats, bool is_message,
                       uint64_t elapsed_us)
{
    if (is_message) {
        atomic_fetch_add(&stats->messages, 1);
        atomic_fetch_add(&stats->message_us, elapsed_us);
    }
    atomic_fetch_add(&stats->parts, 1);
    atomic_fetch_add(&stats->part_us, elapsed_us);
}

static void call_engine(struct assay__engine_instance *engine,
                        const assay_content *content, int64_t deadline_ms,
                        assay_verdict *verdict)
{
    const assay_scan_args args = {content, deadline_ms};
    assay_finding finding = {.coverage.bytes_total = content->size};
    struct assay__scan_facts facts = {.size = content->size,
                                      .timeout_s = engine->options.timeout_s};

    engine->table->ops->scan(engine->core->instance, &args, &finding);
    facts.is_late = assay__clock_ms() > deadline_ms;
    assay__finding_judge(&finding, &facts, verdict);
}

/* The epoch is read before the scan: signatures that are swapped in during it
 * must not be credited with a verdict they did not make. */
static void read_epoch(const struct assay__engine_instance *engine,
                       assay_verdict *verdict)
{
    char epoch[ASSAY_EPOCH_MAX] = "";

    engine->table->ops->epoch(engine->core->instance, epoch, sizeof epoch);
    epoch[sizeof epoch - 1] = '\0';
    (void)assay__text_copy_clean(verdict->epoch, sizeof verdict->epoch, epoch,
                                 true);
}

/* @return false when the engine was not called */
static bool scan_rendition(const struct run *run,
                           struct assay__engine_instance *engine,
                           assay_rendition rendition, int64_t deadline_ms,
                           assay_verdict *verdict)
{
    uint64_t max_size = engine->options.max_size;
    assay_content content;

    if (!get_content(run, rendition, &content, verdict))
        return false;
    verdict->coverage.bytes_total = content.size;
    if (max_size > 0 && content.size > max_size) {
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_OVERSIZE, NULL);
        return false;
    }
    call_engine(engine, &content, deadline_ms, verdict);
    return true;
}

/* Dot-stuffing puts bytes between those of an attachment that is not encoded,
 * and the reader of the mail never sees them: so what is delivered is looked
 * at as well. @return false for most messages, where both are the same */
static bool is_stuffed(const struct run *run,
                       const struct assay__scope_options *options)
{
    assay_bytes wire, received;

    return run->message && !run->request->part && options->use_wire_rep &&
           assay_message_bytes(run->message, ASSAY_RENDITION_WIRE, &wire,
                               NULL) == ASSAY_OK &&
           assay_message_bytes(run->message, ASSAY_RENDITION_RECEIVED,
                               &received, NULL) == ASSAY_OK &&
           wire.len != received.len;
}

static void scan_hidden_part(struct assay__engine_instance *engine,
                             assay_part *part, int64_t deadline_ms,
                             assay_verdict *verdict)
{
    assay_content content;

    if (assay__clock_ms() >= deadline_ms) {
        assay__verdict_time_out(verdict, engine->options.timeout_s);
    } else if (part_content(part, &content, verdict)) {
        content.reading = "hidden part";
        call_engine(engine, &content, deadline_ms, verdict);
    }
}

static void exceed_limit(uint32_t limits, assay_verdict *verdict)
{
    assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_LIMIT,
                        "a limit on parts, depth or headers cut the message");
    verdict->coverage.limits_hit |= limits;
}

/* Also those parts that the engine's own reader may have passed over; and what
 * our reader could not look at may hide such parts.
 * @param blank  a verdict of this engine that nothing was decided in yet */
static void scan_hidden_parts(const struct run *run,
                              struct assay__engine_instance *engine,
                              int64_t deadline_ms, const assay_verdict *blank,
                              assay_verdict *verdict)
{
    assay_verdict hidden = *blank;
    struct assay__hidden_walk walk;
    assay_part *part = NULL;
    assay_error err = {0};
    assay_rc rc = assay_message_root(run->message, &part, &err);
    uint32_t limits;

    if (rc != ASSAY_OK) {
        (void)fail_content(rc, &err, &hidden);
        assay__verdict_merge(verdict, &hidden);
        return;
    }
    assay__hidden_walk_init(&walk, part);
    while (verdict->status != ASSAY_STATUS_INFECTED &&
           verdict->status != ASSAY_STATUS_ERROR &&
           (part = assay__hidden_walk_next(&walk)) != NULL) {
        hidden = *blank;
        scan_hidden_part(engine, part, deadline_ms, &hidden);
        assay__verdict_merge(verdict, &hidden);
    }
    limits = assay_message_tree_limits(run->message);
    if (limits != 0 && verdict->status != ASSAY_STATUS_INFECTED) {
        hidden = *blank;
        exceed_limit(limits, &hidden);
        assay__verdict_merge(verdict, &hidden);
    }
}

static void scan_content(const struct run *run,
                         struct assay__engine_instance *engine,
                         int64_t deadline_ms, assay_verdict *verdict)
{
    const struct assay__scope_options *options = &engine->options;
    bool is_message = run->message && !run->request->part;
    assay_verdict blank, unstuffed;
    int64_t start_us = assay__clock_us();

    read_epoch(engine, verdict);
    unstuffed = blank = *verdict;
    if (!scan_rendition(run, engine,
                        options->use_wire_rep ? ASSAY_RENDITION_WIRE
                                              : ASSAY_RENDITION_CANONICAL,
                        deadline_ms, verdict))
        return;
    if (verdict->status != ASSAY_STATUS_INFECTED && is_stuffed(run, options)) {
        (void)scan_rendition(run, engine, ASSAY_RENDITION_RECEIVED, deadline_ms,
                             &unstuffed);
        assay__verdict_merge(verdict, &unstuffed);
    }
    if (is_message)
        scan_hidden_parts(run, engine, deadline_ms, &blank, verdict);
    else if (run->message && verdict->status == ASSAY_STATUS_CLEAN &&
             assay_message_tree_limits(run->message) != 0)
        exceed_limit(assay_message_tree_limits(run->message), verdict);
    count_call(&engine->core->stats, is_message,
               (uint64_t)(assay__clock_us() - start_us));
}

static void scan_with(const struct run *run, const struct assay__scope *scope,
                      struct assay__engine_instance *engine,
                      assay_verdict *verdict)
{
    int64_t timeout_s = engine->options.timeout_s;
    int64_t deadline_ms = run->start_ms + timeout_s * MS_PER_S;
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
    else if (assay__clock_ms() >= deadline_ms)
        assay__verdict_time_out(verdict, timeout_s);
    else
        scan_content(run, engine, deadline_ms, verdict);
    verdict->elapsed_us = (uint64_t)(assay__clock_us() - start_us);
    count(&engine->core->stats, verdict);
}

static void report(const struct run *run, const struct assay__scope *scope,
                   const struct assay__engine_instance *engine,
                   const assay_verdict *verdict)
{
    assay_log log = assay__scope_log(run->dispatcher->log, &engine->options);
    assay_log_level level = verdict->status == ASSAY_STATUS_ERROR
                                ? ASSAY_LOG_WARN
                                : ASSAY_LOG_DEBUG;

    assay_log_write(&log, level, "scan.verdict",
                    "scope=%s engine=%s instance=%s message=\"%s\" status=%s "
                    "reason=%s info=\"%s\" ms=%" PRIu64,
                    scope->name, verdict->engine, engine->name,
                    run->message ? assay_message_id(run->message) : "",
                    assay_status_name(verdict->status),
                    assay_reason_name(verdict->reason), verdict->info,
                    verdict->elapsed_us / US_PER_MS);
    if (run->each)
        run->each(run->arg, scope, engine, verdict);
}

/* ---- one scope ---------------------------------------------------------- */

static void set_verdict(assay_verdict *verdict, assay_status status,
                        const char *info)
{
    *verdict = (assay_verdict){.status = status};
    assay__text_copy(verdict->info, sizeof verdict->info, info);
}

/* No engine ran: say why. */
static void explain(const struct run *run, const struct assay__scope *scope,
                    enum choice choice, assay_verdict *verdict)
{
    if (choice == CHOICE_SKIPPED ||
        (choice == CHOICE_OTHER_NAME && is_skipped(run, &scope->options)))
        set_verdict(verdict, ASSAY_STATUS_SKIPPED, "skipped");
    else if (choice == CHOICE_BYPASSED)
        set_verdict(verdict, ASSAY_STATUS_SKIPPED, "bypassed");
    else if (choice == CHOICE_PASSIVE)
        set_verdict(verdict, ASSAY_STATUS_SKIPPED, "passive");
    else
        set_verdict(verdict, ASSAY_STATUS_NO_ENGINE, "no such engine");
    assay__text_copy(verdict->scope, sizeof verdict->scope, scope->name);
}

/* The first infection ends a scan: nobody asks further. But an engine that
 * lets pass what it finds, on trial say, must not keep an automatic scan from
 * the engine behind it that would refuse the message. */
static bool ends_scan(const struct run *run,
                      const struct assay__engine_instance *engine,
                      const assay_verdict *verdict)
{
    if (verdict->status != ASSAY_STATUS_INFECTED)
        return false;
    return !run->request->hook ||
           assay__scope_answer(&engine->options, verdict) != ASSAY__ANSWER_PASS;
}

static void run_scope(const struct run *run, const struct assay__scope *scope,
                      assay_verdict *verdict_out)
{
    enum choice reached = CHOICE_OTHER_NAME;
    assay_verdict merged = {.status = ASSAY_STATUS_NO_ENGINE};
    bool is_decided = false;

    for (size_t i = 0; i < scope->engine_count && !is_decided; i++) {
        struct assay__engine_instance *engine = scope->engines[i];
        enum choice choice = choose(run, scope, engine);
        assay_verdict verdict;

        if (choice > reached)
            reached = choice;
        if (choice != CHOICE_RUN)
            continue;
        scan_with(run, scope, engine, &verdict);
        report(run, scope, engine, &verdict);
        assay__verdict_merge(&merged, &verdict);
        is_decided = ends_scan(run, engine, &verdict);
    }
    if (reached == CHOICE_RUN)
        *verdict_out = merged;
    else
        explain(run, scope, reached, verdict_out);
}

static void run_all(const struct run *run, assay_verdict *verdict_out)
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
static bool begin(struct run *run, assay_verdict *verdict)
{
    const struct assay__dispatch *request = run->request;

    run->start_ms = assay__clock_ms();
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
    struct run run = {
        .dispatcher = dispatcher, .request = request, .each = each, .arg = arg};

    if (begin(&run, verdict_out))
        run_scope(&run, scope, verdict_out);
    else
        assay__text_copy(verdict_out->scope, sizeof verdict_out->scope,
                         scope->name);
}

void assay__dispatch_all(const struct assay__dispatcher *dispatcher,
                         const struct assay__dispatch *request,
                         assay__dispatch_each *each, void *arg,
                         assay_verdict *verdict_out)
{
    struct run run = {
        .dispatcher = dispatcher, .request = request, .each = each, .arg = arg};

    if (begin(&run, verdict_out))
        run_all(&run, verdict_out);
}

void assay__dispatch_content(const struct assay__dispatcher *dispatcher,
                             const assay_content *content,
                             assay_verdict *verdict_out)
{
    static const struct assay__dispatch every_engine;
    struct run run = {
        .dispatcher = dispatcher, .request = &every_engine, .content = content};

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
