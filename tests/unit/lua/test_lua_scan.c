/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.av from a script down to the engines: the language, a session and the
 * dispatcher are the real ones, the engines are stand-ins (runtime/modules). A
 * script keeps the four results of a scan in variables of the message.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/control.h>
#include <assay/policy.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static assay_session *session;

static void teardown(void)
{
    assay_session_close(&session);
    fixture_teardown();
}

/* Two passive engines in a scope, and a script whose scan is a call. */
static void open_with(const char *first, const char *second, const char *call)
{
    char text[2048];

    (void)snprintf(
        text, sizeof text,
        "require('msys.core') require('msys.av')\n"
        "local mod = {}\n"
        "function mod:validate_data(msg, accept, vctx)\n"
        "  local rc, info, engine, code = %s\n"
        "  local function keep(k, v)\n"
        "    vctx:set(msys.core.VCTX_MESS, k, tostring(v))\n"
        "  end\n"
        "  for name, value in pairs(msys.av) do\n"
        "    if value == rc and name:find('^EC_AV_') then keep('rc', name) "
        "end\n"
        "  end\n"
        "  keep('info', info) keep('engine', engine) keep('code', code)\n"
        "  return msys.core.VALIDATE_CONT\n"
        "end\n"
        "msys.registerModule('scan', mod)\n",
        call);
    fixture_write("scan.lua", text);
    (void)snprintf(text, sizeof text,
                   "sample {}\nantivirus \"av\" {\n  enabled = false\n"
                   "  sample \"first\" { %s }\n  sample \"second\" { %s }\n}\n"
                   "scriptlet \"scriptlet\" {\n"
                   "  script \"scan\" { source = \"scan\" }\n}\n",
                   first, second);
    fixture_open(text);
    session = fixture_session();
}

static const char *kept(const char *name)
{
    const char *value = assay_context_get(
        assay_message_context(assay_session_message(session)), name);

    return value ? value : "(missing)";
}

static void expect(const char *rc, const char *info, const char *engine,
                   const char *code)
{
    ck_assert_msg(strcmp(kept("rc"), rc) == 0, "rc %s\n%s", kept("rc"),
                  fixture_log());
    ck_assert_str_eq(kept("info"), info);
    ck_assert_str_eq(kept("engine"), engine);
    ck_assert_str_eq(kept("code"), code);
}

/* "Messages checked" of both engines, in order. */
static void expect_checked(unsigned first, unsigned second)
{
    assay_control_session *console = NULL;
    static const char line[] = "antivirus:av stats";
    char *text = NULL;
    const char *at;

    ck_assert_int_eq(assay_control_session_open(fixture_library, NULL, true,
                                                "uid=0 pid=1", &console, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_control_session_run(console, line, sizeof line - 1, &text), 0);
    at = strstr(text, "sample:first\n  Messages checked:");
    ck_assert_msg(at && strtoul(at + 32, NULL, 10) == first, "%s", text);
    at = strstr(text, "sample:second\n  Messages checked:");
    ck_assert_msg(at && strtoul(at + 33, NULL, 10) == second, "%s", text);
    free(text);
    assay_control_session_close(&console);
}

/* LU-04 */
START_TEST(all_engines_run_in_order_until_one_finds_something)
{
    open_with("threat = ONE", "threat = TWO", "msys.av.scan()");
    (void)fixture_send(session, "TWO and ONE");
    expect("EC_AV_INFECTED", "Sample.ONE", "sample", "nil");
    expect_checked(1, 0);
    (void)fixture_send(session, "only TWO");
    expect("EC_AV_INFECTED", "Sample.TWO", "sample", "nil");
    expect_checked(2, 1);
    (void)fixture_send(session, "neither");
    expect("EC_AV_CLEAN", "", "nil", "OK");
    expect_checked(3, 2);
}
END_TEST

/* LU-04, LU-09, LU-10, LU-13, LU-16: without an infection the worst counts,
 * and a clean second engine makes nothing clean. */
static const struct {
    const char *first, *second;
    const char *rc, *info, *code;
} results[] = {
    {"answer = fault", "", "EC_AV_ERROR", "error: sample answers as configured",
     "SAMPLE_ODD"},
    {"", "answer = fault", "EC_AV_ERROR", "error: sample answers as configured",
     "SAMPLE_ODD"},
    {"answer = unscannable", "", "EC_AV_UNSCANNABLE",
     "error: unscannable: SAMPLE_ODD", "SAMPLE_ODD"},
    {"answer = unsuitable", "", "EC_AV_NOT_SUITABLE_FOR_STREAMING",
     "error: not suitable: sample answers as configured", "SAMPLE_ODD"},
    {"answer = unsuitable", "answer = unscannable", "EC_AV_UNSCANNABLE",
     "error: unscannable: SAMPLE_ODD", "SAMPLE_ODD"},
    {"answer = unscannable", "answer = fault", "EC_AV_ERROR",
     "error: sample answers as configured", "SAMPLE_ODD"},
};

START_TEST(the_worst_result_counts)
{
    open_with(results[_i].first, results[_i].second, "msys.av.scan()");
    (void)fixture_send(session, "nothing");
    expect(results[_i].rc, results[_i].info, "nil", results[_i].code);
    expect_checked(1, 1);
    /* An infection behind it is reported all the same. */
    (void)fixture_send(session, "a THREAT");
    expect("EC_AV_INFECTED", "Sample.THREAT", "sample", "nil");
}
END_TEST

#define MULTIPART                                                          \
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n" \
    "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"                     \
    "YSBUSFJFQVQ=\r\n--b--\r\n" /* "a THREAT" */

/* LU-06, LU-11, LU-12, LU-14 */
static const struct {
    const char *call, *mail, *rc;
} calls[] = {
    {"msys.av.scan_part(msg:mime())", MULTIPART, "EC_AV_PART_IS_CONTAINER"},
    {"msys.av.scan_part(msg)", MULTIPART, "EC_AV_PART_IS_CONTAINER"},
    {"msys.av.scan_part(msg:mime())", "a: b\r\n\r\na THREAT\r\n",
     "EC_AV_INFECTED"},
    {"msys.av.scan_part(msg)", "a: b\r\n\r\nnothing\r\n", "EC_AV_CLEAN"},
    {"msys.av.scan('sample')", "a THREAT", "EC_AV_INFECTED"},
    {"msys.av.scan('SAMPLE')", "a THREAT", "EC_AV_INFECTED"},
    {"msys.av.scan('second')", "a THREAT", "EC_AV_INFECTED"},
    {"msys.av.scan('clamav')", "a THREAT", "EC_AV_NO_ENGINE"},
    {"msys.av.scan(('x'):rep(40))", "a THREAT", "EC_AV_NO_ENGINE"},
    {"msys.av.scan(('x'):rep(41))", "a THREAT", "EC_AV_NAME_TOO_LONG"},
};

START_TEST(a_call_has_its_status)
{
    open_with("", "", calls[_i].call);
    (void)fixture_send(session, calls[_i].mail);
    ck_assert_msg(strcmp(kept("rc"), calls[_i].rc) == 0, "%s: %s\n%s",
                  calls[_i].call, kept("rc"), fixture_log());
}
END_TEST

/* LU-01: with require("msys.av"), in each phase that has a message. */
START_TEST(scans_work_in_the_phases_of_a_message)
{
    static const char *const phases[] = {"data", "data_spool",
                                         "data_spool_each_rcpt"};

    fixture_write(
        "phases.lua",
        "require('msys.core') require('msys.av')\n"
        "local mod = {}\n"
        "for _, phase in ipairs{'data', 'data_spool',\n"
        "    'data_spool_each_rcpt'} do\n"
        "  mod['validate_' .. phase] = function(self, msg, ac, vctx)\n"
        "    local _, info = msys.av.scan('sample', msg, vctx)\n"
        "    vctx:set(msys.core.VCTX_MESS, phase, info)\n"
        "    return msys.core.VALIDATE_CONT\n"
        "  end\n"
        "end\n"
        "msys.registerModule('phases', mod)\n");
    fixture_open("sample {}\n"
                 "antivirus \"av\" { enabled = false sample \"s\" { } }\n"
                 "scriptlet \"scriptlet\" {\n"
                 "  script \"phases\" { source = \"phases\" }\n}\n");
    session = fixture_session();
    (void)fixture_send(session, "a THREAT");
    for (int i = 0; i < COUNT(phases); i++)
        ck_assert_msg(strcmp(kept(phases[i]), "Sample.THREAT") == 0,
                      "%s: %s\n%s", phases[i], kept(phases[i]), fixture_log());
}
END_TEST

/* AV-34 */
START_TEST(a_skipped_message_is_not_scanned_for_a_script)
{
    assay_error err = {0};

    open_with("", "", "msys.av.scan()");
    ck_assert_int_eq(assay_context_set(assay_session_context(session),
                                       "skip_virus_check", "1", &err),
                     ASSAY_OK);
    (void)fixture_send(session, "a THREAT");
    expect("EC_AV_CLEAN", "skipped", "nil", "nil");
    expect_checked(0, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua");
    TCase *tc = tcase_create("scan");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, fixture_setup, teardown);
    tcase_add_test(tc, all_engines_run_in_order_until_one_finds_something);
    tcase_add_loop_test(tc, the_worst_result_counts, 0, COUNT(results));
    tcase_add_loop_test(tc, a_call_has_its_status, 0, COUNT(calls));
    tcase_add_test(tc, scans_work_in_the_phases_of_a_message);
    tcase_add_test(tc, a_skipped_message_is_not_scanned_for_a_script);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
