/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: which folders are used and made, and with which modes (MD-01
 * … MD-05); no symbolic link beneath basedir is followed.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sizes.h"
#include "maildir_fixture.h"
#include "check_run.h"

#define USER "msi.local/user"
#define ADDRESS "user@msi.local"

enum { NOBODY = 65534 };

static char outside[64]; /* a folder that links lead to */

static void setup(void)
{
    maildir_setup();
    memcpy(outside, "/tmp/assay-outside-XXXXXX", 26);
    ck_assert_ptr_nonnull(mkdtemp(outside));
}

/* Nothing was written outside: the folder is empty and goes. */
static void teardown(void)
{
    maildir_teardown();
    ck_assert_int_eq(rmdir(outside), 0);
}

static assay_rc look(void)
{
    return assay__maildir_look(&maildir_options, ADDRESS, &maildir_err);
}

static void make(const char *relative)
{
    ck_assert_int_eq(mkdir(maildir_path(relative), 0700), 0);
}

static void make_mailbox(void)
{
    make("msi.local");
    make(USER);
    make(USER "/tmp");
    make(USER "/new");
    make(USER "/cur");
}

/* ---- create_users (MD-04) ---------------------------------------------- */

/* Acceptance test 16. */
START_TEST(unknown_mailbox_is_not_found)
{
    maildir_options.create_users = false;
    ck_assert_int_eq(look(), ASSAY_E_NOTFOUND);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_NOTFOUND);
    make("msi.local");
    ck_assert_int_eq(look(), ASSAY_E_NOTFOUND);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_NOTFOUND);
    ck_assert_int_eq(maildir_count("msi.local"), 0);
}
END_TEST

START_TEST(known_mailbox_is_used)
{
    maildir_options.create_users = false;
    make_mailbox();
    ck_assert_int_eq(look(), ASSAY_OK);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_int_eq(maildir_count(USER "/new"), 1);
}
END_TEST

/* Somebody is making or repairing it: the sender shall come again. */
START_TEST(incomplete_mailbox_is_no_unknown_one)
{
    static const char *const inside[] = {USER "/tmp", USER "/new", USER "/cur"};

    maildir_options.create_users = false;
    make_mailbox();
    ck_assert_int_eq(rmdir(maildir_path(inside[_i])), 0);
    ck_assert_int_eq(look(), ASSAY_E_IO);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_IO);
    ck_assert_int_eq(maildir_count(inside[_i]), -1);
    maildir_options.create_users = true;
    ck_assert_int_eq(look(), ASSAY_OK);
    ck_assert_int_eq(maildir_count(inside[_i]), -1);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_int_eq(maildir_count(USER "/new"), 1);
}
END_TEST

START_TEST(looking_makes_nothing)
{
    ck_assert_int_eq(look(), ASSAY_OK);
    ck_assert_int_eq(maildir_count("."), 0);
}
END_TEST

START_TEST(unsafe_address_is_refused_and_makes_nothing)
{
    static const char *const addresses[] = {
        "../../etc/x@msi.local", "\"a b\"@msi.local", "a@../x", "@msi.local"};

    for (size_t i = 0; i < ASSAY_COUNT_OF(addresses); i++) {
        ck_assert_int_eq(
            assay__maildir_look(&maildir_options, addresses[i], &maildir_err),
            ASSAY_E_INVAL);
        ck_assert_int_eq(maildir_deliver(addresses[i], "x"), ASSAY_E_INVAL);
    }
    ck_assert_int_eq(maildir_count("."), 0);
}
END_TEST

/* ---- domain_in_path (MD-05) -------------------------------------------- */

START_TEST(domain_is_a_folder_in_lower_case)
{
    ck_assert_int_eq(maildir_deliver("User@MSI.Local", "x"), ASSAY_OK);
    ck_assert_int_eq(maildir_count("msi.local/User/new"), 1);
}
END_TEST

START_TEST(users_lie_in_basedir_without_domain_in_path)
{
    maildir_options.domain_in_path = false;
    ck_assert_int_eq(maildir_deliver("user@one.test", "x"), ASSAY_OK);
    ck_assert_int_eq(maildir_deliver("user@two.test", "x"), ASSAY_OK);
    ck_assert_int_eq(maildir_count("."), 1);
    ck_assert_int_eq(maildir_count("user/new"), 2);
}
END_TEST

/* ---- modes (MD-02, MD-03) ---------------------------------------------- */

static const struct {
    mode_t umask;
    uint32_t dirmode, filemode;
} modes[] = {
    {022, 0700, 0600}, {0, 0700, 0600},    {022, 0775, 0664},
    {077, 0775, 0664}, {0, 0775, 0664},    {0777, 0775, 0664},
    {0, 0711, 0400},   {027, 02770, 0640},
};

/* Acceptance test 17: what is written as 775 is 0775. */
START_TEST(modes_are_exact_whatever_the_umask_is)
{
    static const char *const folders[] = {"msi.local", USER, USER "/tmp",
                                          USER "/new", USER "/cur"};
    struct stat is;

    maildir_options.dirmode = modes[_i].dirmode;
    maildir_options.filemode = modes[_i].filemode;
    (void)umask(modes[_i].umask);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_uint_eq(umask(022), modes[_i].umask);
    for (size_t i = 0; i < ASSAY_COUNT_OF(folders); i++)
        ck_assert_uint_eq(maildir_mode(folders[i]), modes[_i].dirmode);
    ck_assert_int_eq(stat(maildir_only(USER "/new"), &is), 0);
    ck_assert_uint_eq(is.st_mode & 07777, modes[_i].filemode);
}
END_TEST

/* Also for somebody whom the umask keeps out of what he made. */
START_TEST(modes_are_exact_for_a_user)
{
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(maildir_base, NOBODY, NOBODY), 0);
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    (void)umask(0777);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_uint_eq(maildir_mode(USER "/new"), 0700);
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(folders_that_are_there_keep_their_mode)
{
    make_mailbox();
    ck_assert_int_eq(chmod(maildir_path(USER), 0750), 0);
    maildir_options.dirmode = 0777;
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_uint_eq(maildir_mode(USER), 0750);
}
END_TEST

/* ---- links ------------------------------------------------------------- */

static const char *const places[] = {"msi.local", USER, USER "/tmp",
                                     USER "/new", USER "/cur"};

static void replace(const char *relative, bool by_link)
{
    char path[512];
    int fd;

    make_mailbox();
    (void)snprintf(path, sizeof path, "%s.real", maildir_path(relative));
    ck_assert_int_eq(rename(maildir_path(relative), path), 0);
    if (by_link) {
        ck_assert_int_eq(symlink(outside, maildir_path(relative)), 0);
        return;
    }
    fd = open(maildir_path(relative), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
}

START_TEST(link_in_the_place_of_a_folder_is_not_followed)
{
    replace(places[_i], true);
    for (int create = 0; create < 2; create++) {
        maildir_options.create_users = create;
        ck_assert_int_eq(look(), ASSAY_E_IO);
        ck_assert_ptr_nonnull(strstr(maildir_err.msg, "symbolic link"));
        ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_IO);
    }
}
END_TEST

START_TEST(file_in_the_place_of_a_folder_is_an_error)
{
    replace(places[_i], false);
    ck_assert_int_eq(look(), ASSAY_E_IO);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_IO);
}
END_TEST

START_TEST(link_that_comes_while_a_mail_waits_is_not_followed)
{
    const assay_bytes piece = {"x", 1};
    struct assay__maildir_mail *mail = NULL;

    make_mailbox();
    ck_assert_int_eq(assay__maildir_stage(&maildir_options, ADDRESS, &piece, 1,
                                          NULL, &mail, &maildir_err),
                     ASSAY_OK);
    ck_assert_int_eq(rmdir(maildir_path(USER "/new")), 0);
    ck_assert_int_eq(symlink(outside, maildir_path(USER "/new")), 0);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_E_IO);
    assay__maildir_mail_free(&mail);
}
END_TEST

START_TEST(basedir_may_be_a_link_of_the_administrator)
{
    char link[80];

    (void)snprintf(link, sizeof link, "%s.link", maildir_base);
    ck_assert_int_eq(symlink(maildir_base, link), 0);
    maildir_options.basedir = link;
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(maildir_count(USER "/new"), 1);
}
END_TEST

/* ---- basedir (MD-01) --------------------------------------------------- */

START_TEST(basedir_that_is_gone_is_an_error)
{
    ck_assert_int_eq(rmdir(maildir_base), 0);
    ck_assert_int_eq(look(), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(maildir_err.msg, maildir_base));
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_IO);
    maildir_options.create_users = false;
    ck_assert_int_eq(look(), ASSAY_E_IO);
}
END_TEST

START_TEST(folder_that_cannot_be_written_to_is_seen_when_looking)
{
    static const char *const closed[] = {".", "msi.local", USER, USER "/tmp",
                                         USER "/new"};

    make_mailbox();
    if (_i < 3) { /* the one below is to be made */
        static const char *const below[] = {"msi.local", USER, USER "/cur"};
        char path[512];

        (void)snprintf(path, sizeof path, "%s.old", maildir_path(below[_i]));
        ck_assert_int_eq(rename(maildir_path(below[_i]), path), 0);
    }
    ck_assert_int_eq(chmod(maildir_base, 0755), 0);
    (void)chmod(maildir_path("msi.local"), 0755);
    (void)chmod(maildir_path(USER), 0755);
    ck_assert_int_eq(chmod(maildir_path(closed[_i]), 0555), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(NOBODY), 0);
    ck_assert_int_eq(look(), ASSAY_E_IO);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_E_IO);
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(mailbox_that_disappears_while_a_mail_waits_is_an_error)
{
    const assay_bytes piece = {"x", 1};
    struct assay__maildir_mail *mail = NULL;

    ck_assert_int_eq(assay__maildir_stage(&maildir_options, ADDRESS, &piece, 1,
                                          NULL, &mail, &maildir_err),
                     ASSAY_OK);
    maildir_teardown();
    ck_assert_int_ne(assay__maildir_commit(mail, &maildir_err), ASSAY_OK);
    ck_assert(!assay__maildir_revoke(mail));
    assay__maildir_mail_free(&mail);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maildir_mailbox");
    TCase *tc = tcase_create("folders");
    int place_count = (int)ASSAY_COUNT_OF(places);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, unknown_mailbox_is_not_found);
    tcase_add_test(tc, known_mailbox_is_used);
    tcase_add_loop_test(tc, incomplete_mailbox_is_no_unknown_one, 0, 3);
    tcase_add_test(tc, looking_makes_nothing);
    tcase_add_test(tc, unsafe_address_is_refused_and_makes_nothing);
    tcase_add_test(tc, domain_is_a_folder_in_lower_case);
    tcase_add_test(tc, users_lie_in_basedir_without_domain_in_path);
    tcase_add_loop_test(tc, modes_are_exact_whatever_the_umask_is, 0,
                        (int)ASSAY_COUNT_OF(modes));
    tcase_add_test(tc, modes_are_exact_for_a_user);
    tcase_add_test(tc, folders_that_are_there_keep_their_mode);
    tcase_add_loop_test(tc, link_in_the_place_of_a_folder_is_not_followed, 0,
                        place_count);
    tcase_add_loop_test(tc, file_in_the_place_of_a_folder_is_an_error, 0,
                        place_count);
    tcase_add_test(tc, link_that_comes_while_a_mail_waits_is_not_followed);
    tcase_add_test(tc, basedir_may_be_a_link_of_the_administrator);
    tcase_add_test(tc, basedir_that_is_gone_is_an_error);
    tcase_add_loop_test(
        tc, folder_that_cannot_be_written_to_is_seen_when_looking, 0, 5);
    tcase_add_test(tc, mailbox_that_disappears_while_a_mail_waits_is_an_error);
    return check_run(suite);
}
