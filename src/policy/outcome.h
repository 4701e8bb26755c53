/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From a verdict to what mail administrators see: the context variables that
 * scripts read, and the answer of a scope that scans by itself.
 */
#ifndef ASSAY_POLICY_OUTCOME_H
#define ASSAY_POLICY_OUTCOME_H

#include <assay/policy.h>

#include "scan/scope.h"

/**
 * Set the status variable N and N_info in the message context (AV-15..18):
 * nothing for clean; for a threat the engine's infected value and its name;
 * for errors and unscannable "error" and a text that begins with "error".
 * The first threat wins; an error never replaces a threat.
 *
 * @return ASSAY_OK; ASSAY_E_NOMEM, ASSAY_E_LIMIT
 */
assay_rc assay__outcome_set_variables(assay_context *context,
                                      const struct assay__engine_instance *e,
                                      const assay_verdict *verdict,
                                      assay_error *err);

/**
 * The answer of an automatic scan for one engine's verdict (decision matrix:
 * docs/CONFIGURATION.md).
 */
void assay__outcome_disposition(const struct assay__scope *scope,
                                const struct assay__engine_instance *engine,
                                const assay_verdict *verdict,
                                assay_disposition *disposition_out);

/** REJECT over TEMPFAIL over anything else; keeps *into on a tie. */
void assay__outcome_keep_severest(assay_disposition *into,
                                  const assay_disposition *other);

#endif
