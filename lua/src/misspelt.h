/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Names of functions that were meant to be callouts.
 */
#ifndef ASSAY_LUA_MISSPELT_H
#define ASSAY_LUA_MISSPELT_H

/** @return the callout that a function of this name probably should be; NULL
 *          for callouts and for names of another kind */
const char *lassay_misspelt(const char *name);

#endif
