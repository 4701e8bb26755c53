/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "base/text.h"
#include "check_run.h"

static const struct {
    const char *a, *b;
    bool want;
} pairs[] = {
    {"", "", true},        {"abc", "ABC", true}, {"a_1", "A_1", true},
    {"abc", "abd", false}, {"abc", "ab", false}, {"ab", "abc", false},
    {"@", "`", false},     {"[", "{", false},    {"\xc4", "\xe4", false},
};

START_TEST(word_is_found_without_case)
{
    ck_assert(assay__text_contains_n("x-BASE64", 8, "base64"));
    ck_assert(assay__text_contains_n("base64", 6, "base64"));
    ck_assert(!assay__text_contains_n("base64", 5, "base64")); /* cut */
    ck_assert(!assay__text_contains_n("bas", 3, "base64"));
    ck_assert(!assay__text_contains_n("ba\0se64", 7, "base64"));
    ck_assert(assay__text_contains_n("", 0, ""));
}
END_TEST

START_TEST(equal_is_without_ascii_case)
{
    ck_assert_msg(assay__text_equal(pairs[_i].a, pairs[_i].b) == pairs[_i].want,
                  "%s %s", pairs[_i].a, pairs[_i].b);
}
END_TEST

START_TEST(counted_text_is_compared_in_full)
{
    ck_assert(assay__text_equal_n("abcdef", 3, "ABC"));
    ck_assert(!assay__text_equal_n("abcdef", 3, "abcd"));
    ck_assert(!assay__text_equal_n("abcdef", 3, "ab"));
    ck_assert(!assay__text_equal_n("ab\0c", 4, "ab"));
    ck_assert(assay__text_equal_n("", 0, ""));
}
END_TEST

static const struct {
    size_t size;
    const char *text;
    bool ascii_only;
    const char *want;
} clean[] = {
    {16, "plain", false, "plain"},
    {16, "a\r\n\x1b\x7f", false, "a????"},
    {16, "caf\xc3\xa9", false, "caf\xc3\xa9"},
    {16, "caf\xc3\xa9", true, "caf??"},
    {4, "abcdef", false, "abc"},
    {1, "abc", false, ""},
    {4, NULL, false, ""},
};

START_TEST(copy_clean_replaces_and_cuts)
{
    char out[16];
    size_t len = assay__text_copy_clean(out, clean[_i].size, clean[_i].text,
                                        clean[_i].ascii_only);

    ck_assert_str_eq(out, clean[_i].want);
    ck_assert_uint_eq(len, strlen(clean[_i].want));
}
END_TEST

START_TEST(copy_cuts_and_terminates)
{
    char out[4] = "xxx";

    assay__text_copy(out, sizeof out, "abcdef");
    ck_assert_str_eq(out, "abc");
    assay__text_copy(out, sizeof out, NULL);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(copies_of_no_size_write_nothing)
{
    char out[1] = "x";

    assay__text_copy(out, 0, "abc");
    ck_assert_uint_eq(assay__text_copy_clean(out, 0, "abc", false), 0);
    ck_assert_int_eq(out[0], 'x');
}
END_TEST

START_TEST(dup_copies_counted_bytes)
{
    char *copy = assay__text_dup("abcdef", 3);

    ck_assert_str_eq(copy, "abc");
    free(copy);
    copy = assay__text_dup(NULL, 0);
    ck_assert_str_eq(copy, "");
    free(copy);
}
END_TEST

START_TEST(dup_may_run_out_of_memory)
{
    char *copy;

    alloc_fail_at(1);
    copy = assay__text_dup("abc", 3);
    alloc_fail_off();
    ck_assert_ptr_null(copy);
}
END_TEST

/* RFC 3629, with the examples of what is over-long or a surrogate. */
static const struct {
    const char *text;
    size_t len, want;
} utf8[] = {
    {"", 0, 0},
    {"a", 1, 1},
    {"\0", 1, 1},
    {"\x7f", 1, 1},
    {"\x80", 1, 0},
    {"\xbf", 1, 0},
    {"\xc2\x80", 2, 2},
    {"\xc2", 1, 0},
    {"\xc1\xbf", 2, 0},
    {"\xc3(", 2, 0},
    {"\xe0\xa0\x80", 3, 3},
    {"\xe0\x9f\xbf", 3, 0},
    {"\xe2\x82\xac", 3, 3},
    {"\xe2\x82", 2, 0},
    {"\xed\x9f\xbf", 3, 3},
    {"\xed\xa0\x80", 3, 0},
    {"\xf0\x9f\x98\x80", 4, 4},
    {"\xf0\x8f\xbf\xbf", 4, 0},
    {"\xf4\x8f\xbf\xbf", 4, 4},
    {"\xf4\x90\x80\x80", 4, 0},
    {"\xf8\x88\x80\x80\x80", 5, 0},
    {"\xff", 1, 0},
};

START_TEST(utf8_is_strict)
{
    size_t got = assay__utf8_length(utf8[_i].text, utf8[_i].len);

    ck_assert_msg(got == utf8[_i].want, "case %d: got %zu, want %zu", _i, got,
                  utf8[_i].want);
}
END_TEST

START_TEST(quotes_do_not_end_a_log_value)
{
    char text[] = "a\"b\\c'd";

    assay__text_unquote(text);
    ck_assert_str_eq(text, "a'b'c'd");
}
END_TEST

static const struct {
    double number;
    const char *want;
} numbers[] = {
    {0, "0"},
    {-0.0, "0"},
    {90, "90"},
    {12.5, "12.5"},
    {99.99, "99.99"},
    {-0.5, "-0.5"},
    {100, "100"},
    {-20, "-20"},
    {0.0000004, "0"},
    {1e12, "1000000000000"},
    {33.3333333333, "33.333333"},
};

START_TEST(numbers_have_a_point_and_no_exponent)
{
    char text[32];

    assay__text_number(text, sizeof text, numbers[_i].number);
    ck_assert_str_eq(text, numbers[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_text");
    TCase *tc = tcase_create("text");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, equal_is_without_ascii_case, 0,
                        ASSAY_COUNT_OF(pairs));
    tcase_add_test(tc, word_is_found_without_case);
    tcase_add_test(tc, counted_text_is_compared_in_full);
    tcase_add_loop_test(tc, copy_clean_replaces_and_cuts, 0,
                        ASSAY_COUNT_OF(clean));
    tcase_add_test(tc, copy_cuts_and_terminates);
    tcase_add_test(tc, copies_of_no_size_write_nothing);
    tcase_add_test(tc, dup_copies_counted_bytes);
    tcase_add_test(tc, dup_may_run_out_of_memory);
    tcase_add_loop_test(tc, utf8_is_strict, 0, ASSAY_COUNT_OF(utf8));
    tcase_add_test(tc, quotes_do_not_end_a_log_value);
    tcase_add_loop_test(tc, numbers_have_a_point_and_no_exponent, 0,
                        ASSAY_COUNT_OF(numbers));
    return check_run(suite);
}
