/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What other commands do with scanner processes.
 */
#ifndef ASSAY_RUNTIME_CONTROL_SCANNERS_H
#define ASSAY_RUNTIME_CONTROL_SCANNERS_H

struct assay__control_call;

/** Open the log files of all scanner processes anew; fails the command with
 *  each that cannot be opened. Does not wait for a scan. */
void assay__control_reopen_scanner_logs(const struct assay__control_call *call);

#endif
