/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header edits and the changes they become.
 */
#include "edits.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "fake_assay.h"
#include "fake_mfapi.h"
#include "check_run.h"

static struct smfi_str ctx;

static void setup(void)
{
    fake_mfapi_reset(&ctx);
    fake_assay_reset();
}

static const struct {
    const char *name;
    assay_edit edits[4];
    const char *received[4];
    bool leading_space;
    const char *want;
} cases[] = {
    {"append", {{ASSAY_EDIT_APPEND, "X", "v"}}, {0}, true, "add 0 X: v\n"},
    {"append without LEADSPC",
     {{ASSAY_EDIT_APPEND, "X", "v"}},
     {0},
     false,
     "add 0 X:v\n"},
    {"a blank in front is kept",
     {{ASSAY_EDIT_APPEND, "X", "\tv"}},
     {0},
     true,
     "add 0 X:\tv\n"},
    {"prepend", {{ASSAY_EDIT_PREPEND, "X", "v"}}, {0}, true, "insert 0 X: v\n"},
    {"folds travel with LF",
     {{ASSAY_EDIT_APPEND, "X", "a\r\n b"}},
     {0},
     true,
     "add 0 X: a\n b\n"},
    {"replace changes the first, deletes the others from the last",
     {{ASSAY_EDIT_REPLACE, "x", "v"}},
     {"X", "Y", "X", "x"},
     true,
     "delete 3 x:(none)\ndelete 2 x:(none)\nchange 1 x: v\n"},
    {"replace of nothing adds",
     {{ASSAY_EDIT_REPLACE, "X", "v"}},
     {"Y"},
     true,
     "add 0 X: v\n"},
    {"replace by nothing is no deletion",
     {{ASSAY_EDIT_REPLACE, "X", ""}},
     {"X"},
     false,
     "change 1 X: \n"},
    {"delete takes all from the last",
     {{ASSAY_EDIT_DELETE, "X", ""}},
     {"X", "X"},
     true,
     "delete 2 X:(none)\ndelete 1 X:(none)\n"},
    {"delete of nothing", {{ASSAY_EDIT_DELETE, "X", ""}}, {"Y"}, true, ""},
    {"what a later edit undoes is not sent",
     {{ASSAY_EDIT_APPEND, "X", "1"},
      {ASSAY_EDIT_APPEND, "Y", "2"},
      {ASSAY_EDIT_DELETE, "x", ""}},
     {"X"},
     true,
     "add 0 Y: 2\ndelete 1 x:(none)\n"},
    {"what comes after a deletion stays",
     {{ASSAY_EDIT_DELETE, "X", ""}, {ASSAY_EDIT_APPEND, "X", "1"}},
     {"X"},
     true,
     "delete 1 X:(none)\nadd 0 X: 1\n"},
};

START_TEST(edit_becomes_change)
{
    assay_error err = {0};
    assay_rc rc;

    memcpy(fake.edits, cases[_i].edits, sizeof cases[_i].edits);
    memcpy(fake.header_names, cases[_i].received, sizeof cases[_i].received);
    rc = assay__edits_apply(&ctx, NULL, cases[_i].leading_space, &err);
    ck_assert_msg(rc == ASSAY_OK, "%s: %s", cases[_i].name, err.msg);
    ck_assert_msg(strcmp(ctx.changes, cases[_i].want) == 0,
                  "%s: got\n%swant\n%s", cases[_i].name, ctx.changes,
                  cases[_i].want);
}
END_TEST

START_TEST(refused_change_is_an_error)
{
    assay_error err = {0};

    fake.edits[0] = (assay_edit){ASSAY_EDIT_DELETE, "X", ""};
    fake.header_names[0] = "X";
    fake.header_names[1] = "X";
    ctx.changes_allowed = _i;
    ck_assert_int_eq(assay__edits_apply(&ctx, NULL, true, &err), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "the MTA did not take the change of header X");
}
END_TEST

START_TEST(too_many_edits_are_an_error)
{
    assay_error err = {0};

    for (size_t i = 0; i < FAKE_EDITS_MAX; i++)
        fake.edits[i] = (assay_edit){ASSAY_EDIT_APPEND, "X", "v"};
    ck_assert_int_eq(assay__edits_apply(&ctx, NULL, true, &err), ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "over 1000 header edits");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter edits");
    TCase *tcase = tcase_create("edits");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, edit_becomes_change, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(tcase, refused_change_is_an_error, 0, 2);
    tcase_add_test(tcase, too_many_edits_are_an_error);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
