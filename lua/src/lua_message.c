/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Methods and fields of messages (msg).
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <assay/verdict.h>

#include "binding.h"
#include "context.h"
#include "handle.h"
#include "header_value.h"
#include "interp.h"

#define DISCARD_DEFAULT "550 5.7.0 discarded by policy"
#define DISCARD_NO_CODE "550 5.7.1 [internal] discarded by policy"

/* ---- context ----------------------------------------------------------- */

/* [-0, +0, v] The dictionary of (msg, type, key). */
static assay_context *check_context(lua_State *L)
{
    const assay_call *call;

    lassay_check_message(L, 1);
    call = lassay_check_call(L);
    return lassay_check_context(L, 2, call);
}

static int message_context_get(lua_State *L)
{
    assay_context *context = check_context(L);

    lassay_push_context_value(L, context, luaL_checkstring(L, 3));
    return 1;
}

static int message_context_set(lua_State *L)
{
    lassay_set_context_value(L, check_context(L), 3);
    return 0;
}

/* Numbers and not booleans, as documented; 0 is true in Lua. */
static int message_context_exists(lua_State *L)
{
    assay_context *context = check_context(L);
    const char *key = luaL_checkstring(L, 3);

    lua_pushinteger(L, context && assay_context_get(context, key));
    return 1;
}

static int message_context_exists_and_get(lua_State *L)
{
    assay_context *context = check_context(L);
    const char *key = luaL_checkstring(L, 3);
    const char *value = context ? assay_context_get(context, key) : NULL;

    lua_pushinteger(L, value != NULL);
    lua_pushstring(L, value);
    return 2;
}

static int message_context_delete(lua_State *L)
{
    assay_context *context = check_context(L);
    const char *key = luaL_checkstring(L, 3);

    lua_pushinteger(L, context && assay_context_delete(context, key));
    return 1;
}

/* ---- headers ----------------------------------------------------------- */

static assay_rc find_header(void *where, const char *name, size_t index,
                            assay_bytes *value_out, assay_error *err)
{
    return assay_message_header(where, name, index, value_out, err);
}

static assay_edit_kind check_mode(lua_State *L, int index)
{
    static const char *const modes[] = {"replace", "prepend", "append", NULL};
    static const assay_edit_kind kinds[] = {
        ASSAY_EDIT_REPLACE, ASSAY_EDIT_PREPEND, ASSAY_EDIT_APPEND};

    return kinds[luaL_checkoption(L, index, "replace", modes)];
}

/* [-1, +0, v] Make an edit with the value on top of the stack. */
static void edit_with_top(lua_State *L, assay_message *message,
                          assay_edit_kind kind, const char *name)
{
    assay_error err = {0};
    size_t len;
    const char *value = luaL_tolstring(L, -1, &len);

    if (strlen(value) != len)
        luaL_error(L, "header value contains a NUL");
    lassay_push_encoded_value(L, value, len);
    lassay_check_rc(
        L, assay_message_edit(message, kind, name, lua_tostring(L, -1), &err),
        &err);
    lua_pop(L, 3);
}

static void delete_header(lua_State *L, assay_message *message,
                          const char *name)
{
    assay_error err = {0};

    lassay_check_rc(
        L, assay_message_edit(message, ASSAY_EDIT_DELETE, name, "", &err),
        &err);
}

/* The values of the table at index 3, so that they stand in its order. */
static void edit_with_table(lua_State *L, assay_message *message,
                            assay_edit_kind kind, const char *name)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, 3);

    if (kind == ASSAY_EDIT_REPLACE) {
        delete_header(L, message, name);
        kind = ASSAY_EDIT_APPEND;
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lassay_run_check_time(L);
        lua_rawgeti(L, 3, kind == ASSAY_EDIT_PREPEND ? count + 1 - i : i);
        edit_with_top(L, message, kind, name);
    }
}

/* header(name) reads, header(name, "") deletes, header(name, value, [mode])
 * sets; value may be an array. */
static int message_header(lua_State *L)
{
    assay_message *message = lassay_check_message(L, 1)->message;
    const char *name = luaL_checkstring(L, 2);
    assay_edit_kind kind = check_mode(L, 4);

    lua_settop(L, 3);
    if (lua_isnil(L, 3)) {
        lassay_push_header_values(L, find_header, message, name);
        return 1;
    }
    if (lua_istable(L, 3)) {
        edit_with_table(L, message, kind, name);
    } else {
        size_t len;

        luaL_checklstring(L, 3, &len);
        if (len == 0)
            delete_header(L, message, name);
        else
            edit_with_top(L, message, kind, name);
    }
    lua_pushboolean(L, true);
    return 1;
}

/* ---- envelope ---------------------------------------------------------- */

static int message_mailfrom(lua_State *L)
{
    const assay_message *message = lassay_check_message(L, 1)->message;

    luaL_argcheck(L, lua_isnoneornil(L, 2), 2, "the envelope is read-only");
    lua_pushstring(L, assay_message_sender(message));
    return 1;
}

/* [-0, +1, m] The recipient at hand: the session keeps it in the message
 * context; without it the last one that was accepted. */
static void push_recipient(lua_State *L, assay_message *message)
{
    const assay_context *context = assay_message_context(message);
    const char *local = assay_context_get(context, "rcptto_localpart");
    const char *domain = assay_context_get(context, "rcptto_domain");
    size_t count = assay_message_recipient_count(message);

    if (local && domain && domain[0])
        lua_pushfstring(L, "%s@%s", local, domain);
    else if (local)
        lua_pushstring(L, local);
    else
        lua_pushstring(
            L, count == 0 ? "" : assay_message_recipient(message, count - 1));
}

static int message_rcptto(lua_State *L)
{
    assay_message *message = lassay_check_message(L, 1)->message;

    luaL_argcheck(L, lua_isnoneornil(L, 2), 2, "the envelope is read-only");
    push_recipient(L, message);
    return 1;
}

/* [-0, +0, m] Give the ec_string at index a text. */
static void set_string(lua_State *L, int index, const char *text, size_t len)
{
    lua_pushlstring(L, text, len);
    lua_setiuservalue(L, index, 1);
}

/* get_envelope2(flags, localpart, domain): fills two ec_strings. */
static int message_get_envelope2(lua_State *L)
{
    assay_message *message = lassay_check_message(L, 1)->message;
    lua_Integer flags = luaL_checkinteger(L, 2);
    bool from = flags & LASSAY_ENVELOPE_FROM;
    bool to = flags & LASSAY_ENVELOPE_TO;
    const char *address, *at;

    luaL_argcheck(L, from != to, 2,
                  "either EC_MSG_ENV_FROM or EC_MSG_ENV_TO is needed");
    luaL_checkudata(L, 3, lassay_string_class.type);
    luaL_checkudata(L, 4, lassay_string_class.type);
    if (from)
        lua_pushstring(L, assay_message_sender(message));
    else
        push_recipient(L, message);
    address = lua_tostring(L, -1);
    at = strrchr(address, '@');
    if (flags & LASSAY_ENVELOPE_COMPLETE || !at)
        at = address + strlen(address);
    set_string(L, 3, address, (size_t)(at - address));
    if (*at == '@')
        at++;
    set_string(L, 4, at, strlen(at));
    return 0;
}

/* ---- the rest ---------------------------------------------------------- */

static int message_get_message_size(lua_State *L)
{
    const assay_message *message = lassay_check_message(L, 1)->message;

    lua_pushinteger(L, (lua_Integer)assay_message_size(message));
    return 1;
}

/* [-0, +0|1, m] Name what ended the walk over the tree. @return how many */
static int push_tree_limits(lua_State *L, const assay_message *message)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{ASSAY_LIMIT_PARTS, "parts"},
                 {ASSAY_LIMIT_DEPTH, "depth"},
                 {ASSAY_LIMIT_HEADERS, "headers"}};
    uint32_t limits = assay_message_tree_limits(message);
    const char *separator = "";

    if (limits == 0)
        return 0;
    lua_pushliteral(L, "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (limits & names[i].bit) {
            lua_pushfstring(L, "%s%s", separator, names[i].name);
            lua_concat(L, 2);
            separator = ", ";
        }
        limits &= ~names[i].bit;
    }
    if (limits != 0) {
        lua_pushfstring(L, "%sother", separator);
        lua_concat(L, 2);
    }
    return 1;
}

/* The tree, and what of it is missing: nothing more when it is whole, so that
 * f(msg:mime()) is a call with one argument. */
static int message_mime(lua_State *L)
{
    assay_message *message = lassay_check_message(L, 1)->message;
    assay_part *top = NULL;
    assay_error err = {0};

    luaL_argcheck(L, lua_isnoneornil(L, 2) || lua_toboolean(L, 2), 2,
                  "parts are read-only");
    lassay_check_rc(L, assay_message_root(message, &top, &err), &err);
    lassay_push_part(L, top, 1);
    return 1 + push_tree_limits(L, message);
}

static bool starts_with_code(const char *text)
{
    return strchr("245", text[0]) && text[0] != '\0' &&
           isdigit((unsigned char)text[1]) && isdigit((unsigned char)text[2]);
}

static int message_discard(lua_State *L)
{
    const char *reason;
    assay_error err = {0};

    lassay_check_message(L, 1);
    reason = luaL_optstring(L, 2, DISCARD_DEFAULT);
    if (!starts_with_code(reason))
        reason = DISCARD_NO_CODE;
    lassay_check_rc(
        L, assay_session_discard(lassay_check_call(L)->session, reason, &err),
        &err);
    return 0;
}

static int message_field(lua_State *L)
{
    if (strcmp(lua_tostring(L, 2), "id") == 0)
        lua_pushstring(L,
                       assay_message_id(lassay_check_message(L, 1)->message));
    else
        lua_pushnil(L);
    return 1;
}

static const luaL_Reg message_methods[] = {
    {"context_delete", message_context_delete},
    {"context_exists", message_context_exists},
    {"context_exists_and_get", message_context_exists_and_get},
    {"context_get", message_context_get},
    {"context_set", message_context_set},
    {"discard", message_discard},
    {"get_envelope2", message_get_envelope2},
    {"get_message_size", message_get_message_size},
    {"header", message_header},
    {"mailfrom", message_mailfrom},
    {"mime", message_mime},
    {"rcptto", message_rcptto},
    {NULL, NULL},
};

static const char *const message_fields[] = {"id", NULL};

const struct lassay_class lassay_message_class = {
    .type = "msys.core:_ec_message",
    .manual = "msg",
    .methods = message_methods,
    .fields = message_fields,
    .get_field = message_field,
};
