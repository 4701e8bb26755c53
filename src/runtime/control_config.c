/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control.h"

void assay__control_config_end(struct assay__control_session *session)
{
    session->config = NULL;
}

const struct assay__control_command assay__control_config[] = {
    {.name = NULL},
};
