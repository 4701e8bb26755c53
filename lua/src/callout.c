/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "callout.h"

#include <stdbool.h>

#include <lauxlib.h>

#include "binding.h"
#include "handle.h"
#include "interp.h"
#include "registry.h"
#include "session.h"

/* Arguments after self, in this order. */
enum {
    TAKES_MESSAGE = 1,
    TAKES_TEXT = 2,
    TAKES_CONNECTION = 4, /* accept and vctx */
    TAKES_ALL = TAKES_MESSAGE | TAKES_CONNECTION
};

static const struct callout {
    const char *method;
    unsigned takes;
} callouts[ASSAY_PHASE_COUNT] = {
    [ASSAY_PHASE_CONNECT] = {"validate_connect", TAKES_CONNECTION},
    [ASSAY_PHASE_EHLO] = {"validate_ehlo", TAKES_TEXT | TAKES_CONNECTION},
    [ASSAY_PHASE_MAILFROM] = {"validate_mailfrom",
                              TAKES_TEXT | TAKES_CONNECTION},
    [ASSAY_PHASE_RCPTTO] = {"validate_rcptto", TAKES_TEXT | TAKES_ALL},
    [ASSAY_PHASE_DATA] = {"validate_data", TAKES_ALL},
    [ASSAY_PHASE_DATA_SPOOL] = {"validate_data_spool", TAKES_ALL},
    [ASSAY_PHASE_DATA_SPOOL_EACH_RCPT] = {"validate_data_spool_each_rcpt",
                                          TAKES_ALL},
    [ASSAY_PHASE_SET_BINDING] = {"validate_set_binding", TAKES_MESSAGE},
};

const char *const lassay_methods[] = {
    "init",
    "deinit",
    "validate_connect",
    "validate_ehlo",
    "validate_mailfrom",
    "validate_rcptto",
    "validate_data",
    "validate_data_spool",
    "validate_data_spool_each_rcpt",
    "validate_set_binding",
    NULL,
};

/* [-0, +takes, m] @return number of arguments pushed */
static int push_arguments(lua_State *L, const struct lassay_run *run,
                          unsigned takes)
{
    int top = lua_gettop(L);

    if (takes & TAKES_MESSAGE)
        lassay_session_push(L, run->session, LASSAY_SLOT_MESSAGE);
    if (takes & TAKES_TEXT)
        lua_pushstring(L, run->call->argument ? run->call->argument : "");
    if (takes & TAKES_CONNECTION) {
        lassay_session_push(L, run->session, LASSAY_SLOT_ACCEPT);
        lassay_session_push(L, run->session, LASSAY_SLOT_VCTX);
    }
    return lua_gettop(L) - top;
}

/* [-1, +0, v] What a callout returned. */
static assay_flow check_flow(lua_State *L)
{
    int is_number;
    lua_Integer value = lua_tointegerx(L, -1, &is_number);

    if (is_number && value == LASSAY_VALIDATE_AGAIN)
        luaL_error(L, "VALIDATE_AGAIN is not supported: "
                      "a callout may wait instead");
    if (!is_number ||
        (value != LASSAY_VALIDATE_CONT && value != LASSAY_VALIDATE_DONE))
        luaL_error(L, "returned %s, not VALIDATE_CONT or VALIDATE_DONE",
                   luaL_tolstring(L, -1, NULL));
    lua_pop(L, 1);
    return value == LASSAY_VALIDATE_DONE ? ASSAY_FLOW_DONE
                                         : ASSAY_FLOW_CONTINUE;
}

/* [-0, +0, e] The callout of one module, if it has it. */
static assay_flow run_module(lua_State *L, struct lassay_run *run, size_t index)
{
    const struct callout *callout = &callouts[run->call->phase];
    assay_flow flow = ASSAY_FLOW_CONTINUE;
    int top = lua_gettop(L);

    run->module = lassay_session_push_self(L, run->session, index);
    run->callout = callout->method;
    if (lua_getfield(L, -1, callout->method) != LUA_TNIL) {
        lua_insert(L, -2);
        lua_call(L, 1 + push_arguments(L, run, callout->takes), 1);
        flow = check_flow(L);
    }
    lua_settop(L, top);
    return flow;
}

int lassay_callout_run(lua_State *L)
{
    struct lassay_phase *phase = lua_touserdata(L, 1);
    struct lassay_run *run = lassay_run_of(L);
    size_t count = lassay_interp_of(L)->module_count;
    assay_flow flow = ASSAY_FLOW_CONTINUE;

    lassay_session_see_message(L, phase->session, run->call->message);
    for (size_t i = 0; i < count && flow == ASSAY_FLOW_CONTINUE; i++)
        flow = run_module(L, run, i);
    phase->flow = flow;
    return 0;
}

int lassay_callout_phases(lua_State *L)
{
    uint32_t *phases = lua_touserdata(L, 1);
    size_t count = lassay_interp_of(L)->module_count;

    *phases = 0;
    for (size_t i = 0; i < count; i++) {
        lassay_registry_push(L, i);
        for (int phase = 0; phase < ASSAY_PHASE_COUNT; phase++) {
            /* With metamethods: a module may inherit its callouts. */
            if (lua_getfield(L, -2, callouts[phase].method) != LUA_TNIL)
                *phases |= UINT32_C(1) << phase;
            lua_pop(L, 1);
        }
        lua_pop(L, 2);
    }
    return 0;
}

/* [-0, +1, e] Call init or deinit. @return false when there is none */
static bool call_hook(lua_State *L, const char *method)
{
    struct lassay_run *run = lassay_run_of(L);

    run->module = lassay_registry_push(L, *(size_t *)lua_touserdata(L, 1));
    run->callout = method;
    lua_pop(L, 1);
    if (lua_getfield(L, -1, method) == LUA_TNIL)
        return false;
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    return true;
}

int lassay_callout_init(lua_State *L)
{
    /* Published modules return the number 0 as well. */
    if (call_hook(L, "init") &&
        !(lua_isboolean(L, -1) && lua_toboolean(L, -1)) &&
        !(lua_isinteger(L, -1) && lua_tointeger(L, -1) == 0))
        return luaL_error(L, "returned %s; it must return true",
                          luaL_tolstring(L, -1, NULL));
    return 0;
}

int lassay_callout_deinit(lua_State *L)
{
    call_hook(L, "deinit");
    return 0;
}
