/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading engines: dlopen local and now, then every member of the exported
 * table is checked before any engine code runs. Each refusal is a sentence
 * that names the file and the member.
 *
 * What is handed out is a copy of the table, in the size of this libassay and
 * with the documented defaults in place of NULL: callers never test a member.
 */
#ifndef ASSAY_SCAN_ENGINE_MODULE_H
#define ASSAY_SCAN_ENGINE_MODULE_H

#include <assay/engine.h>

/** A loaded engine file; immutable; the count is atomic. */
struct assay__engine_module;

/**
 * @param path  file name of the shared object, used as it is
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such file; ASSAY_E_ABI not an engine,
 *         wrong ABI or a table that lacks something; ASSAY_E_IO unreadable;
 *         ASSAY_E_NOMEM
 */
assay_rc assay__engine_module_load(const char *path,
                                   struct assay__engine_module **out,
                                   assay_error *err);
/** Its table: no member is NULL but those a flag or size says are unused. */
const assay_engine_module *assay__engine_module_table(
    const struct assay__engine_module *module);
/** Copy its table as the engine wrote it, with NULL for what it left out.
 *  @param table_out  its ops will point to ops_out */
void assay__engine_module_exported(const struct assay__engine_module *module,
                                   assay_engine_module *table_out,
                                   assay_engine_ops *ops_out);
/** The path it was loaded from. */
const char *assay__engine_module_path(
    const struct assay__engine_module *module);
/** Whether both are the same code in memory. */
bool assay__engine_module_is_same(const struct assay__engine_module *a,
                                  const struct assay__engine_module *b);
/** Whether the file was the same one, unchanged, when each was loaded. */
bool assay__engine_module_is_same_file(const struct assay__engine_module *a,
                                       const struct assay__engine_module *b);
/** Threads: any. */
struct assay__engine_module *assay__engine_module_ref(
    struct assay__engine_module *module);
/** Accepts NULL; sets *module to NULL. Threads: any. */
void assay__engine_module_unref(struct assay__engine_module **module);

/** Loaded modules by name; one set per generation; one thread. */
struct assay__engine_set;
/** A folder that does not exist is one without engines.
 *  @return ASSAY_OK; ASSAY_E_IO; ASSAY_E_NOMEM */
assay_rc assay__engine_set_new(const char *folder,
                               struct assay__engine_set **out,
                               assay_error *err);
/** Accepts NULL; sets *set to NULL. Modules still referred to stay. */
void assay__engine_set_free(struct assay__engine_set **set);
/**
 * The module of an engine name, loaded from <folder>/<name>.so on first use.
 *
 * @param name  without case
 * @return ASSAY_OK (borrowed); ASSAY_E_NOTFOUND, ASSAY_E_ABI, ASSAY_E_IO,
 *         ASSAY_E_NOMEM; ASSAY_E_EXISTS when the file calls itself by the
 *         name of another loaded engine
 */
assay_rc assay__engine_set_get(struct assay__engine_set *set, const char *name,
                               struct assay__engine_module **out,
                               assay_error *err);
/** Names of the engines that lie in the folder, sorted; NULL past the end. */
const char *assay__engine_set_available(struct assay__engine_set *set,
                                        size_t index);

#endif
