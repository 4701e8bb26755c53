/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "rt/private_folder.h"

static char base[64];
static struct assay__private_folder folder;
static assay_error err;

static void setup(void)
{
    (void)snprintf(base, sizeof base, "/tmp/assay-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    folder = (struct assay__private_folder){.lock_fd = -1};
}

static void teardown(void)
{
    char command[96];

    assay__private_folder_close(&folder);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", base);
    ck_assert_int_eq(system(command), 0);
}

static assay_rc open_in(const char *where)
{
    return assay__private_folder_open(where, geteuid(), getegid(), &folder,
                                      &err);
}

static bool exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

START_TEST(it_is_ours_alone_and_locked)
{
    struct stat status;
    int fd;

    ck_assert_int_eq(open_in(base), ASSAY_OK);
    ck_assert_int_eq(lstat(folder.path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
    fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), -1);
    (void)close(fd);
}
END_TEST

static void put_file(const char *in, const char *name)
{
    char path[2 * PATH_MAX];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", in, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
}

START_TEST(close_removes_all_and_follows_no_link)
{
    char inner[PATH_MAX + 32], link[PATH_MAX + 32], path[PATH_MAX];

    put_file(base, "precious");
    ck_assert_int_eq(open_in(base), ASSAY_OK);
    (void)snprintf(inner, sizeof inner, "%s/inner", folder.path);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    put_file(inner, "file");
    (void)snprintf(link, sizeof link, "%s/link", folder.path);
    ck_assert_int_eq(symlink(base, link), 0);
    (void)snprintf(path, sizeof path, "%s", folder.path);
    assay__private_folder_close(&folder);
    ck_assert(!exists(path));
    (void)snprintf(inner, sizeof inner, "%s/precious", base);
    ck_assert(exists(inner));
}
END_TEST

static assay_rc renew(bool *is_new)
{
    return assay__private_folder_renew(&folder, is_new, &err);
}

START_TEST(it_is_made_anew_when_somebody_removed_it)
{
    bool is_new = true;

    ck_assert_int_eq(open_in(base), ASSAY_OK);
    ck_assert_int_eq(renew(&is_new), ASSAY_OK);
    ck_assert(!is_new);
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(renew(&is_new), ASSAY_OK);
    ck_assert(is_new);
    ck_assert(exists(folder.path));
}
END_TEST

/* It may hold what somebody prepared. */
START_TEST(what_somebody_put_in_its_place_is_refused)
{
    bool is_new;

    ck_assert_int_eq(open_in(base), ASSAY_OK);
    ck_assert_int_eq(rmdir(folder.path), 0);
    if (_i == 0)
        ck_assert_int_eq(symlink("/tmp", folder.path), 0);
    else
        ck_assert_int_eq(mkdir(folder.path, 0700), 0);
    ck_assert_int_eq(renew(&is_new), ASSAY_E_UNAVAILABLE);
}
END_TEST

START_TEST(a_base_that_went_or_became_a_link_is_refused)
{
    char aside[96];
    bool is_new;

    (void)snprintf(aside, sizeof aside, "%s.aside", base);
    ck_assert_int_eq(open_in(base), ASSAY_OK);
    ck_assert_int_eq(rename(base, aside), 0);
    ck_assert_int_eq(renew(&is_new), ASSAY_E_UNAVAILABLE);
    ck_assert_int_eq(symlink(aside, base), 0);
    ck_assert_int_eq(renew(&is_new), ASSAY_E_UNAVAILABLE);
    ck_assert_int_eq(unlink(base), 0);
    ck_assert_int_eq(rename(aside, base), 0);
    ck_assert_int_eq(renew(&is_new), ASSAY_OK);
    ck_assert(!is_new);
}
END_TEST

static void make_link(void)
{
    char link[96];

    (void)snprintf(link, sizeof link, "%s.link", base);
    ck_assert_int_eq(symlink(base, link), 0);
    ck_assert_int_eq(open_in(link), ASSAY_E_UNAVAILABLE);
    (void)unlink(link);
}

START_TEST(a_base_that_cannot_be_trusted_is_refused)
{
    make_link();
    ck_assert_int_eq(open_in("relative"), ASSAY_E_UNAVAILABLE);
    ck_assert_int_eq(open_in("/nowhere/at/all"), ASSAY_E_UNAVAILABLE);
    ck_assert_int_eq(chmod(base, 0777), 0);
    ck_assert_int_eq(open_in(base), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.msg, "sticky"), "%s", err.msg);
    ck_assert_int_eq(chmod(base, 01777), 0);
    ck_assert_int_eq(open_in(base), ASSAY_OK);
}
END_TEST

/* What a process that was killed left behind. */
static void leave_behind(char *path, size_t size)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(assay__private_folder_open(base, geteuid(), getegid(), &folder,
                                         NULL) == ASSAY_OK
                  ? 0
                  : 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    (void)snprintf(path, size, "ls -d '%s'/assay-scanner-%d-*", base, (int)pid);
}

START_TEST(sweeping_removes_what_the_dead_left)
{
    char command[256], path[PATH_MAX];

    leave_behind(command, sizeof command);
    ck_assert_int_eq(open_in(base), ASSAY_OK);
    (void)snprintf(path, sizeof path, "%s", folder.path);
    put_file(base, "assay-scanner-other");
    ck_assert_int_eq(WEXITSTATUS(system(command)), 0);
    assay__private_folder_sweep(base, geteuid());
    ck_assert_int_ne(WEXITSTATUS(system(command)), 0);
    ck_assert(exists(path));
    (void)snprintf(path, sizeof path, "%s/assay-scanner-other", base);
    ck_assert(exists(path));
}
END_TEST

/* ---- hostile owners ----------------------------------------------------- */

enum { NOBODY = 65534, ROUNDS = 400, LEVELS = 1000, PRECIOUS = 8 };

/* As if of a process that is no more: no number is that large. */
static void make_left_behind(char *path, size_t size)
{
    (void)snprintf(path, size, "%s/assay-scanner-99999999-abcdef", base);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void sweep(void)
{
    assay__private_folder_sweep(base, geteuid());
}

struct swapper {
    int fd; /* of the folder */
    atomic_bool is_over;
    unsigned long swaps;
};

static void *swap(void *arg)
{
    struct swapper *swapper = arg;

    while (!atomic_load(&swapper->is_over))
        if (renameat2(swapper->fd, "inner", swapper->fd, "link",
                      RENAME_EXCHANGE) == 0)
            swapper->swaps++;
    return NULL;
}

static void make_precious(char *path, size_t size)
{
    char name[16];

    (void)snprintf(path, size, "%s/precious", base);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (int i = 0; i < PRECIOUS; i++) {
        (void)snprintf(name, sizeof name, "file%d", i);
        put_file(path, name);
    }
}

static void check_precious(const char *path)
{
    char file[PATH_MAX];

    for (int i = 0; i < PRECIOUS; i++) {
        (void)snprintf(file, sizeof file, "%s/file%d", path, i);
        ck_assert_msg(exists(file), "%s is gone", file);
    }
}

/* A folder and a link to precious files change places all the time. */
static void make_trap(const char *path, const char *precious)
{
    char inner[PATH_MAX], link[PATH_MAX], name[16];

    ck_assert_int_lt(snprintf(inner, sizeof inner, "%s/inner", path), PATH_MAX);
    ck_assert_int_lt(snprintf(link, sizeof link, "%s/link", path), PATH_MAX);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    for (int i = 0; i < PRECIOUS; i++) {
        (void)snprintf(name, sizeof name, "file%d", i);
        put_file(inner, name);
    }
    ck_assert_int_eq(symlink(precious, link), 0);
}

static unsigned long remove_trap(const char *path, const char *precious)
{
    struct swapper swapper = {.fd = -1};
    pthread_t thread;

    make_trap(path, precious);
    swapper.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(swapper.fd, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, swap, &swapper), 0);
    (void)usleep(200);
    if (folder.path[0] != '\0')
        assay__private_folder_close(&folder);
    else
        sweep();
    atomic_store(&swapper.is_over, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    (void)close(swapper.fd);
    return swapper.swaps;
}

START_TEST(a_folder_that_becomes_a_link_meanwhile_is_not_followed)
{
    char precious[128], path[PATH_MAX];
    unsigned long swaps = 0;

    make_precious(precious, sizeof precious);
    for (int i = 0; i < ROUNDS; i++) {
        if (_i == 0) {
            ck_assert_int_eq(open_in(base), ASSAY_OK);
            (void)snprintf(path, sizeof path, "%s", folder.path);
        } else
            make_left_behind(path, sizeof path);
        swaps += remove_trap(path, precious);
        check_precious(precious);
        if (_i == 0) /* what swapped in the wrong moment may be left */
            continue;
        sweep();
        check_precious(precious);
        ck_assert_msg(!exists(path), "%s is there", path);
    }
    ck_assert_uint_gt(swaps, 0);
}
END_TEST

/* In a folder that everybody may write to. */
START_TEST(what_somebody_else_made_is_not_swept)
{
    char path[PATH_MAX];

    make_left_behind(path, sizeof path);
    put_file(path, "file");
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
        sweep();
        ck_assert(exists(path));
        assay__private_folder_sweep(base, NOBODY);
    } else
        sweep();
    ck_assert(!exists(path));
}
END_TEST

/* What its owner could not remove himself, because the folder around it is not
 * his. */
START_TEST(what_is_not_the_owners_stays)
{
    char path[PATH_MAX], inner[PATH_MAX + 16], file[PATH_MAX + 32];

    if (geteuid() != 0)
        return; /* only root can make such a thing */
    make_left_behind(path, sizeof path);
    put_file(path, "file");
    (void)snprintf(inner, sizeof inner, "%s/inner", path);
    ck_assert_int_eq(mkdir(inner, 0755), 0);
    put_file(inner, "precious");
    ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
    assay__private_folder_sweep(base, NOBODY);
    (void)snprintf(file, sizeof file, "%s/precious", inner);
    ck_assert(exists(file));
    (void)snprintf(file, sizeof file, "%s/file", path);
    ck_assert(!exists(file));
}
END_TEST

/* Each with a file; each tenth without rights. */
static void make_deep(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < LEVELS; i++) {
        int inner, file;

        ck_assert_int_eq(mkdirat(fd, "m0", 0700), 0);
        file = openat(fd, "m1", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(file, 0);
        (void)close(file);
        inner = openat(fd, "m0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(inner, 0);
        if (i % 10 == 9)
            ck_assert_int_eq(fchmod(fd, 0), 0);
        (void)close(fd);
        fd = inner;
    }
    (void)close(fd);
}

START_TEST(folders_in_folders_without_rights_are_removed)
{
    char path[PATH_MAX];
    bool is_root = geteuid() == 0;

    /* For root there is no folder without rights. */
    if (is_root && _i == 1) {
        ck_assert_int_eq(chown(base, NOBODY, NOBODY), 0);
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    ck_assert_int_eq(open_in(base), ASSAY_OK);
    (void)snprintf(path, sizeof path, "%s", folder.path);
    make_deep(path);
    assay__private_folder_close(&folder);
    if (is_root && _i == 1)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert(!exists(path));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("private_folder");
    TCase *tc = tcase_create("private_folder");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, it_is_ours_alone_and_locked);
    tcase_add_test(tc, close_removes_all_and_follows_no_link);
    tcase_add_test(tc, it_is_made_anew_when_somebody_removed_it);
    tcase_add_loop_test(tc, what_somebody_put_in_its_place_is_refused, 0, 2);
    tcase_add_test(tc, a_base_that_went_or_became_a_link_is_refused);
    tcase_add_test(tc, a_base_that_cannot_be_trusted_is_refused);
    tcase_add_test(tc, sweeping_removes_what_the_dead_left);
    tcase_add_loop_test(
        tc, a_folder_that_becomes_a_link_meanwhile_is_not_followed, 0, 2);
    tcase_add_test(tc, what_somebody_else_made_is_not_swept);
    tcase_add_test(tc, what_is_not_the_owners_stays);
    tcase_add_loop_test(tc, folders_in_folders_without_rights_are_removed, 0,
                        2);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
