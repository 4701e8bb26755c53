/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* The consumer's side of ActiveFilter, and what a mailbox may hold. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/activefilter.h>

#include "activefilter_kit.h"
#include "check_run.h"

#define GOOD                                                                  \
    "<activefilter xmlns=\"urn:assay:activefilter:1\" version=\"1\" "         \
    "type=\"update\" id=\"R1\" revision=\"2\" time=\"2026-11-30T07:00:00Z\" " \
    "threshold=\"80\" score=\"99.5\" previous-score=\"1\" "                   \
    "judgement=\"spam\" action=\"discard\"><mode name=\"discard\"/>"          \
    "<recipients><recipient/><recipient/></recipients></activefilter>"

static assay_activefilter *filter;
static assay_activefilter_mail seen[8];
static size_t seen_count;

/* ---- a file system that does not know RENAME_NOREPLACE, or is broken ---- */

static bool has_no_flag, is_broken;
static ino_t synced[4]; /* the last of them first */

int __real_renameat2(int from, const char *a, int to, const char *b,
                     unsigned flags);
int __wrap_renameat2(int from, const char *a, int to, const char *b,
                     unsigned flags);
int __wrap_renameat2(int from, const char *a, int to, const char *b,
                     unsigned flags)
{
    if (!has_no_flag)
        return __real_renameat2(from, a, to, b, flags);
    errno = EINVAL;
    return -1;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    struct stat status;

    if (is_broken) {
        errno = EIO;
        return -1;
    }
    memmove(synced + 1, synced, sizeof synced - sizeof *synced);
    synced[0] = fstat(fd, &status) == 0 ? status.st_ino : 0;
    return __real_fsync(fd);
}

static void setup(void)
{
    has_no_flag = is_broken = false;
    kit_setup();
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(kit_register(filter, "R0", 12.25), ASSAY_OK);
    free(kit_take(&(size_t){0}));
    memset(seen, 0, sizeof seen);
    seen_count = 0;
}

static void teardown(void)
{
    assay__activefilter_free(&filter);
    kit_teardown();
}

static bool see(void *arg, const assay_activefilter_mail *mail)
{
    ck_assert_uint_lt(seen_count, 8);
    seen[seen_count++] = *mail;
    return arg == NULL;
}

static void list(void)
{
    seen_count = 0;
    ck_assert_msg(assay_activefilter_list(kit.box, see, NULL, &err) == ASSAY_OK,
                  "%s", err.msg);
}

static const char *path_in_new(const char *name)
{
    static char path[2 * PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/new/%s", kit.box, name);
    return path;
}

static void put(const char *name, const char *text, size_t len)
{
    FILE *file = fopen(path_in_new(name), "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static void put_mail(const char *name, const char *xml)
{
    char *mail = NULL;
    int len = asprintf(&mail, "Content-Type: text/xml\n\n%s", xml);

    ck_assert_int_gt(len, 0);
    put(name, mail, (size_t)len);
    free(mail);
}

static assay_rc read_one(const char *name)
{
    char *xml = NULL;
    size_t len = 0;
    assay_rc rc = assay_activefilter_read(kit.box, name, &xml, &len, &err);

    if (rc == ASSAY_OK)
        ck_assert_uint_eq(strlen(xml), len);
    free(xml);
    return rc;
}

START_TEST(what_was_told_is_listed_read_and_done)
{
    assay_message *other = kit_message(KIT_BODY "other", 3);
    struct assay__activefilter_event event = {.id = "R1",
                                              .message = other,
                                              .score = kit_score(90.5),
                                              .threshold = 80};

    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_OK);
    list();
    ck_assert_uint_eq(seen_count, 1);
    ck_assert_str_eq(seen[0].problem, "");
    ck_assert_str_eq(seen[0].type, "registration");
    ck_assert_str_eq(seen[0].id, "R1");
    ck_assert_str_eq(seen[0].judgement, "spam");
    ck_assert_str_eq(seen[0].action, "none");
    ck_assert_double_eq(seen[0].score, 90.5);
    ck_assert_double_eq(seen[0].threshold, 80);
    ck_assert_int_eq(seen[0].revision, 0);
    ck_assert_uint_eq(seen[0].recipients, 3);
    ck_assert_int_gt(seen[0].delivered_s, 1700000000);
    ck_assert_int_eq(read_one(seen[0].name), ASSAY_OK);
    ck_assert_int_eq(assay_activefilter_done(kit.box, seen[0].name, &err),
                     ASSAY_OK);
    ck_assert_uint_eq(kit_count("new"), 0);
    ck_assert_uint_eq(kit_count("cur"), 1);
    ck_assert_int_eq(assay_activefilter_done(kit.box, seen[0].name, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(read_one(seen[0].name), ASSAY_E_NOTFOUND);
    assay_message_free(&other);
}
END_TEST

START_TEST(list_is_in_order_and_can_be_left)
{
    put_mail("10.c", GOOD);
    put_mail("9.b", GOOD);
    put_mail("9.a", GOOD);
    put(".hidden", "x", 1);
    list();
    ck_assert_uint_eq(seen_count, 3);
    ck_assert_str_eq(seen[0].name, "9.a");
    ck_assert_str_eq(seen[1].name, "9.b");
    ck_assert_str_eq(seen[2].name, "10.c");
    seen_count = 0;
    ck_assert_int_eq(assay_activefilter_list(kit.box, see, &seen_count, &err),
                     ASSAY_OK);
    ck_assert_uint_eq(seen_count, 1);
}
END_TEST

START_TEST(revisions_of_one_second_are_in_order)
{
    put_mail("7.A09ffV10R00.activefilter", GOOD);
    put_mail("7.A09ffV9Rff.activefilter", GOOD);
    put_mail("7.A09ffV0Raa.activefilter", GOOD);
    put_mail("6.A09ffV11R00.activefilter", GOOD);
    list();
    ck_assert_uint_eq(seen_count, 4);
    ck_assert_str_eq(seen[0].name, "6.A09ffV11R00.activefilter");
    ck_assert_str_eq(seen[1].name, "7.A09ffV0Raa.activefilter");
    ck_assert_str_eq(seen[2].name, "7.A09ffV9Rff.activefilter");
    ck_assert_str_eq(seen[3].name, "7.A09ffV10R00.activefilter");
}
END_TEST

START_TEST(what_is_no_document_is_told_apart)
{
    static const struct {
        const char *xml, *why;
    } cases[] = {
        {"", "empty"},
        {"hello", "not well-formed"},
        {"<activefilter", "not well-formed"},
        {GOOD "x", "not well-formed"},
        {"<activefilter/>", "another root"},
        {"<x xmlns='urn:assay:activefilter:1'/>", "another root"},
        {"<activefilter xmlns='urn:assay:activefilter:2' version='1'/>",
         "another root"},
        {"<activefilter xmlns='urn:assay:activefilter:1' version='2'/>",
         "another version"},
        {"<activefilter xmlns='urn:assay:activefilter:1' version='1'/>",
         "attribute"},
        {"<!DOCTYPE activefilter [<!ENTITY a 'aaaaaaaaaa'>]>" GOOD,
         "document type"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" GOOD, "document type"},
        {"<activefilter xmlns='urn:assay:activefilter:1' version='1' "
         "type='update' id='R1' revision='2' threshold='80' score='100.1' "
         "judgement='spam' action='none'><recipients/></activefilter>",
         "attribute"},
        {"<activefilter xmlns='urn:assay:activefilter:1' version='1' "
         "type='update' id='&#27;[2J' revision='2' threshold='80' score='1' "
         "judgement='spam' action='none'><recipients/></activefilter>",
         "not well-formed"},
        {"<activefilter xmlns='urn:assay:activefilter:1' version='1' "
         "type='update' id='a&#10;b' revision='2' threshold='80' score='1' "
         "judgement='spam' action='none'><recipients/></activefilter>",
         "attribute"},
        {"<activefilter xmlns='urn:assay:activefilter:1' version='1' "
         "type='update' id='R1' revision='2' threshold='80' score='1' "
         "judgement='spam' action='none'/>",
         "no recipients"},
    };

    put_mail("1.bad", cases[_i].xml);
    list();
    ck_assert_uint_eq(seen_count, 1);
    ck_assert_str_eq(seen[0].name, "1.bad");
    ck_assert_msg(strstr(seen[0].problem, cases[_i].why) != NULL, "%s",
                  seen[0].problem);
    ck_assert_str_eq(seen[0].id, "");
    ck_assert_int_eq(read_one("1.bad"), ASSAY_E_INVAL);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.bad", &err), ASSAY_OK);
}
END_TEST

enum { BAD_DOCUMENTS = 15 };

START_TEST(bytes_of_any_kind_are_no_document)
{
    char noise[4096];

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 131 + i / 251);
    put("1.noise", noise, sizeof noise);
    put("2.empty", "", 0);
    ck_assert_int_eq(read_one("1.noise"), ASSAY_E_INVAL);
    ck_assert_int_eq(read_one("2.empty"), ASSAY_E_INVAL);
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    enum { DEPTH = 100000 };
    char *xml = malloc(DEPTH * 3 + 1);

    ck_assert_ptr_nonnull(xml);
    for (size_t i = 0; i < DEPTH; i++)
        memcpy(xml + 3 * i, "<a>", 4);
    put_mail("1.deep", xml);
    ck_assert_int_eq(read_one("1.deep"), ASSAY_E_INVAL);
    free(xml);
}
END_TEST

START_TEST(huge_file_is_not_read)
{
    put_mail("1.huge", GOOD);
    ck_assert_int_eq(
        truncate(path_in_new("1.huge"), ASSAY_ACTIVEFILTER_MAIL_MAX + 1), 0);
    ck_assert_int_eq(read_one("1.huge"), ASSAY_E_LIMIT);
    list();
    ck_assert_ptr_nonnull(strstr(seen[0].problem, "more than"));
}
END_TEST

/* A pipe would hold up whoever opens it, a link leads out of the mailbox. */
START_TEST(only_ordinary_files_are_read)
{
    ck_assert_int_eq(mkfifo(path_in_new("1.pipe"), 0600), 0);
    ck_assert_int_eq(mkdir(path_in_new("2.folder"), 0700), 0);
    ck_assert_int_eq(symlink("/etc/passwd", path_in_new("3.link")), 0);
    ck_assert_int_eq(read_one("1.pipe"), ASSAY_E_INVAL);
    ck_assert_int_eq(read_one("2.folder"), ASSAY_E_INVAL);
    ck_assert_int_eq(read_one("3.link"), ASSAY_E_IO);
    list();
    ck_assert_uint_eq(seen_count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_ne(seen[i].problem, "");
}
END_TEST

START_TEST(names_are_names)
{
    static const char *const names[] = {
        "", ".", "..", ".hidden", "a/b", "../cur/x", "/etc/passwd"};
    char longest[300];

    ck_assert_int_eq(read_one(names[_i]), ASSAY_E_INVAL);
    ck_assert_int_eq(assay_activefilter_done(kit.box, names[_i], &err),
                     ASSAY_E_INVAL);
    memset(longest, 'x', sizeof longest);
    longest[256] = '\0';
    ck_assert_int_eq(read_one(longest), ASSAY_E_INVAL);
}
END_TEST

/* A script must be able to use the names that are listed without a problem. */
START_TEST(name_that_a_shell_could_mistake_is_a_problem)
{
    static const char *const names[] = {"--all", "1.a b", "1.a\nb",    "1.*",
                                        "1.$x",  "1.a'",  "1.\xc3\xa9"};

    put_mail("2.Az_:=+-,z", GOOD);
    put_mail(names[_i], GOOD);
    list();
    ck_assert_uint_eq(seen_count, 2);
    ck_assert_str_eq(seen[0].name, names[_i]);
    ck_assert_ptr_nonnull(strstr(seen[0].problem, "its name"));
    ck_assert_str_eq(seen[0].id, "");
    ck_assert_str_eq(seen[1].problem, "");
    ck_assert_int_eq(read_one(names[_i]), ASSAY_OK); /* who asks for it ... */
    ck_assert_int_eq(assay_activefilter_done(kit.box, names[_i], &err),
                     ASSAY_OK);
}
END_TEST

START_TEST(missing_maildir_is_said)
{
    char *xml;
    size_t len;

    ck_assert_int_eq(assay_activefilter_list("/nonexistent", see, NULL, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent"));
    ck_assert_int_eq(assay_activefilter_list(kit.folder, see, NULL, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(assay_activefilter_list("/etc/passwd", see, NULL, &err),
                     ASSAY_E_IO);
    ck_assert_int_eq(
        assay_activefilter_read("/nonexistent", "x", &xml, &len, &err),
        ASSAY_E_NOTFOUND);
    ck_assert_int_eq(assay_activefilter_done("/nonexistent", "x", &err),
                     ASSAY_E_NOTFOUND);
}
END_TEST

static const char *path_in_cur(const char *name)
{
    static char path[2 * PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/cur/%s", kit.box, name);
    return path;
}

/* With and without RENAME_NOREPLACE. */
START_TEST(done_replaces_nothing)
{
    struct stat status;

    has_no_flag = _i == 1;
    put_mail("1.a", GOOD);
    ck_assert_int_eq(mknod(path_in_cur("1.a:2,S"), S_IFREG | 0600, 0), 0);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.a", &err), ASSAY_E_IO);
    ck_assert_uint_eq(kit_count("new"), 1);
    ck_assert_int_eq(stat(path_in_cur("1.a:2,S"), &status), 0);
    ck_assert_int_eq(status.st_size, 0);
}
END_TEST

START_TEST(done_needs_no_flag_of_the_file_system)
{
    has_no_flag = true;
    put_mail("1.a", GOOD);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.a", &err), ASSAY_OK);
    ck_assert_uint_eq(kit_count("new"), 0);
    ck_assert_int_eq(access(path_in_cur("1.a:2,S"), F_OK), 0);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.a", &err),
                     ASSAY_E_NOTFOUND);
}
END_TEST

/* It died when the mail had both names. */
START_TEST(done_goes_on_where_another_died)
{
    has_no_flag = true;
    put_mail("1.a", GOOD);
    ck_assert_int_eq(link(path_in_new("1.a"), path_in_cur("1.a:2,S")), 0);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.a", &err), ASSAY_OK);
    ck_assert_uint_eq(kit_count("new"), 0);
    ck_assert_uint_eq(kit_count("cur"), 1);
}
END_TEST

/* NAME_MAX is 255: from 252 on there is no room for the flag. */
START_TEST(mail_with_the_longest_name_is_done)
{
    char name[256] = "", want[260];

    memset(name, '1', (size_t)_i);
    put_mail(name, GOOD);
    list();
    ck_assert_str_eq(seen[0].name, name);
    ck_assert_str_eq(seen[0].problem, "");
    ck_assert_int_eq(assay_activefilter_done(kit.box, name, &err), ASSAY_OK);
    (void)snprintf(want, sizeof want, "%s%s", name, _i <= 251 ? ":2,S" : "");
    ck_assert_int_eq(access(path_in_cur(want), F_OK), 0);
    ck_assert_uint_eq(kit_count("new"), 0);
}
END_TEST

START_TEST(flags_of_a_mail_are_kept)
{
    put_mail("1.a:2,F", GOOD);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.a:2,F", &err),
                     ASSAY_OK);
    ck_assert_int_eq(access(path_in_cur("1.a:2,F"), F_OK), 0);
}
END_TEST

START_TEST(done_is_synced)
{
    struct stat cur, new;

    put_mail("1.a", GOOD);
    memset(synced, 0, sizeof synced);
    ck_assert_int_eq(assay_activefilter_done(kit.box, "1.a", &err), ASSAY_OK);
    ck_assert_int_eq(stat(path_in_cur("."), &cur), 0);
    ck_assert_int_eq(stat(path_in_new("."), &new), 0);
    ck_assert(synced[1] == cur.st_ino); /* first: it must not be in neither */
    ck_assert(synced[0] == new.st_ino);
    put_mail("2.b", GOOD);
    is_broken = true;
    ck_assert_int_eq(assay_activefilter_done(kit.box, "2.b", &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "power failure"));
}
END_TEST

START_TEST(state_leads_to_the_mailbox)
{
    char *mailbox = NULL;

    ck_assert_int_eq(assay_activefilter_mailbox(kit.state, &mailbox, &err),
                     ASSAY_OK);
    ck_assert_str_eq(mailbox, kit.box);
    free(mailbox);
    ck_assert_int_eq(assay_activefilter_mailbox(kit.box, &mailbox, &err),
                     ASSAY_E_NOTFOUND);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_mailbox");
    TCase *tcase = tcase_create("mailbox");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_told_is_listed_read_and_done);
    tcase_add_test(tcase, list_is_in_order_and_can_be_left);
    tcase_add_test(tcase, revisions_of_one_second_are_in_order);
    tcase_add_loop_test(tcase, what_is_no_document_is_told_apart, 0,
                        BAD_DOCUMENTS);
    tcase_add_test(tcase, bytes_of_any_kind_are_no_document);
    tcase_add_test(tcase, deep_nesting_is_refused);
    tcase_add_test(tcase, huge_file_is_not_read);
    tcase_add_test(tcase, only_ordinary_files_are_read);
    tcase_add_loop_test(tcase, names_are_names, 0, 7);
    tcase_add_loop_test(tcase, name_that_a_shell_could_mistake_is_a_problem, 0,
                        7);
    tcase_add_test(tcase, missing_maildir_is_said);
    tcase_add_loop_test(tcase, done_replaces_nothing, 0, 2);
    tcase_add_test(tcase, done_needs_no_flag_of_the_file_system);
    tcase_add_test(tcase, done_goes_on_where_another_died);
    tcase_add_loop_test(tcase, mail_with_the_longest_name_is_done, 250, 256);
    tcase_add_test(tcase, flags_of_a_mail_are_kept);
    tcase_add_test(tcase, done_is_synced);
    tcase_add_test(tcase, state_leads_to_the_mailbox);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
