/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * All that is counted, in one JSON object: what the commands of the console
 * answer, run one after the other without a console.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/generation.h"
#include "runtime/phase_call.h"

struct part {
    const struct assay__control_command *table;
    const char *command;
    const char *member; /* of its answer, and of ours */
};

static const struct part parts[] = {
    {assay__control_caches, "cache stats", "caches"},
    {assay__control_counters, "counter list", "counters"},
    {assay__control_pools, "threads stats", "pools"},
    {assay__control_scanners, "scanner list", "scanners"},
};

static const struct assay__control_command *find(
    const struct assay__control_command *table, const char *name)
{
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name ? table : NULL;
}

/* @return a member of the answer of a command; NULL: no memory */
static json_t *answer(assay *library,
                      const struct assay__control_command *command,
                      const char *target, const char *member)
{
    static const char *const no_words[] = {NULL};
    struct assay__control_session session = {.library = library};
    struct assay__control_reply reply;
    const struct assay__control_call call = {
        .session = &session,
        .target = target,
        .argv = no_words,
        .reply = &reply,
    };
    json_t *found = NULL;

    assay__control_reply_init(&reply);
    command->run(&call);
    if (!reply.incomplete)
        found = json_incref(json_object_get(reply.data, member));
    if (!found && !reply.incomplete) /* there is nothing of the kind */
        found = json_array();
    assay__control_reply_fini(&reply);
    return found;
}

static json_t *antivirus(assay *library)
{
    const struct assay__control_command *command =
        find(assay__control_antivirus, "antivirus: stats");
    struct assay__generation *generation = assay__present(library);
    json_t *scopes = json_object();

    for (size_t i = 0; scopes && i < generation->scope_count; i++) {
        const char *name = generation->scopes[i]->name;
        json_t *engines = answer(library, command, name, "engines");

        if (json_object_set_new(scopes, name, engines) != 0) {
            json_decref(scopes);
            scopes = NULL;
        }
    }
    assay__generation_unref(&generation);
    return scopes;
}

static json_t *phases(assay *library)
{
    struct assay__phases_stats stats;

    assay__phases_stats(assay__phases(library), &stats);
    return json_pack("{s:I, s:i, s:i, s:i}", "begun", (json_int_t)stats.begun,
                     "running", (int)stats.running, "waiting",
                     (int)stats.waiting, "untold", (int)stats.untold);
}

static bool fill(assay *library, json_t *all)
{
    bool is_whole =
        json_object_set_new(all, "version", json_string(assay_version())) ==
            0 &&
        json_object_set_new(all, "phases", phases(library)) == 0 &&
        json_object_set_new(all, "antivirus", antivirus(library)) == 0;

    for (size_t i = 0; is_whole && i < sizeof parts / sizeof *parts; i++)
        is_whole = json_object_set_new(
                       all, parts[i].member,
                       answer(library, find(parts[i].table, parts[i].command),
                              "", parts[i].member)) == 0;
    return is_whole;
}

assay_rc assay_statistics(assay *assay_, char **json_out, assay_error *err)
{
    json_t *all = json_object();
    char *text = NULL;

    if (all && fill(assay_, all))
        text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    if (!text)
        return assay_error_set(err, ASSAY_E_NOMEM, "statistics");
    if (strlen(text) > ASSAY__CONTROL_REPLY_MAX) {
        free(text);
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the statistics are over %d bytes",
                               ASSAY__CONTROL_REPLY_MAX);
    }
    *json_out = text;
    return ASSAY_OK;
}
