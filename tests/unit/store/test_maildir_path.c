/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: which addresses are a mailbox, and where it lies (MD-05).
 * Whatever could lead out of basedir, or to somebody else, is refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/maildir_path.h"
#include "check_run.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define LABEL SIXTY "123" /* 63 bytes */

static const struct assay__maildir_options with_domain = {
    .basedir = "/base", .all_domains = true, .domain_in_path = true};
static const struct assay__maildir_options without_domain = {
    .basedir = "/base", .all_domains = true};

static const struct {
    const char *address, *want;
} taken[] = {
    {"user@msi.local", "/base/msi.local/user"},
    {"User.Name@MSI.Local", "/base/msi.local/User.Name"},
    {"a+b=c-d_e~f@x", "/base/x/a+b=c-d_e~f"},
    {"\"user\"@msi.local", "/base/msi.local/user"},
    {"\"u\\ser\"@msi.local", "/base/msi.local/user"},
    {SIXTY "1234@x", "/base/x/" SIXTY "1234"},
    {"a@" LABEL "." LABEL "." LABEL "." LABEL,
     "/base/" LABEL "." LABEL "." LABEL "." LABEL "/a"},
    {"a@" LABEL "." LABEL "." LABEL "." LABEL ".",
     "/base/" LABEL "." LABEL "." LABEL "." LABEL "/a"},
    {"user@MSI.local.", "/base/msi.local/user"},
    {"user@x.", "/base/x/user"},
    {"-rf@x-y_z.test", "/base/x-y_z.test/-rf"},
};

START_TEST(address_is_a_folder)
{
    assay_error err = {0};
    char *folder = NULL;

    ck_assert_int_eq(
        assay__maildir_folder(&with_domain, taken[_i].address, &folder, &err),
        ASSAY_OK);
    ck_assert_str_eq(folder, taken[_i].want);
    free(folder);
}
END_TEST

static const struct {
    const char *address, *why;
} refused[] = {
    {"../../etc/x@msi.local", "begins or ends with a dot"},
    {"a/../b@msi.local", "two in a row"},
    {"..@msi.local", "dot"},
    {".@msi.local", "dot"},
    {".hidden@msi.local", "dot"},
    {"end.@msi.local", "dot"},
    {"a..b@msi.local", "two in a row"},
    {"a/b@msi.local", "slash"},
    {"/@msi.local", "slash"},
    {"a b@msi.local", "blank"},
    {"a\tb@msi.local", "control character"},
    {"a\x01@msi.local", "control character"},
    {"a\nb@msi.local", "control character"},
    {"a\x7f@msi.local", "control character"},
    {"j\xc3\xbcrgen@msi.local", "not ASCII"},
    {"a\xff@msi.local", "not ASCII"},
    {"a\\b@msi.local", "no mailbox may have"},
    {"a:b@msi.local", "no mailbox may have"},
    {"a@b@msi.local", "no mailbox may have"},
    {"<a@msi.local", "no mailbox may have"},
    {"@msi.local", "is empty"},
    {"\"\"@msi.local", "is empty"},
    {"\"a b\"@msi.local", "blank"},
    {"\"a/b\"@msi.local", "slash"},
    {"\"a\\/b\"@msi.local", "slash"},
    {"\"..\"@msi.local", "dot"},
    {"\"\\..\"@msi.local", "dot"},
    {"\"a@b\"@msi.local", "no mailbox may have"},
    {"\"a\"b\"@msi.local", "quoted wrongly"},
    {"\"a\\\"@msi.local", "quoted wrongly"},
    {"\"a@msi.local", "no mailbox may have"},
    {"\"@msi.local", "no mailbox may have"},
    {SIXTY "12345@x", "longer than 64"},
    {"a@", "domain of the address is empty"},
    {"a@..", "no domain name"},
    {"a@.x", "no domain name"},
    {"a@.", "domain of the address is empty"},
    {"a@x..", "no domain name"},
    {"a@.x.", "no domain name"},
    {"a@x..y", "no domain name"},
    {"a@x/y", "no domain name"},
    {"a@x y", "no domain name"},
    {"a@[192.0.2.1]", "no domain name"},
    {"a@\xc3\xa4.test", "no domain name"},
    {"a@" LABEL "4.test", "no domain name"},
    {"a@" LABEL "." LABEL "." LABEL "." LABEL ".x", "longer than 255"},
    {"postmaster", "has no domain"},
    {"", "has no domain"},
};

START_TEST(address_that_is_no_name_is_refused)
{
    assay_error err = {0};
    char *folder = NULL;

    ck_assert_int_eq(
        assay__maildir_folder(&with_domain, refused[_i].address, &folder, &err),
        ASSAY_E_INVAL);
    ck_assert_ptr_null(folder);
    ck_assert_msg(strstr(err.msg, refused[_i].why), "case %d: %s", _i, err.msg);
}
END_TEST

START_TEST(every_byte_but_letters_and_some_marks_is_refused)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "!#$%&'*+-=?^_`{|}~.";

    for (int c = 1; c < 256; c++) {
        char address[] = "x?x@y";
        struct assay__maildir_place place;
        assay_rc rc;

        address[1] = (char)c;
        rc = assay__maildir_place_of(&with_domain, address, &place, NULL);
        ck_assert_msg((rc == ASSAY_OK) == (strchr(allowed, c) != NULL),
                      "byte %d: %d", c, rc);
    }
}
END_TEST

/* MD-05: without a folder for it a domain must still be one. */
START_TEST(domain_is_left_out_of_the_path)
{
    struct assay__maildir_place place;
    char *folder = NULL;

    ck_assert_int_eq(
        assay__maildir_folder(&without_domain, "user@MSI.local", &folder, NULL),
        ASSAY_OK);
    ck_assert_str_eq(folder, "/base/user");
    free(folder);
    ck_assert_int_eq(
        assay__maildir_place_of(&without_domain, "user@..", &place, NULL),
        ASSAY_E_INVAL);
    ck_assert_int_eq(
        assay__maildir_place_of(&without_domain, "postmaster", &place, NULL),
        ASSAY_OK);
    ck_assert_str_eq(place.local, "postmaster");
    ck_assert_str_eq(place.domain, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maildir_path");
    TCase *tc = tcase_create("addresses");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, address_is_a_folder, 0, COUNT(taken));
    tcase_add_loop_test(tc, address_that_is_no_name_is_refused, 0,
                        COUNT(refused));
    tcase_add_test(tc, every_byte_but_letters_and_some_marks_is_refused);
    tcase_add_test(tc, domain_is_left_out_of_the_path);
    return check_run(suite);
}
