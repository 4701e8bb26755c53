/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "gate.h"

#include <errno.h>
#include <time.h>

void assay__gate_init(struct assay__gate *gate)
{
    pthread_condattr_t attr;

    *gate = (struct assay__gate){.connections = 0};
    (void)pthread_mutex_init(&gate->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&gate->left, &attr);
    (void)pthread_condattr_destroy(&attr);
}

void assay__gate_fini(struct assay__gate *gate)
{
    (void)pthread_cond_destroy(&gate->left);
    (void)pthread_mutex_destroy(&gate->lock);
}

size_t assay__gate_enter(struct assay__gate *gate)
{
    size_t connections;

    (void)pthread_mutex_lock(&gate->lock);
    connections = ++gate->connections;
    (void)pthread_mutex_unlock(&gate->lock);
    return connections;
}

void assay__gate_leave(struct assay__gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->connections--;
    (void)pthread_cond_broadcast(&gate->left);
    (void)pthread_mutex_unlock(&gate->lock);
}

void assay__gate_begin(struct assay__gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->requests++;
    (void)pthread_mutex_unlock(&gate->lock);
}

void assay__gate_end(struct assay__gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->requests--;
    gate->served++;
    (void)pthread_mutex_unlock(&gate->lock);
}

struct assay__gate_counts assay__gate_count(struct assay__gate *gate)
{
    struct assay__gate_counts counts;

    (void)pthread_mutex_lock(&gate->lock);
    counts = (struct assay__gate_counts){
        .connections = gate->connections,
        .requests = gate->requests,
        .served = gate->served,
    };
    (void)pthread_mutex_unlock(&gate->lock);
    return counts;
}

bool assay__gate_wait(struct assay__gate *gate, int64_t wait_ms)
{
    struct timespec until;
    bool is_empty;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&gate->lock);
    while (gate->connections > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&gate->left, &gate->lock, &until);
    is_empty = gate->connections == 0;
    (void)pthread_mutex_unlock(&gate->lock);
    return is_empty;
}
