/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Judging the table that an engine file exports. Runs no engine code and
 * reads nothing past what the table itself and its symbol size allow.
 */
#ifndef ASSAY_SCAN_ENGINE_TABLE_H
#define ASSAY_SCAN_ENGINE_TABLE_H

#include <assay/engine.h>

/** Most own options of one engine (assay__conf_fill() has a 64-bit mask). */
#define ASSAY__ENGINE_OPTIONS_MAX 64

/**
 * @param file       how the engine's file is called in messages
 * @param available  bytes that may be read at table
 * @return ASSAY_OK; ASSAY_E_ABI: err names the file and the member
 */
assay_rc assay__engine_table_check(const char *file,
                                   const assay_engine_module *table,
                                   size_t available, assay_error *err);

/** Likewise the options of a module's stanza. */
assay_rc assay__engine_table_check_options(const char *file,
                                           const assay_conf_stanza *conf,
                                           assay_error *err);

/**
 * Copy a checked table in the size of this libassay and put the documented
 * defaults in place of NULL.
 * @param table_out  its ops will point to ops_out
 */
void assay__engine_table_copy(const assay_engine_module *table,
                              assay_engine_module *table_out,
                              assay_engine_ops *ops_out);

/** Likewise without the defaults: what the engine left out stays NULL. */
void assay__engine_table_resize(const assay_engine_module *table,
                                assay_engine_module *table_out,
                                assay_engine_ops *ops_out);

/** The ASSAY_ENGINE_* bits of an instance with these settings. */
uint32_t assay__engine_table_flags(const assay_engine_module *table,
                                   const void *settings);

/** ^[a-z][a-z0-9_]*$, at most ASSAY_NAME_MAX bytes. */
bool assay__engine_name_is_valid(const char *name);

#endif
