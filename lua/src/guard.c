/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "guard.h"

#include <stdlib.h>

#include <lauxlib.h>

#define GUARD_TYPE "assay.guard"

void lassay_guard_release(struct lassay_guard *guard)
{
    free(guard->text);
    guard->text = NULL;
    guard->len = 0;
}

static int guard_gc(lua_State *L)
{
    lassay_guard_release(luaL_checkudata(L, 1, GUARD_TYPE));
    return 0;
}

struct lassay_guard *lassay_guard_push(lua_State *L)
{
    struct lassay_guard *guard = lua_newuserdatauv(L, sizeof *guard, 0);

    guard->text = NULL;
    guard->len = 0;
    if (luaL_newmetatable(L, GUARD_TYPE)) {
        lua_pushcfunction(L, guard_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return guard;
}
