/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What makes trouble in scanner processes, and what many scans at once do to
 * them, through the host interface. Chaos tests do the same to libclamav under
 * load.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "isolation_fixture.h"
#include "runtime/assay_priv.h"
#include "runtime/generation.h"
#include "runtime_fixture.h"

/* ---- trouble ----------------------------------------------------------- */

static const char *const deaths[] = {"x CRASH", "x EXIT"};

/* C5 */
START_TEST(what_kills_two_workers_is_poison_and_remembered)
{
    assay_verdict verdict;

    isolation_start("", "");
    for (int i = 0; i < 2; i++) {
        verdict = fixture_scan(deaths[_i]);
        ck_assert_int_eq(verdict.status, ASSAY_STATUS_UNSCANNABLE);
        ck_assert_int_eq(verdict.reason, ASSAY_REASON_POISON);
        ck_assert_uint_eq(isolation_look().crashed, 2);
    }
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(isolation_status("nothing"), ASSAY_STATUS_CLEAN);
}
END_TEST

/* C3 */
START_TEST(a_scan_past_its_deadline_is_killed)
{
    assay_verdict verdict;

    isolation_start("  timeout = 1\n", "");
    verdict = fixture_scan("a LOOP");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_uint_eq(isolation_look().timed_out, 1);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

static int wait_for_other_template(int pid)
{
    ck_assert(fixture_log_wait("scanner.template_died"));
    for (int i = 0; isolation_look().template_pid == 0 && i < WAIT_S * 200; i++)
        isolation_pause();
    ck_assert_int_ne(isolation_look().template_pid, 0);
    ck_assert_int_ne(isolation_look().template_pid, pid);
    return isolation_look().template_pid;
}

START_TEST(a_template_that_is_killed_takes_no_worker_with_it)
{
    int pid;

    isolation_start("", "");
    pid = isolation_look().template_pid;
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    (void)wait_for_other_template(pid);
    ck_assert_int_eq(isolation_status("b THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_template_that_cannot_tell_what_is_newer_starts_again)
{
    int pid;

    isolation_start("", "threat = \"MUTE\"");
    pid = isolation_look().template_pid;
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    (void)wait_for_other_template(pid);
    ck_assert_int_eq(isolation_status("a MUTE"), ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("scanner.down"), 0);
}
END_TEST

static bool is_gone(int pid)
{
    for (int i = 0; i < WAIT_S * 200; i++) {
        if (kill(pid, 0) != 0 && errno == ESRCH)
            return true;
        isolation_pause();
    }
    return false;
}

/* A host that does not want to know of its children: the kernel reaps them. */
START_TEST(a_host_may_ignore_its_children)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    int first, second;

    ck_assert_int_eq(sigaction(SIGCHLD, &ignore, &before), 0);
    isolation_start("", "");
    first = isolation_look().template_pid;
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(kill(first, SIGKILL), 0);
    second = wait_for_other_template(first);
    ck_assert(is_gone(first));
    ck_assert_int_eq(isolation_status("b THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(isolation_status("x CRASH"), ASSAY_STATUS_UNSCANNABLE);
    assay_stop(fixture_library);
    ck_assert(is_gone(second));
    ck_assert_int_eq(sigaction(SIGCHLD, &before, NULL), 0);
}
END_TEST

/* C4 */
START_TEST(a_template_that_does_not_start_again_is_told)
{
    assay_verdict verdict;

    fixture_write("words", "ONE\n");
    isolation_start("", "words = \"words\"");
    fixture_write("words", "BROKEN\n");
    ck_assert_int_eq(isolation_status("nothing"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(kill(isolation_look().template_pid, SIGKILL), 0);
    ck_assert(fixture_log_wait("scanner.down"));
    (void)fixture_scan("the only worker left: EXIT");
    for (int i = 0; isolation_look().workers > 0 && i < WAIT_S * 200; i++)
        isolation_pause();
    verdict = fixture_scan("is there anybody?");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_UNAVAILABLE);
    ck_assert_msg(strstr(verdict.info, "the words are broken"), "%s",
                  verdict.info);
    ck_assert_str_eq(isolation_look().state, "down");
    fixture_write("words", "TWO\n");
    ck_assert(fixture_log_wait("scanner.up"));
    ck_assert_int_eq(isolation_status("a TWO"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_worker_that_misses_its_canary_is_replaced)
{
    isolation_start("", "");
    ck_assert_int_eq(isolation_status("BLIND"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(isolation_look().canaries_missed, 0);
    isolation_probe();
    ck_assert_uint_eq(isolation_look().canaries_missed, 1);
    ck_assert_uint_eq(fixture_log_count("scanner.canary_missed"), 1);
    ck_assert_uint_eq(fixture_log_count("sample is blind"), 1);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
    /* What the blind one found clean is not believed any more. */
    ck_assert_int_eq(isolation_status("BLIND"), ASSAY_STATUS_CLEAN);
    isolation_probe();
    ck_assert_uint_eq(isolation_look().canaries_missed, 2);
}
END_TEST

static const struct {
    const char *general, *content;
} wears[] = {
    {"  scanner_scans = 1\n", "one"},
    {"  scanner_growth = 33554432\n", "one GROW"},
};

START_TEST(a_worn_worker_is_replaced)
{
    isolation_start(wears[_i].general, "");
    ck_assert_int_eq(isolation_status(wears[_i].content), ASSAY_STATUS_CLEAN);
    for (int i = 0; isolation_look().recycled == 0 && i < WAIT_S * 200; i++)
        isolation_pause();
    ck_assert_uint_eq(isolation_look().recycled, 1);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

static uint64_t clean_generation(void)
{
    struct assay__generation *generation = assay__present(fixture_library);
    uint64_t number = isolation_core(generation)->clean_generation;

    assay__generation_unref(&generation);
    return number;
}

START_TEST(a_worker_leaves_with_a_last_proof)
{
    isolation_start("  scanner_scans = 2\n", "");
    ck_assert_int_eq(isolation_status("BLIND"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(isolation_status("what it cannot see"),
                     ASSAY_STATUS_CLEAN);
    ck_assert(fixture_log_wait("scanner.canary_missed"));
    for (int i = 0; clean_generation() == 0 && i < WAIT_S * 200; i++)
        isolation_pause();
    ck_assert_uint_gt(clean_generation(), 0);
}
END_TEST

START_TEST(what_a_worker_that_died_found_clean_is_not_believed)
{
    isolation_start("", "workers = 1");
    ck_assert_int_eq(isolation_status("clean"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(clean_generation(), 0);
    ck_assert_int_eq(isolation_status("x CRASH"), ASSAY_STATUS_UNSCANNABLE);
    ck_assert_uint_gt(clean_generation(), 0);
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* A sanitizer ends the process itself, and nothing limits its memory. */
START_TEST(no_memory_is_no_fault_of_the_content)
{
    assay_verdict verdict;

    isolation_start("  scanner_memory = 67108864\n", "");
    for (int i = 0; i < 2; i++) {
        verdict = fixture_scan("a HUNGRY one");
        ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
        ck_assert_int_eq(verdict.reason, ASSAY_REASON_MEMORY);
    }
    ck_assert_uint_eq(isolation_look().crashed, 0);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST
#endif

/* Codes that mean something else to the host. */
START_TEST(an_engine_may_fail_with_any_code)
{
    fixture_write("words", "ONE\n");
    isolation_start("", "words = \"words\"");
    fixture_write("words", "STATE\n");
    ck_assert_int_eq(kill(isolation_look().template_pid, SIGKILL), 0);
    ck_assert(fixture_log_wait("retry_s=2 reason=\"the words are odd\""));
    ck_assert_uint_le(fixture_log_count("scanner.down"), 4);
    fixture_write("words", "TWO\n");
    ck_assert(fixture_log_wait("scanner.up"));
    ck_assert_int_eq(isolation_status("a TWO"), ASSAY_STATUS_INFECTED);
}
END_TEST

/* Needs root to become somebody who may have one process only. */
START_TEST(a_template_that_cannot_fork_says_why)
{
    const struct rlimit one = {1, 1};
    assay_error err = {0};

    if (geteuid() != 0)
        return;
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &one), 0);
    fixture_open(isolation_config("  scanner_user = \"nobody\"\n"
                                  "  file_base = \"/tmp\"\n",
                                  ""));
    ck_assert_int_ne(assay_start(fixture_library, &err), ASSAY_OK);
    ck_assert_msg(strstr(err.msg, "Resource temporarily unavailable"), "%s",
                  err.msg);
}
END_TEST

START_TEST(a_young_worker_stays)
{
    isolation_start("", "");
    for (int i = 0; i < 20; i++) {
        char text[32];

        (void)snprintf(text, sizeof text, "mail %d", i);
        ck_assert_int_eq(isolation_status(text), ASSAY_STATUS_CLEAN);
    }
    ck_assert_uint_eq(isolation_look().recycled, 0);
    ck_assert_uint_eq(isolation_look().workers_started, 1);
}
END_TEST

/* ---- several at once --------------------------------------------------- */

START_TEST(scans_wait_for_the_only_worker)
{
    assay_verdict verdicts[4] = {
        {.info = "a THREAT"}, {.info = "b"}, {.info = "c"}, {.info = "d"}};

    isolation_start("", "workers = 1");
    isolation_scan_all(verdicts, 4);
    ck_assert_int_eq(verdicts[0].status, ASSAY_STATUS_INFECTED);
    for (int i = 1; i < 4; i++)
        ck_assert_int_eq(verdicts[i].status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(isolation_look().workers, 1);
}
END_TEST

/* The kernel sends one, too, when the host is slow to tell of a request. */
START_TEST(an_alarm_of_the_socket_is_no_end)
{
    isolation_start("", "");
    ck_assert_int_eq(isolation_status("an ALARM"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(isolation_look().crashed, 0);
}
END_TEST

/* A chatty worker is no poison, and the log stays readable. */
START_TEST(what_a_worker_says_is_bounded)
{
    isolation_start("", "");
    ck_assert_int_eq(isolation_status("CHATTER"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fixture_log_count("sample.chatter"), 64);
    ck_assert_int_eq(isolation_status("more CHATTER"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fixture_log_count("sample.chatter"), 128);
}
END_TEST

static void keep_the_keeper_busy(void)
{
    assay_error err = {0};
    bool changed;

    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(isolation_refresh(&changed, &err), ASSAY_OK);
        isolation_pause();
    }
}

/* Only those that nobody needed from one probe to the next. */
START_TEST(spare_workers_go_with_the_second_probe)
{
    assay_verdict verdicts[8];
    uint64_t workers;

    isolation_start("", "");
    for (int i = 0; isolation_look().workers < 2 && i < WAIT_S * 20; i++) {
        for (int k = 0; k < 8;
             k++) /* others than before: no cache knows them */
            (void)snprintf(verdicts[k].info, sizeof verdicts[k].info,
                           "content %d of round %d", k, i);
        isolation_scan_all(verdicts, 8);
    }
    keep_the_keeper_busy(); /* those that are still being started are there */
    workers = isolation_look().workers;
    ck_assert_uint_ge(workers, 2);
    isolation_probe();
    keep_the_keeper_busy();
    ck_assert_uint_eq(isolation_look().workers, workers);
    for (int i = 0; isolation_look().workers > 1 && i < WAIT_S * 200; i++) {
        isolation_probe();
        isolation_pause();
    }
    ck_assert_uint_eq(isolation_look().workers, 1);
    ck_assert_int_eq(isolation_status("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_scan_that_hangs_holds_up_no_other)
{
    assay_verdict verdicts[4] = {
        {.info = "a LOOP"}, {.info = "b"}, {.info = "c"}, {.info = "d"}};

    isolation_start("  timeout = 2\n", "");
    isolation_scan_all(verdicts, 4);
    ck_assert_int_eq(verdicts[0].reason, ASSAY_REASON_TIMEOUT);
    for (int i = 1; i < 4; i++)
        ck_assert_int_eq(verdicts[i].status, ASSAY_STATUS_CLEAN);
}
END_TEST

START_TEST(who_finds_no_worker_in_time_is_told)
{
    assay_verdict verdicts[2] = {{.info = "a LOOP"}, {.info = "b LOOP"}};
    int overloads = 0;

    isolation_start("  timeout = 1\n", "workers = 1");
    isolation_scan_all(verdicts, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(verdicts[i].status, ASSAY_STATUS_ERROR);
        overloads += verdicts[i].reason == ASSAY_REASON_OVERLOAD ||
                     verdicts[i].reason == ASSAY_REASON_TIMEOUT;
    }
    ck_assert_int_eq(overloads, 2);
}
END_TEST

static void add_trouble(Suite *suite)
{
    TCase *tc = isolation_case(suite, "trouble");

    tcase_add_loop_test(tc, what_kills_two_workers_is_poison_and_remembered, 0,
                        2);
    tcase_add_test(tc, a_scan_past_its_deadline_is_killed);
    tcase_add_test(tc, a_template_that_is_killed_takes_no_worker_with_it);
    tcase_add_test(tc, a_template_that_cannot_tell_what_is_newer_starts_again);
    tcase_add_test(tc, a_host_may_ignore_its_children);
    tcase_add_test(tc, a_template_that_does_not_start_again_is_told);
    tcase_add_test(tc, a_worker_that_misses_its_canary_is_replaced);
    tcase_add_loop_test(tc, a_worn_worker_is_replaced, 0, 2);
    tcase_add_test(tc, a_worker_leaves_with_a_last_proof);
    tcase_add_test(tc, what_a_worker_that_died_found_clean_is_not_believed);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test(tc, no_memory_is_no_fault_of_the_content);
#endif
    tcase_add_test(tc, an_engine_may_fail_with_any_code);
    tcase_add_test(tc, a_template_that_cannot_fork_says_why);
    tcase_add_test(tc, a_young_worker_stays);
    tcase_add_test(tc, scans_wait_for_the_only_worker);
    tcase_add_test(tc, spare_workers_go_with_the_second_probe);
    tcase_add_test(tc, an_alarm_of_the_socket_is_no_end);
    tcase_add_test(tc, what_a_worker_says_is_bounded);
    tcase_add_test(tc, a_scan_that_hangs_holds_up_no_other);
    tcase_add_test(tc, who_finds_no_worker_in_time_is_told);
}

int main(void)
{
    Suite *suite = suite_create("isolation_trouble");

    add_trouble(suite);
    return check_run(suite);
}
