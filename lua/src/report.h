/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What scripts print and how they fail, as log events and errors.
 */
#ifndef ASSAY_LUA_REPORT_H
#define ASSAY_LUA_REPORT_H

#include "interp.h"

/**
 * Log a failure of the present run with its traceback, one "lua.error" line
 * each, and put the first line into err.
 * @return ASSAY_E_SCRIPT
 */
assay_rc lassay_report_failure(const struct lassay_interp *interp,
                               const char *text, assay_error *err);

/** Log text under an event, one log line for each of its lines. */
void lassay_report_text(const struct lassay_interp *interp,
                        assay_log_level level, const char *event,
                        const char *text);

#endif
