/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The blocking form of the phases: the step is taken in the thread of the
 * caller, who has the session for as long.
 */
#include "policy/session_step.h"

static assay_rc take(assay_session *session, const struct assay__step *step,
                     assay_disposition *disposition_out, assay_error *err)
{
    assay_rc rc = assay__session_claim(session, err);

    if (rc != ASSAY_OK)
        return assay__session_fail_step(rc, disposition_out);
    rc = assay__session_check_step(session, step, err);
    if (rc == ASSAY_OK)
        rc = assay__session_take_step(session, step, disposition_out, err);
    else
        (void)assay__session_fail_step(rc, disposition_out);
    assay__session_unclaim(session);
    return rc;
}

assay_rc assay_session_connect(assay_session *session,
                               assay_disposition *disposition_out,
                               assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_CONNECT};

    return take(session, &step, disposition_out, err);
}

assay_rc assay_session_ehlo(assay_session *session, const char *name,
                            assay_disposition *disposition_out,
                            assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_EHLO, .text = name};

    return take(session, &step, disposition_out, err);
}

assay_rc assay_session_mailfrom(assay_session *session, const char *sender,
                                const char *argument,
                                assay_disposition *disposition_out,
                                assay_error *err)
{
    const struct assay__step step = {
        .kind = ASSAY__STEP_MAILFROM, .text = sender, .argument = argument};

    return take(session, &step, disposition_out, err);
}

assay_rc assay_session_rcptto(assay_session *session, const char *recipient,
                              const char *argument,
                              assay_disposition *disposition_out,
                              assay_error *err)
{
    const struct assay__step step = {
        .kind = ASSAY__STEP_RCPTTO, .text = recipient, .argument = argument};

    return take(session, &step, disposition_out, err);
}

assay_rc assay_session_data(assay_session *session,
                            assay_disposition *disposition_out,
                            assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_DATA};

    return take(session, &step, disposition_out, err);
}

assay_rc assay_session_store(assay_session *session, assay_error *err)
{
    const struct assay__step step = {.kind = ASSAY__STEP_STORE};
    assay_disposition ignored;

    return take(session, &step, &ignored, err);
}
