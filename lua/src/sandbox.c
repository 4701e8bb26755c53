/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "sandbox.h"

#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "interp.h"
#include "lua_string.h"
#include "report.h"

static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},       {LUA_STRLIBNAME, luaopen_string},
    {LUA_TABLIBNAME, luaopen_table}, {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_COLIBNAME, luaopen_coroutine},
    {LUA_OSLIBNAME, luaopen_os},     {NULL, NULL},
};

static const char *const forbidden_globals[] = {
    "dofile", "loadfile", "load", "warn", NULL,
};

static const char *const allowed_os[] = {
    "clock", "date", "difftime", "time", NULL,
};

/* The message handler of the stock xpcall would run inside the time-out hook,
 * with hooks off; this one runs after the stack is unwound. */
static const char prelude[] = "local pcall = pcall\n"
                              "local function finish(handler, ok, ...)\n"
                              "    if ok then return true, ... end\n"
                              "    return false, handler(...)\n"
                              "end\n"
                              "function xpcall(f, handler, ...)\n"
                              "    return finish(handler, pcall(f, ...))\n"
                              "end\n";

/* A log line: what does not fit is cut. */
struct line {
    char text[ASSAY_LOG_LINE_MAX];
    size_t len;
};

static void add_char(struct line *line, char c)
{
    if (line->len < sizeof line->text - 1)
        line->text[line->len++] = c;
    line->text[line->len] = '\0';
}

/* The letter that stands for c behind a backslash, or NULL. */
static const char *escape_of(char c)
{
    switch (c) {
    case '\n':
        return "n";
    case '\r':
        return "r";
    case '\0':
        return "0";
    default:
        return NULL;
    }
}

/* Line ends would split the event, and a NUL would end it. */
static void add_visible(struct line *line, const char *text, size_t len)
{
    /* Each character fills one place at least. */
    if (len > sizeof line->text)
        len = sizeof line->text;
    for (size_t i = 0; i < len; i++) {
        const char *name = escape_of(text[i]);

        if (name) {
            add_char(line, '\\');
            add_char(line, *name);
        } else {
            add_char(line, text[i]);
        }
    }
}

/* print(...): one event, the arguments joined with tabs. */
static int print(lua_State *L)
{
    const struct lassay_interp *interp = lassay_interp_of(L);
    int count = lua_gettop(L);
    struct line line = {.len = 0};

    for (int i = 1; i <= count; i++) {
        size_t len;
        const char *text = luaL_tolstring(L, i, &len);

        if (i > 1)
            add_char(&line, '\t');
        add_visible(&line, text, len);
        lua_pop(L, 1);
    }
    if (!interp->quiet)
        lassay_report_text(interp, ASSAY_LOG_INFO, "lua.print", line.text);
    return 0;
}

static int set_metatable(lua_State *L)
{
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_argerror(L, 2, "__gc is not available to scripts");
        lua_pop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* The heap is shared by sessions: a script may look at it, and no more. */
static int collect_garbage(lua_State *L)
{
    static const char *const options[] = {"collect", "count", "step", NULL};
    int kilobytes;

    switch (luaL_checkoption(L, 1, "collect", options)) {
    case 0:
        lua_pushinteger(L, lua_gc(L, LUA_GCCOLLECT));
        return 1;
    case 1:
        kilobytes = lua_gc(L, LUA_GCCOUNT);
        lua_pushnumber(L, kilobytes + lua_gc(L, LUA_GCCOUNTB) / 1024.0);
        return 1;
    default:
        lua_pushboolean(L, lua_gc(L, LUA_GCSTEP, 0));
        return 1;
    }
}

/* load(chunk, name, mode, env): text only, and by default with the globals of
 * the script. Upvalues: the stock one, the globals. */
static int load_text(lua_State *L)
{
    bool has_env = !lua_isnone(L, 4);

    lua_settop(L, 4);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    if (!has_env) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_replace(L, 4);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 4, LUA_MULTRET);
    return lua_gettop(L);
}

/* Replace a field of the table at the top by a closure over its old value. */
static void wrap(lua_State *L, const char *name, lua_CFunction wrapper)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}

static void restrict_string(lua_State *L)
{
    lua_getglobal(L, LUA_STRLIBNAME);
    luaL_setfuncs(L, lassay_string_functions, 0);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_pop(L, 1);
}

static void restrict_os(lua_State *L)
{
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_newtable(L);
    for (int i = 0; allowed_os[i]; i++) {
        lua_getfield(L, -2, allowed_os[i]);
        lua_setfield(L, -2, allowed_os[i]);
    }
    lua_setglobal(L, LUA_OSLIBNAME);
    lua_pop(L, 1);
}

static void restrict_base(lua_State *L)
{
    lua_pushglobaltable(L);
    /* Kept for load_text, out of reach of scripts. */
    lua_getfield(L, -1, "load");
    lua_rawsetp(L, LUA_REGISTRYINDEX, forbidden_globals);
    wrap(L, "setmetatable", set_metatable);
    lua_pushcfunction(L, print);
    lua_setfield(L, -2, "print");
    lua_pushcfunction(L, collect_garbage);
    lua_setfield(L, -2, "collectgarbage");
    for (int i = 0; forbidden_globals[i]; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, forbidden_globals[i]);
    }
    lua_pop(L, 1);
}

void lassay_sandbox_open(lua_State *L)
{
    for (const luaL_Reg *library = libraries; library->name; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    restrict_base(L);
    restrict_string(L);
    restrict_os(L);
    if (luaL_loadbufferx(L, prelude, sizeof prelude - 1, "=prelude", "t") !=
        LUA_OK)
        lua_error(L);
    lua_call(L, 0, 0);
}

void lassay_sandbox_push_globals(lua_State *L)
{
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, LUA_GNAME);
    lua_rawgetp(L, LUA_REGISTRYINDEX, forbidden_globals);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, load_text, 2);
    lua_setfield(L, -2, "load");
    lua_createtable(L, 0, 2);
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}
