/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "instance.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callout.h"
#include "interp.h"
#include "loader.h"
#include "session.h"

#define DEFAULT_INTERPRETERS_MAX 8

struct lassay_instance {
    struct lassay_options options;                          /* set once */
    struct lassay_interp *interps[LASSAY_INTERPRETERS_MAX]; /* set once */
    size_t count;                                           /* set once */
    uint32_t phases;    /* set once: bits of those with a callout */
    atomic_size_t next; /* atomic: interpreter of the next new session */
};

static size_t interpreter_count(const struct lassay_settings *settings)
{
    long processors;

    if (settings->interpreters > 0)
        return (size_t)settings->interpreters;
    processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1)
        return 1;
    return processors < DEFAULT_INTERPRETERS_MAX ? (size_t)processors
                                                 : DEFAULT_INTERPRETERS_MAX;
}

/* ---- loading ----------------------------------------------------------- */

static assay_rc init_modules(struct lassay_interp *interp, const char *script,
                             size_t first, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    /* init may register modules, too: the count is read each time. */
    for (size_t i = first; i < interp->module_count && rc == ASSAY_OK; i++) {
        struct lassay_run run = {.script = script};

        rc = lassay_run_call(&run, interp->L, lassay_callout_init, &i, err);
    }
    return rc;
}

/* The folder of the file a stanza stands in. */
static void folder_of(const char *file, char out[PATH_MAX])
{
    const char *slash = strrchr(file, '/');
    size_t len = slash ? (size_t)(slash - file) : 0;

    if (len >= PATH_MAX)
        len = PATH_MAX - 1;
    memcpy(out, file, len);
    out[len] = '\0';
    if (!slash)
        memcpy(out, ".", 2);
}

static assay_rc load_script(struct lassay_interp *interp,
                            const struct assay_language_child *child,
                            assay_error *err)
{
    const struct lassay_script_settings *settings = child->settings;
    char folder[PATH_MAX];
    struct lassay_script script = {
        .name = child->instance, .source = settings->source, .folder = folder};
    struct lassay_run run = {.script = child->instance};
    size_t first = interp->module_count;
    assay_error cause = {0};
    assay_rc rc;

    folder_of(child->file, folder);
    rc = lassay_run_call(&run, interp->L, lassay_loader_run, &script, &cause);
    if (rc == ASSAY_OK)
        rc = init_modules(interp, child->instance, first, &cause);
    if (rc != ASSAY_OK)
        assay_error_set(err, rc, "%s:%u: %s", child->file, child->line,
                        cause.msg);
    return rc;
}

static assay_rc add_interpreter(struct lassay_instance *instance,
                                const assay_language_args *args,
                                assay_error *err)
{
    struct lassay_interp *interp;
    assay_rc rc = lassay_interp_new(&instance->options, &interp, err);

    if (rc != ASSAY_OK)
        return rc;
    /* What scripts print while loading is the same in each interpreter. */
    interp->quiet = instance->count > 0;
    instance->interps[instance->count++] = interp;
    for (size_t i = 0; i < args->child_count && rc == ASSAY_OK; i++)
        rc = load_script(interp, &args->children[i], err);
    interp->quiet = false;
    return rc;
}

static uint32_t find_phases(struct lassay_interp *interp)
{
    struct lassay_run run = {0};
    uint32_t phases;

    if (lassay_run_call(&run, interp->L, lassay_callout_phases, &phases,
                        NULL) != ASSAY_OK)
        return UINT32_MAX;
    return phases;
}

assay_rc lassay_instance_open(const assay_language_args *args,
                              void **instance_out, assay_error *err)
{
    const struct lassay_settings *settings = args->settings;
    struct lassay_instance *instance = calloc(1, sizeof *instance);
    size_t wanted = interpreter_count(settings);
    assay_rc rc = ASSAY_OK;

    if (!instance)
        return assay_error_set(err, ASSAY_E_NOMEM, "lua: no instance");
    instance->options = (struct lassay_options){
        .log = args->log,
        .share_path = args->share_path,
        .activefilter = args->activefilter,
        .time_limit_ms = settings->time_limit_ms,
        .memory_limit = (size_t)settings->memory_limit,
        .gc_pause = (int)settings->gc_pause,
        .gc_stepmul = (int)settings->gc_stepmul,
    };
    while (rc == ASSAY_OK && instance->count < wanted)
        rc = add_interpreter(instance, args, err);
    if (rc != ASSAY_OK) {
        lassay_instance_close(instance);
        return rc;
    }
    instance->phases = find_phases(instance->interps[0]);
    *instance_out = instance;
    return ASSAY_OK;
}

/* ---- closing ----------------------------------------------------------- */

static void deinit_modules(struct lassay_interp *interp)
{
    for (size_t i = 0; i < interp->module_count; i++) {
        struct lassay_run run = {0};

        /* It is logged; the rest must close all the same. */
        (void)lassay_run_call(&run, interp->L, lassay_callout_deinit, &i, NULL);
    }
}

/* All interpreters loaded the same scripts. A script that defines a callout
 * only later is called, but no host waits for its answer. */
uint32_t lassay_instance_phases(void *instance)
{
    struct lassay_instance *self = instance;

    return self->phases;
}

void lassay_instance_close(void *instance)
{
    struct lassay_instance *self = instance;

    for (size_t i = 0; i < self->count; i++) {
        self->interps[i]->quiet = i > 0;
        deinit_modules(self->interps[i]);
        lassay_interp_free(&self->interps[i]);
    }
    free(self);
}

/* ---- sessions ---------------------------------------------------------- */

static assay_rc bind_session(struct lassay_instance *instance, void **state,
                             assay_error *err)
{
    size_t next = atomic_fetch_add(&instance->next, 1);
    struct lassay_session *session = NULL;
    assay_rc rc = lassay_session_new(instance->interps[next % instance->count],
                                     &session, err);

    if (rc == ASSAY_OK)
        *state = session;
    return rc;
}

assay_rc lassay_instance_run(void *instance, void **state,
                             const assay_call *call, assay_flow *flow_out,
                             assay_error *err)
{
    assay_rc rc = *state ? ASSAY_OK : bind_session(instance, state, err);

    if (rc != ASSAY_OK)
        return rc;
    return lassay_session_run(*state, call, flow_out, err);
}
