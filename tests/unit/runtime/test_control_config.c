/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: the verbs of `config`, to the byte where their text is
 * documented (WU-01 … WU-06, WU-10).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/control.h>

#include "check_run.h"
#include "config_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static const char sample[] = "# the first line\n"
                             "sample { }\n"
                             "antivirus \"av1\" {\n"
                             "  timeout = 20 # seconds\n"
                             "  sample \"s:1\" {\n"
                             "    threat = \"EVIL\"\n"
                             "  }\n"
                             "}\n"
                             "include \"more.conf\"\n";
static const char more[] = "Max_MIME_Depth = 50\n";

static assay *library;
static assay_control_session *sessions[2];
static char *text; /* the last answer */

static void setup(void)
{
    assay_options o;

    config_setup();
    config_write("more.conf", more);
    config_write("assay.conf", sample);
    o = config_options();
    ck_assert_msg(assay_open(&o, &library, &config_err) == ASSAY_OK, "%s",
                  config_err.msg);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(assay_control_session_open(library, NULL, true,
                                                    "uid=0 pid=1", &sessions[i],
                                                    &config_err),
                         ASSAY_OK);
}

static void teardown(void)
{
    free(text);
    text = NULL;
    for (int i = 0; i < 2; i++)
        assay_control_session_close(&sessions[i]);
    assay_close(&library);
    config_teardown();
}

static int run_in(int session, const char *line)
{
    free(text);
    text = NULL;
    return assay_control_session_run(sessions[session], line, strlen(line),
                                     &text);
}

static void expect_in(int session, const char *line, int status,
                      const char *want)
{
    int got = run_in(session, line);

    ck_assert_msg(got == status && strcmp(text, want) == 0,
                  "%s: status %d\nwant:\n%s\ngot:\n%s", line, got, want, text);
}

static void expect(const char *line, const char *want)
{
    expect_in(0, line, 0, want);
}

static void expect_failure(const char *line, const char *part)
{
    ck_assert_msg(run_in(0, line) != 0, "%s: %s", line, text);
    ck_assert_msg(strstr(text, part), "%s: no '%s' in\n%s", line, part, text);
}

static assay_status scan(const char *content)
{
    assay_message *message = NULL;
    assay_verdict verdict;

    ck_assert_int_eq(assay_message_new_borrowed(content, strlen(content), NULL,
                                                &message, &config_err),
                     ASSAY_OK);
    assay_scan(library, message, NULL, &verdict);
    assay_message_free(&message);
    return verdict.status;
}

/* ---- reading ----------------------------------------------------------- */

static const struct {
    const char *line;
    int status;
    const char *want;
} reads[] = {
    {"config get Max_MIME_Depth", 0, "Max_MIME_Depth = 50\n"},
    {"config get antivirus av1 timeout", 0, "        timeout = 20\n"},
    {"config get ANTIVIRUS av1 sample s:1 Threat", 0,
     "        threat = \"EVIL\"\n"},
    {"config get Max_MIME_Parts", 1,
     "Option 'Max_MIME_Parts' is not set in scope 'Global'.\n"},
    {"config get antivirus av1 action", 1,
     "Option 'action' is not set in scope 'antivirus av1'.\n"},
    {"config get antivirus av2 action", 1,
     "There is no scope 'antivirus av2'.\n"},
    {"config get", 1, "The name of an option is missing.\n"},
    /* its own value, that of the scope around it, the default */
    {"config eval antivirus av1 sample s:1 timeout", 0,
     "        timeout = 20\n"},
    {"config eval antivirus av1 sample s:1 Action", 0,
     "        action = reject\n"},
    {"config eval antivirus av1 sample s:1 refuse", 0,
     "        refuse = false\n"},
    {"config eval Max_MIME_Parts", 0, "Max_MIME_Parts = 10000\n"},
    {"config eval sample debug_level", 0, "        debug_level = ERROR\n"},
    {"config eval antivirus av1 file_base", 1,
     "Option 'file_base' is not set in scope 'antivirus av1'.\n"},
    {"config eval antivirus av1 timout", 1,
     "No module provides capability 'config.antivirus:timout'.\n"},
    {"config eval timeout", 1,
     "No module provides capability 'config.Global:timeout'.\n"},
    {"config show antivirus av1", 0,
     "antivirus \"av1\" {\n  timeout = 20\n  sample \"s:1\" { ... }\n}\n"},
    {"config show", 0,
     "sample { }\nantivirus \"av1\" { ... }\nMax_MIME_Depth = 50\n"},
    {"config showrecurse antivirus av1 sample s:1", 0,
     "sample \"s:1\" {\n  threat = \"EVIL\"\n}\n"},
    {"config write config", 0,
     "sample { }\nantivirus \"av1\" {\n  timeout = 20\n  sample \"s:1\" {\n"
     "    threat = \"EVIL\"\n  }\n}\nMax_MIME_Depth = 50\n"},
    {"config locate sample ^s", 0,
     "sample \"s:1\"\n  is at antivirus:av1::sample:s\\:1:\n"},
    {"config locate antivirus", 0,
     "antivirus \"av1\"\n  is at antivirus:av1:\n"},
    {"config locate nothing", 1, "There is no scope 'nothing'.\n"},
    {"config locate sample (", 1, "'(' is not a regular expression.\n"},
};

START_TEST(what_is_set_can_be_read)
{
    expect_in(0, reads[_i].line, reads[_i].status, reads[_i].want);
}
END_TEST

START_TEST(answers_come_as_json)
{
    expect("config get antivirus av1 timeout --json",
           "{\"option\": \"timeout\", \"value\": \"20\", "
           "\"scope\": \"antivirus av1\"}\n");
}
END_TEST

/* ---- changing ---------------------------------------------------------- */

START_TEST(set_takes_effect_at_once_and_only_in_memory)
{
    ck_assert_int_eq(scan("EVIL"), ASSAY_STATUS_INFECTED);
    expect("config set antivirus av1 sample s:1 threat = GOOD",
           "        threat = \"GOOD\"\n");
    ck_assert_int_eq(scan("EVIL"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(scan("GOOD"), ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(config_read("assay.conf"), sample);
    expect("config set Max_MIME_Depth 60", "Max_MIME_Depth = 60\n");
    expect("config set antivirus av1 timeout=30", "        timeout = 30\n");
    expect("config eval antivirus av1 sample s:1 timeout",
           "        timeout = 30\n");
}
END_TEST

START_TEST(unset_says_what_holds_now)
{
    expect("config unset antivirus av1 timeout",
           "\"timeout\" has been unset. Effective value is now:\n"
           "        timeout = 10\n");
    expect("config set antivirus av1 file_base /tmp",
           "        file_base = /tmp\n");
    expect("config unset antivirus av1 file_base",
           "\"file_base\" has been unset. Effective value is now:\n"
           "        file_base is not set\n");
    expect_failure("config unset antivirus av1 timeout", "is not set in scope");
    expect_failure("config unset", "The global scope cannot be cleared.");
}
END_TEST

/* A wrong value or name changes nothing, and says why (WU-10). */
static const struct {
    const char *line, *want;
} bad[] = {
    {"config set antivirus av1 timeout = 0",
     ": error: 'timeout': '0' is out of range, it must be from 1 to 86400\n"},
    {"config set antivirus av1 timout = 3", "did you mean 'timeout'?\n"},
    {"config set antivirus av1 action = quarantine", "since 3.1"},
    {"config set antivirus av1 sample s:1 refuse = yes",
     "refuses as configured"},
    {"config set antivirsu av1 timeout = 3", "not a valid scope name"},
    {"config unset antivirus av1 sample s:1 sample", "is not set in scope"},
};

START_TEST(a_bad_change_changes_nothing)
{
    expect_failure(bad[_i].line, bad[_i].want);
    if (strncmp(bad[_i].line, "config set", 10) == 0)
        ck_assert_msg(
            strcmp(text + strlen(text) - 19, "Reconfigure failed\n") == 0, "%s",
            text);
    expect("config get antivirus av1 timeout", "        timeout = 20\n");
    expect("config show",
           "sample { }\nantivirus \"av1\" { ... }\nMax_MIME_Depth = 50\n");
    ck_assert_int_eq(scan("EVIL"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_value_cannot_smuggle_anything_in)
{
    static const char *const lines[] = {
        "config set antivirus av1 timeout = \"( 1 ) } x {\"",
        "config set antivirus av1 timeout = ( 1",
        "config set antivirus av1 timeout = 1 2",
        "config set antivirus av1 timeout =",
        "config set antivirus",
        "config set",
    };

    for (int i = 0; i < COUNT(lines); i++)
        ck_assert_msg(run_in(0, lines[i]) != 0, "%s: %s", lines[i], text);
    /* a word is one word, whatever is in it */
    expect("config set antivirus av1 sample s:1 threat = 'a \"b\" } #'",
           "        threat = \"a \\\"b\\\" } #\"\n");
    ck_assert_int_eq(scan("a \"b\" } #"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(scopes_are_made_and_removed)
{
    /* WU-01, WU-03 */
    expect("config set antivirus av2 sample s2 threat = WORSE",
           "        threat = WORSE\n");
    ck_assert_int_eq(scan("WORSE"), ASSAY_STATUS_INFECTED);
    expect("config showrecurse antivirus av2",
           "antivirus \"av2\" {\n  sample \"s2\" {\n    threat = WORSE\n  }\n"
           "}\n");
    expect("config unset antivirus av2",
           "Scope 'antivirus av2' has been cleared.\n");
    ck_assert_int_eq(scan("WORSE"), ASSAY_STATUS_CLEAN);
    expect_failure("config show antivirus av2", "There is no scope");
}
END_TEST

/* ---- transactions (WU-04, WU-05) --------------------------------------- */

START_TEST(a_transaction_is_seen_by_its_session_until_it_is_committed)
{
    expect("config begin", "Transaction begun.\n");
    expect("config set antivirus av1 timeout 33", "        timeout = 33\n");
    expect("config set antivirus av1 sample s:1 threat = GOOD",
           "        threat = \"GOOD\"\n");
    expect("config get antivirus av1 timeout", "        timeout = 33\n");
    expect_in(1, "config get antivirus av1 timeout", 0,
              "        timeout = 20\n");
    ck_assert_int_eq(scan("GOOD"), ASSAY_STATUS_CLEAN);
    expect("config commit", "Configuration committed.\n");
    expect_in(1, "config get antivirus av1 timeout", 0,
              "        timeout = 33\n");
    ck_assert_int_eq(scan("GOOD"), ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(config_read("assay.conf"), sample);
    expect_failure("config commit", "There is no transaction");
}
END_TEST

START_TEST(rollback_drops_the_changes)
{
    expect("config begin", "Transaction begun.\n");
    expect("config set antivirus av1 timeout 33", "        timeout = 33\n");
    expect_failure("config begin", "A transaction is open");
    expect_failure("config reload", "A transaction is open");
    expect_failure("config writeback", "A transaction is open");
    expect("config rollback", "Transaction rolled back.\n");
    expect("config get antivirus av1 timeout", "        timeout = 20\n");
    expect_failure("config rollback", "There is no transaction");
}
END_TEST

START_TEST(a_commit_checks_all_and_may_be_mended)
{
    expect("config begin", "Transaction begun.\n");
    expect("config set antivirus av1 timeout never",
           "        timeout = never\n");
    expect_failure("config commit", "'never' is not a whole number");
    ck_assert_ptr_nonnull(strstr(text, "Reconfigure failed\n"));
    expect_in(1, "config get antivirus av1 timeout", 0,
              "        timeout = 20\n");
    expect("config set antivirus av1 timeout 5", "        timeout = 5\n");
    expect("config commit", "Configuration committed.\n");
}
END_TEST

START_TEST(the_first_commit_wins_and_the_other_replays)
{
    expect("config begin", "Transaction begun.\n");
    expect_in(1, "config begin", 0, "Transaction begun.\n");
    expect("config set antivirus av1 timeout 5", "        timeout = 5\n");
    expect_in(1, "config set antivirus av1 error_code 450", 0,
              "        error_code = 450\n");
    expect("config commit", "Configuration committed.\n");
    ck_assert_int_ne(run_in(1, "config commit"), 0);
    ck_assert_msg(strstr(text, "was changed since"), "%s", text);
    expect("config eval antivirus av1 error_code",
           "        error_code = 451\n");
    expect_in(1, "config replay", 0, "Changes replayed.\n");
    expect_in(1, "config get antivirus av1 timeout", 0,
              "        timeout = 5\n");
    expect_in(1, "config commit", 0, "Configuration committed.\n");
    expect("config get antivirus av1 error_code", "        error_code = 450\n");
}
END_TEST

/* What fails counts, too: it uses memory of the transaction. */
START_TEST(the_changes_of_a_transaction_are_bounded)
{
    ck_assert_int_eq(run_in(0, "config begin"), 0);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(run_in(0, "config set \"a b\" = 1"), 1);
    expect_failure("config set \"a b\" = 1", "more than 10000 changes");
    ck_assert_int_eq(run_in(0, "config rollback"), 0);
}
END_TEST

START_TEST(a_transaction_may_begin_from_scratch)
{
    expect("config begin from scratch", "Transaction begun.\n");
    expect("config show", "");
    expect("config set antivirus new sample s threat = X",
           "        threat = X\n");
    ck_assert_int_eq(run_in(0, "config commit"), 0);
    expect("config show", "antivirus \"new\" { ... }\n");
    ck_assert_int_eq(scan("X"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(scan("EVIL"), ASSAY_STATUS_CLEAN);
}
END_TEST

/* ---- files ------------------------------------------------------------- */

START_TEST(writeback_changes_the_files_in_place)
{
    char want[256];

    expect("config writeback", "Nothing to write.\n");
    expect("config set antivirus av1 timeout = 30", "        timeout = 30\n");
    expect("config set Max_MIME_Depth = 60", "Max_MIME_Depth = 60\n");
    (void)snprintf(want, sizeof want,
                   "Wrote %s/assay.conf\nWrote %s/more.conf\n", config_folder,
                   config_folder);
    expect("config writeback", want);
    ck_assert_ptr_nonnull(
        strstr(config_read("assay.conf"), "  timeout = 30 # seconds\n"));
    ck_assert_str_eq(config_read("more.conf"), "Max_MIME_Depth = 60\n");
    expect("config writeback", "Nothing to write.\n");
    expect("config reload", "Configuration reloaded.\n");
    expect("config get antivirus av1 timeout", "        timeout = 30\n");
}
END_TEST

START_TEST(writeback_of_one_file)
{
    char line[256], want[256];

    expect("config set antivirus av1 timeout = 30", "        timeout = 30\n");
    expect("config set Max_MIME_Depth = 60", "Max_MIME_Depth = 60\n");
    (void)snprintf(line, sizeof line, "config writeback %s/more.conf",
                   config_folder);
    (void)snprintf(want, sizeof want, "Wrote %s/more.conf\n", config_folder);
    expect(line, want);
    ck_assert_str_eq(config_read("assay.conf"), sample);
    expect_failure("config writeback /etc/passwd",
                   "is no file of the configuration");
}
END_TEST

START_TEST(writeback_does_not_overwrite_what_somebody_wrote)
{
    expect("config set antivirus av1 timeout = 30", "        timeout = 30\n");
    config_write("assay.conf", "# mine\n");
    expect_failure("config writeback", "changed on disk");
    ck_assert_str_eq(config_read("assay.conf"), "# mine\n");
}
END_TEST

/* A transaction that began before a writeback must not undo it. */
START_TEST(writeback_and_transactions_agree_on_the_disk)
{
    expect("config set antivirus av1 timeout = 30", "        timeout = 30\n");
    expect_in(1, "config begin", 0, "Transaction begun.\n");
    ck_assert_int_eq(run_in(0, "config writeback"), 0);
    expect_in(1, "config set antivirus av1 error_code 450", 0,
              "        error_code = 450\n");
    expect_in(1, "config commit", 0, "Configuration committed.\n");
    ck_assert_int_eq(run_in(0, "config writeback"), 0);
    ck_assert_ptr_nonnull(
        strstr(config_read("assay.conf"), "error_code = 450"));
    ck_assert_ptr_nonnull(strstr(config_read("assay.conf"), "timeout = 30"));
}
END_TEST

START_TEST(reload_drops_what_is_not_written_and_says_so)
{
    expect("config set antivirus av1 timeout = 30", "        timeout = 30\n");
    expect("config reload", "Changes that had not been written were dropped.\n"
                            "Configuration reloaded.\n");
    expect("config get antivirus av1 timeout", "        timeout = 20\n");
}
END_TEST

/* WU-10 */
START_TEST(a_failed_reload_keeps_the_configuration)
{
    config_write("assay.conf", "antivirus \"av1\" { action = quarantine }\n");
    expect_failure("config reload", "since 3.1");
    ck_assert_str_eq(text + strlen(text) - 19, "Reconfigure failed\n");
    ck_assert_int_eq(scan("EVIL"), ASSAY_STATUS_INFECTED);
    expect("config get antivirus av1 timeout", "        timeout = 20\n");
}
END_TEST

/* AV-08: a configuration that names a scanner whose module is missing locks
 * nobody out of the console (there is no web user interface to log in to). */
START_TEST(a_missing_module_does_not_close_the_console)
{
    config_write("assay.conf", "sample { }\ncsapi { }\n"
                               "antivirus \"av1\" { csapi \"c\" { } }\n");
    expect_failure("config reload",
                   "assay.conf:2:1: error: 'csapi' is not a valid scope name "
                   "in scope 'Global'\n");
    ck_assert_str_eq(text + strlen(text) - 19, "Reconfigure failed\n");
    ck_assert_int_eq(run_in(1, "version"), 0);
    expect_in(1, "antivirus:av1 version", 0,
              "antivirus: sample sample-1/EVIL\n");
    ck_assert_int_eq(scan("EVIL"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(another_file_can_be_loaded)
{
    char line[256];

    config_write("other.conf", "sample { }\n"
                               "antivirus \"o\" { sample \"s\" { } }\n");
    (void)snprintf(line, sizeof line, "config reload %s/other.conf",
                   config_folder);
    expect(line, "Configuration reloaded.\n");
    expect("config show", "sample { }\nantivirus \"o\" { ... }\n");
    expect_failure("config reload /nonexistent", "Reconfigure failed\n");
}
END_TEST

START_TEST(the_main_file_can_be_written_elsewhere)
{
    char line[256], want[256];

    (void)snprintf(line, sizeof line, "config write config %s/copy",
                   config_folder);
    (void)snprintf(want, sizeof want, "Wrote %s/copy\n", config_folder);
    expect(line, want);
    ck_assert_str_eq(config_read("copy"), sample);
    expect_failure("config write config copy", "must begin with '/'");
}
END_TEST

/* A session that may change nothing. */
START_TEST(changes_need_the_right_to_change)
{
    assay_control_session *reader = NULL;
    static const char *const lines[] = {"config set antivirus av1 timeout 3",
                                        "config unset antivirus av1",
                                        "config begin",
                                        "config reload",
                                        "config writeback",
                                        "config write config /tmp/x"};

    ck_assert_int_eq(assay_control_session_open(library, NULL, false, "uid=1",
                                                &reader, &config_err),
                     ASSAY_OK);
    for (int i = 0; i < COUNT(lines); i++) {
        free(text);
        text = NULL;
        ck_assert_int_ne(assay_control_session_run(reader, lines[i],
                                                   strlen(lines[i]), &text),
                         0);
        ck_assert_msg(strstr(text, "Not Authorized for this command"), "%s",
                      text);
    }
    assay_control_session_close(&reader);
    expect("config get antivirus av1 timeout", "        timeout = 20\n");
}
END_TEST

static void add_changing(TCase *tc)
{
    tcase_add_test(tc, set_takes_effect_at_once_and_only_in_memory);
    tcase_add_test(tc, unset_says_what_holds_now);
    tcase_add_loop_test(tc, a_bad_change_changes_nothing, 0, COUNT(bad));
    tcase_add_test(tc, a_value_cannot_smuggle_anything_in);
    tcase_add_test(tc, scopes_are_made_and_removed);
    tcase_add_test(tc, changes_need_the_right_to_change);
}

static void add_transactions(TCase *tc)
{
    tcase_add_test(tc,
                   a_transaction_is_seen_by_its_session_until_it_is_committed);
    tcase_add_test(tc, rollback_drops_the_changes);
    tcase_add_test(tc, a_commit_checks_all_and_may_be_mended);
    tcase_add_test(tc, the_first_commit_wins_and_the_other_replays);
    tcase_add_test(tc, a_transaction_may_begin_from_scratch);
    tcase_add_test(tc, the_changes_of_a_transaction_are_bounded);
}

static void add_files(TCase *tc)
{
    tcase_add_test(tc, writeback_changes_the_files_in_place);
    tcase_add_test(tc, writeback_of_one_file);
    tcase_add_test(tc, writeback_does_not_overwrite_what_somebody_wrote);
    tcase_add_test(tc, writeback_and_transactions_agree_on_the_disk);
    tcase_add_test(tc, reload_drops_what_is_not_written_and_says_so);
    tcase_add_test(tc, a_failed_reload_keeps_the_configuration);
    tcase_add_test(tc, a_missing_module_does_not_close_the_console);
    tcase_add_test(tc, another_file_can_be_loaded);
    tcase_add_test(tc, the_main_file_can_be_written_elsewhere);
}

int main(void)
{
    Suite *suite = suite_create("control_config");
    TCase *tc = tcase_create("config");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, what_is_set_can_be_read, 0, COUNT(reads));
    tcase_add_test(tc, answers_come_as_json);
    add_changing(tc);
    add_transactions(tc);
    add_files(tc);
    return check_run(suite);
}
