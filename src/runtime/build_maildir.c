/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanzas `maildir "name" { … }`. The first one that handles a domain
 * takes its mail, so what a later one cannot get is said.
 */
#include "runtime/build_scope.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sizes.h"
#include "base/text.h"
#include "store/maildir_options.h"

/* Without these the server could not work in folders that it made itself. */
enum { OWNER_RIGHTS = 0700 };

/* ---- looking at what was written --------------------------------------- */

/* The last option of a name; NULL: it is not set. */
static const struct assay__conf_item *option_of(
    const struct assay__conf_item *stanza, const char *name)
{
    const struct assay__conf_item *last = NULL;

    for (size_t i = 0; i < stanza->count; i++)
        if (!stanza->items[i].is_stanza &&
            assay__text_equal(stanza->items[i].name, name))
            last = &stanza->items[i];
    return last;
}

static const struct assay__conf_pos *place_of(
    const struct assay__conf_item *stanza, const char *name)
{
    const struct assay__conf_item *option = option_of(stanza, name);

    return option ? &option->value.pos : &stanza->pos;
}

static void check_repeated(struct assay__build *build,
                           const struct assay__conf_item *item)
{
    for (const struct assay__conf_item *other = build->root->items;
         other < item; other++) {
        if (!other->is_stanza || !other->instance || !item->instance ||
            !assay__text_equal(other->name, item->name) ||
            strcmp(other->instance, item->instance) != 0)
            continue;
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &item->instance_pos,
                         NULL, "there is a 'maildir' named '%s' already",
                         item->instance);
        return;
    }
}

/* Two spellings of one option. */
static void check_create_users(struct assay__build *build,
                               const struct assay__conf_item *item,
                               const struct assay__maildir_settings *settings)
{
    if (!option_of(item, "create_users") || !option_of(item, "createusers") ||
        settings->create_users == settings->createusers)
        return;
    assay__conf_diag(build->diags, ASSAY__CONF_ERROR,
                     place_of(item, "createusers"),
                     "they are two names of one option; set one of them",
                     "'createusers' and 'create_users' contradict each other");
}

static void check_basedir(struct assay__build *build,
                          const struct assay__conf_item *item,
                          const char *basedir)
{
    const struct assay__conf_pos *pos = place_of(item, "basedir");
    struct stat is;

    if (stat(basedir, &is) == 0 && S_ISDIR(is.st_mode))
        return;
    if (stat(basedir, &is) == 0)
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, pos, NULL,
                         "'basedir': '%s' is not a folder", basedir);
    else if (errno != EACCES) /* another user may see more */
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, pos,
                         "make it by hand, for the user of the server, with "
                         "the mode of 'dirmode'",
                         "'basedir': '%s': %s", basedir,
                         strerrordesc_np(errno));
}

static void check_dirmode(struct assay__build *build,
                          const struct assay__conf_item *item, uint32_t mode)
{
    if ((mode & OWNER_RIGHTS) != OWNER_RIGHTS)
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR,
                         place_of(item, "dirmode"),
                         "modes are octal: 775 is rwxrwxr-x",
                         "'dirmode': with 0%o the server could not work in "
                         "the folders that it makes",
                         mode);
}

/* ---- who takes what ---------------------------------------------------- */

static const struct assay__maildir_options *taker_of(
    const struct assay__build *build, const char *domain)
{
    const struct assay__maildirs *earlier = &build->generation->maildirs;

    for (size_t i = 0; i < earlier->count; i++)
        if (assay__maildir_takes(earlier->stanzas[i], domain))
            return earlier->stanzas[i];
    return NULL;
}

static void check_word(struct assay__build *build,
                       const struct assay__conf_value *word)
{
    const struct assay__maildir_options *taker =
        word->text ? taker_of(build, word->text) : NULL;

    if (taker)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &word->pos, NULL,
                         "the maildir '%s' takes the domain '%s' already: the "
                         "first one wins",
                         taker->name, word->text);
}

static void check_domains(struct assay__build *build,
                          const struct assay__conf_item *item)
{
    for (size_t i = 0; i < item->count; i++) {
        const struct assay__conf_item *option = &item->items[i];

        if (option->is_stanza || (!assay__text_equal(option->name, "domain") &&
                                  !assay__text_equal(option->name, "domains")))
            continue;
        if (option->value.kind == ASSAY__CONF_WORD)
            check_word(build, &option->value);
        for (size_t w = 0; w < option->value.count; w++)
            check_word(build, &option->value.items[w]);
    }
}

static void check_takes_any(struct assay__build *build,
                            const struct assay__conf_item *item,
                            const struct assay__maildir_options *options)
{
    if (options->domains.count == 0 && !options->all_domains)
        assay__conf_diag(build->diags, ASSAY__CONF_WARNING, &item->pos,
                         "set 'domains', or 'all_domains = true'",
                         "the maildir '%s' takes no mail: it has no domain",
                         options->name);
}

/* ---- the stanza -------------------------------------------------------- */

static assay_rc fill(struct assay__build *build,
                     const struct assay__conf_item *item,
                     struct assay__maildir_settings *settings, assay_error *err)
{
    struct assay__conf_store *store = build->generation->store;
    uint64_t set_mask = 0;
    assay_rc rc = assay__conf_defaults(assay__maildir_option_table,
                                       sizeof *settings, store, settings, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_fill(assay__maildir_option_table, item, store,
                              build->diags, settings, &set_mask, err);
    if (rc == ASSAY_OK && build->is_well_formed)
        assay__conf_check_required(assay__maildir_option_table, set_mask, item,
                                   item->name, build->diags);
    return rc;
}

static assay_rc merge_domains(struct assay__build *build,
                              const struct assay__maildir_settings *settings,
                              assay_conf_list *out, assay_error *err)
{
    size_t count = settings->domain.count + settings->domains.count;
    const char **items;

    *out = (assay_conf_list){.count = 0};
    if (count == 0)
        return ASSAY_OK;
    items =
        assay__generation_alloc(build->generation, (count + 1) * sizeof *items);
    if (!items)
        return assay_error_set(err, ASSAY_E_NOMEM, "maildir");
    for (size_t i = 0; i < settings->domain.count; i++)
        items[i] = settings->domain.items[i];
    for (size_t i = 0; i < settings->domains.count; i++)
        items[settings->domain.count + i] = settings->domains.items[i];
    *out = (assay_conf_list){items, count};
    return ASSAY_OK;
}

static assay_rc make_options(struct assay__build *build,
                             const struct assay__conf_item *item,
                             const struct assay__maildir_settings *settings,
                             struct assay__maildir_options **out,
                             assay_error *err)
{
    struct assay__maildir_options *options =
        assay__generation_alloc(build->generation, sizeof *options);

    if (!options)
        return assay_error_set(err, ASSAY_E_NOMEM, "maildir");
    *options = (struct assay__maildir_options){
        .name = item->instance ? item->instance : "",
        .basedir = settings->basedir,
        .all_domains = settings->all_domains,
        .create_users = settings->create_users || settings->createusers,
        .domain_in_path = settings->domain_in_path,
        .dirmode = settings->dirmode,
        .filemode = settings->filemode,
        .clock = build->input->clock,
    };
    *out = options;
    return merge_domains(build, settings, &options->domains, err);
}

assay_rc assay__build_maildir(struct assay__build *build,
                              const struct assay__conf_item *item,
                              assay_error *err)
{
    static const assay_conf_option *const tables[] = {
        assay__maildir_option_table, NULL};
    static const char *const no_children[] = {NULL};
    struct assay__generation *generation = build->generation;
    struct assay__maildir_settings settings;
    struct assay__maildir_options *options = NULL;
    assay_rc rc;

    assay__conf_check_instance(item, true, build->diags);
    check_repeated(build, item);
    assay__conf_check_names_hinting(item, tables, no_children, item->name,
                                    assay__build_elsewhere, build,
                                    build->diags);
    rc = fill(build, item, &settings, err);
    if (rc == ASSAY_OK)
        rc = make_options(build, item, &settings, &options, err);
    if (rc != ASSAY_OK)
        return rc;
    check_create_users(build, item, &settings);
    if (options->basedir)
        check_basedir(build, item, options->basedir);
    check_dirmode(build, item, options->dirmode);
    check_takes_any(build, item, options);
    check_domains(build, item);
    generation->maildir_options[generation->maildirs.count++] = options;
    return ASSAY_OK;
}
