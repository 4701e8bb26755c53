/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A session: one SMTP connection, its context, the message in progress, and
 * the reply that the policy set in the present phase.
 *
 * Calls on one session are made one at a time, which session_use.h sees to;
 * so there is no other lock here. Scans run in thread pools while the thread
 * of the phase waits and makes the host's progress calls.
 */
#ifndef ASSAY_POLICY_SESSION_H
#define ASSAY_POLICY_SESSION_H

#include <stdatomic.h>

#include <assay/assay.h>

#include "policy/activefilter_data.h"
#include "policy/policy.h"
#include "policy/scan_record.h"
#include "policy/session_store.h"
#include "rt/pool.h"

/** What a session lives on; borrowed until release is called. */
struct assay__session_env {
    const struct assay__policy *policy;
    /** The index-th thread pool, NULL past the end; any thread. NULL: there
     *  are no pools. */
    struct assay__pool *(*pool)(void *arg, size_t index);
    /** Keep all of this for something that outlives the session; it is let go
     *  by another release. May be NULL. */
    void (*hold)(void *arg);
    void (*release)(void *arg); /* when the session ends or goes on under
                                   another policy; may be NULL */
    void *arg;
    /** Look for a newer policy between two messages; may be NULL. @return true
     *  with *next_out as for a new session; false: this one is the present */
    bool (*renew)(const struct assay__session_env *env,
                  struct assay__session_env *next_out);
    void *owner; /* for renew */
    /** Whether the library is stopped: then no step may be taken. NULL: it
     *  never is. */
    const _Atomic bool *is_stopped;
};

/** On failure env->release is not called. */
assay_rc assay__session_new(const struct assay__session_env *env,
                            const assay_peer *peer, assay_session **out,
                            assay_error *err);

/** What the scans of the message in progress came to. */
struct assay__scan_record *assay__session_record(assay_session *session);

/** The recipients of the message in progress whose mail goes to a Maildir. */
struct assay__storage *assay__session_storage(assay_session *session);

/** The reply of the present phase, to be changed by modules. */
assay_disposition *assay__session_reply(assay_session *session);
/** Of the host's progress callback, for what takes long during the data step;
 *  NULL while the session is lent: then the thread that waits has it. */
struct assay__pulse *assay__session_pulse(assay_session *session);
/** Another thread works for the session from now on, until it is taken back.
 *  @return whether it was lent before */
bool assay__session_lend(assay_session *session, bool is_lent);
const struct assay__session_env *assay__session_env(
    const assay_session *session);
/** Address and host name of the peer as the host gave them, "" when unknown. */
const char *assay__session_peer_address(const assay_session *session);
const char *assay__session_peer_host(const assay_session *session);
/** What scripts said of recipients of the message in progress. */
struct assay__activefilter_data *assay__session_activefilter_data(
    assay_session *session);

#endif
