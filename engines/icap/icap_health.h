/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whether a server is worth asking: a circuit breaker without a clock of its
 * own and without I/O.
 *
 * A server that refuses, or fails a few times in a row, is left alone for a
 * time that doubles from 0.1 to 5 s, with jitter so that many hosts do not
 * return at once. When it is over, one caller probes it; the others go on to
 * the next server meanwhile. A new server begins unproven: its first use is a
 * probe.
 *
 * Not thread-safe: whoever owns it locks.
 */
#ifndef ASSAY_ENGINE_ICAP_HEALTH_H
#define ASSAY_ENGINE_ICAP_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ASSAY__ICAP_FAILURES_MAX = 3, /* in a row, before it is down */
    ASSAY__ICAP_BACKOFF_MIN_MS = 100,
    ASSAY__ICAP_BACKOFF_MAX_MS = 5000
};

struct assay__icap_health {
    bool is_up;
    bool is_probing;     /* somebody is finding out */
    unsigned failures;   /* in a row */
    unsigned backoffs;   /* since it was last up */
    int64_t retry_at_ms; /* while it is down: not before */
};

enum assay__icap_admission {
    ASSAY__ICAP_REFUSE, /* it is down: do not try */
    ASSAY__ICAP_PROBE,  /* prove it first, then report what came of it */
    ASSAY__ICAP_SERVE
};

/** What to do now. Who is told PROBE owes a success or a failure. */
enum assay__icap_admission assay__icap_health_admit(
    struct assay__icap_health *health, int64_t now_ms);

/** It answered. A success of who was not probing does not bring a server that
 *  is down back. @return true when it is up and was not before */
bool assay__icap_health_success(struct assay__icap_health *health,
                                bool was_probe);

/**
 * It did not answer as it should.
 *
 * @param is_sure  no doubt that it is down (refused): once is enough
 * @param random   any number; spreads the time
 * @return true when it is down and was up before
 */
bool assay__icap_health_failure(struct assay__icap_health *health,
                                int64_t now_ms, bool was_probe, bool is_sure,
                                uint32_t random);

#endif
