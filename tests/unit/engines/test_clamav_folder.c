/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The sweep: what processes that were killed left goes, and nothing else.
 * Renewal: a folder that somebody removed is made anew, and nothing else is.
 * (What a folder is while its instance lives: test_clamav.c.)
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clamav_engine.h"

static char base[64];
static long dead; /* a process that is no more */

static void make_base(void)
{
    pid_t child;

    snprintf(base, sizeof base, "/tmp/assay-test-folder-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    child = fork();
    if (!child)
        _exit(0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    dead = child;
}

static void remove_base(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf '%s'", base);
    ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
    static char path[160];

    snprintf(path, sizeof path, "%s/%s", base, name);
    return path;
}

static const char *name_of(long pid)
{
    static char name[64];

    snprintf(name, sizeof name, "assay-clamav-%ld-0123456789abcdef", pid);
    return name;
}

static void make_folder(const char *name)
{
    char inside[224];

    ck_assert_msg(!mkdir(path_of(name), 0700), "%s", name);
    snprintf(inside, sizeof inside, "%s/inside", path_of(name));
    ck_assert_int_eq(mkdir(inside, 0700), 0);
    snprintf(inside, sizeof inside, "%s/inside/link", path_of(name));
    ck_assert_int_eq(symlink(base, inside), 0);
}

static bool is_there(const char *name)
{
    struct stat status;

    return !lstat(path_of(name), &status);
}

START_TEST(folder_of_a_dead_process_goes)
{
    make_folder(name_of(dead));
    assay__clamav_folder_sweep(base);
    ck_assert(!is_there(name_of(dead)));
    ck_assert(is_there("")); /* what its link points to is not touched */
}
END_TEST

START_TEST(folder_of_a_killed_process_goes)
{
    struct assay__clamav_folder folder = {.lock = -1};
    char command[160];
    pid_t child = fork();

    if (!child) {
        assay_error err = {0};

        _exit(assay__clamav_folder_open(&folder, base, &err) != ASSAY_OK);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    snprintf(command, sizeof command, "ls '%s' | grep -q '^assay-clamav-%ld-'",
             base, (long)child);
    ck_assert_int_eq(system(command), 0);
    assay__clamav_folder_sweep(base);
    ck_assert_int_ne(system(command), 0);
}
END_TEST

START_TEST(folder_in_use_stays)
{
    struct assay__clamav_folder folder = {.lock = -1};
    assay_error err = {0};
    struct stat status;

    ck_assert_int_eq(assay__clamav_folder_open(&folder, base, &err), ASSAY_OK);
    assay__clamav_folder_sweep(base);
    ck_assert_int_eq(stat(folder.path, &status), 0);
    assay__clamav_folder_close(&folder);
    ck_assert_int_eq(folder.lock, -1);
}
END_TEST

/* Of a process in another PID namespace, say. */
START_TEST(locked_folder_stays)
{
    int fd;

    make_folder(name_of(dead));
    fd = open(path_of(name_of(dead)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of(dead)));
    close(fd);
    assay__clamav_folder_sweep(base);
    ck_assert(!is_there(name_of(dead)));
}
END_TEST

START_TEST(forked_process_does_not_unlock)
{
    struct assay__clamav_folder folder = {.lock = -1};
    assay_error err = {0};
    pid_t child;
    int fd;

    ck_assert_int_eq(assay__clamav_folder_open(&folder, base, &err), ASSAY_OK);
    child = fork();
    if (!child) {
        assay__clamav_folder_close(&folder);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), -1);
    close(fd);
    assay__clamav_folder_close(&folder);
}
END_TEST

static const char *const odd_names[][2] = {
    {"assay-clamav-", ""},
    {"assay-clamav-", "-0123"},
    {"assay-clamav-", "-0123456789abcdef0"},
    {"assay-clamav-", "-0123456789abcdeg"},
    {"assay-clamav-", "-0123456789abcdef.old"},
    {"assay-clamav-0", "-0123456789abcdef"},
    {"assay-clamav--", "-0123456789abcdef"},
    {"assay-clamav-99999999999999999999", "-0123456789abcdef"},
    {"other-clamav-", "-0123456789abcdef"},
};

START_TEST(other_names_stay)
{
    char name[96];

    snprintf(name, sizeof name, "%s%ld%s", odd_names[_i][0], dead,
             odd_names[_i][1]);
    make_folder(name);
    assay__clamav_folder_sweep(base);
    ck_assert_msg(is_there(name), "%s", name);
}
END_TEST

START_TEST(what_is_no_folder_of_ours_stays)
{
    char target[160];
    int fd;

    make_folder("target");
    snprintf(target, sizeof target, "%s", path_of("target"));
    ck_assert_int_eq(symlink(target, path_of(name_of(dead))), 0);
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of(dead)) && is_there("target/inside"));
    ck_assert_int_eq(unlink(path_of(name_of(dead))), 0);

    fd = open(path_of(name_of(dead)), O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
    ck_assert_int_ge(fd, 0);
    close(fd);
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of(dead)));
    ck_assert_int_eq(unlink(path_of(name_of(dead))), 0);

    make_folder(name_of(dead));
    ck_assert_int_eq(chmod(path_of(name_of(dead)), 0755), 0);
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of(dead)));
}
END_TEST

START_TEST(folder_of_another_user_stays)
{
    make_folder(name_of(dead));
    ck_assert_int_eq(chown(path_of(name_of(dead)), 65534, 65534), 0);
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of(dead)));
}
END_TEST

START_TEST(folders_of_the_living_stay)
{
    make_folder(name_of((long)getppid()));
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of((long)getppid())));
}
END_TEST

START_TEST(unsafe_or_missing_base_is_left_alone)
{
    make_folder(name_of(dead));
    ck_assert_int_eq(chmod(base, 0777), 0);
    assay__clamav_folder_sweep(base);
    ck_assert(is_there(name_of(dead)));
    assay__clamav_folder_sweep("/nonexistent/folder");
}
END_TEST

/* C10 */
START_TEST(removed_folder_is_made_anew)
{
    struct assay__clamav_folder folder = {.lock = -1}, fresh = {.lock = -1};
    assay_error err = {0};
    struct stat status;

    ck_assert_int_eq(assay__clamav_folder_open(&folder, base, &err), ASSAY_OK);
    ck_assert(!assay__clamav_folder_is_gone(&folder));
    ck_assert_int_ne(assay__clamav_folder_renew(&folder, base, &fresh, &err),
                     ASSAY_OK); /* there is one */
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert(assay__clamav_folder_is_gone(&folder));
    ck_assert_int_eq(assay__clamav_folder_renew(&folder, base, &fresh, &err),
                     ASSAY_OK);
    ck_assert_int_eq(stat(folder.path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0700);
    ck_assert(fresh.dev == status.st_dev && fresh.ino == status.st_ino);
    close(fresh.lock);
    assay__clamav_folder_close(&folder);
}
END_TEST

START_TEST(nothing_is_made_anew_in_an_unsafe_base)
{
    struct assay__clamav_folder folder = {.lock = -1}, fresh = {.lock = -1};
    char away[80];
    assay_error err = {0};

    ck_assert_int_eq(assay__clamav_folder_open(&folder, base, &err), ASSAY_OK);
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(chmod(base, 0777), 0);
    ck_assert_int_ne(assay__clamav_folder_renew(&folder, base, &fresh, &err),
                     ASSAY_OK);
    ck_assert_int_eq(chmod(base, 0700), 0);
    snprintf(away, sizeof away, "%s.away", base);
    ck_assert(!rename(base, away) && !symlink(away, base));
    ck_assert_int_ne(assay__clamav_folder_renew(&folder, base, &fresh, &err),
                     ASSAY_OK);
    ck_assert(!unlink(base) && !rename(away, base));
    ck_assert(assay__clamav_folder_is_gone(&folder));
    assay__clamav_folder_close(&folder);
}
END_TEST

/* What a scan wrote into the old one may be what it did not see. */
START_TEST(scan_across_a_renewal_fails)
{
    struct assay__clamav_folder folder = {.lock = -1}, fresh = {.lock = -1};
    struct assay__clamav_claim claim = {0}, next = {0};
    struct assay__clamav_guard guard;
    assay_finding fault = {0};
    assay_error err = {0};

    ck_assert_int_eq(assay__clamav_guard_init(&guard, &folder, &err), ASSAY_OK);
    ck_assert_int_eq(assay__clamav_folder_open(&folder, base, &err), ASSAY_OK);
    ck_assert(assay__clamav_guard_enter(&guard, &claim, INT64_MAX, &fault));
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(assay__clamav_folder_renew(&folder, base, &fresh, &err),
                     ASSAY_OK);
    assay__clamav_guard_renewed(&guard, &fresh);
    ck_assert(assay__clamav_guard_enter(&guard, &next, INT64_MAX, &fault));
    ck_assert(!assay__clamav_guard_leave(&guard, &claim, &fault));
    ck_assert_int_eq(fault.reason, ASSAY_REASON_TEMPORARY);
    ck_assert(assay__clamav_guard_leave(&guard, &next, &fault));
    assay__clamav_folder_close(&folder);
    assay__clamav_guard_fini(&guard);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamav_folder");
    TCase *tcase = tcase_create("sweep");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, make_base, remove_base);
    tcase_add_test(tcase, folder_of_a_dead_process_goes);
    tcase_add_test(tcase, folder_of_a_killed_process_goes);
    tcase_add_test(tcase, folder_in_use_stays);
    tcase_add_test(tcase, locked_folder_stays);
    tcase_add_test(tcase, forked_process_does_not_unlock);
    tcase_add_loop_test(tcase, other_names_stay, 0,
                        (int)(sizeof odd_names / sizeof *odd_names));
    tcase_add_test(tcase, what_is_no_folder_of_ours_stays);
    if (!geteuid())
        tcase_add_test(tcase, folder_of_another_user_stays);
    tcase_add_test(tcase, folders_of_the_living_stay);
    tcase_add_test(tcase, unsafe_or_missing_base_is_left_alone);
    tcase_add_test(tcase, removed_folder_is_made_anew);
    tcase_add_test(tcase, nothing_is_made_anew_in_an_unsafe_base);
    tcase_add_test(tcase, scan_across_a_renewal_fails);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
