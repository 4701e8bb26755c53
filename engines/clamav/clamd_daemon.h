/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One clamd: its kept sessions, its health, its version.
 *
 * A session that was idle is looked at before it is used again, and asked for
 * the version when that is no longer fresh: so a restart or a reload of clamd
 * is noticed before, not after, a verdict is made with the wrong epoch. When
 * a session that lay idle ends without a byte of reply, the scan goes over a
 * new connection once.
 *
 * `changes` counts how often the version was found to be another. It only
 * grows, so an epoch that contains it never comes back: a verdict kept under
 * an earlier one is not found again, even if clamd returns to older
 * signatures.
 *
 * Locking: daemon->lock, a leaf; never held during I/O, a log call or in
 * another module that locks.
 */
#ifndef ASSAY_ENGINE_CLAMD_DAEMON_H
#define ASSAY_ENGINE_CLAMD_DAEMON_H

#include <pthread.h>

#include "clamav_engine.h"
#include "clamd.h"
#include "clamd_address.h"
#include "clamd_health.h"
#include "clamd_resolver.h"
#include "clamd_session.h"

enum {
    ASSAY__CLAMD_IDLE_MAX_MS = 20000,  /* clamd closes after IdleTimeout 30 s */
    ASSAY__CLAMD_TRUST_MS = 1000,      /* an idle session is believed so long */
    ASSAY__CLAMD_VERSION_MAX_MS = 5000 /* then the version is asked again */
};

struct assay__clamd_daemon {
    struct assay__clamd_address address;
    struct assay__clamd_resolver resolver;
    const assay_log *log; /* borrowed */
    size_t sessions_max;
    pthread_mutex_t lock;
    struct assay__clamd_health health;                            /* lock */
    struct assay__clamd_session *idle[ASSAY__CLAMD_SESSIONS_MAX]; /* lock */
    size_t idle_count;                                            /* lock */
    char version[ASSAY_VERDICT_INFO_MAX]; /* lock; "" not known */
    int64_t version_at_ms;                /* lock; when it was last told */
    uint64_t changes;                     /* lock */
    bool no_files;                        /* lock; it cannot take descriptors */
    bool tells_limits; /* lock; it reports what it did not look into */
    bool limits_known; /* lock; tells_limits was found out and told */
    char trouble[ASSAY_VERDICT_INFO_MAX]; /* lock; why it is down */
};

/** @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__clamd_daemon_init(struct assay__clamd_daemon *daemon,
                                  const struct assay__clamd_address *address,
                                  size_t sessions_max, const assay_log *log,
                                  assay_error *err);
void assay__clamd_daemon_fini(struct assay__clamd_daemon *daemon);

/** What to do with it now; PROBE owes a report. */
enum assay__clamd_admission assay__clamd_daemon_admit(
    struct assay__clamd_daemon *daemon);
/** It answered, or not (err says why: ASSAY_E_UNAVAILABLE is sure). Logs
 *  clamd.up and clamd.down when that changed. */
void assay__clamd_daemon_report(struct assay__clamd_daemon *daemon,
                                bool was_probe, assay_rc rc,
                                const assay_error *err);
/** The canary was missed: it is down, and what it found does not count. */
void assay__clamd_daemon_disown(struct assay__clamd_daemon *daemon,
                                const assay_error *err);
/** It reports exceeded limits, or not; says so once. */
void assay__clamd_daemon_set_limits(struct assay__clamd_daemon *daemon,
                                    bool tells_limits);

/** A descriptor is worth making: a unix socket, it takes them, and it tells
 *  of limits (a file over MaxFileSize is passed as OK otherwise, where a
 *  stream over StreamMaxLength is refused). */
bool assay__clamd_daemon_takes_files(struct assay__clamd_daemon *daemon);

/**
 * Have one content scanned.
 *
 * @param reply_out  on ASSAY_OK
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE no connection; ASSAY_E_TIMEOUT;
 *         ASSAY_E_IO connection lost, no valid reply; ASSAY_E_NOMEM. err is a
 *         sentence that names the daemon.
 */
assay_rc assay__clamd_daemon_scan(struct assay__clamd_daemon *daemon,
                                  const struct assay__clamd_content *content,
                                  int64_t deadline_ms,
                                  struct assay__clamd_reply *reply_out,
                                  assay_error *err);

/** Ask for the version, close what has been idle for long. Errors as _scan().
 */
assay_rc assay__clamd_daemon_refresh(struct assay__clamd_daemon *daemon,
                                     int64_t deadline_ms, assay_error *err);

/** Copies under the lock; version is "" when not known. */
struct assay__clamd_state {
    bool is_up;
    uint64_t changes;
    char version[ASSAY_VERDICT_INFO_MAX];
    char trouble[ASSAY_VERDICT_INFO_MAX];
};
void assay__clamd_daemon_state(struct assay__clamd_daemon *daemon,
                               struct assay__clamd_state *out);

#endif
