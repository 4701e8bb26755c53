/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.core: constants, the clock, and the mutable string of the old
 * platform (ec_string), which keeps its text in user value 1.
 */
#include <time.h>

#include "binding.h"
#include "context.h"
#include "handle.h"
#include "pool_run.h"

/* ---- ec_string --------------------------------------------------------- */

/* [-0, +1, v] The text of the string at index. */
static void push_text(lua_State *L, int index)
{
    luaL_checkudata(L, index, lassay_string_class.type);
    lua_getiuservalue(L, index, 1);
}

static int string_set(lua_State *L)
{
    luaL_checkudata(L, 1, lassay_string_class.type);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_setiuservalue(L, 1, 1);
    return 0;
}

static int string_tostring(lua_State *L)
{
    push_text(L, 1);
    return 1;
}

static int string_len(lua_State *L)
{
    push_text(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

static const luaL_Reg string_methods[] = {
    {"set", string_set},
    {NULL, NULL},
};

static const luaL_Reg string_operators[] = {
    {"__tostring", string_tostring},
    {"__len", string_len},
    {NULL, NULL},
};

const struct lassay_class lassay_string_class = {
    .type = "msys.core:_ec_string",
    .manual = "ec_string",
    .methods = string_methods,
    .operators = string_operators,
};

/* ---- functions --------------------------------------------------------- */

static int core_string_new(lua_State *L)
{
    lua_newuserdatauv(L, 0, 1);
    lua_pushliteral(L, "");
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, lassay_string_class.type);
    return 1;
}

static int core_get_now_ts(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)time(NULL));
    return 1;
}

static const luaL_Reg core_functions[] = {
    {"get_now_ts", core_get_now_ts},
    {"string_new", core_string_new},
    {NULL, NULL},
};

static const struct lassay_constant core_constants[] = {
    {"VALIDATE_CONT", LASSAY_VALIDATE_CONT},
    {"VALIDATE_DONE", LASSAY_VALIDATE_DONE},
    {"VALIDATE_AGAIN", LASSAY_VALIDATE_AGAIN},
    {"VCTX_CONN", LASSAY_CONTEXT_CONN},
    {"VCTX_MESS", LASSAY_CONTEXT_MESS},
    {"ECMESS_CTX_CONN", LASSAY_CONTEXT_CONN},
    {"ECMESS_CTX_MESS", LASSAY_CONTEXT_MESS},
    {"ECTP_COMPLETE_CALLBACK", LASSAY_COMPLETE_CALLBACK},
    {"ECTP_COMPLETE_CALLBACK_SCHED", LASSAY_COMPLETE_CALLBACK_SCHED},
    {"EC_MSG_ENV_FROM", LASSAY_ENVELOPE_FROM},
    {"EC_MSG_ENV_TO", LASSAY_ENVELOPE_TO},
    {"EC_MSG_ENV_COMPLETE", LASSAY_ENVELOPE_COMPLETE},
    {NULL, 0},
};

const struct lassay_namespace lassay_core_namespace = {
    .name = "msys.core",
    .functions = core_functions,
    .constants = core_constants,
};
