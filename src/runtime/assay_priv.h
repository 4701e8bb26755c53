/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the runtime's own modules ask of the host object.
 */
#ifndef ASSAY_RUNTIME_ASSAY_PRIV_H
#define ASSAY_RUNTIME_ASSAY_PRIV_H

#include <stdint.h>

#include <assay/assay.h>

/** Longest a scan with all scopes of the present generation may take. */
int64_t assay__longest_scan_ms(assay *self);

#endif
