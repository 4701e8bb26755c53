/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.runInPool: a function of a script in a thread of a pool.
 *
 * The function runs in a Lua thread of its own. While a callout waits for it,
 * the callout has lent the interpreter, so one of the two runs at a time; the
 * function may do what the callout could, and uses up the callout's time.
 * What is posted belongs to no session and has the time of one callout.
 */
#ifndef ASSAY_LUA_POOL_RUN_H
#define ASSAY_LUA_POOL_RUN_H

#include <lua.h>

/** Values of msys.core.ECTP_COMPLETE_*. */
enum lassay_complete {
    LASSAY_COMPLETE_CALLBACK = 3,
    LASSAY_COMPLETE_CALLBACK_SCHED = 6
};

/* [-0, +n, v] runInPool(pool, function [, true | completion [, flag]]) */
int lassay_pool_run(lua_State *L);

/* [-0, +0, v] The name of the pool that the argument names or numbers; NULL
 * when there is none. */
const char *lassay_check_pool(lua_State *L, int index);
/** The number of the index-th pool, as the old platform numbered CPU and IO. */
lua_Integer lassay_pool_id(size_t index);

#endif
