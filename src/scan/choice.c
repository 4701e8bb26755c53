/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/choice.h"

#include <stdio.h>

#include "base/text.h"

#define BYPASS_PREFIX "__bypass_"

static bool is_skipped(const struct assay__run *run,
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

static bool is_bypass_set(const struct assay__run *run, const char *module)
{
    char key[sizeof BYPASS_PREFIX + ASSAY_NAME_MAX];
    const char *value;

    (void)snprintf(key, sizeof key, BYPASS_PREFIX "%s", module);
    value = assay_context_get(run->request->connection, key);
    return value && assay__text_equal(value, "true");
}

static bool is_bypassed(const struct assay__run *run, const char *engine)
{
    return run->request->connection &&
           (is_bypass_set(run, "antivirus") || is_bypass_set(run, engine));
}

static bool is_named(const struct assay__run *run,
                     const struct assay__engine_instance *engine)
{
    const char *name = run->request->engine;

    return !name || assay__text_equal(name, engine->table->name) ||
           assay__text_equal(name, engine->name);
}

enum assay__choice assay__choose(const struct assay__run *run,
                                 const struct assay__scope *scope,
                                 const struct assay__engine_instance *engine)
{
    if (!is_named(run, engine))
        return ASSAY__CHOICE_OTHER_NAME;
    if (is_skipped(run, &engine->options))
        return ASSAY__CHOICE_SKIPPED;
    if (!run->request->hook)
        return ASSAY__CHOICE_RUN;
    if (is_bypassed(run, engine->table->name))
        return ASSAY__CHOICE_BYPASSED;
    if (!scope->options.enabled || !engine->options.enabled)
        return ASSAY__CHOICE_PASSIVE;
    return ASSAY__CHOICE_RUN;
}

static void set_verdict(assay_verdict *verdict, assay_status status,
                        const char *info)
{
    *verdict = (assay_verdict){.status = status};
    assay__text_copy(verdict->info, sizeof verdict->info, info);
}

void assay__choice_explain(const struct assay__run *run,
                           const struct assay__scope *scope,
                           enum assay__choice choice, assay_verdict *verdict)
{
    if (choice == ASSAY__CHOICE_SKIPPED ||
        (choice == ASSAY__CHOICE_OTHER_NAME &&
         is_skipped(run, &scope->options)))
        set_verdict(verdict, ASSAY_STATUS_SKIPPED, "skipped");
    else if (choice == ASSAY__CHOICE_BYPASSED)
        set_verdict(verdict, ASSAY_STATUS_SKIPPED, "bypassed");
    else if (choice == ASSAY__CHOICE_PASSIVE)
        set_verdict(verdict, ASSAY_STATUS_SKIPPED, "passive");
    else
        set_verdict(verdict, ASSAY_STATUS_NO_ENGINE, "no such engine");
    assay__text_copy(verdict->scope, sizeof verdict->scope, scope->name);
}
