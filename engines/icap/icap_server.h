/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One service of one server: its connections, its health, what it says of
 * itself.
 *
 * No more connections are open at a time than the option and Max-Connections
 * allow; who finds none free waits for one. A connection that lay idle is
 * looked at before it is used again, and when it ends all the same without a
 * byte of reply, the scan goes over another one once.
 *
 * OPTIONS is asked when the service is probed, when Options-TTL has passed,
 * when a reply carries another ISTag, and at each refresh. `changes` counts
 * how often the ISTag was found to be another. It only grows, so an epoch
 * that contains it never comes back: a verdict kept under an earlier one is
 * not found again, even if the server returns to older signatures.
 *
 * Locking: server->lock, a leaf; never held during I/O, a log call or in
 * another module that locks.
 */
#ifndef ASSAY_ENGINE_ICAP_SERVER_H
#define ASSAY_ENGINE_ICAP_SERVER_H

#include <pthread.h>

#include <assay/engine.h>

#include "icap.h"
#include "icap_exchange.h"
#include "icap_health.h"
#include "icap_resolver.h"
#include "icap_service.h"
#include "icap_url.h"

enum {
    ASSAY__ICAP_IDLE_MAX_MS = 30000, /* then a connection is let go */
    ASSAY__ICAP_CONNECT_MS = 3000,   /* a server that is there takes one soon */
    ASSAY__ICAP_OPTIONS_MIN_MS = 1000 /* between two OPTIONS for an ISTag */
};

struct assay__icap_server {
    struct assay__icap_url url;
    struct assay__icap_resolver resolver;
    const struct assay__icap_settings *settings; /* borrowed */
    const char *text;                            /* borrowed; for people */
    const assay_log *log;                        /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct assay__icap_health health;                          /* lock */
    struct assay__icap_connection *idle[ASSAY__ICAP_OPEN_MAX]; /* lock */
    size_t idle_count;                                         /* lock */
    size_t open_count;                    /* lock; idle or in use */
    struct assay__icap_service service;   /* lock */
    bool is_known;                        /* lock; service was told */
    bool is_asking;                       /* lock; somebody asks OPTIONS */
    int64_t asked_at_ms, ask_again_at_ms; /* lock */
    char tag[ASSAY__ICAP_TAG_MAX + 1];    /* lock; the ISTag told last */
    uint64_t changes;                     /* lock */
    int64_t told_at_ms;                   /* lock; a change was logged */
    char trouble[ASSAY_VERDICT_INFO_MAX]; /* lock; why it is down */
};

/**
 * @param text      as written in `servers`; borrowed until fini
 * @param settings  borrowed until fini
 * @return ASSAY_OK; ASSAY_E_INVAL; ASSAY_E_NOMEM
 */
assay_rc assay__icap_server_init(struct assay__icap_server *server,
                                 const char *text,
                                 const struct assay__icap_settings *settings,
                                 const assay_log *log, assay_error *err);
/** No call is running. */
void assay__icap_server_fini(struct assay__icap_server *server);

/** What to do with it now; PROBE owes a report.
 *  @param is_due  the time for which it is left alone does not count */
enum assay__icap_admission assay__icap_server_admit(
    struct assay__icap_server *server, bool is_due);
/** It answered, or not (err says why: ASSAY_E_UNAVAILABLE is sure). Logs
 *  icap.up and icap.down when that changed. */
void assay__icap_server_report(struct assay__icap_server *server,
                               bool was_probe, assay_rc rc,
                               const assay_error *err);
/** The canary was missed: what it found does not count. */
void assay__icap_server_disown(struct assay__icap_server *server,
                               const assay_error *err);

/** How a content is to be scanned; the last two are false at first. */
struct assay__icap_job {
    const assay_content *content;
    int64_t deadline_ms;
    bool may_wait;  /* for a connection */
    bool wants_new; /* no connection that lay idle */
    bool wants_all; /* no preview */
};

/**
 * Have one content scanned.
 *
 * @param finding     as given to the scan op; filled on ASSAY_OK
 * @param refused_out set on ASSAY_OK: by its status the service cannot be used
 * @return ASSAY_OK; ASSAY_E_LIMIT no connection is free; ASSAY_E_UNAVAILABLE
 *         no connection; ASSAY_E_TIMEOUT; ASSAY_E_IO connection lost, no valid
 *         reply; ASSAY_E_NOMEM. err is a sentence that names the server.
 */
assay_rc assay__icap_server_scan(struct assay__icap_server *server,
                                 const struct assay__icap_job *job,
                                 assay_finding *finding, bool *refused_out,
                                 assay_error *err);

/** Ask OPTIONS, let go of what has been idle for long. Errors as _scan(). */
assay_rc assay__icap_server_refresh(struct assay__icap_server *server,
                                    int64_t deadline_ms, assay_error *err);

/** Copies under the lock. */
struct assay__icap_report {
    bool is_up;
    uint64_t changes;
    char tag[ASSAY__ICAP_TAG_MAX + 1];  /* "" when it has none */
    char name[ASSAY__ICAP_SERVICE_MAX]; /* "" when it does not say */
    char trouble[ASSAY_VERDICT_INFO_MAX];
};
void assay__icap_server_state(struct assay__icap_server *server,
                              struct assay__icap_report *out);

#endif
