/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "spamd_places.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <signal.h>
#include <string.h>
#include <sys/un.h>

#include "deadline.h"

enum {
    KEEP_MS = 60000,  /* an answer serves that long */
    RETRANSMIT_S = 2, /* of the look-up, per name server */
    RETRIES = 1,
    MS_PER_S = 1000,
    NS_PER_MS = 1000000
};

/* ---- look-ups ----------------------------------------------------------- */

static void set_path(const char *path, struct assay__spamd_places *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, path, strlen(path) + 1);
    memcpy(&out->at[0].address, &address, sizeof address);
    out->at[0].len = sizeof address;
    out->count = 1;
}

/* @return an EAI_* code */
static int look_up(const struct assay__spamd_address *address, int flags,
                   struct assay__spamd_places *out)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(address->host, address->port, &hints, &list);

    if (rc != 0)
        return rc;
    out->count = 0;
    for (const struct addrinfo *item = list;
         item && out->count < ASSAY__SPAMD_PLACES_MAX; item = item->ai_next) {
        struct assay__spamd_place *place = &out->at[out->count++];

        memcpy(&place->address, item->ai_addr, item->ai_addrlen);
        place->len = item->ai_addrlen;
    }
    freeaddrinfo(list);
    return out->count > 0 ? 0 : EAI_NONAME;
}

static void *run(void *arg)
{
    struct assay__spamd_directory *directory = arg;
    struct assay__spamd_places places = {0};
    int error = EAI_AGAIN;

    /* The state of the resolver is that of this thread alone. */
    if (res_init() == 0) {
        _res.retrans = RETRANSMIT_S;
        _res.retry = RETRIES;
        error = look_up(&directory->address, 0, &places);
    }
    pthread_mutex_lock(&directory->lock);
    directory->error = error;
    if (error == 0) {
        directory->places = places;
        directory->looked_up_at_ms = assay__cloudmark_now_ms();
    }
    directory->is_running = false;
    pthread_cond_broadcast(&directory->done);
    pthread_mutex_unlock(&directory->lock);
    return NULL;
}

/* With the lock held. A former thread is past its use of the lock, or nearly,
 * so that joining it takes no time. */
static void start(struct assay__spamd_directory *directory)
{
    sigset_t all, before;

    if (directory->has_thread)
        (void)pthread_join(directory->thread, NULL);
    (void)sigfillset(&all); /* signals belong to the host's threads */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    directory->has_thread =
        pthread_create(&directory->thread, NULL, run, directory) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    directory->is_running = directory->has_thread;
    if (!directory->has_thread)
        directory->error = EAI_MEMORY;
}

/* ---- the directory ------------------------------------------------------ */

static bool init_sync(struct assay__spamd_directory *directory)
{
    pthread_condattr_t monotonic;
    bool ok;

    if (pthread_mutex_init(&directory->lock, NULL) != 0)
        return false;
    ok = pthread_condattr_init(&monotonic) == 0;
    if (ok) {
        ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
             pthread_cond_init(&directory->done, &monotonic) == 0;
        pthread_condattr_destroy(&monotonic);
    }
    if (!ok)
        pthread_mutex_destroy(&directory->lock);
    return ok;
}

assay_rc assay__spamd_directory_init(struct assay__spamd_directory *directory,
                                     const struct assay__spamd_address *address,
                                     assay_error *err)
{
    memset(directory, 0, sizeof *directory);
    directory->address = *address;
    if (!init_sync(directory))
        return assay_error_set(err, ASSAY_E_NOMEM, "spamd: look-ups");
    if (address->is_unix)
        set_path(address->path, &directory->places);
    else
        directory->is_name =
            look_up(address, AI_NUMERICHOST, &directory->places) != 0;
    return ASSAY_OK;
}

void assay__spamd_directory_fini(struct assay__spamd_directory *directory)
{
    if (directory->has_thread)
        (void)pthread_join(directory->thread, NULL);
    pthread_cond_destroy(&directory->done);
    pthread_mutex_destroy(&directory->lock);
}

static void wait_for_answer(struct assay__spamd_directory *directory,
                            int64_t deadline_ms)
{
    const struct timespec until = {.tv_sec = deadline_ms / MS_PER_S,
                                   .tv_nsec =
                                       deadline_ms % MS_PER_S * NS_PER_MS};

    while (directory->is_running &&
           pthread_cond_timedwait(&directory->done, &directory->lock, &until) ==
               0)
        continue;
}

assay_rc assay__spamd_directory_get(struct assay__spamd_directory *directory,
                                    int64_t deadline_ms,
                                    struct assay__spamd_places *out,
                                    assay_error *err)
{
    bool is_old, is_running;
    int error;

    pthread_mutex_lock(&directory->lock);
    is_old = directory->places.count == 0 ||
             assay__cloudmark_now_ms() - directory->looked_up_at_ms > KEEP_MS;
    if (directory->is_name && is_old && !directory->is_running)
        start(directory);
    if (directory->places.count == 0)
        wait_for_answer(directory, deadline_ms);
    *out = directory->places;
    is_running = directory->is_running;
    error = directory->error;
    pthread_mutex_unlock(&directory->lock);
    if (out->count > 0)
        return ASSAY_OK;
    return assay_error_set(
        err, ASSAY_E_UNAVAILABLE, "its name cannot be looked up: %s",
        is_running ? "no name server answers" : gai_strerror(error));
}

void assay__spamd_directory_expire(struct assay__spamd_directory *directory)
{
    pthread_mutex_lock(&directory->lock);
    directory->looked_up_at_ms = assay__cloudmark_now_ms() - KEEP_MS - 1;
    pthread_mutex_unlock(&directory->lock);
}
