/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The verbs of `config` that read and change options. Outside of a transaction
 * a change is built and swapped in at once; inside, it is made on a copy that
 * only this session sees. Reading shows that copy, too.
 */
#ifndef ASSAY_RUNTIME_CONTROL_OPTIONS_H
#define ASSAY_RUNTIME_CONTROL_OPTIONS_H

#include "runtime/config_change.h"
#include "runtime/control.h"

void assay__control_option_get(const struct assay__control_call *call);
void assay__control_option_eval(const struct assay__control_call *call);
void assay__control_option_set(const struct assay__control_call *call);
void assay__control_option_unset(const struct assay__control_call *call);
void assay__control_option_show(const struct assay__control_call *call);
void assay__control_option_show_all(const struct assay__control_call *call);
void assay__control_option_locate(const struct assay__control_call *call);

/** Say why a change failed: the findings, then `Reconfigure failed` when it
 *  was to be built, else the sentence of err. */
void assay__control_report(const struct assay__control_call *call, assay_rc rc,
                           const struct assay__strbuf *findings,
                           const assay_error *err);

#endif
