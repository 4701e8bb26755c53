/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Opening: script files, require, registration, init and deinit.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fixture.h"

#define USABLE_AS(name)                                 \
    " local m = {} function m:validate_data() return 0" \
    " end msys.registerModule('" name "', m)"
#define USABLE USABLE_AS("m")

START_TEST(missing_script_is_named)
{
    char want[256];

    fixture_source("x", "policies.none");
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    snprintf(want, sizeof want,
             "assay.conf:1: script \"x\": Unable to open '%s/policies/"
             "none.lua', errno=2 No such file or directory",
             fixture_folder);
    ck_assert_error(want);
    ck_assert_ptr_null(fixture_instance);
}
END_TEST

START_TEST(name_with_extension_is_a_folder)
{
    fixture_file("m.lua", USABLE);
    fixture_source("x", "m.lua");
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("/m/lua.lua', errno=2 No such file or directory");
}
END_TEST

START_TEST(folder_is_no_script)
{
    char path[128];

    snprintf(path, sizeof path, "%s/x.lua", fixture_folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    fixture_source("x", "x");
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("x.lua', errno=21 Is a directory");
}
END_TEST

START_TEST(fifo_is_no_script)
{
    char path[128];

    snprintf(path, sizeof path, "%s/x.lua", fixture_folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    fixture_source("x", "x");
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("errno=22 Invalid argument");
}
END_TEST

static const char *const bad_names[] = {"",     "..x", "/etc/passwd", "a//b",
                                        "a..b", "a.",  ".a",          "../a"};

START_TEST(bad_name_is_refused)
{
    fixture_source("x", bad_names[_i]);
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("names no script: words joined by '.' or '/'");
}
END_TEST

START_TEST(long_name_is_refused)
{
    static char name[400];

    memset(name, 'x', sizeof name - 1);
    fixture_source("x", name);
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("names no script");
}
END_TEST

/* The whole script, and what opening it says. */
static const struct {
    const char *script, *want;
} failures[] = {
    {"local x = 1\nlocal y = = 2\n", "x.lua:2: unexpected symbol near '='"},
    {"\x1bLua", "attempt to load a binary chunk"},
    {"error('at load')", "x.lua:1: at load"},
    {"\n\nlocal x = nil + 1", "x.lua:3: attempt to perform arithmetic"},
    {"while true do end", "time limit of 100 ms exceeded"},
    {"string.rep('x', 1e9)",
     "x.lua:1: memory limit of 67108864 bytes exceeded"},
    {"require('none')", "none.lua', errno=2"},
    {"require('x/../y')", "names no script"},
    {"require('x')", "requires itself"},
    {"msys.registerModule('m')", "table expected"},
    {"msys.registerModule(nil, {})", "string expected"},
    {USABLE " msys.registerModule('m', m)", "module \"m\" is registered twice"},
    {"msys.av.scan()", "there is no session while scripts load"},
    {"msys.av.engines()", "there is no session while scripts load"},
    {"msys.expandMacro('%{x}')", "there is no session while scripts load"},
    {"local m = {} function m:init() return false end"
     " msys.registerModule('m', m)",
     "module \"m\", init: returned false; it must return true"},
    {"local m = {} function m:init() end msys.registerModule('m', m)",
     "module \"m\", init: returned nil; it must return true"},
    {"local m = {} function m:init() return 'true' end"
     " msys.registerModule('m', m)",
     "returned true; it must return true"},
    {"local m = {} function m:init() error('boom') end"
     " msys.registerModule('m', m)",
     "module \"m\", init: x.lua:1: boom"},
    {"local m = {} function m:init() while true do end end"
     " msys.registerModule('m', m)",
     "module \"m\", init: x.lua:1: time limit"},
};

START_TEST(failing_script_fails_the_load)
{
    fixture_script("x", failures[_i].script);
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error(failures[_i].want);
    ck_assert_error("assay.conf:1: ");
    ck_assert_ptr_null(fixture_instance);
}
END_TEST

START_TEST(failure_is_logged_with_traceback)
{
    fixture_script("x", "local function f() error('deep') end\nf()\n");
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_logged("error lua.error script=\"x\" text=\"x.lua:1: deep\"");
    ck_assert_logged("stack traceback:");
    ck_assert_logged("x.lua:2: in main chunk");
}
END_TEST

/* Scripts that load, and then answer with VALIDATE_DONE. */
static const char *const accepted[] = {
    "local m = {} function m:init() return true end"
    " function m:validate_data() return msys.core.VALIDATE_DONE end"
    " msys.registerModule('m', m)",
    /* Published modules return 0. */
    "local m = {} function m:init() return 0 end"
    " function m:validate_data() return msys.core.VALIDATE_DONE end"
    " msys.registerModule('m', m)",
    /* Registered first, filled later; registered in init. */
    "local m = {} msys.registerModule('m', m)"
    " function m:validate_data() return msys.core.VALIDATE_DONE end",
    "local m = {} local n = {} function m:init()"
    " msys.registerModule('n', n) return true end"
    " function n:validate_data() return msys.core.VALIDATE_DONE end"
    " msys.registerModule('m', m)",
    /* Preambles, the other not-equal, numbers as floats. */
    "#!/usr/bin/lua\nlocal m = {} function m:validate_data()"
    " if 1 != 2 then return 1.0 end end msys.registerModule('m', m)",
    "\xef\xbb\xbflocal m = {} function m:validate_data() return 1 end"
    " msys.registerModule('m', m)",
    /* Modules with callouts of a metatable. */
    "local base = {} base.__index = base"
    " function base:validate_data() return 1 end"
    " msys.registerModule('m', setmetatable({}, base))",
};

START_TEST(script_loads_and_runs)
{
    fixture_script("x", accepted[_i]);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_DONE);
}
END_TEST

/* Not an error, and said once, whatever the number of interpreters. */
static const struct {
    const char *script, *want;
} unused[] = {
    {"", "no usable methods found for module x in registerModule call"},
    {"msys.registerModule('m', {})",
     "no usable methods found for module m in registerModule call"},
    {"msys.registerModule('m', {validate_dta = print})",
     "no usable methods found for module m in registerModule call"},
};

START_TEST(useless_script_is_only_logged)
{
    const char *line;

    fixture_settings.interpreters = 3;
    fixture_script("x", unused[_i].script);
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_logged(unused[_i].want);
    line = strstr(fixture_log(), unused[_i].want);
    ck_assert_ptr_null(strstr(line + 1, unused[_i].want));
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_CONTINUE);
}
END_TEST

/* A field of the module, and the callout it was meant to be. */
static const struct {
    const char *field, *meant; /* meant NULL: nothing is said */
} fields[] = {
    {"validate_dta", "validate_data"},
    {"validate_Data", "validate_data"},
    {"valdate_data_spool", "validate_data_spool"},
    {"validate_data_spool_each_rcp", "validate_data_spool_each_rcpt"},
    {"validate_something_else", ""},
    {"core_final_validation", ""},
    {"inti", NULL}, /* two edits of four letters: another word */
    {"init_", "init"},
    {"de_init", "deinit"},
    {"exit", NULL},
    {"scan", NULL},
    {"helper", NULL},
    {"validate", NULL},
    {"validate_data", NULL},
};

START_TEST(misspelt_callout_is_logged)
{
    char script[256], want[256];

    fixture_settings.interpreters = 3;
    snprintf(script, sizeof script,
             "local m = {%s = function() end, validate_sum = 1, [1] = print}"
             " msys.registerModule('m', m)" USABLE_AS("n"),
             fields[_i].field);
    fixture_script("x", script);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    if (!fields[_i].meant) {
        ck_assert_ptr_null(strstr(fixture_log(), "lua.ignored"));
        return;
    }
    snprintf(want, sizeof want,
             "warn lua.ignored script=\"x\" text=\"module m: %s is no "
             "callout and is never called; did you mean %s",
             fields[_i].field, fields[_i].meant);
    ck_assert_logged(want);
    ck_assert_ptr_null(
        strstr(strstr(fixture_log(), "lua.ignored") + 1, "lua.ignored"));
}
END_TEST

START_TEST(no_script_is_no_error)
{
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_CONNECT, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_CONTINUE);
}
END_TEST

START_TEST(require_finds_files_and_keeps_them)
{
    fixture_file("lib.lua", "count = (count or 0) + 1\n"
                            "return {name = ..., count = count}");
    fixture_script("x", "local a = require('lib') assert(a.name == 'lib')\n"
                        "assert(require('lib') == a and count == 1)\n" USABLE);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
}
END_TEST

START_TEST(scripts_do_not_share_globals)
{
    fixture_file("lib.lua", "shared = (shared or 0) + 1");
    fixture_script("a", "mine = 1 require('lib') assert(shared == 1)"
                        " assert(require('lib') == true)" USABLE);
    fixture_script("b", "assert(mine == nil) require('lib')"
                        " assert(shared == 1)");
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
}
END_TEST

START_TEST(require_knows_the_old_names)
{
    fixture_script("x",
                   "for _, n in ipairs{'msys', 'msys.core', 'msys.av',"
                   " 'msys.extended', 'msys.extended.message',"
                   " 'msys.extended.vctx', 'msys.extended.ac',"
                   " 'msys.extended.message_routing'}"
                   " do assert(type(require(n)) == 'table', n) end" USABLE);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
}
END_TEST

START_TEST(dumper_ships_with_assay)
{
    fixture_script("x", "require('msys.dumper')\n"
                        "local t = {1, 'a\\nb', {x = true}, [true] = 2}\n"
                        "t.me = t\n"
                        "local text = msys.dumper.Dumper(t)\n"
                        "local u = load(text)()\n"
                        "assert(u[1] == 1 and u[2] == 'a\\nb', text)\n"
                        "assert(u[3].x and u[true] == 2, text)\n"
                        "assert(msys.dumper.Dumper({}) == 'return {}')\n"
                        "assert(msys.dumper.Dumper(nil) == 'return nil')"
                        "\n" USABLE);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
}
END_TEST

START_TEST(deinit_runs_and_may_fail)
{
    fixture_script("x", "local m = {} function m:deinit() print('bye')"
                        " return true end msys.registerModule('m', m)");
    fixture_script("y", "local m = {} function m:deinit() error('late') end"
                        " msys.registerModule('n', m)");
    fixture_settings.interpreters = 2;
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    assay_language_module_v1.ops->close(fixture_instance);
    fixture_instance = NULL;
    ck_assert_logged("lua.print module=\"m\" callout=deinit text=\"bye\"");
    ck_assert_logged("lua.error module=\"n\" callout=deinit");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("load");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_add_test(tcase, missing_script_is_named);
    tcase_add_test(tcase, name_with_extension_is_a_folder);
    tcase_add_test(tcase, folder_is_no_script);
    tcase_add_test(tcase, fifo_is_no_script);
    add_cases(tcase, bad_name_is_refused, bad_names);
    tcase_add_test(tcase, long_name_is_refused);
    add_cases(tcase, failing_script_fails_the_load, failures);
    tcase_add_test(tcase, failure_is_logged_with_traceback);
    add_cases(tcase, script_loads_and_runs, accepted);
    add_cases(tcase, useless_script_is_only_logged, unused);
    add_cases(tcase, misspelt_callout_is_logged, fields);
    tcase_add_test(tcase, no_script_is_no_error);
    tcase_add_test(tcase, require_finds_files_and_keeps_them);
    tcase_add_test(tcase, scripts_do_not_share_globals);
    tcase_add_test(tcase, require_knows_the_old_names);
    tcase_add_test(tcase, dumper_ships_with_assay);
    tcase_add_test(tcase, deinit_runs_and_may_fail);
    return fixture_main(tcase);
}
