/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The modules that scripts registered in an interpreter, in order.
 */
#ifndef ASSAY_LUA_REGISTRY_H
#define ASSAY_LUA_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

/** Modules of one interpreter. */
#define LASSAY_MODULES_MAX 1000

/* [-0, +0, v] Register the table at index under a name; only while scripts
 * load. */
void lassay_registry_add(lua_State *L, const char *name, int index);

/* [-0, +2, m] Push the table and the metatable for self of the index-th
 * module. @return its name, which lives as long as the interpreter */
const char *lassay_registry_push(lua_State *L, size_t index);

/* [-0, +0, e] True when the index-th module has a method that is called. */
bool lassay_registry_is_usable(lua_State *L, size_t index);

#endif
