/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/host_stanzas.h"

#include "stanzas/control_stanza.h"
#include "stanzas/listener_stanza.h"
#include "stanzas/scan_stanza.h"

const assay_conf_stanza *const assay__host_stanzas[] = {
    &assay__control_stanza,
    &assay__listener_stanza,
    &assay__scan_stanza,
    NULL,
};
