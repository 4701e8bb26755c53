/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The namespace `msys`: tables of functions and constants.
 *
 * meta/msys.d.lua describes each of them; a test compares the two.
 */
#ifndef ASSAY_LUA_BINDING_H
#define ASSAY_LUA_BINDING_H

#include <lauxlib.h>
#include <lua.h>

#include <assay/error.h>
#include <assay/verdict.h>

/** Values of msys.av.EC_AV_*. */
enum lassay_av_status {
    LASSAY_AV_CLEAN = 0,
    LASSAY_AV_INFECTED,
    LASSAY_AV_UNSCANNABLE,
    LASSAY_AV_ERROR,
    LASSAY_AV_NOT_SUITABLE_FOR_STREAMING,
    LASSAY_AV_NO_ENGINE,
    LASSAY_AV_NAME_TOO_LONG,
    LASSAY_AV_PART_IS_CONTAINER
};

/** msys.core.VALIDATE_*. */
enum lassay_validate {
    LASSAY_VALIDATE_CONT = 0,
    LASSAY_VALIDATE_DONE,
    LASSAY_VALIDATE_AGAIN
};

struct lassay_constant {
    const char *name;
    lua_Integer value;
};

/** One table of functions, such as msys.av. */
struct lassay_namespace {
    const char *name;                        /* "msys.av" */
    const luaL_Reg *functions;               /* ends with NULL */
    const struct lassay_constant *constants; /* ends with NULL; or NULL */
};

extern const struct lassay_namespace lassay_msys_namespace,
    lassay_core_namespace, lassay_av_namespace, lassay_cloudmark_namespace,
    lassay_threadpool_namespace;

/** All, parents first; ends with NULL. */
extern const struct lassay_namespace *const lassay_namespaces[];

/** Names that require() knows without a file; ends with NULL. */
extern const char *const lassay_preloaded[];

/* [-0, +0, m] Make the global msys and the classes of handles. */
void lassay_binding_open(lua_State *L);

/* [-0, +1, e] The table require() answers with for a preloaded name, or nil.
 */
void lassay_binding_push(lua_State *L, const char *module);

/** What scripts see of a status. */
enum lassay_av_status lassay_av_status(assay_status status);

/* [-0, +0, v] Raise for a failed call into the library. */
void lassay_check_rc(lua_State *L, assay_rc rc, const assay_error *err);

#endif
