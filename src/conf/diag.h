/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Findings about a configuration: collected, so that one run shows them all,
 * then rendered as
 *
 *   assay.conf:12:5: error: 'timout' is not a valid option in scope 'antivirus'
 *       timout = 10
 *       ^~~~~~
 *   did you mean 'timeout'?
 */
#ifndef ASSAY_CONF_DIAG_H
#define ASSAY_CONF_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>

#include "conf/tree.h"

enum assay__conf_severity { ASSAY__CONF_ERROR, ASSAY__CONF_WARNING };

struct assay__conf_diags;

assay_rc assay__conf_diags_new(struct assay__conf_diags **out,
                               assay_error *err);
void assay__conf_diags_free(struct assay__conf_diags **diags);

/** Findings kept of each severity; the rest is counted. */
#define ASSAY__CONF_FINDINGS_MAX 100
/** Longest message or hint in bytes, with the NUL; longer ones are cut. */
#define ASSAY__CONF_MESSAGE_MAX 1024

/**
 * Record a finding. At most ASSAY__CONF_FINDINGS_MAX errors are kept; the rest
 * is counted. The same text at the same place is recorded once. Control
 * characters in texts become `?`.
 * @param pos   may be NULL: a finding about the whole configuration; copied
 * @param hint  may be NULL or ""; else a second sentence ("did you mean …?")
 */
void assay__conf_diag(struct assay__conf_diags *diags,
                      enum assay__conf_severity severity,
                      const struct assay__conf_pos *pos, const char *hint,
                      const char *fmt, ...) ASSAY_PRINTF(5, 6);

/** From now on drop an error at the place of an error recorded before: once a
 *  word could not be read, what is found about it is a consequence. */
void assay__conf_diags_seal(struct assay__conf_diags *diags);

/** Render errors only: a warning beside them may be a consequence. */
void assay__conf_diags_hide_warnings(struct assay__conf_diags *diags);

/** Did memory run out while recording? Then not all findings are kept. */
bool assay__conf_diags_failed(const struct assay__conf_diags *diags);
size_t assay__conf_diags_errors(const struct assay__conf_diags *diags);
size_t assay__conf_diags_warnings(const struct assay__conf_diags *diags);

/** Hand each finding, in order of place, as rendered text without a line end
 *  to emit, and at last, when some were not kept, how many.
 *  @param tree  may be NULL: then no source lines are shown */
void assay__conf_diags_render(const struct assay__conf_diags *diags,
                              const struct assay__conf_tree *tree,
                              void (*emit)(void *arg, const char *text),
                              void *arg);

#endif
