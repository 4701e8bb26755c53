/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A guard frees a malloc'ed text when a Lua error passes by: push the guard
 * first, acquire into it, release when done; the collector does the rest.
 */
#ifndef ASSAY_LUA_GUARD_H
#define ASSAY_LUA_GUARD_H

#include <stddef.h>

#include <lua.h>

struct lassay_guard {
    char *text; /* owned; NULL when there is nothing to free */
    size_t len;
};

/* [-0, +1, m] */
struct lassay_guard *lassay_guard_push(lua_State *L);
/** Free now; never throws. */
void lassay_guard_release(struct lassay_guard *guard);

#endif
