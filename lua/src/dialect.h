/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The Lua that published scripts are written in.
 */
#ifndef ASSAY_LUA_DIALECT_H
#define ASSAY_LUA_DIALECT_H

#include <stddef.h>

/** Make standard Lua of it, in place and of the same length, so that line
 *  numbers stay: `!=` outside of strings and comments becomes `~=`. */
void lassay_dialect_translate(char *text, size_t len);

#endif
