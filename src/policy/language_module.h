/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading policy languages: like engines, one const table per shared object,
 * checked before any of its code runs.
 */
#ifndef ASSAY_POLICY_LANGUAGE_MODULE_H
#define ASSAY_POLICY_LANGUAGE_MODULE_H

#include <assay/policy.h>

/** A loaded language file. Configuration load only. */
struct assay__language_module;

/** @return ASSAY_OK; ASSAY_E_NOTFOUND; ASSAY_E_ABI with a sentence that names
 *  file and member; ASSAY_E_NOMEM */
assay_rc assay__language_module_load(const char *path,
                                     struct assay__language_module **out,
                                     assay_error *err);
const assay_language_module *assay__language_module_table(
    const struct assay__language_module *module);
void assay__language_module_free(struct assay__language_module **module);

/** What phases() of the language says, or all phases. */
uint32_t assay__language_phases(const assay_language_ops *ops, void *instance);

#endif
