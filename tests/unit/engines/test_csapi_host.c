/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A csapi stanza as a host checks it: where it may stand (CS-02) and what is
 * said of its max_concurrency (CS-03, CS-04). And as it works, in real scanner
 * processes (CS-01): what it sets (CS-16), its log, its version, newer
 * definitions, and a provider that dies.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <assay/control.h>
#include <assay/policy.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define IN_SCOPE(options) \
    "antivirus \"av\" {\n  csapi \"c\" {\n" options "  }\n}\n"
#define ENGINE(options) "csapi { }\n" IN_SCOPE(options)
#define TOO_MANY(place, pool, threads, processes)                   \
    "assay.conf:" place ": warning: the pool " pool " has " threads \
    " threads, and csapi has max_concurrency = " processes

static assay_rc check(const char *config)
{
    assay_options options = fixture_options();
    assay_error err = {0};

    options.is_in_process = false;
    fixture_config(config);
    return assay_check(&options, &err);
}

static const struct {
    const char *config, *says;
} warned[] = {
    {ENGINE(""), TOO_MANY("3:3", "CPU", "4", "1")},
    {ENGINE("max_concurrency = 4\n"), TOO_MANY("3:3", "CPU", "4", "4")},
    {ENGINE("max_concurrency = 3\npool = IO\n"),
     TOO_MANY("3:3", "IO", "50", "3")},
    {"ThreadPool CPU { Concurrency = 9 }\n" ENGINE("max_concurrency = 8\n"),
     TOO_MANY("4:3", "CPU", "9", "8")},
    {IN_SCOPE("max_concurrency = 9\n"),
     "assay.conf:2:3: warning: there is no global stanza 'csapi { }'; it is "
     "implied"},
};

START_TEST(a_doubtful_stanza_is_warned_of)
{
    ck_assert_int_eq(check(warned[_i].config), ASSAY_OK);
    ck_assert_msg(fixture_log_count(warned[_i].says) == 1, "got %s, want %s",
                  fixture_log(), warned[_i].says);
    ck_assert_uint_eq(fixture_log_count("warning: "), 1);
}
END_TEST

static const char *const good[] = {
    ENGINE("max_concurrency = 5\n"),
    ENGINE("max_concurrency = 2\npool = slow\n") "ThreadPool slow { "
                                                 "Concurrency = 1 }\n",
    "ThreadPool CPU { Concurrency = 7 }\n" ENGINE("max_concurrency = 8\n"),
    /* CS-14, CS-15 */
    ENGINE("max_concurrency = 5\nuse_wire_rep = false\n"
           "updater = ( \"/opt/Symantec/LiveUpdate/update\" )\n"),
};

START_TEST(fewer_threads_than_processes_are_right)
{
    ck_assert_int_eq(check(good[_i]), ASSAY_OK);
    ck_assert_msg(fixture_log_count("warning: ") == 0, "%s", fixture_log());
}
END_TEST

static const struct {
    const char *config, *says;
} refused[] = {
    {ENGINE("max_concurrency = 0\n"),
     "assay.conf:4:19: error: 'max_concurrency': '0' is out of range, it must "
     "be from 1 to 2147483647"},
    {"csapi \"c\" { max_concurrency = 5 }\n", "assay.conf:1:"},
    {"csapi { max_extract_depth = 5 }\n" IN_SCOPE("max_concurrency = 5\n"),
     "assay.conf:1:9: error: 'max_extract_depth' is not a valid option in "
     "scope 'csapi'"},
    {ENGINE("max_concurrency = 5\nmax_extract_deep = 5\n"),
     "did you mean 'max_extract_depth'?"},
};

START_TEST(a_wrong_stanza_is_refused)
{
    ck_assert_int_eq(check(refused[_i].config), ASSAY_E_CONF);
    ck_assert_msg(fixture_log_count(refused[_i].says) > 0, "got %s, want %s",
                  fixture_log(), refused[_i].says);
}
END_TEST

/* One option, two tables with it, one finding. */
START_TEST(max_concurrency_is_blamed_once)
{
    ck_assert_int_eq(check(ENGINE("max_concurrency = many\n")), ASSAY_E_CONF);
    ck_assert_msg(fixture_log_count("error: 'max_concurrency'") == 1, "%s",
                  fixture_log());
}
END_TEST

/* ---- at work --------------------------------------------------------------
 */

static assay_session *session;
static assay_control_session *console;

static void setup(void)
{
    char path[96];

    fixture_setup();
    (void)snprintf(path, sizeof path, "%s/db", fixture_folder);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    /* "A THREAT" */
    fixture_write("db/test.ndb", "Test.Threat:0:*:4120544852454154\n");
    fixture_write("db/version", "1\n");
}

static void teardown(void)
{
    assay_control_session_close(&console);
    assay_session_close(&session);
    fixture_teardown();
}

/* @param own  options of the stanza, with a line end after each */
static void start(const char *own)
{
    char config[1024];
    assay_error err = {0};

    (void)snprintf(config, sizeof config,
                   "csapi { }\nantivirus \"av\" {\n  timeout = 30\n"
                   "  action = pass\n  isolation = process\n"
                   "  csapi \"c\" {\n    max_concurrency = 5\n"
                   "    definitions = db\n    scanner_log = scanner.log\n"
                   "%s  }\n}\n",
                   own);
    fixture_open(config);
    ck_assert_msg(assay_start(fixture_library, &err) == ASSAY_OK, "%s",
                  err.msg);
}

static const char *variable(const char *name)
{
    return assay_context_get(
        assay_message_context(assay_session_message(session)), name);
}

/* The answer of the console; the caller frees it. */
static char *ask(const char *command)
{
    char *text = NULL;

    if (!console)
        ck_assert_int_eq(assay_control_session_open(fixture_library, NULL, true,
                                                    "uid=0 pid=1", &console,
                                                    NULL),
                         ASSAY_OK);
    (void)assay_control_session_run(console, command, strlen(command), &text);
    ck_assert_ptr_nonnull(text);
    return text;
}

static void expect_answer(const char *command, const char *want)
{
    char *got = ask(command);

    ck_assert_msg(strstr(got, want) != NULL, "%s: got %s, want %s", command,
                  got, want);
    free(got);
}

#ifdef HAS_CLAMAV
/* CS-01, CS-16, CS-17 */
START_TEST(a_threat_sets_an_empty_status_and_its_name)
{
    assay_verdict verdict;

    start("");
    verdict = fixture_scan("A THREAT");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(verdict.scan_code, "AVS_RESULT_VIRUS_FOUND");
    session = fixture_session();
    (void)fixture_send(session, "A THREAT");
    ck_assert_ptr_nonnull(variable("csapi_status"));
    ck_assert_str_eq(variable("csapi_status"), "");
    ck_assert_str_eq(variable("csapi_status_info"), "Test.Threat.UNOFFICIAL");
    (void)fixture_send(session, "nothing");
    ck_assert_ptr_null(variable("csapi_status"));
    ck_assert_ptr_null(variable("csapi_status_info"));
}
END_TEST

/* CS-11, AV-31 */
START_TEST(the_console_and_the_log_say_what_is_loaded)
{
    char path[96], line[512];
    FILE *log;
    bool found = false;

    start("");
    expect_answer("antivirus:av version",
                  "antivirus: clamav DEC scanner version number: ");
    expect_answer("antivirus:av version",
                  "\nAV definitions version: 0\nUp to date");
    (void)snprintf(path, sizeof path, "%s/scanner.log", fixture_folder);
    log = fopen(path, "re");
    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof line, log))
        found = found || strstr(line, "csapi.loaded instance=c ");
    (void)fclose(log);
    ck_assert(found);
}
END_TEST

/* CS-12, CS-13, CS-23: an updater, and the command that looks at once. */
START_TEST(newer_definitions_come_with_csapi_reload)
{
    char updater[256], script[512], path[96];

    (void)snprintf(script, sizeof script,
                   "#!/bin/sh\nprintf 'Test.Newer:0:*:%s\\n' "
                   ">'%s/db/newer.ndb'\n",
                   "4e45574552", fixture_folder);
    fixture_write("update", script);
    (void)snprintf(path, sizeof path, "%s/update", fixture_folder);
    ck_assert_int_eq(chmod(path, 0755), 0);
    (void)snprintf(updater, sizeof updater, "    updater = ( \"%s\" )\n", path);
    start(updater);
    ck_assert_int_eq(fixture_scan("a NEWER one").status, ASSAY_STATUS_CLEAN);
    free(ask("csapi reload"));
    ck_assert_str_eq(fixture_scan("a NEWER one").info, "Test.Newer.UNOFFICIAL");
    ck_assert_str_eq(fixture_scan("A THREAT").info, "Test.Threat.UNOFFICIAL");
}
END_TEST
#endif

#define HOSTILE "    provider = \"" PROVIDERS "/hostile.so\"\n"

/* CS-01: the host lives on, whatever the provider does. */
START_TEST(a_provider_that_dies_costs_its_scan_alone)
{
    assay_verdict verdict;

    start(HOSTILE);
    verdict = fixture_scan("HOSTILE-SEGFAULT");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_UNSCANNABLE);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_POISON);
    verdict = fixture_scan("INFECTED-TEST");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(verdict.info, "Hostile-Test");
    ck_assert_int_eq(fixture_scan("nothing").status, ASSAY_STATUS_CLEAN);
}
END_TEST

/* What the provider says that cannot be: CS-16 for errors. */
START_TEST(a_lie_is_an_error_for_scripts)
{
    start(HOSTILE);
    session = fixture_session();
    (void)fixture_send(session, "HOSTILE-LIE");
    ck_assert_str_eq(variable("csapi_status"), "error");
    ck_assert_str_eq(variable("csapi_status_info"),
                     "error: the provider reports the code 66, and there is "
                     "none");
}
END_TEST

/* The folder is another, the provider refuses it: the old one goes on. */
START_TEST(a_refused_reload_keeps_what_works)
{
    start(HOSTILE);
    fixture_write("db/at-start", "REFUSE\n");
    fixture_write("db/version", "2\n");
    expect_answer("csapi reload", "LIC_RESULT_LICENSE_NOT_INSTALLED");
    ck_assert_int_eq(fixture_scan("INFECTED-TEST").status,
                     ASSAY_STATUS_INFECTED);
    expect_answer("antivirus:av version", "AV definitions version: 1\n");
    fixture_remove("db/at-start");
    fixture_write("db/version", "3\n");
    free(ask("csapi reload"));
    expect_answer("antivirus:av version", "AV definitions version: 3\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi_host");
    TCase *tc = tcase_create("check");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tc, a_doubtful_stanza_is_warned_of, 0,
                        (int)COUNT_OF(warned));
    tcase_add_loop_test(tc, fewer_threads_than_processes_are_right, 0,
                        (int)COUNT_OF(good));
    tcase_add_loop_test(tc, a_wrong_stanza_is_refused, 0,
                        (int)COUNT_OF(refused));
    tcase_add_test(tc, max_concurrency_is_blamed_once);
    tc = tcase_create("work");
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
#ifdef HAS_CLAMAV
    tcase_add_test(tc, a_threat_sets_an_empty_status_and_its_name);
    tcase_add_test(tc, the_console_and_the_log_say_what_is_loaded);
    tcase_add_test(tc, newer_definitions_come_with_csapi_reload);
#endif
    tcase_add_test(tc, a_provider_that_dies_costs_its_scan_alone);
    tcase_add_test(tc, a_lie_is_an_error_for_scripts);
    tcase_add_test(tc, a_refused_reload_keeps_what_works);
    return check_run(suite);
}
