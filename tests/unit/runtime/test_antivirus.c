/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Antivirus scopes in a session: answers (AV-10, AV-11, AV-19), the variables
 * that a scan leaves (AV-15 … AV-18), the bypass of a session (AV-35); and what
 * an administrator reads of a configuration that cannot work, to the letter
 * (AV-03 … AV-07, AV-37).
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <assay/policy.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static assay_error err;
static assay_session *session;

static void setup(void)
{
    fixture_setup();
}

static void teardown(void)
{
    assay_session_close(&session);
    fixture_teardown();
}

static void open_session(const char *config)
{
    fixture_open(config);
    session = fixture_session();
}

/* ---- the decision matrix ------------------------------------------------- */

/* AV-02, AV-10, AV-11, AV-19: what an automatic scan answers by itself, and
 * that `action = pass` answers nothing in the same cases. */
static const struct {
    const char *engine, *scope, *mail;
    int code;
    const char *enhanced, *text;
} answers[] = {
    {"", "", "nothing", 0, "", ""},
    {"", "", "a THREAT", 550, "5.7.1",
     "Message refused: infected by Sample.THREAT"},
    {"answer = unscannable", "", "x", 550, "5.7.1",
     "Message refused: it could not be scanned (partial)"},
    {"answer = fault", "", "x", 451, "4.3.0",
     "Local error in processing: message not scanned"},
    {"answer = fault", "error_code = 454", "x", 454, "4.3.0",
     "Local error in processing: message not scanned"},
    {"answer = fault", "error_code = 554", "x", 554, "5.3.0",
     "Local error in processing: message not scanned"},
};

START_TEST(an_automatic_scan_answers)
{
    static const char *const actions[] = {"reject", "pass"};
    char config[256];

    for (int i = 0; i < COUNT(actions); i++) {
        assay_disposition d;

        (void)snprintf(config, sizeof config,
                       "sample {}\nantivirus \"av\" { action = %s %s\n"
                       "  sample \"s\" { %s } }\n",
                       actions[i], answers[_i].scope, answers[_i].engine);
        open_session(config);
        d = fixture_send(session, answers[_i].mail);
        ck_assert_int_eq(d.code, i == 0 ? answers[_i].code : 0);
        if (i == 0) {
            ck_assert_str_eq(d.enhanced, answers[_i].enhanced);
            ck_assert_str_eq(d.text, answers[_i].text);
        } else {
            ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
        }
        assay_session_close(&session);
        assay_close(&fixture_library);
    }
}
END_TEST

/* ---- context variables -------------------------------------------------- */

static const char *variable(const char *name)
{
    return assay_context_get(
        assay_message_context(assay_session_message(session)), name);
}

static bool is_there(const char *name)
{
    return variable(name) != NULL;
}

#define PASS(options)                                                     \
    "sample {}\nantivirus \"av\" { action = pass sample \"s\" { " options \
    " } }\n"

/* AV-17: neither of the two, nor the alias; also when the message before in
 * the same session was infected. */
START_TEST(a_clean_message_has_no_variable)
{
    static const char *const names[] = {"sample_status", "sample_status_info",
                                        "virus", "virus_info"};

    open_session(_i == 0 ? PASS("") : PASS("context_variable = virus"));
    for (int round = 0; round < 2; round++) {
        (void)fixture_send(session, "a THREAT");
        ck_assert(is_there("sample_status_info"));
        (void)fixture_send(session, "nothing");
        for (int i = 0; i < COUNT(names); i++)
            ck_assert_msg(!is_there(names[i]), "%s = '%s'", names[i],
                          variable(names[i]));
    }
}
END_TEST

/* AV-18: the one is never without the other, whatever the scan came to. */
static const struct {
    const char *config, *mail, *status, *info;
} outcomes[] = {
    {PASS(""), "a THREAT", "virus", "Sample.THREAT"},
    {PASS("answer = fault"), "x", "error",
     "error: sample answers as configured"},
    {PASS("answer = unscannable"), "x", "error",
     "error: unscannable: SAMPLE_ODD"},
    {PASS("answer = unsuitable"), "x", "error",
     "error: not suitable: sample answers as configured"},
    {PASS("max_size = 1"), "much more", "error",
     "error: unscannable: oversize"},
};

START_TEST(a_status_comes_with_its_info)
{
    open_session(outcomes[_i].config);
    (void)fixture_send(session, outcomes[_i].mail);
    ck_assert_str_eq(variable("sample_status"), outcomes[_i].status);
    ck_assert_str_eq(variable("sample_status_info"), outcomes[_i].info);
}
END_TEST

/* The same variable for two engines: an error never hides a threat. */
START_TEST(a_threat_is_not_overwritten_by_an_error)
{
    open_session("sample {}\nantivirus \"av\" { action = pass\n"
                 "  sample \"first\" { }\n"
                 "  sample \"second\" { answer = fault threat = OTHER } }\n");
    (void)fixture_send(session, "a THREAT");
    ck_assert_str_eq(variable("sample_status"), "virus");
    ck_assert_str_eq(variable("sample_status_info"), "Sample.THREAT");
    (void)fixture_send(session, "OTHER");
    ck_assert_str_eq(variable("sample_status_info"), "Sample.OTHER");
    (void)fixture_send(session, "nothing");
    ck_assert_str_eq(variable("sample_status"), "error");
}
END_TEST

/* ---- bypass ------------------------------------------------------------- */

static const struct {
    const char *variable, *value;
    bool bypassed;
} bypasses[] = {
    {"__bypass_antivirus", "true", true},
    {"__bypass_sample", "true", true},
    {"__bypass_antivirus", "false", false},
    {"__bypass_other", "true", false},
};

/* AV-35: for all messages of the session, and for hooks only. */
START_TEST(a_bypass_holds_for_the_session)
{
    assay_scan_request request = {0};
    assay_verdict verdict;

    open_session("sample {}\nantivirus \"av\" { sample \"s\" { } }\n");
    ck_assert_int_eq(assay_context_set(assay_session_context(session),
                                       bypasses[_i].variable,
                                       bypasses[_i].value, &err),
                     ASSAY_OK);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(fixture_send(session, "a THREAT").action,
                         bypasses[_i].bypassed ? ASSAY_ACTION_CONTINUE
                                               : ASSAY_ACTION_REJECT);
    request.message = assay_session_message(session);
    assay_session_scan(session, &request, &verdict);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    assay_session_close(&session);
    session = fixture_session();
    ck_assert_int_eq(fixture_send(session, "a THREAT").action,
                     ASSAY_ACTION_REJECT);
}
END_TEST

/* ---- what an administrator reads ---------------------------------------- */

#define NAME_41 "a2345678901234567890123456789012345678901"
#define LOOKED_FOR                                                          \
    "\nengines and policy languages are looked for in '" ASSAY_TEST_MODULES \
    "'\n"
#define ELSEWHERE(name, scope) \
    "error: '" name "' is not a valid scope name in scope '" scope "'\n"

/* The finding up to its end, from behind the folder; HERE is that folder. */
static const struct {
    const char *config, *says;
} unworkable[] = {
    /* AV-22 */
    {"sample {}\nantivirus \"av\" {\n  mime_decompose = true\n"
     "  sample \"s\" { }\n}\n",
     "assay.conf:3:3: error: mime_decompose needs file_base, a folder for "
     "temporary files\n"},
    /* AV-20 */
    {"sample {}\nantivirus \"av\" {\n  file_base = \"HERE/link\"\n"
     "  sample \"s\" { }\n}\n",
     "assay.conf:3:3: error: file_base HERE/link: is a symbolic link; name the "
     "folder itself\n"},
    {"sample {}\nantivirus \"av\" {\n  file_base = \"HERE/none\"\n"
     "  sample \"s\" { }\n}\n",
     "assay.conf:3:3: error: file_base HERE/none: No such file or directory\n"},
    {"sample {}\nantivirus \"av\" {\n  file_base = \"HERE/assay.conf\"\n"
     "  sample \"s\" { }\n}\n",
     "assay.conf:3:3: error: file_base HERE/assay.conf: is not a folder\n"},
    {"sample {}\nantivirus \"av\" {\n  sample \"" NAME_41 "\" { }\n}\n",
     "assay.conf:3:10: error: the instance name is longer than 40 bytes, the "
     "limit\n"},
    {"sample {}\nantivirus \"" NAME_41 "\" { sample \"s\" { } }\n",
     "assay.conf:2:11: error: the instance name is longer than 40 bytes, the "
     "limit\n"},
    /* AV-24 */
    {"sample {}\nantivirus \"av\" {\n  pool = CPUS\n  sample \"s\" { }\n}\n",
     "assay.conf:3:10: error: 'pool': there is no ThreadPool 'CPUS'\n"
     "  pool = CPUS\n         ^~~~\ndid you mean 'CPU'?\n"},
    /* AV-04: the named stanza stands in a scope only, and a name once. */
    {"sample \"s\" { }\nantivirus \"av\" { sample \"s\" { } }\n",
     "assay.conf:1:8: error: stanza 'sample' takes no instance name\n"},
    {"sample { }\nantivirus \"av\" {\n  sample \"s\" { }\n"
     "  sample \"s\" { }\n}\n",
     "assay.conf:4:10: error: antivirus \"av\": there are two engines named "
     "\"s\"\n"},
    /* AV-05: the global stanza is one. */
    {"sample { }\nsample { enabled = false }\n"
     "antivirus \"av\" { sample \"s\" { } }\n",
     "assay.conf:2:1: error: 'sample' may stand here only once\n"},
    /* AV-03 */
    {"sample {}\nantivirus \"av\" {\n  sample \"s\" { }\n}\n"
     "antivirus \"av\" {\n  sample \"t\" { }\n}\n",
     "assay.conf:5:11: error: there is an antivirus scope 'av' already\n"},
    /* AV-07: engines and languages whose modules are not installed */
    {"csapi { }\nantivirus \"av\" {\n  csapi \"c\" { }\n}\n",
     "assay.conf:1:1: " ELSEWHERE("csapi",
                                  "Global") "csapi { }\n^~~~~" LOOKED_FOR},
    {"antivirus \"av\" {\n  csapi \"c\" { }\n}\n",
     "assay.conf:2:3: " ELSEWHERE(
         "csapi", "antivirus") "  csapi \"c\" { }\n  ^~~~~" LOOKED_FOR},
};

/* The text with each HERE replaced by the folder of the test. */
static const char *put_here(const char *text, char *buf, size_t size)
{
    size_t len = 0;

    buf[0] = '\0';
    for (const char *mark; (mark = strstr(text, "HERE")); text = mark + 4)
        len += (size_t)snprintf(buf + len, size - len, "%.*s%s",
                                (int)(mark - text), text, fixture_folder);
    (void)snprintf(buf + len, size - len, "%s", text);
    return buf;
}

static void expect_finding(const char *config, const char *says)
{
    assay_options options = fixture_options();
    char buf[1024];

    fixture_config(put_here(config, buf, sizeof buf));
    ck_assert_int_eq(assay_check(&options, &err), ASSAY_E_CONF);
    ck_assert_msg(strstr(err.msg, ": 1 error"), "%s", err.msg);
    ck_assert_msg(fixture_log_count(put_here(says, buf, sizeof buf)) == 1,
                  "want: %s\n got: %s", buf, fixture_log());
}

START_TEST(an_unworkable_configuration_is_told_in_these_words)
{
    char link[96];

    (void)snprintf(link, sizeof link, "%s/link", fixture_folder);
    ck_assert_int_eq(symlink("/tmp", link), 0);
    expect_finding(unworkable[_i].config, unworkable[_i].says);
}
END_TEST

/* AV-05: a scope's engine without the global stanza works, and says so. */
START_TEST(a_global_stanza_is_implied)
{
    fixture_open("antivirus \"av\" {\n  sample \"s\" { }\n}\n");
    ck_assert_uint_eq(
        fixture_log_count("assay.conf:2:3: warning: there is no global stanza "
                          "'sample { }'; it is implied\n"),
        1);
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
}
END_TEST

/* AV-37: products with a stanza of their own. They are no engines of an
 * antivirus scope, here or there, and never among msys.av.engines(). */
static const char *const others[] = {"brightmail", "commtouch", "expurgate",
                                     "beik", "eleven"};

START_TEST(other_scanners_are_no_engines)
{
    char config[256], says[512], name[ASSAY_NAME_MAX + 1];

    (void)snprintf(config, sizeof config,
                   "sample {}\nantivirus \"av\" {\n  sample \"s\" { }\n"
                   "  %s \"other\" { }\n}\n",
                   others[_i]);
    (void)snprintf(says, sizeof says,
                   "assay.conf:4:3: " ELSEWHERE("%s", "antivirus"), others[_i]);
    expect_finding(config, says);
    (void)snprintf(config, sizeof config, "%s \"other\" { }\n", others[_i]);
    (void)snprintf(says, sizeof says,
                   "assay.conf:1:1: " ELSEWHERE("%s", "Global"), others[_i]);
    expect_finding(config, says);
    ck_assert_uint_eq(fixture_log_count(LOOKED_FOR), 2);
    fixture_open("sample {}\nantivirus \"av\" { sample \"s\" { } }\n");
    ck_assert(assay_engine_name(fixture_library, 0, name, sizeof name));
    ck_assert_str_eq(name, "sample");
    ck_assert(!assay_engine_name(fixture_library, 1, name, sizeof name));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("antivirus");
    TCase *tc = tcase_create("scopes");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, an_automatic_scan_answers, 0, COUNT(answers));
    tcase_add_loop_test(tc, a_clean_message_has_no_variable, 0, 2);
    tcase_add_loop_test(tc, a_status_comes_with_its_info, 0, COUNT(outcomes));
    tcase_add_test(tc, a_threat_is_not_overwritten_by_an_error);
    tcase_add_loop_test(tc, a_bypass_holds_for_the_session, 0, COUNT(bypasses));
    tcase_add_loop_test(tc, an_unworkable_configuration_is_told_in_these_words,
                        0, COUNT(unworkable));
    tcase_add_test(tc, a_global_stanza_is_implied);
    tcase_add_loop_test(tc, other_scanners_are_no_engines, 0, COUNT(others));
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
