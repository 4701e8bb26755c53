/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header edits, and those that would break a mail.
 */
#include "edit.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

static const struct {
    const char *text;
    enum assay__exim_edit_kind want_kind;
    const char *want_name;
    const char *want_line;
} cases[] = {
    {"append X-Assay clean", ASSAY__EXIM_APPEND, "X-Assay", "X-Assay: clean\n"},
    {"prepend X-A  two", ASSAY__EXIM_PREPEND, "X-A", "X-A: two\n"},
    {"replace Subject a\r\n b\n\tc", ASSAY__EXIM_REPLACE, "Subject",
     "Subject: a\n b\n\tc\n"},
    {"delete X-Spam ", ASSAY__EXIM_DELETE, "X-Spam", "X-Spam: \n"},
    {"delete X-Spam", ASSAY__EXIM_DELETE, "X-Spam", "X-Spam: \n"},
    {"append X-P 100%s %n", ASSAY__EXIM_APPEND, "X-P", "X-P: 100%s %n\n"},
};

START_TEST(edit_is_read)
{
    struct assay__exim_edit edit;
    struct assay__exim_reason why = {""};

    ck_assert_msg(assay__exim_edit_read(&edit, cases[_i].text, &why), "%s",
                  why.text);
    ck_assert_int_eq((int)edit.kind, (int)cases[_i].want_kind);
    ck_assert_str_eq(edit.name, cases[_i].want_name);
    ck_assert_str_eq(edit.line, cases[_i].want_line);
    assay__exim_edit_clear(&edit);
    ck_assert_ptr_null(edit.line);
}
END_TEST

static const char *const refused[] = {
    "",
    "append",
    "append ",
    "change X a",
    "append X:Y a",
    "append X\xc3 a",
    "append X a\nY: b",
    "append X a\r\n\r\nbody",
    "append X a\rY: b",
    "append X a\n",
    "append X a\r",
};

START_TEST(broken_edit_is_refused)
{
    struct assay__exim_edit edit;
    struct assay__exim_reason why = {""};

    ck_assert_msg(!assay__exim_edit_read(&edit, refused[_i], &why), "%s",
                  refused[_i]);
    ck_assert_ptr_null(edit.line);
    ck_assert(strncmp(why.text, "Exim cannot carry out", 21) == 0);
}
END_TEST

static bool read_sized(size_t value_bytes)
{
    struct assay__exim_edit edit;
    struct assay__exim_reason why = {""};
    char *text = calloc(1, value_bytes + 16);
    bool ok;

    ck_assert_ptr_nonnull(text);
    memcpy(text, "append X ", 9);
    memset(text + 9, 'v', value_bytes);
    ok = assay__exim_edit_read(&edit, text, &why);
    assay__exim_edit_clear(&edit);
    free(text);
    return ok;
}

START_TEST(header_has_a_limit)
{
    /* "X: " and LF around it. */
    ck_assert(read_sized(ASSAY__EXIM_HEADER_MAX - 4));
    ck_assert(!read_sized(ASSAY__EXIM_HEADER_MAX - 3));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim edit");
    TCase *tcase = tcase_create("edit");

    tcase_add_loop_test(tcase, edit_is_read, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tcase, broken_edit_is_refused, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, header_has_a_limit);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
