/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "fake_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

assay_session *fake_session_new(void)
{
    static const char *const engines[] = {"clamav", "csapi", NULL};
    assay_session *session = calloc(1, sizeof *session);

    if (!session || assay_context_new(&session->context, NULL) != ASSAY_OK)
        abort();
    session->peer = "192.0.2.1:2525";
    session->engines = engines;
    return session;
}

void fake_session_free(assay_session **session)
{
    if (!*session)
        return;
    assay_context_free(&(*session)->context);
    free(*session);
    *session = NULL;
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

void fake_session_verdict(assay_session *session, assay_status status,
                          const char *info, const char *engine,
                          const char *scan_code)
{
    assay_verdict *verdict = &session->verdicts[session->verdict_count++];

    verdict->status = status;
    copy(verdict->info, sizeof verdict->info, info);
    copy(verdict->engine, sizeof verdict->engine, engine);
    copy(verdict->scan_code, sizeof verdict->scan_code, scan_code);
}

/* ---- <assay/policy.h> -------------------------------------------------- */

assay_context *assay_session_context(assay_session *session)
{
    return session->context;
}

assay_message *assay_session_message(assay_session *session)
{
    return session->message;
}

const char *assay_session_peer(const assay_session *session)
{
    return session->peer;
}

assay_rc assay_session_set_reply(assay_session *session, int code,
                                 const char *text, assay_error *err)
{
    if (code < 200 || code > 599)
        return assay_error_set(err, ASSAY_E_INVAL, "no SMTP code: %d", code);
    session->code = code;
    copy(session->text, sizeof session->text, text);
    return ASSAY_OK;
}

assay_rc assay_session_disconnect(assay_session *session, int code,
                                  const char *text, assay_error *err)
{
    assay_rc rc = assay_session_set_reply(session, code, text, err);

    session->disconnected = rc == ASSAY_OK;
    return rc;
}

assay_rc assay_session_discard(assay_session *session, const char *reason,
                               assay_error *err)
{
    (void)err;
    session->discarded = true;
    copy(session->text, sizeof session->text, reason);
    return ASSAY_OK;
}

static void scripted_verdict(assay_session *session,
                             const assay_scan_request *request,
                             assay_verdict *verdict_out)
{
    assay_part_info info = {0};

    if (request->part)
        assay_part_get_info(request->part, &info);
    memset(verdict_out, 0, sizeof *verdict_out);
    if (request->engine && strlen(request->engine) > ASSAY_NAME_MAX)
        verdict_out->status = ASSAY_STATUS_NAME_TOO_LONG;
    else if (info.is_container)
        verdict_out->status = ASSAY_STATUS_PART_IS_CONTAINER;
    else if (session->verdict_count > 0)
        *verdict_out =
            session->verdicts[session->scans % session->verdict_count];
}

void assay_session_scan(assay_session *session,
                        const assay_scan_request *request,
                        assay_verdict *verdict_out)
{
    if (session->on_scan)
        session->on_scan(session->on_scan_arg);
    scripted_verdict(session, request, verdict_out);
    session->scans++;
    session->scanned_part = request->part != NULL;
    copy(session->engine, sizeof session->engine,
         request->engine ? request->engine : "*");
}

const char *assay_session_engine(assay_session *session, size_t index)
{
    for (size_t i = 0; session->engines[i]; i++)
        if (i == index)
            return session->engines[i];
    return NULL;
}

/* ---- scores ------------------------------------------------------------ */

bool assay_session_can_score(const assay_session *session)
{
    return !session->cannot_score;
}

static assay_rc scripted_score(assay_session *session, const char *asked,
                               assay_score *score_out, assay_error *err)
{
    if (session->on_scan)
        session->on_scan(session->on_scan_arg);
    session->asked = asked;
    session->scores++;
    if (session->score_rc != ASSAY_OK)
        return assay_error_set(err, session->score_rc, "scripted failure: %s",
                               assay_rc_name(session->score_rc));
    *score_out = session->score;
    return ASSAY_OK;
}

assay_rc assay_session_score(assay_session *session, assay_message *message,
                             assay_score *score_out, assay_error *err)
{
    if (message != session->message)
        return assay_error_set(err, ASSAY_E_STATE, "not the message");
    return scripted_score(session, "score", score_out, err);
}

assay_rc assay_session_analyze(assay_session *session, assay_message *message,
                               const char *text, size_t len,
                               assay_score *score_out, assay_error *err)
{
    if (message != session->message)
        return assay_error_set(err, ASSAY_E_STATE, "not the message");
    if (len >= ASSAY_SCORE_ANALYSIS_MAX || memchr(text, '\0', len))
        return assay_error_set(err, ASSAY_E_INVAL, "no analysis text");
    snprintf(session->analyzed, sizeof session->analyzed, "%.*s", (int)len,
             text);
    session->analyzed_len = len;
    return scripted_score(session, "analyze", score_out, err);
}

assay_rc assay_session_score_address(assay_session *session,
                                     const char *address,
                                     assay_score *score_out, assay_error *err)
{
    if (strspn(address, "0123456789abcdef.:") != strlen(address))
        return assay_error_set(err, ASSAY_E_INVAL, "no IP address");
    copy(session->scored_address, sizeof session->scored_address, address);
    return scripted_score(session, "address", score_out, err);
}

/* ---- ActiveFilter ------------------------------------------------------ */

static bool is_same_mode(const struct assay_activefilter *a,
                         const struct assay_activefilter *b)
{
    return a->mode == b->mode && strcmp(a->inbox, b->inbox) == 0 &&
           strcmp(a->spam, b->spam) == 0 && a->unread_only == b->unread_only;
}

assay_rc assay_activefilter_set_mode(assay_activefilter *filter,
                                     assay_activefilter_mode mode,
                                     const char *inbox, const char *spam,
                                     bool unread_only, assay_error *err)
{
    struct assay_activefilter wanted = *filter;

    wanted.mode = mode;
    wanted.unread_only = unread_only;
    copy(wanted.inbox, sizeof wanted.inbox, inbox);
    copy(wanted.spam, sizeof wanted.spam, spam);
    if (filter->is_sealed)
        return assay_error_set(err, ASSAY_E_STATE, "ActiveFilter is sealed");
    if (filter->mode != ASSAY_ACTIVEFILTER_UNSET &&
        !is_same_mode(filter, &wanted))
        return assay_error_set(err, ASSAY_E_EXISTS, "another mode is set");
    if (mode == ASSAY_ACTIVEFILTER_MOVEMSG &&
        (wanted.inbox[0] == '\0' || wanted.spam[0] == '\0'))
        return assay_error_set(err, ASSAY_E_INVAL, "empty folder name");
    *filter = wanted;
    return ASSAY_OK;
}

assay_rc assay_activefilter_set_address(assay_activefilter *filter,
                                        const char *address, assay_error *err)
{
    if (filter->is_sealed)
        return assay_error_set(err, ASSAY_E_STATE, "ActiveFilter is sealed");
    if (filter->address[0] && strcmp(filter->address, address) != 0)
        return assay_error_set(err, ASSAY_E_EXISTS, "another address is set");
    if (!strstr(address, "@msi.local"))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "no maildir stanza takes it");
    copy(filter->address, sizeof filter->address, address);
    return ASSAY_OK;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            return true;
    return false;
}

assay_rc assay_session_add_activefilter_data(assay_session *session,
                                             const char *address,
                                             const char *key, const char *value,
                                             assay_error *err)
{
    size_t len = strlen(session->data);

    if (!session->message)
        return assay_error_set(err, ASSAY_E_STATE, "no message");
    if (!strchr(address, '@') || !key[0] || has_control(value))
        return assay_error_set(err, ASSAY_E_INVAL, "%s: not fit", key);
    session->data_count++;
    snprintf(session->data + len, sizeof session->data - len, "%s %s=%s\n",
             address, key, value);
    return ASSAY_OK;
}

assay_rc assay_session_score_activefilter(assay_session *session,
                                          assay_message *message,
                                          const char *id, double threshold,
                                          assay_score *score_out,
                                          assay_error *err)
{
    const struct assay_activefilter *filter = &session->filter;

    if (message != session->message)
        return assay_error_set(err, ASSAY_E_STATE, "not the message");
    if (filter->mode == ASSAY_ACTIVEFILTER_UNSET)
        return assay_error_set(err, ASSAY_E_STATE, "no mode is set");
    if (!filter->address[0])
        return assay_error_set(err, ASSAY_E_STATE, "no address is set");
    session->threshold = threshold;
    session->af_id = id;
    return scripted_score(session, "activefilter", score_out, err);
}

/* ---- pools ------------------------------------------------------------- */

static const char *const pools[] = {"CPU", "IO", "SLOW", NULL};

const char *assay_session_pool(assay_session *session, size_t index)
{
    (void)session;
    return index < 3 ? pools[index] : NULL;
}

bool assay_session_pool_stats(assay_session *session, const char *name,
                              assay_pool_stats *stats_out, size_t size)
{
    const assay_pool_stats stats = {
        .invocations = 7,
        .average_concurrency = 0.5,
        .saturation = 12.5,
        .average_ms = 3.25,
        .concurrency = 4,
        .threads = 3,
        .active = 2,
        .inactive = 1,
        .queued = 6,
    };

    (void)session, (void)size;
    *stats_out = stats;
    copy(stats_out->name, sizeof stats_out->name, name);
    return true;
}

void assay_pool_stats_text(const assay_pool_stats *stats, char *buf,
                           size_t size)
{
    snprintf(buf, size, "%s thread pool: concurrency %u, %u + %u", stats->name,
             (unsigned)stats->concurrency, (unsigned)stats->active,
             (unsigned)stats->inactive);
}

struct fake_job {
    void (*run)(void *arg);
    void *arg;
};

static void *run_fake_job(void *arg)
{
    struct fake_job *job = arg;

    job->run(job->arg);
    free(job);
    return NULL;
}

static assay_rc start_thread(pthread_t *thread, void (*run)(void *arg),
                             void *arg, assay_error *err)
{
    struct fake_job *job = malloc(sizeof *job);

    if (!job)
        return assay_error_set(err, ASSAY_E_NOMEM, "fake pool");
    *job = (struct fake_job){.run = run, .arg = arg};
    if (pthread_create(thread, NULL, run_fake_job, job) != 0)
        abort();
    return ASSAY_OK;
}

assay_rc assay_session_run_in_pool(assay_session *session, const char *pool,
                                   void (*run)(void *arg), void *arg,
                                   assay_error *err)
{
    pthread_t thread;
    assay_rc rc;

    (void)session;
    if (strcmp(pool, "SLOW") == 0)
        return assay_error_set(err, ASSAY_E_LIMIT, "overload: pool SLOW");
    rc = start_thread(&thread, run, arg, err);
    if (rc == ASSAY_OK)
        (void)pthread_join(thread, NULL);
    return rc;
}

assay_rc assay_session_post(assay_session *session, const char *pool,
                            void (*run)(void *arg), void *arg, assay_error *err)
{
    assay_rc rc;

    if (strcmp(pool, "SLOW") == 0 || session->post_count == FAKE_POSTS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "overload: pool SLOW");
    rc = start_thread(&session->posts[session->post_count], run, arg, err);
    if (rc == ASSAY_OK)
        session->post_count++;
    return rc;
}

void fake_session_settle(assay_session *session)
{
    while (session->post_count > 0)
        (void)pthread_join(session->posts[--session->post_count], NULL);
}
