/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Stanzas whose tables belong to somebody else: policy languages and hosts.
 */
#include "runtime/build_scope.h"

#include <stdio.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"

static assay_rc fill_settings(struct assay__build *build,
                              const struct assay__conf_item *item,
                              const assay_conf_stanza *stanza,
                              const void **settings_out, assay_error *err)
{
    void *settings =
        assay__generation_alloc(build->generation, stanza->settings_size);
    uint64_t set_mask = 0;
    assay_rc rc;

    if (!settings)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", stanza->name);
    *settings_out = settings;
    if (!stanza->options)
        return ASSAY_OK;
    rc = assay__conf_defaults(stanza->options, stanza->settings_size,
                              build->generation->store, settings, err);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(stanza->options, item, build->generation->store,
                              build->diags, settings, &set_mask, err);
    if (rc == ASSAY_OK && build->is_well_formed &&
        (stanza->named || !item->instance)) /* it may be the missing value */
        assay__conf_check_required(stanza->options, set_mask, item,
                                   stanza->name, build->diags);
    return rc;
}

static const assay_conf_stanza *child_stanza(
    const assay_conf_stanza *stanza, const struct assay__conf_item *item)
{
    const assay_conf_stanza *const *child = stanza->children;

    for (; child && *child; child++)
        if (assay__text_equal(item->name, (*child)->name))
            return *child;
    return NULL;
}

static assay_rc check_names(struct assay__build *build,
                            const struct assay__conf_item *item,
                            const assay_conf_stanza *stanza, assay_error *err)
{
    const assay_conf_option *const tables[] = {stanza->options, NULL};
    size_t count = 0;
    const char **names;

    while (stanza->children && stanza->children[count])
        count++;
    names =
        assay__generation_alloc(build->generation, (count + 1) * sizeof *names);
    if (!names)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", stanza->name);
    for (size_t i = 0; i < count; i++)
        names[i] = stanza->children[i]->name;
    assay__conf_check_instance(item, stanza->named, build->diags);
    assay__conf_check_names_hinting(item, tables, names, stanza->name,
                                    assay__build_elsewhere, build,
                                    build->diags);
    return ASSAY_OK;
}

/* A name given twice to stanzas of one kind would hide one of them. */
static void check_repeats(struct assay__build *build,
                          const struct assay__conf_item *parent, size_t index,
                          const assay_conf_stanza *stanza)
{
    const struct assay__conf_item *item = &parent->items[index];

    for (size_t i = 0; i < index; i++) {
        const struct assay__conf_item *other = &parent->items[i];

        if (!other->is_stanza || !assay__text_equal(other->name, item->name))
            continue;
        if (!stanza->repeatable)
            assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->pos, NULL,
                             "'%s' may stand here only once", stanza->name);
        else if (item->instance && other->instance &&
                 strcmp(item->instance, other->instance) == 0)
            assay__conf_diag(build->diags, ASSAY__CONF_ERROR,
                             &item->instance_pos, NULL,
                             "there is a '%s' named '%s' already", stanza->name,
                             item->instance);
        else
            continue;
        return;
    }
}

/* ---- policy languages -------------------------------------------------- */

static assay_rc add_child(struct assay__build *build,
                          const struct assay__conf_item *item,
                          const assay_conf_stanza *stanza,
                          struct assay_language_child *child, assay_error *err)
{
    assay_rc rc = check_names(build, item, stanza, err);

    if (rc != ASSAY_OK)
        return rc;
    child->stanza = stanza;
    child->instance = item->instance ? item->instance : "";
    child->file = item->pos.file;
    child->line = item->pos.line;
    return fill_settings(build, item, stanza, &child->settings, err);
}

static assay_rc add_children(struct assay__build *build,
                             const struct assay__conf_item *item,
                             const assay_language_module *table,
                             struct assay__language *language, assay_error *err)
{
    struct assay_language_child *children = assay__generation_alloc(
        build->generation, (item->count + 1) * sizeof *children);
    assay_rc rc = ASSAY_OK;

    if (!children)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", item->name);
    for (size_t i = 0; rc == ASSAY_OK && i < item->count; i++) {
        const assay_conf_stanza *stanza =
            item->items[i].is_stanza
                ? child_stanza(table->conf, &item->items[i])
                : NULL;

        if (!stanza)
            continue;
        check_repeats(build, item, i, stanza);
        rc = add_child(build, &item->items[i], stanza,
                       &children[language->args.child_count++], err);
    }
    language->args.children = children;
    return rc;
}

/* Repeating the stanza under the same name adds scripts; another name would
 * be a second instance, which the platform never had. */
static void check_single_instance(struct assay__build *build,
                                  const struct assay__conf_item *item,
                                  const assay_language_module *table)
{
    for (size_t i = 0; i < build->generation->language_count; i++) {
        const struct assay__language *other = &build->generation->languages[i];

        if (other->table != table || !item->instance ||
            strcmp(other->instance, item->instance) == 0)
            continue;
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->instance_pos,
                         NULL,
                         "'%s' has one instance only, and it is named '%s'",
                         table->conf->name, other->instance);
        return;
    }
}

assay_rc assay__build_language(struct assay__build *build,
                               const struct assay__conf_item *item,
                               const assay_language_module *table,
                               assay_error *err)
{
    struct assay__generation *generation = build->generation;
    struct assay__language *language;
    struct assay__policy_module *module;
    assay_rc rc = check_names(build, item, table->conf, err);

    if (rc != ASSAY_OK)
        return rc;
    check_single_instance(build, item, table);
    language = &generation->languages[generation->language_count++];
    language->table = table;
    language->instance = item->instance ? item->instance : "";
    language->args.instance = language->instance;
    language->args.share_path = build->input->share_path;
    rc = fill_settings(build, item, table->conf, &language->args.settings, err);
    if (rc == ASSAY_OK)
        rc = add_children(build, item, table, language, err);
    if (rc != ASSAY_OK)
        return rc;
    language->module = generation->policy.count;
    module = &generation->modules[generation->policy.count++];
    module->kind = ASSAY__POLICY_LANGUAGE;
    module->ops = table->ops;
    (void)snprintf(module->name, sizeof module->name, "%.40s:%.40s",
                   table->conf->name, language->instance);
    return ASSAY_OK;
}

/* ---- host stanzas ------------------------------------------------------ */

static assay_rc add_host_stanza(struct assay__build *build,
                                const struct assay__conf_item *item,
                                const assay_conf_stanza *stanza,
                                assay_error *err)
{
    struct assay__generation *generation = build->generation;
    struct assay__host_stanza *grown;
    size_t count = generation->host_stanza_count;
    assay_rc rc = check_names(build, item, stanza, err);

    if (rc != ASSAY_OK)
        return rc;
    grown = assay__generation_alloc(generation, (count + 1) * sizeof *grown);
    if (!grown)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s", stanza->name);
    if (count > 0)
        memcpy(grown, generation->host_stanzas, count * sizeof *grown);
    grown[count].stanza = stanza;
    grown[count].instance = item->instance ? item->instance : "";
    generation->host_stanzas = grown;
    generation->host_stanza_count = count + 1;
    return fill_settings(build, item, stanza, &grown[count].settings, err);
}

/* Index of a top-level stanza in its parent; it stands there for sure. */
static size_t index_in(const struct assay__conf_item *parent,
                       const struct assay__conf_item *item)
{
    return (size_t)(item - parent->items);
}

assay_rc assay__build_host(struct assay__build *build,
                           const struct assay__conf_item *item,
                           const assay_conf_stanza *stanza, assay_error *err)
{
    assay_rc rc;

    check_repeats(build, build->root, index_in(build->root, item), stanza);
    rc = add_host_stanza(build, item, stanza, err);
    for (size_t i = 0; rc == ASSAY_OK && i < item->count; i++) {
        const assay_conf_stanza *child =
            item->items[i].is_stanza ? child_stanza(stanza, &item->items[i])
                                     : NULL;

        if (!child)
            continue;
        check_repeats(build, item, i, child);
        rc = add_host_stanza(build, &item->items[i], child, err);
    }
    return rc;
}
