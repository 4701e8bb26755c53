/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: whatever the disk refuses, and wherever the process dies, no
 * part of a mail is seen in new, and nothing of a delivery that failed is left
 * (MD-08).
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "maildir_fixture.h"
#include "check_run.h"

#define USER "msi.local/user"
#define ADDRESS "user@msi.local"

/* ---- a disk that refuses ------------------------------------------------ */

enum call { NONE, WRITE, FSYNC, FCHMOD, OPEN, RENAME, MKDIR };

enum { DIES = -1, IS_SHORT = -2 };

static struct {
    enum call call;
    int error; /* errno; DIES: SIGKILL; IS_SHORT: half is written */
    int nth;   /* calls until it strikes; 1 is the next */
    bool always;
    bool hit;
} fault;

static void strike_at(enum call call, int error, int nth)
{
    fault.call = call;
    fault.error = error;
    fault.nth = nth;
    fault.always = false;
    fault.hit = false;
}

static bool strikes(enum call call)
{
    if (call != fault.call || (fault.nth > 0 && --fault.nth > 0) ||
        (fault.hit && !fault.always))
        return false;
    fault.hit = true;
    if (fault.error == DIES)
        (void)raise(SIGKILL);
    if (fault.error == IS_SHORT)
        return true;
    errno = fault.error;
    return true;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (!strikes(WRITE))
        return __real_write(fd, data, len);
    return fault.error == IS_SHORT ? __real_write(fd, data, (len + 1) / 2) : -1;
}

#define WRAP(type, name, call, parameters, arguments)        \
    type __real_##name parameters;                           \
    type __wrap_##name parameters;                           \
    type __wrap_##name parameters                            \
    {                                                        \
        return strikes(call) ? -1 : __real_##name arguments; \
    }

WRAP(int, fsync, FSYNC, (int fd), (fd))
WRAP(int, fchmod, FCHMOD, (int fd, mode_t mode), (fd, mode))
WRAP(int, renameat2, RENAME,
     (int from, const char *a, int to, const char *b, unsigned flags),
     (from, a, to, b, flags))
WRAP(int, mkdirat, MKDIR, (int fd, const char *name, mode_t mode),
     (fd, name, mode))

int __real_openat(int fd, const char *name, int flags, mode_t mode);
int __wrap_openat(int fd, const char *name, int flags, ...);
int __wrap_openat(int fd, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return strikes(OPEN) ? -1 : __real_openat(fd, name, flags, mode);
}

/* ---- steps -------------------------------------------------------------- */

static struct assay__maildir_mail *mail;

static void setup(void)
{
    maildir_setup();
    mail = NULL;
    strike_at(NONE, 0, 0);
}

static assay_rc stage(const char *name)
{
    static const assay_bytes pieces[] = {{"A: b\r\n\r\n", 8}, {"text\r\n", 6}};

    return assay__maildir_stage(&maildir_options, ADDRESS, pieces, 2, name,
                                &mail, &maildir_err);
}

/* Of the mailbox there may be all, a part or nothing. */
static int count(const char *folder)
{
    int n = maildir_count(folder);

    return n < 0 ? 0 : n;
}

static const struct {
    enum call call;
    int error;
    assay_rc want;
} stage_faults[] = {
    {WRITE, ENOSPC, ASSAY_E_LIMIT}, {WRITE, EDQUOT, ASSAY_E_LIMIT},
    {WRITE, EFBIG, ASSAY_E_LIMIT},  {WRITE, EIO, ASSAY_E_IO},
    {FSYNC, EIO, ASSAY_E_IO},       {FSYNC, ENOSPC, ASSAY_E_LIMIT},
    {FCHMOD, EPERM, ASSAY_E_IO},    {OPEN, EMFILE, ASSAY_E_IO},
    {OPEN, ENOSPC, ASSAY_E_LIMIT},  {OPEN, EROFS, ASSAY_E_IO},
    {MKDIR, EROFS, ASSAY_E_IO},     {MKDIR, ENOSPC, ASSAY_E_LIMIT},
    {RENAME, EIO, ASSAY_E_IO},
};

/* Each of them at each call it can strike, with and without a name. */
START_TEST(mail_that_cannot_be_staged_leaves_nothing)
{
    for (int nth = 1; nth < 40; nth++) {
        const char *name = _i % 2 ? "af1" : NULL;
        assay_rc rc;

        strike_at(stage_faults[_i / 2].call, stage_faults[_i / 2].error, nth);
        rc = stage(name);
        fault.call = NONE;
        if (!fault.hit) {
            ck_assert_int_eq(rc, ASSAY_OK);
            assay__maildir_mail_free(&mail);
            ck_assert_int_eq(count(USER "/tmp"), 0);
            return;
        }
        ck_assert_msg(rc == stage_faults[_i / 2].want, "call %d: %d, %s", nth,
                      rc, maildir_err.msg);
        ck_assert_ptr_null(mail);
        ck_assert_int_eq(count(USER "/tmp"), 0);
        ck_assert_int_eq(count(USER "/new"), 0);
        maildir_teardown();
        maildir_setup();
    }
    ck_abort_msg("the fault strikes without end");
}
END_TEST

static const struct {
    enum call call;
    int error;
} commit_faults[] = {
    {FSYNC, EIO},     {OPEN, EMFILE},  {RENAME, EIO},
    {RENAME, ENOSPC}, {RENAME, EXDEV}, {RENAME, EROFS},
};

/* A commit that failed in the last moment can be taken back. */
START_TEST(mail_that_cannot_be_committed_is_not_delivered)
{
    for (int nth = 1; nth < 40; nth++) {
        assay_rc rc;

        ck_assert_int_eq(stage(NULL), ASSAY_OK);
        strike_at(commit_faults[_i].call, commit_faults[_i].error, nth);
        rc = assay__maildir_commit(mail, &maildir_err);
        fault.call = NONE;
        ck_assert_int_eq(rc, fault.hit ? ASSAY_E_IO : ASSAY_OK);
        if (fault.hit)
            (void)assay__maildir_revoke(mail);
        assay__maildir_mail_free(&mail);
        ck_assert_int_eq(count(USER "/tmp"), 0);
        ck_assert_int_eq(count(USER "/new"), fault.hit ? 0 : 1);
        if (!fault.hit)
            return;
    }
    ck_abort_msg("the fault strikes without end");
}
END_TEST

START_TEST(commit_that_failed_can_be_tried_again)
{
    ck_assert_int_eq(stage("af1"), ASSAY_OK);
    strike_at(FSYNC, EIO, 1);
    ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_E_IO);
    ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/new"), 1);
}
END_TEST

static const int no_flag[] = {EINVAL, ENOSYS};

/* A file system, or a kernel, without renameat2. */
START_TEST(links_do_what_the_rename_cannot)
{
    strike_at(RENAME, no_flag[_i], 1);
    fault.always = true;
    ck_assert_int_eq(stage("af1"), ASSAY_OK);
    ck_assert_int_eq(assay__maildir_commit(mail, &maildir_err), ASSAY_OK);
    assay__maildir_mail_free(&mail);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
    ck_assert_str_eq(maildir_text(USER "/new"), "A: b\n\ntext\n");
    ck_assert_int_eq(stage("af1"), ASSAY_E_EXISTS);
}
END_TEST

START_TEST(short_writes_and_interrupts_do_not_matter)
{
    strike_at(WRITE, _i ? EINTR : IS_SHORT, 1);
    ck_assert_int_eq(stage(NULL), ASSAY_OK);
    ck_assert(fault.hit);
    ck_assert_str_eq(maildir_text(USER "/tmp"), "A: b\n\ntext\n");
    assay__maildir_mail_free(&mail);
}
END_TEST

START_TEST(mail_is_synced_before_it_is_new)
{
    strike_at(FSYNC, EIO, 1000);
    ck_assert_int_eq(stage(NULL), ASSAY_OK); /* 5 folders, and the mail */
    ck_assert_int_eq(1000 - fault.nth, 6);
    ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
    ck_assert_int_eq(1000 - fault.nth, 7); /* new */
    assay__maildir_mail_free(&mail);
}
END_TEST

/* A mailbox that is full, as a quota makes it. */
START_TEST(full_mailbox_is_a_limit)
{
    const struct rlimit small = {4096, 4096};
    static char big[8192];
    const assay_bytes piece = {big, sizeof big};

    memset(big, 'x', sizeof big);
    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_int_eq(assay__maildir_stage(&maildir_options, ADDRESS, &piece, 1,
                                          NULL, &mail, &maildir_err),
                     ASSAY_E_LIMIT);
    ck_assert_int_eq(count(USER "/tmp"), 0);
    ck_assert_int_eq(count(USER "/new"), 0);
}
END_TEST

/* ---- kill -9 ------------------------------------------------------------ */

static const struct {
    enum call call;
    int nth;
} deaths[] = {
    {MKDIR, 1}, {MKDIR, 3}, {OPEN, 1},   {FCHMOD, 1}, {WRITE, 1},
    {FSYNC, 1}, {FSYNC, 6}, {RENAME, 1}, {RENAME, 2}, {FSYNC, 8},
};

static pid_t deliver_and_die(int index)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    strike_at(deaths[index].call, DIES, deaths[index].nth);
    if (stage("af1") == ASSAY_OK)
        (void)assay__maildir_commit(mail, NULL);
    _exit(0);
}

/* What has the name is whole, and what is in new, too; the next delivery does
 * not mind the rest. */
START_TEST(killed_process_leaves_no_part_of_a_mail)
{
    pid_t pid = deliver_and_die(_i);
    int status;

    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    if (count(USER "/new") > 0)
        ck_assert_str_eq(maildir_text(USER "/new"), "A: b\n\ntext\n");
    if (assay__maildir_find_staged(&maildir_options, ADDRESS, "af1", &mail,
                                   NULL) == ASSAY_OK) {
        ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
        ck_assert_str_eq(maildir_text(USER "/new"), "A: b\n\ntext\n");
        assay__maildir_mail_free(&mail);
    }
    if (count(USER "/new") == 0) {
        ck_assert_int_eq(stage("af1"), ASSAY_OK);
        ck_assert_int_eq(assay__maildir_commit(mail, NULL), ASSAY_OK);
        assay__maildir_mail_free(&mail);
    }
    ck_assert_str_eq(maildir_text(USER "/new"), "A: b\n\ntext\n");
}
END_TEST

/* ---- memory ------------------------------------------------------------- */

START_TEST(lack_of_memory_leaves_nothing)
{
    for (unsigned long n = 1; n < 100; n++) {
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = stage(NULL);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, hit ? ASSAY_E_NOMEM : ASSAY_OK);
        if (!hit)
            break;
        ck_assert_ptr_null(mail);
        ck_assert_int_eq(count(USER "/tmp"), 0);
    }
    ck_assert_ptr_nonnull(mail);
    assay__maildir_mail_free(&mail);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maildir_faults");
    TCase *tc = tcase_create("faults");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, maildir_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, mail_that_cannot_be_staged_leaves_nothing, 0,
                        2 * (int)ASSAY_COUNT_OF(stage_faults));
    tcase_add_loop_test(tc, mail_that_cannot_be_committed_is_not_delivered, 0,
                        (int)ASSAY_COUNT_OF(commit_faults));
    tcase_add_test(tc, commit_that_failed_can_be_tried_again);
    tcase_add_loop_test(tc, links_do_what_the_rename_cannot, 0, 2);
    tcase_add_loop_test(tc, short_writes_and_interrupts_do_not_matter, 0, 2);
    tcase_add_test(tc, mail_is_synced_before_it_is_new);
    tcase_add_test(tc, full_mailbox_is_a_limit);
    tcase_add_loop_test(tc, killed_process_leaves_no_part_of_a_mail, 0,
                        (int)ASSAY_COUNT_OF(deaths));
    tcase_add_test(tc, lack_of_memory_leaves_nothing);
    return check_run(suite);
}
