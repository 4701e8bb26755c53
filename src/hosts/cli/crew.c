/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct slot {
    void *task;
    bool done;
};

/* oldest <= begun <= newest; slot of a position: position % window */
struct assay__crew {
    assay__crew_work *work; /* these four are set once before start */
    void *arg;
    size_t window;
    unsigned workers;
    pthread_t *threads;
    pthread_mutex_t lock;
    pthread_cond_t submitted; /* or stopping */
    pthread_cond_t finished;  /* the oldest task is done */
    uint64_t oldest;          /* crew->lock; changed by the owner only */
    uint64_t begun;           /* crew->lock */
    uint64_t newest;          /* crew->lock; changed by the owner only */
    bool stopping;            /* crew->lock */
    struct slot *slots;       /* crew->lock */
};

static struct slot *slot_at(struct assay__crew *crew, uint64_t position)
{
    return &crew->slots[position % crew->window];
}

static void finish_locked(struct assay__crew *crew, uint64_t position)
{
    slot_at(crew, position)->done = true;
    if (position == crew->oldest)
        (void)pthread_cond_signal(&crew->finished);
}

static void *worker_main(void *arg)
{
    struct assay__crew *crew = arg;

    (void)pthread_mutex_lock(&crew->lock);
    for (;;) {
        uint64_t position;
        void *task;

        while (crew->begun == crew->newest && !crew->stopping)
            (void)pthread_cond_wait(&crew->submitted, &crew->lock);
        if (crew->begun == crew->newest)
            break;
        position = crew->begun++;
        task = slot_at(crew, position)->task;
        (void)pthread_mutex_unlock(&crew->lock);
        crew->work(crew->arg, task);
        (void)pthread_mutex_lock(&crew->lock);
        finish_locked(crew, position);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

static void init_locks(struct assay__crew *crew)
{
    pthread_condattr_t attr;

    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->submitted, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&crew->finished, &attr);
    (void)pthread_condattr_destroy(&attr);
}

assay_rc assay__crew_new(unsigned workers, size_t window,
                         assay__crew_work *work, void *arg,
                         struct assay__crew **out, assay_error *err)
{
    struct assay__crew *crew = calloc(1, sizeof *crew);
    int failure = 0;

    if (!crew)
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    crew->work = work;
    crew->arg = arg;
    crew->window = window;
    init_locks(crew);
    crew->slots = calloc(window, sizeof *crew->slots);
    crew->threads = calloc(workers, sizeof *crew->threads);
    if (!crew->slots || !crew->threads) {
        assay__crew_free(&crew);
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    }
    while (crew->workers < workers && failure == 0) {
        failure = pthread_create(&crew->threads[crew->workers], NULL,
                                 worker_main, crew);
        crew->workers += failure == 0;
    }
    if (crew->workers == 0) { /* fewer than asked for will do */
        assay__crew_free(&crew);
        return assay_error_set(err, ASSAY_E_IO, "cannot start a thread: %s",
                               strerrordesc_np(failure));
    }
    *out = crew;
    return ASSAY_OK;
}

void assay__crew_free(struct assay__crew **crew)
{
    struct assay__crew *c = *crew;

    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stopping = true;
    (void)pthread_cond_broadcast(&c->submitted);
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->workers; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_cond_destroy(&c->finished);
    (void)pthread_cond_destroy(&c->submitted);
    (void)pthread_mutex_destroy(&c->lock);
    free(c->threads);
    free(c->slots);
    free(c);
    *crew = NULL;
}

size_t assay__crew_pending(const struct assay__crew *crew)
{
    return (size_t)(crew->newest - crew->oldest);
}

bool assay__crew_submit(struct assay__crew *crew, void *task)
{
    if (assay__crew_pending(crew) == crew->window)
        return false;
    (void)pthread_mutex_lock(&crew->lock);
    *slot_at(crew, crew->newest) = (struct slot){.task = task};
    crew->newest++;
    (void)pthread_cond_signal(&crew->submitted);
    (void)pthread_mutex_unlock(&crew->lock);
    return true;
}

static struct timespec time_after(int64_t wait_ms)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += wait_ms / 1000;
    t.tv_nsec += wait_ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

void *assay__crew_take(struct assay__crew *crew, int64_t wait_ms)
{
    struct timespec until = time_after(wait_ms);
    const struct slot *slot;
    void *task = NULL;
    int rc = 0;

    if (assay__crew_pending(crew) == 0)
        return NULL;
    (void)pthread_mutex_lock(&crew->lock);
    slot = slot_at(crew, crew->oldest);
    while (!slot->done && rc == 0 && wait_ms > 0)
        rc = pthread_cond_timedwait(&crew->finished, &crew->lock, &until);
    if (slot->done) {
        task = slot->task;
        crew->oldest++;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return task;
}

void assay__crew_cancel(struct assay__crew *crew)
{
    (void)pthread_mutex_lock(&crew->lock);
    while (crew->begun < crew->newest)
        finish_locked(crew, crew->begun++);
    (void)pthread_mutex_unlock(&crew->lock);
}
