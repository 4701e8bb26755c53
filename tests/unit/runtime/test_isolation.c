/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine in scanner processes, through the host interface, with real
 * processes and an engine of tests: its life, newer signatures, the
 * configuration, the log file. The walls are those of assay-scanner. What
 * makes trouble is in test_isolation_trouble.c.
 */
#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "isolation_fixture.h"
#include "runtime/assay_priv.h"
#include "runtime/generation.h"
#include "runtime_fixture.h"

/* ---- life -------------------------------------------------------------- */

START_TEST(it_finds_what_the_engine_finds)
{
    assay_verdict verdict;

    isolation_start("", "");
    verdict = fixture_scan("a THREAT");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(verdict.info, "Sample.THREAT");
    ck_assert_str_eq(verdict.epoch, "sample-1/THREAT");
    verdict = fixture_scan("nothing");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(verdict.coverage.bytes_seen, strlen("nothing"));
    ck_assert_uint_ge(isolation_look().workers, 1);
}
END_TEST

/* PO-02, CS-22: "csapi_avscan" for csapi. */
START_TEST(its_jobs_are_labelled_with_the_name_of_the_engine)
{
    struct assay__generation *generation;

    isolation_start("", "");
    generation = assay__present(fixture_library);
    ck_assert_str_eq(isolation_core(generation)->jobs.label, "sample_avscan");
    assay__generation_unref(&generation);
}
END_TEST

/* Promise 3 */
START_TEST(no_process_is_there_before_start_and_after_stop)
{
    assay_verdict verdict;
    siginfo_t info;

    fixture_open(isolation_config("", ""));
    verdict = fixture_scan("a THREAT");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_UNAVAILABLE);
    ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    assay_stop(fixture_library);
    ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    ck_assert_int_eq(isolation_status("b THREAT"), ASSAY_STATUS_ERROR);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(isolation_status("c THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

static int descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder)) /* NOLINT(concurrency-mt-unsafe): own stream */
        count++;
    (void)closedir(folder);
    return count;
}

START_TEST(stop_leaves_no_descriptor_and_no_folder)
{
    char base[128], general[160];
    int before;

    (void)snprintf(base, sizeof base, "%s/base", fixture_folder);
    ck_assert_int_eq(mkdir(base, 0700), 0);
    (void)snprintf(general, sizeof general, "  file_base = \"%s\"\n", base);
    fixture_open(isolation_config(general, ""));
    before = descriptors();
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(isolation_status("x CRASH"), ASSAY_STATUS_UNSCANNABLE);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    assay_stop(fixture_library);
    ck_assert_int_eq(descriptors(), before);
    ck_assert_int_eq(rmdir(base), 0);
}
END_TEST

START_TEST(an_engine_that_does_not_open_says_why)
{
    assay_error err = {0};

    fixture_open(isolation_config("", "refuse = true"));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.msg, "sample refuses as configured"), "%s",
                  err.msg);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_named)
{
    assay_error err = {0};

    fixture_open(isolation_config("", "program = \"/nowhere/scanner\""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_IO);
    ck_assert_msg(strstr(err.msg, "/nowhere/scanner"), "%s", err.msg);
}
END_TEST

/* Any program that can be run, but is no scanner. */
START_TEST(another_program_is_no_scanner)
{
    assay_error err = {0};

    fixture_open(isolation_config("", "program = \"/bin/true\""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.msg, "/bin/true ended before"), "%s", err.msg);
}
END_TEST

START_TEST(an_unknown_user_is_refused)
{
    assay_error err = {0};

    fixture_open(
        isolation_config("  scanner_user = \"nobody-of-this-name\"\n", ""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_NOTFOUND);
    ck_assert_msg(strstr(err.msg, "nobody-of-this-name"), "%s", err.msg);
}
END_TEST

START_TEST(a_reload_keeps_the_processes_of_what_did_not_change)
{
    int pid;

    isolation_start("", "");
    pid = isolation_look().template_pid;
    fixture_reload(isolation_config("  action = \"pass\"\n", ""));
    ck_assert_int_eq(isolation_look().template_pid, pid);
    fixture_reload(isolation_config("", "threat = \"OTHER\""));
    ck_assert_int_ne(isolation_look().template_pid, pid);
    ck_assert_int_eq(isolation_status("an OTHER"), ASSAY_STATUS_INFECTED);
    fixture_reload(
        isolation_config("  isolation = \"none\"\n", "threat = \"OTHER\""));
    ck_assert_int_eq(isolation_status("this OTHER"), ASSAY_STATUS_INFECTED);
}
END_TEST

/* ---- newer signatures -------------------------------------------------- */

static const char *const ways[] = {"  reload = \"beside\"\n",
                                   "  reload = \"stop-then-load\"\n"};

START_TEST(newer_signatures_take_over)
{
    bool changed = false;
    int pid;

    fixture_write("words", "ONE\n");
    isolation_start(ways[_i], "words = \"words\"");
    pid = isolation_look().template_pid;
    ck_assert_int_eq(isolation_refresh(&changed, NULL), ASSAY_OK);
    ck_assert(!changed);
    ck_assert_int_eq(isolation_look().template_pid, pid);
    fixture_write("words", "TWO\n");
    ck_assert_int_eq(isolation_refresh(&changed, NULL), ASSAY_OK);
    ck_assert(changed);
    ck_assert_int_ne(isolation_look().template_pid, pid);
    ck_assert_int_eq(isolation_status("a TWO"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(isolation_status("a ONE"), ASSAY_STATUS_CLEAN);
    ck_assert_str_eq(fixture_scan("x").epoch, "sample-1/TWO");
}
END_TEST

static void *refresh_in_thread(void *arg)
{
    ck_assert_int_eq(isolation_refresh(arg, NULL), ASSAY_OK);
    return NULL;
}

START_TEST(nobody_is_started_for_scans_that_wait_for_a_reload)
{
    assay_verdict verdicts[3] = {
        {.info = "LOOP"}, {.info = "b"}, {.info = "c"}};
    pthread_t thread;
    bool changed = false;

    fixture_write("words", "ONE\n");
    isolation_start("  timeout = 5\n  reload = \"stop-then-load\"\n",
                    "words = \"words\"\nworkers = 1");
    fixture_write("words", "TWO\n");
    ck_assert_int_eq(pthread_create(&thread, NULL, refresh_in_thread, &changed),
                     0);
    isolation_scan_all(verdicts, 3);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert(changed);
    ck_assert_uint_le(isolation_look().workers_started, 6);
    ck_assert_int_eq(isolation_status("a TWO"), ASSAY_STATUS_INFECTED);
}
END_TEST

/* It would go on for half an hour. */
START_TEST(a_stop_ends_an_updater_that_runs)
{
    char ran[96], text[512];

    (void)snprintf(ran, sizeof ran, "%s/ran", fixture_folder);
    (void)snprintf(text, sizeof text,
                   "sample {}\nSignature_Check_Interval = 1\n"
                   "antivirus \"av1\" {\n  isolation = \"process\"\n"
                   "  sample \"s1\" {\n    updater = ( \"sh\" \"-c\" "
                   "\"echo > $0; sleep 1800\" \"%s\" )\n  }\n}\n",
                   ran);
    fixture_open(text);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    for (int i = 0; access(ran, F_OK) != 0 && i < WAIT_S * 200; i++)
        isolation_pause();
    ck_assert_int_eq(access(ran, F_OK), 0);
    assay_stop(fixture_library);
}
END_TEST

START_TEST(broken_signatures_change_nothing)
{
    assay_error err = {0};
    bool changed = true;
    int pid;

    fixture_write("words", "ONE\n");
    isolation_start("", "words = \"words\"");
    pid = isolation_look().template_pid;
    fixture_write("words", "BROKEN\n");
    ck_assert_int_eq(isolation_refresh(&changed, &err), ASSAY_E_INVAL);
    ck_assert(!changed);
    ck_assert_msg(strstr(err.msg, "the words are broken"), "%s", err.msg);
    ck_assert_int_eq(isolation_look().template_pid, pid);
    ck_assert_int_eq(isolation_status("a ONE"), ASSAY_STATUS_INFECTED);
    /* The same ones are not tried again at once, others are. */
    ck_assert_int_eq(isolation_refresh(&changed, &err), ASSAY_E_INVAL);
    ck_assert_uint_eq(fixture_log_count("scanner.started"), 1);
    fixture_write("words", "TWO\n");
    ck_assert_int_eq(isolation_refresh(&changed, &err), ASSAY_OK);
    ck_assert_int_eq(isolation_status("a TWO"), ASSAY_STATUS_INFECTED);
}
END_TEST

/* ---- configuration ----------------------------------------------------- */

static void check_finding(const char *general, const char *own,
                          assay_rc want_rc, const char *want)
{
    assay_options options = fixture_options();

    fixture_config(isolation_config(general, own));
    ck_assert_int_eq(assay_check(&options, NULL), want_rc);
    ck_assert_msg(!want || fixture_log_count(want) == 1, "%s", fixture_log());
}

START_TEST(an_engine_of_processes_is_never_in_the_host)
{
    check_finding("  isolation = \"none\"\n", "process = true", ASSAY_E_CONF,
                  "this engine scans in processes of its own only");
}
END_TEST

/* CS-04 */
START_TEST(fewer_processes_than_threads_are_warned_of)
{
    check_finding("", "workers = 4", ASSAY_OK,
                  "the pool CPU has 4 threads, and sample has max_concurrency "
                  "= 4");
    fixture_log_clear();
    check_finding("", "workers = 5", ASSAY_OK, NULL);
    ck_assert_uint_eq(fixture_log_count("has max_concurrency"), 0);
}
END_TEST

static const struct {
    const char *option, *want;
} wrong[] = {
    {"isolation = \"thread\"", "isolation"},
    {"sandbox = \"maybe\"", "sandbox"},
    {"reload = \"now\"", "reload"},
    {"scanner_memory = \"much\"", "scanner_memory"},
    {"scanner_growth = -1", "scanner_growth"},
    {"scanner_scans = -1", "scanner_scans"},
};

START_TEST(a_wrong_value_is_an_error_with_its_name)
{
    char general[80];
    assay_options options = fixture_options();

    (void)snprintf(general, sizeof general, "  %s\n", wrong[_i].option);
    fixture_config(isolation_config(general, ""));
    ck_assert_int_eq(assay_check(&options, NULL), ASSAY_E_CONF);
    ck_assert_uint_ge(fixture_log_count(wrong[_i].want), 1);
}
END_TEST

/* ---- the log file ------------------------------------------------------ */

static bool file_holds(const char *name, const char *want)
{
    char path[160], line[2048];
    bool is_there = false;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", fixture_folder, name);
    file = fopen(path, "re");
    if (!file)
        return false;
    while (!is_there && fgets(line, sizeof line, file))
        is_there = strstr(line, want) != NULL;
    (void)fclose(file);
    return is_there;
}

/* CS-11 */
START_TEST(the_log_of_scanners_is_written_and_opened_anew)
{
    struct assay__generation *generation;
    char from[160], to[160];

    isolation_start("", "scanner_log = \"scanner.log\"");
    ck_assert(file_holds("scanner.log", "scanner.started"));
    (void)snprintf(from, sizeof from, "%s/scanner.log", fixture_folder);
    (void)snprintf(to, sizeof to, "%s/old.log", fixture_folder);
    ck_assert_int_eq(rename(from, to), 0);
    generation = assay__present(fixture_library);
    ck_assert_int_eq(
        assay__isolation_reopen_log(isolation_core(generation)->instance, NULL),
        ASSAY_OK);
    assay__generation_unref(&generation);
    (void)fixture_scan("x CRASH");
    ck_assert(file_holds("scanner.log", "scanner.crashed"));
    ck_assert(!file_holds("old.log", "scanner.crashed"));
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_is_told_once_and_scanning_goes_on)
{
    isolation_start("", "scanner_log = \"/nowhere/scanner.log\"");
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("scanner.log_failed"), 1);
}
END_TEST

START_TEST(a_log_on_a_full_disk_is_told_once_and_scanning_goes_on)
{
    isolation_start("", "scanner_log = \"/dev/full\"");
    for (int i = 0; i < 3; i++)
        (void)fixture_scan("x CRASH");
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("scanner.log_failed"), 1);
}
END_TEST

static void add_life(Suite *suite)
{
    TCase *tc = isolation_case(suite, "life");

    tcase_add_test(tc, it_finds_what_the_engine_finds);
    tcase_add_test(tc, its_jobs_are_labelled_with_the_name_of_the_engine);
    tcase_add_test(tc, no_process_is_there_before_start_and_after_stop);
    tcase_add_test(tc, stop_leaves_no_descriptor_and_no_folder);
    tcase_add_test(tc, an_engine_that_does_not_open_says_why);
    tcase_add_test(tc, a_program_that_is_not_there_is_named);
    tcase_add_test(tc, another_program_is_no_scanner);
    tcase_add_test(tc, an_unknown_user_is_refused);
    tcase_add_test(tc, a_reload_keeps_the_processes_of_what_did_not_change);
}

static void add_others(Suite *suite)
{
    TCase *tc = isolation_case(suite, "signatures");

    tcase_add_loop_test(tc, newer_signatures_take_over, 0, 2);
    tcase_add_test(tc, broken_signatures_change_nothing);
    tcase_add_test(tc, nobody_is_started_for_scans_that_wait_for_a_reload);
    tcase_add_test(tc, a_stop_ends_an_updater_that_runs);
    tc = isolation_case(suite, "configuration");
    tcase_add_test(tc, an_engine_of_processes_is_never_in_the_host);
    tcase_add_test(tc, fewer_processes_than_threads_are_warned_of);
    tcase_add_loop_test(tc, a_wrong_value_is_an_error_with_its_name, 0, 6);
    tc = isolation_case(suite, "log");
    tcase_add_test(tc, the_log_of_scanners_is_written_and_opened_anew);
    tcase_add_test(
        tc, a_log_that_cannot_be_opened_is_told_once_and_scanning_goes_on);
    tcase_add_test(tc, a_log_on_a_full_disk_is_told_once_and_scanning_goes_on);
}

int main(void)
{
    Suite *suite = suite_create("isolation");

    add_life(suite);
    add_others(suite);
    return check_run(suite);
}
