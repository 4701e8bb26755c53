/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The host interface: one object per host, which holds the present
 * generation, the thread pools and the thread that probes engines.
 *
 * Locking: `lock` (rank generation) guards `present`, `reloading` and, while
 * threads may be changing it, `refresher`. It is
 * held only to copy a pointer or to change a flag; building, opening and
 * closing a generation happens without it.
 */
#include <assay/activefilter.h>
#include <assay/assay.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "policy/session.h"
#include "rt/lock.h"
#include "runtime/assay_priv.h"
#include "runtime/build.h"
#include "runtime/counters.h"
#include "runtime/host_stanzas.h"
#include "runtime/paths.h"
#include "runtime/phase_call.h"
#include "runtime/policy_table.h"
#include "runtime/pools.h"
#include "runtime/ticker.h"

enum {
    PROBE_INTERVAL_MS = 60 * 1000,
    MS_PER_S = 1000,
    POLICY_TEXT_MAX = 1 << 20 /* bytes of one scope's policy table */
};

struct assay {
    assay_options options; /* strings are own copies */
    char *config_path, *module_path, *share_path;
    assay_log log;
    struct assay__lock lock;
    struct assay__cond reloaded;
    struct assay__generation *present; /* lock */
    bool reloading;                    /* lock */
    struct assay__host_stanzas host;   /* what it was given; set once */
    struct assay__pools *pools;
    struct assay__wall_clock clock; /* the host's; set once */
    struct assay__phases *phases;
    _Atomic bool is_started;         /* processes may be started */
    _Atomic bool is_stopped;         /* sessions take no more steps */
    struct assay__ticker *ticker;    /* NULL: not started */
    struct assay__ticker *refresher; /* lock; likewise; apart from the probes,
                                        for a refresh may take minutes */
    struct assay__counters *counters;
};

const char *assay_version(void)
{
    return ASSAY_VERSION_TEXT;
}

/* ---- options ----------------------------------------------------------- */

/* Copies what a possibly older, shorter struct has. */
static void copy_options(assay_options *to, const assay_options *from)
{
    size_t size = from->struct_size;

    memset(to, 0, sizeof *to);
    memcpy(to, from, size < sizeof *to ? size : sizeof *to);
    to->struct_size = sizeof *to;
}

/* No compiler makes a struct end amid a pointer. */
static assay_rc check_options(const assay_options *options, assay_error *err)
{
    if (!options || options->struct_size < offsetof(assay_options, log_level) ||
        options->struct_size > sizeof *options * 4 ||
        options->struct_size % _Alignof(assay_options) != 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "assay_options is not initialised: use "
                               "ASSAY_OPTIONS_INIT");
    if (!options->config_path)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "assay_options has no config_path");
    return ASSAY_OK;
}

static assay_rc own_options(assay *self, const assay_options *options,
                            assay_error *err)
{
    assay_rc rc;

    copy_options(&self->options, options);
    self->config_path =
        assay__text_dup(options->config_path, strlen(options->config_path));
    if (!self->config_path)
        return assay_error_set(err, ASSAY_E_NOMEM, "options");
    self->options.config_path = self->config_path;
    rc = assay__path_beside_library(self->options.module_path, "assay",
                                    &self->module_path, err);
    if (rc == ASSAY_OK)
        rc = assay__path_beside_library(
            self->options.share_path, "../share/assay", &self->share_path, err);
    self->clock = (struct assay__wall_clock){
        .now_ms = self->options.now_ms,
        .arg = self->options.host_arg,
    };
    self->log = (assay_log){
        .sink = self->options.log,
        .arg = self->options.log_arg,
        .threshold = self->options.log_level,
    };
    return rc;
}

static void destroy(assay *self)
{
    assay__phases_free(&self->phases);
    assay__generation_unref(&self->present);
    assay__host_stanzas_free(&self->host);
    assay__pools_free(&self->pools);
    assay__counters_free(&self->counters);
    assay__cond_fini(&self->reloaded);
    assay__lock_fini(&self->lock);
    free(self->config_path);
    free(self->module_path);
    free(self->share_path);
    free(self);
}

/* An object with options and locks, without a generation. */
static assay_rc new_self(const assay_options *options, assay **out,
                         assay_error *err)
{
    assay *self;
    assay_rc rc = check_options(options, err);

    if (rc != ASSAY_OK)
        return rc;
    self = calloc(1, sizeof *self);
    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "assay");
    rc = assay__lock_init(&self->lock, ASSAY__LOCK_generation, err);
    if (rc != ASSAY_OK) {
        free(self);
        return rc;
    }
    rc = assay__cond_init(&self->reloaded, err);
    if (rc != ASSAY_OK) {
        assay__lock_fini(&self->lock);
        free(self);
        return rc;
    }
    rc = own_options(self, options, err);
    if (rc != ASSAY_OK) {
        destroy(self);
        return rc;
    }
    *out = self;
    return ASSAY_OK;
}

/* ---- generations ------------------------------------------------------- */

static assay_rc build(assay *self, const struct assay__change *change,
                      struct assay__generation **out, assay_error *err)
{
    assay_options options = self->options;
    struct assay__build_input input = {
        .options = &options,
        .files = change->files,
        .module_path = self->module_path,
        .share_path = self->share_path,
        .pools = self->pools,
        .log = &self->log,
        .clock = &self->clock,
    };

    if (change->config_path)
        options.config_path = change->config_path;
    if (change->diagnostic) {
        options.diagnostic = change->diagnostic;
        options.diagnostic_arg = change->diagnostic_arg;
    }
    return assay__build(&input, out, err);
}

static assay_rc check_runs(const assay *self, assay_error *err)
{
    if (!atomic_load(&self->is_stopped))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_STATE, "the library is stopped");
}

assay_rc assay__change_build(assay *self, const struct assay__change *change,
                             struct assay__generation **out, assay_error *err)
{
    /* Nobody else changes it: this thread has the claim. */
    const struct assay__generation *in_use = self->present;
    struct assay__generation *generation = NULL;
    assay_rc rc = check_runs(self, err);

    if (rc == ASSAY_OK)
        rc = build(self, change, &generation, err);
    if (rc == ASSAY_OK)
        rc = assay__generation_open(generation, in_use, self->is_started,
                                    &self->log, err);
    if (rc == ASSAY_OK)
        rc = assay__pools_prepare(self->pools, generation->pools, err);
    if (rc != ASSAY_OK) {
        assay__generation_unref(&generation);
        return rc;
    }
    *out = generation;
    return ASSAY_OK;
}

struct assay__generation *assay__present(assay *self)
{
    struct assay__generation *generation;

    assay__lock_take(&self->lock);
    generation = assay__generation_ref(self->present);
    assay__lock_drop(&self->lock);
    return generation;
}

const assay_log *assay__log(const assay *self)
{
    return &self->log;
}

const struct assay__wall_clock *assay__host_clock(const assay *self)
{
    return &self->clock;
}

struct assay__phases *assay__phases(const assay *self)
{
    return self->phases;
}

struct assay__counters *assay__counters(const assay *self)
{
    return self->counters;
}

/* The text of each scope, after all of them could be made. */
static assay_rc emit_policy(const struct assay__generation *generation,
                            void (*emit)(void *arg, const char *text),
                            void *arg, assay_error *err)
{
    struct assay__strbuf text;
    assay_rc rc = ASSAY_OK;

    assay__strbuf_init(&text, POLICY_TEXT_MAX);
    for (size_t i = 0; i < generation->scope_count && rc == ASSAY_OK; i++) {
        assay__strbuf_reset(&text);
        rc = assay__policy_table(generation, generation->scopes[i], &text, err);
        if (rc == ASSAY_OK)
            emit(arg, assay__strbuf_str(&text));
    }
    assay__strbuf_fini(&text);
    return rc;
}

assay_rc assay_check_policy(const assay_options *options,
                            void (*emit)(void *arg, const char *text),
                            void *arg, assay_error *err)
{
    const struct assay__change as_configured = {0};
    struct assay__generation *generation = NULL;
    assay *self = NULL;
    assay_rc rc = new_self(options, &self, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = build(self, &as_configured, &generation, err);
    if (rc == ASSAY_OK)
        rc = emit_policy(generation, emit, arg, err);
    assay__generation_unref(&generation);
    destroy(self);
    return rc;
}

static void ignore_text(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

assay_rc assay_check(const assay_options *options, assay_error *err)
{
    return assay_check_policy(options, ignore_text, NULL, err);
}

assay_rc assay_open(const assay_options *options, assay **out, assay_error *err)
{
    const struct assay__change as_configured = {0};
    assay *self = NULL;
    assay_rc rc = new_self(options, &self, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__pools_new(&self->pools, err);
    if (rc == ASSAY_OK)
        rc = assay__counters_new(&self->clock, &self->counters, err);
    if (rc == ASSAY_OK)
        rc = assay__phases_new(&self->options, &self->phases, err);
    if (rc == ASSAY_OK)
        rc = assay__change_build(self, &as_configured, &self->present, err);
    if (rc == ASSAY_OK)
        rc = assay__host_stanzas_copy(self->present, &self->host, err);
    if (rc == ASSAY_OK)
        assay__generation_use_pools(self->present, self->pools);
    if (rc != ASSAY_OK) {
        destroy(self);
        return rc;
    }
    *out = self;
    return ASSAY_OK;
}

assay_rc assay_read(const assay_options *options, assay **out, assay_error *err)
{
    const struct assay__change as_configured = {0};
    struct assay__generation *generation = NULL;
    assay *self = NULL;
    assay_rc rc = new_self(options, &self, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = build(self, &as_configured, &generation, err);
    if (rc == ASSAY_OK)
        rc = assay__host_stanzas_copy(generation, &self->host, err);
    assay__generation_unref(&generation);
    if (rc != ASSAY_OK) {
        destroy(self);
        return rc;
    }
    *out = self;
    return ASSAY_OK;
}

static assay_rc copy_state(const struct assay__generation *generation,
                           char **state_out, assay_error *err)
{
    const struct assay__scorer *scorer = generation->policy.scorer;
    char *copy;

    if (!scorer)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "the configuration has no stanza cloudmark, so "
                               "there is no ActiveFilter");
    copy = strdup(scorer->options->activefilter_state);
    if (!copy)
        return assay_error_set(err, ASSAY_E_NOMEM, "activefilter_state");
    *state_out = copy;
    return ASSAY_OK;
}

assay_rc assay_activefilter_state(const assay_options *options,
                                  char **state_out, assay_error *err)
{
    const struct assay__change as_configured = {0};
    struct assay__generation *generation = NULL;
    assay *self = NULL;
    assay_rc rc = new_self(options, &self, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = build(self, &as_configured, &generation, err);
    if (rc == ASSAY_OK)
        rc = copy_state(generation, state_out, err);
    assay__generation_unref(&generation);
    destroy(self);
    return rc;
}

struct assay__generation *assay__change_begin(assay *self)
{
    struct assay__generation *generation;

    assay__lock_take(&self->lock);
    while (self->reloading)
        assay__cond_wait(&self->reloaded, &self->lock);
    self->reloading = true;
    generation = assay__generation_ref(self->present);
    assay__lock_drop(&self->lock);
    return generation;
}

static void set_refresh_interval_locked(assay *self)
{
    assay__lock_assert_held(&self->lock);
    assay__ticker_set_interval(self->refresher,
                               self->present->signature_check_s * MS_PER_S);
}

void assay__change_end(assay *self, struct assay__generation *next)
{
    struct assay__generation *old = NULL;

    if (next) {
        assay__host_stanzas_compare(&self->host, next, &self->log);
        assay__generation_use_pools(next, self->pools);
        assay__generation_size_caches(next);
    }
    assay__lock_take(&self->lock);
    if (next) {
        old = self->present;
        self->present = next;
        set_refresh_interval_locked(self);
    }
    self->reloading = false;
    assay__cond_broadcast(&self->reloaded);
    assay__lock_drop(&self->lock);
    assay__generation_unref(&old);
}

/* @return whether none is under way any more, at until_ms at the latest */
static bool wait_for_change(assay *self, int64_t until_ms)
{
    bool is_idle;

    assay__lock_take(&self->lock);
    while (self->reloading &&
           assay__cond_wait_until(&self->reloaded, &self->lock, until_ms))
        continue;
    is_idle = !self->reloading;
    assay__lock_drop(&self->lock);
    return is_idle;
}

assay_rc assay_reload(assay *assay_, assay_error *err)
{
    const struct assay__change as_configured = {0};
    struct assay__generation *old, *next = NULL;
    assay_rc rc = check_runs(assay_, err);

    if (rc != ASSAY_OK)
        return rc;
    old = assay__change_begin(assay_);
    rc = assay__change_build(assay_, &as_configured, &next, err);

    assay__change_end(assay_, next);
    assay__generation_unref(&old);
    return rc;
}

/* ---- threads ----------------------------------------------------------- */

static void probe(void *arg)
{
    assay *self = arg;
    struct assay__generation *generation = assay__present(self);

    for (size_t i = 0; i < generation->scope_count; i++)
        assay__scope_probe(generation->scopes[i], &self->log);
    assay__generation_unref(&generation);
}

static void refresh(void *arg)
{
    assay *self = arg;
    struct assay__generation *generation = assay__present(self);

    assay__generation_refresh(generation, &self->log);
    assay__generation_unref(&generation);
}

static assay_rc start_refresher(assay *self, assay_error *err)
{
    struct assay__ticker *refresher = NULL;
    assay_rc rc =
        assay__ticker_start("assay-refresh", 0, refresh, self, &refresher, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__lock_take(&self->lock);
    self->refresher = refresher;
    set_refresh_interval_locked(self);
    assay__lock_drop(&self->lock);
    return ASSAY_OK;
}

static void stop_refresher(assay *self)
{
    struct assay__ticker *refresher;

    assay__lock_take(&self->lock);
    refresher = self->refresher;
    self->refresher = NULL;
    assay__lock_drop(&self->lock);
    assay__ticker_stop(&refresher);
}

assay_rc assay_start(assay *assay_, assay_error *err)
{
    assay_rc rc;

    if (assay_->ticker)
        return assay_error_set(err, ASSAY_E_STATE, "started already");
    rc = assay__pools_start(assay_->pools, err);
    if (rc != ASSAY_OK)
        return rc;
    atomic_store(&assay_->is_started, true);
    atomic_store(&assay_->is_stopped, false);
    rc = assay__generation_start(assay_->present, &assay_->log, err);
    if (rc == ASSAY_OK)
        rc = assay__ticker_start("assay-probe", PROBE_INTERVAL_MS, probe,
                                 assay_, &assay_->ticker, err);
    if (rc == ASSAY_OK)
        rc = start_refresher(assay_, err);
    if (rc == ASSAY_OK)
        rc = assay__phases_start(assay_->phases, err);
    if (rc != ASSAY_OK)
        assay_stop(assay_);
    return rc;
}

static void interrupt(assay *self)
{
    struct assay__generation *generation = assay__present(self);

    assay__generation_interrupt(generation);
    assay__generation_unref(&generation);
}

/* Only assay_stop() frees the tickers, and hosts do not call both at once. */
bool assay_quiesce(assay *assay_, int64_t wait_ms)
{
    int64_t until = assay__clock_ms() + wait_ms;
    struct assay__ticker *refresher;
    bool idle;

    interrupt(assay_);
    assay__lock_take(&assay_->lock);
    refresher = assay_->refresher;
    assay__lock_drop(&assay_->lock);
    idle = assay__ticker_end(refresher, wait_ms);
    idle = wait_for_change(assay_, until) && idle;
    return assay__ticker_end(assay_->ticker, until - assay__clock_ms()) && idle;
}

void assay_stop(assay *assay_)
{
    atomic_store(&assay_->is_stopped, true);
    interrupt(assay_);
    /* Another is refused from now on; this one would put what it started in
     * use behind the stop. */
    while (!wait_for_change(assay_, assay__clock_ms() + MS_PER_S))
        continue;
    /* Before the pools and processes that phases wait for. */
    if (assay_->phases)
        assay__phases_stop(assay_->phases);
    stop_refresher(assay_);
    assay__ticker_stop(&assay_->ticker);
    assay__pools_stop(assay_->pools);
    atomic_store(&assay_->is_started, false);
    assay__generation_stop(assay_->present);
}

void assay_close(assay **assay_)
{
    assay *self = *assay_;

    *assay_ = NULL;
    if (!self)
        return;
    if (self->pools) /* not one that was only read */
        assay_stop(self);
    destroy(self);
}

const struct assay__pools *assay__pools_of(const assay *self)
{
    return self->pools;
}

/* ---- what hosts ask ---------------------------------------------------- */

const void *assay_host_settings(assay *assay_, const assay_conf_stanza *stanza,
                                size_t index, const char **instance_out)
{
    return assay__host_stanzas_get(&assay_->host, stanza, index, instance_out);
}

void assay_scan(assay *assay_, assay_message *message, const char *engine,
                assay_verdict *verdict_out)
{
    struct assay__generation *generation = assay__present(assay_);
    struct assay__dispatch request = {.message = message, .engine = engine};

    assay__dispatch_all(&generation->policy.dispatcher, &request, NULL, NULL,
                        verdict_out);
    assay__generation_unref(&generation);
}

void assay_scan_bytes(assay *assay_, const void *data, size_t size,
                      const char *file_name, assay_verdict *verdict_out)
{
    struct assay__generation *generation = assay__present(assay_);
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE,
        .data = data,
        .size = size,
        .file_name = file_name,
    };

    assay__dispatch_content(&generation->policy.dispatcher, &content,
                            verdict_out);
    assay__generation_unref(&generation);
}

bool assay_engine_name(assay *assay_, size_t index, char *buf, size_t size)
{
    struct assay__generation *generation = assay__present(assay_);
    const char *name =
        assay__dispatch_engine(&generation->policy.dispatcher, index);

    if (name)
        assay__text_copy(buf, size, name);
    assay__generation_unref(&generation);
    return name != NULL;
}

uint32_t assay_phases(assay *assay_)
{
    struct assay__generation *generation = assay__present(assay_);
    uint32_t phases = assay__policy_phases(&generation->policy);

    assay__generation_unref(&generation);
    return phases;
}

static struct assay__pool *pool_of_generation(void *arg, size_t index)
{
    const struct assay__generation *generation = arg;

    return assay__pools_at(generation->live_pools, index);
}

static void hold_generation(void *arg)
{
    (void)assay__generation_ref(arg);
}

static void release_generation(void *arg)
{
    struct assay__generation *generation = arg;

    assay__generation_release(&generation);
}

static struct assay__session_env session_env(
    assay *self, struct assay__generation *generation);

static bool renew_env(const struct assay__session_env *env,
                      struct assay__session_env *next_out)
{
    assay *self = env->owner;
    struct assay__generation *generation = assay__present(self);

    if (generation == env->arg) {
        assay__generation_unref(&generation);
        return false;
    }
    *next_out = session_env(self, generation);
    return true;
}

/* Takes over the reference. */
static struct assay__session_env session_env(
    assay *self, struct assay__generation *generation)
{
    return (struct assay__session_env){
        .policy = &generation->policy,
        .pool = pool_of_generation,
        .hold = hold_generation,
        .release = release_generation,
        .arg = generation,
        .renew = renew_env,
        .owner = self,
        .is_stopped = &self->is_stopped,
    };
}

assay_rc assay_session_open(assay *assay_, const assay_peer *peer,
                            assay_session **out, assay_error *err)
{
    struct assay__generation *generation;
    struct assay__session_env env;
    assay_rc rc = check_runs(assay_, err);

    if (rc != ASSAY_OK)
        return rc;
    generation = assay__present(assay_);
    env = session_env(assay_, generation);
    rc = assay__session_new(&env, peer, out, err);
    if (rc != ASSAY_OK)
        assay__generation_unref(&generation);
    return rc;
}
