/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check_run.h"
#include "rt/command.h"

enum { WAIT_MS = 60000 };

static assay_error err;

static assay_rc run(const char *script, int stop_fd, int64_t wait_ms)
{
    const char *const argv[] = {"sh", "-c", script, NULL};

    return assay__command_run(argv, stop_fd, assay__clock_ms() + wait_ms, &err);
}

static const struct {
    const char *script;
    assay_rc rc;
    const char *text;
} ends[] = {
    {"exit 0", ASSAY_OK, ""},
    {"exit 3", ASSAY_E_IO, "status 3"},
    {"kill -9 $$", ASSAY_E_IO, "signal 9"},
};

START_TEST(how_it_ended_is_told)
{
    ck_assert_int_eq(run(ends[_i].script, -1, WAIT_MS), ends[_i].rc);
    ck_assert_msg(strstr(err.msg, ends[_i].text), "%s", err.msg);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_named)
{
    const char *const argv[] = {"no-such-program-of-assay", NULL};

    ck_assert_int_eq(
        assay__command_run(argv, -1, assay__clock_ms() + WAIT_MS, &err),
        ASSAY_E_IO);
    ck_assert_msg(strstr(err.msg, "no-such-program-of-assay"), "%s", err.msg);
}
END_TEST

START_TEST(one_that_does_not_end_is_killed)
{
    ck_assert_int_eq(run("sleep 1000", -1, 50), ASSAY_E_TIMEOUT);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(it_can_be_stopped)
{
    int stop = eventfd(1, EFD_CLOEXEC);

    ck_assert_int_eq(run("sleep 1000", stop, WAIT_MS), ASSAY_E_STATE);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    (void)close(stop);
}
END_TEST

/* It has three descriptors, none of them ours, and one of ls. */
START_TEST(it_has_none_of_our_descriptors)
{
    int fd = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(run("[ $(ls /proc/self/fd | wc -l) -le 4 ]", -1, WAIT_MS),
                     ASSAY_OK);
    (void)close(fd);
}
END_TEST

/* ---- a host that does not want to know of its children ------------------ */

static void ignore_children(bool by_flag)
{
    struct sigaction action = {.sa_handler = by_flag ? SIG_DFL : SIG_IGN,
                               .sa_flags = by_flag ? SA_NOCLDWAIT : 0};

    ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
}

/* Many times: it may end before, while or after it is looked at. */
START_TEST(the_end_of_an_ignored_child_is_seen)
{
    const char *const argv[] = {"true", NULL};

    ignore_children(_i);
    for (int i = 0; i < 200; i++)
        ck_assert_msg(assay__command_run(argv, -1, assay__clock_ms() + WAIT_MS,
                                         &err) == ASSAY_OK,
                      "%s", err.msg);
    ck_assert_msg(run("sleep 0.2; exit 0", -1, WAIT_MS) == ASSAY_OK, "%s",
                  err.msg);
}
END_TEST

START_TEST(how_an_ignored_child_ended_nobody_knows)
{
    ignore_children(_i);
    ck_assert_int_eq(run("exit 3", -1, WAIT_MS), ASSAY_OK);
    ck_assert_int_eq(run("sleep 0.2; exit 3", -1, WAIT_MS), ASSAY_OK);
}
END_TEST

START_TEST(an_ignored_child_that_does_not_start_is_told)
{
    const char *const argv[] = {"no-such-program-of-assay", NULL};

    ignore_children(_i);
    ck_assert_int_eq(
        assay__command_run(argv, -1, assay__clock_ms() + WAIT_MS, &err),
        ASSAY_E_IO);
}
END_TEST

/* The program holds a pipe open; its end is the end of the file. */
START_TEST(an_ignored_child_that_does_not_end_is_killed)
{
    char script[160], folder[] = "/tmp/assay-test-XXXXXX", byte;
    int fifo;

    ignore_children(_i);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(script, sizeof script, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(script, 0600), 0);
    fifo = open(script, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(fifo, 0);
    (void)snprintf(script, sizeof script, "exec sleep 1000 > '%s/fifo'",
                   folder);
    ck_assert_int_eq(run(script, -1, 500), ASSAY_E_TIMEOUT);
    ck_assert_int_eq(read(fifo, &byte, 1), 0);
    (void)close(fifo);
    (void)snprintf(script, sizeof script, "rm -r '%s'", folder);
    ck_assert_int_eq(run(script, -1, WAIT_MS), ASSAY_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command");
    TCase *tc = tcase_create("command");

    tcase_add_loop_test(tc, how_it_ended_is_told, 0, 3);
    tcase_add_test(tc, a_program_that_is_not_there_is_named);
    tcase_add_test(tc, one_that_does_not_end_is_killed);
    tcase_add_test(tc, it_can_be_stopped);
    tcase_add_test(tc, it_has_none_of_our_descriptors);
    tcase_add_loop_test(tc, the_end_of_an_ignored_child_is_seen, 0, 2);
    tcase_add_loop_test(tc, how_an_ignored_child_ended_nobody_knows, 0, 2);
    tcase_add_loop_test(tc, an_ignored_child_that_does_not_start_is_told, 0, 2);
    tcase_add_loop_test(tc, an_ignored_child_that_does_not_end_is_killed, 0, 2);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
