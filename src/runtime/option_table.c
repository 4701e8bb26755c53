/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/option_table.h"

#include "base/text.h"
#include "runtime/build.h"
#include "runtime/pools.h"
#include "store/maildir_options.h"

static void look(struct assay__option_place *place, const char *stanza,
                 const assay_conf_option *table, const char *option)
{
    place->is_known = true;
    place->stanza = stanza;
    for (; table && table->name && !place->option; table++)
        if (assay__text_equal(table->name, option))
            place->option = table;
}

static const assay_engine_module *engine_called(
    const struct assay__generation *generation, const char *name)
{
    for (size_t i = 0; i < generation->scope_count; i++) {
        const struct assay__scope *scope = generation->scopes[i];

        for (size_t e = 0; e < scope->engine_count; e++)
            if (assay__text_equal(scope->engines[e]->table->name, name))
                return scope->engines[e]->table;
    }
    return NULL;
}

/* antivirus NAME [ENGINE NAME] */
static void look_in_scope(const struct assay__generation *generation,
                          const struct assay__conf_path *path,
                          const char *option, struct assay__option_place *out)
{
    const assay_engine_module *engine;

    look(out, "antivirus", assay__scope_option_table, option);
    if (path->count < 3)
        return;
    if (out->option) {
        out->inherits = (struct assay__conf_path){path->words, 2};
        return;
    }
    engine = engine_called(generation, path->words[2]);
    out->is_known = engine != NULL;
    if (engine)
        look(out, engine->name, engine->conf->options, option);
}

/* The general options, then those of the backend in use. */
static void look_in_cloudmark(const struct assay__scorer *scorer,
                              const char *option,
                              struct assay__option_place *out)
{
    const assay_conf_stanza *own =
        scorer ? assay__scorer_module_table(scorer->module)->conf : NULL;

    look(out, "cloudmark", assay__scorer_option_table, option);
    if (own)
        look(out, "cloudmark", own->options, option);
}

/* NAME [INSTANCE] [CHILD …] */
static bool look_in_stanza(const assay_conf_stanza *stanza,
                           const struct assay__conf_path *path,
                           const char *option, struct assay__option_place *out)
{
    const assay_conf_stanza *const *child = stanza->children;
    size_t own = stanza->named ? 2 : 1;

    if (!assay__text_equal(stanza->name, path->words[0]))
        return false;
    if (path->count <= own) {
        look(out, stanza->name, stanza->options, option);
        return true;
    }
    for (; child && *child; child++)
        if (assay__text_equal((*child)->name, path->words[own]))
            look(out, (*child)->name, (*child)->options, option);
    return true;
}

void assay__option_find(const struct assay__generation *generation,
                        const struct assay__conf_path *path, const char *option,
                        struct assay__option_place *out)
{
    const char *name = path->count > 0 ? path->words[0] : "";

    *out = (struct assay__option_place){.is_known = false};
    if (path->count == 0) {
        look(out, "Global", assay__global_option_table, option);
    } else if (assay__text_equal(name, "antivirus")) {
        look_in_scope(generation, path, option, out);
    } else if (assay__text_equal(name, "ThreadPool")) {
        look(out, "ThreadPool", assay__pool_option_table, option);
    } else if (assay__text_equal(name, "cloudmark")) {
        look_in_cloudmark(generation->policy.scorer, option, out);
    } else if (assay__text_equal(name, "maildir")) {
        look(out, "maildir", assay__maildir_option_table, option);
    } else if (engine_called(generation, name)) {
        look(out, name, assay__engine_global_table, option);
    } else {
        for (size_t i = 0; i < generation->language_count; i++)
            if (look_in_stanza(generation->languages[i].table->conf, path,
                               option, out))
                return;
        for (size_t i = 0; i < generation->host_stanza_count; i++)
            if (look_in_stanza(generation->host_stanzas[i].stanza, path, option,
                               out))
                return;
    }
}
