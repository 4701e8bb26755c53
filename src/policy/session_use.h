/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Who uses a session at the moment: its host, or a phase that the host began.
 *
 * A phase claims the session and gives it back. In the callback form it runs
 * in another thread, and is over for the host only when it was told. The host
 * may close the session meanwhile: then who has it at that moment frees what
 * it holds, and nothing is told any more. The memory stays until the last who
 * knows the session has let go of it, so that a completion which lies in the
 * host's queue never points to nothing.
 *
 * Locking: use->lock (rank session) guards all of it, and is held for nothing
 * but to look and to change.
 */
#ifndef ASSAY_POLICY_SESSION_USE_H
#define ASSAY_POLICY_SESSION_USE_H

#include <stdbool.h>

#include "policy/host_call.h"
#include "rt/lock.h"

enum assay__session_state {
    ASSAY__SESSION_FREE,    /* the host may use it */
    ASSAY__SESSION_RUNNING, /* a phase runs */
    ASSAY__SESSION_ENDED    /* a phase ended that is not told yet */
};

struct assay__session_use {
    struct assay__lock lock;
    struct assay__cond told;         /* a callback of the host returned */
    enum assay__session_state state; /* lock */
    bool is_closed;                  /* lock; by the host */
    unsigned references;             /* lock; the host's, and of each phase */
    unsigned telling;                /* lock; threads in the host's callback */
};

/** Free, with the host's reference. @return ASSAY_OK; ASSAY_E_NOMEM … */
assay_rc assay__session_use_init(struct assay__session_use *use,
                                 assay_error *err);
void assay__session_use_fini(struct assay__session_use *use);

/** From free to running, with a reference. @return false when it is not free */
bool assay__session_use_claim(struct assay__session_use *use);
/** From running to @next; the reference stays. @return false when it was
 *  closed: then the caller frees what the session holds */
bool assay__session_use_release(struct assay__session_use *use,
                                enum assay__session_state next);
/** From ended to free; then the host's callback may be called.
 *  @return false when it was closed: nothing is to be told */
bool assay__session_use_tell(struct assay__session_use *use,
                             struct assay__host_call *call);
/** As tell, for a callback in the midst of a phase: it goes on running. */
bool assay__session_use_tell_amid(struct assay__session_use *use,
                                  struct assay__host_call *call);
/** The callback returned. */
void assay__session_use_told(struct assay__session_use *use,
                             const struct assay__host_call *call);
/** The host lets go of it; waits for a callback in another thread.
 *  @return whether the caller frees what the session holds: no phase runs */
bool assay__session_use_close(struct assay__session_use *use);
/** Let go of a reference. @return true for the last: free the memory */
bool assay__session_use_unref(struct assay__session_use *use);

#endif
