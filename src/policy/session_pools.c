/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Thread pools as policies see them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "policy/session.h"
#include "scan/pool_call.h"

/* ---- which there are --------------------------------------------------- */

static struct assay__pool *pool_at(const assay_session *session, size_t index)
{
    const struct assay__session_env *env = assay__session_env(session);

    return env->pool ? env->pool(env->arg, index) : NULL;
}

static struct assay__pool *find(const assay_session *session, const char *name)
{
    struct assay__pool *pool;

    for (size_t i = 0; (pool = pool_at(session, i)) != NULL; i++)
        if (assay__text_equal(assay__pool_name(pool), name))
            return pool;
    return NULL;
}

const char *assay_session_pool(assay_session *session, size_t index)
{
    const struct assay__pool *pool = pool_at(session, index);

    return pool ? assay__pool_name(pool) : NULL;
}

bool assay_session_pool_stats(assay_session *session, const char *name,
                              assay_pool_stats *stats_out, size_t size)
{
    struct assay__pool *pool = find(session, name);
    struct assay__pool_stats now;
    assay_pool_stats stats = {0};

    if (!pool)
        return false;
    assay__pool_stats(pool, &now);
    assay__text_copy(stats.name, sizeof stats.name, assay__pool_name(pool));
    stats.invocations = now.invocations;
    stats.average_concurrency = now.average_concurrency;
    stats.saturation = now.saturation;
    stats.average_ms = now.average_ms;
    stats.concurrency = now.concurrency;
    stats.threads = now.threads;
    stats.active = now.active;
    stats.inactive = now.inactive;
    stats.queued = now.queued;
    memset(stats_out, 0, size);
    memcpy(stats_out, &stats, size < sizeof stats ? size : sizeof stats);
    return true;
}

void assay_pool_stats_text(const assay_pool_stats *stats, char *buf,
                           size_t size)
{
    if (stats->invocations == 0) {
        (void)snprintf(buf, size, "%.40s thread pool: concurrency %u\n",
                       stats->name, (unsigned)stats->concurrency);
        return;
    }
    (void)snprintf(buf, size,
                   "%.40s thread pool: concurrency %u\n"
                   "%32s: %llu\n%32s: %.2f\n%32s: %6.2f%%\n%32s: %.2fms\n"
                   "%32s: %u\n  [inactive threads]\n%32s: %u\n",
                   stats->name, (unsigned)stats->concurrency,
                   "Total invocations", (unsigned long long)stats->invocations,
                   "Observed average concurrency", stats->average_concurrency,
                   "Thread pool saturation", stats->saturation,
                   "Average wallclock time per op", stats->average_ms,
                   "Current thread count (active)", (unsigned)stats->active,
                   "Current thread count", (unsigned)stats->inactive);
}

static assay_rc check_pool(const assay_session *session, const char *name,
                           struct assay__pool **out, assay_error *err)
{
    *out = find(session, name);
    if (*out)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_NOTFOUND,
                           "there is no thread pool '%.*s'",
                           ASSAY__POOL_NAME_MAX, name);
}

/* ---- waiting ----------------------------------------------------------- */

assay_rc assay_session_run_in_pool(assay_session *session, const char *pool,
                                   void (*run)(void *arg), void *arg,
                                   assay_error *err)
{
    struct assay__pool_call call = {
        .run = run,
        .arg = arg,
        .deadline_ms = assay__clock_ms() + ASSAY_POOL_WAIT_MS,
        .pulse = assay__session_pulse(session),
    };
    struct assay__pool *found;
    assay_rc rc = check_pool(session, pool, &found, err);

    if (rc != ASSAY_OK)
        return rc;
    /* It has a thread of some pool; to wait for another one could end in a
     * circle of pools that wait for each other. */
    if (assay__session_lend(session, true)) {
        run(arg);
        return ASSAY_OK;
    }
    rc = assay__pool_call(found, &call, err);
    (void)assay__session_lend(session, false);
    return rc;
}

/* ---- posting ----------------------------------------------------------- */

struct post {
    struct assay__job job; /* first: the pool knows only this */
    void (*run)(void *arg);
    void *arg;
    void (*release)(void *arg);
    void *held;
};

static void run_post(struct assay__job *job)
{
    struct post *post = (struct post *)job;

    post->run(post->arg);
    if (post->release)
        post->release(post->held);
    free(post);
}

static assay_rc check_room(struct assay__pool *pool, assay_error *err)
{
    struct assay__pool_stats stats;

    assay__pool_stats(pool, &stats);
    if (stats.queued < ASSAY_POOL_POSTS_MAX)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_LIMIT,
                           "overload: %u jobs wait in pool %s already",
                           stats.queued, assay__pool_name(pool));
}

assay_rc assay_session_post(assay_session *session, const char *pool,
                            void (*run)(void *arg), void *arg, assay_error *err)
{
    const struct assay__session_env *env = assay__session_env(session);
    struct assay__pool *found;
    struct post *post;
    assay_rc rc = check_pool(session, pool, &found, err);

    if (rc == ASSAY_OK)
        rc = check_room(found, err);
    if (rc != ASSAY_OK)
        return rc;
    post = calloc(1, sizeof *post);
    if (!post)
        return assay_error_set(err, ASSAY_E_NOMEM, "pool %s", pool);
    *post = (struct post){
        .job.run = run_post, .run = run, .arg = arg, .held = env->arg};
    if (env->hold && env->release) {
        env->hold(env->arg);
        post->release = env->release;
    }
    rc = assay__pool_submit(found, &post->job,
                            assay__clock_ms() + ASSAY_POOL_WAIT_MS, err);
    if (rc != ASSAY_OK) {
        if (post->release)
            post->release(post->held);
        free(post);
    }
    return rc;
}
