/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The one exported symbol; apart, so that tests link the rest of the engine
 * beside the tables of others.
 */
#include "yara_engine.h"

ASSAY_ENGINE_MODULE(.name = "yara", .version = "1.0",
                    .description = "YARA rules by libyara " YR_VERSION,
                    .flags = ASSAY_ENGINE_WANTS_PARTS,
                    .conf = &assay__yara_conf, .ops = &assay__yara_ops);
