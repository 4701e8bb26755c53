/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The policies for spam that ship: conf/policies/cloudmark.lua, and the default
 * policy, msys.dp_cloudmark with msys.dp_config (PO-08).
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fixture.h"

#define MARKED                    \
    "X-Spam-Score: forged\r\n"    \
    "X-Spam-Flag: forged\r\n\r\n" \
    "body\r\n"

static void open_and_run(void)
{
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
}

/* ---- conf/policies/cloudmark.lua --------------------------------------- */

static void use_policy(void)
{
    static char text[16 * 1024];
    FILE *file = fopen(LUA_SOURCE "/conf/policies/cloudmark.lua", "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    fixture_mail(MARKED);
    fixture_script("cloudmark", text);
}

/* NULL: there must be no such header. */
static void check_header(const char *name, const char *want)
{
    assay_bytes value = {"none", 4};
    assay_rc found =
        assay_message_header(fixture_message, name, 0, &value, NULL);

    ck_assert_int_eq(found, want ? ASSAY_OK : ASSAY_E_NOTFOUND);
    if (want)
        ck_assert_msg(memmem(value.data, value.len, want, strlen(want)) != NULL,
                      "%s: got %.*s", name, (int)value.len, value.data);
}

static const struct {
    assay_rc rc;
    double score;
    bool is_spam; /* as MinimumScore says */
    int code;     /* 0: accepted */
    const char *mark, *flag;
} marks[] = {
    {ASSAY_OK, 0, false, 0, "0", NULL},
    {ASSAY_OK, 72, false, 0, "72", NULL},
    {ASSAY_OK, 36, true, 0, "36", "YES"},
    {ASSAY_OK, 95, true, 0, "95", "YES"},
    {ASSAY_OK, 95.5, true, 550, NULL, NULL},
    {ASSAY_OK, 95.5, false, 550, NULL, NULL},
    {ASSAY_OK, 100, true, 550, NULL, NULL},
    {ASSAY_E_UNAVAILABLE, 100, true, 0, NULL, NULL},
};

START_TEST(score_gets_its_answer)
{
    fixture_session->score_rc = marks[_i].rc;
    fixture_session->score.score = marks[_i].score;
    fixture_session->score.is_spam = marks[_i].is_spam;
    use_policy();
    open_and_run();
    ck_assert_int_eq(fixture_session->code, marks[_i].code);
    ck_assert_str_eq(fixture_session->text,
                     marks[_i].code ? "5.7.1 The mail looks like spam" : "");
    ck_assert_int_eq(fixture_flow,
                     marks[_i].code ? ASSAY_FLOW_DONE : ASSAY_FLOW_CONTINUE);
    check_header("X-Spam-Score", marks[_i].mark);
    check_header("X-Spam-Flag", marks[_i].flag);
    if (marks[_i].rc != ASSAY_OK)
        ck_assert_logged("text=\"no score: scripted failure: unavailable\"");
}
END_TEST

/* ---- msys.dp_cloudmark ------------------------------------------------- */

static void use_settings(const char *settings)
{
    char script[2048];

    snprintf(script, sizeof script,
             "require('msys.dp_config')\n"
             "msys.dp_config.cloudmark = %s\n"
             "require('msys.dp_cloudmark')\n",
             settings);
    fixture_script("policy", script);
}

#define REJECTED 554, "5.7.1 The message was classified as spam"
#define DISCARDED 0, "554 5.7.1 The message was classified as spam"
#define PASSED 0, ""

static const struct {
    const char *settings;
    double score;
    int code;
    const char *text; /* of the answer, or why it is discarded */
    bool discarded;
} settings[] = {
    /* scan */
    {"nil", 100, PASSED, false},
    {"{}", 100, PASSED, false},
    {"{scan = false}", 100, PASSED, false},
    /* score_threshold: 95 at first, strictly past */
    {"{scan = true}", 95, PASSED, false},
    {"{scan = true}", 95.1, REJECTED, false},
    {"{scan = true, score_threshold = 80}", 80, PASSED, false},
    {"{scan = true, score_threshold = 80}", 81, REJECTED, false},
    {"{scan = true, score_threshold = 80.5}", 80.5, PASSED, false},
    {"{scan = true, score_threshold = 0}", 0, PASSED, false},
    {"{scan = true, score_threshold = 0}", 0.1, REJECTED, false},
    {"{scan = true, score_threshold = 100}", 100, PASSED, false},
    /* isspam_disposition */
    {"{scan = true, isspam_disposition = 'reject'}", 96, REJECTED, false},
    {"{scan = true, isspam_disposition = 'discard'}", 96, DISCARDED, true},
    {"{scan = true, isspam_disposition = 'discard'}", 95, PASSED, false},
    /* honor_whitelist: none of the variables is set */
    {"{scan = true, honor_whitelist = {}}", 96, REJECTED, false},
    {"{scan = true, honor_whitelist = {'friend', 'vip'}}", 96, REJECTED, false},
    /* process_result: what it does not say is left to us */
    {"{scan = true, process_result = function() end}", 96, REJECTED, false},
    {"{scan = true, process_result = function() end}", 95, PASSED, false},
    {"{scan = true, process_result = function()"
     " return msys.core.VALIDATE_CONT end}",
     96, REJECTED, false},
    {"{scan = true, process_result = function()"
     " return msys.core.VALIDATE_CONT, false end}",
     96, PASSED, false},
    {"{scan = true, process_result = function() return nil, true end}", 1,
     REJECTED, false},
    {"{scan = true, isspam_disposition = 'discard', process_result ="
     " function() return msys.core.VALIDATE_CONT, true end}",
     1, DISCARDED, true},
    /* on_error has no say in a score */
    {"{scan = true, on_error = 'tempfail'}", 96, REJECTED, false},
    {"{scan = true, on_error = 'tempfail'}", 95, PASSED, false},
};

/* PO-08 */
START_TEST(settings_are_obeyed)
{
    bool is_spam = settings[_i].text[0] != '\0';

    use_settings(settings[_i].settings);
    fixture_session->score.score = settings[_i].score;
    open_and_run();
    ck_assert_int_eq(fixture_session->code, settings[_i].code);
    ck_assert_str_eq(fixture_session->text, settings[_i].text);
    ck_assert_int_eq(fixture_session->discarded, settings[_i].discarded);
    ck_assert_int_eq(fixture_flow,
                     is_spam ? ASSAY_FLOW_DONE : ASSAY_FLOW_CONTINUE);
    ck_assert_uint_eq(fixture_session->scores,
                      strstr(settings[_i].settings, "scan = true") ? 1 : 0);
}
END_TEST

/* A function that gave the answer itself has the last word. */
static const char *const own_answers[] = {"", ", true", ", false"};

START_TEST(process_result_may_answer_itself)
{
    char text[512];

    snprintf(text, sizeof text,
             "{scan = true, process_result = function(msg, vctx, info)\n"
             "  assert(msys.type(msg) == 'msys.core:_ec_message')\n"
             "  assert(msys.type(vctx) == 'msys.core:_validate_context')\n"
             "  assert(info.score == 96 and info.category == '100')\n"
             "  vctx:set_code(450, 'mine')\n"
             "  return msys.core.VALIDATE_DONE%s\n"
             "end}",
             own_answers[_i]);
    use_settings(text);
    fixture_session->score.score = 96;
    snprintf(fixture_session->score.category,
             sizeof fixture_session->score.category, "100");
    open_and_run();
    ck_assert_int_eq(fixture_session->code, 450);
    ck_assert_str_eq(fixture_session->text, "mine");
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_DONE);
}
END_TEST

static const struct {
    const char *returns, *want;
} wrong_results[] = {
    {"msys.core.VALIDATE_AGAIN",
     "process_result returned 2, not VALIDATE_CONT or VALIDATE_DONE"},
    {"'reject'", "process_result returned reject, not VALIDATE_CONT"},
    {"true", "process_result returned true, not VALIDATE_CONT"},
    {"nil, 1", "process_result returned 1, not true or false"},
};

START_TEST(wrong_result_is_an_error)
{
    char text[256];

    snprintf(text, sizeof text,
             "{scan = true, process_result = function() return %s end}",
             wrong_results[_i].returns);
    use_settings(text);
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_E_SCRIPT);
    ck_assert_error(wrong_results[_i].want);
}
END_TEST

/* ---- the whitelist ----------------------------------------------------- */

static const struct {
    const char *key, *value;
    bool of_message;
    bool is_honoured;
} friends[] = {
    {"friend", "1", false, true},     {"friend", "1", true, true},
    {"vip", "anything", false, true}, {"vip", "false", true, true},
    {"friend", "", false, false},     {"friend", "", true, false},
    {"foe", "1", false, false},       {"foe", "1", true, false},
};

START_TEST(whitelist_is_a_variable_of_that_name)
{
    assay_context *context = friends[_i].of_message
                                 ? assay_message_context(fixture_message)
                                 : assay_session_context(fixture_session);

    ck_assert_int_eq(
        assay_context_set(context, friends[_i].key, friends[_i].value, NULL),
        ASSAY_OK);
    use_settings("{scan = true, honor_whitelist = {'friend', 'vip'}}");
    fixture_session->score.score = 100;
    open_and_run();
    ck_assert_int_eq(fixture_session->code, friends[_i].is_honoured ? 0 : 554);
    ck_assert_uint_eq(fixture_session->scores, friends[_i].is_honoured ? 0 : 1);
}
END_TEST

/* ---- failures ---------------------------------------------------------- */

static const struct {
    const char *settings;
    int code;
    const char *text;
} errors[] = {
    {"{scan = true}", 0, ""},
    {"{scan = true, on_error = 'pass'}", 0, ""},
    {"{scan = true, on_error = 'tempfail'}", 451,
     "4.7.1 The message could not be scored"},
    /* There is no result to process. */
    {"{scan = true, process_result = function() error('called') end}", 0, ""},
};

START_TEST(failure_is_logged_and_no_spam)
{
    use_settings(errors[_i].settings);
    fixture_session->score.score = 100;
    fixture_session->score_rc = ASSAY_E_TIMEOUT;
    open_and_run();
    ck_assert_int_eq(fixture_session->code, errors[_i].code);
    ck_assert_str_eq(fixture_session->text, errors[_i].text);
    ck_assert(!fixture_session->discarded);
    ck_assert_int_eq(fixture_flow,
                     errors[_i].code ? ASSAY_FLOW_DONE : ASSAY_FLOW_CONTINUE);
    ck_assert_logged("module=\"dp_cloudmark\" callout=validate_data "
                     "text=\"no score: scripted failure: timeout\"");
}
END_TEST

/* A policy that cannot work is no policy that lets mail pass. */
START_TEST(scan_without_module_is_an_error)
{
    fixture_session->cannot_score = true;
    use_settings("{scan = true}");
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(fixture_run(ASSAY_PHASE_DATA, NULL), ASSAY_E_SCRIPT);
    ck_assert_error("cloudmark module not available");
}
END_TEST

START_TEST(no_scan_needs_no_module)
{
    fixture_session->cannot_score = true;
    use_settings("{scan = false}");
    open_and_run();
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_CONTINUE);
}
END_TEST

/* ---- wrong settings ---------------------------------------------------- */

static const struct {
    const char *settings, *want;
} wrong_settings[] = {
    {"true", "msys.dp_config.cloudmark must be a table"},
    {"'x'", "msys.dp_config.cloudmark must be a table"},
    {"{scan = 1}", "cloudmark.scan must be true or false"},
    {"{scan = 'yes'}", "cloudmark.scan must be true or false"},
    {"{score_threshold = 'x'}",
     "cloudmark.score_threshold must be a number from 0 to 100"},
    {"{score_threshold = '95'}", "cloudmark.score_threshold must be a number"},
    {"{score_threshold = -1}", "cloudmark.score_threshold must be a number"},
    {"{score_threshold = 101}", "cloudmark.score_threshold must be a number"},
    {"{score_threshold = 0/0}", "cloudmark.score_threshold must be a number"},
    {"{score_threshold = math.huge}",
     "cloudmark.score_threshold must be a number"},
    {"{score_threshold = {}}", "cloudmark.score_threshold must be a number"},
    {"{isspam_disposition = 'foo'}",
     "cloudmark.isspam_disposition must be \"reject\" or \"discard\""},
    {"{isspam_disposition = true}", "cloudmark.isspam_disposition must be"},
    {"{honor_whitelist = 'friend'}",
     "cloudmark.honor_whitelist must be a list of names"},
    {"{honor_whitelist = {1}}", "cloudmark.honor_whitelist must be a list"},
    {"{honor_whitelist = {''}}", "cloudmark.honor_whitelist must be a list"},
    {"{honor_whitelist = {a = 'b'}}",
     "cloudmark.honor_whitelist must be a list"},
    {"{honor_whitelist = {'a', nil, 'b'}}",
     "cloudmark.honor_whitelist must be a list"},
    {"{process_result = 'f'}", "cloudmark.process_result must be a function"},
    {"{on_error = 'reject'}",
     "cloudmark.on_error must be \"pass\" or \"tempfail\""},
    {"{on_error = false}", "cloudmark.on_error must be"},
    {"{scoer_threshold = 90}", "cloudmark.scoer_threshold is no setting"},
    {"{true}", "cloudmark.1 is no setting"},
    {"nil msys.dp_config = 5", "msys.dp_config must be a table"},
};

/* PO-08 */
START_TEST(wrong_setting_fails_the_load)
{
    use_settings(wrong_settings[_i].settings);
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error(wrong_settings[_i].want);
    ck_assert_error("module \"dp_cloudmark\", init: msys.dp_config");
    ck_assert_ptr_null(fixture_instance);
}
END_TEST

/* ---- where the settings stand ------------------------------------------ */

/* What ships scans nothing. */
START_TEST(shipped_settings_do_nothing)
{
    fixture_source("cloudmark", "msys.dp_cloudmark");
    fixture_session->score.score = 100;
    open_and_run();
    ck_assert_uint_eq(fixture_session->scores, 0);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_CONTINUE);
}
END_TEST

/* A file beside the configuration goes before ours. */
START_TEST(settings_may_stand_beside_the_configuration)
{
    char folder[128];

    snprintf(folder, sizeof folder, "%s/msys", fixture_folder);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    fixture_file("msys/dp_config.lua", "msys.dp_config = {}\n"
                                       "msys.dp_config.cloudmark = {\n"
                                       "  scan = true, score_threshold = 10,\n"
                                       "}\n");
    fixture_source("cloudmark", "msys.dp_cloudmark");
    fixture_session->score.score = 11;
    open_and_run();
    ck_assert_int_eq(fixture_session->code, 554);
}
END_TEST

/* Settings are read once: nobody can change them behind our back. */
START_TEST(settings_are_fixed_after_init)
{
    fixture_script(
        "policy",
        "require('msys.dp_config')\n"
        "local list = {'friend'}\n"
        "msys.dp_config.cloudmark = {scan = true, honor_whitelist = list}\n"
        "local m = {} function m:validate_data(msg, accept, vctx)\n"
        "  msys.dp_config.cloudmark.scan = false\n"
        "  msys.dp_config.cloudmark = nil list[1] = 'foe'\n"
        "  vctx:set(msys.core.VCTX_CONN, 'foe', '1') return 0 end\n"
        "msys.registerModule('m', m)\n"
        "require('msys.dp_cloudmark')\n");
    fixture_session->score.score = 96;
    open_and_run();
    ck_assert_int_eq(fixture_session->code, 554);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("spam_policy");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    add_cases(tcase, score_gets_its_answer, marks);
    add_cases(tcase, settings_are_obeyed, settings);
    add_cases(tcase, process_result_may_answer_itself, own_answers);
    add_cases(tcase, wrong_result_is_an_error, wrong_results);
    add_cases(tcase, whitelist_is_a_variable_of_that_name, friends);
    add_cases(tcase, failure_is_logged_and_no_spam, errors);
    tcase_add_test(tcase, scan_without_module_is_an_error);
    tcase_add_test(tcase, no_scan_needs_no_module);
    add_cases(tcase, wrong_setting_fails_the_load, wrong_settings);
    tcase_add_test(tcase, shipped_settings_do_nothing);
    tcase_add_test(tcase, settings_may_stand_beside_the_configuration);
    tcase_add_test(tcase, settings_are_fixed_after_init);
    return fixture_main(tcase);
}
