/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * All connections of the process; the header tells the story.
 *
 * Locking: hub->lock guards every member and the links of the connections;
 * hub->left is signalled when a callback leaves the shut gate.
 */
#include "hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "stanzas/descriptors.h"

/* Connections remembered over xxfi_close; the younger of two in a place. */
enum { KEPT_PLACES = 256 };

struct kept {
    const void *key;
    unsigned long quiet;
};

struct assay__hub {
    pthread_mutex_t lock;
    pthread_cond_t left;
    size_t max_connections; /* set once */
    size_t connections;
    size_t messages;
    size_t inside; /* callbacks */
    bool draining;
    bool is_shut;
    bool is_crowded;
    struct assay__connection *first;
    struct kept kept[KEPT_PLACES];
};

struct assay__hub *assay__hub_new(size_t max_connections)
{
    struct assay__hub *hub = calloc(1, sizeof *hub);
    pthread_condattr_t attr;

    if (!hub)
        return NULL;
    hub->max_connections = max_connections;
    (void)pthread_mutex_init(&hub->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hub->left, &attr);
    (void)pthread_condattr_destroy(&attr);
    return hub;
}

void assay__hub_clear(struct assay__hub *hub)
{
    while (hub && hub->first)
        assay__hub_disconnect(hub, hub->first);
}

bool assay__hub_enter(struct assay__hub *hub)
{
    bool entered;

    (void)pthread_mutex_lock(&hub->lock);
    entered = !hub->is_shut;
    if (entered)
        hub->inside++;
    (void)pthread_mutex_unlock(&hub->lock);
    return entered;
}

void assay__hub_leave(struct assay__hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->inside--;
    if (hub->is_shut && hub->inside == 0)
        (void)pthread_cond_broadcast(&hub->left);
    (void)pthread_mutex_unlock(&hub->lock);
}

struct assay__connection *assay__hub_connect(struct assay__hub *hub)
{
    struct assay__connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    (void)pthread_mutex_lock(&hub->lock);
    connection->next = hub->first;
    if (hub->first)
        hub->first->prev = connection;
    hub->first = connection;
    hub->connections++;
    (void)pthread_mutex_unlock(&hub->lock);
    return connection;
}

static void unlink_locked(struct assay__hub *hub,
                          struct assay__connection *connection)
{
    if (connection->prev)
        connection->prev->next = connection->next;
    else
        hub->first = connection->next;
    if (connection->next)
        connection->next->prev = connection->prev;
    hub->connections--;
}

void assay__hub_disconnect(struct assay__hub *hub,
                           struct assay__connection *connection)
{
    if (!connection)
        return;
    assay__hub_end_message(hub, connection);
    (void)pthread_mutex_lock(&hub->lock);
    unlink_locked(hub, connection);
    (void)pthread_mutex_unlock(&hub->lock);
    assay_session_close(&connection->session);
    free(connection);
}

static struct kept *place_of(struct assay__hub *hub, const void *key)
{
    const uintptr_t golden = UINT64_C(0x9E3779B97F4A7C15);

    return &hub->kept[((uintptr_t)key * golden >> 32) % KEPT_PLACES];
}

void assay__hub_keep_quiet(struct assay__hub *hub, const void *key,
                           unsigned long quiet)
{
    (void)pthread_mutex_lock(&hub->lock);
    *place_of(hub, key) = (struct kept){key, quiet};
    (void)pthread_mutex_unlock(&hub->lock);
}

bool assay__hub_take_quiet(struct assay__hub *hub, const void *key,
                           unsigned long *quiet_out)
{
    struct kept kept;

    (void)pthread_mutex_lock(&hub->lock);
    kept = *place_of(hub, key);
    (void)pthread_mutex_unlock(&hub->lock);
    *quiet_out = kept.quiet;
    return kept.key == key;
}

bool assay__hub_is_crowded(struct assay__hub *hub, bool *changed_out)
{
    bool is_crowded = assay__descriptors_are_scarce();

    (void)pthread_mutex_lock(&hub->lock);
    *changed_out = hub->is_crowded != is_crowded;
    hub->is_crowded = is_crowded;
    (void)pthread_mutex_unlock(&hub->lock);
    return is_crowded;
}

const char *assay__hub_refusal(struct assay__hub *hub)
{
    const char *reason = NULL;

    (void)pthread_mutex_lock(&hub->lock);
    if (hub->draining)
        reason = "Service is stopping";
    else if (hub->max_connections > 0 &&
             hub->connections > hub->max_connections)
        reason = "Too many connections";
    (void)pthread_mutex_unlock(&hub->lock);
    return reason;
}

bool assay__hub_begin_message(struct assay__hub *hub,
                              struct assay__connection *connection)
{
    bool allowed;

    assay__hub_end_message(hub, connection);
    (void)pthread_mutex_lock(&hub->lock);
    allowed = !hub->draining;
    if (allowed)
        hub->messages++;
    (void)pthread_mutex_unlock(&hub->lock);
    connection->in_message = allowed;
    connection->has_bytes = false;
    connection->store_rc = ASSAY_OK;
    return allowed;
}

void assay__hub_end_message(struct assay__hub *hub,
                            struct assay__connection *connection)
{
    if (!connection->in_message)
        return;
    connection->in_message = false;
    (void)pthread_mutex_lock(&hub->lock);
    hub->messages--;
    (void)pthread_mutex_unlock(&hub->lock);
}

void assay__hub_drain(struct assay__hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->draining = true;
    (void)pthread_mutex_unlock(&hub->lock);
}

size_t assay__hub_messages(struct assay__hub *hub)
{
    size_t messages;

    (void)pthread_mutex_lock(&hub->lock);
    messages = hub->messages;
    (void)pthread_mutex_unlock(&hub->lock);
    return messages;
}

bool assay__hub_shut(struct assay__hub *hub, int64_t wait_ms)
{
    struct timespec until;
    bool empty;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&hub->lock);
    hub->draining = true;
    hub->is_shut = true;
    while (hub->inside > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&hub->left, &hub->lock, &until);
    empty = hub->inside == 0;
    (void)pthread_mutex_unlock(&hub->lock);
    return empty;
}
