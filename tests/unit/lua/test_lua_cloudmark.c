/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.cloudmark: rows CM-19 to CM-21, CM-30 and CM-36.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* data, data_spool, data_spool_each_rcpt; the last phase is behind them */
#define DATA_PHASES (ASSAY_PHASE_SET_BINDING - ASSAY_PHASE_DATA)

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static void setup(void)
{
    assay_score *score;

    fixture_setup();
    score = &fixture_session->score;
    score->score = 97;
    score->is_spam = true;
    score->rescan = true;
    copy(score->category, sizeof score->category, "100");
    copy(score->category_desc, sizeof score->category_desc, "Spam");
    copy(score->sub_category, sizeof score->sub_category, "7");
    copy(score->sub_category_desc, sizeof score->sub_category_desc,
         "Caf\xc3\xa9");
    copy(score->analysis, sizeof score->analysis, "v=2.3 cv=abc");
    fixture_session->filter.mode = ASSAY_ACTIVEFILTER_KEEP;
    copy(fixture_session->filter.address,
         sizeof fixture_session->filter.address, "msi@msi.local");
}

#define SAME_TABLE                                                      \
    "local function check(t)\n"                                         \
    "  assert(t.score == 97 and math.type(t.score) == 'integer')\n"     \
    "  assert(t.is_spam == true and t.rescan == 'yes')\n"               \
    "  assert(t.category == '100' and t['category-desc'] == 'Spam')\n"  \
    "  assert(t['sub-category'] == '7')\n"                              \
    "  assert(t['sub-category-desc'] == 'Caf\\u{e9}')\n"                \
    "  assert(t.analysis == 'v=2.3 cv=abc')\n"                          \
    "  local n = 0 for _ in pairs(t) do n = n + 1 end assert(n == 8)\n" \
    "end\n"

/* Bodies of validate_data that check with assert(). */
static const char *const checks[] = {
    "assert(require('msys.cloudmark') == msys.cloudmark)",
    /* CM-19, CM-21: with all arguments, and with any of them omitted */
    SAME_TABLE "check(msys.cloudmark.score(msg, accept, vctx))",
    SAME_TABLE "check(msys.cloudmark.score())",
    SAME_TABLE "check(msys.cloudmark.score(msg))",
    SAME_TABLE "check(msys.cloudmark.score(nil, accept))",
    SAME_TABLE "check(msys.cloudmark.score(nil, nil, vctx))",
    SAME_TABLE "check(msys.cloudmark.score(msg, nil, vctx))",
    SAME_TABLE "check(msys.cloudmark.score(nil, nil, nil))",
    /* CM-20 */
    SAME_TABLE "check(msys.cloudmark.analyze('h'))",
    SAME_TABLE "check(msys.cloudmark.analyze('h', msg))",
    SAME_TABLE "check(msys.cloudmark.analyze('h', nil, vctx))",
    SAME_TABLE "check(msys.cloudmark.analyze('h', msg, vctx))",
    /* CM-30 */
    "local s, why = msys.cloudmark.score_af(msg, accept, vctx, 90)\n"
    "assert(s == 97 and math.type(s) == 'integer' and why == nil)",
    "assert(msys.cloudmark.score_af(nil, nil, nil, '90') == 97)",
    /* EXTRA */
    "assert(msys.cloudmark.score_ip('192.0.2.1') == 97)",
    "assert(msys.cloudmark.score_ip('2001:db8::1') == 97)",
    "local s, why = msys.cloudmark.score_ip('host.example')\n"
    "assert(s == nil and why == 'no IP address', why)",
    "local s, why = msys.cloudmark.score_ip('192.0.2.1\\0x')\n"
    "assert(s == nil and why == 'a NUL is in no address', why)",
    /* What is not ours to judge is refused, and no error of the script. */
    "local t, why = msys.cloudmark.analyze(('x'):rep(1 << 20))\n"
    "assert(t == nil and why == 'no analysis text', why)",
    "local t, why = msys.cloudmark.analyze('a\\0b')\n"
    "assert(t == nil and why == 'no analysis text', why)",
    /* Results live on their own. */
    "local a, b = msys.cloudmark.score(), msys.cloudmark.score()\n"
    "assert(a ~= b) a.score = nil collectgarbage() assert(b.score == 97)",
    "for i = 1, 200 do assert(msys.cloudmark.score().score == 97) end",
    /* CM-19: deep places; the old platform forbade the first one. */
    "local ok, t = pcall(msys.cloudmark.score)\n"
    "assert(ok and t.score == 97)",
    "local ok, s = pcall(msys.cloudmark.score_af, msg, accept, vctx, 1)\n"
    "assert(ok and s == 97)",
    "local f = coroutine.wrap(function() msys.cloudmark.score()"
    " coroutine.yield(1) return msys.cloudmark.score().score end)\n"
    "assert(f() == 1) assert(f() == 97)",
    "table.sort({2, 1}, function(a, b) msys.cloudmark.score()"
    " return a < b end)",
    "local ok, s = msys.runInPool('CPU', function()"
    " return msys.cloudmark.score().score end)\n"
    "assert(ok and s == 97)",
    /* CM-29 */
    "assert(msys.cloudmark.add_af_data('a@b', {}))",
    "assert(msys.cloudmark.add_af_data('a@b', {k = 'v', n = 3}))",
};

START_TEST(check_holds)
{
    fixture_assert(checks[_i]);
}
END_TEST

/* The collector never rests, and a full collection stands around the calls. */
START_TEST(check_holds_under_gc_stress)
{
    char body[4096];

    fixture_settings.gc_pause = 1;
    fixture_settings.gc_stepmul = 1000;
    fixture_settings.time_limit_ms = 5000;
    snprintf(body, sizeof body, "collectgarbage()\n%s\ncollectgarbage()",
             checks[_i]);
    fixture_assert(body);
    fixture_end_session();
}
END_TEST

/* CM-21: what there is not is nil, not "" or false. */
START_TEST(empty_texts_and_flags_are_absent)
{
    fixture_session->score = (assay_score){.score = 0};
    fixture_assert("for _, t in ipairs{msys.cloudmark.score(),"
                   " msys.cloudmark.analyze('h')} do\n"
                   "assert(t.score == 0 and math.type(t.score) == 'integer')\n"
                   "assert(next(t, next(t)) == nil) end");
    ck_assert_uint_eq(fixture_session->scores, 2);
}
END_TEST

START_TEST(broken_score_is_a_float)
{
    fixture_session->score.score = 79.5;
    fixture_assert("assert(msys.cloudmark.score().score == 79.5)\n"
                   "assert(msys.cloudmark.score_ip('::1') == 79.5)\n"
                   "assert(msys.cloudmark.score_af(nil, nil, nil, 1) == 79.5)");
}
END_TEST

START_TEST(longest_analysis_is_whole)
{
    assay_score *score = &fixture_session->score;

    memset(score->analysis, 'x', sizeof score->analysis - 1);
    fixture_assert("local t = msys.cloudmark.score()\n"
                   "assert(#t.analysis == 16383)\n"
                   "assert(msys.cloudmark.analyze(t.analysis))");
    ck_assert_uint_eq(fixture_session->analyzed_len, 16383);
}
END_TEST

static const struct {
    const char *call, *asked;
} questions[] = {
    {"msys.cloudmark.score()", "score"},
    {"msys.cloudmark.analyze('a header', msg)", "analyze"},
    {"msys.cloudmark.score_af(msg, accept, vctx, 90.5)", "activefilter"},
    {"msys.cloudmark.score_ip('192.0.2.1')", "address"},
};

START_TEST(question_reaches_the_session)
{
    fixture_assert(questions[_i].call);
    ck_assert_str_eq(fixture_session->asked, questions[_i].asked);
    ck_assert_uint_eq(fixture_session->scores, 1);
    ck_assert_str_eq(fixture_session->analyzed, _i == 1 ? "a header" : "");
    ck_assert(fixture_session->threshold == (_i == 2 ? 90.5 : 0));
    ck_assert_str_eq(fixture_session->scored_address,
                     _i == 3 ? "192.0.2.1" : "");
    ck_assert_ptr_null(fixture_session->af_id);
}
END_TEST

/* ---- failures ---------------------------------------------------------- */

static const assay_rc failures[] = {
    ASSAY_E_UNAVAILABLE, ASSAY_E_TIMEOUT,  ASSAY_E_LIMIT, ASSAY_E_IO,
    ASSAY_E_INVAL,       ASSAY_E_NOTFOUND, ASSAY_E_NOMEM,
};

START_TEST(failure_of_the_service_is_nil_and_a_message)
{
    char body[1024];

    fixture_session->score_rc = failures[_i];
    snprintf(body, sizeof body,
             "local c = msys.cloudmark\n"
             "for _, f in ipairs{c.score, function() return c.analyze('h') end,"
             "  function() return c.score_af(msg, accept, vctx, 90) end,\n"
             "  function() return c.score_ip('192.0.2.1') end} do\n"
             "  local r = table.pack(f())\n"
             "  assert(r.n == 2 and r[1] == nil)\n"
             "  assert(r[2] == 'scripted failure: %s', r[2])\n"
             "end",
             assay_rc_name(failures[_i]));
    fixture_assert(body);
    ck_assert_uint_eq(fixture_session->scores, 4);
}
END_TEST

START_TEST(call_out_of_order_raises)
{
    fixture_session->score_rc = ASSAY_E_STATE;
    fixture_assert_fails(questions[_i].call, "scripted failure: state");
}
END_TEST

static const struct {
    const char *call, *want;
} wrong_arguments[] = {
    {"msys.cloudmark.score(vctx)", "#1 to 'score' (msys.core:_ec_message"},
    {"msys.cloudmark.score(msg, vctx)",
     "#2 to 'score' (msys.core:_accept_construct expected"},
    {"msys.cloudmark.score(msg, accept, msg)",
     "#3 to 'score' (msys.core:_validate_context expected"},
    {"msys.cloudmark.score('x')", "#1 to 'score'"},
    {"msys.cloudmark.analyze()", "#1 to 'analyze' (string expected"},
    {"msys.cloudmark.analyze(nil)", "#1 to 'analyze' (string expected"},
    {"msys.cloudmark.analyze(msg)", "#1 to 'analyze' (string expected"},
    {"msys.cloudmark.analyze('h', vctx)", "#2 to 'analyze'"},
    {"msys.cloudmark.analyze('h', msg, msg)", "#3 to 'analyze'"},
    {"msys.cloudmark.score_af(vctx, nil, nil, 90)", "#1 to 'score_af'"},
    {"msys.cloudmark.score_af(msg, msg, nil, 90)", "#2 to 'score_af'"},
    {"msys.cloudmark.score_af(msg, nil, msg, 90)", "#3 to 'score_af'"},
    {"msys.cloudmark.score_ip()", "#1 to 'score_ip' (string expected"},
    {"msys.cloudmark.score_ip({})", "#1 to 'score_ip' (string expected"},
    {"msys.cloudmark.add_af_data()", "#1 to 'add_af_data' (string expected"},
    {"msys.cloudmark.add_af_data('a@b')",
     "#2 to 'add_af_data' (table expected"},
    {"msys.cloudmark.add_af_data('a@b', 'k')",
     "#2 to 'add_af_data' (table expected"},
    {"msys.cloudmark.add_af_data({}, {})", "#1 to 'add_af_data'"},
    {"msys.cloudmark.add_af_data('a@b', {'v'})", "a key is not a string"},
    {"msys.cloudmark.add_af_data('a@b', {[true] = 'v'})",
     "a key is not a string"},
    {"msys.cloudmark.add_af_data('a@b', {['a\\0b'] = 'v'})", "key with a NUL"},
    {"msys.cloudmark.add_af_data('a@b', {k = {}})",
     "the value of 'k' is a table"},
    {"msys.cloudmark.add_af_data('a@b', {k = print})",
     "the value of 'k' is a function"},
    {"msys.cloudmark.add_af_data('a@b', {k = msg})",
     "the value of 'k' is a userdata"},
    {"local t = {} for i = 1, 65 do t['k' .. i] = i end\n"
     "msys.cloudmark.add_af_data('a@b', t)",
     "more than 64 keys"},
};

START_TEST(wrong_argument_raises)
{
    fixture_assert_fails(wrong_arguments[_i].call, wrong_arguments[_i].want);
    ck_assert_uint_eq(fixture_session->scores, 0);
    ck_assert_uint_eq(fixture_session->data_count, 0);
}
END_TEST

/* CM-30: documented as a text, used as a number. */
static const struct {
    const char *text;
    double value;
} thresholds[] = {
    {"0", 0},   {"100", 100},   {"90", 90},     {"'90'", 90},
    {"'0'", 0}, {"'100'", 100}, {"90.5", 90.5}, {"' 90.5 '", 90.5},
};

START_TEST(threshold_is_a_number_or_its_text)
{
    char body[128];

    snprintf(body, sizeof body, "msys.cloudmark.score_af(msg, nil, nil, %s)",
             thresholds[_i].text);
    fixture_session->threshold = -1;
    fixture_assert(body);
    ck_assert(fixture_session->threshold == thresholds[_i].value);
}
END_TEST

static const struct {
    const char *text, *want;
} wrong_thresholds[] = {
    {"'abc'", "number expected, got string"},
    {"''", "number expected, got string"},
    {"'90%'", "number expected, got string"},
    {"'90\\0'", "number expected, got string"},
    {"'nan'", "number expected, got string"},
    {"nil", "number expected, got nil"},
    {"{}", "number expected, got table"},
    {"true", "number expected, got boolean"},
    {"0/0", "threshold is not from 0 to 100"},
    {"-1", "threshold is not from 0 to 100"},
    {"'-0.5'", "threshold is not from 0 to 100"},
    {"100.1", "threshold is not from 0 to 100"},
    {"'1e9'", "threshold is not from 0 to 100"},
    {"math.huge", "threshold is not from 0 to 100"},
    {"-math.huge", "threshold is not from 0 to 100"},
};

START_TEST(wrong_threshold_is_an_argument_error)
{
    char body[128];

    snprintf(body, sizeof body, "msys.cloudmark.score_af(msg, nil, nil, %s)",
             wrong_thresholds[_i].text);
    fixture_assert_fails(body, wrong_thresholds[_i].want);
    ck_assert_error("bad argument #4 to 'score_af'");
    ck_assert_uint_eq(fixture_session->scores, 0);
}
END_TEST

/* Test 14 of the module: the mode and the address are needed. */
START_TEST(score_af_without_mode_raises)
{
    fixture_session->filter.mode = ASSAY_ACTIVEFILTER_UNSET;
    fixture_assert_fails(questions[2].call, "no mode is set");
}
END_TEST

START_TEST(score_af_without_address_raises)
{
    fixture_session->filter.address[0] = '\0';
    fixture_assert_fails(questions[2].call, "no address is set");
}
END_TEST

/* Test 15 of the module: no stanza, but the script loads. */
static const char *const session_calls[] = {
    "msys.cloudmark.score()",
    "msys.cloudmark.analyze('h')",
    "msys.cloudmark.score_af(msg, nil, nil, 90)",
    "msys.cloudmark.score_ip('192.0.2.1')",
    "msys.cloudmark.add_af_data('a@b', {})",
};

START_TEST(absent_module_raises)
{
    char body[256];

    fixture_session->cannot_score = true;
    fixture_activefilter = NULL;
    snprintf(body, sizeof body, "require('msys.cloudmark')\n%s",
             session_calls[_i]);
    fixture_assert_fails(body, "cloudmark module not available");
    ck_assert_uint_eq(fixture_session->scores, 0);
}
END_TEST

START_TEST(session_calls_fail_while_scripts_load)
{
    fixture_script("x", session_calls[_i]);
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("there is no session while scripts load");
}
END_TEST

/* ---- phases ------------------------------------------------------------ */

static const char *const phase_names[ASSAY_PHASE_COUNT] = {
    "connect",
    "ehlo",
    "mailfrom",
    "rcptto",
    "data",
    "data_spool",
    "data_spool_each_rcpt",
    "set_binding",
};

static assay_rc run_in_phase(const char *call, assay_phase phase)
{
    char script[512];

    snprintf(script, sizeof script,
             "local m = {} function m:validate_%s() %s return 0 end"
             " msys.registerModule('m', m)",
             phase_names[phase], call);
    fixture_script("m", script);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    return fixture_run(phase, "x");
}

/* CM-19: the first three need a message that has arrived; and set_binding is
 * none of their phases. */
START_TEST(call_in_another_phase_raises)
{
    static const char *const calls[] = {
        "msys.cloudmark.score()",
        "msys.cloudmark.analyze('h')",
        "msys.cloudmark.score_af(nil, nil, nil, 90)",
    };

    int phase = _i / 3;

    if (phase == ASSAY_PHASE_DATA)
        phase = ASSAY_PHASE_SET_BINDING;
    ck_assert_int_eq(run_in_phase(calls[_i % 3], (assay_phase)phase),
                     ASSAY_E_SCRIPT);
    ck_assert_error("no message to score in this phase");
    ck_assert_uint_eq(fixture_session->scores, 0);
}
END_TEST

START_TEST(call_in_a_data_phase_works)
{
    assay_phase phase = (assay_phase)(ASSAY_PHASE_DATA + _i);

    ck_assert_msg(run_in_phase("assert(msys.cloudmark.score())\n"
                               "assert(msys.cloudmark.analyze('h'))\n"
                               "assert(msys.cloudmark.score_af("
                               "nil, nil, nil, 90))",
                               phase) == ASSAY_OK,
                  "%s", fixture_error.msg);
    ck_assert_uint_eq(fixture_session->scores, 3);
}
END_TEST

START_TEST(score_ip_works_in_all_phases)
{
    ck_assert_msg(
        run_in_phase("assert(msys.cloudmark.score_ip('192.0.2.1') == 97)",
                     (assay_phase)_i) == ASSAY_OK,
        "%s", fixture_error.msg);
}
END_TEST

/* CM-36, from the script's side. */
START_TEST(thousand_recipients_are_scored)
{
    char address[64];

    for (int i = 2; i < 1000; i++) {
        snprintf(address, sizeof address, "u%d@example.net", i);
        ck_assert_int_eq(
            assay_message_add_recipient(fixture_message, address, NULL),
            ASSAY_OK);
    }
    fixture_settings.time_limit_ms = 5000;
    fixture_assert("local list = vctx:recipient_list() assert(#list == 1000)\n"
                   "for i, address in ipairs(list) do\n"
                   "  assert(msys.cloudmark.add_af_data(address, {n = i}))\n"
                   "end\n"
                   "assert(msys.cloudmark.score_af(msg, accept, vctx, 90)"
                   " == 97)\n"
                   "assert(msys.cloudmark.score().score == 97)");
    ck_assert_uint_eq(fixture_session->data_count, 1000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cloudmark");

    tcase_add_checked_fixture(tcase, setup, fixture_teardown);
    add_cases(tcase, check_holds, checks);
    add_cases(tcase, check_holds_under_gc_stress, checks);
    tcase_add_test(tcase, empty_texts_and_flags_are_absent);
    tcase_add_test(tcase, broken_score_is_a_float);
    tcase_add_test(tcase, longest_analysis_is_whole);
    add_cases(tcase, question_reaches_the_session, questions);
    add_cases(tcase, failure_of_the_service_is_nil_and_a_message, failures);
    add_cases(tcase, call_out_of_order_raises, questions);
    add_cases(tcase, wrong_argument_raises, wrong_arguments);
    add_cases(tcase, threshold_is_a_number_or_its_text, thresholds);
    add_cases(tcase, wrong_threshold_is_an_argument_error, wrong_thresholds);
    tcase_add_test(tcase, score_af_without_mode_raises);
    tcase_add_test(tcase, score_af_without_address_raises);
    add_cases(tcase, absent_module_raises, session_calls);
    add_cases(tcase, session_calls_fail_while_scripts_load, session_calls);
    tcase_add_loop_test(tcase, call_in_another_phase_raises, 0,
                        3 * (ASSAY_PHASE_DATA + 1));
    tcase_add_loop_test(tcase, call_in_a_data_phase_works, 0, DATA_PHASES);
    tcase_add_loop_test(tcase, score_ip_works_in_all_phases, 0,
                        ASSAY_PHASE_COUNT);
    tcase_add_test(tcase, thousand_recipients_are_scored);
    return fixture_main(tcase);
}
