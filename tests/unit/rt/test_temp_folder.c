/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* AV-20: the folder for temporary files. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"
#include "rt/temp_folder.h"

#define FOREIGN_UID 12345

static char folder[64];
static assay_error err;

static void setup(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/assay-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    memset(&err, 0, sizeof err);
}

static void teardown(void)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/link", folder);
    (void)unlink(path);
    (void)chmod(folder, 0700);
    ck_assert_int_eq(rmdir(folder), 0); /* so nothing is left in it */
}

/* @return the limit before */
static struct rlimit limit(int resource, rlim_t soft)
{
    struct rlimit before, now;

    ck_assert_int_eq(getrlimit((__rlimit_resource_t)resource, &before), 0);
    now = before;
    now.rlim_cur = soft;
    ck_assert_int_eq(setrlimit((__rlimit_resource_t)resource, &now), 0);
    return before;
}

static const char *make_link(void)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/link", folder);
    ck_assert_int_eq(symlink("/tmp", path), 0);
    return path;
}

static void assert_refused(const char *path, const char *why)
{
    struct assay__temp_map map = {0};

    ck_assert_int_eq(assay__temp_folder_check(path, &err), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.msg, why) && strstr(err.msg, path), "%s", err.msg);
    ck_assert_int_eq(assay__temp_map_new(path, 10, &map, &err),
                     ASSAY_E_UNAVAILABLE);
    ck_assert_ptr_null(map.data);
}

START_TEST(mapped_file_has_no_name)
{
    struct assay__temp_map map = {0};
    unsigned entries = 0;
    DIR *open_folder;

    ck_assert_msg(assay__temp_map_new(folder, 100000, &map, &err) == ASSAY_OK,
                  "%s", err.msg);
    memset(map.data, 'x', map.size);
    ck_assert_uint_eq(map.size, 100000);
    open_folder = opendir(folder);
    ck_assert_ptr_nonnull(open_folder);
    while (readdir(open_folder) != NULL)
        entries++;
    ck_assert_uint_eq(entries, 2); /* "." and ".." */
    closedir(open_folder);
    assay__temp_map_free(&map);
    ck_assert_ptr_null(map.data);
    assay__temp_map_free(&map);
}
END_TEST

START_TEST(sound_folder_is_accepted)
{
    ck_assert_int_eq(assay__temp_folder_look(folder, &err), ASSAY_OK);
    ck_assert_int_eq(assay__temp_folder_check(folder, &err), ASSAY_OK);
    ck_assert_int_eq(assay__temp_folder_check("/tmp", &err), ASSAY_OK);
}
END_TEST

START_TEST(missing_folder_is_refused)
{
    assert_refused("/nonexistent/folder", "No such file");
    ck_assert_int_eq(assay__temp_folder_look("/nonexistent/folder", &err),
                     ASSAY_E_INVAL);
}
END_TEST

START_TEST(file_is_refused)
{
    assert_refused("/etc/passwd", "is not a folder");
    ck_assert_int_eq(assay__temp_folder_look("/etc/passwd", &err),
                     ASSAY_E_INVAL);
}
END_TEST

START_TEST(relative_path_is_refused)
{
    assert_refused("tmp", "absolute");
    ck_assert_int_eq(assay__temp_folder_look("tmp", &err), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "beginning with /"));
}
END_TEST

/* C10 */
START_TEST(symbolic_link_is_refused)
{
    const char *path = make_link();

    assert_refused(path, "symbolic link");
    ck_assert_int_eq(assay__temp_folder_look(path, &err), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "symbolic link"));
}
END_TEST

START_TEST(folder_for_everybody_needs_the_sticky_bit)
{
    ck_assert_int_eq(chmod(folder, 0777), 0);
    assert_refused(folder, "sticky");
    ck_assert_int_eq(chmod(folder, 01777), 0);
    ck_assert_int_eq(assay__temp_folder_check(folder, &err), ASSAY_OK);
}
END_TEST

START_TEST(folder_of_another_user_is_refused)
{
    if (geteuid() != 0)
        return; /* only root can make one */
    ck_assert_int_eq(chown(folder, FOREIGN_UID, FOREIGN_UID), 0);
    assert_refused(folder, "another user");
    ck_assert_int_eq(chown(folder, 0, 0), 0);
}
END_TEST

START_TEST(folder_that_is_not_writable_is_refused)
{
    char want[256];
    bool is_root = geteuid() == 0;
    assay_rc rc;

    ck_assert_int_eq(chmod(folder, 0555), 0);
    if (is_root) /* nothing is closed to root */
        ck_assert_int_eq(seteuid(FOREIGN_UID), 0);
    rc = assay__temp_folder_check(folder, &err);
    if (is_root)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(rc, ASSAY_E_UNAVAILABLE);
    (void)snprintf(want, sizeof want,
                   "file_base %s: no file can be made in it: Permission denied",
                   folder);
    ck_assert_str_eq(err.msg, want);
}
END_TEST

/* C9: found when the file is made, not by a signal when it is written. */
START_TEST(lack_of_room_is_an_error)
{
    struct assay__temp_map map = {0};
    struct rlimit before;
    char want[256];
    assay_rc rc;

    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    before = limit(RLIMIT_FSIZE, 4096);
    rc = assay__temp_map_new(folder, 100000, &map, &err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(rc, ASSAY_E_UNAVAILABLE);
    (void)snprintf(want, sizeof want,
                   "file_base %s: there is no room for a temporary file: File "
                   "too large",
                   folder);
    ck_assert_str_eq(err.msg, want);
    ck_assert_ptr_null(map.data);
    ck_assert_int_eq(assay__temp_folder_check(folder, &err), ASSAY_OK);
}
END_TEST

START_TEST(lack_of_descriptors_is_an_error)
{
    struct rlimit before = limit(RLIMIT_NOFILE, 0);

    assert_refused(folder, "Too many open files");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("temp_folder");
    TCase *tc = tcase_create("folder");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, mapped_file_has_no_name);
    tcase_add_test(tc, sound_folder_is_accepted);
    tcase_add_test(tc, missing_folder_is_refused);
    tcase_add_test(tc, file_is_refused);
    tcase_add_test(tc, relative_path_is_refused);
    tcase_add_test(tc, symbolic_link_is_refused);
    tcase_add_test(tc, folder_for_everybody_needs_the_sticky_bit);
    tcase_add_test(tc, folder_of_another_user_is_refused);
    tcase_add_test(tc, folder_that_is_not_writable_is_refused);
    tcase_add_test(tc, lack_of_room_is_an_error);
    tcase_add_test(tc, lack_of_descriptors_is_an_error);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
