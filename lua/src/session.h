/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A session's side in an interpreter: a Lua thread, handles, self tables.
 *
 * All of it hangs on one table in the Lua registry; C keeps plain pointers to
 * the handles, so that closing them needs no Lua and cannot fail.
 */
#ifndef ASSAY_LUA_SESSION_H
#define ASSAY_LUA_SESSION_H

#include "interp.h"

struct lassay_message;
struct lassay_peer;

/** Places in the session's table; self tables of modules follow. */
enum lassay_slot {
    LASSAY_SLOT_THREAD = 1,
    LASSAY_SLOT_VCTX,
    LASSAY_SLOT_ACCEPT,
    LASSAY_SLOT_MESSAGE,
    LASSAY_SLOT_SELF
};

/** Bind a new session to an interpreter. */
assay_rc lassay_session_new(struct lassay_interp *interp,
                            struct lassay_session **out, assay_error *err);
/** Close all its handles. Waits for the interpreter. Accepts NULL. */
void lassay_session_free(struct lassay_session **session);

/** Run a phase. @return ASSAY_OK; ASSAY_E_SCRIPT */
assay_rc lassay_session_run(struct lassay_session *session,
                            const assay_call *call, assay_flow *flow_out,
                            assay_error *err);
/** Close the handle of the message. Waits for the interpreter. */
void lassay_session_close_message(struct lassay_session *session);

/* [-0, +0, m] Make the handle of the message in progress; NULL closes. */
void lassay_session_see_message(lua_State *L, struct lassay_session *session,
                                assay_message *message);
/* [-0, +1, -] */
void lassay_session_push(lua_State *L, const struct lassay_session *session,
                         enum lassay_slot slot);
/* [-0, +1, m] The self table of a module. @return the module's name */
const char *lassay_session_push_self(lua_State *L,
                                     const struct lassay_session *session,
                                     size_t module);

#endif
