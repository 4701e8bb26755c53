/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.av: rows LU-01 to LU-16. The scripts make the calls of the published
 * examples, `map_to_symbol` standing above its use.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define MAP_TO_SYMBOL                                                   \
    "require(\"msys.av\");\n"                                           \
    "local mod = {};\n"                                                 \
    "local function map_to_symbol(rc)\n"                                \
    "  for name, value in pairs(msys.av) do\n"                          \
    "    if value == rc and name:find('EC_AV_') then return name end\n" \
    "  end\n"                                                           \
    "  return \"UNKNOWN\"\n"                                            \
    "end\n"

#define PRINT_AND_ANSWER                                                 \
    "  print (\"rc: \", rc, map_to_symbol(rc), \" result: \", result,\n" \
    "         \" engine: \", eng, \" scan code: \", s_code)\n"           \
    "  if rc == msys.av.EC_AV_INFECTED then\n"                           \
    "    vctx:set_code(550, \"The mail contains virus: \" .. result)\n"  \
    "    return msys.core.VALIDATE_DONE;\n"                              \
    "  end\n"                                                            \
    "  return msys.core.VALIDATE_CONT;\n"                                \
    "end\n"                                                              \
    "msys.registerModule(\"test_av\", mod);\n"

static const char scan_example[] =
    MAP_TO_SYMBOL "function mod:validate_data(msg, accept, vctx)\n"
                  "  local rc\n  local result\n  local eng\n  local s_code\n"
                  "  rc, result, eng, s_code = msys.av.scan(\"clamav\", msg, "
                  "vctx);\n" PRINT_AND_ANSWER;

static const char scan_part_example[] = MAP_TO_SYMBOL
    "function mod:validate_data(msg_part, accept, vctx)\n"
    "  local rc\n  local result\n  local eng\n  local s_code\n"
    "  rc, result, eng, s_code = msys.av.scan_part(msg_part, \"clamav\","
    " vctx);\n" PRINT_AND_ANSWER;

static void open_and_run(const char *script)
{
    fixture_script("av", script);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
}

/* LU-03, LU-08, LU-15, LU-16 */
START_TEST(scan_example_rejects_infected_mail)
{
    fake_session_verdict(fixture_session, ASSAY_STATUS_INFECTED, "Test.Virus",
                         "clamav", "FOUND");
    open_and_run(scan_example);
    ck_assert_int_eq(fixture_session->code, 550);
    ck_assert_str_eq(fixture_session->text,
                     "The mail contains virus: Test.Virus");
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_DONE);
    ck_assert_str_eq(fixture_session->engine, "clamav");
    ck_assert_logged("info lua.print module=\"test_av\" "
                     "callout=validate_data text=\"rc:  1 EC_AV_INFECTED  "
                     "result:  Test.Virus  engine:  clamav  scan code:  "
                     "FOUND\"");
}
END_TEST

/* LU-07, LU-15, LU-16 */
START_TEST(scan_example_lets_clean_mail_pass)
{
    fake_session_verdict(fixture_session, ASSAY_STATUS_CLEAN, NULL, "clamav",
                         NULL);
    open_and_run(scan_example);
    ck_assert_int_eq(fixture_session->code, 0);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_CONTINUE);
    ck_assert_logged("rc:  0 EC_AV_CLEAN  result:    engine:  nil  "
                     "scan code:  nil");
}
END_TEST

/* LU-06, LU-14: a message stands for its top part. */
START_TEST(scan_part_example_sees_a_container)
{
    open_and_run(scan_part_example);
    ck_assert_logged("rc:  7 EC_AV_PART_IS_CONTAINER");
    ck_assert(fixture_session->scanned_part);
}
END_TEST

/* LU-06, LU-08 */
START_TEST(scan_part_example_scans_a_leaf)
{
    fixture_mail("Subject: x\r\n\r\nbody\r\n");
    fake_session_verdict(fixture_session, ASSAY_STATUS_INFECTED, "Test.Virus",
                         "clamav", NULL);
    open_and_run(scan_part_example);
    ck_assert_int_eq(fixture_session->code, 550);
    ck_assert(fixture_session->scanned_part);
}
END_TEST

static const struct {
    assay_status status;
    const char *name;
    int value;
} statuses[] = {
    /* LU-07 */
    {ASSAY_STATUS_CLEAN, "EC_AV_CLEAN", 0},
    /* LU-08 */
    {ASSAY_STATUS_INFECTED, "EC_AV_INFECTED", 1},
    /* LU-09 */
    {ASSAY_STATUS_UNSCANNABLE, "EC_AV_UNSCANNABLE", 2},
    /* LU-10 */
    {ASSAY_STATUS_ERROR, "EC_AV_ERROR", 3},
    /* LU-13 */
    {ASSAY_STATUS_NOT_SUITABLE, "EC_AV_NOT_SUITABLE_FOR_STREAMING", 4},
    /* LU-12 */
    {ASSAY_STATUS_NO_ENGINE, "EC_AV_NO_ENGINE", 5},
    /* LU-11 */
    {ASSAY_STATUS_NAME_TOO_LONG, "EC_AV_NAME_TOO_LONG", 6},
    /* LU-14 */
    {ASSAY_STATUS_PART_IS_CONTAINER, "EC_AV_PART_IS_CONTAINER", 7},
    /* No rows: what has no status of its own. */
    {ASSAY_STATUS_SKIPPED, "EC_AV_CLEAN", 0},
    {(assay_status)77, "EC_AV_ERROR", 3},
};

START_TEST(status_has_its_number)
{
    char body[256];

    snprintf(body, sizeof body,
             "local rc = msys.av.scan()\n"
             "assert(rc == msys.av.%s, rc) assert(rc == %d)\n"
             "assert(math.type(rc) == 'integer')",
             statuses[_i].name, statuses[_i].value);
    fake_session_verdict(fixture_session, statuses[_i].status, "x", "clamav",
                         "x");
    fixture_assert(body);
}
END_TEST

/* A verdict nobody filled in is an error, never clean. */
START_TEST(verdict_as_born_is_an_error)
{
    fixture_assert("local rc, info, engine, code = msys.av.scan()\n"
                   "assert(rc == msys.av.EC_AV_ERROR)\n"
                   "assert(info == '' and engine == nil and code == nil)");
}
END_TEST

START_TEST(skipped_scan_says_so)
{
    fake_session_verdict(fixture_session, ASSAY_STATUS_SKIPPED, NULL, NULL,
                         NULL);
    fixture_assert("local rc, info = msys.av.scan()\n"
                   "assert(rc == msys.av.EC_AV_CLEAN)\n"
                   "assert(info == 'skipped')");
}
END_TEST

/* LU-15 */
START_TEST(engine_is_named_only_when_it_found_something)
{
    fake_session_verdict(fixture_session, ASSAY_STATUS_UNSCANNABLE, "broken",
                         "clamav", "E");
    fixture_assert("local rc, info, engine, code = msys.av.scan()\n"
                   "assert(info == 'broken' and engine == nil)\n"
                   "assert(code == 'E')");
}
END_TEST

/* LU-11 */
START_TEST(long_engine_name_is_a_status)
{
    fixture_assert("local rc = msys.av.scan(('x'):rep(41))\n"
                   "assert(rc == msys.av.EC_AV_NAME_TOO_LONG)");
}
END_TEST

/* LU-01 */
START_TEST(require_answers_the_namespace)
{
    fixture_assert("assert(require('msys.av') == msys.av)\n"
                   "assert(require('msys.core') == msys.core)");
}
END_TEST

/* LU-02 */
START_TEST(engines_are_listed_in_order)
{
    fixture_assert("local e = msys.av.engines()\n"
                   "assert(#e == 2 and e[1] == 'clamav')\n"
                   "assert(e[2] == 'csapi')");
}
END_TEST

/* LU-02 */
START_TEST(engines_may_be_none)
{
    static const char *const none[] = {NULL};

    fixture_session->engines = none;
    fixture_assert("assert(#msys.av.engines() == 0)");
}
END_TEST

/* LU-04, LU-05 */
START_TEST(arguments_are_inferred)
{
    fixture_assert("msys.av.scan() msys.av.scan(nil, nil, nil)\n"
                   "msys.av.scan('clamav') msys.av.scan(nil, msg)\n"
                   "msys.av.scan_part(msg:mime())");
    ck_assert_uint_eq(fixture_session->scans, 5);
    ck_assert_str_eq(fixture_session->engine, "*");
}
END_TEST

/* LU-05 */
START_TEST(scan_without_message_raises)
{
    fixture_script("av", "local m = {} function m:validate_ehlo()"
                         " msys.av.scan() end msys.registerModule('m', m)");
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_EHLO, "x"), ASSAY_E_SCRIPT);
    ck_assert_error("no message to scan in this phase");
    ck_assert_uint_eq(fixture_session->scans, 0);
}
END_TEST

static const struct {
    const char *call, *want;
} wrong_arguments[] = {
    /* LU-06 */
    {"msys.av.scan_part(nil)", "part expected, got nil"},
    {"msys.av.scan_part()", "part expected, got no value"},
    {"msys.av.scan_part('x')", "part expected, got string"},
    {"msys.av.scan({})", "string expected, got table"},
    {"msys.av.scan(nil, vctx)", "_ec_message expected"},
    {"msys.av.scan(nil, msg, msg)", "_validate_context expected"},
    {"msys.av.scan_part(msg, {})", "string expected, got table"},
    {"msys.av.scan_part(msg, nil, 1)", "_validate_context expected"},
};

START_TEST(wrong_argument_raises)
{
    fixture_assert_fails(wrong_arguments[_i].call, wrong_arguments[_i].want);
    ck_assert_uint_eq(fixture_session->scans, 0);
}
END_TEST

/* Waiting for a scan is legal at any place. */
static const char *const deep_places[] = {
    "assert(pcall(msys.av.scan))",
    "table.sort({2, 1}, function(a, b) msys.av.scan() return a < b end)",
    "local t = setmetatable({}, {__index = function() msys.av.scan()"
    " return 1 end}) assert(t.x == 1)",
    "local f = coroutine.wrap(function() msys.av.scan()"
    " coroutine.yield(1) msys.av.scan() return 2 end)"
    " assert(f() == 1) assert(f() == 2)",
    "xpcall(function() msys.av.scan() end, error)",
    "('x'):gsub('x', function() msys.av.scan() end)",
};

START_TEST(scan_works_in_deep_places)
{
    fixture_assert(deep_places[_i]);
    ck_assert_uint_gt(fixture_session->scans, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("av");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_add_test(tcase, scan_example_rejects_infected_mail);
    tcase_add_test(tcase, scan_example_lets_clean_mail_pass);
    tcase_add_test(tcase, scan_part_example_sees_a_container);
    tcase_add_test(tcase, scan_part_example_scans_a_leaf);
    add_cases(tcase, status_has_its_number, statuses);
    tcase_add_test(tcase, verdict_as_born_is_an_error);
    tcase_add_test(tcase, skipped_scan_says_so);
    tcase_add_test(tcase, engine_is_named_only_when_it_found_something);
    tcase_add_test(tcase, long_engine_name_is_a_status);
    tcase_add_test(tcase, require_answers_the_namespace);
    tcase_add_test(tcase, engines_are_listed_in_order);
    tcase_add_test(tcase, engines_may_be_none);
    tcase_add_test(tcase, arguments_are_inferred);
    tcase_add_test(tcase, scan_without_message_raises);
    add_cases(tcase, wrong_argument_raises, wrong_arguments);
    add_cases(tcase, scan_works_in_deep_places, deep_places);
    return fixture_main(tcase);
}
