/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading scorers: like engines, one const table per shared object, checked
 * before any of its code runs. What is handed out is a copy of the table with
 * the documented defaults in place of NULL.
 */
#ifndef ASSAY_SCAN_SCORER_MODULE_H
#define ASSAY_SCAN_SCORER_MODULE_H

#include <assay/scorer.h>
#include <assay/verdict.h>

/** A loaded scorer file; immutable; the count is atomic. */
struct assay__scorer_module;

/**
 * Load <folder>/<backend>.so.
 *
 * @return ASSAY_OK; ASSAY_E_INVAL a name that no scorer can have;
 *         ASSAY_E_NOTFOUND there is none of that name; ASSAY_E_ABI with a
 *         sentence that names file and member; ASSAY_E_IO; ASSAY_E_NOMEM
 */
assay_rc assay__scorer_module_load(const char *folder, const char *backend,
                                   struct assay__scorer_module **out,
                                   assay_error *err);
/** Names of the scorers that lie in a folder, sorted; at most max.
 *  @return how many */
size_t assay__scorer_names(const char *folder,
                           char names_out[][ASSAY_NAME_MAX + 1], size_t max);
/** No member is NULL but conf and, in it, options. */
const assay_scorer_module *assay__scorer_module_table(
    const struct assay__scorer_module *module);
/** Whether both are the same code in memory. */
bool assay__scorer_module_is_same(const struct assay__scorer_module *a,
                                  const struct assay__scorer_module *b);
/** Threads: any. */
struct assay__scorer_module *assay__scorer_module_ref(
    struct assay__scorer_module *module);
/** Accepts NULL; sets *module to NULL. Threads: any. */
void assay__scorer_module_unref(struct assay__scorer_module **module);

#endif
