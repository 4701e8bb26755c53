/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "lua_string.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "interp.h"
#include "pattern.h"

#define SPECIALS "^$*+?.([%-"

/* ---- find and match ---------------------------------------------------- */

/* The offset that the argument at index (counted from 1, or from the end)
 * means; len + 1 when it is behind the end. */
static size_t check_start(lua_State *L, int index, size_t len)
{
    lua_Integer start = luaL_optinteger(L, index, 1);

    if (start > 0)
        return (size_t)start - 1 > len ? len + 1 : (size_t)start - 1;
    if (start == 0 || start < -(lua_Integer)len)
        return 0;
    return len - (size_t)-start;
}

static void match_init(struct lassay_match *match, lua_State *L,
                       const char *subject, size_t subject_len,
                       const char *pattern, size_t pattern_len)
{
    match->L = L;
    match->subject = subject;
    match->subject_end = subject + subject_len;
    match->pattern_end = pattern + pattern_len;
    match->steps = 0;
}

/* Try each place from start on. @return the end; *start moves to the match */
static const char *search(struct lassay_match *match, const char **start,
                          const char *pattern)
{
    bool anchored = *pattern == '^' && pattern < match->pattern_end;

    if (anchored)
        pattern++;
    for (const char *s = *start; s <= match->subject_end; s++) {
        const char *end = lassay_match_at(match, s, pattern);

        if (end) {
            *start = s;
            return end;
        }
        if (anchored)
            break;
    }
    return NULL;
}

static bool is_plain(const char *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (pattern[i] != '\0' && strchr(SPECIALS, pattern[i]))
            return false;
    return true;
}

/* [-0, +1 or +2] */
static int find_plain(lua_State *L, const char *subject, size_t len,
                      size_t start, const char *text, size_t text_len)
{
    const char *found = memmem(subject + start, len - start, text, text_len);

    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - subject + 1);
    lua_pushinteger(L, found - subject + (lua_Integer)text_len);
    return 2;
}

static int find_or_match(lua_State *L, bool find)
{
    size_t len, pattern_len;
    const char *subject = luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    size_t start = check_start(L, 3, len);
    struct lassay_match match;
    const char *at, *end;

    if (start > len) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_len)))
        return find_plain(L, subject, len, start, pattern, pattern_len);
    match_init(&match, L, subject, len, pattern, pattern_len);
    at = subject + start;
    end = search(&match, &at, pattern);
    if (!end) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return lassay_match_push_all(&match, at, end);
    lua_pushinteger(L, at - subject + 1);
    lua_pushinteger(L, end - subject);
    return 2 + lassay_match_push_all(&match, NULL, NULL);
}

static int string_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int string_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* ---- gmatch ------------------------------------------------------------ */

/* Points into the strings that the iterator has as upvalues. */
struct walk {
    const char *at, *pattern;
    const char *last_end; /* an empty match may not follow at once */
    struct lassay_match match;
};

static int gmatch_next(lua_State *L)
{
    struct walk *walk = lua_touserdata(L, lua_upvalueindex(3));
    struct lassay_match *match = &walk->match;

    match->L = L;
    for (const char *s = walk->at; s <= match->subject_end; s++) {
        const char *end = lassay_match_at(match, s, walk->pattern);

        if (end && end != walk->last_end) {
            walk->at = walk->last_end = end;
            return lassay_match_push_all(match, s, end);
        }
    }
    return 0;
}

static int string_gmatch(lua_State *L)
{
    size_t len, pattern_len;
    const char *subject = luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    size_t start = check_start(L, 3, len);
    struct walk *walk;

    lua_settop(L, 2);
    walk = lua_newuserdatauv(L, sizeof *walk, 0);
    match_init(&walk->match, L, subject, len, pattern, pattern_len);
    walk->at = subject + start; /* one past the end when behind it */
    walk->pattern = pattern;
    walk->last_end = NULL;
    lua_pushcclosure(L, gmatch_next, 3);
    return 1;
}

/* ---- gsub -------------------------------------------------------------- */

/* [-0, +0, v] Append the replacement text at index 3: %0 to %9, %%. */
static void add_text(struct lassay_match *match, luaL_Buffer *out,
                     const char *start, const char *end)
{
    lua_State *L = match->L;
    size_t len;
    const char *text = lua_tolstring(L, 3, &len);

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            luaL_addchar(out, text[i]);
            continue;
        }
        i++;
        if (i < len && text[i] == '%') {
            luaL_addchar(out, '%');
        } else if (i < len && text[i] == '0') {
            luaL_addlstring(out, start, (size_t)(end - start));
        } else if (i < len && isdigit((unsigned char)text[i])) {
            lassay_match_push(match, text[i] - '1', start, end);
            luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

/* [-0, +0, e] Append what a function or table makes of the match; false and
 * nil keep its text. */
static void add_result(struct lassay_match *match, luaL_Buffer *out,
                       const char *start, const char *end)
{
    lua_State *L = match->L;

    if (lua_isfunction(L, 3)) {
        lua_pushvalue(L, 3);
        lua_call(L, lassay_match_push_all(match, start, end), 1);
    } else {
        lassay_match_push(match, 0, start, end);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, start, (size_t)(end - start));
        return;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
}

static void check_replacement(lua_State *L)
{
    int type = lua_type(L, 3);

    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING ||
                         type == LUA_TFUNCTION || type == LUA_TTABLE,
                     3, "string/function/table");
    if (type == LUA_TNUMBER)
        lua_tostring(L, 3);
}

/* Append the subject with its matches replaced. @return their number */
static lua_Integer substitute(struct lassay_match *match, luaL_Buffer *out,
                              const char *pattern, lua_Integer max)
{
    bool anchored = *pattern == '^' && pattern < match->pattern_end;
    bool is_text = lua_type(match->L, 3) == LUA_TSTRING;
    const char *at = match->subject;
    const char *last_end = NULL;
    lua_Integer count = 0;

    pattern += anchored;
    while (count < max) {
        const char *end = lassay_match_at(match, at, pattern);

        if (end && end != last_end) {
            count++;
            if (is_text)
                add_text(match, out, at, end);
            else
                add_result(match, out, at, end);
            at = last_end = end;
        } else if (at < match->subject_end) {
            luaL_addchar(out, *at++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(out, at, (size_t)(match->subject_end - at));
    return count;
}

static int string_gsub(lua_State *L)
{
    size_t len, pattern_len;
    const char *subject = luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    lua_Integer max, count;
    struct lassay_match match;
    luaL_Buffer out;

    check_replacement(L);
    max = luaL_optinteger(L, 4, (lua_Integer)len + 1);
    match_init(&match, L, subject, len, pattern, pattern_len);
    luaL_buffinit(L, &out);
    count = substitute(&match, &out, pattern, max);
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

/* ---- rep --------------------------------------------------------------- */

/* The stock one counts to n even when there is nothing to copy. */
static int string_rep(lua_State *L)
{
    size_t len, separator_len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &separator_len);
    size_t total;
    luaL_Buffer out;
    char *to;

    if (count <= 0 || len + separator_len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (len + separator_len < len ||
        __builtin_mul_overflow(len + separator_len, (size_t)count, &total) ||
        total > INT_MAX)
        return luaL_error(L, "resulting string too large");
    total -= separator_len;
    to = luaL_buffinitsize(L, &out, total);
    while (count-- > 0) {
        memcpy(to, text, len);
        to += len;
        if (count > 0) {
            memcpy(to, separator, separator_len);
            to += separator_len;
        }
    }
    luaL_pushresultsize(&out, total);
    return 1;
}

const luaL_Reg lassay_string_functions[] = {
    {"find", string_find},   {"gmatch", string_gmatch}, {"gsub", string_gsub},
    {"match", string_match}, {"rep", string_rep},       {NULL, NULL},
};
