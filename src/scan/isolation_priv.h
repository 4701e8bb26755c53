/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An isolated engine instance from the inside.
 *
 * Locking: `lock` (rank scanner) guards what its comment says so of. It is
 * never held while anything is sent, received, started, ended or logged.
 * `present` and `retired` are the keeper's alone once it runs; others hand it
 * requests. A worker belongs to the list it is in, or to the thread that took
 * it out.
 */
#ifndef ASSAY_SCAN_ISOLATION_PRIV_H
#define ASSAY_SCAN_ISOLATION_PRIV_H

#include <pthread.h>

#include "rt/lock.h"
#include "rt/private_folder.h"
#include "scan/isolation.h"
#include "scan/scanner_log.h"
#include "scan/scanner_process.h"

enum {
    ASSAY__RETIRED_MAX = 8,
    ASSAY__READABLE_MAX = 80 /* PATH options, the module's folder, NULL */
};

struct assay__scanner_worker_link {
    struct assay__scanner_peer peer;
    uint64_t generation; /* of its template */
    uint64_t number;
    uint64_t scans;
    uint64_t grown;          /* bytes since it was forked */
    uint64_t proved;         /* the round of probes it last passed */
    uint64_t unproved_scans; /* since then */
    bool is_unfit;           /* its folder is gone or full, or the like */
    struct assay__scanner_worker_link *next;
};

enum assay__isolation_state {
    ASSAY__ISOLATION_RUNNING, /* there is a template */
    ASSAY__ISOLATION_LOADING, /* one is starting, for the first time since the
                                 last one worked */
    ASSAY__ISOLATION_DOWN     /* the last one did not start */
};

/** Something only the keeper may do, for a thread that waits for it. */
struct assay__keeper_request {
    enum {
        ASSAY__KEEPER_NEWER,
        ASSAY__KEEPER_VERSION,
        ASSAY__KEEPER_ADOPT, /* process and worker take over */
        ASSAY__KEEPER_DROP,  /* end the template, start none until ADOPT or
                                RESUME */
        ASSAY__KEEPER_RESUME /* after a start that failed with err */
    } kind;
    struct assay__scanner_process *process;
    struct assay__scanner_worker_link *worker;
    struct assay__wire_reply reply;
    assay_rc rc;
    assay_error err;
    bool is_done; /* lock */
    struct assay__keeper_request *next;
};

struct assay__isolation_counts {
    _Atomic uint64_t templates_started, workers_started;
    _Atomic uint64_t crashed, timed_out, poisoned, recycled, canaries_missed;
};

struct assay__isolation {
    /* set once by open */
    const assay_engine_module *table;
    const assay_engine_args *engine;
    struct assay__isolation_options options;
    assay_engine_isolation wanted;
    char *program;
    const char *module_path;
    char *module_folder;
    const char *readable[ASSAY__READABLE_MAX];
    struct assay__scanner_record record;
    struct assay__scanner_plan plan;
    struct assay__scanner_log_file file;
    assay_log log;    /* to file and to the engine's log */
    int wake_fd;      /* an eventfd that wakes the keeper */
    int stop_fd;      /* likewise; readable from close on */
    int interrupt_fd; /* likewise; what refreshes is to end */
    pthread_t keeper;
    bool has_keeper;
    _Atomic uint64_t *clean_generation;
    struct assay__isolation_counts counts;
    _Atomic uint64_t footprint; /* of present, bytes */
    _Atomic uint64_t places;    /* likewise: what it may read */

    /* the keeper's; of open and close while there is none */
    struct assay__private_folder folder;
    struct assay__scanner_process present;
    bool has_present;
    struct assay__scanner_process retired[ASSAY__RETIRED_MAX];
    size_t retired_count;
    int64_t started_ms;       /* when present was ready */
    unsigned failures;        /* templates that did not start, in a row */
    unsigned deaths;          /* templates that died soon, in a row */
    unsigned worker_failures; /* workers that did not start, in a row */
    int64_t retry_ms;         /* when to start a template again */
    int64_t worker_retry_ms;
    bool is_dropped; /* see ASSAY__KEEPER_DROP */

    struct assay__lock lock;
    struct assay__cond changed; /* a worker came, a request is done, the state
                                   is another */
    enum assay__isolation_state state;       /* lock */
    bool is_stopping;                        /* lock */
    bool is_serving;                         /* lock: not while workers fail */
    char epoch[ASSAY_EPOCH_MAX];             /* lock: of present */
    char missing[ASSAY_SCANNER_MISSING_MAX]; /* lock: of present */
    int template_pid;                        /* lock: of present; 0: none */
    char failure[ASSAY_ERROR_MAX];           /* lock: why nobody serves; "" */
    assay_reason failure_reason;             /* lock */
    struct assay__scanner_worker_link *idle; /* lock: the newest first */
    struct assay__scanner_worker_link *leaving; /* lock: have scanned for the
                                                   last time; the keeper's */
    struct assay__keeper_request *requests;     /* lock */
    uint64_t generation;                        /* lock: of present */
    uint64_t next_number;                       /* lock: of a worker */
    uint64_t workers;                           /* lock: all of them */
    uint64_t idle_count, idle_least;     /* lock: now; since the last probe */
    uint64_t waiting;                    /* lock: scans without a worker */
    uint64_t probe_round, trimmed_round; /* lock */
    bool is_reloading;                   /* lock: stop-then-load */

    /* the refreshing thread's */
    char refresh_failure[ASSAY_ERROR_MAX]; /* lock: of the last one; "" */
    uint64_t failed_set;
    int64_t failed_until_ms;
    unsigned unsettled;
    _Atomic int64_t refresh_ms; /* when to look again, when nobody asks */
};

/* ---- isolation_keeper.c ------------------------------------------------ */

assay_rc assay__keeper_start(struct assay__isolation *self, assay_error *err);
/** Ends the thread, all templates and idle workers. */
void assay__keeper_stop(struct assay__isolation *self);
void assay__keeper_wake(struct assay__isolation *self);
/** Have the keeper do something; blocks until it did.
 *  @return request->rc */
assay_rc assay__keeper_ask(struct assay__isolation *self,
                           struct assay__keeper_request *request,
                           assay_error *err);
/** Start a template, and a worker of it. For open and for refresh, which do
 *  it beside the keeper. */
assay_rc assay__keeper_make(struct assay__isolation *self, int stop_fd,
                            struct assay__scanner_process *process_out,
                            struct assay__scanner_worker_link **worker_out,
                            assay_error *err);
/** Whether what it has loaded did not change meanwhile: it may be half of the
 *  one and half of the other. For who has just made it. */
bool assay__keeper_is_whole(struct assay__scanner_process *process);
/** End both; nobody uses them. */
void assay__keeper_give_up(struct assay__scanner_process *process,
                           struct assay__scanner_worker_link *worker);
/** Make both what scans use. The keeper's, and open's. */
void assay__keeper_adopt(struct assay__isolation *self,
                         const struct assay__scanner_process *process,
                         struct assay__scanner_worker_link *worker);

/* ---- isolation_scan.c -------------------------------------------------- */

void assay__isolation_scan(void *instance, const assay_scan_args *args,
                           assay_finding *finding);
/** Have a worker prove that it detects; one that does not is ended, and what
 *  was found clean before is not believed any more.
 *  @return whether it passed; then it is still the caller's */
bool assay__isolation_prove(struct assay__isolation *self,
                            struct assay__scanner_worker_link *worker);
/** Likewise, within the time of a scan. */
bool assay__isolation_prove_until(struct assay__isolation *self,
                                  struct assay__scanner_worker_link *worker,
                                  int64_t deadline_ms);
/** Take an idle worker that has not passed this round. @return NULL: none */
struct assay__scanner_worker_link *assay__isolation_take_unproved(
    struct assay__isolation *self);
/** Give a worker back to who waits for one, or end it. */
void assay__isolation_release(struct assay__isolation *self,
                              struct assay__scanner_worker_link *worker);
/** End one that nobody will use again. */
void assay__isolation_discard(struct assay__isolation *self,
                              struct assay__scanner_worker_link *worker);

/* ---- isolation_refresh.c ----------------------------------------------- */

assay_rc assay__isolation_refresh(void *instance, bool *changed_out,
                                  assay_error *err);

#endif
