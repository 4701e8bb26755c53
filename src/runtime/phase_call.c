/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/phase_call.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/host_call.h"
#include "policy/session.h"
#include "rt/lock.h"
#include "runtime/assay_priv.h"

struct assay__phases {
    void (*complete)(void *arg, assay_completion *completion); /* set once */
    void *host_arg;                                            /* set once */
    struct assay__pool *pool;                                  /* set once */
    struct assay__lock lock;
    struct assay__cond told; /* a done callback returned */
    bool is_taking;          /* lock: phases that were begun are run */
    bool is_telling;         /* lock: the host is told of their ends */
    unsigned open;           /* lock: begun, and not freed */
    unsigned telling;        /* lock: threads in a done callback */
    unsigned untold;         /* lock: in the list */
    assay_completion *first; /* lock: the host has them, and may run them */
};

/** One phase, from its beginning until the host was told. */
struct assay_completion {
    struct assay__job job; /* first: the pool knows only this */
    struct assay__phases *phases;
    assay_session *session; /* claimed; then ended */
    struct assay__step step;
    char *text, *argument; /* owned; of step */
    assay_phase_done *done;
    void *arg;
    assay_rc rc;
    assay_disposition disposition;
    assay_error err;
    assay_completion *next, *previous; /* phases->lock: in the list */
};

/* ---- one phase --------------------------------------------------------- */

static void free_completion(assay_completion *completion)
{
    free(completion->text);
    free(completion->argument);
    free(completion);
}

static bool copy_text(const char *text, char **out)
{
    *out = text ? assay__text_dup(text, strlen(text)) : NULL;
    return !text || *out;
}

static assay_completion *new_completion(const struct assay__step *step,
                                        assay_error *err)
{
    assay_completion *completion = calloc(1, sizeof *completion);

    if (completion && copy_text(step->text, &completion->text) &&
        copy_text(step->argument, &completion->argument)) {
        completion->step = (struct assay__step){
            .kind = step->kind,
            .text = completion->text,
            .argument = completion->argument,
        };
        return completion;
    }
    if (completion)
        free_completion(completion);
    (void)assay_error_set(err, ASSAY_E_NOMEM, "phase");
    return NULL;
}

/* ---- which are open ---------------------------------------------------- */

static assay_rc enter(struct assay__phases *phases, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    assay__lock_take(&phases->lock);
    if (!phases->is_taking)
        rc = assay_error_set(err, ASSAY_E_STATE,
                             "phases in the callback form run from "
                             "assay_start() to assay_stop()");
    else if (phases->open >= ASSAY_PHASES_OPEN_MAX)
        rc = assay_error_set(err, ASSAY_E_LIMIT,
                             "overload: %d phases are open already",
                             ASSAY_PHASES_OPEN_MAX);
    else
        phases->open++;
    assay__lock_drop(&phases->lock);
    return rc;
}

static void leave(assay_completion *completion)
{
    struct assay__phases *phases = completion->phases;

    assay__lock_take(&phases->lock);
    phases->open--;
    assay__lock_drop(&phases->lock);
    free_completion(completion);
}

static bool is_taking(struct assay__phases *phases)
{
    bool is;

    assay__lock_take(&phases->lock);
    is = phases->is_taking;
    assay__lock_drop(&phases->lock);
    return is;
}

static void link_completion(assay_completion *completion)
{
    struct assay__phases *phases = completion->phases;

    assay__lock_take(&phases->lock);
    completion->next = phases->first;
    if (phases->first)
        phases->first->previous = completion;
    phases->first = completion;
    phases->untold++;
    assay__lock_drop(&phases->lock);
}

static void unlink_locked(assay_completion *completion)
{
    struct assay__phases *phases = completion->phases;

    if (completion->previous)
        completion->previous->next = completion->next;
    else
        phases->first = completion->next;
    if (completion->next)
        completion->next->previous = completion->previous;
    phases->untold--;
}

/* ---- telling ----------------------------------------------------------- */

static void call_done(void *arg)
{
    const assay_completion *completion = arg;

    completion->done(completion->arg, completion->rc, &completion->disposition,
                     &completion->err);
}

static void end(assay_completion *completion, bool is_telling)
{
    assay__session_tell(completion->session, is_telling ? call_done : NULL,
                        completion);
    leave(completion);
}

static void told(struct assay__phases *phases)
{
    assay__lock_take(&phases->lock);
    phases->telling--;
    assay__cond_broadcast(&phases->told);
    assay__lock_drop(&phases->lock);
}

void assay_completion_run(assay_completion *completion)
{
    struct assay__phases *phases = completion->phases;
    struct assay__host_call call;
    bool is_telling;

    assay__lock_take(&phases->lock);
    unlink_locked(completion);
    is_telling = phases->is_telling;
    phases->telling += is_telling;
    assay__lock_drop(&phases->lock);
    if (!is_telling) {
        end(completion, false);
        return;
    }
    assay__host_call_enter(&call, phases);
    end(completion, true);
    assay__host_call_leave(&call);
    told(phases);
}

static void run_job(struct assay__job *job)
{
    assay_completion *completion = (assay_completion *)job;
    struct assay__phases *phases = completion->phases;

    if (is_taking(phases))
        completion->rc = assay__session_take_step(
            completion->session, &completion->step, &completion->disposition,
            &completion->err);
    else
        completion->rc = assay__session_fail_step(
            assay_error_set(&completion->err, ASSAY_E_STATE,
                            "the library is stopped"),
            &completion->disposition);
    if (!assay__session_end_step(completion->session)) {
        leave(completion);
        return;
    }
    link_completion(completion);
    if (phases->complete)
        phases->complete(phases->host_arg, completion);
    else
        assay_completion_run(completion);
}

/* ---- beginning --------------------------------------------------------- */

/* The session is claimed. */
static assay_rc submit(struct assay__phases *phases,
                       assay_completion *completion, assay_error *err)
{
    assay_rc rc = enter(phases, err);

    if (rc != ASSAY_OK) {
        free_completion(completion);
        return rc;
    }
    completion->job.run = run_job;
    completion->phases = phases;
    rc = assay__pool_submit(phases->pool, &completion->job, INT64_MAX, err);
    if (rc != ASSAY_OK)
        leave(completion);
    return rc;
}

assay_rc assay__phases_begin(struct assay__phases *phases,
                             assay_session *session,
                             const struct assay__step *step,
                             assay_phase_done *done, void *arg,
                             assay_error *err)
{
    assay_completion *completion = NULL;
    assay_rc rc;

    if (!done)
        return assay_error_set(err, ASSAY_E_INVAL, "there is no done callback");
    rc = assay__session_claim(session, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__session_check_step(session, step, err);
    if (rc == ASSAY_OK) {
        completion = new_completion(step, err);
        rc = completion ? ASSAY_OK : ASSAY_E_NOMEM;
    }
    if (completion) {
        completion->session = session;
        completion->done = done;
        completion->arg = arg;
        rc = submit(phases, completion, err);
    }
    if (rc != ASSAY_OK)
        assay__session_unclaim(session);
    return rc;
}

/* ---- life -------------------------------------------------------------- */

assay_rc assay__phases_new(const assay_options *options,
                           struct assay__phases **out, assay_error *err)
{
    static const struct assay__pool_options pool = {
        .concurrency = ASSAY_PHASES_RUNNING_MAX};
    struct assay__phases *phases = calloc(1, sizeof *phases);
    assay_rc rc;

    if (!phases)
        return assay_error_set(err, ASSAY_E_NOMEM, "phases");
    phases->complete = options->complete;
    phases->host_arg = options->host_arg;
    rc = assay__lock_init(&phases->lock, ASSAY__LOCK_phases, err);
    if (rc != ASSAY_OK)
        goto fail;
    rc = assay__cond_init(&phases->told, err);
    if (rc != ASSAY_OK)
        goto fail_told;
    rc = assay__pool_new("PHASES", &pool, &phases->pool, err);
    if (rc == ASSAY_OK) {
        *out = phases;
        return ASSAY_OK;
    }
    assay__cond_fini(&phases->told);
fail_told:
    assay__lock_fini(&phases->lock);
fail:
    free(phases);
    return rc;
}

assay_rc assay__phases_start(struct assay__phases *phases, assay_error *err)
{
    assay_rc rc = assay__pool_start(phases->pool, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__lock_take(&phases->lock);
    phases->is_taking = true;
    phases->is_telling = true;
    assay__lock_drop(&phases->lock);
    return ASSAY_OK;
}

/* Those in this thread called for the stop, and would wait for themselves. */
static void stop_telling(struct assay__phases *phases)
{
    unsigned own = assay__host_call_depth(phases);

    assay__lock_take(&phases->lock);
    phases->is_telling = false;
    while (phases->telling > own)
        assay__cond_wait(&phases->told, &phases->lock);
    assay__lock_drop(&phases->lock);
}

void assay__phases_stop(struct assay__phases *phases)
{
    assay__lock_take(&phases->lock);
    phases->is_taking = false;
    assay__lock_drop(&phases->lock);
    assay__pool_stop(phases->pool);
    stop_telling(phases);
}

void assay__phases_free(struct assay__phases **phases)
{
    struct assay__phases *mine = *phases;

    *phases = NULL;
    if (!mine)
        return;
    assay__phases_stop(mine);
    for (assay_completion *at = mine->first, *next; at; at = next) {
        next = at->next;
        end(at, false);
    }
    assay__pool_free(&mine->pool);
    assay__cond_fini(&mine->told);
    assay__lock_fini(&mine->lock);
    free(mine);
}

void assay__phases_stats(struct assay__phases *phases,
                         struct assay__phases_stats *stats_out)
{
    struct assay__pool_stats pool;

    assay__pool_stats(phases->pool, &pool);
    stats_out->begun = pool.invocations + pool.queued;
    stats_out->running = pool.active;
    stats_out->waiting = pool.queued;
    assay__lock_take(&phases->lock);
    stats_out->untold = phases->untold;
    assay__lock_drop(&phases->lock);
}

/* ---- the interface ----------------------------------------------------- */

static assay_rc begin(assay_session *session, const struct assay__step *step,
                      assay_phase_done *done, void *arg, assay_error *err)
{
    assay *library = assay__session_env(session)->owner;

    return assay__phases_begin(assay__phases(library), session, step, done, arg,
                               err);
}

assay_rc assay_session_connect_begin(assay_session *session,
                                     assay_phase_done *done, void *arg,
                                     assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_CONNECT};

    return begin(session, &step, done, arg, err);
}

assay_rc assay_session_ehlo_begin(assay_session *session, const char *name,
                                  assay_phase_done *done, void *arg,
                                  assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_EHLO, .text = name};

    return begin(session, &step, done, arg, err);
}

assay_rc assay_session_mailfrom_begin(assay_session *session,
                                      const char *sender, const char *argument,
                                      assay_phase_done *done, void *arg,
                                      assay_error *err)
{
    const struct assay__step step = {
        .kind = ASSAY__STEP_MAILFROM, .text = sender, .argument = argument};

    return begin(session, &step, done, arg, err);
}

assay_rc assay_session_rcptto_begin(assay_session *session,
                                    const char *recipient, const char *argument,
                                    assay_phase_done *done, void *arg,
                                    assay_error *err)
{
    const struct assay__step step = {
        .kind = ASSAY__STEP_RCPTTO, .text = recipient, .argument = argument};

    return begin(session, &step, done, arg, err);
}

assay_rc assay_session_data_begin(assay_session *session,
                                  assay_phase_done *done, void *arg,
                                  assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_DATA};

    return begin(session, &step, done, arg, err);
}

assay_rc assay_session_store_begin(assay_session *session,
                                   assay_phase_done *done, void *arg,
                                   assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_STORE};

    return begin(session, &step, done, arg, err);
}
