/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.threadpool: the pools and what they do (PO-02).
 */
#include <stdio.h>

#include "binding.h"
#include "handle.h"
#include "pool_run.h"

#define STAT_TYPE "msys.threadpool:_stat"

static int threadpool_count(lua_State *L)
{
    const assay_call *call = lassay_check_call(L);
    size_t count = 0;

    while (assay_session_pool(call->session, count))
        count++;
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* [-0, +1, v] The number of a pool. */
static void push_id(lua_State *L, const char *name)
{
    const assay_call *call = lassay_check_call(L);
    size_t index = 0;

    /* The same text, for it is the one pool's. */
    while (assay_session_pool(call->session, index) != name)
        index++;
    lua_pushinteger(L, lassay_pool_id(index));
}

static int threadpool_find(lua_State *L)
{
    const char *name = lassay_check_pool(L, 1);

    if (!name)
        lua_pushnil(L);
    else if (lua_isinteger(L, 1))
        lua_pushstring(L, name);
    else
        push_id(L, name);
    return 1;
}

/* ---- stat -------------------------------------------------------------- */

static void set_number(lua_State *L, const char *key, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

/* [-0, +0, e] A number of the table at index 1; 0 when it is none. */
static double get_number(lua_State *L, const char *key)
{
    double value;

    lua_getfield(L, 1, key);
    value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

static uint32_t get_count(lua_State *L, const char *key)
{
    double value = get_number(L, key);

    return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

/* As the console prints it. */
static int stat_tostring(lua_State *L)
{
    assay_pool_stats stats = {0};
    char text[ASSAY_POOL_TEXT_MAX];
    const char *name;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "name");
    name = lua_tostring(L, -1);
    if (name)
        (void)snprintf(stats.name, sizeof stats.name, "%s", name);
    stats.concurrency = get_count(L, "concurrency");
    stats.invocations = get_count(L, "invocations");
    stats.average_concurrency = get_number(L, "avg_concurrency");
    stats.saturation = get_number(L, "saturation");
    stats.average_ms = get_number(L, "avg_wallclock_time_per_op");
    stats.active = get_count(L, "num_active_threads");
    stats.inactive = get_count(L, "num_inactive_threads");
    assay_pool_stats_text(&stats, text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

/* [-0, +1, m] */
static void push_stat(lua_State *L, const assay_pool_stats *stats)
{
    lua_newtable(L);
    lua_pushstring(L, stats->name);
    lua_setfield(L, -2, "name");
    set_integer(L, "concurrency", stats->concurrency);
    set_integer(L, "invocations", stats->invocations);
    set_number(L, "avg_concurrency", stats->average_concurrency);
    set_number(L, "saturation", stats->saturation);
    set_number(L, "avg_wallclock_time_per_op", stats->average_ms);
    set_integer(L, "queue_sz", stats->queued);
    set_integer(L, "num_threads", stats->threads);
    set_integer(L, "num_active_threads", stats->active);
    set_integer(L, "num_inactive_threads", stats->inactive);
    set_integer(L, "job_num_queued", stats->queued);
    set_integer(L, "job_num_running", stats->active);
    if (luaL_newmetatable(L, STAT_TYPE)) {
        lua_pushcfunction(L, stat_tostring);
        lua_setfield(L, -2, "__tostring");
        lua_pushboolean(L, 0); /* scripts share it */
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

static int threadpool_stat(lua_State *L)
{
    const assay_call *call = lassay_check_call(L);
    const char *name = lassay_check_pool(L, 1);
    assay_pool_stats stats;

    if (name &&
        assay_session_pool_stats(call->session, name, &stats, sizeof stats))
        push_stat(L, &stats);
    else
        lua_pushnil(L);
    return 1;
}

static const luaL_Reg threadpool_functions[] = {
    {"count", threadpool_count},
    {"find", threadpool_find},
    {"stat", threadpool_stat},
    {NULL, NULL},
};

const struct lassay_namespace lassay_threadpool_namespace = {
    .name = "msys.threadpool",
    .functions = threadpool_functions,
};
