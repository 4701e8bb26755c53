/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_daemon.h"

#include <stdio.h>
#include <string.h>

assay_rc assay__clamd_daemon_init(struct assay__clamd_daemon *daemon,
                                  const struct assay__clamd_address *address,
                                  size_t sessions_max, const assay_log *log,
                                  assay_error *err)
{
    assay_rc rc;

    memset(daemon, 0, sizeof *daemon);
    daemon->address = *address;
    daemon->log = log;
    daemon->sessions_max = sessions_max;
    rc = assay__clamd_resolver_init(&daemon->resolver, &daemon->address, err);
    if (rc != ASSAY_OK)
        return rc;
    if (pthread_mutex_init(&daemon->lock, NULL) != 0) {
        assay__clamd_resolver_fini(&daemon->resolver);
        return assay_error_set(err, ASSAY_E_NOMEM, "clamd: lock");
    }
    return ASSAY_OK;
}

void assay__clamd_daemon_fini(struct assay__clamd_daemon *daemon)
{
    while (daemon->idle_count > 0)
        assay__clamd_session_close(&daemon->idle[--daemon->idle_count]);
    assay__clamd_resolver_fini(&daemon->resolver);
    pthread_mutex_destroy(&daemon->lock);
}

/* ---- health ------------------------------------------------------------- */

enum assay__clamd_admission assay__clamd_daemon_admit(
    struct assay__clamd_daemon *daemon)
{
    enum assay__clamd_admission admission;

    pthread_mutex_lock(&daemon->lock);
    admission =
        assay__clamd_health_admit(&daemon->health, assay__clamav_now_ms());
    pthread_mutex_unlock(&daemon->lock);
    return admission;
}

/* Any number that differs between hosts and calls. */
static uint32_t jitter(const void *address)
{
    struct timespec now;
    uint64_t hash;

    clock_gettime(CLOCK_MONOTONIC, &now);
    hash = assay__clamav_hash((uint64_t)(uintptr_t)address, &now, sizeof now);
    return (uint32_t)(hash ^ hash >> 32);
}

static void note_trouble(struct assay__clamd_daemon *daemon,
                         const assay_error *err)
{
    (void)snprintf(daemon->trouble, sizeof daemon->trouble, "%.*s",
                   (int)sizeof daemon->trouble - 1, err->msg);
}

/* Sessions of a daemon that is down are of no use any more. */
static size_t take_all(struct assay__clamd_daemon *daemon,
                       struct assay__clamd_session **out)
{
    size_t count = daemon->idle_count;

    memcpy(out, daemon->idle, count * sizeof(*out));
    daemon->idle_count = 0;
    return count;
}

static void fail(struct assay__clamd_daemon *daemon, bool was_probe,
                 bool is_sure, const assay_error *err)
{
    struct assay__clamd_session *old[ASSAY__CLAMD_SESSIONS_MAX];
    size_t count = 0;
    bool is_news;

    pthread_mutex_lock(&daemon->lock);
    is_news =
        assay__clamd_health_failure(&daemon->health, assay__clamav_now_ms(),
                                    was_probe, is_sure, jitter(daemon));
    if (!daemon->health.is_up) {
        /* A daemon that never was up is news once, too. */
        is_news = is_news || (was_probe && daemon->trouble[0] == '\0');
        note_trouble(daemon, err);
        count = take_all(daemon, old);
    }
    pthread_mutex_unlock(&daemon->lock);
    while (count > 0)
        assay__clamd_session_close(&old[--count]);
    if (is_news)
        assay_log_write(daemon->log, ASSAY_LOG_ERROR, "clamd.down",
                        "daemon=\"%s\" reason=\"%s\"", daemon->address.text,
                        err->msg);
}

void assay__clamd_daemon_report(struct assay__clamd_daemon *daemon,
                                bool was_probe, assay_rc rc,
                                const assay_error *err)
{
    char version[ASSAY_VERDICT_INFO_MAX];
    bool is_news;

    if (rc != ASSAY_OK) {
        /* Our own lack of memory says nothing of the daemon. */
        if (was_probe || rc != ASSAY_E_NOMEM)
            fail(daemon, was_probe, rc == ASSAY_E_UNAVAILABLE, err);
        return;
    }
    pthread_mutex_lock(&daemon->lock);
    is_news = assay__clamd_health_success(&daemon->health, was_probe);
    if (is_news)
        daemon->trouble[0] = '\0';
    memcpy(version, daemon->version, sizeof version);
    pthread_mutex_unlock(&daemon->lock);
    if (is_news)
        assay_log_write(daemon->log, ASSAY_LOG_INFO, "clamd.up",
                        "daemon=\"%s\" version=\"%s\"", daemon->address.text,
                        version);
}

void assay__clamd_daemon_disown(struct assay__clamd_daemon *daemon,
                                const assay_error *err)
{
    pthread_mutex_lock(&daemon->lock);
    daemon->changes++;
    pthread_mutex_unlock(&daemon->lock);
    assay_log_write(daemon->log, ASSAY_LOG_ERROR, "clamd.canary",
                    "daemon=\"%s\" reason=\"%s\"", daemon->address.text,
                    err->msg);
}

void assay__clamd_daemon_set_limits(struct assay__clamd_daemon *daemon,
                                    bool tells_limits)
{
    bool is_news;

    pthread_mutex_lock(&daemon->lock);
    is_news = !daemon->limits_known || daemon->tells_limits != tells_limits;
    daemon->limits_known = true;
    daemon->tells_limits = tells_limits;
    pthread_mutex_unlock(&daemon->lock);
    if (is_news && !tells_limits)
        assay_log_write(daemon->log, ASSAY_LOG_WARN, "clamd.limits",
                        "daemon=\"%s\" reason=\"it says OK to what is beyond "
                        "its limits, unseen; set AlertExceedsMax yes in "
                        "clamd.conf\"",
                        daemon->address.text);
}

bool assay__clamd_daemon_takes_files(struct assay__clamd_daemon *daemon)
{
    bool takes;

    pthread_mutex_lock(&daemon->lock);
    takes =
        daemon->address.is_unix && !daemon->no_files && daemon->tells_limits;
    pthread_mutex_unlock(&daemon->lock);
    return takes;
}

/* ---- version ------------------------------------------------------------ */

static void note_version(struct assay__clamd_daemon *daemon,
                         const struct assay__clamd_session *session)
{
    bool is_news, is_first;

    pthread_mutex_lock(&daemon->lock);
    is_first = daemon->version[0] == '\0'; /* clamd.up will tell it */
    is_news = strcmp(daemon->version, session->version) != 0;
    if (is_news) {
        daemon->changes++;
        memcpy(daemon->version, session->version, sizeof daemon->version);
    }
    daemon->version_at_ms = assay__clamav_now_ms();
    pthread_mutex_unlock(&daemon->lock);
    if (is_news && !is_first)
        assay_log_write(daemon->log, ASSAY_LOG_INFO, "clamd.version",
                        "daemon=\"%s\" version=\"%s\"", daemon->address.text,
                        session->version);
}

/* The session was not used for a while, the version is old, or behind one
 * address there are several clamds. */
static bool needs_version(struct assay__clamd_daemon *daemon,
                          const struct assay__clamd_session *session)
{
    int64_t now_ms = assay__clamav_now_ms();
    bool needs;

    pthread_mutex_lock(&daemon->lock);
    needs = now_ms - session->used_at_ms > ASSAY__CLAMD_TRUST_MS ||
            now_ms - daemon->version_at_ms > ASSAY__CLAMD_VERSION_MAX_MS ||
            strcmp(daemon->version, session->version) != 0;
    pthread_mutex_unlock(&daemon->lock);
    return needs;
}

/* ---- sessions ----------------------------------------------------------- */

/* The one used last, or NULL. */
static struct assay__clamd_session *take_idle(
    struct assay__clamd_daemon *daemon)
{
    struct assay__clamd_session *session = NULL;

    pthread_mutex_lock(&daemon->lock);
    if (daemon->idle_count > 0)
        session = daemon->idle[--daemon->idle_count];
    pthread_mutex_unlock(&daemon->lock);
    if (session)
        session->is_reused = true;
    return session;
}

static void keep(struct assay__clamd_daemon *daemon,
                 struct assay__clamd_session **session)
{
    if ((*session)->is_spent) {
        assay__clamd_session_close(session);
        return;
    }
    pthread_mutex_lock(&daemon->lock);
    if ((daemon->health.is_up || daemon->health.is_probing) &&
        daemon->idle_count < daemon->sessions_max) {
        daemon->idle[daemon->idle_count++] = *session;
        *session = NULL;
    }
    pthread_mutex_unlock(&daemon->lock);
    assay__clamd_session_close(session);
}

/* May a session that lay idle be used? */
static bool is_sound(struct assay__clamd_daemon *daemon,
                     struct assay__clamd_session *session, int64_t deadline_ms)
{
    if (assay__clamav_now_ms() - session->used_at_ms >
            ASSAY__CLAMD_IDLE_MAX_MS ||
        !assay__clamd_connection_is_quiet(&session->connection))
        return false;
    if (!needs_version(daemon, session))
        return true;
    if (assay__clamd_session_ask_version(session, deadline_ms, NULL) !=
        ASSAY_OK)
        return false;
    note_version(daemon, session);
    return !session->is_spent;
}

static struct assay__clamd_session *take_sound(
    struct assay__clamd_daemon *daemon, int64_t deadline_ms)
{
    struct assay__clamd_session *session;

    while ((session = take_idle(daemon)) != NULL) {
        if (is_sound(daemon, session, deadline_ms))
            return session;
        assay__clamd_session_close(&session);
    }
    return NULL;
}

/* Each place may take its share of the time that is left. */
static int64_t share_of(int64_t deadline_ms, size_t places)
{
    int64_t now_ms = assay__clamav_now_ms();

    return now_ms + (deadline_ms - now_ms) / (int64_t)places;
}

static assay_rc open_session(struct assay__clamd_daemon *daemon,
                             int64_t deadline_ms,
                             struct assay__clamd_session **out,
                             assay_error *err)
{
    struct assay__clamd_places places;
    assay_rc rc =
        assay__clamd_resolver_get(&daemon->resolver, deadline_ms, &places, err);

    if (rc != ASSAY_OK)
        return rc;
    for (size_t i = 0; i < places.count; i++) {
        rc = assay__clamd_session_open(
            &places.at[i], share_of(deadline_ms, places.count - i), out, err);
        if (rc == ASSAY_OK) {
            note_version(daemon, *out);
            return ASSAY_OK;
        }
    }
    if (rc == ASSAY_E_UNAVAILABLE || rc == ASSAY_E_TIMEOUT)
        assay__clamd_resolver_expire(&daemon->resolver);
    return rc;
}

/* ---- scanning ----------------------------------------------------------- */

/* Over a session that lay idle, and when that ends without a word over a new
 * one. *session_out is set on ASSAY_OK. */
static assay_rc scan_over_any(struct assay__clamd_daemon *daemon,
                              const struct assay__clamd_content *content,
                              int64_t deadline_ms,
                              struct assay__clamd_session **session_out,
                              struct assay__clamd_reply *reply,
                              assay_error *err)
{
    struct assay__clamd_session *session = take_sound(daemon, deadline_ms);
    assay_rc rc;

    if (session) {
        rc = assay__clamd_session_scan(session, content, deadline_ms, reply,
                                       err);
        if (rc == ASSAY_OK) {
            *session_out = session;
            return rc;
        }
        assay__clamd_session_close(&session);
        if (rc != ASSAY_E_UNAVAILABLE)
            return rc;
    }
    rc = open_session(daemon, deadline_ms, &session, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__clamd_session_scan(session, content, deadline_ms, reply, err);
    if (rc == ASSAY_OK) {
        *session_out = session;
        return rc;
    }
    assay__clamd_session_close(&session);
    /* It was there a moment ago: not sure that it is down. */
    return rc == ASSAY_E_UNAVAILABLE ? ASSAY_E_IO : rc;
}

static assay_rc scan_once(struct assay__clamd_daemon *daemon,
                          const struct assay__clamd_content *content,
                          int64_t deadline_ms, struct assay__clamd_reply *reply,
                          assay_error *err)
{
    struct assay__clamd_session *session = NULL;
    assay_error tail = {0};
    assay_rc rc =
        scan_over_any(daemon, content, deadline_ms, &session, reply, &tail);

    if (rc == ASSAY_OK)
        keep(daemon, &session);
    else
        (void)assay_error_set(err, rc, "clamd at %s %s", daemon->address.text,
                              tail.msg);
    return rc;
}

assay_rc assay__clamd_daemon_scan(struct assay__clamd_daemon *daemon,
                                  const struct assay__clamd_content *content,
                                  int64_t deadline_ms,
                                  struct assay__clamd_reply *reply_out,
                                  assay_error *err)
{
    struct assay__clamd_content stream = *content;
    assay_rc rc = scan_once(daemon, content, deadline_ms, reply_out, err);

    if (rc != ASSAY_OK || content->fd < 0 ||
        reply_out->said != ASSAY__CLAMD_SAID_REFUSED)
        return rc;
    pthread_mutex_lock(&daemon->lock);
    daemon->no_files = true;
    pthread_mutex_unlock(&daemon->lock);
    assay_log_write(daemon->log, ASSAY_LOG_INFO, "clamd.no_descriptors",
                    "daemon=\"%s\" reason=\"%s\"", daemon->address.text,
                    reply_out->text);
    stream.fd = -1;
    return scan_once(daemon, &stream, deadline_ms, reply_out, err);
}

/* ---- refreshing --------------------------------------------------------- */

static struct assay__clamd_session *take_old(struct assay__clamd_daemon *daemon)
{
    int64_t now_ms = assay__clamav_now_ms();
    struct assay__clamd_session *session = NULL;

    pthread_mutex_lock(&daemon->lock);
    /* The one not used for longest lies at the bottom. */
    if (daemon->idle_count > 0 &&
        now_ms - daemon->idle[0]->used_at_ms > ASSAY__CLAMD_IDLE_MAX_MS) {
        session = daemon->idle[0];
        daemon->idle_count--;
        memmove(daemon->idle, daemon->idle + 1,
                daemon->idle_count * sizeof *daemon->idle);
    }
    pthread_mutex_unlock(&daemon->lock);
    return session;
}

assay_rc assay__clamd_daemon_refresh(struct assay__clamd_daemon *daemon,
                                     int64_t deadline_ms, assay_error *err)
{
    struct assay__clamd_session *session;
    assay_error tail = {0};
    assay_rc rc = ASSAY_OK;

    while ((session = take_old(daemon)) != NULL)
        assay__clamd_session_close(&session);
    pthread_mutex_lock(&daemon->lock);
    daemon->version_at_ms = 0; /* whoever takes a session asks */
    /* Without a number of the database its changes cannot be seen. */
    if (assay__clamd_reply_signatures(daemon->version) == 0)
        daemon->changes++;
    pthread_mutex_unlock(&daemon->lock);
    session = take_sound(daemon, deadline_ms);
    if (!session)
        rc = open_session(daemon, deadline_ms, &session, &tail);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "clamd at %s %s", daemon->address.text,
                               tail.msg);
    keep(daemon, &session);
    return ASSAY_OK;
}

void assay__clamd_daemon_state(struct assay__clamd_daemon *daemon,
                               struct assay__clamd_state *out)
{
    pthread_mutex_lock(&daemon->lock);
    out->is_up = daemon->health.is_up;
    out->changes = daemon->changes;
    memcpy(out->version, daemon->version, sizeof out->version);
    memcpy(out->trouble, daemon->trouble, sizeof out->trouble);
    pthread_mutex_unlock(&daemon->lock);
}
