/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Making foreign names fit to be shown.
 */
#include "hosts/cli/escape.h"

#include <check.h>
#include <stdlib.h>

#include "check_run.h"

static const struct escape_case {
    const char *text, *line, *utf8;
} cases[] = {
    {"", "", ""},
    {"mail/a b.eml", "mail/a b.eml", "mail/a b.eml"},
    {"a\nb\rc\td", "a\\nb\\rc\\td", "a\nb\rc\td"},
    {"\x1b[31mred", "\\x1b[31mred", "\x1b[31mred"},
    {"\x7f\x01", "\\x7f\\x01", "\x7f\x01"},
    {"back\\slash", "back\\\\slash", "back\\slash"},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7"},
    /* C1 control, right-to-left override, byte order mark */
    {"\xc2\x9b", "\\u{9b}", "\xc2\x9b"},
    {"\xe2\x80\xaegpj", "\\u{202e}gpj", "\xe2\x80\xaegpj"},
    {"\xef\xbb\xbf", "\\u{feff}", "\xef\xbb\xbf"},
    /* not UTF-8: Latin-1, cut short, overlong, surrogate, beyond Unicode */
    {"\xfc", "\\xfc", "\xef\xbf\xbd"},
    {"\xe2\x82", "\\xe2\\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc0\xaf", "\\xc0\\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xe2\x82z", "\\xe2\\x82z", "\xef\xbf\xbd\xef\xbf\xbdz"},
};

START_TEST(line_shows_nothing_that_acts)
{
    char *got = assay__escape_line(cases[_i].text);

    ck_assert_msg(strcmp(got, cases[_i].line) == 0, "case %d: got %s, want %s",
                  _i, got, cases[_i].line);
    free(got);
}
END_TEST

START_TEST(word_has_no_blank)
{
    char *got = assay__escape_word(" a b\\x20\tc ");

    ck_assert_str_eq(got, "\\x20a\\x20b\\\\x20\\tc\\x20");
    free(got);
}
END_TEST

START_TEST(utf8_is_always_valid)
{
    char *got = assay__escape_utf8(cases[_i].text);

    ck_assert_msg(strcmp(got, cases[_i].utf8) == 0, "case %d: got %s, want %s",
                  _i, got, cases[_i].utf8);
    free(got);
}
END_TEST

START_TEST(width_counts_characters)
{
    ck_assert_uint_eq(assay__escape_width(""), 0);
    ck_assert_uint_eq(assay__escape_width("abc"), 3);
    ck_assert_uint_eq(assay__escape_width("gr\xc3\xbc\xc3\x9f"), 4);
}
END_TEST

int main(void)
{
    enum { COUNT = sizeof cases / sizeof *cases };
    Suite *suite = suite_create("escape");
    TCase *tcase = tcase_create("escape");

    tcase_add_loop_test(tcase, line_shows_nothing_that_acts, 0, COUNT);
    tcase_add_test(tcase, word_has_no_blank);
    tcase_add_loop_test(tcase, utf8_is_always_valid, 0, COUNT);
    tcase_add_test(tcase, width_counts_characters);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
