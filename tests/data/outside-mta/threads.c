/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A thread for each connection, which waits in the phases.
 */
#include "mta.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct mta *mta;
    int fd;
    pthread_t thread;
    _Atomic bool is_over;
    struct connection *next;
};

/* ---- one connection
 * ---------------------------------------------------------- */

static enum step take_step(struct client *client, enum step step)
{
    const assay_host_table *api = client->mta->api;
    assay_disposition d = {.action = ASSAY_ACTION_CONTINUE};
    assay_error err;
    assay_rc rc = ASSAY_OK;

    if (step == STEP_CONNECT)
        rc = api->connect(client->session, &d, &err);
    else if (step == STEP_EHLO)
        rc = api->ehlo(client->session, client->text, &d, &err);
    else if (step == STEP_MAIL)
        rc = api->mailfrom(client->session, client->text, client->argument, &d,
                           &err);
    else if (step == STEP_RCPT)
        rc = api->rcptto(client->session, client->text, client->argument, &d,
                         &err);
    else if (step == STEP_DATA)
        rc = api->data(client->session, &d, &err);
    else if (step == STEP_STORE)
        rc = api->store(client->session, &err);
    if (step == STEP_STORE && rc != ASSAY_OK)
        d = (assay_disposition){.action = ASSAY_ACTION_TEMPFAIL,
                                .code = 451,
                                .text = "cannot be stored"};
    return smtp_answer(client, step, rc, &d);
}

static void converse(struct client *client)
{
    enum step step = STEP_CONNECT;

    while (step != STEP_END) {
        if (step != STEP_INPUT)
            step = take_step(client, step);
        if (step == STEP_INPUT)
            step = smtp_next(client);
        if (step == STEP_INPUT && !smtp_read(client))
            return;
    }
}

static void *serve_one(void *arg)
{
    struct connection *connection = arg;
    struct client *client = smtp_open(connection->mta, connection->fd);

    if (client) {
        converse(client);
        smtp_close(client);
    }
    /* The client sees the end now, and the descriptor is closed after the
     * thread was joined: until then the number is not used again. */
    (void)shutdown(connection->fd, SHUT_RDWR);
    connection->is_over = true;
    return NULL;
}

/* ---- all of them
 * -------------------------------------------------------------- */

static struct connection *bury(struct connection *list, bool all)
{
    struct connection **at = &list;

    while (*at) {
        struct connection *connection = *at;

        if (!all && !connection->is_over) {
            at = &connection->next;
            continue;
        }
        *at = connection->next;
        (void)pthread_join(connection->thread, NULL);
        (void)close(connection->fd);
        free(connection);
    }
    return list;
}

static struct connection *accept_one(struct mta *mta, struct connection *list)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return list;
    connection->mta = mta;
    connection->fd = accept4(mta->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (connection->fd < 0 ||
        pthread_create(&connection->thread, NULL, serve_one, connection) != 0) {
        if (connection->fd >= 0)
            (void)close(connection->fd);
        free(connection);
        return list;
    }
    connection->next = list;
    return connection;
}

/* @return whether to go on */
static bool take_signal(struct mta *mta)
{
    struct signalfd_siginfo info;

    if (read(mta->signal_fd, &info, sizeof info) != sizeof info)
        return true;
    if (info.ssi_signo == SIGHUP)
        reload(mta);
    return info.ssi_signo != SIGTERM;
}

int serve_with_threads(struct mta *mta)
{
    struct pollfd fds[] = {{.fd = mta->listen_fd, .events = POLLIN},
                           {.fd = mta->signal_fd, .events = POLLIN}};
    struct connection *list = NULL;
    bool goes_on = true;

    while (goes_on && poll(fds, 2, -1) >= 0) {
        if (fds[1].revents)
            goes_on = take_signal(mta);
        else if (fds[0].revents)
            list = accept_one(mta, list);
        list = bury(list, false);
    }
    for (struct connection *at = list; at; at = at->next)
        (void)shutdown(at->fd, SHUT_RDWR);
    (void)bury(list, true);
    return 0;
}
