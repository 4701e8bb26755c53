/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The context variables cmae-* of a message (CM-11 … CM-18).
 */
#ifndef ASSAY_POLICY_SCORE_VARIABLES_H
#define ASSAY_POLICY_SCORE_VARIABLES_H

#include <assay/message.h>
#include <assay/scorer.h>

/**
 * Set what the score has and delete what it has not, so that nothing of an
 * earlier score is read as of this one.
 *
 * @param with_analysis  false: cmae-analysis stays as it is (CM-16)
 * @return ASSAY_OK; ASSAY_E_NOMEM, ASSAY_E_LIMIT: then none of them is set
 */
assay_rc assay__score_variables_set(assay_context *context,
                                    const assay_score *score,
                                    bool with_analysis, assay_error *err);

/** Delete all of them. */
void assay__score_variables_clear(assay_context *context);

#endif
