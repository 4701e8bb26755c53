/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One scan. libyara says of many things only by the way that it did not look:
 * a string with too many matches is dropped and the scan goes on. What of that
 * happened is gathered by the callback, and NOTHING is found only when none
 * did.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "yara_engine.h"

enum {
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
    CONSOLE_MAX = 16 /* lines of rules that are logged for one scan */
};

int64_t assay__yara_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* ---- what libyara tells ------------------------------------------------- */

/* What the callback gets. */
struct look {
    const struct assay__yara *self;
    struct assay__yara_outcome *out;
    int64_t severity; /* of out->worst */
};

static void take_match(struct look *look, const YR_RULE *rule)
{
    const struct assay__yara_settings *settings = &look->self->settings;
    int64_t severity = assay__yara_rule_severity(settings, rule);

    if (assay__yara_rule_is_canary(rule)) {
        look->out->has_canary = true;
        return;
    }
    if (!assay__yara_rule_counts(settings, rule) ||
        (look->out->worst && severity <= look->severity))
        return;
    look->out->worst = rule;
    look->severity = severity;
}

/* Its rule goes on without the string, and may now match or not. */
static void take_cut(struct look *look, const YR_SCAN_CONTEXT *context,
                     const YR_STRING *string)
{
    if (look->out->cut)
        return;
    look->out->cut = &context->rules->rules_table[string->rule_idx];
    look->out->cut_string = string->identifier;
}

/* cuckoo wants the report of a sandbox, and magic a file that a scanner process
 * cannot open: their rules would never match, and nobody would know. */
static void take_import(struct look *look, const YR_MODULE_IMPORT *import)
{
    if (strcmp(import->module_name, "cuckoo") == 0 ||
        strcmp(import->module_name, "magic") == 0)
        look->out->foreign_module = import->module_name;
}

/* The console of rules is the log; the writer of a rule may print what is in a
 * mail, so only who asks for traces sees it. */
static void take_console(struct look *look, const char *text)
{
    if (++look->out->console_lines <= CONSOLE_MAX)
        assay_log_write(&look->self->log, ASSAY_LOG_DEBUG, "yara.console",
                        "instance=%s text=\"%s\"", look->self->name, text);
}

static int on_message(YR_SCAN_CONTEXT *context, int message, void *data,
                      void *arg)
{
    switch (message) {
    case CALLBACK_MSG_RULE_MATCHING:
        take_match(arg, data);
        break;
    case CALLBACK_MSG_TOO_MANY_MATCHES:
        take_cut(arg, context, data);
        break;
    case CALLBACK_MSG_IMPORT_MODULE:
        take_import(arg, data);
        break;
    case CALLBACK_MSG_CONSOLE_LOG:
        take_console(arg, data);
        break;
    default:
        break;
    }
    return CALLBACK_CONTINUE;
}

/* ---- a look ------------------------------------------------------------- */

static void run(YR_SCANNER *scanner, struct look *look, const void *data,
                size_t size, int64_t time_ms)
{
    static const uint8_t nothing[1];
    /* No TRYCATCH: it would change what the signals of the process do. */
    int flags = SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING;

    if (look->self->settings.fast_mode)
        flags |= SCAN_FLAGS_FAST_MODE;
    yr_scanner_set_callback(scanner, on_message, look);
    yr_scanner_set_flags(scanner, flags);
    /* yr_scanner_set_timeout() takes whole seconds; 0 is no limit. */
    scanner->timeout = (uint64_t)time_ms * NS_PER_MS;
    look->out->code = yr_scanner_scan_mem(scanner, size ? data : nothing, size);
    if (look->out->code != ERROR_SUCCESS && !look->out->cut)
        look->out->cut = yr_scanner_last_error_rule(scanner);
}

void assay__yara_look(const struct assay__yara *self,
                      const struct assay__yara_rules *rules, const void *data,
                      size_t size, int64_t time_ms,
                      struct assay__yara_outcome *out)
{
    struct look look = {.self = self, .out = out, .severity = INT64_MIN};
    YR_SCANNER *scanner;

    *out = (struct assay__yara_outcome){.code = ERROR_INSUFFICIENT_MEMORY};
    /* It takes a time of 0 for no limit, and one that is too long for none. */
    if (time_ms < 1)
        time_ms = 1;
    if (time_ms > INT32_MAX)
        time_ms = INT32_MAX;
    if (yr_scanner_create(rules->compiled, &scanner) != ERROR_SUCCESS)
        return;
    run(scanner, &look, data, size, time_ms);
    yr_scanner_destroy(scanner);
}

/* ---- what it means ------------------------------------------------------ */

static void say(assay_finding *finding, assay_found found, assay_reason reason,
                const char *fmt, ...) ASSAY_PRINTF(4, 5);

static void say(assay_finding *finding, assay_found found, assay_reason reason,
                const char *fmt, ...)
{
    va_list args;

    finding->found = found;
    finding->reason = reason;
    va_start(args, fmt);
    (void)vsnprintf(finding->info, sizeof finding->info, fmt, args);
    va_end(args);
}

static void judge_cut(const struct assay__yara_outcome *outcome,
                      assay_finding *finding)
{
    finding->coverage.limits_hit |= ASSAY_LIMIT_OTHER;
    if (outcome->code != ERROR_SUCCESS)
        say(finding, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
            "rule %s: a limit of libyara ended the scan (error %d)",
            outcome->cut ? outcome->cut->identifier : "unknown", outcome->code);
    else
        say(finding, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
            "rule %s: too many matches of %s", outcome->cut->identifier,
            outcome->cut_string);
}

static void judge_timeout(const struct assay__yara_settings *settings,
                          bool is_own_limit, assay_finding *finding)
{
    if (!is_own_limit) {
        say(finding, ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT,
            "the deadline passed during the scan");
        return;
    }
    finding->coverage.limits_hit |= ASSAY_LIMIT_TIME;
    say(finding, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
        "the rules took longer than scan_timeout, %" PRId64 " s",
        settings->scan_timeout);
}

static void judge_success(const struct assay__yara *self,
                          const struct assay__yara_outcome *outcome,
                          size_t size, assay_finding *finding)
{
    if (outcome->worst) {
        finding->found = ASSAY_FOUND_THREAT;
        finding->coverage.bytes_seen = size;
        assay__yara_rule_name(&self->settings, outcome->worst, finding);
    } else if (outcome->cut) {
        judge_cut(outcome, finding);
    } else {
        finding->found = ASSAY_FOUND_NOTHING;
        finding->coverage.bytes_seen = size;
        (void)snprintf(finding->scan_code, sizeof finding->scan_code, "OK");
    }
}

static void judge(const struct assay__yara *self,
                  const struct assay__yara_outcome *outcome, size_t size,
                  bool is_own_limit, assay_finding *finding)
{
    switch (outcome->code) {
    case ERROR_SUCCESS:
        judge_success(self, outcome, size, finding);
        break;
    case ERROR_SCAN_TIMEOUT:
        judge_timeout(&self->settings, is_own_limit, finding);
        break;
    case ERROR_INSUFFICIENT_MEMORY:
        say(finding, ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY,
            "libyara has no memory");
        break;
    case ERROR_TOO_MANY_MATCHES: /* the same content comes to it again */
    case ERROR_TOO_MANY_RE_FIBERS:
    case ERROR_EXEC_STACK_OVERFLOW:
        judge_cut(outcome, finding);
        break;
    default:
        say(finding, ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
            "error %d of libyara", outcome->code);
    }
}

/* ---- the scan op -------------------------------------------------------- */

/* @return ms; *is_own_limit: of scan_timeout and not the deadline's */
static int64_t time_for(const struct assay__yara *self, int64_t left_ms,
                        bool *is_own_limit)
{
    int64_t own_ms = self->settings.scan_timeout * MS_PER_S;

    *is_own_limit = own_ms > 0 && own_ms < left_ms;
    return *is_own_limit ? own_ms : left_ms;
}

void assay__yara_scan(void *instance, const assay_scan_args *args,
                      assay_finding *finding)
{
    struct assay__yara *self = instance;
    const assay_content *content = args->content;
    int64_t left_ms = args->deadline_ms - assay__yara_now_ms();
    struct assay__yara_outcome outcome;
    struct assay__yara_rules *rules;
    bool is_own_limit;

    if (left_ms <= 0) {
        say(finding, ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT,
            "the deadline had passed before the scan");
        return;
    }
    left_ms = time_for(self, left_ms, &is_own_limit);
    rules = assay__yara_rules_take(self);
    assay__yara_look(self, rules, content->data, content->size, left_ms,
                     &outcome);
    judge(self, &outcome, content->size, is_own_limit, finding);
    assay__yara_rules_drop(self, rules);
}
