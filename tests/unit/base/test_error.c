/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <assay/error.h>

#include "base/sizes.h"
#include "check_run.h"

START_TEST(code_and_message_are_stored)
{
    assay_error err = {0};

    ck_assert_int_eq(assay_error_set(&err, ASSAY_E_IO, "open %s: %d", "x", 2),
                     ASSAY_E_IO);
    ck_assert_int_eq(err.code, ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "open x: 2");
}
END_TEST

START_TEST(null_error_returns_the_code)
{
    ck_assert_int_eq(assay_error_set(NULL, ASSAY_E_LIMIT, "%s", "x"),
                     ASSAY_E_LIMIT);
}
END_TEST

START_TEST(errno_is_preserved)
{
    assay_error err;

    errno = ENOSPC;
    (void)assay_error_set(&err, ASSAY_E_IO, "%s", "x");
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(long_messages_are_cut)
{
    char text[ASSAY_ERROR_MAX * 2];
    assay_error err;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)assay_error_set(&err, ASSAY_E_IO, "%s", text);
    ck_assert_uint_eq(strlen(err.msg), ASSAY_ERROR_MAX - 1);
}
END_TEST

static const struct {
    assay_rc code;
    const char *want;
} names[] = {
    {ASSAY_OK, "ok"},
    {ASSAY_E_NOMEM, "memory"},
    {ASSAY_E_INVAL, "invalid"},
    {ASSAY_E_NOTFOUND, "not-found"},
    {ASSAY_E_EXISTS, "exists"},
    {ASSAY_E_IO, "io"},
    {ASSAY_E_LIMIT, "limit"},
    {ASSAY_E_ABI, "abi"},
    {ASSAY_E_CONF, "configuration"},
    {ASSAY_E_UNAVAILABLE, "unavailable"},
    {ASSAY_E_STATE, "state"},
    {ASSAY_E_TIMEOUT, "timeout"},
    {ASSAY_E_SCRIPT, "script"},
    {(assay_rc)-99, "unknown"},
    {(assay_rc)1, "unknown"},
};

START_TEST(codes_have_names)
{
    ck_assert_str_eq(assay_rc_name(names[_i].code), names[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_error");
    TCase *tc = tcase_create("error");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, code_and_message_are_stored);
    tcase_add_test(tc, null_error_returns_the_code);
    tcase_add_test(tc, errno_is_preserved);
    tcase_add_test(tc, long_messages_are_cut);
    tcase_add_loop_test(tc, codes_have_names, 0, ASSAY_COUNT_OF(names));
    return check_run(suite);
}
