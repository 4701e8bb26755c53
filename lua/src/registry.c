/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "registry.h"

#include <string.h>

#include <lauxlib.h>

#include "callout.h"
#include "interp.h"

/* Fields of a record in the array of modules. */
enum { RECORD_NAME = 1, RECORD_TABLE, RECORD_METATABLE };

static const char modules_key; /* its address is the key in the registry */

/* [-0, +1, m] The array of modules. */
static void push_modules(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
}

const char *lassay_registry_push(lua_State *L, size_t index)
{
    const char *name;

    push_modules(L);
    lua_rawgeti(L, -1, (lua_Integer)index + 1);
    lua_rawgeti(L, -1, RECORD_NAME);
    name = lua_tostring(L, -1);
    lua_pop(L, 1);
    lua_rawgeti(L, -1, RECORD_TABLE);
    lua_rawgeti(L, -2, RECORD_METATABLE);
    lua_rotate(L, -4, 2);
    lua_pop(L, 2);
    return name;
}

static void check_new_name(lua_State *L, const struct lassay_interp *interp,
                           const char *name)
{
    for (size_t i = 0; i < interp->module_count; i++) {
        if (strcmp(lassay_registry_push(L, i), name) == 0)
            luaL_error(L, "module \"%s\" is registered twice", name);
        lua_pop(L, 2);
    }
}

void lassay_registry_add(lua_State *L, const char *name, int index)
{
    struct lassay_interp *interp = lassay_interp_of(L);

    index = lua_absindex(L, index);
    if (!interp->run->script)
        luaL_error(L, "modules are registered while scripts load");
    if (interp->module_count == LASSAY_MODULES_MAX)
        luaL_error(L, "more than %d modules", LASSAY_MODULES_MAX);
    check_new_name(L, interp, name);
    push_modules(L);
    lua_createtable(L, 3, 0);
    lua_pushstring(L, name);
    lua_rawseti(L, -2, RECORD_NAME);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, RECORD_TABLE);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "__index");
    lua_rawseti(L, -2, RECORD_METATABLE);
    lua_rawseti(L, -2, (lua_Integer)interp->module_count + 1);
    interp->module_count++;
    lua_pop(L, 1);
}

bool lassay_registry_is_usable(lua_State *L, size_t index)
{
    bool usable = false;

    lassay_registry_push(L, index);
    for (int i = 0; lassay_methods[i]; i++) {
        usable =
            lua_getfield(L, -2, lassay_methods[i]) == LUA_TFUNCTION || usable;
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
    return usable;
}
