/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "base/wall_clock.h"

#include <stdio.h>
#include <time.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

int64_t assay__wall_clock_ms(const struct assay__wall_clock *clock)
{
    struct timespec now = {0, 0};

    if (clock && clock->now_ms)
        return clock->now_ms(clock->arg);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

int64_t assay__wall_clock_s(const struct assay__wall_clock *clock)
{
    return assay__wall_clock_ms(clock) / MS_PER_S;
}

/* Years of four digits, so that every date has its length. */
static struct tm calendar(int64_t time_s)
{
    const int64_t last = 253402300799; /* 9999-12-31T23:59:59Z */
    time_t seconds = time_s < 0 || time_s > last ? 0 : (time_t)time_s;
    struct tm parts = {.tm_mday = 1, .tm_year = 70, .tm_wday = 4};

    (void)gmtime_r(&seconds, &parts);
    return parts;
}

void assay__wall_clock_rfc3339(int64_t time_s,
                               char text_out[ASSAY__WALL_CLOCK_TEXT_MAX])
{
    struct tm t = calendar(time_s);

    (void)snprintf(
        text_out, ASSAY__WALL_CLOCK_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ",
        (unsigned)(t.tm_year + 1900) % 10000, (unsigned)(t.tm_mon + 1) % 100,
        (unsigned)t.tm_mday % 100, (unsigned)t.tm_hour % 100,
        (unsigned)t.tm_min % 100, (unsigned)t.tm_sec % 100);
}

void assay__wall_clock_rfc5322(int64_t time_s,
                               char text_out[ASSAY__WALL_CLOCK_TEXT_MAX])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm t = calendar(time_s);

    (void)snprintf(
        text_out, ASSAY__WALL_CLOCK_TEXT_MAX,
        "%.3s, %02u %.3s %04u %02u:%02u:%02u +0000",
        days + (size_t)3 * ((unsigned)t.tm_wday % 7), (unsigned)t.tm_mday % 100,
        months + (size_t)3 * ((unsigned)t.tm_mon % 12),
        (unsigned)(t.tm_year + 1900) % 10000, (unsigned)t.tm_hour % 100,
        (unsigned)t.tm_min % 100, (unsigned)t.tm_sec % 100);
}
