/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef ASSAY_LOCK_CHECKS

enum { MAX_HELD = 8 };

/* The locks this thread holds, in the order taken. */
static _Thread_local struct {
    const struct assay__lock *lock[MAX_HELD];
    int count;
} held;

static void broken(const char *what)
{
    fprintf(stderr, "assay: lock order broken: %s\n", what);
    abort();
}

static void note_take(const struct assay__lock *lock)
{
    if (held.count > 0 && held.lock[held.count - 1]->rank >= lock->rank)
        broken("rank does not increase");
    if (held.count == MAX_HELD)
        broken("too many locks held");
    held.lock[held.count++] = lock;
}

static void note_drop(const struct assay__lock *lock)
{
    if (held.count == 0 || held.lock[held.count - 1] != lock)
        broken("dropped out of order or not held");
    held.count--;
}

void assay__lock_assert_held(const struct assay__lock *lock)
{
    for (int i = 0; i < held.count; i++)
        if (held.lock[i] == lock)
            return;
    broken("caller must hold the lock");
}

#else

static void note_take(const struct assay__lock *lock)
{
    (void)lock;
}

static void note_drop(const struct assay__lock *lock)
{
    (void)lock;
}

void assay__lock_assert_held(const struct assay__lock *lock)
{
    (void)lock;
}

#endif

assay_rc assay__lock_init(struct assay__lock *lock, enum assay__lock_rank rank,
                          assay_error *err)
{
    int rc = pthread_mutex_init(&lock->mutex, NULL);

    if (rc != 0)
        return assay_error_set(err, ASSAY_E_NOMEM, "mutex: errno %d", rc);
    lock->rank = rank;
    return ASSAY_OK;
}

void assay__lock_fini(struct assay__lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

/* Checked before waiting, so that a wrong order is reported and not a hang. */
void assay__lock_take(struct assay__lock *lock)
{
    note_take(lock);
    pthread_mutex_lock(&lock->mutex);
}

void assay__lock_drop(struct assay__lock *lock)
{
    note_drop(lock);
    pthread_mutex_unlock(&lock->mutex);
}

assay_rc assay__cond_init(struct assay__cond *cond, assay_error *err)
{
    pthread_condattr_t attr;
    int rc = pthread_condattr_init(&attr);

    if (rc != 0)
        return assay_error_set(err, ASSAY_E_NOMEM, "condition: errno %d", rc);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    rc = pthread_cond_init(&cond->cond, &attr);
    pthread_condattr_destroy(&attr);
    if (rc != 0)
        return assay_error_set(err, ASSAY_E_NOMEM, "condition: errno %d", rc);
    return ASSAY_OK;
}

void assay__cond_fini(struct assay__cond *cond)
{
    pthread_cond_destroy(&cond->cond);
}

void assay__cond_wait(struct assay__cond *cond, struct assay__lock *lock)
{
    assay__lock_assert_held(lock);
    pthread_cond_wait(&cond->cond, &lock->mutex);
}

bool assay__cond_wait_until(struct assay__cond *cond, struct assay__lock *lock,
                            int64_t deadline_ms)
{
    struct timespec when = {
        .tv_sec = (time_t)(deadline_ms / 1000),
        .tv_nsec = (long)(deadline_ms % 1000) * 1000000L,
    };

    assay__lock_assert_held(lock);
    if (deadline_ms < 0) /* passed, but no valid timespec */
        return false;
    return pthread_cond_timedwait(&cond->cond, &lock->mutex, &when) !=
           ETIMEDOUT;
}

void assay__cond_signal(struct assay__cond *cond)
{
    pthread_cond_signal(&cond->cond);
}

void assay__cond_broadcast(struct assay__cond *cond)
{
    pthread_cond_broadcast(&cond->cond);
}
