/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which engines of a scope run for a request.
 */
#ifndef ASSAY_SCAN_CHOICE_H
#define ASSAY_SCAN_CHOICE_H

#include "scan/run.h"

/** Why an engine does not run; the largest one explains an empty scan. */
enum assay__choice {
    ASSAY__CHOICE_OTHER_NAME,
    ASSAY__CHOICE_PASSIVE,
    ASSAY__CHOICE_BYPASSED,
    ASSAY__CHOICE_SKIPPED,
    ASSAY__CHOICE_RUN
};

enum assay__choice assay__choose(const struct assay__run *run,
                                 const struct assay__scope *scope,
                                 const struct assay__engine_instance *engine);
/** No engine ran: the verdict that says why.
 *  @param choice  the largest over the engines; not RUN */
void assay__choice_explain(const struct assay__run *run,
                           const struct assay__scope *scope,
                           enum assay__choice choice, assay_verdict *verdict);

#endif
