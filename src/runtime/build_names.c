/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which stanzas may stand where, and what is said of others. A stanza that
 * nobody knows may be that of an engine or a policy language whose file is
 * missing or broken, so the finding names the folder or what is wrong with the
 * file; it is made once, however often the stanza stands in the configuration.
 */
#include "runtime/build_scope.h"

#include <stdio.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "scan/scorer_options.h"
#include "store/maildir_options.h"

enum { HINT_MAX = 512 };

/* All that may stand at top level. @param names  NULL: count them only */
static size_t put_names(const struct assay__build *build, const char **names)
{
    const struct assay__generation *generation = build->generation;
    const assay_conf_stanza *const *host = build->input->options->host_stanzas;
    static const char *const own[] = {"ThreadPool", "cloudmark", "maildir"};
    const char *name = "antivirus";
    size_t n = 0;

    for (size_t i = 0; name; i++, n++) {
        if (names)
            names[n] = name;
        name = assay__engine_set_available(generation->engines, i);
    }
    for (size_t i = 0; i < ASSAY_COUNT_OF(own); i++, n++)
        if (names)
            names[n] = own[i];
    for (size_t i = 0; i < generation->language_module_count; i++, n++)
        if (names)
            names[n] =
                assay__language_module_table(generation->language_modules[i])
                    ->conf->name;
    for (; host && *host; host++, n++)
        if (names)
            names[n] = (*host)->name;
    return n;
}

/* Room for a list of names that ends with NULL; NULL when out of memory. */
static const char **new_names(struct assay__build *build, size_t count)
{
    size_t bytes;

    if (!assay__size_mul(count + 1, sizeof(char *), &bytes))
        return NULL;
    return assay__generation_alloc(build->generation, bytes);
}

static bool is_listed(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (assay__text_equal(*names, name))
            return true;
    return false;
}

static bool is_option(const assay_conf_option *const *tables, const char *name)
{
    for (; *tables; tables++)
        for (const assay_conf_option *o = *tables; o->name; o++)
            if (assay__text_equal(o->name, name))
                return true;
    return false;
}

static const char *next_name(void *arg, size_t i)
{
    return ((const char *const *)arg)[i];
}

/* Does a stanza of that name stand before the item, in the same place or at
 * top level, where it was reported? */
static bool was_reported(const struct assay__build *build,
                         const struct assay__conf_item *parent,
                         const struct assay__conf_item *item)
{
    const struct assay__conf_item *other;

    if (parent != build->root) {
        for (size_t i = 0; i < build->root->count; i++) {
            other = &build->root->items[i];
            if (other->is_stanza && assay__text_equal(other->name, item->name))
                return !is_listed(build->names, item->name);
        }
    }
    for (other = parent->items; other < item; other++)
        if (other->is_stanza && assay__text_equal(other->name, item->name))
            return true;
    return false;
}

static void report(struct assay__build *build,
                   const struct assay__conf_item *item, const char **known,
                   const char *scope)
{
    const char *nearest =
        assay__conf_nearest(item->name, next_name, (void *)known);
    char hint[HINT_MAX];

    if (nearest)
        (void)snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    else
        (void)snprintf(hint, sizeof hint,
                       "engines and policy languages are looked for in '%s'",
                       build->module_path);
    if (!nearest && build->broken_language.msg[0] != '\0') {
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, NULL,
                         "'%s' cannot be used: %s", item->name,
                         build->broken_language.msg);
        build->broken_language.msg[0] = '\0';
        return;
    }
    assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, hint,
                     "'%s' is not a valid scope name in scope '%s'", item->name,
                     scope);
}

/* ---- options that stand in the wrong place ----------------------------- */

static bool has_option(const assay_conf_option *table, const char *name)
{
    const assay_conf_option *const tables[] = {table, NULL};

    return table && is_option(tables, name);
}

static const char *say(struct assay__build *build, const char *option,
                       const char *place, const char *name)
{
    (void)snprintf(build->belongs, sizeof build->belongs,
                   "'%.60s' belongs %s%s", option, place, name);
    return build->belongs;
}

static const char *in_engine(struct assay__build *build, const char *option)
{
    struct assay__engine_set *set = build->generation->engines;
    struct assay__engine_module *module;
    const char *engine;
    char name[ASSAY_NAME_MAX * 2];

    for (size_t i = 0; (engine = assay__engine_set_available(set, i)) != NULL;
         i++) {
        if (assay__engine_set_get(set, engine, &module, NULL) != ASSAY_OK ||
            !has_option(assay__engine_module_table(module)->conf->options,
                        option))
            continue;
        (void)snprintf(name, sizeof name, "%s \"name\" { }", engine);
        return say(build, option,
                   "in an engine stanza inside antivirus: ", name);
    }
    return NULL;
}

static const char *in_stanza(struct assay__build *build,
                             const assay_conf_stanza *stanza,
                             const char *option)
{
    const assay_conf_stanza *const *child = stanza->children;

    if (has_option(stanza->options, option))
        return say(build, option, "in the stanza ", stanza->name);
    for (; child && *child; child++)
        if (has_option((*child)->options, option))
            return say(build, option, "in the stanza ", (*child)->name);
    return NULL;
}

const char *assay__build_elsewhere(void *arg, const char *option)
{
    struct assay__build *build = arg;
    const struct assay__generation *generation = build->generation;
    const assay_conf_stanza *const *host = build->input->options->host_stanzas;
    const char *text;

    if (has_option(assay__scope_option_table, option))
        return say(build, option,
                   "in an antivirus stanza, or in an engine stanza inside it",
                   "");
    if (has_option(assay__scorer_option_table, option))
        return say(build, option, "in the stanza ", "cloudmark");
    text = in_engine(build, option);
    for (size_t i = 0; !text && i < generation->language_module_count; i++)
        text = in_stanza(
            build,
            assay__language_module_table(generation->language_modules[i])->conf,
            option);
    for (; !text && host && *host; host++)
        text = in_stanza(build, *host, option);
    if (!text && has_option(assay__maildir_option_table, option))
        text = say(build, option, "in the stanza ", "maildir");
    if (!text && has_option(build->globals, option))
        text = say(build, option, "outside of any stanza", "");
    return text;
}

assay_rc assay__build_check_names(struct assay__build *build,
                                  const struct assay__conf_item *item,
                                  const assay_conf_option *const *tables,
                                  const char **known, const char *scope,
                                  assay_error *err)
{
    const char **allowed;
    size_t count = 0;

    while (known[count])
        count++;
    allowed = new_names(build, count + item->count);
    if (!allowed)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", scope);
    memcpy(allowed, known, count * sizeof *allowed);
    for (size_t i = 0; i < item->count; i++) {
        const struct assay__conf_item *child = &item->items[i];

        if (!child->is_stanza || is_listed(known, child->name) ||
            is_option(tables, child->name))
            continue;
        if (!was_reported(build, item, child))
            report(build, child, known, scope);
        allowed[count++] = child->name;
    }
    assay__conf_check_names_hinting(item, tables, allowed, scope,
                                    assay__build_elsewhere, build,
                                    build->diags);
    return ASSAY_OK;
}

assay_rc assay__build_check_root(struct assay__build *build,
                                 const assay_conf_option *options,
                                 assay_error *err)
{
    const assay_conf_option *const tables[] = {options, NULL};
    assay_rc rc;

    build->names = new_names(build, put_names(build, NULL));
    if (!build->names)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration");
    (void)put_names(build, build->names);
    rc = assay__build_check_names(build, build->root, tables, build->names,
                                  "Global", err);
    if (build->broken_language.msg[0] != '\0')
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, NULL, NULL, "%s",
                         build->broken_language.msg);
    return rc;
}

assay_rc assay__build_engine_names(struct assay__build *build,
                                   const char ***out, assay_error *err)
{
    struct assay__engine_set *engines = build->generation->engines;
    const char **names;
    size_t count = 0;

    while (assay__engine_set_available(engines, count))
        count++;
    names = new_names(build, count);
    if (!names)
        return assay_error_set(err, ASSAY_E_NOMEM, "antivirus");
    for (size_t i = 0; i < count; i++)
        names[i] = assay__engine_set_available(engines, i);
    *out = names;
    return ASSAY_OK;
}
