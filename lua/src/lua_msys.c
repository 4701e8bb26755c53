/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys: registration and the few functions without a table of their own.
 */
#include <stdbool.h>
#include <string.h>

#include "binding.h"
#include "context.h"
#include "handle.h"
#include "pool_run.h"
#include "registry.h"

static int msys_register_module(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    luaL_checktype(L, 2, LUA_TTABLE);
    lassay_registry_add(L, name, 2);
    return 0;
}

/* The class of a handle, for other values what type() says. */
static int msys_type(lua_State *L)
{
    luaL_checkany(L, 1);
    for (int i = 0; lassay_classes[i]; i++) {
        if (luaL_testudata(L, 1, lassay_classes[i]->type)) {
            lua_pushstring(L, lassay_classes[i]->type);
            return 1;
        }
    }
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

/* ---- macros ------------------------------------------------------------ */

/* [-0, +1, v] The value of the macro whose name is on top: vctx_conn:key,
 * vctx_mess:key, or a bare key of the message, then of the connection. */
static void push_macro(lua_State *L, const assay_call *call)
{
    static const char conn_prefix[] = "vctx_conn:";
    static const char mess_prefix[] = "vctx_mess:";
    const assay_context *conn = assay_session_context(call->session);
    const assay_context *mess =
        call->message ? assay_message_context(call->message) : NULL;
    const char *name = lua_tostring(L, -1);

    if (strncmp(name, conn_prefix, sizeof conn_prefix - 1) == 0)
        lassay_push_context_value(L, conn, name + sizeof conn_prefix - 1);
    else if (strncmp(name, mess_prefix, sizeof mess_prefix - 1) == 0)
        lassay_push_context_value(L, mess, name + sizeof mess_prefix - 1);
    else if (mess && assay_context_get(mess, name))
        lassay_push_context_value(L, mess, name);
    else
        lassay_push_context_value(L, conn, name);
}

/* Each %{name} is replaced by its value, "" when there is none. Values are
 * not expanded again. */
static int msys_expand_macro(lua_State *L)
{
    const char *text = luaL_checkstring(L, 1);
    const assay_call *call = lassay_check_call(L);
    const char *start, *end;
    int pieces = 0;

    while ((start = strstr(text, "%{")) && (end = strchr(start, '}'))) {
        luaL_checkstack(L, 3, "too many macros");
        lua_pushlstring(L, text, (size_t)(start - text));
        lua_pushlstring(L, start + 2, (size_t)(end - start - 2));
        push_macro(L, call);
        lua_remove(L, -2);
        pieces += 2;
        text = end + 1;
    }
    lua_pushstring(L, text);
    lua_concat(L, pieces + 1);
    return 1;
}

static const luaL_Reg msys_functions[] = {
    {"expandMacro", msys_expand_macro},
    {"registerModule", msys_register_module},
    {"runInPool", lassay_pool_run},
    {"type", msys_type},
    {NULL, NULL},
};

const struct lassay_namespace lassay_msys_namespace = {
    .name = "msys",
    .functions = msys_functions,
};
