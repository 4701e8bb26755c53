/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/pulse.h"

#include <stddef.h>

#include "base/clock.h"

void assay__pulse_start(struct assay__pulse *pulse)
{
    if (pulse)
        pulse->due_ms = assay__clock_ms() + pulse->interval_ms;
}

void assay__pulse_tick(struct assay__pulse *pulse)
{
    if (!pulse || !pulse->beat || assay__clock_ms() < pulse->due_ms)
        return;
    pulse->beat(pulse->arg);
    assay__pulse_start(pulse);
}

int64_t assay__pulse_until(const struct assay__pulse *pulse, int64_t until_ms)
{
    if (!pulse || !pulse->beat || pulse->due_ms > until_ms)
        return until_ms;
    return pulse->due_ms;
}
