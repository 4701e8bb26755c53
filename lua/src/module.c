/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The Lua policy language as Assay loads it: one exported table.
 *
 *   module.c    this table            stanza.c    options
 *   instance.c  interpreters made from one stanza, sessions dealt to them
 *   interp.c    one interpreter: taking turns, limits, the protected call
 *   session.c   a session in an interpreter; handle.c what scripts hold
 *   callout.c   phases and return values; registry.c the modules
 *   loader.c    script files and require; dialect.c, sandbox.c
 *   binding.c   the namespace msys; lua_*.c its tables and classes
 */
#include "instance.h"
#include "session.h"

static void message_close(void *instance, void *state)
{
    (void)instance;
    if (state)
        lassay_session_close_message(state);
}

static void session_close(void *instance, void *state)
{
    struct lassay_session *session = state;

    (void)instance;
    lassay_session_free(&session);
}

static const assay_language_ops lua_ops = {
    .struct_size = sizeof(assay_language_ops),
    .open = lassay_instance_open,
    .close = lassay_instance_close,
    .run = lassay_instance_run,
    .message_close = message_close,
    .session_close = session_close,
    .phases = lassay_instance_phases,
};

ASSAY_LANGUAGE_MODULE(.name = "lua", .version = "1.0",
                      .conf = &lassay_scriptlet_stanza, .ops = &lua_ops);
