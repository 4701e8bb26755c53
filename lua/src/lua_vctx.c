/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The validation context (vctx) and the connection (accept).
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "context.h"
#include "handle.h"

#define DISCONNECT_CODE 421

static int vctx_get(lua_State *L)
{
    const assay_call *call = lassay_check_vctx(L, 1);
    const assay_context *context = lassay_check_context(L, 2, call);

    lassay_push_context_value(L, context, luaL_checkstring(L, 3));
    return 1;
}

static int vctx_set(lua_State *L)
{
    const assay_call *call = lassay_check_vctx(L, 1);

    lassay_set_context_value(L, lassay_check_context(L, 2, call), 3);
    return 0;
}

/* The code is a number or its text; out of range is the library's matter. */
static int check_code(lua_State *L, int index)
{
    lua_Integer code = luaL_checkinteger(L, index);

    return code < 0 || code > INT_MAX ? 0 : (int)code;
}

static int vctx_set_code(lua_State *L)
{
    const assay_call *call = lassay_check_vctx(L, 1);
    int code = check_code(L, 2);
    const char *text = luaL_optstring(L, 3, "");
    assay_error err = {0};

    lassay_check_rc(L, assay_session_set_reply(call->session, code, text, &err),
                    &err);
    return 0;
}

static int vctx_disconnect(lua_State *L)
{
    const assay_call *call = lassay_check_vctx(L, 1);
    int code = lua_isnoneornil(L, 2) ? DISCONNECT_CODE : check_code(L, 2);
    const char *text = luaL_optstring(L, 3, "");
    assay_error err = {0};

    lassay_check_rc(
        L, assay_session_disconnect(call->session, code, text, &err), &err);
    return 0;
}

/* The array answers "" for [0], because published scripts count from there. */
static int vctx_recipient_list(lua_State *L)
{
    const assay_call *call = lassay_check_vctx(L, 1);
    const assay_message *message = call->message;
    size_t count = message ? assay_message_recipient_count(message) : 0;

    luaL_argcheck(L, lua_isnoneornil(L, 2), 2,
                  "the list of recipients is read-only");
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, assay_message_recipient(message, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "");
    lua_rawseti(L, -2, 0);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    return 1;
}

static const luaL_Reg vctx_methods[] = {
    {"disconnect", vctx_disconnect},
    {"get", vctx_get},
    {"recipient_list", vctx_recipient_list},
    {"set", vctx_set},
    {"set_code", vctx_set_code},
    {NULL, NULL},
};

const struct lassay_class lassay_vctx_class = {
    .type = "msys.core:_validate_context",
    .manual = "vctx",
    .methods = vctx_methods,
};

/* ---- accept ------------------------------------------------------------ */

static int accept_field(lua_State *L)
{
    const assay_call *call = lassay_check_accept(L, 1);

    if (strcmp(lua_tostring(L, 2), "remote_addr") == 0)
        lua_pushstring(L, assay_session_peer(call->session));
    else
        lua_pushnil(L);
    return 1;
}

static int accept_tostring(lua_State *L)
{
    const assay_call *call = lassay_check_accept(L, 1);

    lua_pushstring(L, assay_session_peer(call->session));
    return 1;
}

static const luaL_Reg accept_methods[] = {{NULL, NULL}};

static const luaL_Reg accept_operators[] = {
    {"__tostring", accept_tostring},
    {NULL, NULL},
};

static const char *const accept_fields[] = {"remote_addr", NULL};

const struct lassay_class lassay_accept_class = {
    .type = "msys.core:_accept_construct",
    .manual = "accept",
    .methods = accept_methods,
    .fields = accept_fields,
    .get_field = accept_field,
    .operators = accept_operators,
};
