/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The steps a host takes a session through, in one shape for both forms of
 * calling them: blocking (session_step.c) and with a callback
 * (runtime/phase_call.c).
 */
#ifndef ASSAY_POLICY_SESSION_STEP_H
#define ASSAY_POLICY_SESSION_STEP_H

#include <assay/assay.h>

#include "policy/session_use.h"

enum assay__step_kind {
    ASSAY__STEP_CONNECT,
    ASSAY__STEP_EHLO,
    ASSAY__STEP_MAILFROM,
    ASSAY__STEP_RCPTTO,
    ASSAY__STEP_DATA,
    ASSAY__STEP_STORE
};

/** A step and what comes with it; borrowed. */
struct assay__step {
    enum assay__step_kind kind;
    const char *text;     /* EHLO name, sender or recipient; else NULL */
    const char *argument; /* of the command; may be NULL */
};

/** Whether it is that step's turn. The session is claimed.
 *  @return ASSAY_OK; ASSAY_E_STATE; ASSAY_E_INVAL its text is NULL */
assay_rc assay__session_check_step(const assay_session *session,
                                   const struct assay__step *step,
                                   assay_error *err);
/** Take a step that was checked. The session is claimed; a policy may be asked
 *  and engines may scan. @param disposition_out  set in every case */
assay_rc assay__session_take_step(assay_session *session,
                                  const struct assay__step *step,
                                  assay_disposition *disposition_out,
                                  assay_error *err);
/** What to answer to a step that cannot be taken. @return rc */
assay_rc assay__session_fail_step(assay_rc rc, assay_disposition *disposition);

/** Use the session for a step, or for something else that a host may do
 *  between two. @return ASSAY_OK; ASSAY_E_STATE another phase runs, or the
 *  library is stopped */
assay_rc assay__session_claim(assay_session *session, assay_error *err);
/** Give it back. The session may be gone then: it was closed meanwhile. */
void assay__session_unclaim(assay_session *session);

/** A phase is over that the host will be told of. @return false when the
 *  session was closed, and is gone: tell nothing */
bool assay__session_end_step(assay_session *session);
/** Tell it: afterwards the session may be gone. @param tell  called with arg,
 *  unless the session was closed; NULL: nothing is told */
void assay__session_tell(assay_session *session, void (*tell)(void *arg),
                         void *arg);

#endif
