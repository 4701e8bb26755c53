/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "context.h"

#include <lauxlib.h>

#include "binding.h"
#include "interp.h"
#include "report.h"

assay_context *lassay_check_context(lua_State *L, int index,
                                    const assay_call *call)
{
    switch (luaL_checkinteger(L, index)) {
    case LASSAY_CONTEXT_CONN:
        return assay_session_context(call->session);
    case LASSAY_CONTEXT_MESS:
        return call->message ? assay_message_context(call->message) : NULL;
    default:
        luaL_argerror(L, index, "no context type");
        return NULL;
    }
}

void lassay_push_context_value(lua_State *L, const assay_context *context,
                               const char *key)
{
    const char *value = context ? assay_context_get(context, key) : NULL;

    lua_pushstring(L, value ? value : "");
}

void lassay_set_context_value(lua_State *L, assay_context *context, int index)
{
    assay_error err = {0};

    if (lua_isnoneornil(L, index) || lua_isnoneornil(L, index + 1)) {
        lassay_report_text(lassay_interp_of(L), ASSAY_LOG_WARN, "lua.ignored",
                           "context key or value is nil");
        return;
    }
    if (!context)
        luaL_error(L, "there is no message yet");
    luaL_tolstring(L, index + 1, NULL);
    lassay_check_rc(L,
                    assay_context_set(context, luaL_checkstring(L, index),
                                      lua_tostring(L, -1), &err),
                    &err);
    lua_pop(L, 1);
}
