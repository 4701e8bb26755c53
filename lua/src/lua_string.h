/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * string.find, match, gmatch and gsub over the matcher of pattern.h, and
 * string.rep that always ends.
 */
#ifndef ASSAY_LUA_LUA_STRING_H
#define ASSAY_LUA_LUA_STRING_H

#include <lauxlib.h>

/** Put into the table `string`; ends with NULL. */
extern const luaL_Reg lassay_string_functions[];

#endif
