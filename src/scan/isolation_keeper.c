/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The keeper: the one thread of an isolated engine. It alone talks to the
 * present template, so that one is never asked two things at once, and it
 * starts what is missing: a template, workers for the scans that wait, and
 * always one to spare.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "scan/isolation_priv.h"

enum {
    SETTLED_MS = 2000,  /* a template that lived so long was no failure */
    QUICK_RESTARTS = 5, /* of templates that worked for a moment */
    RETRY_MOST_MS = 60 * 1000, /* between two starts of a template */
    IDLE_SHARE = 20, /* a start takes one part in so many of the time */
    WORKER_RETRY_MS = 100,
    WORKER_RETRY_MOST_MS = 1000,
    ASK_MS = 10 * 1000,
    WORKERS_MOST = 256 /* of an engine that has no limit of its own */
};

void assay__keeper_wake(struct assay__isolation *self)
{
    (void)eventfd_write(self->wake_fd, 1);
}

/* ---- making ------------------------------------------------------------ */

static uint64_t new_number(struct assay__isolation *self)
{
    uint64_t number;

    assay__lock_take(&self->lock);
    number = self->next_number++;
    assay__lock_drop(&self->lock);
    return number;
}

static assay_rc make_worker(struct assay__isolation *self,
                            struct assay__scanner_process *process, int stop_fd,
                            struct assay__scanner_worker_link **out,
                            assay_error *err)
{
    struct assay__scanner_worker_link *worker = calloc(1, sizeof *worker);
    assay_rc rc = ASSAY_OK;

    if (!worker)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner: worker");
    worker->number = new_number(self);
    rc = assay__scanner_process_fork(process, worker->number, stop_fd,
                                     &worker->peer, err);
    if (rc != ASSAY_OK) {
        free(worker);
        return rc;
    }
    atomic_fetch_add(&self->counts.workers_started, 1);
    *out = worker;
    return ASSAY_OK;
}

static void report_start(const struct assay__isolation *self,
                         const struct assay__scanner_process *process)
{
    assay_log_write(
        &self->log, ASSAY_LOG_INFO, "scanner.started",
        "scope=%s instance=%s pid=%d memory_mb=%llu epoch=\"%s\"",
        self->engine->scope, self->engine->instance, (int)process->peer.pid,
        (unsigned long long)(process->footprint >> 20), process->epoch);
    if (process->missing[0] != '\0')
        assay_log_write(&self->log, ASSAY_LOG_WARN, "scanner.sandbox",
                        "scope=%s instance=%s missing=\"%s\"",
                        self->engine->scope, self->engine->instance,
                        process->missing);
}

assay_rc assay__keeper_make(struct assay__isolation *self, int stop_fd,
                            struct assay__scanner_process *process_out,
                            struct assay__scanner_worker_link **worker_out,
                            assay_error *err)
{
    struct assay__scanner_process process;
    assay_rc rc = assay__scanner_process_start(&self->plan, &self->log, stop_fd,
                                               &process, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = make_worker(self, &process, stop_fd, worker_out, err);
    if (rc != ASSAY_OK) {
        assay__scanner_process_end(&process);
        return rc;
    }
    atomic_fetch_add(&self->counts.templates_started, 1);
    report_start(self, &process);
    *process_out = process;
    return ASSAY_OK;
}

void assay__keeper_give_up(struct assay__scanner_process *process,
                           struct assay__scanner_worker_link *worker)
{
    assay__scanner_peer_kill(&worker->peer);
    free(worker);
    assay__scanner_process_end(process);
}

bool assay__keeper_is_whole(struct assay__scanner_process *process)
{
    struct assay__wire_request request;
    struct assay__wire_reply reply = {.kind = 0};

    assay__wire_request_init(&request, ASSAY__WIRE_NEWER, 0);
    if (assay__scanner_send(&process->peer, &request, -1, NULL) == ASSAY_OK)
        (void)assay__scanner_receive(&process->peer, &reply, NULL, -1,
                                     assay__clock_ms() + ASK_MS, NULL);
    /* One that cannot tell is taken: it has opened, and is asked again. */
    return (reply.kind == ASSAY__WIRE_FAILED && reply.rc != ASSAY_E_STATE) ||
           (reply.kind == ASSAY__WIRE_ANSWER && reply.number == 0);
}

/* ---- the template in use ----------------------------------------------- */

/* No scan may get a worker of before; those that scan are ended when they come
 * back. @return the idle ones */
static struct assay__scanner_worker_link *take_all_locked(
    struct assay__isolation *self)
{
    struct assay__scanner_worker_link *all = self->idle, **end = &all;

    assay__lock_assert_held(&self->lock);
    while (*end)
        end = &(*end)->next;
    *end = self->leaving;
    self->idle = self->leaving = NULL;
    self->idle_count = self->idle_least = 0;
    return all;
}

static void discard_all(struct assay__isolation *self,
                        struct assay__scanner_worker_link *workers)
{
    while (workers) {
        struct assay__scanner_worker_link *next = workers->next;

        assay__isolation_discard(self, workers);
        workers = next;
    }
}

/* They leave in good standing, or what they found clean does not count. */
static void prove_and_discard(struct assay__isolation *self,
                              struct assay__scanner_worker_link *worker)
{
    if (worker->unproved_scans == 0 || assay__isolation_prove(self, worker))
        assay__isolation_discard(self, worker);
}

/* @return how many there were */
static size_t let_go(struct assay__isolation *self,
                     struct assay__scanner_worker_link *workers)
{
    size_t count = 0;

    for (; workers; count++) {
        struct assay__scanner_worker_link *next = workers->next;

        prove_and_discard(self, workers);
        workers = next;
    }
    return count;
}

static void retire_present(struct assay__isolation *self)
{
    if (!self->has_present)
        return;
    self->has_present = false;
    if (self->retired_count == ASSAY__RETIRED_MAX) {
        assay__scanner_process_end(&self->present);
        return;
    }
    assay__scanner_process_retire(&self->present);
    self->retired[self->retired_count++] = self->present;
}

void assay__keeper_adopt(struct assay__isolation *self,
                         const struct assay__scanner_process *process,
                         struct assay__scanner_worker_link *worker)
{
    struct assay__scanner_worker_link *old;

    retire_present(self);
    self->present = *process;
    self->has_present = true;
    self->is_dropped = false;
    self->failures = 0;
    self->started_ms = assay__clock_ms();
    atomic_store(&self->footprint, process->footprint);
    atomic_store(&self->places, process->places);
    assay__lock_take(&self->lock);
    old = take_all_locked(self);
    self->generation++;
    self->state = ASSAY__ISOLATION_RUNNING;
    self->is_serving = true;
    self->is_reloading = false;
    self->failure[0] = '\0';
    self->template_pid = process->peer.pid;
    assay__text_copy(self->epoch, sizeof self->epoch, process->epoch);
    assay__text_copy(self->missing, sizeof self->missing, process->missing);
    worker->generation = self->generation;
    worker->proved = self->probe_round;
    self->workers++;
    self->idle = worker;
    self->idle_count = self->idle_least = 1;
    assay__cond_broadcast(&self->changed);
    assay__lock_drop(&self->lock);
    (void)let_go(self, old);
}

static void set_down(struct assay__isolation *self,
                     enum assay__isolation_state state, const char *failure,
                     assay_reason reason)
{
    assay__lock_take(&self->lock);
    self->state = state;
    self->is_serving = failure[0] == '\0';
    self->template_pid = self->has_present ? self->present.peer.pid : 0;
    assay__text_copy(self->failure, sizeof self->failure, failure);
    self->failure_reason = reason;
    assay__cond_broadcast(&self->changed);
    assay__lock_drop(&self->lock);
}

/* At once, because the first may have been killed by somebody while it loaded;
 * then after 1, 2, 4 … 60 seconds. */
static int64_t retry_time(unsigned failures)
{
    int64_t delay = failures > 1 ? 1000 : 0;

    while (failures-- > 2 && delay < RETRY_MOST_MS)
        delay *= 2;
    return delay < RETRY_MOST_MS ? delay : RETRY_MOST_MS;
}

static void template_failed(struct assay__isolation *self, assay_error *err)
{
    int64_t delay = retry_time(++self->failures);

    self->retry_ms = assay__clock_ms() + delay;
    assay__text_unquote(err->msg);
    assay_log_write(&self->log, ASSAY_LOG_ERROR, "scanner.down",
                    "scope=%s instance=%s retry_s=%lld reason=\"%s\"",
                    self->engine->scope, self->engine->instance,
                    (long long)(delay / 1000), err->msg);
    assay__lock_take(&self->lock);
    self->is_reloading = false;
    assay__lock_drop(&self->lock);
    if (delay > 0)
        set_down(self, ASSAY__ISOLATION_DOWN, err->msg,
                 ASSAY_REASON_UNAVAILABLE);
    else /* scans that wait may yet be served */
        set_down(self, ASSAY__ISOLATION_LOADING, "", ASSAY_REASON_NONE);
}

static void start_template(struct assay__isolation *self)
{
    struct assay__scanner_worker_link *worker = NULL;
    struct assay__scanner_process process;
    assay_error err = {0};
    unsigned failures = self->failures;
    bool is_new;
    assay_rc rc = assay__private_folder_renew(&self->folder, &is_new, &err);

    if (rc == ASSAY_OK)
        rc = assay__keeper_make(self, self->stop_fd, &process, &worker, &err);
    if (rc == ASSAY_E_STATE) /* it is being closed */
        return;
    if (rc == ASSAY_OK && !assay__keeper_is_whole(&process)) {
        assay__keeper_give_up(&process, worker);
        rc = assay_error_set(&err, ASSAY_E_UNAVAILABLE,
                             "the signatures changed while they were loaded");
    }
    if (rc != ASSAY_OK) {
        template_failed(self, &err);
        return;
    }
    assay__keeper_adopt(self, &process, worker);
    if (failures > 0)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "scanner.up",
                        "scope=%s instance=%s", self->engine->scope,
                        self->engine->instance);
}

/* One that worked and died, again and again, is not waited for longer than
 * keeps the processor idle: a start costs what it costs. */
static int64_t restart_time(const struct assay__isolation *self)
{
    int64_t delay;

    if (self->deaths <= QUICK_RESTARTS)
        return 0;
    delay = retry_time(self->deaths - QUICK_RESTARTS);
    return delay < IDLE_SHARE * self->present.took_ms
               ? delay
               : IDLE_SHARE * self->present.took_ms;
}

/* Its workers go on. */
static void template_died(struct assay__isolation *self)
{
    int64_t now_ms = assay__clock_ms();

    self->has_present = false;
    if (now_ms - self->started_ms >= SETTLED_MS)
        self->deaths = 0;
    self->deaths++;
    self->retry_ms = now_ms + restart_time(self);
    assay_log_write(&self->log, ASSAY_LOG_ERROR, "scanner.template_died",
                    "scope=%s instance=%s pid=%d", self->engine->scope,
                    self->engine->instance, (int)self->present.peer.pid);
    set_down(self, ASSAY__ISOLATION_LOADING, "", ASSAY_REASON_NONE);
}

/* ---- workers ----------------------------------------------------------- */

static void worker_failed(struct assay__isolation *self, assay_error *err)
{
    int64_t delay = WORKER_RETRY_MS;

    for (unsigned i = 0; i < self->worker_failures; i++)
        delay = delay < WORKER_RETRY_MOST_MS ? delay * 2 : delay;
    self->worker_retry_ms = assay__clock_ms() + delay;
    /* The first may have been killed by somebody. */
    if (++self->worker_failures < 2)
        return;
    assay__text_unquote(err->msg);
    if (self->worker_failures == 2)
        assay_log_write(&self->log, ASSAY_LOG_ERROR, "scanner.workers_fail",
                        "scope=%s instance=%s reason=\"%s\"",
                        self->engine->scope, self->engine->instance, err->msg);
    set_down(self, ASSAY__ISOLATION_RUNNING, err->msg,
             ASSAY_REASON_UNAVAILABLE);
}

static void worker_works(struct assay__isolation *self,
                         struct assay__scanner_worker_link *worker)
{
    if (self->worker_failures >= 2)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "scanner.workers_work",
                        "scope=%s instance=%s", self->engine->scope,
                        self->engine->instance);
    self->worker_failures = 0;
    assay__lock_take(&self->lock);
    worker->generation = self->generation;
    worker->proved = self->probe_round;
    self->is_serving = true;
    self->failure[0] = '\0';
    self->workers++;
    assay__lock_drop(&self->lock);
    assay__isolation_release(self, worker);
}

static void start_worker(struct assay__isolation *self)
{
    struct assay__scanner_worker_link *worker = NULL;
    assay_error err = {0};
    bool is_new = false;
    assay_rc rc = assay__private_folder_renew(&self->folder, &is_new, &err);

    if (rc == ASSAY_OK && !is_new)
        rc = make_worker(self, &self->present, self->stop_fd, &worker, &err);
    if (worker)
        worker_works(self, worker);
    else if (is_new || rc == ASSAY_E_NOTFOUND ||
             assay__scanner_process_has_ended(&self->present)) {
        /* It is gone, or hangs, or what it has mounted went with its folder. */
        assay__scanner_process_end(&self->present);
        template_died(self);
    } else
        worker_failed(self, &err);
}

static struct assay__scanner_worker_link *take_leaving(
    struct assay__isolation *self)
{
    struct assay__scanner_worker_link *leaving;

    assay__lock_take(&self->lock);
    leaving = self->leaving;
    self->leaving = NULL;
    assay__lock_drop(&self->lock);
    return leaving;
}

/* Idle ones that have not passed the present round. @return whether there was
 * one */
static bool prove_one(struct assay__isolation *self)
{
    struct assay__scanner_worker_link *worker =
        assay__isolation_take_unproved(self);

    if (worker && assay__isolation_prove(self, worker))
        assay__isolation_release(self, worker);
    return worker != NULL;
}

/* Those that nobody needed since the last round of probes, but one. */
static struct assay__scanner_worker_link *take_surplus(
    struct assay__isolation *self)
{
    struct assay__scanner_worker_link *surplus = NULL;

    assay__lock_take(&self->lock);
    if (self->trimmed_round != self->probe_round) {
        self->trimmed_round = self->probe_round;
        for (; self->idle_least > 1 && self->idle_count > 1;
             self->idle_least--, self->idle_count--) {
            struct assay__scanner_worker_link *worker = self->idle;

            self->idle = worker->next;
            worker->next = surplus;
            surplus = worker;
        }
        self->idle_least = self->idle_count;
    }
    assay__lock_drop(&self->lock);
    return surplus;
}

/* ---- requests ---------------------------------------------------------- */

static void ask_template(struct assay__isolation *self,
                         struct assay__keeper_request *request,
                         enum assay__wire_kind kind)
{
    struct assay__wire_request packet;

    if (!self->has_present) {
        request->rc = assay_error_set(&request->err, ASSAY_E_UNAVAILABLE,
                                      "the scanner is down");
        return;
    }
    assay__wire_request_init(&packet, kind, 0);
    request->rc =
        assay__scanner_send(&self->present.peer, &packet, -1, &request->err);
    if (request->rc == ASSAY_OK)
        request->rc = assay__scanner_receive(
            &self->present.peer, &request->reply, NULL, -1,
            assay__clock_ms() + ASK_MS, &request->err);
    if (request->rc == ASSAY_OK && request->reply.kind != ASSAY__WIRE_ANSWER)
        request->rc = assay_error_set(&request->err, ASSAY_E_INVAL,
                                      "scanner: its answer makes no sense");
}

/* Text of several lines from a process that may have been taken over. */
static void clean_lines(char *text)
{
    for (; *text; text++)
        if (*text != '\n' && ((unsigned char)*text < 0x20 || *text == 0x7f))
            *text = '?';
}

static void drop_template(struct assay__isolation *self)
{
    struct assay__scanner_worker_link *old;

    assay__lock_take(&self->lock);
    old = take_all_locked(self);
    self->state = ASSAY__ISOLATION_LOADING;
    self->template_pid = 0;
    assay__lock_drop(&self->lock);
    discard_all(self, old);
    if (self->has_present)
        assay__scanner_process_end(&self->present);
    self->has_present = false;
    self->is_dropped = true;
}

static void serve_request(struct assay__isolation *self,
                          struct assay__keeper_request *request)
{
    request->rc = ASSAY_OK;
    switch (request->kind) {
    case ASSAY__KEEPER_NEWER:
        ask_template(self, request, ASSAY__WIRE_NEWER);
        break;
    case ASSAY__KEEPER_VERSION:
        ask_template(self, request, ASSAY__WIRE_VERSION);
        if (request->rc == ASSAY_OK)
            clean_lines(request->reply.text);
        break;
    case ASSAY__KEEPER_ADOPT:
        assay__keeper_adopt(self, request->process, request->worker);
        break;
    case ASSAY__KEEPER_DROP:
        drop_template(self);
        break;
    case ASSAY__KEEPER_RESUME:
        self->is_dropped = false;
        template_failed(self, &request->err);
        break;
    }
    assay__lock_take(&self->lock);
    request->is_done = true;
    assay__cond_broadcast(&self->changed);
    assay__lock_drop(&self->lock);
}

/* A keeper that starts a template may be long. What it has begun is waited
 * for. */
static bool is_overdue_locked(struct assay__isolation *self,
                              struct assay__keeper_request *request,
                              int64_t until_ms)
{
    struct assay__keeper_request **at = &self->requests;

    assay__lock_assert_held(&self->lock);
    if (assay__clock_ms() < until_ms)
        return false;
    while (*at && *at != request)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = request->next;
    request->rc = assay_error_set(&request->err, ASSAY_E_TIMEOUT,
                                  "the scanner is starting");
    return true;
}

assay_rc assay__keeper_ask(struct assay__isolation *self,
                           struct assay__keeper_request *request,
                           assay_error *err)
{
    int64_t until_ms = assay__clock_ms() + ASK_MS;

    assay__lock_take(&self->lock);
    request->is_done = false;
    request->next = self->requests;
    self->requests = request;
    assay__lock_drop(&self->lock);
    assay__keeper_wake(self);
    assay__lock_take(&self->lock);
    while (!request->is_done && !is_overdue_locked(self, request, until_ms)) {
        if (assay__clock_ms() >= until_ms) /* it is being served */
            until_ms += ASK_MS;
        (void)assay__cond_wait_until(&self->changed, &self->lock, until_ms);
    }
    assay__lock_drop(&self->lock);
    if (request->rc != ASSAY_OK)
        return assay_error_set(err, request->rc, "%s", request->err.msg);
    return ASSAY_OK;
}

static bool serve_requests(struct assay__isolation *self)
{
    struct assay__keeper_request *requests;

    assay__lock_take(&self->lock);
    requests = self->requests;
    self->requests = NULL;
    assay__lock_drop(&self->lock);
    if (!requests)
        return false;
    while (requests) {
        struct assay__keeper_request *next = requests->next;

        serve_request(self, requests); /* its owner may be gone now */
        requests = next;
    }
    return true;
}

/* ---- the thread -------------------------------------------------------- */

/* What the present moment asks for. */
struct need {
    bool is_stopping;
    bool has_request;
    bool worker;
};

static struct need look(struct assay__isolation *self)
{
    uint64_t most = self->wanted.max_workers;
    struct need need;

    if (most == 0 || most > WORKERS_MOST)
        most = WORKERS_MOST;
    assay__lock_take(&self->lock);
    need.is_stopping = self->is_stopping;
    need.has_request = self->requests != NULL;
    need.worker = !self->is_reloading &&
                  (self->workers == 0 ||
                   (self->waiting > self->idle_count && self->workers < most));
    assay__lock_drop(&self->lock);
    return need;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* @return when to look again though nothing happens; INT64_MAX: never */
static int64_t next_time(const struct assay__isolation *self)
{
    int64_t at = INT64_MAX;

    if (!self->has_present && !self->is_dropped)
        at = earlier(at, self->retry_ms);
    if (self->has_present && self->worker_failures > 0)
        at = earlier(at, self->worker_retry_ms);
    return at;
}

static void drop_ended(struct assay__isolation *self)
{
    for (size_t i = 0; i < self->retired_count;) {
        if (assay__scanner_process_has_ended(&self->retired[i]))
            self->retired[i] = self->retired[--self->retired_count];
        else
            i++;
    }
    if (self->has_present && assay__scanner_process_has_ended(&self->present))
        template_died(self);
}

static void sleep_until(struct assay__isolation *self, int64_t at_ms)
{
    struct pollfd fds[2 + ASSAY__RETIRED_MAX];
    nfds_t count = 0;
    int64_t left = at_ms == INT64_MAX ? -1 : at_ms - assay__clock_ms();
    eventfd_t ignored;

    if (at_ms != INT64_MAX && left < 0)
        left = 0;
    fds[count++] = (struct pollfd){.fd = self->wake_fd, .events = POLLIN};
    if (self->has_present)
        fds[count++] =
            (struct pollfd){.fd = self->present.peer.fd, .events = POLLIN};
    for (size_t i = 0; i < self->retired_count; i++)
        fds[count++] =
            (struct pollfd){.fd = self->retired[i].peer.fd, .events = POLLIN};
    (void)poll(fds, count, left > RETRY_MOST_MS ? RETRY_MOST_MS : (int)left);
    (void)eventfd_read(self->wake_fd, &ignored);
}

/* One thing that is due. @return false: there is nothing to do */
static bool work(struct assay__isolation *self, const struct need *need)
{
    struct assay__scanner_worker_link *worker;
    int64_t now_ms = assay__clock_ms();

    drop_ended(self);
    if (need->has_request)
        return serve_requests(self);
    if (!self->has_present && !self->is_dropped && now_ms >= self->retry_ms) {
        start_template(self);
        return true;
    }
    worker = take_leaving(self);
    if (worker) {
        size_t count = let_go(self, worker);

        atomic_fetch_add(&self->counts.recycled, count);
        return true;
    }
    if (need->worker && self->has_present &&
        (self->worker_failures == 0 || now_ms >= self->worker_retry_ms)) {
        start_worker(self);
        return true;
    }
    if (prove_one(self))
        return true;
    worker = take_surplus(self);
    return let_go(self, worker) > 0;
}

static void *keep(void *arg)
{
    struct assay__isolation *self = arg;
    struct need need;

    for (;;) {
        need = look(self);
        if (need.is_stopping)
            return NULL;
        if (!work(self, &need))
            sleep_until(self, next_time(self));
    }
}

assay_rc assay__keeper_start(struct assay__isolation *self, assay_error *err)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all); /* signals belong to the host's threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&self->keeper, NULL, keep, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return assay_error_set(err, ASSAY_E_IO, "scanner: thread: %s",
                               strerrordesc_np(failed));
    (void)pthread_setname_np(self->keeper, "assay-keeper");
    self->has_keeper = true;
    return ASSAY_OK;
}

void assay__keeper_stop(struct assay__isolation *self)
{
    struct assay__scanner_worker_link *idle;

    assay__lock_take(&self->lock);
    self->is_stopping = true;
    assay__cond_broadcast(&self->changed);
    assay__lock_drop(&self->lock);
    (void)eventfd_write(self->stop_fd, 1);
    assay__keeper_wake(self);
    if (self->has_keeper)
        (void)pthread_join(self->keeper, NULL);
    self->has_keeper = false;
    (void)serve_requests(self);
    assay__lock_take(&self->lock);
    idle = take_all_locked(self);
    assay__lock_drop(&self->lock);
    discard_all(self, idle);
    if (self->has_present)
        assay__scanner_process_end(&self->present);
    self->has_present = false;
    while (self->retired_count > 0)
        assay__scanner_process_end(&self->retired[--self->retired_count]);
}
