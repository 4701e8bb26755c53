/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From the points of SpamAssassin and rspamd to a score from 0 to 100.
 *
 * Such a service adds up points s, without an end in either direction, and
 * calls a message spam from a threshold t on:
 *
 *     s <= 0      0
 *     0 < s < t   90 * s / t
 *     s >= t      100 - 10 * t / s
 *
 * rounded to two decimals towards zero. So what the service calls spam scores
 * at least 90 and all else less, whatever its threshold is; more points never
 * score less; 100 is left to points beside which the threshold vanishes.
 */
#ifndef ASSAY_CLOUDMARK_MAPPING_H
#define ASSAY_CLOUDMARK_MAPPING_H

#include <assay/error.h>

/** What the service calls spam scores this or more. */
#define ASSAY__MAPPING_SPAM 90.0

/**
 * @param points     of the message; finite
 * @param threshold  of the service; finite and > 0
 * @param score_out  0 to 100; set on ASSAY_OK only
 * @return ASSAY_OK; ASSAY_E_IO: that is no answer, and err says why
 */
assay_rc assay__mapping_score(double points, double threshold,
                              double *score_out, assay_error *err);

#endif
