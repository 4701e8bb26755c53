/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The two dictionaries of a session as scripts name them.
 */
#ifndef ASSAY_LUA_CONTEXT_H
#define ASSAY_LUA_CONTEXT_H

#include <lua.h>

#include <assay/policy.h>

/** VCTX_* and ECMESS_CTX_*; not 0, so that a missing argument is seen. */
enum lassay_context { LASSAY_CONTEXT_CONN = 1, LASSAY_CONTEXT_MESS };

/** Bits of EC_MSG_ENV_*. */
enum lassay_envelope {
    LASSAY_ENVELOPE_FROM = 1,
    LASSAY_ENVELOPE_TO = 2,
    LASSAY_ENVELOPE_COMPLETE = 4
};

/* [-0, +0, v] The dictionary that the argument at index selects; NULL for the
 * one of a message when there is none. */
assay_context *lassay_check_context(lua_State *L, int index,
                                    const assay_call *call);

/* [-0, +1, m] The value of a key, "" when absent or without a dictionary. */
void lassay_push_context_value(lua_State *L, const assay_context *context,
                               const char *key);

/* [-0, +0, v] Set the key at index to the value at index + 1. A nil key or
 * value is logged and changes nothing. */
void lassay_set_context_value(lua_State *L, assay_context *context, int index);

#endif
