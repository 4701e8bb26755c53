/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Our pattern matching against that of the Lua library.
 */
#include <stdint.h>
#include <string.h>

#include <check.h>
#include <lauxlib.h>
#include <lualib.h>

#include "fixture.h"
#include "interp.h"
#include "lua_string.h"

static const struct lassay_options options = {.time_limit_ms = 1000};
static struct lassay_run run = {.end_ns = INT64_MAX};
static struct lassay_interp interp = {.options = &options, .run = &run};
static lua_State *L;

/* A stock state; `ours` has our functions. */
static void setup(void)
{
    L = luaL_newstate();
    ck_assert_ptr_nonnull(L);
    *(struct lassay_interp **)lua_getextraspace(L) = &interp;
    luaL_openlibs(L);
    lua_newtable(L);
    luaL_setfuncs(L, lassay_string_functions, 0);
    lua_setglobal(L, "ours");
}

static void teardown(void)
{
    lua_close(L);
}

/* Calls a function of both libraries and compares all they do. */
static const char harness[] =
    "local function show(...)\n"
    "  local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = type(t[i]) .. ':' .. tostring(t[i]) end\n"
    "  return table.concat(t, ' ')\n"
    "end\n"
    "local function collect(lib, s, p, init)\n"
    "  local t = {}\n"
    "  for a, b, c in lib.gmatch(s, p, init) do\n"
    "    t[#t + 1] = show(a, b, c)\n"
    "    if #t > 50 then break end\n"
    "  end\n"
    "  return table.concat(t, '|')\n"
    "end\n"
    "local function outcome(f, ...)\n"
    "  local t = table.pack(pcall(f, ...))\n"
    "  if not t[1] then\n"
    "    return 'error ' .. tostring(t[2]):gsub(\" to '.-'\", '')\n"
    "  end\n"
    "  return show(table.unpack(t, 1, t.n))\n"
    "end\n"
    "function compare(name, ...)\n"
    "  local a, b\n"
    "  if name == 'gmatch' then\n"
    "    a = outcome(collect, string, ...)\n"
    "    b = outcome(collect, ours, ...)\n"
    "  else\n"
    "    a = outcome(string[name], ...)\n"
    "    b = outcome(ours[name], ...)\n"
    "  end\n"
    "  if a ~= b then\n"
    "    error(string.format('%s(%s)\\nwant %s\\ngot  %s', name,\n"
    "      show(...), a, b), 0)\n"
    "  end\n"
    "end\n";

static void run_script(const char *script)
{
    ck_assert_msg(luaL_dostring(L, harness) == LUA_OK, "%s",
                  lua_tostring(L, -1));
    ck_assert_msg(luaL_dostring(L, script) == LUA_OK, "%s",
                  lua_tostring(L, -1));
}

static const char *const cases[] = {
    /* arguments */
    "compare('find')",
    "compare('find', 'x')",
    "compare('find', {}, 'x')",
    "compare('find', 'x', 'x', {})",
    "compare('find', 12321, 2)",
    "compare('match', 12321, '(2)')",
    "compare('find', 'abc', 'b', -1)",
    "compare('find', 'abc', 'b', -10)",
    "compare('find', 'abc', '', 4)",
    "compare('find', 'abc', '', 5)",
    "compare('find', 'abc', '', 10)",
    "compare('match', 'abc', '', math.maxinteger)",
    "compare('match', 'abc', '.', math.mininteger)",
    "compare('find', 'a.c', '.', 1, true)",
    "compare('find', 'a.c', '.c', 1, true)",
    "compare('find', 'a\\0b', '\\0')",
    "compare('find', 'a\\0b', '[%z\\0]b')",
    "compare('match', 'a\\0b', '.\\0.')",
    /* malformed patterns */
    "compare('find', 'a', '%')",
    "compare('find', 'a', '[')",
    "compare('find', 'a', '[^')",
    "compare('find', 'a', '[a')",
    "compare('find', 'a', '[%')",
    "compare('find', 'a', '[a%')",
    "compare('find', 'a', '[]')",
    "compare('find', 'a', '(')",
    "compare('find', 'a', ')')",
    "compare('find', 'a', '(()')",
    "compare('match', 'a', '(a')",
    "compare('find', 'a', '%1')",
    "compare('find', 'a', '(%1)')",
    "compare('find', 'aa', '()%1')",
    "compare('find', 'a', '%0')",
    "compare('find', 'a', '%b')",
    "compare('find', 'a', '%bx')",
    "compare('find', 'a', '%f')",
    "compare('find', 'a', '%fa')",
    "compare('find', 'a', ('(a)'):rep(33))",
    "compare('match', ('a'):rep(40), ('(a)'):rep(32))",
    "compare('match', ('a'):rep(300), ('a?'):rep(250) .. 'b')",
    "compare('match', ('a'):rep(300), ('a-'):rep(201) .. 'b')",
    /* anchors */
    "compare('find', 'a^b', '^b')",
    "compare('find', 'a^b', 'a^')",
    "compare('find', 'a$b', '$b')",
    "compare('find', 'ab', 'b$')",
    "compare('gmatch', 'aaa', '^a')",
    "compare('gsub', 'aaa', '^a', 'x')",
    "compare('gsub', 'aaa', 'a$', 'x')",
    /* gmatch */
    "compare('gmatch', 'one two', '%a*')",
    "compare('gmatch', 'k=v, a=b', '(%w+)=(%w+)')",
    "compare('gmatch', 'abc', '()')",
    "compare('gmatch', 'abc', '.', -1)",
    "compare('gmatch', 'abc', '.', 9)",
    /* gsub */
    "compare('gsub', 'abc', '%w', '%0%0')",
    "compare('gsub', 'abc', '%w', '%1')",
    "compare('gsub', 'abc', '%w', '%2')",
    "compare('gsub', 'abc', '(%w)', '<%1>', 2)",
    "compare('gsub', 'abc', '()', '%1')",
    "compare('gsub', 'abc', '', '-')",
    "compare('gsub', 'abc', 'b*', '-')",
    "compare('gsub', 'abc', 'b', '%')",
    "compare('gsub', 'abc', 'b', '%x')",
    "compare('gsub', 'abc', 'b', '%%')",
    "compare('gsub', 'abc', 'b', 7)",
    "compare('gsub', 'abc', 'b', nil)",
    "compare('gsub', 'abc', 'b', true)",
    "compare('gsub', 'abc', '%w', {a = '1', b = true})",
    "compare('gsub', 'abc', '%w', {a = '1', b = false})",
    "compare('gsub', 'abc', '(%w)(%w)', function(x, y) return y .. x end)",
    "compare('gsub', 'abc', '%w', function() end)",
    "compare('gsub', 'abc', '%w', function() return {} end)",
    "compare('gsub', 'abc', '%w', function() error('x', 0) end)",
    "compare('gsub', 'abc', '%w', 'x', 0)",
    "compare('gsub', 'abc', '%w', 'x', -1)",
    "compare('gsub', ('x'):rep(5000), 'x', 'yy')",
    /* rep */
    "compare('rep', 'ab', 3)",
    "compare('rep', 'ab', 3, ',')",
    "compare('rep', 'ab', 1, ',')",
    "compare('rep', 'ab', 0, ',')",
    "compare('rep', 'ab', -1)",
    "compare('rep', '', 3, ',')",
    "compare('rep', '', 3)",
    "compare('rep', 'x', math.maxinteger)",
    "compare('rep', 'xx', math.maxinteger)",
    "compare('rep')",
};

START_TEST(same_as_the_library)
{
    run_script(cases[_i]);
}
END_TEST

/* Every class and set, over all bytes. */
START_TEST(classes_agree)
{
    run_script(
        "local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end\n"
        "all = table.concat(all)\n"
        "for c = 0, 255 do\n"
        "  local ch = string.char(c)\n"
        "  compare('gsub', all, '%' .. ch, '!')\n"
        "  compare('gsub', all, '[%' .. ch .. ']', '!')\n"
        "  compare('gsub', all, '[^%' .. ch .. ']', '!')\n"
        "  compare('gsub', all, '[' .. ch .. '-z]', '!')\n"
        "  compare('gsub', all, '[!-' .. ch .. ']', '!')\n"
        "  compare('gsub', all, '%f[%' .. ch .. ']', '!')\n"
        "end");
}
END_TEST

/* Patterns and subjects put together at random, from a fixed seed. */
START_TEST(random_patterns_agree)
{
    run_script(
        "math.randomseed(42)\n"
        "local pieces = {'a', 'b', '.', '%a', '%d', '%1', '%2', '[ab]',\n"
        "  '[^a]', '[a-c]', '(', ')', '()', '*', '+', '-', '?', '^', '$',\n"
        "  '%b()', '%f[a]', '%', '[', ']', '%w', '%s', '1', ' '}\n"
        "local letters = {'a', 'b', 'c', '1', ' ', '(', ')', 'a', 'b'}\n"
        "local replacements = {'x', '%0', '%1', '<%1%2>', '%%'}\n"
        "local function pick(from, most)\n"
        "  local t = {}\n"
        "  for i = 1, math.random(0, most) do\n"
        "    t[i] = from[math.random(#from)]\n"
        "  end\n"
        "  return table.concat(t)\n"
        "end\n"
        "for i = 1, 20000 do\n"
        "  local s, p = pick(letters, 12), pick(pieces, 6)\n"
        "  local init = math.random(-3, 5)\n"
        "  compare('find', s, p, init)\n"
        "  compare('match', s, p, init)\n"
        "  compare('gmatch', s, p)\n"
        "  compare('gsub', s, p,\n"
        "    replacements[math.random(#replacements)])\n"
        "end");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("string");

    tcase_add_checked_fixture(tcase, setup, teardown);
    add_cases(tcase, same_as_the_library, cases);
    tcase_add_test(tcase, classes_agree);
    tcase_add_test(tcase, random_patterns_agree);
    return fixture_main(tcase);
}
