/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * For programs that try engines out, such as `assay engine`: judge the table
 * of an engine, load an engine file and fill its settings as a configuration
 * does, without one.
 *
 * Loading an engine runs its constructors, and its operations may do anything:
 * a program that does not trust the file does it in a process of its own.
 */
#ifndef ASSAY_ENGINE_KIT_H
#define ASSAY_ENGINE_KIT_H

#include <assay/engine.h>

/**
 * Whether this libassay would take a table. Runs no code of the engine.
 *
 * @param file       how the engine's file is called in messages
 * @param available  bytes that may be read at table: the size of the symbol
 * @return ASSAY_OK; ASSAY_E_ABI: err names the file and the member, in the
 *         words with which the engine would be refused at start
 * Threads: any. Blocks: never.
 */
ASSAY_API assay_rc assay_engine_table_check(const char *file,
                                            const assay_engine_module *table,
                                            size_t available,
                                            assay_error *err) ASSAY_MUST_CHECK;

/** A loaded engine with filled settings; one thread. */
typedef struct assay_engine_kit assay_engine_kit;

/**
 * Load an engine file; its table is checked as at start.
 *
 * @param path  of the file, whatever its name
 * @param out   set on ASSAY_OK; release with assay_engine_kit_free()
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such file; ASSAY_E_ABI not an engine,
 *         or none for this libassay; ASSAY_E_IO unreadable; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_engine_kit_load(const char *path,
                                         assay_engine_kit **out,
                                         assay_error *err) ASSAY_MUST_CHECK;

/**
 * Fill the settings: defaults, then these options, checked by the engine's own
 * table as those of a configuration file. Once.
 *
 * @param options     "name=value", ended by NULL; may be NULL. The last of
 *                    several counts; those of a list add up. A relative path
 *                    stays as it is.
 * @param diagnostic  gets each finding as text; may be NULL
 * @return ASSAY_OK; ASSAY_E_CONF with the number of findings in err;
 *         ASSAY_E_STATE called before; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc
assay_engine_kit_configure(assay_engine_kit *kit, const char *const *options,
                           void (*diagnostic)(void *arg, const char *text),
                           void *arg, assay_error *err) ASSAY_MUST_CHECK;

/** The engine's table and operations in the size of this libassay; members
 *  that the engine left out are NULL. Borrowed from the kit. */
ASSAY_API const assay_engine_module *assay_engine_kit_module(
    const assay_engine_kit *kit);
/** The filled settings; NULL for an engine without any, and before
 *  assay_engine_kit_configure(). Borrowed from the kit. */
ASSAY_API const void *assay_engine_kit_settings(const assay_engine_kit *kit);
/** Unloads the file; no instance may be open. Accepts NULL; sets *kit to
 *  NULL. */
ASSAY_API void assay_engine_kit_free(assay_engine_kit **kit);

#endif
