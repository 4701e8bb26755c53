/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * How near the process is to its limit of open files.
 */
#ifndef ASSAY_STANZAS_DESCRIPTORS_H
#define ASSAY_STANZAS_DESCRIPTORS_H

#include <stdbool.h>

/** Whether only so many descriptors are left as scans, reloads and the console
 *  may need: 128, or of a small limit a quarter. Threads: any. */
bool assay__descriptors_are_scarce(void);

#endif
