/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: maildir.opt describes the options of a maildir stanza, and
 * which stanza takes an address (MD-06, MD-07).
 */
#include <check.h>

#include "store/maildir_options.h"
#include "check_run.h"
#include "opt_file.h"

static const char *const two_domains[] = {"msi.local", "Other.Test", NULL};

static const struct assay__maildir_options listed = {
    .name = "listed", .domains = {two_domains, 2}, .domain_in_path = true};
static const struct assay__maildir_options all = {
    .name = "all", .all_domains = true, .domain_in_path = true};
static const struct assay__maildir_options flat = {.name = "flat",
                                                   .all_domains = true};

static const struct assay__maildir_options *const both_stanzas[] = {&listed,
                                                                    &all};
static const struct assay__maildirs only_listed = {both_stanzas, 1};
static const struct assay__maildirs both = {both_stanzas, 2};
static const struct assay__maildir_options *const flat_stanzas[] = {&flat};
static const struct assay__maildirs only_flat = {flat_stanzas, 1};

START_TEST(description_agrees_with_table)
{
    char text[2048] = "";
    size_t differences =
        opt_file_compare(SOURCE_FOLDER "/src/store/maildir.opt",
                         assay__maildir_option_table, text, sizeof text);

    ck_assert_msg(differences == 0, "%s", text);
}
END_TEST

/* MD-07 */
START_TEST(listed_domains_are_taken_without_case)
{
    ck_assert_ptr_eq(assay__maildirs_find(&only_listed, "a@msi.local"),
                     &listed);
    ck_assert_ptr_eq(assay__maildirs_find(&only_listed, "a@MSI.Local"),
                     &listed);
    ck_assert_ptr_eq(assay__maildirs_find(&only_listed, "a@other.test"),
                     &listed);
    ck_assert_ptr_eq(assay__maildirs_find(&only_listed, "\"x@y\"@msi.local"),
                     &listed);
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@x.msi.local"));
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@local"));
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "msi.local"));
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@"));
}
END_TEST

/* MD-07: MTAs take the dot of the root away, and relay what we let pass. */
START_TEST(dot_behind_the_domain_is_not_looked_at)
{
    ck_assert_ptr_eq(assay__maildirs_find(&only_listed, "a@MSI.local."),
                     &listed);
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@msi.local.."));
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@."));
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@msi.localx"));
    ck_assert_ptr_null(assay__maildirs_find(&only_listed, "a@msi.loca"));
}
END_TEST

/* MD-06 */
START_TEST(all_domains_takes_the_rest)
{
    ck_assert_ptr_eq(assay__maildirs_find(&both, "a@msi.local"), &listed);
    ck_assert_ptr_eq(assay__maildirs_find(&both, "a@any.test"), &all);
    ck_assert_ptr_eq(assay__maildirs_find(&both, "a@.."), &all);
}
END_TEST

START_TEST(address_without_domain_needs_a_flat_store)
{
    ck_assert_ptr_null(assay__maildirs_find(&both, "postmaster"));
    ck_assert_ptr_eq(assay__maildirs_find(&only_flat, "postmaster"), &flat);
}
END_TEST

START_TEST(nothing_is_taken_without_stanzas)
{
    static const struct assay__maildirs none;

    ck_assert_ptr_null(assay__maildirs_find(NULL, "a@msi.local"));
    ck_assert_ptr_null(assay__maildirs_find(&none, "a@msi.local"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maildir_options");
    TCase *tc = tcase_create("options");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, description_agrees_with_table);
    tcase_add_test(tc, listed_domains_are_taken_without_case);
    tcase_add_test(tc, dot_behind_the_domain_is_not_looked_at);
    tcase_add_test(tc, all_domains_takes_the_rest);
    tcase_add_test(tc, address_without_domain_needs_a_flat_store);
    tcase_add_test(tc, nothing_is_taken_without_stanzas);
    return check_run(suite);
}
