/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanzas of all hosts. One configuration file serves them all, so every
 * program accepts, and checks, what only one of them reads.
 */
#ifndef ASSAY_STANZAS_HOST_STANZAS_H
#define ASSAY_STANZAS_HOST_STANZAS_H

#include <assay/conf.h>

/** For assay_options.host_stanzas; ends with NULL. */
extern const assay_conf_stanza *const assay__host_stanzas[];

#endif
