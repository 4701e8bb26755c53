/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_server.h"

#include <stdio.h>
#include <string.h>

#include "icap_request.h"
#include "icap_time.h"
#include "icap_verdict.h"

enum {
    STATUS_OK = 200,
    QUIET_MS = 60000 /* changes of an ISTag are logged no more often */
};

assay_rc assay__icap_server_init(struct assay__icap_server *server,
                                 const char *text,
                                 const struct assay__icap_settings *settings,
                                 const assay_log *log, assay_error *err)
{
    assay_rc rc;

    memset(server, 0, sizeof *server);
    rc = assay__icap_url_parse(text, &server->url, err);
    if (rc != ASSAY_OK)
        return rc;
    server->text = text;
    server->settings = settings;
    server->log = log;
    rc = assay__icap_resolver_init(&server->resolver, &server->url, err);
    if (rc != ASSAY_OK)
        return rc;
    if (!assay__icap_sync_init(&server->lock, &server->freed)) {
        assay__icap_resolver_fini(&server->resolver);
        return assay_error_set(err, ASSAY_E_NOMEM, "icap: lock");
    }
    return ASSAY_OK;
}

void assay__icap_server_fini(struct assay__icap_server *server)
{
    while (server->idle_count > 0)
        assay__icap_connection_close(&server->idle[--server->idle_count]);
    assay__icap_resolver_fini(&server->resolver);
    pthread_cond_destroy(&server->freed);
    pthread_mutex_destroy(&server->lock);
}

/* ---- health ------------------------------------------------------------- */

enum assay__icap_admission assay__icap_server_admit(
    struct assay__icap_server *server, bool is_due)
{
    enum assay__icap_admission admission;

    pthread_mutex_lock(&server->lock);
    admission = assay__icap_health_admit(
        &server->health, is_due ? INT64_MAX : assay__icap_now_ms());
    pthread_mutex_unlock(&server->lock);
    return admission;
}

/* Any number that differs between hosts and calls. */
static uint32_t jitter(const void *address)
{
    struct timespec now;
    uint64_t mixed;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    mixed = ((uint64_t)(uintptr_t)address ^ (uint64_t)now.tv_nsec) *
            UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32);
}

/* Connections of a server that is down are of no use any more. */
static size_t take_all(struct assay__icap_server *server,
                       struct assay__icap_connection **out)
{
    size_t count = server->idle_count;

    memcpy(out, server->idle, count * sizeof(*out));
    server->idle_count = 0;
    server->open_count -= count;
    pthread_cond_broadcast(&server->freed);
    return count;
}

static void fail(struct assay__icap_server *server, bool was_probe,
                 bool is_sure, const assay_error *err)
{
    struct assay__icap_connection *old[ASSAY__ICAP_OPEN_MAX];
    size_t count = 0;
    bool is_news;

    pthread_mutex_lock(&server->lock);
    is_news = assay__icap_health_failure(&server->health, assay__icap_now_ms(),
                                         was_probe, is_sure, jitter(server));
    if (!server->health.is_up) {
        /* A server that never was up is news once, too. */
        is_news = is_news || (was_probe && server->trouble[0] == '\0');
        (void)snprintf(server->trouble, sizeof server->trouble, "%.*s",
                       (int)sizeof server->trouble - 1, err->msg);
        count = take_all(server, old);
    }
    pthread_mutex_unlock(&server->lock);
    while (count > 0)
        assay__icap_connection_close(&old[--count]);
    if (is_news)
        assay_log_write(server->log, ASSAY_LOG_ERROR, "icap.down",
                        "server=\"%s\" reason=\"%s\"", server->text, err->msg);
}

void assay__icap_server_report(struct assay__icap_server *server,
                               bool was_probe, assay_rc rc,
                               const assay_error *err)
{
    struct assay__icap_report report;
    bool is_news;

    if (rc != ASSAY_OK) {
        /* Our own lack of memory says nothing of the server, nor does that of
         * connections. */
        if (was_probe || (rc != ASSAY_E_NOMEM && rc != ASSAY_E_LIMIT))
            fail(server, was_probe, rc == ASSAY_E_UNAVAILABLE, err);
        return;
    }
    pthread_mutex_lock(&server->lock);
    is_news = assay__icap_health_success(&server->health, was_probe);
    if (is_news)
        server->trouble[0] = '\0';
    pthread_mutex_unlock(&server->lock);
    if (!is_news)
        return;
    assay__icap_server_state(server, &report);
    assay_log_write(server->log, ASSAY_LOG_INFO, "icap.up",
                    "server=\"%s\" service=\"%s\" istag=\"%s\"", server->text,
                    report.name, report.tag);
}

void assay__icap_server_disown(struct assay__icap_server *server,
                               const assay_error *err)
{
    pthread_mutex_lock(&server->lock);
    server->changes++;
    pthread_mutex_unlock(&server->lock);
    assay_log_write(server->log, ASSAY_LOG_ERROR, "icap.canary",
                    "server=\"%s\" reason=\"%s\"", server->text, err->msg);
}

void assay__icap_server_state(struct assay__icap_server *server,
                              struct assay__icap_report *out)
{
    pthread_mutex_lock(&server->lock);
    out->is_up = server->health.is_up;
    out->changes = server->changes;
    memcpy(out->tag, server->tag, sizeof out->tag);
    memcpy(out->name, server->service.name, sizeof out->name);
    memcpy(out->trouble, server->trouble, sizeof out->trouble);
    pthread_mutex_unlock(&server->lock);
}

/* ---- connections -------------------------------------------------------- */

static size_t most_open_locked(const struct assay__icap_server *server)
{
    size_t own = (size_t)server->settings->connections;
    size_t told = server->service.max_connections;

    return told > 0 && told < own ? told : own;
}

/* A place among the open ones, and with it the connection used last if there
 * is one that is idle. @return false when there is none by the deadline */
static bool take_place(struct assay__icap_server *server,
                       const struct assay__icap_job *job,
                       struct assay__icap_connection **idle_out)
{
    bool is_there = true;

    *idle_out = NULL;
    pthread_mutex_lock(&server->lock);
    while (is_there && server->idle_count == 0 &&
           server->open_count >= most_open_locked(server))
        is_there = job->may_wait &&
                   assay__icap_sync_wait(&server->freed, &server->lock,
                                         job->deadline_ms);
    if (is_there && server->idle_count > 0)
        *idle_out = server->idle[--server->idle_count];
    else if (is_there)
        server->open_count++;
    pthread_mutex_unlock(&server->lock);
    return is_there;
}

static void give_place_back(struct assay__icap_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->open_count--;
    pthread_cond_signal(&server->freed);
    pthread_mutex_unlock(&server->lock);
}

static void let_go(struct assay__icap_server *server,
                   struct assay__icap_connection **connection)
{
    assay__icap_connection_close(connection);
    give_place_back(server);
}

/* Behind a use. */
static void keep(struct assay__icap_server *server,
                 struct assay__icap_connection **connection)
{
    bool may_keep = server->settings->keep_alive && !(*connection)->is_spent;

    pthread_mutex_lock(&server->lock);
    if (may_keep && (server->health.is_up || server->health.is_probing) &&
        server->open_count <= most_open_locked(server)) {
        server->idle[server->idle_count++] = *connection;
        *connection = NULL;
        pthread_cond_signal(&server->freed);
    }
    pthread_mutex_unlock(&server->lock);
    if (*connection)
        let_go(server, connection);
}

/* Each place may take its share of the time that is left. */
static int64_t share_of(int64_t deadline_ms, size_t places)
{
    int64_t now_ms = assay__icap_now_ms();

    return now_ms + (deadline_ms - now_ms) / (int64_t)places;
}

/* One that does not come about soon leaves time for another server. */
static assay_rc connect_soon(const struct assay__icap_place *place,
                             int64_t deadline_ms,
                             struct assay__icap_connection **out,
                             assay_error *err)
{
    int64_t soon_ms = assay__icap_now_ms() + ASSAY__ICAP_CONNECT_MS;
    bool is_soon = soon_ms < deadline_ms;
    assay_rc rc = assay__icap_connection_open(
        place, is_soon ? soon_ms : deadline_ms, out, err);

    return rc == ASSAY_E_TIMEOUT && is_soon ? ASSAY_E_UNAVAILABLE : rc;
}

static assay_rc open_new(struct assay__icap_server *server, int64_t deadline_ms,
                         struct assay__icap_connection **out, assay_error *err)
{
    struct assay__icap_places places;
    assay_rc rc =
        assay__icap_resolver_get(&server->resolver, deadline_ms, &places, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_error_set(err, ASSAY_E_UNAVAILABLE, "has no address");
    for (size_t i = 0; i < places.count; i++) {
        rc = connect_soon(&places.at[i],
                          share_of(deadline_ms, places.count - i), out, err);
        if (rc != ASSAY_E_UNAVAILABLE && rc != ASSAY_E_TIMEOUT)
            return rc;
    }
    assay__icap_resolver_expire(&server->resolver);
    return rc;
}

static bool is_sound(const struct assay__icap_connection *connection)
{
    return assay__icap_now_ms() - connection->used_at_ms <=
               ASSAY__ICAP_IDLE_MAX_MS &&
           assay__icap_connection_is_quiet(connection);
}

/* Those that ended, or lay idle for too long, would keep their descriptors
 * until somebody takes them; the ones at the bottom for ever. They keep their
 * places meanwhile. */
static void tidy(struct assay__icap_server *server)
{
    struct assay__icap_connection *idle[ASSAY__ICAP_OPEN_MAX];
    size_t count;

    pthread_mutex_lock(&server->lock);
    count = server->idle_count;
    memcpy(idle, server->idle, count * sizeof *idle);
    server->idle_count = 0;
    pthread_mutex_unlock(&server->lock);
    for (size_t i = 0; i < count; i++)
        if (is_sound(idle[i]))
            keep(server, &idle[i]);
        else
            let_go(server, &idle[i]);
}

/* A connection, idle or new. */
static assay_rc acquire(struct assay__icap_server *server,
                        const struct assay__icap_job *job,
                        struct assay__icap_connection **out, assay_error *err)
{
    struct assay__icap_connection *idle;
    assay_rc rc;

    if (!take_place(server, job, &idle))
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "has no connection free before the deadline");
    if (idle && !job->wants_new && is_sound(idle)) {
        idle->is_reused = true;
        *out = idle;
        return ASSAY_OK;
    }
    assay__icap_connection_close(&idle); /* its place is ours */
    rc = open_new(server, job->deadline_ms, out, err);
    if (rc != ASSAY_OK)
        give_place_back(server);
    return rc;
}

/* ---- what it says of itself --------------------------------------------- */

static void note_tag(struct assay__icap_server *server,
                     const struct assay__icap_head *head)
{
    int64_t now_ms = assay__icap_now_ms();
    char tag[ASSAY__ICAP_TAG_MAX + 1];
    bool is_other, is_news;

    assay__icap_service_tag(head, tag);
    pthread_mutex_lock(&server->lock);
    is_other =
        server->is_known && tag[0] != '\0' && strcmp(server->tag, tag) != 0;
    is_news = is_other && server->tag[0] != '\0' &&
              now_ms - server->told_at_ms >= QUIET_MS;
    if (is_other) {
        memcpy(server->tag, tag, sizeof server->tag);
        server->changes++;
        server->ask_again_at_ms = 0;
    }
    if (is_news)
        server->told_at_ms = now_ms;
    pthread_mutex_unlock(&server->lock);
    if (is_news)
        assay_log_write(server->log, ASSAY_LOG_INFO, "icap.istag",
                        "server=\"%s\" istag=\"%s\"", server->text, tag);
}

static void note_service(struct assay__icap_server *server,
                         const struct assay__icap_service *service)
{
    int64_t now_ms = assay__icap_now_ms();

    pthread_mutex_lock(&server->lock);
    /* Without a tag changes cannot be seen: each look may be one. */
    if (strcmp(server->tag, service->tag) != 0 || service->tag[0] == '\0')
        server->changes++;
    memcpy(server->tag, service->tag, sizeof server->tag);
    server->service = *service;
    server->is_known = true;
    server->asked_at_ms = now_ms;
    server->ask_again_at_ms =
        service->ttl_s > 0 ? now_ms + service->ttl_s * 1000 : INT64_MAX;
    pthread_cond_broadcast(&server->freed); /* there may be more places */
    pthread_mutex_unlock(&server->lock);
}

static struct assay__icap_manner manner_of(
    const struct assay__icap_server *server)
{
    const struct assay__icap_settings *settings = server->settings;

    return (struct assay__icap_manner){.url = &server->url,
                                       .user_agent = settings->user_agent,
                                       .headers = &settings->header,
                                       .tells_names = settings->send_names,
                                       .closes = !settings->keep_alive};
}

static assay_rc ask_options(struct assay__icap_server *server,
                            struct assay__icap_connection *connection,
                            int64_t deadline_ms, assay_error *err)
{
    const struct assay__icap_manner manner = manner_of(server);
    struct assay__icap_request request;
    struct assay__icap_question question = {
        .request = &request, .body_max = server->settings->max_reply};
    struct assay__icap_service service;
    assay_rc rc;

    if (!assay__icap_request_options(&manner, &request))
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "cannot be asked: the headers are too long");
    rc = assay__icap_connection_ask(connection, &question, deadline_ms, err);
    if (rc == ASSAY_OK && connection->reply.icap.status != STATUS_OK)
        rc = assay_error_set(err, ASSAY_E_UNAVAILABLE,
                             "answers OPTIONS with status %u",
                             connection->reply.icap.status);
    if (rc == ASSAY_OK)
        rc = assay__icap_service_read(&connection->reply.icap, &service, err);
    if (rc == ASSAY_OK)
        note_service(server, &service);
    return rc;
}

/* Whether this caller is to ask, which it then owes. */
static bool begin_asking(struct assay__icap_server *server)
{
    int64_t now_ms = assay__icap_now_ms();
    bool may_ask;

    pthread_mutex_lock(&server->lock);
    may_ask = !server->is_asking && now_ms >= server->ask_again_at_ms &&
              (!server->is_known ||
               now_ms - server->asked_at_ms >= ASSAY__ICAP_OPTIONS_MIN_MS);
    server->is_asking = server->is_asking || may_ask;
    pthread_mutex_unlock(&server->lock);
    return may_ask;
}

static void end_asking(struct assay__icap_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->is_asking = false;
    pthread_mutex_unlock(&server->lock);
}

/* OPTIONS over a connection, and when that lay idle and ends without a word
 * over a new one. @param connection  NULL afterwards on failure */
static assay_rc ask_options_over_any(struct assay__icap_server *server,
                                     const struct assay__icap_job *job,
                                     struct assay__icap_connection **connection,
                                     assay_error *err)
{
    struct assay__icap_job again = *job;
    assay_rc rc = ask_options(server, *connection, job->deadline_ms, err);

    if (rc == ASSAY_E_UNAVAILABLE && (*connection)->is_reused &&
        !(*connection)->was_heard) {
        again.wants_new = true;
        let_go(server, connection);
        rc = acquire(server, &again, connection, err);
        if (rc != ASSAY_OK)
            return rc;
        rc = ask_options(server, *connection, job->deadline_ms, err);
    }
    if (rc != ASSAY_OK)
        let_go(server, connection);
    return rc;
}

/* A connection to ask for a scan over; OPTIONS was asked before if it was due.
 * A server may end the connection behind that. */
static assay_rc acquire_asked(struct assay__icap_server *server,
                              const struct assay__icap_job *job,
                              struct assay__icap_connection **out,
                              assay_error *err)
{
    bool asks = begin_asking(server);
    assay_rc rc = acquire(server, job, out, err);

    if (rc == ASSAY_OK && asks)
        rc = ask_options_over_any(server, job, out, err);
    if (asks)
        end_asking(server);
    if (rc != ASSAY_OK || !asks)
        return rc;
    (*out)->is_reused = true;
    if (!(*out)->is_spent && server->settings->keep_alive)
        return ASSAY_OK;
    let_go(server, out);
    return acquire(server, job, out, err);
}

assay_rc assay__icap_server_refresh(struct assay__icap_server *server,
                                    int64_t deadline_ms, assay_error *err)
{
    const struct assay__icap_job job = {.deadline_ms = deadline_ms,
                                        .may_wait = true};
    struct assay__icap_connection *connection = NULL;
    assay_error tail = {0};
    assay_rc rc;

    tidy(server);
    rc = acquire(server, &job, &connection, &tail);
    if (rc == ASSAY_OK)
        rc = ask_options_over_any(server, &job, &connection, &tail);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "ICAP server %s %s", server->text,
                               tail.msg);
    keep(server, &connection);
    return ASSAY_OK;
}

/* ---- scanning ----------------------------------------------------------- */

/* How the service wants it, as far as the options let. */
static assay_rc choose_manner(struct assay__icap_server *server,
                              const struct assay__icap_job *job,
                              struct assay__icap_manner *manner,
                              assay_error *err)
{
    const struct assay__icap_settings *settings = server->settings;
    int64_t preview = assay__icap_preview(settings->preview);
    const char *name =
        assay__icap_request_name(job->content, settings->send_names);
    bool takes;

    *manner = manner_of(server);
    pthread_mutex_lock(&server->lock);
    manner->is_reqmod = settings->method == ASSAY__ICAP_METHOD_REQMOD ||
                        (settings->method == ASSAY__ICAP_METHOD_AUTO &&
                         !server->service.takes_respmod);
    takes = manner->is_reqmod ? server->service.takes_reqmod
                              : server->service.takes_respmod;
    manner->allows_204 = settings->allow_204 && server->service.allows_204;
    manner->has_preview =
        !job->wants_all &&
        (preview >= 0 || (preview == ASSAY__ICAP_PREVIEW_AUTO &&
                          server->service.has_preview)) &&
        assay__icap_service_wants_preview(&server->service, name);
    manner->preview = preview >= 0 ? (size_t)preview : server->service.preview;
    pthread_mutex_unlock(&server->lock);
    if (!takes)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "does not offer %s",
                               manner->is_reqmod ? "REQMOD" : "RESPMOD");
    return ASSAY_OK;
}

/* Ask over this connection, and say what it means. */
static assay_rc ask_scan(struct assay__icap_server *server,
                         struct assay__icap_connection *connection,
                         const struct assay__icap_job *job,
                         const struct assay__icap_manner *manner,
                         assay_finding *finding, assay_error *err)
{
    const struct assay__icap_settings *settings = server->settings;
    const assay_content *content = job->content;
    struct assay__icap_request request;
    const struct assay__icap_question question = {
        .request = &request,
        .data = content->data,
        .size = content->size,
        .has_preview = manner->has_preview,
        .preview = manner->preview,
        .body_max = content->size + settings->max_reply};
    assay_rc rc;

    if (!assay__icap_request_scan(manner, content, &request))
        return assay_error_set(err, ASSAY_E_IO,
                               "cannot be asked: the headers are too long");
    rc = assay__icap_connection_ask(connection, &question, job->deadline_ms,
                                    err);
    if (rc != ASSAY_OK)
        return rc;
    note_tag(server, &connection->reply.icap);
    assay__icap_judge(&connection->reply,
                      &(struct assay__icap_asked){
                          .size = content->size,
                          .sent = connection->sent,
                          .is_all_sent = connection->is_all_sent,
                          .allowed_204 = manner->allows_204,
                          .in_preview = connection->in_preview,
                          .is_reqmod = manner->is_reqmod,
                          .trusts_preview = settings->trust_preview,
                          .blocked_is_infected = settings->blocked_is_infected,
                          .infected_headers = &settings->infected_headers},
                      finding);
    return ASSAY_OK;
}

/* Over one connection, which is let go unless *out has it, with the reply. */
static assay_rc scan_over_one(struct assay__icap_server *server,
                              const struct assay__icap_job *job,
                              assay_finding *finding,
                              struct assay__icap_connection **out,
                              bool *may_repeat_out, assay_error *err)
{
    struct assay__icap_manner manner;
    assay_rc rc = acquire_asked(server, job, out, err);

    *may_repeat_out = false;
    if (rc != ASSAY_OK)
        return rc;
    rc = choose_manner(server, job, &manner, err);
    if (rc == ASSAY_OK) {
        rc = ask_scan(server, *out, job, &manner, finding, err);
        *may_repeat_out = rc == ASSAY_E_UNAVAILABLE && (*out)->is_reused;
        /* It was there a moment ago: not sure that it is down. */
        if (rc == ASSAY_E_UNAVAILABLE)
            rc = ASSAY_E_IO;
    }
    if (rc != ASSAY_OK)
        let_go(server, out);
    return rc;
}

/* When a connection that lay idle ends without a word, over a new one. */
static assay_rc scan_over_any(struct assay__icap_server *server,
                              const struct assay__icap_job *job,
                              assay_finding *finding, bool *refused_out,
                              assay_error *err)
{
    struct assay__icap_connection *connection = NULL;
    struct assay__icap_job again = *job;
    bool may_repeat;
    assay_rc rc =
        scan_over_one(server, job, finding, &connection, &may_repeat, err);

    if (rc != ASSAY_OK && may_repeat) {
        again.wants_new = true;
        rc = scan_over_one(server, &again, finding, &connection, &may_repeat,
                           err);
    }
    if (rc != ASSAY_OK)
        return rc;
    *refused_out = finding->found == ASSAY_FOUND_FAULT &&
                   assay__icap_is_refusal(connection->reply.icap.status);
    keep(server, &connection);
    return ASSAY_OK;
}

/* A service that finds a preview enough did not look at the rest: it gets all
 * of the content, and shall say again. */
static assay_rc scan_all(struct assay__icap_server *server,
                         const struct assay__icap_job *job,
                         assay_finding *finding, bool *refused_out,
                         assay_error *err)
{
    const assay_finding blank = *finding;
    struct assay__icap_job again = *job;
    assay_rc rc = scan_over_any(server, job, finding, refused_out, err);

    if (rc != ASSAY_OK || finding->found != ASSAY_FOUND_NOTHING ||
        finding->coverage.bytes_seen == job->content->size)
        return rc;
    *finding = blank;
    again.wants_all = true;
    return scan_over_any(server, &again, finding, refused_out, err);
}

assay_rc assay__icap_server_scan(struct assay__icap_server *server,
                                 const struct assay__icap_job *job,
                                 assay_finding *finding, bool *refused_out,
                                 assay_error *err)
{
    assay_error tail = {0};
    assay_rc rc = scan_all(server, job, finding, refused_out, &tail);

    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "ICAP server %s %s", server->text,
                               tail.msg);
    return ASSAY_OK;
}
