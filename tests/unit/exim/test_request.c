/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Lines of requests: percent coding.
 */
#include "request.h"

#include <check.h>
#include <string.h>

#include "check_run.h"

static struct assay__exim_buffer request;

static void setup(void)
{
    memset(&request, 0, sizeof request);
    request.limit = ASSAY__EXIM_REQUEST_MAX;
}

static void teardown(void)
{
    assay__exim_buffer_clear(&request);
}

static const struct {
    const char *value;
    const char *want;
} cases[] = {
    {"a@example.org", "key=a@example.org\n"},
    {"", "key=\n"},
    {"100%", "key=100%25\n"},
    {"a\nb=c\r", "key=a%0Ab=c%0D\n"},
    {"\xc3\xa9\x7f~ \x1f", "key=%C3%A9%7F~ %1F\n"},
};

START_TEST(value_is_coded)
{
    assay__exim_request_add(&request, "key", cases[_i].value);
    ck_assert_str_eq(request.bytes, cases[_i].want);
}
END_TEST

START_TEST(nothing_is_added_for_no_value)
{
    assay__exim_request_add(&request, "key", NULL);
    ck_assert_uint_eq(request.length, 0);
}
END_TEST

START_TEST(number_is_added)
{
    assay__exim_request_add_number(&request, "headers", 4294967296LL);
    ck_assert_str_eq(request.bytes, "headers=4294967296\n");
}
END_TEST

START_TEST(limit_is_kept)
{
    request.limit = 8;
    assay__exim_request_add(&request, "key", "12345");
    ck_assert(request.failed);
    ck_assert_uint_le(request.length, 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim request");
    TCase *tcase = tcase_create("request");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, value_is_coded, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, nothing_is_added_for_no_value);
    tcase_add_test(tcase, number_is_added);
    tcase_add_test(tcase, limit_is_kept);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
