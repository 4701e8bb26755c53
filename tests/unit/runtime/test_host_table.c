/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The table for hosts that load libassay: versions, options of older hosts,
 * messages in each way a host may have them, context variables, two libraries
 * in one process, a fork before the start, and what the stop leaves.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <assay/host.h>

#include "check_run.h"
#include "runtime_fixture.h"

static const assay_host_table *api;
static assay *library;
static assay_session *session;
static assay_error err;
static assay_disposition answer;

static void use_default(void)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "virus_headers = on\nsample {}\n"
                   "antivirus \"av\" { sample \"s1\" { threat = EVIL } }\n"
                   "maildir \"m\" { basedir = \"%s\" domain = stored.test "
                   "createusers = true }\n",
                   fixture_folder);
    fixture_config(text);
}

static void open_with(const assay_options *options)
{
    ck_assert_msg(api->open(options, &library, &err) == ASSAY_OK, "%s\n%s",
                  err.msg, fixture_log());
}

static void setup(void)
{
    fixture_setup();
    api =
        assay_host_table_get(ASSAY_HOST_ABI_MAJOR, ASSAY_HOST_ABI_MINOR, &err);
    ck_assert_ptr_nonnull(api);
    use_default();
}

static void teardown(void)
{
    api->session_close(&session);
    api->close(&library);
    fixture_teardown();
}

static void start(void)
{
    assay_options options = fixture_options();

    open_with(&options);
    ck_assert_msg(api->start(library, &err) == ASSAY_OK, "%s", err.msg);
    ck_assert_int_eq(api->session_open(library, NULL, &session, &err),
                     ASSAY_OK);
}

static void begin_message(const char *recipient)
{
    ck_assert_int_eq(api->mailfrom(session, "a@b", NULL, &answer, &err),
                     ASSAY_OK);
    ck_assert_int_eq(api->rcptto(session, recipient, NULL, &answer, &err),
                     ASSAY_OK);
}

static void store_one(void)
{
    begin_message("user@stored.test");
    ck_assert_int_eq(api->append(session, "A: b\r\n\r\n", 8, &err), ASSAY_OK);
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_msg(api->store(session, &err) == ASSAY_OK, "%s", err.msg);
}

/* ---- versions --------------------------------------------------------------
 */

START_TEST(the_table_says_what_it_is)
{
    ck_assert_uint_eq(api->struct_size, sizeof *api);
    ck_assert_uint_eq(api->abi_major, ASSAY_HOST_ABI_MAJOR);
    ck_assert_uint_eq(api->abi_minor, ASSAY_HOST_ABI_MINOR);
    ck_assert_str_eq(api->version(), assay_version());
    ck_assert_str_eq(api->rc_name(ASSAY_E_STATE), "state");
    ck_assert_str_eq(api->phase_name(ASSAY_PHASE_DATA), "data");
    ck_assert_str_eq(api->action_name(ASSAY_ACTION_REJECT), "reject");
    ck_assert_str_eq(api->status_name(ASSAY_STATUS_INFECTED), "infected");
    ck_assert_str_eq(api->reason_name(ASSAY_REASON_TIMEOUT), "timeout");
    ck_assert_str_eq(api->log_level_name(ASSAY_LOG_WARN), "warn");
}
END_TEST

/* Everything behind the head is a pointer, and none of them is missing. */
START_TEST(no_member_is_null)
{
    const char *at = (const char *)api;

    for (size_t i = offsetof(assay_host_table, version); i < sizeof *api;
         i += sizeof(void *)) {
        void *member;

        memcpy(&member, at + i, sizeof member);
        ck_assert_msg(member != NULL, "member at %zu", i);
    }
}
END_TEST

static const struct {
    uint32_t major, minor;
    const char *want;
} strangers[] = {
    {ASSAY_HOST_ABI_MAJOR + 1, 0, "built for interface 2"},
    {0, 0, "built for interface 0"},
    {UINT32_MAX, UINT32_MAX, "built for interface 4294967295"},
    {ASSAY_HOST_ABI_MAJOR, ASSAY_HOST_ABI_MINOR + 1, "needs interface 1.1"},
    {ASSAY_HOST_ABI_MAJOR, UINT32_MAX, "a newer one is needed"},
};

START_TEST(other_versions_get_no_table)
{
    ck_assert_ptr_null(
        assay_host_table_get(strangers[_i].major, strangers[_i].minor, NULL));
    ck_assert_ptr_null(
        assay_host_table_get(strangers[_i].major, strangers[_i].minor, &err));
    ck_assert_int_eq(err.code, ASSAY_E_ABI);
    ck_assert_msg(strstr(err.msg, strangers[_i].want) != NULL, "%s", err.msg);
}
END_TEST

/* ---- options
 * ----------------------------------------------------------------- */

static int64_t wrong_clock(void *arg)
{
    ck_abort_msg("the clock of %p was read", arg);
    return 0;
}

/* What lies behind the struct of an older host is not looked at. */
START_TEST(options_of_an_older_host_are_short)
{
    assay_options options = fixture_options();

    options.now_ms = wrong_clock;
    options.struct_size = offsetof(assay_options, now_ms);
    open_with(&options);
    ck_assert_int_eq(api->start(library, &err), ASSAY_OK);
}
END_TEST

START_TEST(options_without_a_size_are_refused)
{
    static const size_t sizes[] = {0, 8, offsetof(assay_options, now_ms) + 4,
                                   SIZE_MAX};
    assay_options options = fixture_options();

    options.struct_size = sizes[_i];
    ck_assert_int_eq(api->open(&options, &library, &err), ASSAY_E_INVAL);
    ck_assert_int_eq(api->check(&options, &err), ASSAY_E_INVAL);
    ck_assert_int_eq(api->open(NULL, &library, &err), ASSAY_E_INVAL);
}
END_TEST

static int64_t clock_of_host(void *arg)
{
    return *(const int64_t *)arg;
}

static void console(const char *line, const char *want)
{
    char *text = NULL;

    ck_assert_int_eq(api->command(library, line, true, &text), 0);
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(!want || strstr(text, want), "no %s in %s", want, text);
    api->text_free(text);
}

START_TEST(times_written_down_are_those_of_the_host)
{
    int64_t now_ms = 1000000000123;
    char pattern[128];
    glob_t found;
    assay_options options = fixture_options();

    options.now_ms = clock_of_host;
    options.host_arg = &now_ms;
    open_with(&options);
    console("counter list --json", "/antivirus/sample/scanned\", \"value\": 0, "
                                   "\"reset_time\": 1000000000,");
    now_ms = 1000000060000;
    console("counter add /mine", NULL);
    console("counter reset /antivirus/sample/viruses", NULL);
    console("counter list --json", "\"reset_time\": 1000000060,");
    console("counter list /mine --json", "\"reset_time\": 1000000060,");
    ck_assert_int_eq(api->session_open(library, NULL, &session, &err),
                     ASSAY_OK);
    store_one();
    (void)snprintf(pattern, sizeof pattern, "%s/*/*/new/1000000060.*",
                   fixture_folder);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    ck_assert_uint_eq(found.gl_pathc, 1);
    globfree(&found);
}
END_TEST

/* ---- messages
 * ---------------------------------------------------------------- */

#define EVIL_MAIL "Subject: x\r\n\r\nEVIL\r\n"

static void by_pieces(void)
{
    for (size_t i = 0; i < sizeof EVIL_MAIL - 1; i++)
        ck_assert_int_eq(api->append(session, &EVIL_MAIL[i], 1, &err),
                         ASSAY_OK);
}

static void by_headers(void)
{
    ck_assert_int_eq(api->append_header(session, "Subject", " x", &err),
                     ASSAY_OK);
    ck_assert_int_eq(api->append(session, "EVIL\r\n", 6, &err), ASSAY_OK);
}

static void by_text(void)
{
    ck_assert_int_eq(api->append_text(session, "Subject: x\n\nEV", 14, &err),
                     ASSAY_OK);
    ck_assert_int_eq(api->append_text(session, "IL\n", 3, &err), ASSAY_OK);
}

static void by_descriptor(void)
{
    int fd = memfd_create("mail", MFD_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "spool" EVIL_MAIL, 5 + sizeof EVIL_MAIL - 1),
                     5 + sizeof EVIL_MAIL - 1);
    ck_assert_int_eq(api->append_fd(session, fd, 5, 0, &err), ASSAY_OK);
    ck_assert_int_eq(close(fd), 0);
}

static int released;

static void note_release(void *arg)
{
    ck_assert_ptr_eq(arg, &released);
    released++;
}

static void by_buffer(void)
{
    ck_assert_int_eq(api->borrow(session, EVIL_MAIL, sizeof EVIL_MAIL - 1,
                                 note_release, &released, &err),
                     ASSAY_OK);
}

static void (*const ways[])(void) = {by_pieces, by_headers, by_text,
                                     by_descriptor, by_buffer};

START_TEST(each_way_of_handing_over_gives_the_same_bytes)
{
    assay_bytes bytes;
    assay_verdict verdict;

    released = 0;
    start();
    begin_message("c@d");
    ck_assert_int_eq(api->set_id(session, "Q1", &err), ASSAY_OK);
    ways[_i]();
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(answer.code, 550);
    ck_assert_int_eq(
        api->bytes(session, ASSAY_RENDITION_RECEIVED, &bytes, &err), ASSAY_OK);
    ck_assert_uint_eq(bytes.len, sizeof EVIL_MAIL - 1);
    ck_assert_mem_eq(bytes.data, EVIL_MAIL, bytes.len);
    ck_assert_int_eq(api->verdict(session, &verdict, &err), ASSAY_OK);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(api->session_reset(session), ASSAY_OK);
    ck_assert_int_eq(released, ways[_i] == by_buffer);
}
END_TEST

START_TEST(without_a_message_nothing_is_taken_or_given)
{
    const char *text = "untouched";
    assay_edit edit;
    assay_bytes bytes;

    start();
    ck_assert_int_eq(api->append(session, "x", 1, &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->append_text(session, "x", 1, &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->append_fd(session, 0, 0, 0, &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->append_header(session, "A", "b", &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(api->borrow(session, "x", 1, note_release, NULL, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(api->set_id(session, "Q1", &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->set_id(session, NULL, &err), ASSAY_E_INVAL);
    ck_assert_int_eq(api->edit(session, 0, &edit, &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->stored(session, 0, &text, &err), ASSAY_E_STATE);
    ck_assert_int_eq(
        api->bytes(session, ASSAY_RENDITION_CANONICAL, &bytes, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(
        api->context_set(session, ASSAY_CONTEXT_MESSAGE, "k", "v", &err),
        ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "there is no message");
    ck_assert_str_eq(text, "untouched");
}
END_TEST

START_TEST(edits_are_listed_and_carried_out)
{
    assay_edit edit;
    assay_bytes bytes;
    size_t count = 0;

    start();
    begin_message("c@d");
    ck_assert_int_eq(api->append(session, "A: b\r\n\r\n", 8, &err), ASSAY_OK);
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(answer.action, ASSAY_ACTION_CONTINUE);
    while (api->edit(session, count, &edit, &err) == ASSAY_OK)
        count++;
    ck_assert_int_eq(err.code, ASSAY_E_NOTFOUND);
    ck_assert_uint_gt(count, 0);
    ck_assert_int_eq(
        api->bytes(session, ASSAY_RENDITION_CANONICAL, &bytes, &err), ASSAY_OK);
    ck_assert_ptr_nonnull(
        memmem(bytes.data, bytes.len, "X-Virus-Status: Clean", 21));
}
END_TEST

/* Both forms; the second one finds the message stored already. */
START_TEST(what_a_maildir_takes_is_listed_and_stored)
{
    const char *recipient = NULL;

    start();
    begin_message("user@stored.test");
    ck_assert_int_eq(api->append(session, "A: b\r\n\r\n", 8, &err), ASSAY_OK);
    ck_assert_int_eq(api->store(session, &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(api->stored(session, 0, &recipient, &err), ASSAY_OK);
    ck_assert_str_eq(recipient, "user@stored.test");
    ck_assert_int_eq(api->stored(session, 1, &recipient, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_msg(api->store(session, &err) == ASSAY_OK, "%s", err.msg);
    ck_assert_int_eq(api->store(session, &err), ASSAY_E_STATE);
    ck_assert_int_eq(api->append(session, "x", 1, &err), ASSAY_E_STATE);
}
END_TEST

/* ---- context variables
 * ---------------------------------------------------------- */

START_TEST(what_the_host_sets_policy_sees)
{
    const char *value = NULL;

    start();
    ck_assert_int_eq(api->context_set(session, ASSAY_CONTEXT_CONNECTION,
                                      "skip_virus_check", "", &err),
                     ASSAY_OK);
    begin_message("c@d");
    by_pieces();
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(answer.action, ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(api->context_set(session, ASSAY_CONTEXT_CONNECTION,
                                      "skip_virus_check", NULL, &err),
                     ASSAY_OK);
    ck_assert_int_eq(api->context_get(session, ASSAY_CONTEXT_CONNECTION,
                                      "skip_virus_check", &value, &err),
                     ASSAY_E_NOTFOUND);
    begin_message("c@d");
    by_pieces();
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(answer.code, 550);
}
END_TEST

START_TEST(what_policy_sets_the_host_sees)
{
    const char *value = NULL;
    size_t keys = 0;

    start();
    begin_message("c@d");
    by_pieces();
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(api->context_get(session, ASSAY_CONTEXT_MESSAGE,
                                      "sample_status", &value, &err),
                     ASSAY_OK);
    ck_assert_str_eq(value, "virus");
    while (api->context_key(session, ASSAY_CONTEXT_MESSAGE, keys, &value,
                            &err) == ASSAY_OK)
        keys++;
    ck_assert_uint_gt(keys, 3);
    ck_assert_int_eq(
        api->context_get(session, ASSAY_CONTEXT_MESSAGE, NULL, &value, &err),
        ASSAY_E_INVAL);
    ck_assert_int_eq(
        api->context_set(session, (assay_context_scope)7, "k", "v", &err),
        ASSAY_E_INVAL);
}
END_TEST

/* ---- the library
 * ------------------------------------------------------------------ */

START_TEST(statistics_are_one_object)
{
    static const char *const members[] = {"\"version\":\"",
                                          "\"phases\":{\"begun\":0",
                                          "\"antivirus\":{\"av\":[",
                                          "\"messages\":1",
                                          "\"caches\":[",
                                          "\"counters\":[",
                                          "\"pools\":[{",
                                          "\"scanners\":["};
    char *text = NULL;

    start();
    begin_message("c@d");
    by_pieces();
    ck_assert_int_eq(api->data(session, &answer, &err), ASSAY_OK);
    ck_assert_int_eq(api->statistics(library, &text, &err), ASSAY_OK);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        ck_assert_msg(strstr(text, members[i]) != NULL, "no %s in %s",
                      members[i], text);
    api->text_free(text);
    api->text_free(NULL);
}
END_TEST

static _Atomic bool has_stopped;

static void *watch(void *arg)
{
    while (!has_stopped) {
        char *text = NULL;

        ck_assert_int_eq(api->statistics(library, &text, NULL), ASSAY_OK);
        api->text_free(text);
    }
    return arg;
}

/* Whoever watches need not know of it. */
START_TEST(statistics_may_be_read_during_the_stop)
{
    pthread_t watcher;

    start();
    has_stopped = false;
    ck_assert_int_eq(pthread_create(&watcher, NULL, watch, NULL), 0);
    api->stop(library);
    has_stopped = true;
    ck_assert_int_eq(pthread_join(watcher, NULL), 0);
}
END_TEST

START_TEST(a_command_that_may_change_nothing_is_refused)
{
    char *text = NULL;

    start();
    ck_assert_int_eq(api->command(library, "counter add /mine", false, &text),
                     1);
    ck_assert_ptr_nonnull(text);
    api->text_free(text);
}
END_TEST

static const char *send_evil(assay *to, const char *text)
{
    static assay_disposition d;
    assay_session *other = NULL;

    ck_assert_int_eq(api->session_open(to, NULL, &other, &err), ASSAY_OK);
    ck_assert_int_eq(api->mailfrom(other, "a@b", NULL, &d, &err), ASSAY_OK);
    ck_assert_int_eq(api->append(other, text, strlen(text), &err), ASSAY_OK);
    ck_assert_int_eq(api->data(other, &d, &err), ASSAY_OK);
    api->session_close(&other);
    return api->action_name(d.action);
}

START_TEST(two_libraries_have_nothing_in_common)
{
    assay_options options = fixture_options();
    assay *other = NULL;

    open_with(&options);
    fixture_config(
        "sample {}\nantivirus \"av\" { sample \"s1\" { threat = BAD } }\n");
    ck_assert_int_eq(api->open(&options, &other, &err), ASSAY_OK);
    ck_assert_int_eq(api->start(library, &err), ASSAY_OK);
    ck_assert_int_eq(api->start(other, &err), ASSAY_OK);
    ck_assert_str_eq(send_evil(library, "EVIL"), "reject");
    ck_assert_str_eq(send_evil(other, "EVIL"), "continue");
    ck_assert_str_eq(send_evil(other, "BAD"), "reject");
    ck_assert_str_eq(send_evil(library, "BAD"), "continue");
    api->stop(other);
    ck_assert_str_eq(send_evil(library, "EVIL"), "reject");
    api->close(&other);
    ck_assert_str_eq(send_evil(library, "EVIL"), "reject");
}
END_TEST

static void start_and_scan(void)
{
    ck_assert_msg(api->start(library, &err) == ASSAY_OK, "%s", err.msg);
    ck_assert_str_eq(send_evil(library, "EVIL"), "reject");
    ck_assert_str_eq(send_evil(library, "good"), "continue");
    api->stop(library);
}

START_TEST(a_host_may_fork_before_the_start)
{
    assay_options options = fixture_options();
    int status = 0;
    pid_t child;

    open_with(&options);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        start_and_scan();
        api->close(&library);
        _exit(7);
    }
    start_and_scan();
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

static size_t count_entries(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    ck_assert_int_eq(closedir(folder), 0);
    return count;
}

static void nothing_told(void *arg, assay_rc rc, const assay_disposition *d,
                         const assay_error *error)
{
    (void)arg;
    (void)rc;
    (void)d;
    (void)error;
}

static void *do_nothing(void *arg)
{
    return arg;
}

/* A sanitizer starts a thread of its own together with the first one. */
START_TEST(the_stop_leaves_no_thread_and_no_descriptor)
{
    size_t threads, descriptors = count_entries("/proc/self/fd");
    pthread_t first;

    ck_assert_int_eq(pthread_create(&first, NULL, do_nothing, NULL), 0);
    ck_assert_int_eq(pthread_join(first, NULL), 0);
    threads = count_entries("/proc/self/task");
    for (int i = 0; i < 3; i++) {
        start();
        ck_assert_uint_gt(count_entries("/proc/self/task"), threads);
        ck_assert_int_eq(api->connect_begin(session, nothing_told, NULL, &err),
                         ASSAY_OK);
        api->session_close(&session);
        ck_assert_str_eq(send_evil(library, "EVIL"), "reject");
        api->close(&library);
        ck_assert_uint_eq(count_entries("/proc/self/task"), threads);
        ck_assert_uint_eq(count_entries("/proc/self/fd"), descriptors);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("host_table");
    TCase *tc = tcase_create("host_table");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_table_says_what_it_is);
    tcase_add_test(tc, no_member_is_null);
    tcase_add_loop_test(tc, other_versions_get_no_table, 0,
                        (int)(sizeof strangers / sizeof *strangers));
    tcase_add_test(tc, options_of_an_older_host_are_short);
    tcase_add_loop_test(tc, options_without_a_size_are_refused, 0, 4);
    tcase_add_test(tc, times_written_down_are_those_of_the_host);
    tcase_add_loop_test(tc, each_way_of_handing_over_gives_the_same_bytes, 0,
                        (int)(sizeof ways / sizeof *ways));
    tcase_add_test(tc, without_a_message_nothing_is_taken_or_given);
    tcase_add_test(tc, edits_are_listed_and_carried_out);
    tcase_add_test(tc, what_a_maildir_takes_is_listed_and_stored);
    tcase_add_test(tc, what_the_host_sets_policy_sees);
    tcase_add_test(tc, what_policy_sets_the_host_sees);
    tcase_add_test(tc, statistics_are_one_object);
    tcase_add_test(tc, statistics_may_be_read_during_the_stop);
    tcase_add_test(tc, a_command_that_may_change_nothing_is_refused);
    tcase_add_test(tc, two_libraries_have_nothing_in_common);
    tcase_add_test(tc, a_host_may_fork_before_the_start);
    tcase_add_test(tc, the_stop_leaves_no_thread_and_no_descriptor);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
