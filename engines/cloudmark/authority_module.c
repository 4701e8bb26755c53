/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "authority.h"

ASSAY_SCORER_MODULE(.name = "authority", .version = "1.0",
                    .description = "the Authority HTTP interface",
                    .conf = &assay__authority_conf,
                    .ops = &assay__authority_ops);
