/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A file of its own, so that tests build the module with a path of theirs.
 */
#include "options.h"

const char assay__exim_config_path[] = ASSAY_EXIM_CONFIG;
