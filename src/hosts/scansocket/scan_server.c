/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Listeners and threads of the scan socket; the header tells the story.
 *
 * What threads share is set once before they start; the counts are behind
 * the lock of the gate. Two descriptors tell all connections what to do: a
 * readable drain_fd ends those that are idle, a readable abort_fd all.
 */
#include "scan_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "assay_talk.h"
#include "clamd.h"
#include "client.h"
#include "gate.h"
#include "scan_socket.h"
#include "stanzas/descriptors.h"

enum {
    REFUSALS_MAX = 16, /* connections that are only told to come again */
    PAUSE_MS = 200,    /* without a look for newcomers when there is no
                          descriptor */
    REFUSAL_MS = 2000  /* to say what protocol is spoken */
};

struct listener {
    struct assay__scan_server *server;
    const struct assay__scan_settings *settings; /* borrowed */
    const char *name;                            /* borrowed */
    struct assay__scan_socket socket;
    struct assay__budget budget;
    struct assay__gate gate;
    pthread_t thread;
    bool has_thread;
    bool is_crowded; /* its thread only */
};

struct assay__scan_server {
    assay *library;
    const assay_log *log;
    struct assay__wire_events events;
    size_t count;
    struct listener listeners[];
};

/* ---- a connection ------------------------------------------------------ */

struct connection {
    struct assay__client client;
    struct listener *listener;
};

/* The protocols differ in their first byte: no command of clamd's begins with
 * this one. */
static void serve(struct assay__client *client)
{
    char first;

    if (assay__wire_peek(&client->wire, &first) != ASSAY__WIRE_OK)
        return;
    if (first == 'a')
        assay__assay_talk(client);
    else
        assay__clamd_talk(client);
}

static void *run_connection(void *arg)
{
    struct connection *connection = arg;
    struct listener *listener = connection->listener;

    serve(&connection->client);
    if (connection->client.lingers)
        assay__wire_linger(&connection->client.wire);
    assay__wire_fini(&connection->client.wire);
    free(connection);
    assay__gate_leave(&listener->gate);
    return NULL;
}

/* @return 0 or an errno */
static int create_thread(pthread_t *thread, void *(*run)(void *arg), void *arg,
                         bool is_detached)
{
    pthread_attr_t attr;
    sigset_t all;
    int rc = pthread_attr_init(&attr);

    if (rc != 0)
        return rc;
    (void)sigfillset(&all);
    rc = pthread_attr_setsigmask_np(&attr, &all);
    if (rc == 0 && is_detached)
        rc = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (rc == 0)
        rc = pthread_create(thread, &attr, run, arg);
    (void)pthread_attr_destroy(&attr);
    return rc;
}

/* @param fd  taken over */
static struct connection *new_connection(struct listener *listener, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);
    struct assay__client *client;

    if (!connection) {
        (void)close(fd);
        return NULL;
    }
    client = &connection->client;
    connection->listener = listener;
    *client = (struct assay__client){
        .library = listener->server->library,
        .log = listener->server->log,
        .listener = listener->name,
        .settings = listener->settings,
        .budget = &listener->budget,
        .gate = &listener->gate,
        .is_local = listener->socket.address.path != NULL,
    };
    assay__scan_socket_peer(fd, client->peer, sizeof client->peer);
    if (assay__wire_init(&client->wire, fd, listener->server->events,
                         listener->settings->read_timeout_s * 1000))
        return connection;
    assay__wire_fini(&client->wire);
    free(connection);
    return NULL;
}

/* Hung up on without a word, which no client takes for a verdict. */
static void give_up(struct listener *listener, const char *reason)
{
    assay_log_write(listener->server->log, ASSAY_LOG_WARN, "scan.refused",
                    "listener=\"%s\" reason=\"%s\"", listener->name, reason);
}

static void begin_connection(struct listener *listener, int fd)
{
    size_t count = assay__gate_enter(&listener->gate);
    size_t max = (size_t)listener->settings->max_connections;
    struct connection *connection = NULL;
    pthread_t thread;

    if (count > max + REFUSALS_MAX) {
        give_up(listener, ASSAY__CLIENT_REFUSAL);
        (void)close(fd);
    } else {
        connection = new_connection(listener, fd);
    }
    if (connection && count > max) {
        connection->client.is_refused = true;
        connection->client.wire.pause_ms = REFUSAL_MS;
    }
    if (connection &&
        create_thread(&thread, run_connection, connection, true) == 0)
        return;
    if (connection) {
        give_up(listener, "no thread");
        assay__wire_fini(&connection->client.wire);
        free(connection);
    }
    assay__gate_leave(&listener->gate);
}

/* ---- accepting --------------------------------------------------------- */

/* Scans need descriptors, too: a client that is hung up on comes again. */
static bool is_crowded(struct listener *listener)
{
    bool crowded = assay__descriptors_are_scarce();

    if (crowded && !listener->is_crowded)
        give_up(listener, "descriptors run out: raise the limit of open files "
                          "or lower max_connections");
    listener->is_crowded = crowded;
    return crowded;
}

static void accept_some(struct listener *listener)
{
    int fd = accept4(listener->socket.fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0 && is_crowded(listener))
        (void)close(fd);
    else if (fd >= 0)
        begin_connection(listener, fd);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
             errno == ENOMEM)
        (void)poll(NULL, 0, PAUSE_MS);
}

static void *run_listener(void *arg)
{
    struct listener *listener = arg;
    struct pollfd fds[] = {
        {.fd = listener->socket.fd, .events = POLLIN},
        {.fd = listener->server->events.drain_fd, .events = POLLIN},
    };

    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        if (fds[1].revents != 0)
            break;
        if (fds[0].revents != 0)
            accept_some(listener);
    }
    return NULL;
}

/* ---- life -------------------------------------------------------------- */

static size_t count_stanzas(assay *library)
{
    size_t count = 0;

    while (assay__scan_find(library, count, NULL))
        count++;
    return count;
}

static struct assay__scan_server *new_server(assay *library,
                                             const assay_log *log, size_t count)
{
    struct assay__scan_server *server =
        calloc(1, sizeof *server + count * sizeof *server->listeners);

    if (!server)
        return NULL;
    server->library = library;
    server->log = log;
    server->events.drain_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->events.abort_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (size_t i = 0; i < count; i++) {
        struct listener *listener = &server->listeners[i];

        listener->server = server;
        listener->settings = assay__scan_find(library, i, &listener->name);
        listener->socket = (struct assay__scan_socket)ASSAY__SCAN_SOCKET_NONE;
        assay__budget_init(&listener->budget,
                           (size_t)listener->settings->max_memory);
        assay__gate_init(&listener->gate);
    }
    server->count = count;
    return server;
}

assay_rc assay__scan_server_open(assay *library, const assay_log *log,
                                 struct assay__scan_server **out,
                                 assay_error *err)
{
    size_t count = count_stanzas(library);
    struct assay__scan_server *server = NULL;
    assay_rc rc = ASSAY_OK;

    if (count > 0) {
        server = new_server(library, log, count);
        if (!server)
            return assay_error_set(err, ASSAY_E_NOMEM, "scan socket");
        if (server->events.drain_fd < 0 || server->events.abort_fd < 0)
            rc = assay_error_set(err, ASSAY_E_IO, "scan socket: eventfd");
    }
    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        struct listener *listener = &server->listeners[i];

        rc =
            assay__scan_socket_open(listener->settings, &listener->socket, err);
    }
    if (rc == ASSAY_OK)
        *out = server;
    else
        assay__scan_server_close(&server);
    return rc;
}

assay_rc assay__scan_server_start(struct assay__scan_server *server,
                                  assay_error *err)
{
    for (size_t i = 0; server && i < server->count; i++) {
        struct listener *listener = &server->listeners[i];
        int failed =
            create_thread(&listener->thread, run_listener, listener, false);

        if (failed != 0)
            return assay_error_set(err, ASSAY_E_IO, "scan thread: %s",
                                   strerrordesc_np(failed));
        listener->has_thread = true;
    }
    return ASSAY_OK;
}

static void tell(int event_fd)
{
    const uint64_t one = 1;

    if (write(event_fd, &one, sizeof one) != (ssize_t)sizeof one) {
        /* Full: it is readable already. */
    }
}

void assay__scan_server_drain(struct assay__scan_server *server)
{
    if (!server)
        return;
    /* Who is let go and comes again at once finds nobody. */
    for (size_t i = 0; i < server->count; i++)
        assay__scan_socket_remove(&server->listeners[i].socket);
    tell(server->events.drain_fd);
    for (size_t i = 0; i < server->count; i++) {
        struct listener *listener = &server->listeners[i];

        if (listener->has_thread)
            (void)pthread_join(listener->thread, NULL);
        listener->has_thread = false;
        assay__scan_socket_close(&listener->socket);
    }
}

size_t assay__scan_server_requests(struct assay__scan_server *server)
{
    size_t requests = 0;

    for (size_t i = 0; server && i < server->count; i++)
        requests += assay__gate_count(&server->listeners[i].gate).requests;
    return requests;
}

bool assay__scan_server_stop(struct assay__scan_server *server, int64_t wait_ms)
{
    bool is_done = true;

    if (!server)
        return true;
    assay__scan_server_drain(server);
    tell(server->events.abort_fd);
    for (size_t i = 0; i < server->count; i++)
        is_done =
            assay__gate_wait(&server->listeners[i].gate, wait_ms) && is_done;
    return is_done;
}

static void close_event(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

void assay__scan_server_close(struct assay__scan_server **server)
{
    struct assay__scan_server *self = *server;

    *server = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        assay__scan_socket_close(&self->listeners[i].socket);
        assay__gate_fini(&self->listeners[i].gate);
    }
    close_event(self->events.drain_fd);
    close_event(self->events.abort_fd);
    free(self);
}

void assay__scan_server_addresses(const struct assay__scan_server *server,
                                  char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; server && i < server->count && len < size; i++) {
        int added = snprintf(out + len, size - len, "%s%s", i > 0 ? " " : "",
                             server->listeners[i].socket.address.text);

        len += added > 0 ? (size_t)added : 0;
    }
}
