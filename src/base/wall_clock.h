/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The time of day, for what is written down: dates in documents, names of
 * mails, when a counter began, the age of what is kept on the disk. A host may
 * bring a clock of its own. Never for deadlines: base/clock.h.
 */
#ifndef ASSAY_BASE_WALL_CLOCK_H
#define ASSAY_BASE_WALL_CLOCK_H

#include <stdint.h>

/** Room for a date of assay__wall_clock_rfc3339() or _rfc5322(). */
enum { ASSAY__WALL_CLOCK_TEXT_MAX = 40 };

/** Whose time it is. Set once; outlives all who borrow it. */
struct assay__wall_clock {
    int64_t (*now_ms)(void *arg); /* milliseconds since 1970; any thread, no
                                     lock held; NULL: the system's */
    void *arg;
};

/** Milliseconds since 1970. @param clock  NULL: the system's */
int64_t assay__wall_clock_ms(const struct assay__wall_clock *clock);
/** Seconds since 1970. */
int64_t assay__wall_clock_s(const struct assay__wall_clock *clock);
/** "2026-11-30T07:00:00Z"; a time that no calendar has is the first of 1970. */
void assay__wall_clock_rfc3339(int64_t time_s,
                               char text_out[ASSAY__WALL_CLOCK_TEXT_MAX]);
/** "Mon, 30 Nov 2026 07:00:00 +0000", whatever the locale. */
void assay__wall_clock_rfc5322(int64_t time_s,
                               char text_out[ASSAY__WALL_CLOCK_TEXT_MAX]);

#endif
