/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Text of mail parts as UTF-8.
 */
#ifndef ASSAY_LUA_CHARSET_H
#define ASSAY_LUA_CHARSET_H

#include <lua.h>

#include <assay/message.h>

/* [-0, +1, m] The text as UTF-8; what is no text in the charset becomes
 * U+FFFD. An unknown charset (or NULL) is read as UTF-8. */
void lassay_push_utf8(lua_State *L, assay_bytes text, const char *charset);

#endif
