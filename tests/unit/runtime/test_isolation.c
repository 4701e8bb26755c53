/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine in scanner processes, through the host interface, with real
 * processes and an engine that makes trouble on demand. The walls are those of
 * assay-scanner. Chaos tests do the same to libclamav under load.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check_run.h"
#include "runtime/assay_priv.h"
#include "runtime/generation.h"
#include "runtime_fixture.h"

enum { WAIT_S = 60 };

static void pause_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};

    (void)nanosleep(&moment, NULL);
}

/* A configuration of one engine; general options stand before own ones. */
static const char *config_of(const char *general, const char *own)
{
    static char text[1024];

    ck_assert_int_lt(
        snprintf(text, sizeof text,
                 "sample {}\nantivirus \"av1\" {\n  timeout = 30\n"
                 "  isolation = \"process\"\n%s\n  sample \"s1\" {\n"
                 "    troubles = true\n%s\n  }\n}\n",
                 general, own),
        (int)sizeof text);
    return text;
}

static void start(const char *general, const char *own)
{
    assay_error err = {0};

    fixture_open(config_of(general, own));
    ck_assert_msg(assay_start(fixture_library, &err) == ASSAY_OK, "%s",
                  err.msg);
}

static struct assay__engine_core *core_of(struct assay__generation *generation)
{
    return generation->scopes[0]->engines[0]->core;
}

static struct assay__isolation_report look(void)
{
    struct assay__generation *generation = assay__present(fixture_library);
    struct assay__isolation_report report;

    ck_assert_ptr_nonnull(core_of(generation)->instance);
    assay__isolation_look(core_of(generation)->instance, &report);
    assay__generation_unref(&generation);
    return report;
}

static assay_rc refresh(bool *changed, assay_error *err)
{
    struct assay__generation *generation = assay__present(fixture_library);
    assay_rc rc = assay__engine_core_refresh(
        core_of(generation), assay__log(fixture_library), changed, err);

    assay__generation_unref(&generation);
    return rc;
}

static void probe(void)
{
    struct assay__generation *generation = assay__present(fixture_library);

    assay__engine_core_probe(core_of(generation), assay__log(fixture_library));
    assay__generation_unref(&generation);
}

static assay_status status_of(const char *text)
{
    return fixture_scan(text).status;
}

/* ---- life -------------------------------------------------------------- */

START_TEST(it_finds_what_the_engine_finds)
{
    assay_verdict verdict;

    start("", "");
    verdict = fixture_scan("a THREAT");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(verdict.info, "Sample.THREAT");
    ck_assert_str_eq(verdict.epoch, "sample-1/THREAT");
    verdict = fixture_scan("nothing");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(verdict.coverage.bytes_seen, strlen("nothing"));
    ck_assert_uint_ge(look().workers, 1);
}
END_TEST

/* PO-02, CS-22: "csapi_avscan" for csapi. */
START_TEST(its_jobs_are_labelled_with_the_name_of_the_engine)
{
    struct assay__generation *generation;

    start("", "");
    generation = assay__present(fixture_library);
    ck_assert_str_eq(core_of(generation)->jobs.label, "sample_avscan");
    assay__generation_unref(&generation);
}
END_TEST

/* Promise 3 */
START_TEST(no_process_is_there_before_start_and_after_stop)
{
    assay_verdict verdict;
    siginfo_t info;

    fixture_open(config_of("", ""));
    verdict = fixture_scan("a THREAT");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_UNAVAILABLE);
    ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    assay_stop(fixture_library);
    ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    ck_assert_int_eq(status_of("b THREAT"), ASSAY_STATUS_ERROR);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(status_of("c THREAT"), ASSAY_STATUS_INFECTED);
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
    fixture_open(config_of(general, ""));
    before = descriptors();
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(status_of("x CRASH"), ASSAY_STATUS_UNSCANNABLE);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    assay_stop(fixture_library);
    ck_assert_int_eq(descriptors(), before);
    ck_assert_int_eq(rmdir(base), 0);
}
END_TEST

START_TEST(an_engine_that_does_not_open_says_why)
{
    assay_error err = {0};

    fixture_open(config_of("", "refuse = true"));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.msg, "sample refuses as configured"), "%s",
                  err.msg);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_named)
{
    assay_error err = {0};

    fixture_open(config_of("", "program = \"/nowhere/scanner\""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_IO);
    ck_assert_msg(strstr(err.msg, "/nowhere/scanner"), "%s", err.msg);
}
END_TEST

/* Any program that can be run, but is no scanner. */
START_TEST(another_program_is_no_scanner)
{
    assay_error err = {0};

    fixture_open(config_of("", "program = \"/bin/true\""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.msg, "/bin/true ended before"), "%s", err.msg);
}
END_TEST

START_TEST(an_unknown_user_is_refused)
{
    assay_error err = {0};

    fixture_open(config_of("  scanner_user = \"nobody-of-this-name\"\n", ""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_E_NOTFOUND);
    ck_assert_msg(strstr(err.msg, "nobody-of-this-name"), "%s", err.msg);
}
END_TEST

START_TEST(a_reload_keeps_the_processes_of_what_did_not_change)
{
    int pid;

    start("", "");
    pid = look().template_pid;
    fixture_reload(config_of("  action = \"pass\"\n", ""));
    ck_assert_int_eq(look().template_pid, pid);
    fixture_reload(config_of("", "threat = \"OTHER\""));
    ck_assert_int_ne(look().template_pid, pid);
    ck_assert_int_eq(status_of("an OTHER"), ASSAY_STATUS_INFECTED);
    fixture_reload(config_of("  isolation = \"none\"\n", "threat = \"OTHER\""));
    ck_assert_int_eq(status_of("this OTHER"), ASSAY_STATUS_INFECTED);
}
END_TEST

/* ---- trouble ----------------------------------------------------------- */

static const char *const deaths[] = {"x CRASH", "x EXIT"};

/* C5 */
START_TEST(what_kills_two_workers_is_poison_and_remembered)
{
    assay_verdict verdict;

    start("", "");
    for (int i = 0; i < 2; i++) {
        verdict = fixture_scan(deaths[_i]);
        ck_assert_int_eq(verdict.status, ASSAY_STATUS_UNSCANNABLE);
        ck_assert_int_eq(verdict.reason, ASSAY_REASON_POISON);
        ck_assert_uint_eq(look().crashed, 2);
    }
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(status_of("nothing"), ASSAY_STATUS_CLEAN);
}
END_TEST

/* C3 */
START_TEST(a_scan_past_its_deadline_is_killed)
{
    assay_verdict verdict;

    start("  timeout = 1\n", "");
    verdict = fixture_scan("a LOOP");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_uint_eq(look().timed_out, 1);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

static int wait_for_other_template(int pid)
{
    ck_assert(fixture_log_wait("scanner.template_died"));
    for (int i = 0; look().template_pid == 0 && i < WAIT_S * 200; i++)
        pause_a_moment();
    ck_assert_int_ne(look().template_pid, 0);
    ck_assert_int_ne(look().template_pid, pid);
    return look().template_pid;
}

START_TEST(a_template_that_is_killed_takes_no_worker_with_it)
{
    int pid;

    start("", "");
    pid = look().template_pid;
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    (void)wait_for_other_template(pid);
    ck_assert_int_eq(status_of("b THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_template_that_cannot_tell_what_is_newer_starts_again)
{
    int pid;

    start("", "threat = \"MUTE\"");
    pid = look().template_pid;
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    (void)wait_for_other_template(pid);
    ck_assert_int_eq(status_of("a MUTE"), ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("scanner.down"), 0);
}
END_TEST

static bool is_gone(int pid)
{
    for (int i = 0; i < WAIT_S * 200; i++) {
        if (kill(pid, 0) != 0 && errno == ESRCH)
            return true;
        pause_a_moment();
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
    start("", "");
    first = look().template_pid;
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(kill(first, SIGKILL), 0);
    second = wait_for_other_template(first);
    ck_assert(is_gone(first));
    ck_assert_int_eq(status_of("b THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(status_of("x CRASH"), ASSAY_STATUS_UNSCANNABLE);
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
    start("", "words = \"words\"");
    fixture_write("words", "BROKEN\n");
    ck_assert_int_eq(status_of("nothing"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(kill(look().template_pid, SIGKILL), 0);
    ck_assert(fixture_log_wait("scanner.down"));
    (void)fixture_scan("the only worker left: EXIT");
    for (int i = 0; look().workers > 0 && i < WAIT_S * 200; i++)
        pause_a_moment();
    verdict = fixture_scan("is there anybody?");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_UNAVAILABLE);
    ck_assert_msg(strstr(verdict.info, "the words are broken"), "%s",
                  verdict.info);
    ck_assert_str_eq(look().state, "down");
    fixture_write("words", "TWO\n");
    ck_assert(fixture_log_wait("scanner.up"));
    ck_assert_int_eq(status_of("a TWO"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_worker_that_misses_its_canary_is_replaced)
{
    start("", "");
    ck_assert_int_eq(status_of("BLIND"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(look().canaries_missed, 0);
    probe();
    ck_assert_uint_eq(look().canaries_missed, 1);
    ck_assert_uint_eq(fixture_log_count("scanner.canary_missed"), 1);
    ck_assert_uint_eq(fixture_log_count("sample is blind"), 1);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    /* What the blind one found clean is not believed any more. */
    ck_assert_int_eq(status_of("BLIND"), ASSAY_STATUS_CLEAN);
    probe();
    ck_assert_uint_eq(look().canaries_missed, 2);
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
    start(wears[_i].general, "");
    ck_assert_int_eq(status_of(wears[_i].content), ASSAY_STATUS_CLEAN);
    for (int i = 0; look().recycled == 0 && i < WAIT_S * 200; i++)
        pause_a_moment();
    ck_assert_uint_eq(look().recycled, 1);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

static uint64_t clean_generation(void)
{
    struct assay__generation *generation = assay__present(fixture_library);
    uint64_t number = core_of(generation)->clean_generation;

    assay__generation_unref(&generation);
    return number;
}

START_TEST(a_worker_leaves_with_a_last_proof)
{
    start("  scanner_scans = 2\n", "");
    ck_assert_int_eq(status_of("BLIND"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(status_of("what it cannot see"), ASSAY_STATUS_CLEAN);
    ck_assert(fixture_log_wait("scanner.canary_missed"));
    for (int i = 0; clean_generation() == 0 && i < WAIT_S * 200; i++)
        pause_a_moment();
    ck_assert_uint_gt(clean_generation(), 0);
}
END_TEST

START_TEST(what_a_worker_that_died_found_clean_is_not_believed)
{
    start("", "workers = 1");
    ck_assert_int_eq(status_of("clean"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(clean_generation(), 0);
    ck_assert_int_eq(status_of("x CRASH"), ASSAY_STATUS_UNSCANNABLE);
    ck_assert_uint_gt(clean_generation(), 0);
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* A sanitizer ends the process itself, and nothing limits its memory. */
START_TEST(no_memory_is_no_fault_of_the_content)
{
    assay_verdict verdict;

    start("  scanner_memory = 67108864\n", "");
    for (int i = 0; i < 2; i++) {
        verdict = fixture_scan("a HUNGRY one");
        ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
        ck_assert_int_eq(verdict.reason, ASSAY_REASON_MEMORY);
    }
    ck_assert_uint_eq(look().crashed, 0);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST
#endif

/* Codes that mean something else to the host. */
START_TEST(an_engine_may_fail_with_any_code)
{
    fixture_write("words", "ONE\n");
    start("", "words = \"words\"");
    fixture_write("words", "STATE\n");
    ck_assert_int_eq(kill(look().template_pid, SIGKILL), 0);
    ck_assert(fixture_log_wait("retry_s=2 reason=\"the words are odd\""));
    ck_assert_uint_le(fixture_log_count("scanner.down"), 4);
    fixture_write("words", "TWO\n");
    ck_assert(fixture_log_wait("scanner.up"));
    ck_assert_int_eq(status_of("a TWO"), ASSAY_STATUS_INFECTED);
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
    fixture_open(config_of("  scanner_user = \"nobody\"\n"
                           "  file_base = \"/tmp\"\n",
                           ""));
    ck_assert_int_ne(assay_start(fixture_library, &err), ASSAY_OK);
    ck_assert_msg(strstr(err.msg, "Resource temporarily unavailable"), "%s",
                  err.msg);
}
END_TEST

START_TEST(a_young_worker_stays)
{
    start("", "");
    for (int i = 0; i < 20; i++) {
        char text[32];

        (void)snprintf(text, sizeof text, "mail %d", i);
        ck_assert_int_eq(status_of(text), ASSAY_STATUS_CLEAN);
    }
    ck_assert_uint_eq(look().recycled, 0);
    ck_assert_uint_eq(look().workers_started, 1);
}
END_TEST

/* ---- several at once --------------------------------------------------- */

static void *scan_in_thread(void *arg)
{
    assay_verdict *verdict = arg;

    *verdict = fixture_scan(verdict->info);
    return NULL;
}

static void scan_all(assay_verdict *verdicts, size_t count)
{
    pthread_t threads[8];

    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, scan_in_thread, &verdicts[i]), 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

START_TEST(scans_wait_for_the_only_worker)
{
    assay_verdict verdicts[4] = {
        {.info = "a THREAT"}, {.info = "b"}, {.info = "c"}, {.info = "d"}};

    start("", "workers = 1");
    scan_all(verdicts, 4);
    ck_assert_int_eq(verdicts[0].status, ASSAY_STATUS_INFECTED);
    for (int i = 1; i < 4; i++)
        ck_assert_int_eq(verdicts[i].status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(look().workers, 1);
}
END_TEST

/* A chatty worker is no poison, and the log stays readable. */
START_TEST(what_a_worker_says_is_bounded)
{
    start("", "");
    ck_assert_int_eq(status_of("CHATTER"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fixture_log_count("sample.chatter"), 64);
    ck_assert_int_eq(status_of("more CHATTER"), ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fixture_log_count("sample.chatter"), 128);
}
END_TEST

static void keep_the_keeper_busy(void)
{
    assay_error err = {0};
    bool changed;

    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(refresh(&changed, &err), ASSAY_OK);
        pause_a_moment();
    }
}

/* Only those that nobody needed from one probe to the next. */
START_TEST(spare_workers_go_with_the_second_probe)
{
    assay_verdict verdicts[8];
    uint64_t workers;

    start("", "");
    for (int i = 0; look().workers < 2 && i < WAIT_S * 20; i++) {
        for (int k = 0; k < 8;
             k++) /* others than before: no cache knows them */
            (void)snprintf(verdicts[k].info, sizeof verdicts[k].info,
                           "content %d of round %d", k, i);
        scan_all(verdicts, 8);
    }
    workers = look().workers;
    ck_assert_uint_ge(workers, 2);
    keep_the_keeper_busy();
    probe();
    keep_the_keeper_busy();
    ck_assert_uint_eq(look().workers, workers);
    for (int i = 0; look().workers > 1 && i < WAIT_S * 200; i++) {
        probe();
        pause_a_moment();
    }
    ck_assert_uint_eq(look().workers, 1);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_scan_that_hangs_holds_up_no_other)
{
    assay_verdict verdicts[4] = {
        {.info = "a LOOP"}, {.info = "b"}, {.info = "c"}, {.info = "d"}};

    start("  timeout = 2\n", "");
    scan_all(verdicts, 4);
    ck_assert_int_eq(verdicts[0].reason, ASSAY_REASON_TIMEOUT);
    for (int i = 1; i < 4; i++)
        ck_assert_int_eq(verdicts[i].status, ASSAY_STATUS_CLEAN);
}
END_TEST

START_TEST(who_finds_no_worker_in_time_is_told)
{
    assay_verdict verdicts[2] = {{.info = "a LOOP"}, {.info = "b LOOP"}};
    int overloads = 0;

    start("  timeout = 1\n", "workers = 1");
    scan_all(verdicts, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(verdicts[i].status, ASSAY_STATUS_ERROR);
        overloads += verdicts[i].reason == ASSAY_REASON_OVERLOAD ||
                     verdicts[i].reason == ASSAY_REASON_TIMEOUT;
    }
    ck_assert_int_eq(overloads, 2);
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
    start(ways[_i], "words = \"words\"");
    pid = look().template_pid;
    ck_assert_int_eq(refresh(&changed, NULL), ASSAY_OK);
    ck_assert(!changed);
    ck_assert_int_eq(look().template_pid, pid);
    fixture_write("words", "TWO\n");
    ck_assert_int_eq(refresh(&changed, NULL), ASSAY_OK);
    ck_assert(changed);
    ck_assert_int_ne(look().template_pid, pid);
    ck_assert_int_eq(status_of("a TWO"), ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(status_of("a ONE"), ASSAY_STATUS_CLEAN);
    ck_assert_str_eq(fixture_scan("x").epoch, "sample-1/TWO");
}
END_TEST

static void *refresh_in_thread(void *arg)
{
    ck_assert_int_eq(refresh(arg, NULL), ASSAY_OK);
    return NULL;
}

START_TEST(nobody_is_started_for_scans_that_wait_for_a_reload)
{
    assay_verdict verdicts[3] = {
        {.info = "LOOP"}, {.info = "b"}, {.info = "c"}};
    pthread_t thread;
    bool changed = false;

    fixture_write("words", "ONE\n");
    start("  timeout = 5\n  reload = \"stop-then-load\"\n",
          "words = \"words\"\nworkers = 1");
    fixture_write("words", "TWO\n");
    ck_assert_int_eq(pthread_create(&thread, NULL, refresh_in_thread, &changed),
                     0);
    scan_all(verdicts, 3);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert(changed);
    ck_assert_uint_le(look().workers_started, 6);
    ck_assert_int_eq(status_of("a TWO"), ASSAY_STATUS_INFECTED);
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
        pause_a_moment();
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
    start("", "words = \"words\"");
    pid = look().template_pid;
    fixture_write("words", "BROKEN\n");
    ck_assert_int_eq(refresh(&changed, &err), ASSAY_E_INVAL);
    ck_assert(!changed);
    ck_assert_msg(strstr(err.msg, "the words are broken"), "%s", err.msg);
    ck_assert_int_eq(look().template_pid, pid);
    ck_assert_int_eq(status_of("a ONE"), ASSAY_STATUS_INFECTED);
    /* The same ones are not tried again at once, others are. */
    ck_assert_int_eq(refresh(&changed, &err), ASSAY_E_INVAL);
    ck_assert_uint_eq(fixture_log_count("scanner.started"), 1);
    fixture_write("words", "TWO\n");
    ck_assert_int_eq(refresh(&changed, &err), ASSAY_OK);
    ck_assert_int_eq(status_of("a TWO"), ASSAY_STATUS_INFECTED);
}
END_TEST

/* ---- configuration ----------------------------------------------------- */

static void check_finding(const char *general, const char *own,
                          assay_rc want_rc, const char *want)
{
    assay_options options = fixture_options();

    fixture_config(config_of(general, own));
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
    fixture_config(config_of(general, ""));
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

    start("", "scanner_log = \"scanner.log\"");
    ck_assert(file_holds("scanner.log", "scanner.started"));
    (void)snprintf(from, sizeof from, "%s/scanner.log", fixture_folder);
    (void)snprintf(to, sizeof to, "%s/old.log", fixture_folder);
    ck_assert_int_eq(rename(from, to), 0);
    generation = assay__present(fixture_library);
    ck_assert_int_eq(
        assay__isolation_reopen_log(core_of(generation)->instance, NULL),
        ASSAY_OK);
    assay__generation_unref(&generation);
    (void)fixture_scan("x CRASH");
    ck_assert(file_holds("scanner.log", "scanner.crashed"));
    ck_assert(!file_holds("old.log", "scanner.crashed"));
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_is_told_once_and_scanning_goes_on)
{
    start("", "scanner_log = \"/nowhere/scanner.log\"");
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("scanner.log_failed"), 1);
}
END_TEST

START_TEST(a_log_on_a_full_disk_is_told_once_and_scanning_goes_on)
{
    start("", "scanner_log = \"/dev/full\"");
    for (int i = 0; i < 3; i++)
        (void)fixture_scan(deaths[0]);
    ck_assert_int_eq(status_of("a THREAT"), ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("scanner.log_failed"), 1);
}
END_TEST

static TCase *case_of(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_set_timeout(tc, 3 * WAIT_S);
    suite_add_tcase(suite, tc);
    return tc;
}

static void add_life(Suite *suite)
{
    TCase *tc = case_of(suite, "life");

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

static void add_trouble(Suite *suite)
{
    TCase *tc = case_of(suite, "trouble");

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
    tcase_add_test(tc, what_a_worker_says_is_bounded);
    tcase_add_test(tc, a_scan_that_hangs_holds_up_no_other);
    tcase_add_test(tc, who_finds_no_worker_in_time_is_told);
}

static void add_others(Suite *suite)
{
    TCase *tc = case_of(suite, "signatures");

    tcase_add_loop_test(tc, newer_signatures_take_over, 0, 2);
    tcase_add_test(tc, broken_signatures_change_nothing);
    tcase_add_test(tc, nobody_is_started_for_scans_that_wait_for_a_reload);
    tcase_add_test(tc, a_stop_ends_an_updater_that_runs);
    tc = case_of(suite, "configuration");
    tcase_add_test(tc, an_engine_of_processes_is_never_in_the_host);
    tcase_add_test(tc, fewer_processes_than_threads_are_warned_of);
    tcase_add_loop_test(tc, a_wrong_value_is_an_error_with_its_name, 0, 6);
    tc = case_of(suite, "log");
    tcase_add_test(tc, the_log_of_scanners_is_written_and_opened_anew);
    tcase_add_test(
        tc, a_log_that_cannot_be_opened_is_told_once_and_scanning_goes_on);
    tcase_add_test(tc, a_log_on_a_full_disk_is_told_once_and_scanning_goes_on);
}

int main(void)
{
    Suite *suite = suite_create("isolation");

    add_life(suite);
    add_trouble(suite);
    add_others(suite);
    return check_run(suite);
}
