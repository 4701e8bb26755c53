/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/session_use.h"

assay_rc assay__session_use_init(struct assay__session_use *use,
                                 assay_error *err)
{
    assay_rc rc = assay__lock_init(&use->lock, ASSAY__LOCK_session, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__cond_init(&use->told, err);
    if (rc != ASSAY_OK) {
        assay__lock_fini(&use->lock);
        return rc;
    }
    use->references = 1;
    return ASSAY_OK;
}

void assay__session_use_fini(struct assay__session_use *use)
{
    assay__cond_fini(&use->told);
    assay__lock_fini(&use->lock);
}

bool assay__session_use_claim(struct assay__session_use *use)
{
    bool is_free;

    assay__lock_take(&use->lock);
    is_free = use->state == ASSAY__SESSION_FREE && !use->is_closed;
    if (is_free) {
        use->state = ASSAY__SESSION_RUNNING;
        use->references++;
    }
    assay__lock_drop(&use->lock);
    return is_free;
}

bool assay__session_use_release(struct assay__session_use *use,
                                enum assay__session_state next)
{
    bool is_closed;

    assay__lock_take(&use->lock);
    is_closed = use->is_closed;
    use->state = next;
    assay__lock_drop(&use->lock);
    return !is_closed;
}

/* ---- the host's callback ----------------------------------------------- */

static bool tell(struct assay__session_use *use, struct assay__host_call *call,
                 bool is_over)
{
    bool is_closed;

    assay__lock_take(&use->lock);
    is_closed = use->is_closed;
    if (is_over)
        use->state = ASSAY__SESSION_FREE;
    use->telling += !is_closed;
    assay__lock_drop(&use->lock);
    if (is_closed)
        return false;
    assay__host_call_enter(call, use);
    return true;
}

bool assay__session_use_tell(struct assay__session_use *use,
                             struct assay__host_call *call)
{
    return tell(use, call, true);
}

bool assay__session_use_tell_amid(struct assay__session_use *use,
                                  struct assay__host_call *call)
{
    return tell(use, call, false);
}

void assay__session_use_told(struct assay__session_use *use,
                             const struct assay__host_call *call)
{
    assay__host_call_leave(call);
    assay__lock_take(&use->lock);
    use->telling--;
    assay__cond_broadcast(&use->told);
    assay__lock_drop(&use->lock);
}

/* ---- the end ------------------------------------------------------------- */

bool assay__session_use_close(struct assay__session_use *use)
{
    unsigned own = assay__host_call_depth(use);
    bool is_running;

    assay__lock_take(&use->lock);
    use->is_closed = true;
    is_running = use->state == ASSAY__SESSION_RUNNING;
    while (use->telling > own)
        assay__cond_wait(&use->told, &use->lock);
    assay__lock_drop(&use->lock);
    return !is_running;
}

bool assay__session_use_unref(struct assay__session_use *use)
{
    bool is_last;

    assay__lock_take(&use->lock);
    is_last = --use->references == 0;
    assay__lock_drop(&use->lock);
    return is_last;
}
