/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A sign of life while something takes long: a host's progress callback, made
 * about every interval from the thread that waits, and from no other.
 *
 * A pulse belongs to one thread at a time. Every function accepts NULL, which
 * has no callback.
 */
#ifndef ASSAY_SCAN_PULSE_H
#define ASSAY_SCAN_PULSE_H

#include <stdint.h>

struct assay__pulse {
    void (*beat)(void *arg); /* NULL: none */
    void *arg;
    int64_t interval_ms;
    int64_t due_ms; /* of the next beat; CLOCK_MONOTONIC */
};

/** The first beat is one interval from now. */
void assay__pulse_start(struct assay__pulse *pulse);
/** Beat if it is time. */
void assay__pulse_tick(struct assay__pulse *pulse);
/** until_ms, or when the next beat is due if that is earlier. */
int64_t assay__pulse_until(const struct assay__pulse *pulse, int64_t until_ms);

#endif
