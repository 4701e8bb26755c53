/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* CM-24 ... CM-28: mode and address of ActiveFilter. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activefilter_kit.h"
#include "alloc_fail.h"
#include "check_run.h"

static assay_activefilter *filter;

static void setup(void)
{
    kit_setup();
    filter = kit_new();
}

static void teardown(void)
{
    assay__activefilter_free(&filter);
    kit_teardown();
}

static assay_rc set_mode(assay_activefilter_mode mode)
{
    return assay_activefilter_set_mode(filter, mode, NULL, NULL, false, &err);
}

static assay_rc set_movemsg(const char *inbox, const char *spam, bool unread)
{
    return assay_activefilter_set_mode(filter, ASSAY_ACTIVEFILTER_MOVEMSG,
                                       inbox, spam, unread, &err);
}

/* CM-24, CM-25, CM-27 */
START_TEST(exactly_one_mode_is_taken)
{
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_DISCARD), ASSAY_OK);
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_DISCARD), ASSAY_OK);
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.msg, "exactly one mode"));
    ck_assert_int_eq(set_movemsg("Inbox", "Junk", true), ASSAY_E_EXISTS);
}
END_TEST

/* CM-26 */
START_TEST(movemsg_is_the_same_choice_with_the_same_folders)
{
    ck_assert_int_eq(set_movemsg("Inbox", "Junk", true), ASSAY_OK);
    ck_assert_int_eq(set_movemsg("Inbox", "Junk", true), ASSAY_OK);
    ck_assert_int_eq(set_movemsg("Inbox", "Junk", false), ASSAY_E_EXISTS);
    ck_assert_int_eq(set_movemsg("Inbox", "Spam", true), ASSAY_E_EXISTS);
    ck_assert_int_eq(set_movemsg("INBOX", "Junk", true), ASSAY_E_EXISTS);
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_E_EXISTS);
}
END_TEST

START_TEST(bad_folders_are_refused)
{
    char name[257];

    memset(name, 'x', sizeof name);
    name[256] = '\0';
    ck_assert_int_eq(set_movemsg(name, "Junk", false), ASSAY_E_INVAL);
    ck_assert_int_eq(set_movemsg("", "Junk", false), ASSAY_E_INVAL);
    ck_assert_int_eq(set_movemsg("Inbox", "", false), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "spam folder"));
    ck_assert_int_eq(set_movemsg(NULL, "Junk", false), ASSAY_E_INVAL);
    ck_assert_int_eq(set_movemsg("In\nbox", "Junk", false), ASSAY_E_INVAL);
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_UNSET), ASSAY_E_INVAL);
    ck_assert_int_eq(set_mode((assay_activefilter_mode)7), ASSAY_E_INVAL);
    name[255] = '\0';
    ck_assert_int_eq(set_movemsg(name, "Junk", false), ASSAY_OK);
}
END_TEST

/* CM-28 */
START_TEST(one_address_is_taken)
{
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_activefilter_set_address(filter, "other@msi.local", &err),
        ASSAY_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.msg, KIT_ADDRESS));
}
END_TEST

START_TEST(address_that_no_maildir_takes_is_refused)
{
    static const char *const addresses[] = {
        "msi@elsewhere.example",
        "",
        "msi",
        "@msi.local",
        "msi@",
        "../../etc/x@msi.local",
        "..@msi.local",
        "a/b@msi.local",
        "\"a b\"@msi.local",
        "a\nBcc: x@msi.local",
        "<msi@msi.local>",
        "m\xc3\xa9@msi.local",
        "msi@msi.local ",
        "msi@msi.local\r\n",
        NULL,
    };

    ck_assert_int_eq(
        assay_activefilter_set_address(filter, addresses[_i], &err),
        ASSAY_E_INVAL);
    ck_assert_uint_gt(strlen(err.msg), 10);
}
END_TEST

START_TEST(long_address_is_refused)
{
    char address[400];

    memset(address, 'a', sizeof address);
    (void)snprintf(address + 350, sizeof address - 350, "@msi.local");
    ck_assert_int_eq(assay_activefilter_set_address(filter, address, &err),
                     ASSAY_E_INVAL);
}
END_TEST

START_TEST(both_are_needed)
{
    ck_assert_int_eq(assay__activefilter_is_set(filter, &err), ASSAY_E_STATE);
    if (_i == 0)
        ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_OK);
    else
        ck_assert_int_eq(
            assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
            ASSAY_OK);
    ck_assert_int_eq(assay__activefilter_is_set(filter, &err), ASSAY_E_STATE);
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_E_STATE);
}
END_TEST

START_TEST(neither_is_fine)
{
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_OK);
    ck_assert_int_ne(access(kit.state, F_OK), 0); /* nothing was made */
}
END_TEST

START_TEST(nothing_changes_once_sealed)
{
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_OK);
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_OK);
    ck_assert_int_eq(assay__activefilter_is_set(filter, &err), ASSAY_OK);
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_E_STATE);
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_E_STATE);
}
END_TEST

/* What new() makes is found when it is needed, not when mail comes. */
START_TEST(seal_finds_a_state_that_cannot_be_used)
{
    ck_assert_int_eq(mknod(kit.state, S_IFREG | 0600, 0), 0);
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_OK);
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, kit.state));
}
END_TEST

static void choose_all(void)
{
    ck_assert_int_eq(set_mode(ASSAY_ACTIVEFILTER_KEEP), ASSAY_OK);
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_OK);
}

/* CM-23: basedir is made by hand, and easily forgotten. */
START_TEST(seal_finds_a_basedir_that_is_not_there)
{
    choose_all();
    ck_assert_int_eq(rmdir(kit.base), 0);
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, KIT_ADDRESS ": basedir '"));
    ck_assert_ptr_nonnull(strstr(err.msg, kit.base));
    ck_assert_int_ne(access(kit.state, F_OK), 0); /* nothing was made */
}
END_TEST

START_TEST(seal_finds_a_mailbox_that_is_missing)
{
    kit.stanza.create_users = false;
    choose_all();
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, KIT_ADDRESS ": there is no mailbox"));
}
END_TEST

/* Such as one that the unit of the service lets nobody write to. */
START_TEST(seal_finds_a_basedir_that_cannot_be_written_to)
{
    enum { NOBODY = 65534 };
    assay_rc rc;

    choose_all();
    ck_assert_int_eq(chmod(kit.folder, 0755), 0);
    ck_assert_int_eq(chmod(kit.base, 0555), 0);
    if (geteuid() == 0) /* who may always write */
        ck_assert_int_eq(seteuid(NOBODY), 0);
    rc = assay__activefilter_seal(filter, &err);
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_int_eq(chmod(kit.base, 0700), 0);
    ck_assert_int_eq(rc, ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "cannot be written to"));
}
END_TEST

/* ---- memory ------------------------------------------------------------ */

static assay_rc set_all(assay_activefilter *f)
{
    assay_rc rc = assay_activefilter_set_mode(f, ASSAY_ACTIVEFILTER_MOVEMSG,
                                              "Inbox", "Junk", true, NULL);

    if (rc == ASSAY_OK)
        rc = assay_activefilter_set_address(f, KIT_ADDRESS, NULL);
    return rc == ASSAY_OK ? assay__activefilter_seal(f, NULL) : rc;
}

START_TEST(setting_up_survives_a_lack_of_memory)
{
    bool hit = true;

    for (unsigned long n = 1; hit; n++) {
        assay_activefilter *f = NULL;
        assay_rc rc;

        alloc_fail_at(n);
        rc = assay__activefilter_new(&kit.options, &f, NULL);
        if (rc == ASSAY_OK)
            rc = set_all(f);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, hit ? ASSAY_E_NOMEM : ASSAY_OK);
        assay__activefilter_free(&f);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_settings");
    TCase *tcase = tcase_create("settings");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, exactly_one_mode_is_taken);
    tcase_add_test(tcase, movemsg_is_the_same_choice_with_the_same_folders);
    tcase_add_test(tcase, bad_folders_are_refused);
    tcase_add_test(tcase, one_address_is_taken);
    tcase_add_loop_test(tcase, address_that_no_maildir_takes_is_refused, 0, 15);
    tcase_add_test(tcase, long_address_is_refused);
    tcase_add_loop_test(tcase, both_are_needed, 0, 2);
    tcase_add_test(tcase, neither_is_fine);
    tcase_add_test(tcase, nothing_changes_once_sealed);
    tcase_add_test(tcase, seal_finds_a_state_that_cannot_be_used);
    tcase_add_test(tcase, seal_finds_a_basedir_that_is_not_there);
    tcase_add_test(tcase, seal_finds_a_mailbox_that_is_missing);
    tcase_add_test(tcase, seal_finds_a_basedir_that_cannot_be_written_to);
    tcase_add_test(tcase, setting_up_survives_a_lack_of_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
