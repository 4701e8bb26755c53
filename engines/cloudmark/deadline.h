/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Deadlines are points on CLOCK_MONOTONIC in milliseconds, as in scorer.h.
 */
#ifndef ASSAY_CLOUDMARK_DEADLINE_H
#define ASSAY_CLOUDMARK_DEADLINE_H

#include <stdint.h>
#include <time.h>

static inline int64_t assay__cloudmark_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on Linux */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** What is left until a deadline; 0 when it has passed. */
static inline int64_t assay__cloudmark_left_ms(int64_t deadline_ms)
{
    int64_t now_ms = assay__cloudmark_now_ms();

    return deadline_ms > now_ms ? deadline_ms - now_ms : 0;
}

#endif
