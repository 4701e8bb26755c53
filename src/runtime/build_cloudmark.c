/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanza cloudmark: general options, the backend they name, and the
 * backend's own options beside them.
 */
#include "runtime/build_scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runtime/paths.h"
#include "scan/scorer.h"

#define STANZA "cloudmark"
enum { BACKENDS_MAX = 64, HINT_MAX = 256 };

/* A stanza being read. */
struct reading {
    struct assay__build *build;
    const struct assay__conf_item *item;
    struct assay__scorer_options options;
    uint64_t set_mask;
    struct assay__scorer_module *module; /* counted reference */
    void *settings;                      /* of the generation */
};

/* ---- findings ------------------------------------------------------------ */

/* The last one decides; the stanza itself when it does not have it. */
static const struct assay__conf_pos *pos_of(const struct reading *reading,
                                            const char *option)
{
    const struct assay__conf_item *item = reading->item;

    for (size_t i = item->count; i > 0; i--)
        if (!item->items[i - 1].is_stanza &&
            assay__text_equal(item->items[i - 1].name, option))
            return &item->items[i - 1].value.pos;
    return &item->pos;
}

/* CM-02 */
static void warn_if_enabled(const struct reading *reading)
{
    if (reading->options.enabled)
        assay__conf_diag(reading->build->diags, ASSAY__CONF_WARNING,
                         pos_of(reading, "enabled"), NULL,
                         "cloudmark never scores by itself, only when a policy "
                         "asks for it: write 'enabled = false'");
}

static void check_names(const struct reading *reading)
{
    static const char *const no_children[] = {NULL};
    const assay_conf_stanza *own =
        reading->module ? assay__scorer_module_table(reading->module)->conf
                        : NULL;
    const assay_conf_option *const tables[] = {assay__scorer_option_table,
                                               own ? own->options : NULL, NULL};

    assay__build_check_singleton(reading->build, reading->item);
    assay__conf_check_instance(reading->item, false, reading->build->diags);
    if (reading->module) /* else half of the names are not known */
        assay__conf_check_names_hinting(reading->item, tables, no_children,
                                        STANZA, assay__build_elsewhere,
                                        reading->build, reading->build->diags);
}

/* ---- reading ------------------------------------------------------------- */

static assay_rc read_general(struct reading *reading, assay_error *err)
{
    struct assay__build *build = reading->build;
    assay_rc rc = assay__conf_defaults(
        assay__scorer_option_table, sizeof reading->options,
        build->generation->store, &reading->options, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_fill(assay__scorer_option_table, reading->item,
                              build->generation->store, build->diags,
                              &reading->options, NULL, err);
    return rc;
}

/* The names of backends that there are. */
struct backends {
    char names[BACKENDS_MAX][ASSAY_NAME_MAX + 1];
    size_t count;
};

static const char *next_backend(void *arg, size_t i)
{
    const struct backends *backends = arg;

    return i < backends->count ? backends->names[i] : NULL;
}

static void report_backend(const struct reading *reading, const char *folder,
                           assay_rc rc, const char *why)
{
    struct backends backends;
    const char *nearest;
    char hint[HINT_MAX] = "";
    size_t len = 0;

    backends.count = assay__scorer_names(folder, backends.names, BACKENDS_MAX);
    nearest =
        assay__conf_nearest(reading->options.backend, next_backend, &backends);
    if (rc == ASSAY_E_NOTFOUND && nearest)
        (void)snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    for (size_t i = 0; rc == ASSAY_E_NOTFOUND && !nearest &&
                       i < backends.count && len < sizeof hint;
         i++)
        len +=
            (size_t)snprintf(hint + len, sizeof hint - len, "%s%s",
                             i == 0 ? "there are " : ", ", backends.names[i]);
    assay__conf_diag(reading->build->diags, ASSAY__CONF_ERROR,
                     pos_of(reading, "backend"), hint[0] ? hint : NULL,
                     "'backend': %s", why);
}

/* A backend that cannot be loaded is a finding, and reading->module NULL. */
static assay_rc load_backend(struct reading *reading, assay_error *err)
{
    char *folder = assay__path_join(reading->build->module_path, "scorers", "");
    assay_rc rc = ASSAY_E_NOMEM;

    if (!folder)
        return assay_error_set(err, rc, STANZA);
    rc = assay__scorer_module_load(folder, reading->options.backend,
                                   &reading->module, err);
    if (rc != ASSAY_OK && rc != ASSAY_E_NOMEM) {
        report_backend(reading, folder, rc, err->msg);
        rc = ASSAY_OK;
    }
    free(folder);
    return rc;
}

static assay_rc read_own(struct reading *reading, assay_error *err)
{
    struct assay__build *build = reading->build;
    const assay_conf_stanza *conf =
        assay__scorer_module_table(reading->module)->conf;
    uint64_t set_mask = 0;
    assay_rc rc;

    if (!conf || !conf->options)
        return ASSAY_OK;
    reading->settings =
        assay__generation_alloc(build->generation, conf->settings_size);
    if (!reading->settings)
        return assay_error_set(err, ASSAY_E_NOMEM, STANZA);
    rc = assay__conf_defaults(conf->options, conf->settings_size,
                              build->generation->store, reading->settings, err);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(conf->options, reading->item,
                              build->generation->store, build->diags,
                              reading->settings, &set_mask, err);
    if (rc == ASSAY_OK && build->is_well_formed)
        assay__conf_check_required(conf->options, set_mask, reading->item,
                                   STANZA, build->diags);
    return rc;
}

/* What is wrong already is not told again. */
static assay_rc check_scorer(const struct reading *reading,
                             struct assay__scorer *scorer)
{
    const char *option = "backend";
    assay_error why = {0};
    assay_rc rc;

    if (assay__conf_diags_errors(reading->build->diags) > 0)
        return ASSAY_OK;
    rc = assay__scorer_check(scorer, &option, &why);
    if (rc != ASSAY_OK && rc != ASSAY_E_NOMEM)
        assay__conf_diag(reading->build->diags, ASSAY__CONF_ERROR,
                         pos_of(reading, option), NULL, "'%s': %s", option,
                         why.msg);
    return rc == ASSAY_E_NOMEM ? rc : ASSAY_OK;
}

static assay_rc make_scorer(struct reading *reading, assay_error *err)
{
    struct assay__generation *generation = reading->build->generation;
    assay_rc rc;

    if (generation->policy.scorer) /* the second one was reported */
        return ASSAY_OK;
    assay__build_check_pool(reading->build, reading->item,
                            reading->options.pool);
    assay__build_check_workers(reading->build, reading->item,
                               reading->options.pool);
    rc = assay__scorer_new(reading->module, &reading->options,
                           reading->settings, reading->build->input->clock,
                           &generation->policy.scorer, err);
    if (rc == ASSAY_OK &&
        check_scorer(reading, generation->policy.scorer) != ASSAY_OK)
        rc = assay_error_set(err, ASSAY_E_NOMEM, STANZA);
    return rc;
}

assay_rc assay__build_cloudmark(struct assay__build *build,
                                const struct assay__conf_item *item,
                                assay_error *err)
{
    struct reading reading = {.build = build, .item = item};
    assay_rc rc = read_general(&reading, err);

    if (rc == ASSAY_OK)
        rc = load_backend(&reading, err);
    if (rc == ASSAY_OK) {
        check_names(&reading);
        warn_if_enabled(&reading);
    }
    if (rc == ASSAY_OK && reading.module)
        rc = read_own(&reading, err);
    if (rc == ASSAY_OK && reading.module)
        rc = make_scorer(&reading, err);
    assay__scorer_module_unref(&reading.module);
    return rc;
}

assay_rc assay__build_activefilter(struct assay__build *build, assay_error *err)
{
    struct assay__policy *policy = &build->generation->policy;
    struct assay__activefilter_options options = {
        .maildirs = &build->generation->maildirs,
        .log = build->input->log,
        .clock = build->input->clock,
        .is_trial = build->input->options->is_trial,
    };

    if (!policy->scorer)
        return ASSAY_OK;
    options.state = policy->scorer->options->activefilter_state;
    options.max_entries = policy->scorer->options->activefilter_max;
    options.expire_s = policy->scorer->options->activefilter_expire_s;
    return assay__activefilter_new(&options, &policy->activefilter, err);
}
