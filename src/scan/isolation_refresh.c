/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Newer signatures. A second template loads them while the first one goes on;
 * its first worker proves that it detects; then it takes over, and the old one
 * ends with its last scan. For that time both are in memory. A small machine
 * may choose to end the old one first (reload = "stop-then-load"): scans wait,
 * and get an error (reloading) when their time is over.
 *
 * One thread at a time: engine_core.c sees to that.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/text.h"
#include "rt/command.h"
#include "rt/memory.h"
#include "scan/isolation_priv.h"

enum {
    MS_PER_S = 1000,
    UPDATER_MS = 60 * 60 * 1000,
    SETTLE_MS = 2000, /* an updater pauses between files */
    SOON_MS = 60 * 1000,
    UNSETTLED_MOST = 10,             /* looks in vain before it is an error */
    FAILED_RETRY_MS = 10 * 60 * 1000 /* the same signatures once more */
};

bool assay__isolation_is_refresh_due(void *instance)
{
    const struct assay__isolation *self = instance;

    return assay__clock_ms() >= atomic_load(&self->refresh_ms);
}

void assay__isolation_interrupt(void *instance)
{
    struct assay__isolation *self = instance;

    (void)eventfd_write(self->interrupt_fd, 1);
}

/* What did not come to an end is looked at again soon. */
static void set_next(struct assay__isolation *self, bool is_settled)
{
    int64_t wait_ms = self->wanted.update_interval_s * MS_PER_S;

    if (!is_settled && wait_ms > SOON_MS)
        wait_ms = SOON_MS;
    atomic_store(&self->refresh_ms, assay__clock_ms() + wait_ms);
}

static void run_updater(struct assay__isolation *self)
{
    assay_error err = {0};

    if (!self->wanted.updater || !self->wanted.updater[0])
        return;
    if (assay__command_run(self->wanted.updater, self->interrupt_fd,
                           assay__clock_ms() + UPDATER_MS, &err) == ASSAY_OK)
        return;
    assay__text_unquote(err.msg);
    assay_log_write(&self->log, ASSAY_LOG_WARN, "scanner.updater_failed",
                    "scope=%s instance=%s reason=\"%s\"", self->engine->scope,
                    self->engine->instance, err.msg);
}

static assay_rc ask_newer(struct assay__isolation *self, uint64_t *set_out,
                          assay_error *err)
{
    struct assay__keeper_request request = {.kind = ASSAY__KEEPER_NEWER};
    assay_rc rc = assay__keeper_ask(self, &request, err);

    if (rc == ASSAY_OK)
        *set_out = request.reply.number;
    return rc;
}

/* Signatures whose folder was replaced by another are behind the walls of the
 * present template: it cannot tell, and a new one can read them. */
static assay_rc look_for_set(struct assay__isolation *self, uint64_t *set_out,
                             assay_error *err)
{
    uint64_t places = 0;
    assay_rc rc = ask_newer(self, set_out, err);

    if (rc != ASSAY_OK && rc != ASSAY_E_STATE)
        places = assay__scanner_places(self->readable);
    if (places == 0 || places == atomic_load(&self->places)) /* 0: not asked */
        return rc;
    *set_out = places;
    return ASSAY_OK;
}

/* What the last attempt came to stands. */
static assay_rc as_before(struct assay__isolation *self, assay_error *err)
{
    char failure[ASSAY_ERROR_MAX];

    assay__lock_take(&self->lock);
    assay__text_copy(failure, sizeof failure, self->refresh_failure);
    assay__lock_drop(&self->lock);
    if (failure[0] == '\0')
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL, "%s", failure);
}

static assay_rc wait_for_writer(struct assay__isolation *self, assay_error *err)
{
    if (++self->unsettled < UNSETTLED_MOST)
        return as_before(self, err);
    return assay_error_set(err, ASSAY_E_IO,
                           "the signatures never stay unchanged long enough to "
                           "be loaded");
}

/* Whether nobody writes there: it is the same set a while later. */
static bool is_settled(struct assay__isolation *self, uint64_t set)
{
    struct pollfd stop = {.fd = self->interrupt_fd, .events = POLLIN};
    uint64_t later = 0;

    if (poll(&stop, 1, SETTLE_MS) != 0)
        return false;
    return look_for_set(self, &later, NULL) == ASSAY_OK && later == set;
}

/* ---- loading ----------------------------------------------------------- */

/* The kernel would choose whom to end, and it might choose the host. */
static assay_rc check_memory(struct assay__isolation *self, assay_error *err)
{
    uint64_t need = self->footprint + self->footprint / 4;
    uint64_t left = assay__memory_free();

    if (left >= need)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_NOMEM,
                           "loading signatures beside those in use needs about "
                           "%" PRIu64 " MB, and %" PRIu64
                           " MB are left of the memory of this machine",
                           (need >> 20) + 1, left >> 20);
}

static assay_rc hand_over(struct assay__isolation *self,
                          struct assay__scanner_process *process,
                          struct assay__scanner_worker_link *worker,
                          assay_error *err)
{
    struct assay__keeper_request request = {
        .kind = ASSAY__KEEPER_ADOPT, .process = process, .worker = worker};
    assay_rc rc = assay__keeper_ask(self, &request, err);

    if (rc != ASSAY_OK)
        assay__keeper_give_up(process, worker);
    return rc;
}

static assay_rc load_and_switch(struct assay__isolation *self, assay_error *err)
{
    struct assay__scanner_worker_link *worker = NULL;
    struct assay__scanner_process process;
    assay_rc rc =
        assay__keeper_make(self, self->interrupt_fd, &process, &worker, err);

    if (rc != ASSAY_OK)
        return rc;
    if (assay__keeper_is_whole(&process))
        return hand_over(self, &process, worker, err);
    assay__keeper_give_up(&process, worker);
    return assay_error_set(err, ASSAY_E_STATE,
                           "the signatures changed while they were loaded");
}

/* Scans that run are waited for, as long as they may take. */
static void drain(struct assay__isolation *self)
{
    int64_t until_ms = assay__clock_ms() + self->engine->timeout_ms;

    assay__lock_take(&self->lock);
    self->is_reloading = true;
    while (self->workers > self->idle_count &&
           assay__cond_wait_until(&self->changed, &self->lock, until_ms))
        continue;
    assay__lock_drop(&self->lock);
}

static void stop_draining(struct assay__isolation *self)
{
    assay__lock_take(&self->lock);
    self->is_reloading = false;
    assay__lock_drop(&self->lock);
    assay__keeper_wake(self);
}

/* @param err  not NULL */
static assay_rc stop_then_load(struct assay__isolation *self, assay_error *err)
{
    struct assay__keeper_request drop = {.kind = ASSAY__KEEPER_DROP};
    struct assay__keeper_request resume = {.kind = ASSAY__KEEPER_RESUME};
    assay_rc rc;

    drain(self);
    rc = assay__keeper_ask(self, &drop, err);
    if (rc != ASSAY_OK) {
        stop_draining(self);
        return rc;
    }
    rc = load_and_switch(self, err);
    if (rc == ASSAY_OK)
        return rc;
    resume.err = *err;
    (void)assay__keeper_ask(self, &resume, NULL);
    /* That it will be tried again is no reason to keep silent about it. */
    return rc == ASSAY_E_STATE ? ASSAY_E_UNAVAILABLE : rc;
}

static assay_rc load(struct assay__isolation *self, uint64_t set,
                     assay_error *err)
{
    assay_rc rc;

    if (self->options.reload == ASSAY__RELOAD_STOP_THEN_LOAD) {
        rc = stop_then_load(self, err);
    } else {
        rc = check_memory(self, err);
        if (rc == ASSAY_OK)
            rc = load_and_switch(self, err);
    }
    if (rc != ASSAY_OK && rc != ASSAY_E_STATE) {
        self->failed_set = set;
        self->failed_until_ms = assay__clock_ms() + FAILED_RETRY_MS;
    }
    return rc;
}

/* ---- the operation ----------------------------------------------------- */

static assay_rc look(struct assay__isolation *self, bool *changed_out,
                     assay_error *err)
{
    uint64_t set = 0;
    assay_rc rc = look_for_set(self, &set, err);

    if (rc == ASSAY_E_STATE)
        return wait_for_writer(self, err);
    if (rc == ASSAY_OK && set == 0)
        self->unsettled = 0;
    if (rc != ASSAY_OK || set == 0)
        return rc;
    if (set == self->failed_set && assay__clock_ms() < self->failed_until_ms)
        return as_before(self, err);
    if (!is_settled(self, set))
        return wait_for_writer(self, err);
    rc = load(self, set, err);
    if (rc == ASSAY_E_STATE)
        return wait_for_writer(self, err);
    if (rc != ASSAY_OK)
        return rc;
    *changed_out = true;
    self->unsettled = 0;
    return ASSAY_OK;
}

assay_rc assay__isolation_refresh(void *instance, bool *changed_out,
                                  assay_error *err)
{
    struct assay__isolation *self = instance;
    assay_error own = {0};
    assay_rc rc;

    *changed_out = false;
    run_updater(self);
    rc = look(self, changed_out, &own);
    set_next(self, rc == ASSAY_OK && self->unsettled == 0);
    assay__lock_take(&self->lock);
    assay__text_copy(self->refresh_failure, sizeof self->refresh_failure,
                     rc == ASSAY_OK ? "" : own.msg);
    assay__lock_drop(&self->lock);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "%s", own.msg);
    return ASSAY_OK;
}
