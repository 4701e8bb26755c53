/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One thread and one epoll loop. A phase is begun, and its end comes back
 * through a queue and an eventfd, so that all of a client happens here.
 */
#include "mta.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COMPLETIONS_MAX = 2 * CLIENTS_MAX, EVENTS = 64 };

static struct {
    pthread_mutex_t lock;
    assay_completion *at[COMPLETIONS_MAX]; /* lock */
    size_t count;                          /* lock */
    int event_fd;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .event_fd = -1};

static struct {
    int epoll_fd;
    struct client *first;
    size_t count;
    pthread_t reloader;
    bool is_reloading; /* reloader is to be joined */
} loop;

/* ---- completions ------------------------------------------------------------
 */

/* In a thread of the library. A session has one phase at a time, but those of
 * clients that have gone may still lie here; what does not fit is left to
 * close(), which frees it. */
void events_complete(void *arg, assay_completion *completion)
{
    (void)arg;
    (void)pthread_mutex_lock(&queue.lock);
    if (queue.count < COMPLETIONS_MAX)
        queue.at[queue.count++] = completion;
    (void)pthread_mutex_unlock(&queue.lock);
    (void)eventfd_write(queue.event_fd, 1);
}

static assay_completion *next_completion(void)
{
    assay_completion *completion = NULL;

    (void)pthread_mutex_lock(&queue.lock);
    if (queue.count > 0)
        completion = queue.at[--queue.count];
    (void)pthread_mutex_unlock(&queue.lock);
    return completion;
}

static void run_completions(struct mta *mta)
{
    assay_completion *completion;
    eventfd_t number;

    (void)eventfd_read(queue.event_fd, &number);
    while ((completion = next_completion()) != NULL)
        mta->api->completion_run(completion);
}

/* ---- clients
 * ----------------------------------------------------------------- */

static void watch(struct client *client, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};

    (void)epoll_ctl(loop.epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

/* Also in the middle of a phase, whose end is then not told. */
static void let_go(struct client *client)
{
    if (client->next)
        client->next->previous = client->previous;
    if (client->previous)
        client->previous->next = client->next;
    else
        loop.first = client->next;
    loop.count--;
    (void)close(client->fd);
    smtp_close(client);
}

static void on_done(void *arg, assay_rc rc, const assay_disposition *d,
                    const assay_error *err);

static assay_rc begin(struct client *client, enum step step, assay_error *err)
{
    const assay_host_table *api = client->mta->api;

    client->step = step;
    switch (step) {
    case STEP_CONNECT:
        return api->connect_begin(client->session, on_done, client, err);
    case STEP_EHLO:
        return api->ehlo_begin(client->session, client->text, on_done, client,
                               err);
    case STEP_MAIL:
        return api->mailfrom_begin(client->session, client->text,
                                   client->argument, on_done, client, err);
    case STEP_RCPT:
        return api->rcptto_begin(client->session, client->text,
                                 client->argument, on_done, client, err);
    case STEP_DATA:
        return api->data_begin(client->session, on_done, client, err);
    case STEP_STORE:
        return api->store_begin(client->session, on_done, client, err);
    case STEP_INPUT:
    case STEP_END:
        break;
    }
    return ASSAY_E_INVAL;
}

static void advance(struct client *client, enum step step)
{
    static const assay_disposition busy = {
        .action = ASSAY_ACTION_TEMPFAIL, .code = 451, .text = "busy"};
    assay_error err;

    while (step != STEP_END) {
        if (step == STEP_INPUT)
            step = smtp_next(client);
        if (step == STEP_INPUT) {
            watch(client, EPOLLIN | EPOLLRDHUP);
            return;
        }
        if (step == STEP_END)
            break;
        if (begin(client, step, &err) == ASSAY_OK) {
            watch(client, EPOLLRDHUP); /* only whether it is still there */
            return;
        }
        (void)fprintf(stderr, "mta: %s\n", err.msg);
        step = smtp_answer(client, step, err.code, &busy);
    }
    let_go(client);
}

static void on_done(void *arg, assay_rc rc, const assay_disposition *d,
                    const assay_error *err)
{
    struct client *client = arg;

    (void)err;
    advance(client, smtp_answer(client, client->step, rc, d));
}

static void accept_one(struct mta *mta)
{
    struct epoll_event event = {.events = EPOLLRDHUP};
    int fd = accept4(mta->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct client *client =
        fd >= 0 && loop.count < CLIENTS_MAX ? smtp_open(mta, fd) : NULL;

    event.data.ptr = client;
    if (!client || epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        if (client)
            smtp_close(client);
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    client->next = loop.first;
    if (loop.first)
        loop.first->previous = client;
    loop.first = client;
    loop.count++;
    advance(client, STEP_CONNECT);
}

/* A client that has gone while its phase runs takes its session with it. */
static void on_client(struct client *client, uint32_t events)
{
    if (!(events & EPOLLIN) || !smtp_read(client))
        let_go(client);
    else
        advance(client, STEP_INPUT);
}

/* ---- signals
 * ------------------------------------------------------------------ */

static void *reload_in_thread(void *arg)
{
    reload(arg);
    return NULL;
}

static void end_reload(void)
{
    if (loop.is_reloading)
        (void)pthread_join(loop.reloader, NULL);
    loop.is_reloading = false;
}

/* The loop goes on while signatures load. @return whether to go on */
static bool take_signal(struct mta *mta)
{
    struct signalfd_siginfo info;

    if (read(mta->signal_fd, &info, sizeof info) != sizeof info)
        return true;
    if (info.ssi_signo == SIGHUP) {
        end_reload();
        loop.is_reloading =
            pthread_create(&loop.reloader, NULL, reload_in_thread, mta) == 0;
    }
    return info.ssi_signo != SIGTERM;
}

/* ---- the loop
 * ------------------------------------------------------------------ */

static bool add(int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};

    return epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Completions come after the clients: one of them may free a client of which
 * this round has an event. @return whether to go on */
static bool take_events(struct mta *mta)
{
    struct epoll_event events[EVENTS];
    bool goes_on = true, has_completions = false;
    int count = epoll_wait(loop.epoll_fd, events, EVENTS, -1);

    for (int i = 0; i < count; i++) {
        void *mark = events[i].data.ptr;

        if (mark == &queue)
            has_completions = true;
        else if (mark == &mta->listen_fd)
            accept_one(mta);
        else if (mark == &mta->signal_fd)
            goes_on = take_signal(mta);
        else
            on_client(mark, events[i].events);
    }
    if (has_completions)
        run_completions(mta);
    return goes_on;
}

int serve_with_events(struct mta *mta)
{
    int status = 1;

    queue.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (queue.event_fd >= 0 && add(queue.event_fd, &queue) &&
        add(mta->listen_fd, &mta->listen_fd) &&
        add(mta->signal_fd, &mta->signal_fd)) {
        status = 0;
        while (take_events(mta))
            continue;
    }
    while (loop.first)
        let_go(loop.first);
    end_reload();
    mta->api->stop(mta->library);
    run_completions(mta); /* they tell nothing any more */
    (void)close(loop.epoll_fd);
    (void)close(queue.event_fd);
    return status;
}
