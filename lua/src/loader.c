/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "binding.h"
#include "dialect.h"
#include "guard.h"
#include "interp.h"
#include "misspelt.h"
#include "registry.h"
#include "report.h"
#include "sandbox.h"

/* Upvalues of require. */
enum { UP_GLOBALS = 1, UP_LOADED, UP_FOLDER };

/* ---- files ------------------------------------------------------------- */

/* Fill text from a descriptor. @return 0 or an errno */
static int read_all(int fd, struct lassay_guard *text)
{
    struct stat info;
    ssize_t got;

    if (fstat(fd, &info) != 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    if (!S_ISREG(info.st_mode))
        return EINVAL;
    if (info.st_size > LASSAY_SOURCE_MAX)
        return EFBIG;
    text->text = malloc((size_t)info.st_size + 1);
    if (!text->text)
        return ENOMEM;
    while ((got = read(fd, text->text + text->len,
                       (size_t)info.st_size - text->len)) > 0)
        text->len += (size_t)got;
    return got < 0 ? errno : 0;
}

/* @return 0 or an errno */
static int read_file(const char *path, struct lassay_guard *text)
{
    /* A FIFO with the name of a script must not block us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int cause;

    if (fd < 0)
        return errno;
    cause = read_all(fd, text);
    close(fd);
    if (cause != 0)
        lassay_guard_release(text);
    return cause;
}

/* ---- names ------------------------------------------------------------- */

/* The name as a relative path without extension; no empty word, so neither
 * `..` nor a leading `/` is one. */
static bool name_to_path(const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    char previous = '/';

    if (len == 0 || len >= size)
        return false;
    for (size_t i = 0; i <= len; i++) {
        char c = name[i];

        if (c == '.')
            c = '/';
        if ((c == '/' || c == '\0') && previous == '/')
            return false;
        previous = out[i] = c;
    }
    return true;
}

/* Look beside the configuration, then among our own. The guard has the text
 * and path the place on success; else path is where it was expected. */
static int find_file(const struct lassay_interp *interp, const char *folder,
                     const char *relative, char path[PATH_MAX],
                     struct lassay_guard *text)
{
    const char *share = interp->options->share_path;
    char ours[PATH_MAX];
    int cause;

    snprintf(path, PATH_MAX, "%s/%s.lua", folder, relative);
    cause = read_file(path, text);
    if (cause != ENOENT || !share)
        return cause;
    snprintf(ours, sizeof ours, "%s/%s.lua", share, relative);
    if (read_file(ours, text) != 0)
        return cause;
    memcpy(path, ours, sizeof ours);
    return 0;
}

/* ---- compiling --------------------------------------------------------- */

/* Skip a byte-order mark and a `#!` line, but not its line end. */
static const char *skip_preamble(const struct lassay_guard *source)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *start = source->text;
    const char *end = start + source->len;

    if (source->len >= 3 && memcmp(start, mark, 3) == 0)
        start += 3;
    if (start < end && *start == '#') {
        start = memchr(start, '\n', (size_t)(end - start));
        return start ? start : end;
    }
    return start;
}

/* [-0, +1, e] Compile a script; its globals are the table at index. */
static void push_chunk(lua_State *L, const char *name, const char *folder,
                       int globals)
{
    char relative[LASSAY_SOURCE_NAME_MAX + 1];
    char path[PATH_MAX];
    struct lassay_guard *source;
    const char *start;
    int cause;

    globals = lua_absindex(L, globals);
    source = lassay_guard_push(L);
    if (!name_to_path(name, relative, sizeof relative))
        luaL_error(L,
                   "\"%s\" names no script: words joined by '.' or '/', "
                   "without extension, are needed",
                   name);
    cause = find_file(lassay_interp_of(L), folder, relative, path, source);
    if (cause != 0)
        luaL_error(L, "Unable to open '%s', errno=%d %s", path, cause,
                   strerrordesc_np(cause));
    lassay_dialect_translate(source->text, source->len);
    start = skip_preamble(source);
    lua_pushfstring(L, "@%s.lua", relative);
    if (luaL_loadbufferx(L, start, source->len - (size_t)(start - source->text),
                         lua_tostring(L, -1), "t") != LUA_OK)
        lua_error(L);
    lassay_guard_release(source);
    lua_pushvalue(L, globals);
    lua_setupvalue(L, -2, 1);
    lua_replace(L, -3); /* the guard */
    lua_pop(L, 1);
}

/* ---- require ----------------------------------------------------------- */

/* [-0, +1, e] Load a module from its file, and remember it. */
static void load_module(lua_State *L, const char *name)
{
    const char *folder = lua_tostring(L, lua_upvalueindex(UP_FOLDER));

    /* Until it is there: the mark of a module that requires itself. */
    lua_pushboolean(L, false);
    lua_setfield(L, lua_upvalueindex(UP_LOADED), name);
    push_chunk(L, name, folder, lua_upvalueindex(UP_GLOBALS));
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, lua_upvalueindex(UP_LOADED), name);
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    lassay_binding_push(L, name);
    if (!lua_isnil(L, -1))
        return 1;
    if (lua_getfield(L, lua_upvalueindex(UP_LOADED), name) == LUA_TNIL)
        load_module(L, name);
    else if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
        return luaL_error(L,
                          "module '%s' requires itself, or failed to load "
                          "before",
                          name);
    return 1;
}

/* ---- scripts ----------------------------------------------------------- */

static void warn_unused(lua_State *L, const struct lassay_interp *interp,
                        const char *module)
{
    if (interp->quiet)
        return;
    lua_pushfstring(L,
                    "no usable methods found for module %s in "
                    "registerModule call",
                    module);
    lassay_report_text(interp, ASSAY_LOG_WARN, "lua.module",
                       lua_tostring(L, -1));
    lua_pop(L, 1);
}

/* [-0, +0, m] Functions of a module that nobody will ever call, though their
 * names look as if somebody should. */
static void warn_misspelt(lua_State *L, const struct lassay_interp *interp,
                          size_t index)
{
    const char *module;

    if (interp->quiet)
        return;
    module = lassay_registry_push(L, index);
    lua_pop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        const char *meant =
            lua_isfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING
                ? lassay_misspelt(lua_tostring(L, -2))
                : NULL;

        if (meant) {
            lua_pushfstring(L,
                            "module %s: %s is no callout and is never "
                            "called; did you mean %s?",
                            module, lua_tostring(L, -2), meant);
            lassay_report_text(interp, ASSAY_LOG_WARN, "lua.ignored",
                               lua_tostring(L, -1));
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* A script without effect is worth a line in the log, and no more. */
static void check_modules(lua_State *L, const char *script, size_t first)
{
    const struct lassay_interp *interp = lassay_interp_of(L);

    if (interp->module_count == first)
        warn_unused(L, interp, script);
    for (size_t i = first; i < interp->module_count; i++) {
        if (!lassay_registry_is_usable(L, i)) {
            warn_unused(L, interp, lassay_registry_push(L, i));
            lua_pop(L, 2);
        }
        warn_misspelt(L, interp, i);
    }
}

int lassay_loader_run(lua_State *L)
{
    const struct lassay_script *script = lua_touserdata(L, 1);
    size_t first = lassay_interp_of(L)->module_count;

    lassay_sandbox_push_globals(L);
    lua_pushvalue(L, -1);
    lua_newtable(L);
    lua_pushstring(L, script->folder);
    lua_pushcclosure(L, require, 3);
    lua_setfield(L, -2, "require");
    push_chunk(L, script->source, script->folder, -1);
    lua_call(L, 0, 0);
    check_modules(L, script->name, first);
    return 0;
}
