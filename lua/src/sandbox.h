/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What of the Lua library a script may use.
 *
 * Out: files, processes, environment, native modules, byte code, debug
 * hooks, finalizers (they run with hooks off, so that no limit would stop
 * them) and C functions that can run for ever without an instruction of Lua.
 */
#ifndef ASSAY_LUA_SANDBOX_H
#define ASSAY_LUA_SANDBOX_H

#include <lua.h>

/* [-0, +0, e] Fill the globals that all scripts inherit. */
void lassay_sandbox_open(lua_State *L);

/* [-0, +1, e] Push a new table of globals for one script: its own `_G` and
 * `load`; the rest is inherited. */
void lassay_sandbox_push_globals(lua_State *L);

#endif
