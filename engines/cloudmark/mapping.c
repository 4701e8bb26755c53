/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mapping.h"

#include <math.h>

/* Multiplied first, as points in decimals become whole numbers that way. */
static double map_ham(double points, double threshold)
{
    double product = 9000 * points;
    double score =
        isfinite(product) ? product / threshold : 9000 * (points / threshold);

    score = trunc(score) / 100;
    /* A quotient just below 1 may round to 1. */
    return score < ASSAY__MAPPING_SPAM ? score : 89.99;
}

static double map_spam(double points, double threshold)
{
    return trunc(10000 - 1000 * (threshold / points)) / 100;
}

assay_rc assay__mapping_score(double points, double threshold,
                              double *score_out, assay_error *err)
{
    if (!isfinite(points))
        return assay_error_set(err, ASSAY_E_IO,
                               "the score is not a finite number");
    if (!isfinite(threshold) || threshold <= 0)
        return assay_error_set(err, ASSAY_E_IO,
                               "the required score is not a number above 0");
    if (points <= 0)
        *score_out = 0;
    else if (points < threshold)
        *score_out = map_ham(points, threshold);
    else
        *score_out = map_spam(points, threshold);
    return ASSAY_OK;
}
