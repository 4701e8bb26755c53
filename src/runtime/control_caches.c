/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control.h"

const struct assay__control_command assay__control_caches[] = {
    {.name = NULL},
};
