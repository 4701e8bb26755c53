/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * ActiveFilter is killed at every step: a child dies (SIGKILL) at the n-th
 * call that changes something on the disk, before it or behind it, for every
 * n; its parent recovers and asks for the same again. However it went, there
 * is one mail of a registration, and one of an update.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "activefilter_kit.h"
#include "check_run.h"

int __real_renameat2(int from, const char *name, int to, const char *new_name,
                     unsigned flags);
int __wrap_renameat2(int from, const char *name, int to, const char *new_name,
                     unsigned flags);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

static unsigned long left; /* steps until death; 0: none */

/* One step before a call and one behind it. */
static void step(void)
{
    if (left > 0 && --left == 0)
        (void)raise(SIGKILL);
}

int __wrap_renameat2(int from, const char *name, int to, const char *new_name,
                     unsigned flags)
{
    int rc;

    step();
    rc = __real_renameat2(from, name, to, new_name, flags);
    step();
    return rc;
}

int __wrap_fsync(int fd)
{
    step();
    return __real_fsync(fd);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    step();
    return __real_write(fd, data, len);
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    step();
    return __real_unlinkat(folder, name, flags);
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    int rc;

    step();
    rc = __real_sqlite3_step(statement);
    step();
    return rc;
}

/* ---- children ---------------------------------------------------------- */

enum outcome { DIED, SUCCEEDED };

static enum outcome run_child(unsigned long death, void (*work)(void))
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        left = death;
        work();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        ck_assert_int_eq(WTERMSIG(status), SIGKILL);
        return DIED;
    }
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    return SUCCEEDED;
}

static void work_register(void)
{
    assay_activefilter *filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);

    if (kit_register(filter, "R1", 10) != ASSAY_OK)
        _exit(1);
}

static void work_rejudge(void)
{
    assay_activefilter *filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);

    kit_rejudge(filter, 90);
}

static void work_recover(void)
{
    assay_activefilter *filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);

    assay__activefilter_recover(filter);
}

/* What the database and the mailbox say after recovery is the same. */
static void assert_settled(size_t mails)
{
    ck_assert_int_eq(
        kit_sql("SELECT count(*) FROM entry WHERE pending IS NOT NULL"), 0);
    ck_assert_uint_eq(kit_count("new"), mails);
    ck_assert_str_eq(kit.logged, "");
}

static assay_activefilter *recovered(void)
{
    assay_activefilter *filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);

    assay__activefilter_recover(filter);
    return filter;
}

/* Whatever a death left in tmp/ is gone when it is old enough. */
static void assert_swept(assay_activefilter *filter)
{
    static const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[PATH_MAX + 8];
    const struct dirent *entry;
    DIR *folder;

    (void)snprintf(path, sizeof path, "%s/tmp", kit.box);
    folder = opendir(path);
    while (folder && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            ck_assert_int_eq(utimensat(dirfd(folder), entry->d_name, old, 0),
                             0);
    if (folder)
        closedir(folder);
    assay__activefilter_recover(filter);
    ck_assert_uint_eq(kit_count("tmp"), 0);
}

/* ---- tests ------------------------------------------------------------- */

START_TEST(registration_killed_at_any_step_is_told_once)
{
    unsigned long deaths = 0, kept = 0, forgotten = 0;

    for (unsigned long n = 1;; n++) {
        enum outcome outcome;
        assay_activefilter *filter;
        size_t entries;

        kit_setup();
        outcome = run_child(n, work_register);
        filter = recovered();
        entries = (size_t)kit_sql("SELECT count(*) FROM entry");
        if (outcome == SUCCEEDED)
            ck_assert_uint_eq(entries, 1);
        assert_settled(entries);
        deaths += outcome == DIED;
        kept += entries == 1;
        forgotten += entries == 0;
        ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
        assert_settled(1);
        assert_swept(filter);
        assay__activefilter_free(&filter);
        kit_teardown();
        if (outcome == SUCCEEDED)
            break;
    }
    /* Both sides of the point of no return were seen. */
    ck_assert_uint_gt(deaths, 20);
    ck_assert_uint_gt(kept, 4);
    ck_assert_uint_gt(forgotten, 4);
}
END_TEST

START_TEST(update_killed_at_any_step_is_told_once)
{
    unsigned long deaths = 0, told = 0;

    for (unsigned long n = 1;; n++) {
        enum outcome outcome;
        assay_activefilter *filter;
        size_t revision;

        kit_setup();
        filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
        ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
        free(kit_take(&(size_t){0}));
        assay__activefilter_free(&filter);
        outcome = run_child(n, work_rejudge);
        filter = recovered();
        revision = (size_t)kit_sql("SELECT revision FROM entry");
        if (outcome == SUCCEEDED)
            ck_assert_uint_eq(revision, 1);
        assert_settled(revision);
        deaths += outcome == DIED;
        told += revision == 1;
        kit_rejudge(filter, 90);
        assert_settled(1);
        kit_take_with((const char *const[]){"action=\"move-to-spam\"",
                                            "revision=\"1\"", NULL});
        assay__activefilter_free(&filter);
        kit_teardown();
        if (outcome == SUCCEEDED)
            break;
    }
    ck_assert_uint_gt(deaths, 20);
    ck_assert_uint_gt(told, 4);
}
END_TEST

/* A pending mail, staged in tmp/. */
static void leave_pending(void)
{
    static unsigned long at = 1; /* the first step that leaves it so */

    for (;; at++) {
        kit_setup();
        ck_assert_int_eq(run_child(at, work_register), DIED);
        if (access(kit.state, F_OK) == 0 && kit_count("tmp") == 1 &&
            kit_count("new") == 0 &&
            kit_sql("SELECT count(*) FROM sqlite_schema WHERE name = 'entry'") >
                0 &&
            kit_sql("SELECT count(*) FROM entry WHERE pending IS NOT NULL") > 0)
            return;
        kit_teardown();
    }
}

START_TEST(recovery_killed_at_any_step_tells_once)
{
    for (unsigned long n = 1;; n++) {
        enum outcome outcome;
        assay_activefilter *filter;

        leave_pending();
        outcome = run_child(n, work_recover);
        filter = recovered();
        assert_settled(1);
        assay__activefilter_free(&filter);
        kit_teardown();
        if (outcome == SUCCEEDED)
            break;
        ck_assert_uint_lt(n, 1000);
    }
}
END_TEST

/* Without recovery: the next who comes across it. */
START_TEST(score_settles_what_is_pending)
{
    assay_activefilter *filter;

    leave_pending();
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    if (_i == 0)
        ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    else
        kit_rejudge(filter, 10);
    assert_settled(1);
    assay__activefilter_free(&filter);
    kit_teardown();
}
END_TEST

/* It was there when the configuration was loaded. */
START_TEST(pending_waits_for_a_mailbox_that_is_not_there)
{
    char aside[PATH_MAX + 8];
    assay_activefilter *filter;
    const char *folder;

    leave_pending();
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    folder = _i == 0 ? kit.base : kit.box;
    (void)snprintf(aside, sizeof aside, "%s.aside", folder);
    ck_assert_int_eq(rename(folder, aside), 0);
    assay__activefilter_recover(filter);
    ck_assert_ptr_nonnull(
        strstr(kit.logged, "warn: activefilter.not-recovered id=\"R1\""));
    ck_assert_ptr_nonnull(
        strstr(kit.logged, "warn: activefilter.pending mails=1"));
    kit.logged[0] = '\0';
    ck_assert_int_eq(rename(aside, folder), 0);
    assay__activefilter_recover(filter);
    assert_settled(1);
    assay__activefilter_free(&filter);
    kit_teardown();
}
END_TEST

/* The configuration names another mailbox now, which is there. */
START_TEST(pending_in_another_mailbox_is_not_taken_for_told)
{
    char other[PATH_MAX + 8];
    assay_activefilter *filter;

    leave_pending();
    (void)snprintf(other, sizeof other, "%s.other", kit.base);
    ck_assert_int_eq(mkdir(other, 0700), 0);
    kit.stanza.basedir = other;
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_OK);
    ck_assert_str_eq(kit.logged, "");
    assay__activefilter_recover(filter);
    ck_assert_ptr_nonnull(
        strstr(kit.logged, "warn: activefilter.elsewhere mails=1 mailbox="));
    ck_assert_ptr_nonnull(strstr(kit.logged, kit.box));
    kit.logged[0] = '\0';
    kit_rejudge(filter, 90); /* R2 is told, and not stopped by R1 */
    ck_assert_str_eq(kit.logged, "");
    ck_assert_int_eq(
        kit_sql("SELECT revision FROM entry WHERE id = 'R2' AND is_spam"), 1);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "another mailbox"));
    assay__activefilter_free(&filter);
    kit.logged[0] = '\0';
    kit.stanza.basedir = kit.base;
    filter = recovered();
    assert_settled(1);
    assay__activefilter_free(&filter);
    kit_teardown();
}
END_TEST

/* The mailbox has moved with what is in it; or it has another name, and the
 * mail had been moved into new/. */
START_TEST(pending_is_found_where_the_mailbox_is_now)
{
    char other[PATH_MAX + 8], command[3 * PATH_MAX];
    assay_activefilter *filter;

    leave_pending();
    (void)snprintf(other, sizeof other, "%s%s", kit.base,
                   _i == 0 ? ".other" : "/.");
    if (_i == 0) {
        ck_assert_int_eq(rename(kit.base, other), 0);
        ck_assert_int_lt(
            snprintf(kit.box, sizeof kit.box, "%.4000s/msi.local/msi", other),
            PATH_MAX);
    } else {
        (void)snprintf(command, sizeof command, "mv '%s'/tmp/* '%s'/new/",
                       kit.box, kit.box);
        ck_assert_int_eq(system(command), 0);
    }
    kit.stanza.basedir = other;
    filter = recovered();
    assert_settled(1);
    assay__activefilter_free(&filter);
    kit_teardown();
}
END_TEST

START_TEST(two_recover_at_once_and_tell_once)
{
    pid_t children[2];
    int status;

    for (int round = 0; round < 10; round++) {
        leave_pending();
        for (size_t i = 0; i < 2; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                work_recover();
                _exit(kit.logged[0] != '\0');
            }
        }
        for (size_t i = 0; i < 2; i++) {
            ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
            ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
        assert_settled(1);
        kit_teardown();
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_crash");
    TCase *tcase = tcase_create("killed");

    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, registration_killed_at_any_step_is_told_once);
    tcase_add_test(tcase, update_killed_at_any_step_is_told_once);
    tcase_add_test(tcase, recovery_killed_at_any_step_tells_once);
    tcase_add_loop_test(tcase, score_settles_what_is_pending, 0, 2);
    tcase_add_loop_test(tcase, pending_waits_for_a_mailbox_that_is_not_there, 0,
                        2);
    tcase_add_test(tcase, pending_in_another_mailbox_is_not_taken_for_told);
    tcase_add_loop_test(tcase, pending_is_found_where_the_mailbox_is_now, 0, 2);
    tcase_add_test(tcase, two_recover_at_once_and_tell_once);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
