/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scorer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "conf/settings.h"
#include "scan/debug_level.h"
#include "scan/pool_call.h"
#include "scan/score_check.h"
#include "scan/score_subject.h"

#define MS_PER_S 1000
/* Of an analysis that came back through a header, which may be folded. */
#define FOLDED_MAX (4 * (size_t)ASSAY_SCORE_ANALYSIS_MAX)
/* A backend that returns so much after its deadline was not late: the last
 * bytes arrived in time. */
#define GRACE_MS 100

/* ---- life ---------------------------------------------------------------- */

static bool copy_stanza(struct assay__scorer *scorer,
                        const struct assay__scorer_options *options,
                        const void *settings)
{
    const assay_conf_stanza *conf =
        assay__scorer_module_table(scorer->module)->conf;

    scorer->options = assay__conf_settings_dup(assay__scorer_option_table,
                                               sizeof *options, options);
    if (conf && settings)
        scorer->settings = assay__conf_settings_dup(
            conf->options, conf->settings_size, settings);
    return scorer->options && (scorer->settings || !conf || !settings);
}

assay_rc assay__scorer_new(struct assay__scorer_module *module,
                           const struct assay__scorer_options *options,
                           const void *settings,
                           const struct assay__wall_clock *clock,
                           struct assay__scorer **out, assay_error *err)
{
    struct assay__scorer *scorer = calloc(1, sizeof *scorer);

    if (!scorer)
        return assay_error_set(err, ASSAY_E_NOMEM, "cloudmark");
    atomic_init(&scorer->references, 1);
    scorer->module = assay__scorer_module_ref(module);
    scorer->jobs.label = "cloudmark";
    for (size_t i = 0; i < ASSAY__SCORER_COUNTERS; i++)
        atomic_init(&scorer->counts[i].since_s, assay__wall_clock_s(clock));
    if (!copy_stanza(scorer, options, settings)) {
        assay__scorer_unref(&scorer);
        return assay_error_set(err, ASSAY_E_NOMEM, "cloudmark");
    }
    *out = scorer;
    return ASSAY_OK;
}

struct assay__scorer *assay__scorer_ref(struct assay__scorer *scorer)
{
    atomic_fetch_add(&scorer->references, 1);
    return scorer;
}

static const assay_scorer_ops *ops_of(const struct assay__scorer *scorer)
{
    return assay__scorer_module_table(scorer->module)->ops;
}

void assay__scorer_unref(struct assay__scorer **scorer)
{
    struct assay__scorer *mine = *scorer;

    *scorer = NULL;
    if (!mine || atomic_fetch_sub(&mine->references, 1) > 1)
        return;
    if (mine->pool)
        assay__job_class_fini(mine->pool, &mine->jobs);
    if (mine->instance)
        ops_of(mine)->close(mine->instance);
    assay__scorer_module_unref(&mine->module);
    free(mine->settings);
    free(mine->options);
    free(mine);
}

bool assay__scorer_is_same(const struct assay__scorer *a,
                           const struct assay__scorer *b)
{
    const assay_conf_stanza *conf = assay__scorer_module_table(a->module)->conf;

    return assay__scorer_module_is_same(a->module, b->module) &&
           assay__conf_settings_equal(assay__scorer_option_table, a->options,
                                      b->options) &&
           (!conf || assay__conf_settings_equal(conf->options, a->settings,
                                                b->settings));
}

static void fill_args(struct assay__scorer *scorer, const assay_log *log)
{
    const struct assay__scorer_options *options = scorer->options;

    scorer->log = assay__debug_level_log(log, options->debug_level);
    scorer->args = (assay_scorer_args){
        .settings = scorer->settings,
        .servers = options->servers,
        .timeout_ms = options->timeout_s * MS_PER_S,
        .max_concurrency = (unsigned)options->max_concurrency,
        .log = &scorer->log,
    };
}

assay_rc assay__scorer_check(struct assay__scorer *scorer,
                             const char **option_out, assay_error *err)
{
    fill_args(scorer, NULL);
    return ops_of(scorer)->check(&scorer->args, option_out, err);
}

assay_rc assay__scorer_open(struct assay__scorer *scorer, const assay_log *log,
                            assay_error *err)
{
    assay_error cause = {0};
    assay_rc rc;

    if (scorer->instance)
        return ASSAY_OK;
    fill_args(scorer, log);
    rc = ops_of(scorer)->open(&scorer->args, &scorer->instance, &cause);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "cloudmark: backend %s: %s",
                               scorer->options->backend, cause.msg);
    return ASSAY_OK;
}

static int64_t deadline_of(const struct assay__scorer *scorer)
{
    return assay__clock_ms() + scorer->args.timeout_ms;
}

void assay__scorer_start(struct assay__scorer *scorer)
{
    if (!scorer->instance || scorer->is_started)
        return;
    scorer->is_started = true;
    ops_of(scorer)->start(scorer->instance, deadline_of(scorer));
}

/* ---- calls --------------------------------------------------------------- */

struct call {
    struct assay__scorer *scorer;
    void (*run)(struct call *call);
    const assay_score_subject *subject;
    const char *text;
    size_t len;
    int64_t deadline_ms;
    assay_score *score;
    assay_rc rc;
    assay_error err;
    bool is_late;
};

static void run_score(struct call *call)
{
    call->rc = ops_of(call->scorer)
                   ->score(call->scorer->instance, call->subject,
                           call->deadline_ms, call->score, &call->err);
}

static void run_analyze(struct call *call)
{
    call->rc = ops_of(call->scorer)
                   ->analyze(call->scorer->instance, call->text, call->len,
                             call->deadline_ms, call->score, &call->err);
}

static void run_address(struct call *call)
{
    call->rc = ops_of(call->scorer)
                   ->score_address(call->scorer->instance, call->text,
                                   call->deadline_ms, call->score, &call->err);
}

static void run_in_pool(void *arg)
{
    struct call *call = arg;

    call->run(call);
    call->is_late = assay__clock_ms() > call->deadline_ms + GRACE_MS;
}

/* @return what the backend said, or why it was not asked */
static assay_rc ask(struct call *call, struct assay__pulse *pulse)
{
    const struct assay__pool_call in_pool = {
        .run = run_in_pool,
        .arg = call,
        .kind = &call->scorer->jobs,
        .deadline_ms = call->deadline_ms,
        .pulse = pulse,
    };
    assay_rc rc = ASSAY_OK;

    if (call->scorer->pool)
        rc = assay__pool_call(call->scorer->pool, &in_pool, &call->err);
    else
        run_in_pool(call);
    if (rc == ASSAY_OK)
        rc = call->rc;
    if (rc == ASSAY_OK && call->is_late)
        rc = assay_error_set(&call->err, ASSAY_E_TIMEOUT,
                             "the backend answered after the timeout");
    if (rc == ASSAY_OK)
        rc = assay__score_check(call->score, &call->err);
    return rc;
}

static void count(struct assay__scorer *scorer,
                  enum assay__scorer_counter which)
{
    atomic_fetch_add(&scorer->counts[which].value, 1);
}

/* The score is filled aside: on failure the caller's stays as it was. */
static assay_rc run_call(struct call *call, struct assay__pulse *pulse,
                         assay_score *score_out, assay_error *err)
{
    struct assay__scorer *scorer = call->scorer;
    int64_t minimum = scorer->options->minimum_score;
    assay_rc rc;

    call->deadline_ms = deadline_of(scorer);
    call->score = calloc(1, sizeof *call->score);
    if (!call->score)
        return assay_error_set(err, ASSAY_E_NOMEM, "score");
    rc = ask(call, pulse);
    if (rc == ASSAY_OK) {
        call->score->score += 0.0; /* -0 is written as 0 */
        call->score->is_spam =
            minimum >= 0 && call->score->score > (double)minimum;
        *score_out = *call->score;
    } else {
        count(scorer, ASSAY__SCORER_ERRORS);
        (void)assay_error_set(err, rc, "%s", call->err.msg);
    }
    free(call->score);
    return rc;
}

assay_rc assay__scorer_score(struct assay__scorer *scorer,
                             const assay_score_subject *subject,
                             struct assay__pulse *pulse, assay_score *score_out,
                             assay_error *err)
{
    struct call call = {.scorer = scorer, .run = run_score, .subject = subject};
    assay_rc rc = run_call(&call, pulse, score_out, err);

    if (rc == ASSAY_OK)
        count(scorer, ASSAY__SCORER_SCANNED);
    if (rc == ASSAY_OK && score_out->is_spam)
        count(scorer, ASSAY__SCORER_SPAM);
    return rc;
}

assay_rc assay__scorer_analyze(struct assay__scorer *scorer, const char *text,
                               size_t len, struct assay__pulse *pulse,
                               assay_score *score_out, assay_error *err)
{
    struct call call = {
        .scorer = scorer, .run = run_analyze, .text = text, .len = len};

    if (len >= FOLDED_MAX || memchr(text, '\0', len)) {
        count(scorer, ASSAY__SCORER_ERRORS);
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the analysis is too long or has a NUL: no "
                               "backend made it");
    }
    return run_call(&call, pulse, score_out, err);
}

assay_rc assay__scorer_score_address(struct assay__scorer *scorer,
                                     const char *address,
                                     struct assay__pulse *pulse,
                                     assay_score *score_out, assay_error *err)
{
    struct call call = {.scorer = scorer,
                        .run = run_address,
                        .text = assay__score_address(address)};

    if (call.text[0] == '\0') {
        count(scorer, ASSAY__SCORER_ERRORS);
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%.64s' is not an IP address", address);
    }
    return run_call(&call, pulse, score_out, err);
}

static void clean(char *text, size_t size)
{
    char copy[sizeof((assay_scorer_version *)NULL)->engine];

    text[size - 1] = '\0';
    assay__text_copy(copy, sizeof copy, text);
    (void)assay__text_copy_clean(text, size, copy, true);
}

assay_rc assay__scorer_version(struct assay__scorer *scorer,
                               assay_scorer_version *version_out,
                               assay_error *err)
{
    assay_scorer_version version = {0};
    assay_rc rc = ops_of(scorer)->version(scorer->instance, deadline_of(scorer),
                                          &version, err);

    if (rc != ASSAY_OK)
        return rc;
    clean(version.engine, sizeof version.engine);
    clean(version.cartridge, sizeof version.cartridge);
    *version_out = version;
    return ASSAY_OK;
}
