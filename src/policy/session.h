/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A session: one SMTP connection, its context, the message in progress, and
 * the reply that the policy set in the present phase.
 *
 * Locking: calls on one session are made one at a time. Only the hand-over of
 * assay_session_data() to a pool job uses a lock (session->lock, rank
 * session): it guards `done`, nothing else.
 */
#ifndef ASSAY_POLICY_SESSION_H
#define ASSAY_POLICY_SESSION_H

#include <assay/assay.h>

#include "policy/policy.h"
#include "rt/pool.h"

/** What a session lives on; borrowed until release is called. */
struct assay__session_env {
    const struct assay__policy *policy;
    struct assay__pool *pool;   /* for steps with progress; may be NULL */
    void (*release)(void *arg); /* when the session ends; may be NULL */
    void *arg;
};

/** On failure env->release is not called. */
assay_rc assay__session_new(const struct assay__session_env *env,
                            const assay_peer *peer, assay_session **out,
                            assay_error *err);

/** The reply of the present phase, to be changed by modules. */
assay_disposition *assay__session_reply(assay_session *session);

#endif
