/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header values between mail and scripts.
 */
#ifndef ASSAY_LUA_HEADER_VALUE_H
#define ASSAY_LUA_HEADER_VALUE_H

#include <stddef.h>

#include <lua.h>

#include <assay/message.h>

/** Finds the index-th value of a header. @return ASSAY_OK; ASSAY_E_NOTFOUND */
typedef assay_rc lassay_header_find(void *where, const char *name, size_t index,
                                    assay_bytes *value_out, assay_error *err);

/* [-0, +1, v] An array of all values of a header: unfolded, encoded-words
 * decoded to UTF-8, without blanks around. */
void lassay_push_header_values(lua_State *L, lassay_header_find *find,
                               void *where, const char *name);

/* [-0, +1, m] The value as it may stand in a header: one that is not ASCII
 * becomes RFC 2047 encoded-words, folded. */
void lassay_push_encoded_value(lua_State *L, const char *value, size_t len);

#endif
