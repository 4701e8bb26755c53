/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clock of all deadlines here.
 */
#ifndef ASSAY_ENGINE_ICAP_TIME_H
#define ASSAY_ENGINE_ICAP_TIME_H

#include <stdint.h>
#include <time.h>

/** CLOCK_MONOTONIC in milliseconds. */
static inline int64_t assay__icap_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on Linux */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int64_t assay__icap_earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

#endif
