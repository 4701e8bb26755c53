/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Runaway scripts: each is stopped, the call fails with a sentence, and the
 * interpreter serves the next session.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fixture.h"

static const struct {
    const char *body, *want;
} runaways[] = {
    /* time */
    {"while true do end", "time limit of 100 ms exceeded"},
    {"repeat until false", "time limit"},
    {"local function f() return f() end f()", "time limit"},
    {"while true do pcall(function() while true do end end) end", "time limit"},
    {"while true do pcall(error, 'x') end", "time limit"},
    {"xpcall(function() while true do end end,"
     " function() while true do end end)",
     "time limit"},
    {"local c = coroutine.wrap(function() while true do end end)"
     " while true do pcall(c) end",
     "time limit"},
    {"while true do local c = coroutine.create(function()"
     " while true do coroutine.yield() end end)"
     " for i = 1, 100 do coroutine.resume(c) end end",
     "time limit"},
    /* Caught in a coroutine, and then nothing more is done. */
    {"coroutine.resume(coroutine.create(function() while true do end end))",
     "time limit"},
    {"pcall(function() while true do end end) do return 0 end", "time limit"},
    {"local t = setmetatable({}, {__index = function(t, k)"
     " return t[k + 1] end}) while true do pcall(function()"
     " return t[1] end) end",
     "time limit"},
    {"table.sort({1, 2, 3}, function() while true do end end)", "time limit"},
    {"('x'):gsub('x', function() while true do end end)", "time limit"},
    {"local x <close> = setmetatable({},"
     " {__close = function() while true do end end})"
     " while true do end",
     "time limit"},
    {"while true do local s = msys.av.scan() end", "time limit"},
    {"error(setmetatable({}, {__tostring = function()"
     " while true do end end}))",
     "error object is a table value"},
    {"while true do msg:header('Subject') end", "time limit"},
    {"while true do pcall(string.rep, 'x', 1e9) end", "time limit"},
    /* patterns: C code that meets mail */
    {"local s = ('a'):rep(100000) s:find('.-.-.-.-b')", "time limit"},
    {"local s = (' '):rep(1000000) s:match('^%s*(.-)%s*$x')", "time limit"},
    {"('a'):rep(30000):gsub('a*a*a*b', '')", "time limit"},
    {"for w in ('a'):rep(100000):gmatch('a*a*a*b') do print(w) end",
     "time limit"},
    {"pcall(string.find, ('('):rep(100000), '%b()%b()') while true do"
     " pcall(string.find, ('('):rep(100000), '%b()') end",
     "time limit"},
    {"local p = ('a?'):rep(28) .. ('a'):rep(28)"
     " ;(('a'):rep(27)):match(p)",
     "time limit"},
    /* memory */
    {"local s = string.rep('x', 1e9)", "memory limit of "},
    {"local s = ('x'):rep(1e6) while true do s = s .. s end",
     "memory limit of "},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", "memory limit of "},
    {"keep = {} for i = 1, 1e9 do keep[i] = ('x'):rep(1000) .. i end",
     "memory limit of "},
    {"local t = {} while true do t[#t + 1] = coroutine.create(print) end",
     "memory limit of "},
    {"local t = table.concat(setmetatable({}, {__index = function()"
     " return 'xxxxxxxxxxxxxxxx' end, __len = function()"
     " return 1000000000 end}))",
     "memory limit of "},
    /* stack */
    {"local function f() local a, b, c, d, e, g, h, i, j, k"
     " return 1 + f() end f()",
     "stack overflow"},
    {"local t = setmetatable({}, {}) getmetatable(t).__index = t"
     " local x = t.y",
     "loop"},
    {"local function f() return pcall(f) end f() error('deep')", "deep"},
    {"local s = ('('):rep(1000) .. ')' assert(load('return ' .. s))",
     "C stack overflow"},
    {"('x'):rep(1000):find(('(x'):rep(100))", "too many captures"},
};

/* Where memory or the stack is to end first, time must not; and it need not
 * be much memory. */
static void choose_time_limit(const char *want)
{
    if (!strstr(want, "time limit"))
        fixture_settings.time_limit_ms = 60000;
    if (strstr(want, "memory limit"))
        fixture_settings.memory_limit = 4 * 1024 * 1024;
}

START_TEST(runaway_is_stopped)
{
    choose_time_limit(runaways[_i].want);
    fixture_assert_fails(runaways[_i].body, runaways[_i].want);
    ck_assert_logged("error lua.error module=\"test\" "
                     "callout=validate_data text=");
}
END_TEST

/* The session is over (the host answers 421); others go on. */
START_TEST(interpreter_survives)
{
    char body[1024];

    choose_time_limit(runaways[_i].want);
    snprintf(body, sizeof body,
             "if msys.expandMacro('%%{vctx_conn:go}') == 'on' then\n"
             "return msys.core.VALIDATE_DONE end\n%s",
             runaways[_i].body);
    fixture_assert_fails(body, runaways[_i].want);
    fixture_end_session();
    ck_assert_int_eq(
        assay_context_set(fixture_session->context, "go", "on", NULL),
        ASSAY_OK);
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_DONE);
}
END_TEST

START_TEST(hoarded_memory_is_reported)
{
    fixture_settings.time_limit_ms = 60000;
    fixture_settings.memory_limit = 4 * 1024 * 1024;
    fixture_assert_fails(
        "keep = {} while true do keep[#keep + 1] = ('x'):rep(1000) .. #keep "
        "end",
        "memory limit of ");
    ck_assert_logged("error lua.memory kept=");
}
END_TEST

START_TEST(memory_of_a_failed_run_is_given_back)
{
    fixture_settings.time_limit_ms = 60000;
    fixture_assert_fails("local t = {} for i = 1, 1e9 do t[i] = {} end",
                         "memory limit of ");
    ck_assert_ptr_null(strstr(fixture_log(), "lua.memory"));
}
END_TEST

/* Lua has no traceback for these: the log names the line all the same. */
static const struct {
    const char *body, *want;
} exhausted[] = {
    {"local s = 1\ns = ('x'):rep(1e9)", "test.lua:4: "},
    {"local s = ('x'):rep(1e6)\nwhile true do\ns = s .. s end", "test.lua:5: "},
    {"local t = {}\nfor i = 1, 1e9 do\nt[i] = i end", "test.lua:5: "},
    {"local function f()\nlocal t = {} while true do t = {t, t} end\nend\n"
     "f()",
     "test.lua:4: "},
};

START_TEST(memory_error_names_limit_and_line)
{
    char want[256];

    fixture_settings.time_limit_ms = 60000;
    fixture_settings.memory_limit = 4 * 1024 * 1024;
    snprintf(want, sizeof want,
             "module \"test\", validate_data: %smemory limit of 4194304 bytes "
             "exceeded",
             exhausted[_i].want);
    fixture_assert_fails(exhausted[_i].body, want);
    snprintf(want, sizeof want,
             "error lua.error module=\"test\" callout=validate_data "
             "text=\"%smemory limit of 4194304 bytes exceeded\"",
             exhausted[_i].want);
    ck_assert_logged(want);
}
END_TEST

/* A refusal that the script survives is not the place of a later failure. */
START_TEST(memory_error_names_the_last_line)
{
    fixture_settings.time_limit_ms = 60000;
    fixture_settings.memory_limit = 4 * 1024 * 1024;
    fixture_assert_fails("pcall(string.rep, 'x', 1e9)\n\n"
                         "local s = ('x'):rep(1e9)",
                         "validate_data: test.lua:5: memory limit of ");
}
END_TEST

/* A Lua thread that timed out runs at full speed for the next callout. */
START_TEST(session_can_run_again_after_a_time_out)
{
    fixture_assert_fails("if not self.again then self.again = true\n"
                         "while true do end end",
                         "time limit");
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
}
END_TEST

/* Burns more processor time than the limit, inside the scan. */
static void burn(void *arg)
{
    struct timespec start, now;

    (void)arg;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000 +
                 (now.tv_nsec - start.tv_nsec) / 1000000 <
             60);
}

START_TEST(time_of_scans_does_not_count)
{
    fixture_session->on_scan = burn;
    fixture_assert("for i = 1, 3 do msys.av.scan() end\n"
                   "local n = 0 for i = 1, 200000 do n = n + i end");
    ck_assert_uint_eq(fixture_session->scans, 3);
}
END_TEST

static const char *const quick[] = {
    "assert(string.rep('', 1e18) == '')",
    "assert(('x'):rep(3, ',') == 'x,x,x')",
    "assert(not pcall(setmetatable, {}, {__gc = print}))",
    "assert(getmetatable(setmetatable({}, {__index = {}})))",
};

START_TEST(trap_is_defused)
{
    fixture_assert(quick[_i]);
}
END_TEST

static const char *const forbidden[] = {
    "os.execute", "os.exit", "os.getenv",   "os.remove", "os.rename",
    "os.tmpname", "io",      "debug",       "package",   "dofile",
    "loadfile",   "warn",    "string.dump", "module",    "os.setlocale",
};

START_TEST(function_is_out_of_reach)
{
    char body[128];

    snprintf(body, sizeof body, "assert(%s == nil)", forbidden[_i]);
    fixture_assert(body);
}
END_TEST

static const char *const sandbox_checks[] = {
    "assert(not load('\\27Lua'))",
    "assert(not load('\\27Lua', 'x', 'b'))",
    "assert(not load('\\27Lua', 'x', 'bt', {}))",
    "assert(load('return x', 'x', 'b', {x = 1})() == 1)",
    "shared = 5 assert(load('return shared')() == 5)",
    "assert(load('return _G')() == _G)",
    "assert(os.time() > 0 and os.date('%Y') and os.clock() >= 0)",
    "assert(getmetatable(msg) == false and getmetatable(vctx) == false)",
    "assert(getmetatable(_G) == false)",
    "assert(not pcall(setmetatable, msg, {}))",
    "assert(collectgarbage('count') > 0)",
    "assert(not pcall(collectgarbage, 'stop'))",
    "collectgarbage() collectgarbage('step')",
    ("local ok, e = xpcall(error, function(m) return 'h' .. m end, 'x')"
     " assert(not ok and e == 'hx')"),
    ("assert(select('#', xpcall(function(...) return ... end, print, 1, nil))"
     " == 3)"),
    "assert(not pcall(coroutine.yield))",
};

START_TEST(sandbox_holds)
{
    fixture_assert(sandbox_checks[_i]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("limits");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    add_cases(tcase, runaway_is_stopped, runaways);
    add_cases(tcase, interpreter_survives, runaways);
    tcase_add_test(tcase, hoarded_memory_is_reported);
    add_cases(tcase, memory_error_names_limit_and_line, exhausted);
    tcase_add_test(tcase, memory_error_names_the_last_line);
    tcase_add_test(tcase, memory_of_a_failed_run_is_given_back);
    tcase_add_test(tcase, session_can_run_again_after_a_time_out);
    tcase_add_test(tcase, time_of_scans_does_not_count);
    add_cases(tcase, trap_is_defused, quick);
    add_cases(tcase, function_is_out_of_reach, forbidden);
    add_cases(tcase, sandbox_holds, sandbox_checks);
    return fixture_main(tcase);
}
