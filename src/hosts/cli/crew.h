/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Workers that run tasks side by side and hand them back in the order they
 * were given out, with a bounded number of tasks between the two.
 *
 * One thread submits and takes; the workers are the crew's own.
 *
 * Locking: crew->lock guards the ring; it is not held while a task runs.
 */
#ifndef ASSAY_CLI_CREW_H
#define ASSAY_CLI_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

struct assay__crew;

/** Runs in a worker. */
typedef void assay__crew_work(void *arg, void *task);

/**
 * Start the workers.
 *
 * @param workers  1 and up
 * @param window   most tasks between submit and take, 1 and up
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_IO when no thread can be made
 */
assay_rc assay__crew_new(unsigned workers, size_t window,
                         assay__crew_work *work, void *arg,
                         struct assay__crew **out, assay_error *err);
/** All tasks must have been taken. Accepts NULL; sets *crew to NULL. */
void assay__crew_free(struct assay__crew **crew);

/** Number of tasks between submit and take. */
size_t assay__crew_pending(const struct assay__crew *crew);
/** @return false when the window is full; take first */
bool assay__crew_submit(struct assay__crew *crew, void *task);
/** The oldest task once it is done. @return NULL when there is none, or when
 *  it is not done within wait_ms */
void *assay__crew_take(struct assay__crew *crew, int64_t wait_ms);
/** Tasks that no worker has begun count as done without being run. */
void assay__crew_cancel(struct assay__crew *crew);

#endif
