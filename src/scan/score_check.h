/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whether what a scorer returned is a score. It comes from a service that may
 * be broken, or from somebody who answers in its place, and ends up in context
 * variables, logs and headers.
 */
#ifndef ASSAY_SCAN_SCORE_CHECK_H
#define ASSAY_SCAN_SCORE_CHECK_H

#include <assay/scorer.h>

/** @return ASSAY_OK: 0 <= score <= 100, every text is ended, valid UTF-8 and
 *  without control characters, every header is one of RFC 5322 on one line;
 *  ASSAY_E_IO: err says what is not */
assay_rc assay__score_check(const assay_score *score, assay_error *err);

#endif
