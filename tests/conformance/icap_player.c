/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The icap engine; see engine_player.h.
 *
 * usage: icap_player MODE THREADS TIMEOUT_MS CONFIG
 *
 * CONFIG is what stands in the stanza of the engine.
 */
#include <stdio.h>
#include <string.h>

#include "conf/parse.h"
#include "conf/schema.h"
#include "engine_player.h"
#include "icap.h"

const assay_engine_ops *const player_ops = &assay__icap_ops;

/* Until the end of the program. */
static struct assay__conf_diags *diags;
static struct assay__conf_tree *tree;
static struct assay__conf_store *store;
static struct assay__icap_settings settings;

static void print_line(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

static assay_rc fill(const char *config, assay_error *err)
{
    const assay_conf_option *options = assay__icap_conf.options;
    const assay_conf_option *const tables[] = {options, NULL};
    const char *const children[] = {NULL};
    assay_rc rc = assay__conf_parse_text("config", config, strlen(config),
                                         diags, &tree, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_defaults(options, sizeof settings, store, &settings,
                                  err);
    if (rc != ASSAY_OK)
        return rc;
    assay__conf_check_names(assay__conf_tree_root(tree), tables, children,
                            "icap", diags);
    return assay__conf_fill(options, assay__conf_tree_root(tree), store, diags,
                            &settings, NULL, err);
}

const void *player_settings(char **words, int count)
{
    assay_error err = {0};

    if (count != 1)
        player_die("usage: icap_player MODE THREADS TIMEOUT_MS CONFIG");
    if (settings.servers.count > 0)
        return &settings; /* an instance for each thread */
    if (assay__conf_diags_new(&diags, &err) != ASSAY_OK ||
        assay__conf_store_new(&store, &err) != ASSAY_OK ||
        fill(words[0], &err) != ASSAY_OK)
        player_die(err.msg);
    assay__conf_diags_render(diags, tree, print_line, NULL);
    if (assay__conf_diags_errors(diags) > 0)
        player_die("the configuration is wrong");
    return &settings;
}
