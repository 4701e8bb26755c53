/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <signal.h>
#include <string.h>

#include "icap_time.h"

enum {
    KEEP_MS = 60000,  /* an answer serves that long */
    RETRANSMIT_S = 2, /* of the look-up, per name server */
    RETRIES = 1,
    MS_PER_S = 1000,
    NS_PER_MS = 1000000
};

/* ---- waiting ------------------------------------------------------------ */

bool assay__icap_sync_init(pthread_mutex_t *lock, pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    bool ok;

    if (pthread_mutex_init(lock, NULL) != 0)
        return false;
    ok = pthread_condattr_init(&monotonic) == 0;
    if (ok) {
        ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
             pthread_cond_init(condition, &monotonic) == 0;
        pthread_condattr_destroy(&monotonic);
    }
    if (!ok)
        pthread_mutex_destroy(lock);
    return ok;
}

bool assay__icap_sync_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                           int64_t deadline_ms)
{
    const struct timespec until = {.tv_sec = deadline_ms / MS_PER_S,
                                   .tv_nsec =
                                       deadline_ms % MS_PER_S * NS_PER_MS};

    return pthread_cond_timedwait(condition, lock, &until) == 0;
}

/* ---- look-ups ----------------------------------------------------------- */

/* @return an EAI_* code */
static int look_up(const struct assay__icap_url *url, int flags,
                   struct assay__icap_places *out)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(url->host, url->port, &hints, &list);

    if (rc != 0)
        return rc;
    out->count = 0;
    for (const struct addrinfo *item = list;
         item && out->count < ASSAY__ICAP_PLACES_MAX; item = item->ai_next) {
        struct assay__icap_place *place = &out->at[out->count++];

        memcpy(&place->address, item->ai_addr, item->ai_addrlen);
        place->len = item->ai_addrlen;
    }
    freeaddrinfo(list);
    return out->count > 0 ? 0 : EAI_NONAME;
}

static void *run(void *arg)
{
    struct assay__icap_resolver *resolver = arg;
    struct assay__icap_places places = {0};
    int error = EAI_AGAIN;

    /* The state of the resolver is that of this thread alone. */
    if (res_init() == 0) {
        _res.retrans = RETRANSMIT_S;
        _res.retry = RETRIES;
        error = look_up(resolver->url, 0, &places);
    }
    pthread_mutex_lock(&resolver->lock);
    resolver->error = error;
    if (error == 0) {
        resolver->places = places;
        resolver->looked_up_at_ms = assay__icap_now_ms();
    }
    resolver->is_running = false;
    pthread_cond_broadcast(&resolver->done);
    pthread_mutex_unlock(&resolver->lock);
    return NULL;
}

/* With the lock held. @return false when there is no thread to be had */
static bool start(struct assay__icap_resolver *resolver)
{
    sigset_t all, before;

    if (resolver->has_thread) /* past its last use of the lock, or nearly */
        (void)pthread_join(resolver->thread, NULL);
    (void)sigfillset(&all); /* signals belong to the host's threads */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    resolver->has_thread =
        pthread_create(&resolver->thread, NULL, run, resolver) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    resolver->is_running = resolver->has_thread;
    return resolver->has_thread;
}

/* ---- the resolver ------------------------------------------------------- */

assay_rc assay__icap_resolver_init(struct assay__icap_resolver *resolver,
                                   const struct assay__icap_url *url,
                                   assay_error *err)
{
    memset(resolver, 0, sizeof *resolver);
    resolver->url = url;
    if (!assay__icap_sync_init(&resolver->lock, &resolver->done))
        return assay_error_set(err, ASSAY_E_NOMEM, "icap: resolver");
    if (!url->is_name)
        resolver->error = look_up(url, AI_NUMERICHOST, &resolver->places);
    return ASSAY_OK;
}

void assay__icap_resolver_fini(struct assay__icap_resolver *resolver)
{
    if (resolver->has_thread)
        (void)pthread_join(resolver->thread, NULL);
    pthread_cond_destroy(&resolver->done);
    pthread_mutex_destroy(&resolver->lock);
}

static assay_rc explain(const struct assay__icap_resolver *resolver,
                        bool is_running, int error, assay_error *err)
{
    const char *host = resolver->url->host;

    if (is_running)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "has a name no name server answers for: '%s'",
                               host);
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "has a name that cannot be looked up: '%s': %s",
                           host, gai_strerror(error));
}

assay_rc assay__icap_resolver_get(struct assay__icap_resolver *resolver,
                                  int64_t deadline_ms,
                                  struct assay__icap_places *out,
                                  assay_error *err)
{
    bool is_old, is_running;
    bool no_thread = false;
    int error;

    pthread_mutex_lock(&resolver->lock);
    is_old = resolver->places.count == 0 ||
             assay__icap_now_ms() - resolver->looked_up_at_ms > KEEP_MS;
    if (resolver->url->is_name && is_old && !resolver->is_running)
        no_thread = !start(resolver);
    while (resolver->places.count == 0 && resolver->is_running &&
           assay__icap_sync_wait(&resolver->done, &resolver->lock, deadline_ms))
        continue;
    *out = resolver->places;
    is_running = resolver->is_running;
    error = resolver->error;
    pthread_mutex_unlock(&resolver->lock);
    if (out->count > 0)
        return ASSAY_OK;
    if (no_thread)
        return assay_error_set(err, ASSAY_E_IO,
                               "has a name there is no thread to look up for: "
                               "'%s'",
                               resolver->url->host);
    return explain(resolver, is_running, error, err);
}

void assay__icap_resolver_expire(struct assay__icap_resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    resolver->looked_up_at_ms = assay__icap_now_ms() - KEEP_MS - 1;
    pthread_mutex_unlock(&resolver->lock);
}
