/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a template is started with: which engine, with which settings, behind
 * which walls. Written by the host into a sealed memfd, read by the template.
 */
#ifndef ASSAY_SCAN_SCANNER_RECORD_H
#define ASSAY_SCAN_SCANNER_RECORD_H

#include <assay/scanner.h>

#include "base/arena.h"
#include "base/fields.h"
#include "scan/engine_module.h"

/** Most bytes of a record; settings are what an administrator typed. */
#define ASSAY__SCANNER_RECORD_MAX (1 << 20)

/** All borrowed: from the configuration, or from a record and its arena. */
struct assay__scanner_record {
    const char *module; /* path of the engine's file */
    const char *instance, *scope;
    const char *file_base; /* of the scope; NULL: none */
    int64_t timeout_ms;
    uint64_t max_size;
    assay_log_level log_level;
    assay_scanner_confinement walls;
};

/** Write a record, settings included; failures are kept in the buffer. */
void assay__scanner_record_pack(const struct assay__scanner_record *record,
                                const assay_engine_module *table,
                                const void *settings,
                                struct assay__strbuf *buf);
/** Read all but the settings, which need the engine's table: they come next.
 *  @return ASSAY_OK; ASSAY_E_INVAL; ASSAY_E_NOMEM */
assay_rc assay__scanner_record_unpack(struct assay__fields *fields,
                                      struct assay__arena *arena,
                                      struct assay__scanner_record *record_out,
                                      assay_error *err);
/** @param settings_out  from the arena; NULL when the engine has none */
assay_rc assay__scanner_record_settings(struct assay__fields *fields,
                                        const assay_engine_module *table,
                                        struct assay__arena *arena,
                                        void **settings_out, assay_error *err);

#endif
