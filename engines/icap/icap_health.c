/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_health.h"

enum assay__icap_admission assay__icap_health_admit(
    struct assay__icap_health *health, int64_t now_ms)
{
    if (health->is_up)
        return ASSAY__ICAP_SERVE;
    if (health->is_probing || now_ms < health->retry_at_ms)
        return ASSAY__ICAP_REFUSE;
    health->is_probing = true;
    return ASSAY__ICAP_PROBE;
}

bool assay__icap_health_success(struct assay__icap_health *health,
                                bool was_probe)
{
    bool is_news = was_probe && !health->is_up;

    if (was_probe) {
        health->is_up = true;
        health->is_probing = false;
        health->backoffs = 0;
    }
    if (health->is_up)
        health->failures = 0;
    return is_news;
}

/* Between half of the step and all of it. */
static int64_t backoff_ms(unsigned step, uint32_t random)
{
    int64_t whole = ASSAY__ICAP_BACKOFF_MIN_MS;

    while (step-- > 0 && whole < ASSAY__ICAP_BACKOFF_MAX_MS)
        whole *= 2;
    if (whole > ASSAY__ICAP_BACKOFF_MAX_MS)
        whole = ASSAY__ICAP_BACKOFF_MAX_MS;
    return whole / 2 + (int64_t)(random % (uint32_t)(whole / 2 + 1));
}

bool assay__icap_health_failure(struct assay__icap_health *health,
                                int64_t now_ms, bool was_probe, bool is_sure,
                                uint32_t random)
{
    bool was_up = health->is_up;

    if (was_probe)
        health->is_probing = false;
    else if (!was_up)
        return false; /* that of a scan which began before it went down */
    if (health->failures < ASSAY__ICAP_FAILURES_MAX)
        health->failures++;
    if (!was_probe && !is_sure && health->failures < ASSAY__ICAP_FAILURES_MAX)
        return false;
    health->is_up = false;
    health->retry_at_ms = now_ms + backoff_ms(health->backoffs, random);
    if (health->backoffs < 16)
        health->backoffs++;
    return was_up;
}
