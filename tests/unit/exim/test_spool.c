/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The spool file: found by its first line, measured, never opened.
 */
#include "spool.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_run.h"

static const char id_short[] = "1xXymz-0002e2-1G";
static const char id_long[] = "1rZabc-00000000001-0AbC";
static int fd;

static void setup(void)
{
    fd = memfd_create("spool", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
    (void)close(fd);
}

static void fill(const char *id, const char *body)
{
    ck_assert_int_gt(dprintf(fd, "%s-D\n%s", id, body), 0);
}

START_TEST(offset_is_behind_the_first_line)
{
    struct assay__exim_reason why = {""};
    const char *id = _i ? id_long : id_short;
    long long offset = 0;

    fill(id, "body\n");
    ck_assert(assay__exim_spool_offset(fd, id, 5, &offset, &why));
    ck_assert_int_eq(offset, (long long)strlen(id) + 3);
    ck_assert(assay__exim_spool_offset(fd, id, -1, &offset, &why));
}
END_TEST

START_TEST(place_in_the_file_stays)
{
    struct assay__exim_reason why = {""};
    long long offset;

    fill(id_short, "body\n");
    ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
    ck_assert(assay__exim_spool_offset(fd, id_short, 5, &offset, &why));
    ck_assert_int_eq(assay__exim_spool_find(id_short), fd);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 7);
}
END_TEST

START_TEST(cut_body_is_refused)
{
    struct assay__exim_reason why = {""};
    long long offset;

    fill(id_short, "bod");
    ck_assert(!assay__exim_spool_offset(fd, id_short, 5, &offset, &why));
    ck_assert_str_eq(why.text, "the spool file has 3 bytes of a body of 5");
}
END_TEST

START_TEST(cut_first_line_is_refused)
{
    struct assay__exim_reason why = {""};
    long long offset;

    ck_assert_int_gt(dprintf(fd, "%.10s", id_short), 0);
    ck_assert(!assay__exim_spool_offset(fd, id_short, -1, &offset, &why));
    ck_assert_str_eq(why.text,
                     "the spool file does not begin with 1xXymz-0002e2-1G-D");
}
END_TEST

START_TEST(file_of_another_message_is_refused)
{
    struct assay__exim_reason why = {""};
    long long offset;

    fill("1xXymz-0002e2-2G", "body\n");
    ck_assert(!assay__exim_spool_offset(fd, id_short, 5, &offset, &why));
    ck_assert_int_eq(assay__exim_spool_find(id_short), -1);
    ck_assert_int_eq(assay__exim_spool_find(""), -1);
}
END_TEST

START_TEST(closed_descriptor_is_refused)
{
    struct assay__exim_reason why = {""};
    long long offset;

    ck_assert(!assay__exim_spool_offset(-1, id_short, 5, &offset, &why));
    ck_assert_str_eq(why.text, "the spool file: Bad file descriptor");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim spool");
    TCase *tcase = tcase_create("spool");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, offset_is_behind_the_first_line, 0, 2);
    tcase_add_test(tcase, place_in_the_file_stays);
    tcase_add_test(tcase, cut_body_is_refused);
    tcase_add_test(tcase, cut_first_line_is_refused);
    tcase_add_test(tcase, file_of_another_message_is_refused);
    tcase_add_test(tcase, closed_descriptor_is_refused);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
