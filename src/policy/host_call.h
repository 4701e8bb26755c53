/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which callbacks of hosts a thread is in: who waits until a callback has
 * returned must not wait for one that it was called from.
 *
 * No lock: each thread has a list of its own.
 */
#ifndef ASSAY_POLICY_HOST_CALL_H
#define ASSAY_POLICY_HOST_CALL_H

/** A callback of a host, on the stack of the thread that calls it. */
struct assay__host_call {
    const void *of; /* what it is counted with, such as a session */
    struct assay__host_call *outer; /* of the same thread */
};

/** The callback is about to be called. A callback may lead to others. */
void assay__host_call_enter(struct assay__host_call *call, const void *of);
/** It returned; the innermost first. */
void assay__host_call_leave(const struct assay__host_call *call);
/** @return how many callbacks of that the present thread is in */
unsigned assay__host_call_depth(const void *of);

#endif
