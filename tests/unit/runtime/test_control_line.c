/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A command line in words: quotes, backslashes, and what is refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <assay/control.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "runtime/control_line.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static const struct {
    const char *line;
    const char *want[5]; /* ends with NULL */
} good[] = {
    {"", {NULL}},
    {" \t ", {NULL}},
    {"pid", {"pid"}},
    {"  cache   list\t", {"cache", "list"}},
    {"set a \"b c\" d", {"set", "a", "b c", "d"}},
    {"set '' \"\"", {"set", "", ""}},
    {"antivirus:\"my av\" stats", {"antivirus:my av", "stats"}},
    {"a\\ b c", {"a b", "c"}},
    {"\"a\\\"b\\\\c\\d\"", {"a\"b\\c\\d"}},
    {"'a\\b\"c'", {"a\\b\"c"}},
    {"a'b'\"c\"d", {"abcd"}},
    {"x = (b)", {"x", "=", "(b)"}}, /* brackets are bytes like others */
    {"\xc3\xa9 \xff", {"\xc3\xa9", "\xff"}},
};

START_TEST(line_is_split)
{
    struct assay__control_line line;
    assay_error err = {0};
    size_t want = 0;

    ck_assert_int_eq(assay__control_line_split(
                         good[_i].line, strlen(good[_i].line), &line, &err),
                     ASSAY_OK);
    while (want < 5 && good[_i].want[want])
        want++;
    ck_assert_uint_eq(line.count, want);
    for (size_t i = 0; i < want; i++)
        ck_assert_str_eq(line.words[i], good[_i].want[i]);
    ck_assert_ptr_null(line.words[want]);
    assay__control_line_fini(&line);
}
END_TEST

static const struct {
    const char *line;
    size_t len;
    const char *want;
} bad[] = {
    {"a \"b", 4, "A quote (\") is not closed"},
    {"a 'b", 4, "A quote (') is not closed"},
    {"\"a\\\"", 4, "A quote (\") is not closed"},
    {"a\\", 2, "The line ends with a backslash"},
    {"a\0b", 3, "The line has a control character (byte 2 is 0x00)"},
    {"a\x1b[0m", 5, "The line has a control character (byte 2 is 0x1b)"},
    {"a\x7f", 2, "The line has a control character (byte 2 is 0x7f)"},
};

START_TEST(line_is_refused)
{
    struct assay__control_line line;
    assay_error err = {0};

    ck_assert_int_eq(
        assay__control_line_split(bad[_i].line, bad[_i].len, &line, &err),
        ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, bad[_i].want);
}
END_TEST

START_TEST(longest_line_is_split_and_one_more_byte_is_not)
{
    static char text[ASSAY_CONTROL_LINE_MAX + 1];
    struct assay__control_line line;
    assay_error err = {0};

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 == 0 ? 'a' : ' '; /* as many words as there can be */
    ck_assert_int_eq(
        assay__control_line_split(text, ASSAY_CONTROL_LINE_MAX, &line, &err),
        ASSAY_OK);
    ck_assert_uint_eq(line.count, ASSAY_CONTROL_LINE_MAX / 2);
    assay__control_line_fini(&line);
    ck_assert_int_eq(assay__control_line_split(text, sizeof text, &line, &err),
                     ASSAY_E_LIMIT);
}
END_TEST

START_TEST(no_memory_is_told)
{
    struct assay__control_line line;
    assay_error err = {0};

    for (unsigned long n = 1; n <= 2; n++) {
        assay_rc rc;

        alloc_fail_at(n);
        rc = assay__control_line_split("a b", 3, &line, &err);
        alloc_fail_off();
        ck_assert_int_eq(rc, ASSAY_E_NOMEM);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_line");
    TCase *tc = tcase_create("split");

    tcase_add_loop_test(tc, line_is_split, 0, COUNT(good));
    tcase_add_loop_test(tc, line_is_refused, 0, COUNT(bad));
    tcase_add_test(tc, longest_line_is_split_and_one_more_byte_is_not);
    tcase_add_test(tc, no_memory_is_told);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
