/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Foreign texts on their way to a service. */
#include <check.h>
#include <string.h>

#include "check_run.h"
#include "wire_text.h"

static struct assay__wire_text text;

static void teardown(void)
{
    assay__wire_text_fini(&text);
}

START_TEST(empty_is_empty)
{
    assay__wire_text_add_escaped(&text, "", ',');
    ck_assert_uint_eq(text.len, 0);
    ck_assert(!text.failed);
}
END_TEST

START_TEST(control_characters_are_escaped)
{
    assay__wire_text_add(&text, "To: ");
    assay__wire_text_add_escaped(&text, "a\r\nb\t\x7f\x01%\xc3\xa9,", '\0');
    ck_assert_str_eq(text.data, "To: a%0D%0Ab%09%7F%01%\xc3\xa9,");
    ck_assert_uint_eq(text.len, strlen(text.data));
}
END_TEST

START_TEST(one_more_is_escaped_when_asked_for)
{
    assay__wire_text_add_escaped(&text, ",a,;b,", ',');
    ck_assert_str_eq(text.data, "%2Ca%2C;b%2C");
}
END_TEST

START_TEST(it_grows)
{
    for (int i = 0; i < 10000; i++)
        assay__wire_text_add_escaped(&text, "user@example.com\n", '\0');
    ck_assert(!text.failed);
    ck_assert_uint_eq(text.len, 10000 * strlen("user@example.com%0A"));
    ck_assert_uint_eq(strlen(text.data), text.len);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark_wire_text");
    TCase *tcase = tcase_create("wire_text");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, empty_is_empty);
    tcase_add_test(tcase, control_characters_are_escaped);
    tcase_add_test(tcase, one_more_is_escaped_when_asked_for);
    tcase_add_test(tcase, it_grows);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
