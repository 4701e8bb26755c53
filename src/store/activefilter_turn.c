/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_turn.h"

assay_rc assay__activefilter_turn_init(struct assay__activefilter_turn *turn,
                                       assay_error *err)
{
    assay_rc rc;

    *turn = (struct assay__activefilter_turn){.first = NULL};
    rc = assay__lock_init(&turn->lock, ASSAY__LOCK_activefilter, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__cond_init(&turn->changed, err);
    if (rc != ASSAY_OK)
        assay__lock_fini(&turn->lock);
    return rc;
}

void assay__activefilter_turn_fini(struct assay__activefilter_turn *turn)
{
    assay__cond_fini(&turn->changed);
    assay__lock_fini(&turn->lock);
}

/* ---- the line; with the lock held -------------------------------------- */

static void join(struct assay__activefilter_turn *turn,
                 struct assay__activefilter_waiter *waiter)
{
    if (turn->last)
        turn->last->next = waiter;
    else
        turn->first = waiter;
    turn->last = waiter;
}

static void leave(struct assay__activefilter_turn *turn,
                  const struct assay__activefilter_waiter *waiter)
{
    struct assay__activefilter_waiter **at = &turn->first, *before = NULL;

    while (*at != waiter) {
        before = *at;
        at = &before->next;
    }
    *at = waiter->next;
    if (turn->last == waiter)
        turn->last = before;
}

static void wait_for(struct assay__activefilter_turn *turn,
                     struct assay__activefilter_waiter *waiter,
                     int64_t deadline_ms)
{
    bool is_early = true;

    join(turn, waiter);
    while (!waiter->has_turn && is_early)
        is_early =
            assay__cond_wait_until(&turn->changed, &turn->lock, deadline_ms);
    if (!waiter->has_turn)
        leave(turn, waiter);
}

/* ---- turns ------------------------------------------------------------- */

bool assay__activefilter_turn_take(struct assay__activefilter_turn *turn,
                                   int64_t deadline_ms)
{
    struct assay__activefilter_waiter self = {.next = NULL};

    assay__lock_take(&turn->lock);
    if (turn->is_taken)
        wait_for(turn, &self, deadline_ms);
    else
        self.has_turn = turn->is_taken = true;
    assay__lock_drop(&turn->lock);
    return self.has_turn;
}

/* It is handed over, so that nobody comes in between. */
void assay__activefilter_turn_end(struct assay__activefilter_turn *turn)
{
    struct assay__activefilter_waiter *next;

    assay__lock_take(&turn->lock);
    next = turn->first;
    if (next) {
        leave(turn, next);
        next->has_turn = true;
        assay__cond_broadcast(&turn->changed);
    } else {
        turn->is_taken = false;
    }
    assay__lock_drop(&turn->lock);
}
