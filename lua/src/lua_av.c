/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.av: scanning from a script.
 */
#include "binding.h"
#include "handle.h"
#include "interp.h"

enum lassay_av_status lassay_av_status(assay_status status)
{
    switch (status) {
    case ASSAY_STATUS_CLEAN:
    case ASSAY_STATUS_SKIPPED:
        return LASSAY_AV_CLEAN;
    case ASSAY_STATUS_INFECTED:
        return LASSAY_AV_INFECTED;
    case ASSAY_STATUS_UNSCANNABLE:
        return LASSAY_AV_UNSCANNABLE;
    case ASSAY_STATUS_NOT_SUITABLE:
        return LASSAY_AV_NOT_SUITABLE_FOR_STREAMING;
    case ASSAY_STATUS_NO_ENGINE:
        return LASSAY_AV_NO_ENGINE;
    case ASSAY_STATUS_NAME_TOO_LONG:
        return LASSAY_AV_NAME_TOO_LONG;
    case ASSAY_STATUS_PART_IS_CONTAINER:
        return LASSAY_AV_PART_IS_CONTAINER;
    case ASSAY_STATUS_ERROR:
        break;
    }
    return LASSAY_AV_ERROR;
}

/* [-0, +4, m] status, info, engine that found a threat or nil, scan code or
 * nil */
static int push_verdict(lua_State *L, const assay_verdict *verdict)
{
    const char *info = verdict->info;

    if (verdict->status == ASSAY_STATUS_SKIPPED && info[0] == '\0')
        info = "skipped";
    lua_pushinteger(L, lassay_av_status(verdict->status));
    lua_pushstring(L, info);
    lua_pushstring(L, verdict->status == ASSAY_STATUS_INFECTED ? verdict->engine
                                                               : NULL);
    lua_pushstring(L, verdict->scan_code[0] ? verdict->scan_code : NULL);
    return 4;
}

/* Other sessions use the interpreter while this one waits. Nothing in here
 * throws before the interpreter is ours again. */
static int scan(lua_State *L, const assay_call *call,
                const assay_scan_request *request)
{
    struct lassay_interp *interp = lassay_interp_of(L);
    struct lassay_run *run = interp->run;
    assay_verdict verdict = {0};

    lassay_run_pause(run, interp);
    assay_session_scan(call->session, request, &verdict);
    lassay_run_resume(run, interp);
    return push_verdict(L, &verdict);
}

/* [-0, +0, v] The callout, if it comes with a message that has arrived. */
static const assay_call *check_phase(lua_State *L)
{
    const assay_call *call = lassay_check_call(L);

    if (!call->message || call->phase < ASSAY_PHASE_DATA)
        luaL_error(L, "no message to scan in this phase");
    return call;
}

/* scan([engine], [msg], [vctx]) */
static int av_scan(lua_State *L)
{
    const assay_call *call = check_phase(L);
    assay_scan_request request = {.message = call->message};

    request.engine = luaL_optstring(L, 1, NULL);
    if (!lua_isnoneornil(L, 2))
        request.message = lassay_check_message(L, 2)->message;
    if (!lua_isnoneornil(L, 3))
        lassay_check_vctx(L, 3);
    return scan(L, call, &request);
}

/* [-0, +0, v] A part, or the top part of a message. */
static assay_part *check_part_or_message(lua_State *L, int index)
{
    assay_error err = {0};
    assay_part *top = NULL;

    if (!luaL_testudata(L, index, lassay_message_class.type))
        return lassay_check_part(L, index)->part;
    lassay_check_rc(
        L,
        assay_message_root(lassay_check_message(L, index)->message, &top, &err),
        &err);
    return top;
}

/* scan_part(part, [engine], [vctx]) */
static int av_scan_part(lua_State *L)
{
    const assay_call *call = check_phase(L);
    assay_scan_request request = {.part = check_part_or_message(L, 1)};

    request.engine = luaL_optstring(L, 2, NULL);
    if (!lua_isnoneornil(L, 3))
        lassay_check_vctx(L, 3);
    return scan(L, call, &request);
}

static int av_engines(lua_State *L)
{
    const assay_call *call = lassay_check_call(L);
    const char *name;

    lua_newtable(L);
    for (size_t i = 0; (name = assay_session_engine(call->session, i)); i++) {
        lua_pushstring(L, name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg av_functions[] = {
    {"engines", av_engines},
    {"scan", av_scan},
    {"scan_part", av_scan_part},
    {NULL, NULL},
};

static const struct lassay_constant av_constants[] = {
    {"EC_AV_CLEAN", LASSAY_AV_CLEAN},
    {"EC_AV_INFECTED", LASSAY_AV_INFECTED},
    {"EC_AV_UNSCANNABLE", LASSAY_AV_UNSCANNABLE},
    {"EC_AV_ERROR", LASSAY_AV_ERROR},
    {"EC_AV_NOT_SUITABLE_FOR_STREAMING", LASSAY_AV_NOT_SUITABLE_FOR_STREAMING},
    {"EC_AV_NO_ENGINE", LASSAY_AV_NO_ENGINE},
    {"EC_AV_NAME_TOO_LONG", LASSAY_AV_NAME_TOO_LONG},
    {"EC_AV_PART_IS_CONTAINER", LASSAY_AV_PART_IS_CONTAINER},
    {NULL, 0},
};

const struct lassay_namespace lassay_av_namespace = {
    .name = "msys.av",
    .functions = av_functions,
    .constants = av_constants,
};
