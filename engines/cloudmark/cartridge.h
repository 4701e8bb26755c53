/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scorer `cartridge`: a scoring SDK behind include/assay/authority.h.
 *
 *   cartridge.c         the table, the options, calls and what they return
 *   cartridge_object.c  loads the shared object
 *
 * A cartridge runs in the host, so a crash of it is one of the host. But what
 * it returns is not believed: a score that is none, a text without an end or
 * with control characters, and an answer that came too late are errors.
 */
#ifndef ASSAY_CLOUDMARK_CARTRIDGE_H
#define ASSAY_CLOUDMARK_CARTRIDGE_H

#include <assay/authority.h>
#include <assay/scorer.h>

/** Filled by the configuration from the options of cartridge.opt. */
struct assay__cartridge_settings {
    const char *cartridge;
    const char *cartridge_config; /* NULL: none */
};

extern const assay_conf_stanza assay__cartridge_conf;
extern const assay_scorer_ops assay__cartridge_ops;

#endif
