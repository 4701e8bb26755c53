/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/build.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sizes.h"
#include "base/text.h"
#include "conf/parse.h"
#include "runtime/build_scope.h"
#include "runtime/paths.h"

/* Options that stand outside any stanza. */
struct global_options {
    const char *module_path;
    uint64_t max_message_size;
    uint64_t max_header_size;
    int64_t max_mime_parts;
    int64_t max_mime_depth;
    int64_t signature_check_interval;
    bool virus_headers;
};

#define SIGNATURE_CHECK_MAX_S 86400 /* a day */
#define GLOBAL(member) offsetof(struct global_options, member)

const assay_conf_option assay__global_option_table[] = {
    {.name = "Module_Path",
     .type = ASSAY_CONF_PATH,
     .offset = GLOBAL(module_path)},
    {.name = "Max_Message_Size",
     .type = ASSAY_CONF_SIZE,
     .offset = GLOBAL(max_message_size),
     .default_value = "536870912",
     .min = 1024,
     .max = INT64_C(2147483647)},
    {.name = "Max_Header_Size",
     .type = ASSAY_CONF_SIZE,
     .offset = GLOBAL(max_header_size),
     .default_value = "1048576",
     .min = 1024,
     .max = INT64_C(67108864)},
    {.name = "Max_MIME_Parts",
     .type = ASSAY_CONF_INT,
     .offset = GLOBAL(max_mime_parts),
     .default_value = "10000",
     .min = 1,
     .max = 1000000},
    {.name = "Max_MIME_Depth",
     .type = ASSAY_CONF_INT,
     .offset = GLOBAL(max_mime_depth),
     .default_value = "100",
     .min = 1,
     .max = 1000},
    {.name = "Signature_Check_Interval",
     .type = ASSAY_CONF_INT,
     .offset = GLOBAL(signature_check_interval),
     .default_value = "60",
     .max = SIGNATURE_CHECK_MAX_S},
    {.name = "Virus_Headers",
     .type = ASSAY_CONF_BOOL,
     .offset = GLOBAL(virus_headers),
     .default_value = "false"},
    {0},
};

/* ---- global options ---------------------------------------------------- */

static assay_rc read_globals(struct assay__build *build,
                             struct global_options *globals, assay_error *err)
{
    assay_message_limits *limits = &build->generation->policy.limits;
    assay_rc rc =
        assay__conf_defaults(assay__global_option_table, sizeof *globals,
                             build->generation->store, globals, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_fill(assay__global_option_table, build->root,
                              build->generation->store, build->diags, globals,
                              NULL, err);
    if (rc != ASSAY_OK)
        return rc;
    limits->max_message_bytes = globals->max_message_size;
    limits->max_header_bytes = globals->max_header_size;
    limits->max_parts = (uint32_t)globals->max_mime_parts;
    limits->max_depth = (uint32_t)globals->max_mime_depth;
    limits->max_decoded_bytes = globals->max_message_size;
    build->generation->signature_check_s = globals->signature_check_interval;
    if (globals->virus_headers)
        build->generation->policy.virus_headers = "Assay " ASSAY_VERSION_TEXT;
    return ASSAY_OK;
}

/* ---- policy languages -------------------------------------------------- */

static void note_broken(struct assay__build *build, const assay_error *why)
{
    if (build->broken_language.msg[0] == '\0')
        build->broken_language = *why;
    else
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, NULL, NULL, "%s",
                         why->msg);
}

static assay_rc load_language(struct assay__build *build, const char *folder,
                              const char *file, assay_error *err)
{
    struct assay__generation *generation = build->generation;
    struct assay__language_module **grown;
    char *path = assay__path_join(folder, file, "");
    size_t bytes;
    assay_rc rc = ASSAY_E_NOMEM;

    if (!path || !assay__size_mul(generation->language_module_count + 1,
                                  sizeof *grown, &bytes))
        goto done;
    grown = assay__generation_alloc(generation, bytes);
    if (!grown)
        goto done;
    if (generation->language_module_count > 0)
        memcpy(grown, generation->language_modules, bytes - sizeof *grown);
    generation->language_modules = grown;
    rc = assay__language_module_load(
        path, &grown[generation->language_module_count], err);
    if (rc == ASSAY_OK) {
        generation->language_module_count++;
    } else if (rc != ASSAY_E_NOMEM) {
        note_broken(build, err);
        rc = ASSAY_OK;
    }
done:
    free(path);
    if (rc == ASSAY_E_NOMEM)
        return assay_error_set(err, rc, "policy language %s", file);
    return rc;
}

static int is_module_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 3 &&
           strcmp(entry->d_name + len - 3, ".so") == 0;
}

/* Every language is loaded (not opened), because its table says which stanza
 * is its own. A missing folder means a build without languages. */
static assay_rc load_languages(struct assay__build *build, assay_error *err)
{
    char *folder = assay__path_join(build->module_path, "languages", "");
    struct dirent **entries = NULL;
    assay_rc rc = ASSAY_OK;
    int count;

    if (!folder)
        return assay_error_set(err, ASSAY_E_NOMEM, "policy languages");
    count = scandir(folder, &entries, is_module_file, alphasort);
    for (int i = 0; i < count; i++) {
        if (rc == ASSAY_OK)
            rc = load_language(build, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return rc;
}

/* ---- dispatching top-level stanzas ------------------------------------- */

static const assay_language_module *language_of(
    const struct assay__build *build, const struct assay__conf_item *item)
{
    struct assay__generation *generation = build->generation;

    for (size_t i = 0; i < generation->language_module_count; i++) {
        const assay_language_module *table =
            assay__language_module_table(generation->language_modules[i]);

        if (assay__text_equal(item->name, table->conf->name))
            return table;
    }
    return NULL;
}

static const assay_conf_stanza *host_of(const struct assay__build *build,
                                        const struct assay__conf_item *item)
{
    const assay_conf_stanza *const *stanza =
        build->input->options->host_stanzas;

    for (; stanza && *stanza; stanza++)
        if (assay__text_equal(item->name, (*stanza)->name))
            return *stanza;
    return NULL;
}

static assay_rc read_stanza(struct assay__build *build,
                            const struct assay__conf_item *item,
                            assay_error *err)
{
    const assay_language_module *language = language_of(build, item);
    const assay_conf_stanza *host = host_of(build, item);

    if (assay__text_equal(item->name, "antivirus"))
        return assay__build_scope(build, item, err);
    if (assay__text_equal(item->name, "cloudmark"))
        return assay__build_cloudmark(build, item, err);
    if (assay__text_equal(item->name, "maildir"))
        return assay__build_maildir(build, item, err);
    if (language)
        return assay__build_language(build, item, language, err);
    if (host)
        return assay__build_host(build, item, host, err);
    return ASSAY_OK; /* global engine stanzas were read before; others were
                        reported by assay__build_check_root() */
}

static assay_rc allocate(struct assay__build *build, assay_error *err)
{
    struct assay__generation *generation = build->generation;
    size_t count = build->root->count + 1;

    generation->scopes =
        assay__generation_alloc(generation, count * sizeof(void *));
    generation->languages = assay__generation_alloc(
        generation, count * sizeof *generation->languages);
    generation->modules = assay__generation_alloc(
        generation, count * sizeof *generation->modules);
    generation->maildir_options =
        assay__generation_alloc(generation, count * sizeof(void *));
    generation->pools =
        assay__generation_alloc(generation, sizeof *generation->pools);
    if (!generation->pools || !generation->maildir_options ||
        !generation->scopes || !generation->languages || !generation->modules)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration");
    assay__pool_plans_init(generation->pools);
    generation->maildirs.stanzas = generation->maildir_options;
    return ASSAY_OK;
}

static void finish_policy(struct assay__build *build)
{
    struct assay__generation *generation = build->generation;

    generation->policy.modules = generation->modules;
    generation->policy.log = build->input->log;
    generation->policy.is_trial = build->input->options->is_trial;
    generation->policy.maildirs = &generation->maildirs;
    generation->policy.dispatcher = (struct assay__dispatcher){
        .scopes = generation->scopes,
        .scope_count = generation->scope_count,
        .log = build->input->log,
    };
}

/* With nothing that decides every message passes; that must be meant. A policy
 * language without scripts decides nothing. */
static void warn_if_idle(struct assay__build *build)
{
    const struct assay__generation *generation = build->generation;

    for (size_t i = 0; i < generation->language_count; i++)
        if (generation->languages[i].args.child_count > 0)
            return;
    for (size_t i = 0; i < generation->scope_count; i++) {
        const struct assay__scope *scope = generation->scopes[i];

        for (size_t e = 0; e < scope->engine_count; e++)
            if (scope->engines[e]->options.enabled)
                return;
    }
    assay__conf_diag(build->diags, ASSAY__CONF_WARNING, NULL, NULL,
                     "no engine is enabled and no policy is configured: every "
                     "message passes without a scan");
}

static assay_rc read_stanzas(struct assay__build *build, assay_error *err)
{
    assay_rc rc = allocate(build, err);

    if (rc == ASSAY_OK)
        rc = assay__build_global_engines(build, err);
    if (rc == ASSAY_OK)
        rc = assay__build_pools(build, err);
    for (size_t i = 0; rc == ASSAY_OK && i < build->root->count; i++)
        if (build->root->items[i].is_stanza)
            rc = read_stanza(build, &build->root->items[i], err);
    finish_policy(build);
    if (rc == ASSAY_OK)
        rc = assay__build_activefilter(build, err);
    if (rc == ASSAY_OK && assay__conf_diags_errors(build->diags) == 0)
        warn_if_idle(build);
    return rc;
}

static assay_rc load_engines(struct assay__build *build, assay_error *err)
{
    char *folder = assay__path_join(build->module_path, "engines", "");
    assay_rc rc;

    if (!folder)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration");
    rc = assay__engine_set_new(folder, &build->generation->engines, err);
    free(folder);
    return rc;
}

/* A Module_Path of the configuration that leads to nothing is reported there,
 * and not once more with each stanza that misses its module. */
static bool module_path_is_good(struct assay__build *build)
{
    const struct assay__conf_item *option = NULL;
    struct stat st;

    for (size_t i = 0; i < build->root->count; i++)
        if (!build->root->items[i].is_stanza &&
            assay__text_equal(build->root->items[i].name, "Module_Path"))
            option = &build->root->items[i];
    if (!option || assay__engine_set_available(build->generation->engines, 0) ||
        build->generation->language_module_count > 0)
        return true;
    if (stat(build->module_path, &st) != 0 || !S_ISDIR(st.st_mode))
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &option->value.pos,
                         NULL, "'%s': '%s' is not a folder", option->name,
                         build->module_path);
    else
        assay__conf_diag(build->diags, ASSAY__CONF_ERROR, &option->value.pos,
                         "engines are looked for in its folder 'engines', "
                         "policy languages in 'languages'",
                         "'%s': '%s' holds no engine and no policy language",
                         option->name, build->module_path);
    return false;
}

static assay_rc read_tree(struct assay__build *build, assay_error *err)
{
    struct global_options globals;
    assay_rc rc = read_globals(build, &globals, err);

    if (rc != ASSAY_OK)
        return rc;
    build->module_path =
        globals.module_path ? globals.module_path : build->input->module_path;
    rc = load_languages(build, err);
    if (rc == ASSAY_OK)
        rc = load_engines(build, err);
    if (rc != ASSAY_OK || !module_path_is_good(build))
        return rc;
    build->globals = assay__global_option_table;
    rc = assay__build_check_root(build, assay__global_option_table, err);
    if (rc == ASSAY_OK)
        rc = read_stanzas(build, err);
    return rc;
}

/* ---- entry ------------------------------------------------------------- */

static assay_rc report(struct assay__build *build, assay_rc rc,
                       assay_error *err)
{
    const assay_options *options = build->input->options;
    size_t errors = assay__conf_diags_errors(build->diags);

    if (errors > 0)
        assay__conf_diags_hide_warnings(build->diags);
    if (options->diagnostic)
        assay__conf_diags_render(build->diags, build->generation->tree,
                                 options->diagnostic, options->diagnostic_arg);
    if (errors == 0 || (rc != ASSAY_OK && rc != ASSAY_E_CONF))
        return rc;
    return assay_error_set(err, ASSAY_E_CONF, "%s: %zu error%s",
                           options->config_path, errors,
                           errors == 1 ? "" : "s");
}

static assay_rc parse(struct assay__build *build, assay_error *err)
{
    const struct assay__build_input *input = build->input;

    if (input->files)
        return assay__conf_parse_files(input->files, build->diags,
                                       &build->generation->tree, err);
    return assay__conf_parse_file(input->options->config_path, build->diags,
                                  &build->generation->tree, err);
}

assay_rc assay__build(const struct assay__build_input *input,
                      struct assay__generation **out, assay_error *err)
{
    struct assay__build build = {.input = input};
    assay_error own = {0};
    assay_rc rc;

    if (!err)
        err = &own;
    rc = assay__generation_new(&build.generation, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__conf_diags_new(&build.diags, err);
    if (rc != ASSAY_OK)
        goto done;
    rc = parse(&build, err);
    if (rc == ASSAY_OK || (rc == ASSAY_E_CONF && build.generation->tree)) {
        build.root = assay__conf_tree_root(build.generation->tree);
        build.is_well_formed = rc == ASSAY_OK;
        assay__conf_diags_seal(build.diags);
        if (assay__conf_tree_is_balanced(build.generation->tree))
            rc = read_tree(&build, err);
    }
    rc = report(&build, rc, err);
done:
    assay__conf_diags_free(&build.diags);
    if (rc == ASSAY_OK) {
        *out = build.generation;
        return ASSAY_OK;
    }
    assay__generation_unref(&build.generation);
    return rc;
}
