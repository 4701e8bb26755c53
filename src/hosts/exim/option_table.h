/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options as Exim's own configuration gives them, in the section
 * `begin local_scan` of a build with LOCAL_SCAN_HAS_OPTIONS.
 */
#ifndef ASSAY_HOSTS_EXIM_OPTION_TABLE_H
#define ASSAY_HOSTS_EXIM_OPTION_TABLE_H

#include <stdbool.h>

#include "options.h"
#include "reason.h"

/** Set those that Exim's configuration set. */
bool assay__exim_option_table_apply(struct assay__exim_options *options,
                                    struct assay__exim_reason *why);

#endif
