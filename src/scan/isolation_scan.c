/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "scan/isolation_priv.h"

enum {
    GRACE_MS = 30,    /* for an engine that keeps its deadline itself */
    PROBE_MS = 10000, /* a canary takes milliseconds */
    KILLS_MOST = 2,   /* workers that one content may kill */
    STALE_MOST = 64   /* workers found dead before they were asked */
};

static void fault(assay_finding *finding, assay_reason reason, const char *fmt,
                  ...) ASSAY_PRINTF(3, 4);

static void fault(assay_finding *finding, assay_reason reason, const char *fmt,
                  ...)
{
    va_list args;

    finding->found = ASSAY_FOUND_FAULT;
    finding->reason = reason;
    va_start(args, fmt);
    (void)vsnprintf(finding->info, sizeof finding->info, fmt, args);
    va_end(args);
}

/* ---- workers ----------------------------------------------------------- */

static struct assay__scanner_worker_link *pop_locked(
    struct assay__isolation *self)
{
    struct assay__scanner_worker_link *worker = self->idle;

    assay__lock_assert_held(&self->lock);
    if (!worker)
        return NULL;
    self->idle = worker->next;
    worker->next = NULL;
    self->idle_count--;
    if (self->idle_count < self->idle_least)
        self->idle_least = self->idle_count;
    return worker;
}

struct assay__scanner_worker_link *assay__isolation_take_unproved(
    struct assay__isolation *self)
{
    struct assay__scanner_worker_link **at, *worker = NULL;

    assay__lock_take(&self->lock);
    for (at = &self->idle; *at && !worker; at = worker ? at : &(*at)->next)
        if ((*at)->proved != self->probe_round) {
            worker = *at;
            *at = worker->next;
            worker->next = NULL;
            self->idle_count--;
        }
    assay__lock_drop(&self->lock);
    return worker;
}

void assay__isolation_discard(struct assay__isolation *self,
                              struct assay__scanner_worker_link *worker)
{
    /* It may have been blind since it last passed. */
    if (worker->unproved_scans > 0)
        atomic_fetch_add(self->clean_generation, 1);
    assay__scanner_peer_kill(&worker->peer);
    free(worker);
    assay__lock_take(&self->lock);
    self->workers--;
    assay__cond_broadcast(&self->changed);
    assay__lock_drop(&self->lock);
    assay__keeper_wake(self);
}

static bool is_worn_locked(const struct assay__isolation *self,
                           const struct assay__scanner_worker_link *worker)
{
    const struct assay__isolation_options *options = &self->options;

    return (options->scans > 0 && worker->scans >= (uint64_t)options->scans) ||
           (options->growth_bytes > 0 && worker->grown > options->growth_bytes);
}

/* Whether it has scanned for the last time. */
static bool is_leaving_locked(const struct assay__isolation *self,
                              const struct assay__scanner_worker_link *worker)
{
    return worker->generation != self->generation || self->is_reloading ||
           is_worn_locked(self, worker);
}

void assay__isolation_release(struct assay__isolation *self,
                              struct assay__scanner_worker_link *worker)
{
    bool is_lost, is_leaving, is_due;

    assay__lock_take(&self->lock);
    is_lost = worker->is_unfit || self->is_stopping;
    is_leaving = !is_lost && is_leaving_locked(self, worker);
    is_due = worker->proved != self->probe_round;
    if (is_leaving) {
        worker->next = self->leaving;
        self->leaving = worker;
    } else if (!is_lost) {
        worker->next = self->idle;
        self->idle = worker;
        self->idle_count++;
        /* Not only scans wait for a change. */
        assay__cond_broadcast(&self->changed);
    }
    assay__lock_drop(&self->lock);
    if (is_lost)
        assay__isolation_discard(self, worker);
    else if (is_leaving || is_due)
        assay__keeper_wake(self);
}

/* Why there is nobody to wait for; false: somebody may come. */
static bool is_hopeless_locked(const struct assay__isolation *self,
                               assay_finding *finding)
{
    assay__lock_assert_held(&self->lock);
    if (self->is_stopping) {
        fault(finding, ASSAY_REASON_UNAVAILABLE, "the engine is being closed");
        return true;
    }
    if (self->workers > 0 || self->failure[0] == '\0')
        return false;
    fault(finding, self->failure_reason, "the scanner is down: %s",
          self->failure);
    return true;
}

static void explain_wait_locked(const struct assay__isolation *self,
                                assay_finding *finding)
{
    if (self->is_reloading)
        fault(finding, ASSAY_REASON_RELOADING,
              "signatures are being loaded, and there are none meanwhile");
    else if (self->state != ASSAY__ISOLATION_RUNNING)
        fault(finding, ASSAY_REASON_UNAVAILABLE,
              "the scanner is starting again");
    else
        fault(finding, ASSAY_REASON_OVERLOAD,
              "no scanner worker was free in time");
}

/* One that missed a whole round, because it was always busy or the keeper was,
 * proves itself first. @return NULL: it did not */
static struct assay__scanner_worker_link *check_overdue(
    struct assay__isolation *self, struct assay__scanner_worker_link *worker,
    int64_t deadline_ms)
{
    bool is_overdue;

    assay__lock_take(&self->lock);
    is_overdue = worker->proved + 1 < self->probe_round;
    assay__lock_drop(&self->lock);
    return !is_overdue ||
                   assay__isolation_prove_until(self, worker, deadline_ms)
               ? worker
               : NULL;
}

static struct assay__scanner_worker_link *wait_for_worker(
    struct assay__isolation *self, int64_t deadline_ms, assay_finding *finding)
{
    struct assay__scanner_worker_link *worker;
    bool in_time = true;

    assay__keeper_wake(self);
    assay__lock_take(&self->lock);
    while ((worker = pop_locked(self)) == NULL && in_time &&
           !is_hopeless_locked(self, finding))
        in_time =
            assay__cond_wait_until(&self->changed, &self->lock, deadline_ms) ||
            assay__clock_ms() < deadline_ms; /* the clock decides */
    self->waiting--;
    if (!in_time && !worker)
        explain_wait_locked(self, finding);
    assay__lock_drop(&self->lock);
    return worker;
}

/* @return NULL with *finding set */
static struct assay__scanner_worker_link *take_worker(
    struct assay__isolation *self, int64_t deadline_ms, assay_finding *finding)
{
    struct assay__scanner_worker_link *worker;
    bool is_short;

    assay__lock_take(&self->lock);
    worker = pop_locked(self);
    if (!worker)
        self->waiting++;
    is_short = self->waiting > self->idle_count;
    assay__lock_drop(&self->lock);
    if (!worker)
        return wait_for_worker(self, deadline_ms, finding);
    /* The keeper may have meant it for somebody who waits. */
    if (is_short)
        assay__keeper_wake(self);
    return worker;
}

/* ---- one scan ---------------------------------------------------------- */

/* A fault of its surroundings, which another worker may not have. */
static bool is_unfit(const assay_finding *finding)
{
    return finding->found == ASSAY_FOUND_FAULT &&
           (finding->reason == ASSAY_REASON_TEMPORARY ||
            finding->reason == ASSAY_REASON_DESCRIPTORS ||
            finding->reason == ASSAY_REASON_MEMORY); /* it has ended */
}

static assay_rc send_content(const struct assay__isolation *self,
                             struct assay__scanner_worker_link *worker,
                             const assay_scan_args *args,
                             assay_finding *finding)
{
    const assay_content *content = args->content;
    struct assay__wire_request request;
    assay_error err = {0};
    assay_rc rc;

    assay__wire_request_init(&request, ASSAY__WIRE_SCAN, 0);
    assay__wire_put_content(&request, content);
    request.deadline_ms = args->deadline_ms;
    request.timeout_ms = self->engine->timeout_ms;
    rc = assay__scanner_send_content(
        &worker->peer, &request, (assay_bytes){content->data, content->size},
        &err);
    if (rc == ASSAY_E_LIMIT)
        fault(finding, ASSAY_REASON_DESCRIPTORS, "%s", err.msg);
    return rc;
}

/* @return ASSAY_OK and ASSAY_E_LIMIT with *finding set; ASSAY_E_UNAVAILABLE
 *         it has not seen the content */
static assay_rc ask(struct assay__isolation *self,
                    struct assay__scanner_worker_link *worker,
                    const assay_scan_args *args, assay_finding *finding)
{
    struct assay__wire_reply reply = {.kind = 0};
    assay_error err = {0};
    assay_rc rc;

    if (!assay__scanner_is_quiet(&worker->peer))
        return ASSAY_E_UNAVAILABLE; /* this content is not to blame for it */
    rc = send_content(self, worker, args, finding);
    if (rc != ASSAY_OK)
        return rc == ASSAY_E_LIMIT ? rc : ASSAY_E_UNAVAILABLE;
    rc = assay__scanner_receive(&worker->peer, &reply, NULL, -1,
                                args->deadline_ms + GRACE_MS, &err);
    /* FAILED is no answer to a scan, whatever code it has. */
    if ((rc == ASSAY_OK && reply.kind != ASSAY__WIRE_FINDING) ||
        reply.kind == ASSAY__WIRE_FAILED)
        rc = ASSAY_E_INVAL;
    if (rc == ASSAY_E_IO) /* it ended without having read */
        return ASSAY_E_UNAVAILABLE;
    if (rc != ASSAY_OK)
        return rc;
    worker->scans++;
    worker->unproved_scans++;
    worker->grown = reply.number;
    worker->is_unfit = is_unfit(&reply.finding);
    *finding = reply.finding;
    finding->coverage.bytes_total = args->content->size;
    return ASSAY_OK;
}

static void report_kill(struct assay__isolation *self,
                        const struct assay__scanner_worker_link *worker,
                        const char *event, size_t size)
{
    assay_log_write(&self->log, ASSAY_LOG_WARN, event,
                    "scope=%s instance=%s worker=%llu pid=%d size=%zu",
                    self->engine->scope, self->engine->instance,
                    (unsigned long long)worker->number, (int)worker->peer.pid,
                    size);
}

static void time_out(struct assay__isolation *self,
                     struct assay__scanner_worker_link *worker,
                     const assay_scan_args *args, assay_finding *finding)
{
    atomic_fetch_add(&self->counts.timed_out, 1);
    report_kill(self, worker, "scanner.timeout", args->content->size);
    assay__isolation_discard(self, worker);
    fault(finding, ASSAY_REASON_TIMEOUT,
          "the scan did not end in time and was killed");
}

static void crash(struct assay__isolation *self,
                  struct assay__scanner_worker_link *worker,
                  const assay_scan_args *args, assay_rc rc,
                  assay_finding *finding)
{
    atomic_fetch_add(&self->counts.crashed, 1);
    report_kill(self, worker,
                rc == ASSAY_E_INVAL ? "scanner.nonsense" : "scanner.crashed",
                args->content->size);
    assay__isolation_discard(self, worker);
    fault(finding, ASSAY_REASON_CRASHED, "%s",
          rc == ASSAY_E_INVAL ? "the scanner worker answered nonsense"
                              : "the scanner worker died");
}

static void poison(struct assay__isolation *self, assay_finding *finding)
{
    atomic_fetch_add(&self->counts.poisoned, 1);
    assay_log_write(&self->log, ASSAY_LOG_ERROR, "scanner.poison",
                    "scope=%s instance=%s workers=%d", self->engine->scope,
                    self->engine->instance, KILLS_MOST);
    fault(finding, ASSAY_REASON_POISON,
          "it killed %d scanner workers and is not tried again", KILLS_MOST);
    finding->found = ASSAY_FOUND_UNSCANNABLE;
}

/* Until a worker says something, time is up, or it has killed enough. */
void assay__isolation_scan(void *instance, const assay_scan_args *args,
                           assay_finding *finding)
{
    struct assay__isolation *self = instance;
    int kills = 0, stale = 0;

    while (kills < KILLS_MOST && stale < STALE_MOST) {
        struct assay__scanner_worker_link *worker;
        assay_rc rc;

        if (kills + stale > 0 && assay__clock_ms() >= args->deadline_ms) {
            if (kills == 0) /* else it says that one died */
                fault(finding, ASSAY_REASON_OVERLOAD,
                      "no scanner worker was fit in time");
            return;
        }
        worker = take_worker(self, args->deadline_ms, finding);
        if (!worker)
            return;
        worker = check_overdue(self, worker, args->deadline_ms);
        if (!worker) {
            stale++;
            continue;
        }
        rc = ask(self, worker, args, finding);
        if (rc == ASSAY_OK || rc == ASSAY_E_LIMIT) {
            assay__isolation_release(self, worker);
            return;
        }
        if (rc == ASSAY_E_TIMEOUT) {
            time_out(self, worker, args, finding);
            return;
        }
        if (rc == ASSAY_E_UNAVAILABLE) { /* it died before it was asked */
            assay__isolation_discard(self, worker);
            stale++;
            continue;
        }
        crash(self, worker, args, rc, finding);
        kills++;
    }
    if (kills == KILLS_MOST)
        poison(self, finding);
    else
        fault(finding, ASSAY_REASON_CRASHED, "scanner workers keep dying");
}

/* ---- the canary -------------------------------------------------------- */

bool assay__isolation_prove(struct assay__isolation *self,
                            struct assay__scanner_worker_link *worker)
{
    return assay__isolation_prove_until(self, worker,
                                        assay__clock_ms() + PROBE_MS);
}

bool assay__isolation_prove_until(struct assay__isolation *self,
                                  struct assay__scanner_worker_link *worker,
                                  int64_t deadline_ms)
{
    struct assay__wire_request request;
    struct assay__wire_reply reply;
    assay_error err = {0};
    uint64_t round;
    assay_rc rc;

    assay__lock_take(&self->lock);
    round = self->probe_round;
    assay__lock_drop(&self->lock);
    assay__wire_request_init(&request, ASSAY__WIRE_PROBE, 0);
    rc = assay__scanner_send(&worker->peer, &request, -1, &err);
    if (rc == ASSAY_OK)
        rc = assay__scanner_receive(&worker->peer, &reply, NULL, -1,
                                    deadline_ms, &err);
    if (rc == ASSAY_OK && reply.kind == ASSAY__WIRE_ANSWER) {
        worker->proved = round;
        worker->unproved_scans = 0;
        return true;
    }
    worker->unproved_scans++; /* what it found clean does not count */
    atomic_fetch_add(&self->counts.canaries_missed, 1);
    assay__text_unquote(err.msg);
    assay_log_write(&self->log, ASSAY_LOG_ERROR, "scanner.canary_missed",
                    "scope=%s instance=%s worker=%llu pid=%d reason=\"%s\"",
                    self->engine->scope, self->engine->instance,
                    (unsigned long long)worker->number, (int)worker->peer.pid,
                    err.msg);
    assay__isolation_discard(self, worker);
    return false;
}
