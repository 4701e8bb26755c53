/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A scope: one named antivirus stanza, an ordered list of engine instances
 * and their options. Built by one thread, then immutable but for counters.
 */
#ifndef ASSAY_SCAN_SCOPE_H
#define ASSAY_SCAN_SCOPE_H

#include <assay/engine.h>

#include "scan/engine_core.h"
#include "scan/scope_options.h"

/** An engine as one generation uses it. */
struct assay__engine_instance {
    struct assay__engine_core *core;     /* counted reference */
    const char *name;                    /* core's */
    const assay_engine_module *table;    /* core's */
    struct assay__scope_options options; /* effective */
};

struct assay__scope {
    char name[ASSAY_NAME_MAX + 1];
    struct assay__scope_options options; /* of the antivirus stanza itself */
    struct assay__engine_instance **engines;
    size_t engine_count;
    const struct assay__wall_clock *clock; /* of its engines; set before the
                                              first; NULL: the system's */
};

/** @return ASSAY_OK; ASSAY_E_LIMIT name over ASSAY_NAME_MAX; ASSAY_E_NOMEM */
assay_rc assay__scope_new(const char *name,
                          const struct assay__scope_options *options,
                          struct assay__scope **out, assay_error *err);
/** Closes engines in reverse order. Accepts NULL and half-built ones. */
void assay__scope_free(struct assay__scope **scope);
/**
 * Append an engine instance (not opened yet). Takes its own reference to the
 * module and copies the options; the strings in them stay borrowed.
 * @param settings  filled struct of the module's own options; copied
 * @return ASSAY_OK; ASSAY_E_EXISTS instance name taken (without case);
 *         ASSAY_E_LIMIT name over ASSAY_NAME_MAX; ASSAY_E_NOMEM
 */
assay_rc assay__scope_add(struct assay__scope *scope,
                          struct assay__engine_module *module,
                          const char *instance,
                          const struct assay__scope_options *options,
                          const void *settings, assay_error *err);
/**
 * Take over the open engines of a scope that is in use, where nothing changed
 * that opening depends on; the others stay to be opened. Warns about an engine
 * whose file was replaced (engine.replaced): the code in use stays.
 * @param present  of the same name; not changed
 */
void assay__scope_adopt(struct assay__scope *scope,
                        const struct assay__scope *present,
                        const assay_log *log);
/**
 * Open every engine in order that is not open and scans in this process. On
 * failure err names scope and instance before the engine's own sentence, and
 * assay__scope_free() closes those opened. Blocks while signatures load.
 * @param log  copied; what its sink needs must outlive the scope; may be NULL
 */
assay_rc assay__scope_open(struct assay__scope *scope, const assay_log *log,
                           assay_error *err);
/** Likewise those that scan in processes of their own, which start. */
assay_rc assay__scope_start(struct assay__scope *scope, const assay_log *log,
                            assay_error *err);
/** Have looks for newer signatures end soon, in another thread. */
void assay__scope_interrupt(struct assay__scope *scope);
/** End the processes of its engines; these are not open then. */
void assay__scope_stop(struct assay__scope *scope);
/** Give the caches of engines that were adopted the bounds of this scope: when
 *  a reload has succeeded and its generation is the present one. Threads: any,
 *  beside scans. */
void assay__scope_size_caches(struct assay__scope *scope);
/**
 * Probe every open engine (canary) and put it out of or back into service.
 * Logs engine.out_of_service and engine.in_service on a change.
 */
void assay__scope_probe(struct assay__scope *scope, const assay_log *log);
/** Have every open engine in turn look for newer signatures, and probe those
 *  that took some in. What goes wrong is logged. Blocks while some load. */
void assay__scope_refresh(struct assay__scope *scope, const assay_log *log);
/** Where a scope or instance logs: debug_level lets through more than the
 *  host asked for, never less. @param log may be NULL */
assay_log assay__scope_log(const assay_log *log,
                           const struct assay__scope_options *options);
/** Name of the status variable of an instance: context_variable or
 *  <engine>_status. @return false when it does not fit (name too long) */
bool assay__engine_status_variable(const struct assay__engine_instance *engine,
                                   char *buf, size_t size);

#endif
