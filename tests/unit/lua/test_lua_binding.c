/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Callouts, contexts, messages and parts as scripts see them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* Bodies of validate_data that check with assert(). */
static const char *const checks[] = {
    /* vctx:get, set */
    "assert(vctx:get(msys.core.VCTX_CONN, 'none') == '')",
    "vctx:set(msys.core.VCTX_CONN, 'k', 'v')"
    " assert(vctx:get(msys.core.VCTX_CONN, 'k') == 'v')"
    " assert(vctx:get(msys.core.VCTX_MESS, 'k') == '')",
    "vctx:set(msys.core.VCTX_MESS, 'k', 12)"
    " assert(vctx:get(msys.core.VCTX_MESS, 'k') == '12')",
    "vctx:set(msys.core.VCTX_MESS, 'k', true)"
    " assert(vctx:get(msys.core.VCTX_MESS, 'k') == 'true')",
    "vctx:set(msys.core.VCTX_MESS, 'k', 'v')"
    " vctx:set(msys.core.VCTX_MESS, 'k', nil)"
    " vctx:set(msys.core.VCTX_MESS, nil, 'v')"
    " assert(vctx:get(msys.core.VCTX_MESS, 'k') == 'v')",
    "assert(not pcall(vctx.get, vctx, 0, 'k'))",
    "assert(not pcall(vctx.get, vctx, nil, 'k'))",
    "assert(not pcall(vctx.set, vctx, 1, '', 'x'))",
    "local l = vctx:recipient_list() assert(#l == 2)"
    " assert(l[1] == 'b@example.net' and l[2] == 'c@example.net')"
    " local sum = '' for i = 0, #l do sum = sum .. l[i] end"
    " assert(not pcall(vctx.recipient_list, vctx, 'x@example.net'))",
    /* msg:context_*; LU-17: a missing key reads as "" */
    "assert(msg:context_get(msys.core.ECMESS_CTX_MESS, 'none') == '')",
    "msg:context_set(msys.core.ECMESS_CTX_CONN, 'k', 'v')"
    " assert(vctx:get(msys.core.VCTX_CONN, 'k') == 'v')",
    "msg:context_set(msys.core.ECMESS_CTX_MESS, 'k', 'v')"
    " assert(msg:context_exists(msys.core.ECMESS_CTX_MESS, 'k') == 1)"
    " assert(msg:context_exists(msys.core.ECMESS_CTX_CONN, 'k') == 0)"
    " local n, v = msg:context_exists_and_get(msys.core.ECMESS_CTX_MESS, 'k')"
    " assert(n == 1 and v == 'v')"
    " assert(msg:context_delete(msys.core.ECMESS_CTX_MESS, 'k') == 1)"
    " assert(msg:context_delete(msys.core.ECMESS_CTX_MESS, 'k') == 0)"
    " n, v = msg:context_exists_and_get(msys.core.ECMESS_CTX_MESS, 'k')"
    " assert(n == 0 and v == nil)",
    "assert(not pcall(msg.context_get, msg, 7, 'k'))",
    /* msg:header */
    "local h = msg:header('subject') assert(#h == 1 and h[1] == 'caf\\u{e9}')",
    "local h = msg:header('X-Twice') assert(#h == 2)"
    " assert(h[1] == 'one' and h[2] == 'two')",
    "assert(#msg:header('X-None') == 0)",
    "assert(msg:header('X-New', 'a') == true)"
    " assert(msg:header('X-New')[1] == 'a')",
    "msg:header('X-Twice', 'three') local h = msg:header('X-Twice')"
    " assert(#h == 1 and h[1] == 'three')",
    "msg:header('X-Twice', 'three', 'replace')"
    " assert(#msg:header('X-Twice') == 1)",
    "msg:header('X-Twice', 'zero', 'prepend') local h = msg:header('X-Twice')"
    " assert(#h == 3 and h[1] == 'zero')",
    "msg:header('X-Twice', 3, 'append') local h = msg:header('X-Twice')"
    " assert(#h == 3 and h[3] == '3')",
    "assert(msg:header('X-Twice', '') == true)"
    " assert(#msg:header('X-Twice') == 0)",
    "assert(msg:header('X-Twice', {'a', 'b'}))"
    " local h = msg:header('X-Twice') assert(h[1] == 'a' and h[2] == 'b')"
    " assert(#h == 2)",
    "msg:header('X-Twice', {'a', 'b'}, 'prepend')"
    " local h = msg:header('X-Twice') assert(#h == 4)"
    " assert(h[1] == 'a' and h[2] == 'b' and h[3] == 'one')",
    "local long = ('\\u{e9}'):rep(100) msg:header('X-Long', long)"
    " assert(msg:header('X-Long')[1] == long)",
    "assert(not pcall(msg.header, msg, 'X-New', 'a\\r\\nEvil: b'))",
    "assert(not pcall(msg.header, msg, 'X-New', 'a\\0b'))",
    "assert(not pcall(msg.header, msg, 'bad name', 'a'))",
    "assert(not pcall(msg.header, msg, 'X', 'a', 'insert'))",
    "assert(not pcall(msg.header, msg))",
    "assert(not pcall(msg.header, msg, 'X', true))",
    /* the envelope */
    "assert(msg:mailfrom() == 'a@example.com')"
    " assert(msg:rcptto() == 'c@example.net')"
    " assert(not pcall(msg.mailfrom, msg, 'x'))"
    " assert(not pcall(msg.rcptto, msg, 'x'))",
    "vctx:set(msys.core.VCTX_MESS, 'rcptto_localpart', 'b')"
    " assert(msg:rcptto() == 'b')"
    " vctx:set(msys.core.VCTX_MESS, 'rcptto_domain', 'example.net')"
    " assert(msg:rcptto() == 'b@example.net')",
    "local l, d = msys.core.string_new(), msys.core.string_new()"
    " msg:get_envelope2(msys.core.EC_MSG_ENV_FROM, l, d)"
    " assert(tostring(l) == 'a' and tostring(d) == 'example.com')"
    " msg:get_envelope2(msys.core.EC_MSG_ENV_TO |"
    " msys.core.EC_MSG_ENV_COMPLETE, l, d)"
    " assert(tostring(l) == 'c@example.net' and #d == 0)"
    " assert(not pcall(msg.get_envelope2, msg, 3, l, d))"
    " assert(not pcall(msg.get_envelope2, msg, 1, l, 'x'))",
    "assert(msg.id == '4ABCDEF' and msg.other == nil and msg[1] == nil)",
    "assert(msg:get_message_size() > 100)",
    "assert(not pcall(function() msg.x = 1 end))",
    /* parts */
    "local p = msg:mime() assert(p.parent == nil and p.next == nil)"
    " assert(p:content_type().mimetype == 'multipart/mixed')"
    " local a = p.parts local b = a.next"
    " assert(b.next == nil and a.parent == p and b.parent == a.parent)"
    " assert(a != b and a == p.thread and a.thread == b)"
    " assert(b.thread == nil and a.parts == nil)",
    "local n, p = 0, msg:mime(true) while p do n = n + 1 p = p.thread end"
    " assert(n == 3)",
    "local ct = msg:mime().parts:content_type()"
    " assert(ct.mimetype == 'text/plain' and ct.charset == 'iso-8859-1')"
    " assert(ct.encoding == 'quoted-printable')"
    " assert(ct.is_attachment == false and ct.filename == nil)",
    "local ct = msg:mime().parts.next:content_type()"
    " assert(ct.filename == 'x.pdf' and ct.is_attachment == true)"
    " assert(ct.encoding == 'base64' and ct.charset == nil)",
    "local p = msg:mime().parts assert(p:text():match('^caf\\u{e9}'))"
    " assert(p.next:text() == nil and msg:mime():text() == nil)",
    "local p = msg:mime().parts.next"
    " assert(p:header('content-disposition')[1]:find('attachment'))"
    " assert(#p:header('Subject') == 0)",
    "local p = msg:mime().parts.next"
    " assert(p.body_end - p.body_start >= 8 and p.body_start > 300)"
    " assert(p.other == nil)",
    "assert(not pcall(msg.mime, msg, false))",
    "local p = msg:mime() assert(not pcall(p.header, p, 'X', nil))"
    " assert(not pcall(p.text, p, 'x'))",
    /* accept */
    "assert(accept.remote_addr == '192.0.2.1:2525')"
    " assert(tostring(accept) == '192.0.2.1:2525' and accept.x == nil)",
    /* msys */
    "assert(msys.type(msg) == 'msys.core:_ec_message')"
    " assert(msys.type(vctx) == 'msys.core:_validate_context')"
    " assert(msys.type(accept) == 'msys.core:_accept_construct')"
    " assert(msys.type(msg:mime()) == 'msys.core:_ec_message_part')"
    " assert(msys.type(msys.core.string_new()) == 'msys.core:_ec_string')"
    " assert(msys.type({}) == 'table' and msys.type(nil) == 'nil')",
    "assert(math.abs(msys.core.get_now_ts() - os.time()) <= 1)",
    "local s = msys.core.string_new() assert(tostring(s) == '' and #s == 0)"
    " s:set('abc') assert(tostring(s) == 'abc' and #s == 3)"
    " s:set(12) assert(tostring(s) == '12')"
    " assert(not pcall(s.set, s, {}))",
    "vctx:set(msys.core.VCTX_CONN, 'k', 'C')"
    " vctx:set(msys.core.VCTX_MESS, 'm', '%{vctx_conn:k}')"
    " assert(msys.expandMacro('a%{vctx_conn:k}b%{vctx_mess:m}')"
    " == 'aCb%{vctx_conn:k}')"
    " assert(msys.expandMacro('%{k}%{m}%{none}|%{') == 'C%{vctx_conn:k}|%{')"
    " assert(msys.expandMacro('') == '')",
    "assert(tostring(msg):find('^msys.core:_ec_message: '))",
    /* calls with the wrong thing */
    "assert(not pcall(msg.header, vctx, 'X'))",
    "assert(not pcall(vctx.get, msg, 1, 'x'))",
    "assert(not pcall(msg.mime, {}))",
    "assert(not pcall(vctx.set_code, vctx, 'x', 'y'))",
    "assert(not pcall(vctx.set_code, vctx, 99, 'y'))",
    "assert(not pcall(vctx.set_code, vctx, -1, 'y'))",
    "assert(not pcall(vctx.set_code, vctx, 2^40, 'y'))",
    /* the other not-equal */
    "assert(1 != 2 and '!=' == '\\33=')",
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
    snprintf(body, sizeof body, "collectgarbage()\n%s\ncollectgarbage()",
             checks[_i]);
    fixture_assert(body);
    fixture_end_session();
}
END_TEST

START_TEST(nil_in_context_is_logged)
{
    fixture_assert("vctx:set(msys.core.VCTX_MESS, 'k', nil)");
    ck_assert_logged("warn lua.ignored module=\"test\" "
                     "callout=validate_data text=\"context key or value is "
                     "nil\"");
}
END_TEST

static const struct {
    const char *body;
    int code;
    const char *text;
    bool disconnected;
} answers[] = {
    {"vctx:set_code(550, '5.7.1 no')", 550, "5.7.1 no", false},
    {"vctx:set_code('451', 'later')", 451, "later", false},
    {"vctx:set_code(550, 17)", 550, "17", false},
    {"vctx:set_code(250)", 250, "", false},
    {"vctx:disconnect(421, 'bye')", 421, "bye", true},
    {"vctx:disconnect('554')", 554, "", true},
    {"vctx:disconnect()", 421, "", true},
};

START_TEST(answer_reaches_the_session)
{
    fixture_assert(answers[_i].body);
    ck_assert_int_eq(fixture_session->code, answers[_i].code);
    ck_assert_str_eq(fixture_session->text, answers[_i].text);
    ck_assert_int_eq(fixture_session->disconnected, answers[_i].disconnected);
}
END_TEST

static const struct {
    const char *body, *text;
} discards[] = {
    {"msg:discard()", "550 5.7.0 discarded by policy"},
    {"msg:discard('550 5.7.9 mine')", "550 5.7.9 mine"},
    {"msg:discard('no code')", "550 5.7.1 [internal] discarded by policy"},
    {"msg:discard('')", "550 5.7.1 [internal] discarded by policy"},
    {"msg:discard('25')", "550 5.7.1 [internal] discarded by policy"},
};

START_TEST(discard_has_a_reason_with_a_code)
{
    fixture_assert(discards[_i].body);
    ck_assert(fixture_session->discarded);
    ck_assert_str_eq(fixture_session->text, discards[_i].text);
}
END_TEST

static size_t count_logged(const char *want)
{
    size_t count = 0;

    for (const char *at = fixture_log(); (at = strstr(at, want)); at++)
        count++;
    return count;
}

START_TEST(print_is_one_event)
{
    fixture_assert("print('a', 1, nil, true, 'say \"x\"') print()\n"
                   "print('one\\ntwo\\r\\0three\\n') print(setmetatable({},"
                   " {__tostring = function() return 'T' end}))");
    ck_assert_logged("info lua.print module=\"test\" callout=validate_data "
                     "text=\"a 1 nil true say 'x'\"");
    ck_assert_logged("text=\"one\\ntwo\\r\\0three\\n\"");
    ck_assert_logged("text=\"T\"");
    ck_assert_uint_eq(count_logged("lua.print"), 4);
}
END_TEST

START_TEST(long_print_is_cut)
{
    fixture_assert("print(('\\n'):rep(1e6), 'never seen') print('next')");
    ck_assert_ptr_null(strstr(fixture_log(), "never seen"));
    ck_assert_uint_eq(count_logged("lua.print"), 2);
    ck_assert_logged("text=\"next\"");
}
END_TEST

/* ---- callouts ---------------------------------------------------------- */

static const struct {
    assay_phase phase;
    const char *callout, *arguments;
} phases[] = {
    {ASSAY_PHASE_CONNECT, "validate_connect", "accept, vctx"},
    {ASSAY_PHASE_EHLO, "validate_ehlo", "str, accept, vctx"},
    {ASSAY_PHASE_MAILFROM, "validate_mailfrom", "str, accept, vctx"},
    {ASSAY_PHASE_RCPTTO, "validate_rcptto", "msg, str, accept, vctx"},
    {ASSAY_PHASE_DATA, "validate_data", "msg, accept, vctx"},
    {ASSAY_PHASE_DATA_SPOOL, "validate_data_spool", "msg, accept, vctx"},
    {ASSAY_PHASE_DATA_SPOOL_EACH_RCPT, "validate_data_spool_each_rcpt",
     "msg, accept, vctx"},
    {ASSAY_PHASE_SET_BINDING, "validate_set_binding", "msg"},
};

START_TEST(callout_gets_its_arguments)
{
    char script[1024];

    snprintf(script, sizeof script,
             "local m = {} function m:%s(%s, extra)\n"
             "local want = {msg = 'msys.core:_ec_message', str = 'string',\n"
             "accept = 'msys.core:_accept_construct',\n"
             "vctx = 'msys.core:_validate_context'}\n"
             "local got = {%s}\n"
             "local i = 0\n"
             "for name in ('%s'):gmatch('%%a+') do i = i + 1\n"
             "assert(msys.type(got[i]) == want[name], name) end\n"
             "assert(extra == nil and #got == i)\n"
             "assert(str == nil or str == '<x@y> SIZE=1')\n"
             "return 1 end msys.registerModule('m', m)",
             phases[_i].callout, phases[_i].arguments, phases[_i].arguments,
             phases[_i].arguments);
    fixture_script("m", script);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_msg(fixture_run(phases[_i].phase, "<x@y> SIZE=1") == ASSAY_OK,
                  "%s", fixture_error.msg);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_DONE);
}
END_TEST

static const struct {
    const char *value, *want; /* want NULL: accepted */
} returns[] = {
    {"msys.core.VALIDATE_CONT", NULL},
    {"msys.core.VALIDATE_DONE", NULL},
    {"0", NULL},
    {"1.0", NULL},
    {"", "returned nil, not VALIDATE_CONT or VALIDATE_DONE"},
    {"nil", "returned nil, not"},
    {"true", "returned true, not"},
    {"17", "returned 17, not"},
    {"1.5", "returned 1.5, not"},
    {"{}", "returned table: "},
    {"msys.core.VALIDATE_AGAIN", "VALIDATE_AGAIN is not supported"},
};

START_TEST(return_value_is_checked)
{
    char body[256];

    snprintf(body, sizeof body, "do return %s end", returns[_i].value);
    if (returns[_i].want)
        fixture_assert_fails(body, returns[_i].want);
    else
        fixture_assert(body);
}
END_TEST

START_TEST(modules_run_in_order_until_one_is_done)
{
    fixture_script("a", "local m = {} function m:validate_data() print('A')"
                        " return 0 end msys.registerModule('a', m)");
    fixture_script("b", "local m = {} function m:validate_data() print('B')"
                        " return 1 end msys.registerModule('b', m)"
                        " local n = {} function n:validate_data() print('C')"
                        " return 0 end msys.registerModule('c', n)");
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_DONE);
    ck_assert_logged("text=\"A\"\ninfo lua.print module=\"b\" "
                     "callout=validate_data text=\"B\"\n");
    ck_assert_ptr_null(strstr(fixture_log(), "text=\"C\""));
}
END_TEST

START_TEST(self_belongs_to_the_session)
{
    fixture_script("m", "local m = {} m.kind = 'module'\n"
                        "function m:validate_ehlo(str) self.name = str\n"
                        "return 0 end\n"
                        "function m:validate_data() print(self.name,"
                        " self.kind, m.name, self == m) return 0 end\n"
                        "msys.registerModule('m', m)");
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_EHLO, "first"), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_logged("text=\"first module nil false\"");
    fixture_end_session();
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_logged("text=\"nil module nil false\"");
}
END_TEST

START_TEST(error_is_logged_with_traceback)
{
    fixture_assert_fails("local function inner() error('went wrong') end\n"
                         "inner()",
                         "module \"test\", validate_data: test.lua:3: went "
                         "wrong");
    ck_assert_logged("error lua.error module=\"test\" "
                     "callout=validate_data text=\"test.lua:3: went wrong\"");
    ck_assert_logged("text=\"stack traceback:\"");
    ck_assert_logged("test.lua:4: in");
}
END_TEST

/* ---- handles ----------------------------------------------------------- */

static const char keeper[] =
    "local m = {}\n"
    "function m:validate_connect(accept, vctx)\n"
    "  kept_vctx, kept_accept = vctx, accept return 0 end\n"
    "function m:validate_data(msg)\n"
    "  if not kept then kept, part = msg, msg:mime() return 0 end\n"
    "  for _, f in ipairs{function() return kept:header('X') end,\n"
    "      function() return kept.id end,\n"
    "      function() return part:text() end,\n"
    "      function() return part.parts end,\n"
    "      function() return msys.av.scan(nil, kept) end,\n"
    "      function() return msys.av.scan_part(part) end} do\n"
    "    local ok, e = pcall(f) assert(not ok) print(e)\n"
    "  end\n"
    "  return 0 end\n"
    "function m:validate_set_binding()\n"
    "  print(select(2, pcall(kept_vctx.get, kept_vctx, 1, 'x')))\n"
    "  print(select(2, pcall(tostring, kept_accept)))\n"
    "  return 0 end\n"
    "msys.registerModule('m', m)";

static void open_keeper(void)
{
    fixture_script("m", keeper);
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_CONNECT, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
}

START_TEST(closed_message_says_so)
{
    open_keeper();
    assay_language_module_v1.ops->message_close(fixture_instance,
                                                fixture_state);
    assay_message_free(&fixture_message);
    {
        void *state = fixture_state;

        fixture_state = NULL;
        fixture_mail("Subject: second\r\n\r\n");
        fixture_state = state;
    }
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
    ck_assert_logged("message is closed");
    ck_assert_ptr_null(strstr(fixture_log(), "another session"));
    ck_assert_uint_eq(fixture_session->scans, 0);
}
END_TEST

START_TEST(handles_do_not_cross_sessions)
{
    void *first;

    open_keeper();
    first = fixture_state;
    fixture_state = NULL;
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_SET_BINDING, NULL), ASSAY_OK);
    ck_assert_logged("message belongs to another session");
    ck_assert_logged("vctx belongs to another session");
    ck_assert_logged("accept belongs to another session");
    assay_language_module_v1.ops->session_close(fixture_instance, first);
}
END_TEST

START_TEST(closed_session_says_so)
{
    open_keeper();
    fixture_end_session();
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_SET_BINDING, NULL), ASSAY_OK);
    ck_assert_logged("message is closed");
    ck_assert_logged("session is closed");
}
END_TEST

/* A coroutine of one session does not run with another's rights. */
START_TEST(coroutine_does_not_cross_sessions)
{
    fixture_script("m", "local m = {} function m:validate_data(msg)\n"
                        "  if not kept then kept = coroutine.wrap(function()"
                        " coroutine.yield() return msg:header('X') end)\n"
                        "  kept() return 0 end\n"
                        "  print(select(2, pcall(kept))) return 0 end\n"
                        "msys.registerModule('m', m)");
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    fixture_end_session();
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_OK);
    ck_assert_logged("message is closed");
}
END_TEST

START_TEST(context_before_message_is_empty)
{
    fixture_script("m", "local m = {} function m:validate_ehlo(s, a, vctx)\n"
                        "assert(vctx:get(msys.core.VCTX_MESS, 'x') == '')\n"
                        "assert(#vctx:recipient_list() == 0)\n"
                        "vctx:set(msys.core.VCTX_MESS, 'x', 'y')\n"
                        "return 0 end msys.registerModule('m', m)");
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_EHLO, "x"), ASSAY_E_SCRIPT);
    ck_assert_error("there is no message yet");
}
END_TEST

/* ---- trees that a limit cut ---------------------------------------------- */

static void add_parts(FILE *mail)
{
    fputs("Content-Type: multipart/mixed; boundary=b\r\n\r\n", mail);
    for (int i = 0; i < 10001; i++)
        fputs("--b\r\n\r\nx\r\n", mail);
    fputs("--b--\r\n", mail);
}

static void add_levels(FILE *mail)
{
    for (int i = 0; i < 110; i++)
        fprintf(mail,
                "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
                "--b%d\r\n",
                i, i);
    fputs("\r\nx\r\n", mail);
}

static void add_header(FILE *mail)
{
    fputs("X-Long:", mail);
    for (int i = 0; i < 20000; i++)
        fputs(" 0123456789012345678901234567890123456789012345678901234\r\n",
              mail);
    fputs("\r\nx\r\n", mail);
}

static void add_nothing(FILE *mail)
{
    fputs("Subject: x\r\n\r\nx\r\n", mail);
}

static const struct {
    void (*add)(FILE *mail);
    const char *want; /* of the results behind the tree */
} trees[] = {
    {add_parts, "{'parts'}"},
    {add_levels, "{'depth'}"},
    {add_header, "{'headers'}"},
    {add_nothing, "{}"},
};

START_TEST(cut_tree_says_so)
{
    char *text, body[256];
    size_t size;
    FILE *mail = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(mail);
    trees[_i].add(mail);
    ck_assert_int_eq(fclose(mail), 0);
    fixture_mail(text);
    free(text);
    fixture_settings.time_limit_ms = 60000;
    snprintf(body, sizeof body,
             "local got, want = {select(2, msg:mime())}, %s\n"
             "assert(#got == #want and got[1] == want[1], got[1])\n"
             "local top, limits = msg:mime(true)\n"
             "assert(top:content_type() and limits == want[1])",
             trees[_i].want);
    fixture_assert(body);
}
END_TEST

START_TEST(large_text_is_refused_not_fatal)
{
    size_t len = 9 * 1024 * 1024;
    char *mail = malloc(len + 1);

    ck_assert_ptr_nonnull(mail);
    memset(mail, 'x', len);
    memcpy(mail, "A: b\r\n\r\n", 8);
    mail[len] = '\0';
    fixture_mail(mail);
    free(mail);
    fixture_assert("local t, e = msg:mime():text()\n"
                   "assert(t == nil and e == 'text is over 8 MiB')");
}
END_TEST

static const struct {
    const char *charset, *body, *want;
} texts[] = {
    {"utf-8", "\xc3\xa9\xff!", "\\u{e9}\\u{fffd}!"},
    {"windows-1252", "\x80", "\\u{20ac}"},
    {"koi8-r", "\xc1", "\\u{430}"},
    {"shift_jis", "\x82\xa0", "\\u{3042}"},
    {"us-ascii", "a\xe9z", "a\\u{fffd}z"},
    {"../../x", "a", "a"},
    {"none", "\xc3", "\\u{fffd}"},
};

START_TEST(text_becomes_utf8)
{
    char mail[256], body[256];

    snprintf(mail, sizeof mail,
             "Content-Type: text/plain; charset=\"%s\"\r\n"
             "Content-Transfer-Encoding: 8bit\r\n\r\n%s",
             texts[_i].charset, texts[_i].body);
    fixture_mail(mail);
    snprintf(body, sizeof body,
             "local t = msg:mime():text() assert(t == '%s', t)",
             texts[_i].want);
    fixture_assert(body);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("binding");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    add_cases(tcase, check_holds, checks);
    add_cases(tcase, check_holds_under_gc_stress, checks);
    tcase_add_test(tcase, nil_in_context_is_logged);
    add_cases(tcase, answer_reaches_the_session, answers);
    add_cases(tcase, discard_has_a_reason_with_a_code, discards);
    tcase_add_test(tcase, print_is_one_event);
    tcase_add_test(tcase, long_print_is_cut);
    add_cases(tcase, callout_gets_its_arguments, phases);
    add_cases(tcase, return_value_is_checked, returns);
    tcase_add_test(tcase, modules_run_in_order_until_one_is_done);
    tcase_add_test(tcase, self_belongs_to_the_session);
    tcase_add_test(tcase, error_is_logged_with_traceback);
    tcase_add_test(tcase, closed_message_says_so);
    tcase_add_test(tcase, handles_do_not_cross_sessions);
    tcase_add_test(tcase, closed_session_says_so);
    tcase_add_test(tcase, coroutine_does_not_cross_sessions);
    tcase_add_test(tcase, context_before_message_is_empty);
    add_cases(tcase, cut_tree_says_so, trees);
    tcase_add_test(tcase, large_text_is_refused_not_fatal);
    add_cases(tcase, text_becomes_utf8, texts);
    return fixture_main(tcase);
}
