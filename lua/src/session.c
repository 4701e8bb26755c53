/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "session.h"

#include <stdlib.h>

#include <lauxlib.h>

#include "callout.h"
#include "handle.h"
#include "registry.h"

struct lassay_session {
    struct lassay_interp *interp; /* set once */
    /* The rest belongs to the owner of the interpreter. */
    lua_State *thread;
    int ref;                        /* of the session's table */
    struct lassay_peer *vctx;       /* anchored in the table, as are these */
    struct lassay_peer *accept;     /* NULL: not made */
    struct lassay_message *message; /* NULL: none open */
};

/* ---- the table --------------------------------------------------------- */

void lassay_session_push(lua_State *L, const struct lassay_session *session,
                         enum lassay_slot slot)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, session->ref);
    lua_rawgeti(L, -1, slot);
    lua_remove(L, -2);
}

const char *lassay_session_push_self(lua_State *L,
                                     const struct lassay_session *session,
                                     size_t module)
{
    const char *name = lassay_registry_push(L, module);
    lua_Integer slot = LASSAY_SLOT_SELF + (lua_Integer)module;

    lua_rawgeti(L, LUA_REGISTRYINDEX, session->ref);
    if (lua_rawgeti(L, -1, slot) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -3);
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, slot);
    }
    /* table, metatable, session's table, self */
    lua_replace(L, -4);
    lua_pop(L, 2);
    return name;
}

/* ---- the message handle ------------------------------------------------ */

static void close_message(struct lassay_session *session)
{
    if (session->message)
        session->message->message = NULL;
    session->message = NULL;
}

void lassay_session_see_message(lua_State *L, struct lassay_session *session,
                                assay_message *message)
{
    struct lassay_message *handle;

    if (session->message && session->message->message == message)
        return;
    close_message(session);
    if (!message)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, session->ref);
    handle = lassay_push_message(L, message, session);
    lua_rawseti(L, -2, LASSAY_SLOT_MESSAGE);
    session->message = handle; /* from here on it can be closed */
    lua_pop(L, 1);
}

void lassay_session_close_message(struct lassay_session *session)
{
    lassay_interp_take(session->interp);
    close_message(session);
    lassay_interp_give(session->interp);
}

/* ---- life -------------------------------------------------------------- */

/* Body of a run in the main thread; index 1 is the session. */
static int build(lua_State *L)
{
    struct lassay_session *session = lua_touserdata(L, 1);
    size_t modules = lassay_interp_of(L)->module_count;
    lua_State *thread;
    struct lassay_peer *vctx, *accept;

    lua_createtable(L, LASSAY_SLOT_SELF - 1 + (int)modules, 0);
    thread = lua_newthread(L);
    lua_rawseti(L, -2, LASSAY_SLOT_THREAD);
    vctx = lassay_push_peer(L, &lassay_vctx_class, session);
    lua_rawseti(L, -2, LASSAY_SLOT_VCTX);
    accept = lassay_push_peer(L, &lassay_accept_class, session);
    lua_rawseti(L, -2, LASSAY_SLOT_ACCEPT);
    session->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    session->thread = thread;
    session->vctx = vctx;
    session->accept = accept;
    return 0;
}

assay_rc lassay_session_new(struct lassay_interp *interp,
                            struct lassay_session **out, assay_error *err)
{
    struct lassay_session *session = calloc(1, sizeof *session);
    struct lassay_run run = {.script = "session"};
    assay_rc rc;

    if (!session)
        return assay_error_set(err, ASSAY_E_NOMEM, "lua: no session");
    session->interp = interp;
    session->ref = LUA_NOREF;
    lassay_interp_take(interp);
    rc = lassay_run_call(&run, interp->L, build, session, err);
    lassay_interp_give(interp);
    if (rc != ASSAY_OK) {
        lassay_session_free(&session);
        return rc;
    }
    *out = session;
    return ASSAY_OK;
}

void lassay_session_free(struct lassay_session **session)
{
    struct lassay_session *old = *session;

    if (!old)
        return;
    *session = NULL;
    lassay_interp_take(old->interp);
    if (old->thread) { /* it was built in full */
        close_message(old);
        old->vctx->session = NULL;
        old->accept->session = NULL;
        luaL_unref(old->interp->L, LUA_REGISTRYINDEX, old->ref);
    }
    lassay_interp_give(old->interp);
    free(old);
}

assay_rc lassay_session_run(struct lassay_session *session,
                            const assay_call *call, assay_flow *flow_out,
                            assay_error *err)
{
    struct lassay_phase phase = {.session = session};
    struct lassay_run run = {.session = session, .call = call};
    assay_rc rc;

    lassay_interp_take(session->interp);
    rc =
        lassay_run_call(&run, session->thread, lassay_callout_run, &phase, err);
    lassay_interp_give(session->interp);
    if (rc == ASSAY_OK)
        *flow_out = phase.flow;
    return rc;
}
