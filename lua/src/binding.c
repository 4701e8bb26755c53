/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "binding.h"

#include <stdbool.h>
#include <string.h>

#include "handle.h"

const struct lassay_namespace *const lassay_namespaces[] = {
    &lassay_msys_namespace,       &lassay_core_namespace,
    &lassay_av_namespace,         &lassay_cloudmark_namespace,
    &lassay_threadpool_namespace, NULL,
};

/* The old platform kept methods of messages and contexts in modules of their
 * own; here they are always there. */
const char *const lassay_preloaded[] = {
    "msys",
    "msys.core",
    "msys.av",
    "msys.cloudmark",
    "msys.threadpool",
    "msys.extended",
    "msys.extended.message",
    "msys.extended.message_routing",
    "msys.extended.vctx",
    "msys.extended.ac",
    NULL,
};

/* Namespaces that a module of their own gives; others give msys. */
static bool is_namespace(const char *module)
{
    for (int i = 1; lassay_namespaces[i]; i++)
        if (strcmp(lassay_namespaces[i]->name, module) == 0)
            return true;
    return false;
}

static void push_namespace(lua_State *L, const struct lassay_namespace *space)
{
    const struct lassay_constant *constant = space->constants;

    lua_newtable(L);
    luaL_setfuncs(L, space->functions, 0);
    for (; constant && constant->name; constant++) {
        lua_pushinteger(L, constant->value);
        lua_setfield(L, -2, constant->name);
    }
}

void lassay_binding_open(lua_State *L)
{
    lassay_handle_open(L);
    push_namespace(L, lassay_namespaces[0]);
    for (int i = 1; lassay_namespaces[i]; i++) {
        push_namespace(L, lassay_namespaces[i]);
        lua_setfield(L, -2, lassay_namespaces[i]->name + strlen("msys."));
    }
    lua_setglobal(L, "msys");
}

void lassay_binding_push(lua_State *L, const char *module)
{
    bool known = false;

    for (int i = 0; lassay_preloaded[i]; i++)
        known = known || strcmp(lassay_preloaded[i], module) == 0;
    if (!known) {
        lua_pushnil(L);
        return;
    }
    lua_getglobal(L, "msys");
    if (is_namespace(module)) {
        lua_getfield(L, -1, module + strlen("msys."));
        lua_remove(L, -2);
    }
}

void lassay_check_rc(lua_State *L, assay_rc rc, const assay_error *err)
{
    if (rc != ASSAY_OK)
        luaL_error(L, "%s", err->msg);
}
