/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: a finding names file, line, column, shows the line with a
 * caret and suggests the nearest valid word. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "conf_fixture.h"
#include "check_run.h"

static struct assay__conf_pos at(uint32_t line, uint32_t column)
{
    return (struct assay__conf_pos){"t.conf", line, column};
}

static void add(uint32_t line, uint32_t column, const char *text)
{
    struct assay__conf_pos pos = at(line, column);

    assay__conf_diag(diags, ASSAY__CONF_ERROR, &pos, NULL, "%s", text);
}

START_TEST(renders_place_line_caret_and_hint)
{
    struct assay__conf_pos pos = at(2, 5);

    (void)conf_parse_good("antivirus {\n    timout = 10\n}");
    assay__conf_diag(diags, ASSAY__CONF_ERROR, &pos, "did you mean 'timeout'?",
                     "'%s' is not a valid option in scope '%s'", "timout",
                     "antivirus");
    ck_assert_str_eq(conf_findings(),
                     "t.conf:2:5: error: 'timout' is not a valid option in "
                     "scope 'antivirus'\n"
                     "    timout = 10\n"
                     "    ^~~~~~\n"
                     "did you mean 'timeout'?\n");
}
END_TEST

START_TEST(warnings_are_counted_apart)
{
    struct assay__conf_pos pos = at(1, 1);

    assay__conf_diag(diags, ASSAY__CONF_WARNING, &pos, "", "odd");
    ck_assert_str_eq(conf_findings(), "t.conf:1:1: warning: odd\n");
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 0);
    ck_assert_uint_eq(assay__conf_diags_warnings(diags), 1);
}
END_TEST

START_TEST(without_a_place_only_the_sentence)
{
    assay__conf_diag(diags, ASSAY__CONF_ERROR, NULL, "look there", "no scope");
    ck_assert_str_eq(conf_findings(), "error: no scope\nlook there\n");
}
END_TEST

/* What is shown below "t.conf:1:N: error: x\n". */
static const struct {
    const char *line;
    uint32_t column;
    const char *want;
} lines[] = {
    {"a = 10", 5, "a = 10\n    ^~\n"},
    {"\ta\t= 10", 5, "\ta\t= 10\n\t \t ^\n"},
    {"\ta\t= 10", 6, "\ta\t= 10\n\t \t  ^~\n"},
    {"a = \"x \\\" y\" z", 5, "a = \"x \\\" y\" z\n    ^~~~~~~~\n"},
    {"a = \"open", 5, "a = \"open\n    ^~~~~\n"},
    {"a { }", 3, "a { }\n  ^\n"},
    {"a = 1", 6, "a = 1\n     ^\n"},
    {"a = 1", 60, "a = 1\n     ^\n"},
    {"a = \x1b[1m\x7f", 5, "a = ?[1m?\n    ^\n"},
    {"\xc3\xa4\xc3\xa4 = 1", 8, "\xc3\xa4\xc3\xa4 = 1\n     ^\n"},
    {"a = \xc3\xa4\xc3\xa4", 5, "a = \xc3\xa4\xc3\xa4\n    ^~\n"},
    {"a = \xff\xfe 1", 8, "a = ?? 1\n       ^\n"},
    {"a = \xc2\x9b 1", 5, "a = ? 1\n    ^\n"},
    {"a = 1\r", 5, "a = 1\n    ^\n"},
    {"", 1, "\n^\n"},
};

START_TEST(caret_lines_up)
{
    const char *got;
    char head[64];

    (void)conf_parse(lines[_i].line);
    (void)snprintf(head, sizeof head, "t.conf:1:%u: error: x\n",
                   lines[_i].column);
    add(1, lines[_i].column, "x");
    got = strstr(conf_findings(), head);
    ck_assert_msg(got != NULL, "case %d: no %s in %s", _i, head,
                  conf_findings());
    got += strlen(head);
    ck_assert_msg(strncmp(got, lines[_i].want, strlen(lines[_i].want)) == 0,
                  "case %d: got\n%swant\n%s", _i, got, lines[_i].want);
}
END_TEST

/* A line of 1000 bytes: `#`, blanks, and `word` at a column. */
static const uint32_t long_columns[] = {2, 61, 62, 500, 950, 990};

START_TEST(long_lines_are_cut_around_the_caret)
{
    char text[1001], *word, *caret;
    const char *shown, *below;
    uint32_t column = long_columns[_i];

    memset(text, ' ', 1000);
    text[1000] = '\0';
    text[0] = '#';
    word = text + column - 1;
    memcpy(word, "word", 4);
    (void)conf_parse_good(text);
    add(1, column, "x");
    shown = strchr(conf_findings(), '\n') + 1;
    below = strchr(shown, '\n') + 1;
    caret = strchr(below, '^');
    ck_assert_uint_le((size_t)(below - shown), 130);
    ck_assert_int_eq(strncmp(shown + (caret - below), "word", 4), 0);
    ck_assert_int_eq(strncmp(caret, "^~~~\n", 5), 0);
}
END_TEST

START_TEST(control_characters_in_messages_are_replaced)
{
    add(1, 1, "\x1b[31mred\n");
    ck_assert_str_eq(conf_findings(), "t.conf:1:1: error: ?[31mred?\n");
}
END_TEST

START_TEST(findings_come_in_order_of_place)
{
    (void)conf_parse_good("a = 1\nb = 2\n");
    assay__conf_diag(diags, ASSAY__CONF_ERROR, NULL, NULL, "last");
    add(2, 1, "third");
    add(1, 5, "second");
    add(1, 1, "first");
    ck_assert_str_eq(conf_findings(), "t.conf:1:1: error: first\na = 1\n^\n"
                                      "t.conf:1:5: error: second\na = 1\n    ^"
                                      "\n"
                                      "t.conf:2:1: error: third\nb = 2\n^\n"
                                      "error: last\n");
}
END_TEST

START_TEST(same_finding_is_said_once)
{
    add(1, 1, "x");
    add(1, 1, "x");
    add(1, 2, "x");
    add(1, 1, "y");
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 3);
}
END_TEST

START_TEST(what_follows_from_a_sealed_finding_is_not_said)
{
    add(1, 1, "x");
    assay__conf_diags_seal(diags);
    add(1, 1, "y");
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
    add(1, 2, "y");
    add(1, 2, "z");
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 3);
}
END_TEST

START_TEST(warnings_can_be_hidden)
{
    const struct assay__conf_pos pos = {"t.conf", 1, 1};

    for (int i = 0; i < ASSAY__CONF_FINDINGS_MAX + 7; i++)
        assay__conf_diag(diags, ASSAY__CONF_WARNING, &pos, NULL, "w%d", i);
    add(2, 1, "x");
    ck_assert_ptr_nonnull(strstr(conf_findings(), "warning"));
    assay__conf_diags_hide_warnings(diags);
    ck_assert_str_eq(conf_findings(), "t.conf:2:1: error: x\n");
}
END_TEST

START_TEST(findings_have_a_limit)
{
    const char *got;
    size_t shown = 0;

    for (uint32_t i = 1; i <= ASSAY__CONF_FINDINGS_MAX + 7; i++)
        add(i, 1, "x");
    ck_assert_uint_eq(assay__conf_diags_errors(diags),
                      ASSAY__CONF_FINDINGS_MAX + 7);
    got = conf_findings();
    for (const char *c = got; (c = strstr(c, "error: x")) != NULL; c++)
        shown++;
    ck_assert_uint_eq(shown, ASSAY__CONF_FINDINGS_MAX);
    ck_assert_ptr_nonnull(strstr(got, "\n7 more errors are not shown\n"));
}
END_TEST

START_TEST(long_messages_are_cut)
{
    char text[3000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    add(1, 1, text);
    ck_assert_uint_eq(strlen(conf_findings()), strlen("t.conf:1:1: error: \n") +
                                                   ASSAY__CONF_MESSAGE_MAX - 1);
}
END_TEST

START_TEST(free_accepts_null)
{
    struct assay__conf_diags *none = NULL;
    struct assay__conf_tree *no_tree = NULL;

    assay__conf_diags_free(&none);
    assay__conf_tree_free(&no_tree);
    ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_diag");
    TCase *tc = tcase_create("diag");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, conf_setup, conf_teardown);
    tcase_add_test(tc, renders_place_line_caret_and_hint);
    tcase_add_test(tc, warnings_are_counted_apart);
    tcase_add_test(tc, without_a_place_only_the_sentence);
    tcase_add_loop_test(tc, caret_lines_up, 0, ASSAY_COUNT_OF(lines));
    tcase_add_loop_test(tc, long_lines_are_cut_around_the_caret, 0,
                        ASSAY_COUNT_OF(long_columns));
    tcase_add_test(tc, control_characters_in_messages_are_replaced);
    tcase_add_test(tc, findings_come_in_order_of_place);
    tcase_add_test(tc, same_finding_is_said_once);
    tcase_add_test(tc, what_follows_from_a_sealed_finding_is_not_said);
    tcase_add_test(tc, warnings_can_be_hidden);
    tcase_add_test(tc, findings_have_a_limit);
    tcase_add_test(tc, long_messages_are_cut);
    tcase_add_test(tc, free_accepts_null);
    return check_run(suite);
}
