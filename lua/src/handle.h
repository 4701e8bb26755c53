/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Handles: what scripts hold instead of messages, parts and sessions.
 *
 * A handle borrows. The session closes the handle of its message before the
 * message goes, and its own handles before it goes; a part reaches its
 * message through the message handle, which it keeps alive. A handle works
 * for the session it belongs to, while that session runs: a script that
 * keeps one in a global gets an error, never a stale pointer or a race.
 */
#ifndef ASSAY_LUA_HANDLE_H
#define ASSAY_LUA_HANDLE_H

#include <lauxlib.h>
#include <lua.h>

#include <assay/message.h>
#include <assay/policy.h>

struct lassay_session;

struct lassay_message {
    assay_message *message; /* NULL: closed */
    struct lassay_session *session;
};

/* Keeps its message handle in user value 1. */
struct lassay_part {
    assay_part *part;
    struct lassay_message *owner;
};

/* The validation context (vctx) and the connection (accept, ac). */
struct lassay_peer {
    struct lassay_session *session; /* NULL: closed */
};

/** A class of userdata, as scripts and the manual see it. */
struct lassay_class {
    const char *type;          /* what msys.type() says */
    const char *manual;        /* its name in meta/msys.d.lua */
    const luaL_Reg *methods;   /* ends with NULL */
    const char *const *fields; /* ends with NULL; names, for the manual */
    lua_CFunction get_field;   /* [key at 2] pushes one value; may be NULL */
    const luaL_Reg *operators; /* metamethods; may be NULL */
};

/** All classes, ends with NULL. */
extern const struct lassay_class *const lassay_classes[];

extern const struct lassay_class lassay_message_class, lassay_part_class,
    lassay_vctx_class, lassay_accept_class, lassay_string_class;

/* [-0, +0, m] Make the metatables. */
void lassay_handle_open(lua_State *L);

/* [-0, +1, m] */
struct lassay_message *lassay_push_message(lua_State *L, assay_message *message,
                                           struct lassay_session *session);
struct lassay_peer *lassay_push_peer(lua_State *L,
                                     const struct lassay_class *class_,
                                     struct lassay_session *session);
/* [-0, +1, m] nil for a NULL part; owner is the message handle at index. */
void lassay_push_part(lua_State *L, assay_part *part, int owner_index);

/* [-0, +0, v] Raise unless the argument is an open handle of the session
 * that runs. */
struct lassay_message *lassay_check_message(lua_State *L, int index);
struct lassay_part *lassay_check_part(lua_State *L, int index);
const assay_call *lassay_check_vctx(lua_State *L, int index);
const assay_call *lassay_check_accept(lua_State *L, int index);

/* [-0, +0, v] The callout that runs; raises while scripts load. */
const assay_call *lassay_check_call(lua_State *L);

#endif
