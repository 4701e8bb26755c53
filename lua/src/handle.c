/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "handle.h"

#include "interp.h"

const struct lassay_class *const lassay_classes[] = {
    &lassay_message_class, &lassay_part_class,   &lassay_vctx_class,
    &lassay_accept_class,  &lassay_string_class, NULL,
};

/* __index: upvalue 1 is the table of methods, upvalue 2 the field getter or
 * nil. Unknown names are nil, as in any table. */
static int handle_index(lua_State *L)
{
    lua_CFunction get_field = lua_tocfunction(L, lua_upvalueindex(2));

    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL || !get_field)
        return 1;
    if (lua_type(L, 2) != LUA_TSTRING)
        return 1;
    lua_settop(L, 2);
    return get_field(L);
}

static int handle_tostring(lua_State *L)
{
    lua_pushfstring(L, "%s: %p", lua_tostring(L, lua_upvalueindex(1)),
                    lua_touserdata(L, 1));
    return 1;
}

static void open_class(lua_State *L, const struct lassay_class *class_)
{
    luaL_newmetatable(L, class_->type);
    lua_pushstring(L, class_->type);
    lua_pushcclosure(L, handle_tostring, 1);
    lua_setfield(L, -2, "__tostring");
    if (class_->operators)
        luaL_setfuncs(L, class_->operators, 0);
    lua_newtable(L);
    luaL_setfuncs(L, class_->methods, 0);
    if (class_->get_field)
        lua_pushcfunction(L, class_->get_field);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, handle_index, 2);
    lua_setfield(L, -2, "__index");
    /* Scripts cannot reach, and so not break, what other scripts rely on. */
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void lassay_handle_open(lua_State *L)
{
    for (int i = 0; lassay_classes[i]; i++)
        open_class(L, lassay_classes[i]);
}

struct lassay_message *lassay_push_message(lua_State *L, assay_message *message,
                                           struct lassay_session *session)
{
    struct lassay_message *handle = lua_newuserdatauv(L, sizeof *handle, 0);

    handle->message = NULL;
    luaL_setmetatable(L, lassay_message_class.type);
    handle->message = message;
    handle->session = session;
    return handle;
}

struct lassay_peer *lassay_push_peer(lua_State *L,
                                     const struct lassay_class *class_,
                                     struct lassay_session *session)
{
    struct lassay_peer *handle = lua_newuserdatauv(L, sizeof *handle, 0);

    handle->session = NULL;
    luaL_setmetatable(L, class_->type);
    handle->session = session;
    return handle;
}

void lassay_push_part(lua_State *L, assay_part *part, int owner_index)
{
    struct lassay_part *handle;

    if (!part) {
        lua_pushnil(L);
        return;
    }
    owner_index = lua_absindex(L, owner_index);
    handle = lua_newuserdatauv(L, sizeof *handle, 1);
    handle->owner = lua_touserdata(L, owner_index);
    handle->part = part;
    lua_pushvalue(L, owner_index);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, lassay_part_class.type);
}

const assay_call *lassay_check_call(lua_State *L)
{
    const struct lassay_run *run = lassay_run_of(L);

    if (!run->call)
        luaL_error(L, "there is no session while scripts load");
    return run->call;
}

static void check_message_open(lua_State *L,
                               const struct lassay_message *handle)
{
    if (!handle->message)
        luaL_error(L, "message is closed");
    if (handle->session != lassay_run_of(L)->session)
        luaL_error(L, "message belongs to another session");
}

struct lassay_message *lassay_check_message(lua_State *L, int index)
{
    struct lassay_message *handle =
        luaL_checkudata(L, index, lassay_message_class.type);

    check_message_open(L, handle);
    return handle;
}

struct lassay_part *lassay_check_part(lua_State *L, int index)
{
    struct lassay_part *handle =
        luaL_checkudata(L, index, lassay_part_class.type);

    check_message_open(L, handle->owner);
    return handle;
}

static const assay_call *check_peer(lua_State *L, int index,
                                    const struct lassay_class *class_)
{
    const struct lassay_peer *handle = luaL_checkudata(L, index, class_->type);

    if (!handle->session)
        luaL_error(L, "session is closed");
    if (handle->session != lassay_run_of(L)->session)
        luaL_error(L, "%s belongs to another session", class_->manual);
    return lassay_run_of(L)->call;
}

const assay_call *lassay_check_vctx(lua_State *L, int index)
{
    return check_peer(L, index, &lassay_vctx_class);
}

const assay_call *lassay_check_accept(lua_State *L, int index)
{
    return check_peer(L, index, &lassay_accept_class);
}
