/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The connections of a listener: how many there are, how many have a request
 * in progress, and when the last of them is gone.
 *
 * Locking: gate->lock guards every member; it is held for a few instructions.
 */
#ifndef ASSAY_SCANSOCKET_GATE_H
#define ASSAY_SCANSOCKET_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct assay__gate {
    pthread_mutex_t lock;
    pthread_cond_t left; /* signalled when a connection ends */
    size_t connections;
    size_t requests; /* in progress */
    uint64_t served; /* requests that were answered or given up */
};

struct assay__gate_counts {
    size_t connections, requests;
    uint64_t served;
};

void assay__gate_init(struct assay__gate *gate);
/** No connection may be left. */
void assay__gate_fini(struct assay__gate *gate);

/** @return how many there are now, with this one */
size_t assay__gate_enter(struct assay__gate *gate);
void assay__gate_leave(struct assay__gate *gate);
void assay__gate_begin(struct assay__gate *gate);
void assay__gate_end(struct assay__gate *gate);
struct assay__gate_counts assay__gate_count(struct assay__gate *gate);

/** @return false when connections were left after wait_ms */
bool assay__gate_wait(struct assay__gate *gate, int64_t wait_ms);

#endif
