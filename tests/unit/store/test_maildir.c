/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: delivery to a Maildir (MD-08): tmp, fsync, new, unique names,
 * LF line ends; what is staged, committed, taken back and found again.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
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

static struct assay__maildir_mail *mail;

static void setup(void)
{
    maildir_setup();
    mail = NULL;
}

static assay_rc stage(const char *text, const char *name)
{
    const assay_bytes piece = {text, strlen(text)};

    return assay__maildir_stage(&maildir_options, ADDRESS, &piece, 1, name,
                                &mail, &maildir_err);
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    bool found;

    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

/* ---- delivery ---------------------------------------------------------- */

START_TEST(mail_lands_in_new_with_lf)
{
    ck_assert_int_eq(maildir_deliver(ADDRESS, "A: b\r\n\r\ntext\r\n"),
                     ASSAY_OK);
    ck_assert_int_eq(maildir_count(USER), 3);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
    ck_assert_int_eq(maildir_count(USER "/cur"), 0);
    ck_assert_str_eq(maildir_text(USER "/new"), "A: b\n\ntext\n");
}
END_TEST

START_TEST(name_is_unique_and_of_the_usual_form)
{
    char first[ASSAY__MAILDIR_NAME_MAX];

    ck_assert_int_eq(stage("x", NULL), ASSAY_OK);
    ck_assert_msg(
        matches(assay__maildir_mail_name(mail),
                "^[0-9]{9,}\\.M[0-9]{6}P[0-9]+_[0-9]+\\.[^/:[:cntrl:]]+$"),
        "%s", assay__maildir_mail_name(mail));
    (void)snprintf(first, sizeof first, "%s", assay__maildir_mail_name(mail));
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(stage("x", NULL), ASSAY_OK);
    ck_assert_str_ne(assay__maildir_mail_name(mail), first);
    assay__maildir_mail_free(&mail);
}
END_TEST

static const struct {
    const char *sent, *want;
} line_ends[] = {
    {"a\r\nb\r\n", "a\nb\n"},
    {"a\nb\n", "a\nb\n"},
    {"a\rb\r", "a\rb\r"},
    {"a\r\r\nb", "a\r\nb"},
    {"\r\n\r\n", "\n\n"},
    {"\r\r\r\n\n\r", "\r\r\n\n\r"},
    {"", ""},
};

/* Split at every two places: a CRLF may stand across pieces, empty ones too. */
START_TEST(line_ends_are_lf_across_pieces)
{
    const char *sent = line_ends[_i].sent;
    size_t len = strlen(sent);

    for (size_t a = 0; a <= len; a++) {
        for (size_t b = a; b <= len; b++) {
            const assay_bytes pieces[] = {
                {sent, a}, {NULL, 0}, {sent + a, b - a}, {sent + b, len - b}};

            ck_assert_int_eq(assay__maildir_stage(&maildir_options, ADDRESS,
                                                  pieces, 4, NULL, &mail, NULL),
                             ASSAY_OK);
            ck_assert_str_eq(maildir_text(USER "/tmp"), line_ends[_i].want);
            assay__maildir_mail_free(&mail);
        }
    }
}
END_TEST

/* Around the size that is written at once. */
START_TEST(long_mail_is_whole)
{
    size_t size = 64 * 1024 + (size_t)_i;
    char *text = malloc(size + 1);
    struct stat is;

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', size);
    text[size - 2] = '\r';
    text[size - 1] = '\n';
    text[size] = '\0';
    ck_assert_int_eq(maildir_deliver(ADDRESS, text), ASSAY_OK);
    ck_assert_int_eq(stat(maildir_only(USER "/new"), &is), 0);
    ck_assert_uint_eq((size_t)is.st_size, size - 1);
    free(text);
}
END_TEST

static void *deliver_fifty(void *arg)
{
    const assay_bytes piece = {"x\r\n", 3};
    int *done = arg;

    for (int i = 0; i < 50; i++) {
        struct assay__maildir_mail *mine = NULL;

        if (assay__maildir_stage(&maildir_options, ADDRESS, &piece, 1, NULL,
                                 &mine, NULL) == ASSAY_OK &&
            assay__maildir_commit(mine, NULL) == ASSAY_OK)
            ++*done;
        assay__maildir_mail_free(&mine);
    }
    return NULL;
}

START_TEST(threads_share_a_mailbox_that_none_of_them_found)
{
    pthread_t threads[8];
    int done[8] = {0};

    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, deliver_fifty, &done[i]), 0);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(done[i], 50);
    }
    ck_assert_int_eq(maildir_count(USER "/new"), 400);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
}
END_TEST

/* ---- two steps --------------------------------------------------------- */

START_TEST(staged_mail_is_in_tmp_only)
{
    ck_assert_int_eq(stage("a\r\n", NULL), ASSAY_OK);
    ck_assert_int_eq(maildir_count(USER "/new"), 0);
    ck_assert_str_eq(maildir_text(USER "/tmp"), "a\n");
    assay__maildir_mail_free(&mail);
    ck_assert_ptr_null(mail);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
    assay__maildir_mail_free(&mail);
}
END_TEST

START_TEST(commit_may_be_called_again)
{
    ck_assert_int_eq(stage("a\r\n", NULL), ASSAY_OK);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_OK);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_OK);
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/new"), 1);
}
END_TEST

START_TEST(committed_mail_can_be_taken_back_while_it_is_new)
{
    ck_assert_int_eq(stage("a\r\n", NULL), ASSAY_OK);
    ck_assert(!assay__maildir_revoke(mail));
    ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
    ck_assert(assay__maildir_revoke(mail));
    ck_assert_int_eq(maildir_count(USER "/new"), 0);
    ck_assert(!assay__maildir_revoke(mail));
    assay__maildir_mail_free(&mail);
}
END_TEST

START_TEST(mail_that_a_reader_has_is_not_taken_back)
{
    char from[512];

    ck_assert_int_eq(stage("a\r\n", NULL), ASSAY_OK);
    ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
    (void)snprintf(from, sizeof from, "%s", maildir_only(USER "/new"));
    ck_assert_int_eq(rename(from, maildir_path(USER "/cur/seen:2,S")), 0);
    ck_assert(!assay__maildir_revoke(mail));
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/cur"), 1);
}
END_TEST

START_TEST(mail_that_is_gone_from_tmp_is_not_found)
{
    ck_assert_int_eq(stage("a\r\n", NULL), ASSAY_OK);
    ck_assert_int_eq(unlink(maildir_only(USER "/tmp")), 0);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err),
                     ASSAY_E_NOTFOUND);
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/new"), 0);
}
END_TEST

START_TEST(commit_never_writes_over_another_mail)
{
    int fd;

    ck_assert_int_eq(stage("mine", "af1"), ASSAY_OK);
    fd = open(maildir_path(USER "/new/af1"), O_CREAT | O_WRONLY | O_CLOEXEC,
              0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, "theirs", 6), 6);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_E_IO);
    ck_assert_str_eq(maildir_text(USER "/new"), "theirs");
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
}
END_TEST

/* ---- names of the caller ----------------------------------------------- */

START_TEST(named_mail_is_found_by_a_later_process)
{
    ck_assert_int_eq(stage("a\r\n", "af1"), ASSAY_OK);
    ck_assert_str_eq(assay__maildir_mail_name(mail), "af1");
    assay__maildir_mail_leave(&mail);
    ck_assert_ptr_null(mail);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 1);
    ck_assert_int_eq(assay__maildir_find_staged(&maildir_options, ADDRESS,
                                                "af1", &mail, &maildir_err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_OK);
    assay__maildir_mail_free(&mail);
    ck_assert_str_eq(maildir_text(USER "/new"), "a\n");
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
}
END_TEST

START_TEST(mail_that_was_not_staged_is_not_found)
{
    ck_assert_int_eq(assay__maildir_find_staged(&maildir_options, ADDRESS,
                                                "af1", &mail, &maildir_err),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(maildir_count("msi.local"), -1);
    ck_assert_int_eq(maildir_deliver(ADDRESS, "x"), ASSAY_OK);
    ck_assert_int_eq(assay__maildir_find_staged(&maildir_options, ADDRESS,
                                                "af1", &mail, &maildir_err),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(assay__maildir_find_staged(&maildir_options, "a/b@x",
                                                "af1", &mail, &maildir_err),
                     ASSAY_E_INVAL);
    ck_assert_ptr_null(mail);
}
END_TEST

/* A crash between the two halves of a move that is none, or a disk that wrote
 * only one of them. */
START_TEST(mail_in_both_folders_is_one_mail)
{
    char from[512];

    ck_assert_int_eq(stage("a\r\n", "af1"), ASSAY_OK);
    (void)snprintf(from, sizeof from, "%s", maildir_only(USER "/tmp"));
    ck_assert_int_eq(link(from, maildir_path(USER "/new/af1")), 0);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_OK);
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
    ck_assert_int_eq(maildir_count(USER "/new"), 1);
}
END_TEST

START_TEST(taken_name_is_refused)
{
    ck_assert_int_eq(stage("first", "af1"), ASSAY_OK);
    if (_i == 1)
        ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
    assay__maildir_mail_leave(&mail);
    ck_assert_int_eq(stage("second", "af1"), ASSAY_E_EXISTS);
    ck_assert_ptr_null(mail);
    ck_assert_str_eq(maildir_text(_i == 1 ? USER "/new" : USER "/tmp"),
                     "first");
}
END_TEST

static const char *const bad_names[] = {"", ".x", "..", "a/b", "a:2,S"};

START_TEST(name_that_is_none_is_refused)
{
    char longest[ASSAY__MAILDIR_NAME_MAX + 1];

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < ASSAY_COUNT_OF(bad_names); i++)
        ck_assert_int_eq(stage("x", bad_names[i]), ASSAY_E_INVAL);
    ck_assert_int_eq(stage("x", longest), ASSAY_E_INVAL);
    longest[sizeof longest - 2] = '\0';
    ck_assert_int_eq(stage("x", longest), ASSAY_OK);
    ck_assert_str_eq(assay__maildir_mail_name(mail), longest);
    assay__maildir_mail_free(&mail);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maildir");
    TCase *tc = tcase_create("delivery");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, maildir_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, mail_lands_in_new_with_lf);
    tcase_add_test(tc, name_is_unique_and_of_the_usual_form);
    tcase_add_loop_test(tc, line_ends_are_lf_across_pieces, 0,
                        (int)ASSAY_COUNT_OF(line_ends));
    tcase_add_loop_test(tc, long_mail_is_whole, -1, 4);
    tcase_add_test(tc, threads_share_a_mailbox_that_none_of_them_found);
    tcase_add_test(tc, staged_mail_is_in_tmp_only);
    tcase_add_test(tc, commit_may_be_called_again);
    tcase_add_test(tc, committed_mail_can_be_taken_back_while_it_is_new);
    tcase_add_test(tc, mail_that_a_reader_has_is_not_taken_back);
    tcase_add_test(tc, mail_that_is_gone_from_tmp_is_not_found);
    tcase_add_test(tc, commit_never_writes_over_another_mail);
    tcase_add_test(tc, named_mail_is_found_by_a_later_process);
    tcase_add_test(tc, mail_that_was_not_staged_is_not_found);
    tcase_add_test(tc, mail_in_both_folders_is_one_mail);
    tcase_add_loop_test(tc, taken_name_is_refused, 0, 2);
    tcase_add_test(tc, name_that_is_none_is_refused);
    return check_run(suite);
}
