/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The table of general antivirus options, and what a hook scan answers under
 * them. antivirus.opt documents each option; a test compares the two.
 */
#include "scan/scope_options.h"

#include <stddef.h>

#include <assay/log.h>

#include "base/sizes.h"
#include "base/text.h"
#include "scan/debug_level.h"
#include "scan/isolation.h"

#define TIMEOUT_MAX_S 86400 /* a day */

#define AT(member) offsetof(struct assay__scope_options, member)

static const assay_conf_word action_words[] = {
    {"reject", ASSAY__SCAN_REJECT, NULL},
    {"pass", ASSAY__SCAN_PASS, NULL},
    {"quarantine", ASSAY__SCAN_REJECT,
     "'quarantine' is invalid since 3.1; use 'reject', or 'pass' and a policy"},
    {NULL, 0, NULL},
};

static const assay_conf_word answer_words[] = {
    {"reject", ASSAY__ANSWER_REJECT, NULL},
    {"tempfail", ASSAY__ANSWER_TEMPFAIL, NULL},
    {"pass", ASSAY__ANSWER_PASS, NULL},
    {NULL, 0, NULL},
};

static const assay_conf_word isolation_words[] = {
    {"process", ASSAY__ISOLATION_PROCESS, NULL},
    {"none", ASSAY__ISOLATION_NONE, NULL},
    {NULL, 0, NULL},
};

static const assay_conf_word sandbox_words[] = {
    {"on", ASSAY_SANDBOX_ON, NULL},
    {"require", ASSAY_SANDBOX_REQUIRE, NULL},
    {"off", ASSAY_SANDBOX_OFF, NULL},
    {NULL, 0, NULL},
};

static const assay_conf_word reload_words[] = {
    {"beside", ASSAY__RELOAD_BESIDE, NULL},
    {"stop-then-load", ASSAY__RELOAD_STOP_THEN_LOAD, NULL},
    {NULL, 0, NULL},
};

const assay_conf_option assay__scope_option_table[] = {
    {.name = "enabled",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(enabled),
     .default_value = "true"},
    {.name = "debug_level",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(debug_level),
     .default_value = "ERROR",
     .words = assay__debug_level_words},
    {.name = "action",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(action),
     .default_value = "reject",
     .words = action_words},
    {.name = "cache_size",
     .type = ASSAY_CONF_INT,
     .offset = AT(cache_size),
     .default_value = "1000",
     .max = INT32_MAX},
    {.name = "clean_cache_size",
     .type = ASSAY_CONF_INT,
     .offset = AT(clean_cache_size),
     .default_value = "10000",
     .max = INT32_MAX},
    {.name = "context_variable",
     .type = ASSAY_CONF_STRING,
     .offset = AT(context_variable)},
    {.name = "error_code",
     .type = ASSAY_CONF_INT,
     .offset = AT(error_code),
     .default_value = "451",
     .min = 400,
     .max = 599},
    {.name = "file_base", .type = ASSAY_CONF_PATH, .offset = AT(file_base)},
    {.name = "max_concurrency",
     .type = ASSAY_CONF_INT,
     .offset = AT(max_concurrency),
     .default_value = "0",
     .max = INT32_MAX},
    {.name = "mime_decompose",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(mime_decompose),
     .default_value = "0"},
    {.name = "paranoid",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(paranoid),
     .default_value = "0"},
    {.name = "pool", .type = ASSAY_CONF_STRING, .offset = AT(pool)},
    {.name = "skip_context_variable",
     .type = ASSAY_CONF_STRING,
     .offset = AT(skip_context_variable),
     .default_value = "skip_virus_check"},
    {.name = "timeout",
     .type = ASSAY_CONF_INT,
     .offset = AT(timeout_s),
     .default_value = "10",
     .min = 1,
     .max = TIMEOUT_MAX_S},
    {.name = "use_wire_rep",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(use_wire_rep),
     .default_value = "true"},
    {.name = "max_size",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(max_size),
     .default_value = "0"},
    {.name = "on_error",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(on_error),
     .words = answer_words},
    {.name = "on_timeout",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(on_timeout),
     .words = answer_words},
    {.name = "on_unscannable",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(on_unscannable),
     .words = answer_words},
    {.name = "on_oversize",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(on_oversize),
     .words = answer_words},
    {.name = "on_encrypted",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(on_encrypted),
     .default_value = "pass",
     .words = answer_words},
    {.name = "isolation",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(isolation),
     .default_value = "process",
     .words = isolation_words},
    {.name = "sandbox",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(sandbox),
     .default_value = "on",
     .words = sandbox_words},
    {.name = "scanner_user",
     .type = ASSAY_CONF_STRING,
     .offset = AT(scanner_user)},
    {.name = "scanner_memory",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(scanner_memory),
     .default_value = "2147483648"},
    {.name = "scanner_growth",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(scanner_growth),
     .default_value = "268435456"},
    {.name = "scanner_scans",
     .type = ASSAY_CONF_INT,
     .offset = AT(scanner_scans),
     .default_value = "10000",
     .max = INT32_MAX},
    {.name = "reload",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(reload),
     .default_value = "beside",
     .words = reload_words},
    {.name = NULL},
};

/* ---- decisions --------------------------------------------------------- */

enum { REFUSAL_CODE = 550, LATER_CODE = 451, PERMANENT = 500 };

static struct assay__scope_decision decision(
    const struct assay__scope_options *options, const char *option,
    enum assay__answer answer)
{
    struct assay__scope_decision made = {.answer = answer, .option = option};

    if (answer == ASSAY__ANSWER_REJECT)
        made.code = REFUSAL_CODE;
    else if (answer == ASSAY__ANSWER_TEMPFAIL)
        made.code = (int)options->error_code;
    return made;
}

/* What action stands for when no option of the cause is set. */
static struct assay__scope_decision by_action(
    const struct assay__scope_options *options, enum assay__answer derived)
{
    return decision(options, "action",
                    options->action == ASSAY__SCAN_PASS ? ASSAY__ANSWER_PASS
                                                        : derived);
}

/* A 5xx error_code is honoured where action asks for it; who says "tempfail"
 * means that the sender shall try again. */
static struct assay__scope_decision by_option(
    const struct assay__scope_options *options, const char *option, int set,
    enum assay__answer derived)
{
    struct assay__scope_decision made;

    if (set == ASSAY__ANSWER_DEFAULT)
        return by_action(options, derived);
    made = decision(options, option, (enum assay__answer)set);
    if (set == ASSAY__ANSWER_TEMPFAIL && made.code >= PERMANENT)
        made.code = LATER_CODE;
    return made;
}

static struct assay__scope_decision decide_unscannable(
    const struct assay__scope_options *options, assay_reason reason)
{
    if (reason == ASSAY_REASON_ENCRYPTED)
        return by_option(options, "on_encrypted", options->on_encrypted,
                         ASSAY__ANSWER_REJECT);
    if (reason == ASSAY_REASON_OVERSIZE)
        return by_option(options, "on_oversize", options->on_oversize,
                         ASSAY__ANSWER_REJECT);
    return by_option(options, "on_unscannable", options->on_unscannable,
                     ASSAY__ANSWER_REJECT);
}

struct assay__scope_decision assay__scope_decide(
    const struct assay__scope_options *options, const assay_verdict *verdict)
{
    switch (verdict->status) {
    case ASSAY_STATUS_CLEAN:
    case ASSAY_STATUS_SKIPPED:
    case ASSAY_STATUS_NO_ENGINE:
        return decision(options, "", ASSAY__ANSWER_PASS);
    case ASSAY_STATUS_INFECTED:
        return by_action(options, ASSAY__ANSWER_REJECT);
    case ASSAY_STATUS_UNSCANNABLE:
    case ASSAY_STATUS_NOT_SUITABLE: /* not inspected either */
        return decide_unscannable(options, verdict->reason);
    case ASSAY_STATUS_ERROR:
    case ASSAY_STATUS_NAME_TOO_LONG:
    case ASSAY_STATUS_PART_IS_CONTAINER:
        break;
    }
    if (verdict->reason == ASSAY_REASON_TIMEOUT)
        return by_option(options, "on_timeout", options->on_timeout,
                         ASSAY__ANSWER_TEMPFAIL);
    return by_option(options, "on_error", options->on_error,
                     ASSAY__ANSWER_TEMPFAIL);
}

enum assay__answer assay__scope_answer(
    const struct assay__scope_options *options, const assay_verdict *verdict)
{
    return assay__scope_decide(options, verdict).answer;
}
