/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rspamd.h"

ASSAY_SCORER_MODULE(.name = "rspamd", .version = "1.0",
                    .description = "rspamd, by its HTTP check",
                    .conf = &assay__rspamd_conf, .ops = &assay__rspamd_ops);
