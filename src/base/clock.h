/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Time for deadlines and durations: CLOCK_MONOTONIC only, so that a step of
 * the wall clock neither ends a scan nor prolongs it.
 */
#ifndef ASSAY_BASE_CLOCK_H
#define ASSAY_BASE_CLOCK_H

#include <stdint.h>

int64_t assay__clock_ms(void);
int64_t assay__clock_us(void);

#endif
