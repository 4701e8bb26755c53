/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the clamav engine refuses to open: folders of signatures and temporary
 * folders; and that it tells one set of signatures from another.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"
#include "clamav_fixture.h"

/* Opening must fail and say: before, the folder, after. */
static void refuse(const char *before, const char *after)
{
    void *opened = NULL;
    char full[ASSAY_ERROR_MAX];
    assay_error err = {0};
    assay_rc rc = fixture_open(&opened, &err);

    snprintf(full, sizeof full, "%s%s%s", before, fixture_settings.signatures,
             after);
    ck_assert_int_ne(rc, ASSAY_OK);
    ck_assert_ptr_null(opened);
    ck_assert_msg(!strcmp(err.msg, full), "got \"%s\", want \"%s\"", err.msg,
                  full);
}

START_TEST(missing_folder_is_refused)
{
    fixture_settings.signatures = "/nonexistent/db";
    refuse("the signature folder ", " does not exist");
}
END_TEST

START_TEST(file_as_folder_is_refused)
{
    fixture_settings.signatures = "/etc/passwd";
    refuse("the signature folder ", " is not a folder");
}
END_TEST

START_TEST(empty_folder_is_refused)
{
    refuse("the signature folder ",
           " has no signature files; Debian's package clamav-freshclam "
           "fetches them");
}
END_TEST

START_TEST(folder_without_signatures_is_refused)
{
    fixture_file(fixture_signatures, "local.ign2", FIRST("Some-Name\n"));
    refuse("the signature folder ", " has no signatures");
}
END_TEST

/* libclamav would never come back from these. */
static const struct {
    const char *name, *target; /* target NULL: a folder, "": a FIFO */
} irregular[] = {
    {"y.ndb", NULL},    {"x.ndb", ""},    {"X.CVD", ""},
    {".hidden.db", ""}, {"z.ign2", NULL}, {"link.yara", "/dev/zero"},
    {"up.ldb", ".."},
};

START_TEST(only_regular_files_are_loaded)
{
    char path[256], sentence[128];
    const char *target = irregular[_i].target;

    fixture_signature("Test-Threat");
    snprintf(path, sizeof path, "%s/%s", fixture_signatures,
             irregular[_i].name);
    ck_assert_int_eq(!target     ? mkdir(path, 0700)
                     : target[0] ? symlink(target, path)
                                 : mkfifo(path, 0600),
                     0);
    snprintf(sentence, sizeof sentence, ": %s is not a regular file",
             irregular[_i].name);
    refuse("the signature folder ", sentence);
}
END_TEST

/* A folder in which an updater works, and a database that is linked. */
START_TEST(other_entries_are_no_obstacle)
{
    char path[256], target[256];
    assay_error err = {0};
    void *opened = NULL;

    fixture_signature("Test-Threat");
    snprintf(target, sizeof target, "%s/test.ndb", fixture_signatures);
    snprintf(path, sizeof path, "%s/linked.ndb", fixture_root);
    ck_assert_int_eq(rename(target, path), 0);
    ck_assert_int_eq(symlink(path, target), 0);
    snprintf(path, sizeof path, "%s/tmp.0123456789", fixture_signatures);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_msg(fixture_open(&opened, &err) == ASSAY_OK, "%s", err.msg);
    assay__clamav_ops.close(opened);
}
END_TEST

START_TEST(unreadable_folder_is_refused)
{
    ck_assert_int_eq(chown(fixture_root, 65534, 65534), 0);
    ck_assert_int_eq(chown(fixture_temporary, 65534, 65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    refuse("cannot read the signature folder ", ": Permission denied");
}
END_TEST

START_TEST(truncated_file_is_refused_by_name)
{
    fixture_file(fixture_signatures, "test.ndb",
                 FIRST("A-Name:0:*:aabbccdd\nB-Name:0"));
    refuse("cannot load the signatures ", "/test.ndb: Malformed database");
}
END_TEST

START_TEST(damaged_database_is_refused_by_name)
{
    char data[1024] = "ClamAV-VDB:10 Jan 2025 00-00 +0000:27000:100:90:X:X:"
                      "builder:1700000000";

    fixture_signature("Test-Threat");
    memset(data + 80, ' ', 512 - 80);
    memset(data + 512, 0x5a, 512);
    fixture_file(fixture_signatures, "daily.cvd", data, sizeof data);
    refuse("cannot load the signatures ",
           "/daily.cvd: Can't verify database integrity");
}
END_TEST

START_TEST(temporary_folder_is_checked_at_open)
{
    void *opened = NULL;
    assay_error err = {0};

    fixture_signature("Test-Threat");
    fixture_settings.temporary = "/nonexistent/tmp";
    ck_assert_int_eq(fixture_open(&opened, &err), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "cannot open the temporary folder "
                              "/nonexistent/tmp: No such file or directory");
    fixture_settings.temporary = fixture_temporary;
    ck_assert_int_eq(chmod(fixture_temporary, 0777), 0);
    ck_assert_int_eq(fixture_open(&opened, &err), ASSAY_E_IO);
    ck_assert_msg(strstr(err.msg, "writable for everybody"), "%s", err.msg);
}
END_TEST

START_TEST(temporary_folder_may_not_be_a_link)
{
    char link[160];
    void *opened = NULL;
    assay_error err = {0};

    fixture_signature("Test-Threat");
    snprintf(link, sizeof link, "%s/link", fixture_root);
    ck_assert_int_eq(symlink(fixture_temporary, link), 0);
    fixture_settings.temporary = link;
    ck_assert_int_eq(fixture_open(&opened, &err), ASSAY_E_IO);
}
END_TEST

START_TEST(any_change_of_the_files_changes_the_epoch)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    assay_error err = {0};
    void *opened = NULL;

    fixture_signature("Test-Threat");
    ck_assert_int_eq(fixture_open(&opened, &err), ASSAY_OK);
    assay__clamav_ops.epoch(opened, before, sizeof before);
    assay__clamav_ops.close(opened);
    fixture_signature("Tast-Threat"); /* same size */
    ck_assert_int_eq(fixture_open(&opened, &err), ASSAY_OK);
    assay__clamav_ops.epoch(opened, after, sizeof after);
    assay__clamav_ops.close(opened);
    ck_assert_str_ne(before, after);
    ck_assert_int_eq(strncmp(before, "clamav-", 7), 0);
    ck_assert_msg(strstr(before, "/0/1/"), "%s", before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamav_database");
    TCase *tcase = tcase_create("signatures");

    tcase_add_checked_fixture(tcase, fixture_make_places,
                              fixture_remove_places);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, missing_folder_is_refused);
    tcase_add_test(tcase, file_as_folder_is_refused);
    tcase_add_test(tcase, empty_folder_is_refused);
    tcase_add_test(tcase, folder_without_signatures_is_refused);
    tcase_add_loop_test(tcase, only_regular_files_are_loaded, 0,
                        (int)COUNT_OF(irregular));
    tcase_add_test(tcase, other_entries_are_no_obstacle);
    if (!geteuid())
        tcase_add_test(tcase, unreadable_folder_is_refused);
    tcase_add_test(tcase, truncated_file_is_refused_by_name);
    tcase_add_test(tcase, damaged_database_is_refused_by_name);
    tcase_add_test(tcase, temporary_folder_is_checked_at_open);
    tcase_add_test(tcase, temporary_folder_may_not_be_a_link);
    tcase_add_test(tcase, any_change_of_the_files_changes_the_epoch);
    return check_run(suite);
}
