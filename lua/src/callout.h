/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Callouts: which method a phase calls, with what, and what it may return.
 */
#ifndef ASSAY_LUA_CALLOUT_H
#define ASSAY_LUA_CALLOUT_H

#include <lua.h>

#include <assay/policy.h>

/** Methods of a module that are called at all; ends with NULL. */
extern const char *const lassay_methods[];

/* [-0, +0, e] Body of a run (lassay_run_call): call the phase's method of all
 * modules in order, until one is done. Index 1: struct lassay_phase. */
int lassay_callout_run(lua_State *L);

struct lassay_phase {
    struct lassay_session *session;
    assay_flow flow; /* out */
};

/* [-0, +0, e] Body of a run: set *(uint32_t *) at index 1 to the bits of the
 * phases in which a module has a callout. */
int lassay_callout_phases(lua_State *L);

/* [-0, +0, e] Bodies of runs: call init, deinit of the module whose number is
 * *(size_t *) at index 1. */
int lassay_callout_init(lua_State *L);
int lassay_callout_deinit(lua_State *L);

#endif
