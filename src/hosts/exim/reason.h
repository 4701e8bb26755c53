/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Why a message could not be checked: one printable sentence for Exim's log.
 */
#ifndef ASSAY_HOSTS_EXIM_REASON_H
#define ASSAY_HOSTS_EXIM_REASON_H

#include <stdbool.h>

struct assay__exim_reason {
    char text[256]; /* printable ASCII, cut where it is longer */
};

/** @return false, so that a function can end with it */
bool assay__exim_reason_set(struct assay__exim_reason *why, const char *format,
                            ...) __attribute__((format(printf, 2, 3)));

#endif
