/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * String dictionaries.
 */
#include "mail_test.h"

#include <stdio.h>

#include "check_run.h"

static assay_context *context;

static void setup(void)
{
    ck_assert_int_eq(assay_context_new(&context, NULL), ASSAY_OK);
}

static void teardown(void)
{
    assay_context_free(&context);
}

static void set(const char *key, const char *value)
{
    ck_assert_int_eq(assay_context_set(context, key, value, NULL), ASSAY_OK);
}

START_TEST(absent_key_is_null)
{
    ck_assert_ptr_null(assay_context_get(context, "a"));
    ck_assert_ptr_null(assay_context_get(context, NULL));
    ck_assert_ptr_null(assay_context_key(context, 0));
}
END_TEST

START_TEST(keys_compare_with_case)
{
    set("Key", "1");
    ck_assert_ptr_null(assay_context_get(context, "key"));
    ck_assert_str_eq(assay_context_get(context, "Key"), "1");
}
END_TEST

START_TEST(values_are_copied)
{
    char value[] = "one";

    set("k", value);
    value[0] = 'X';
    ck_assert_str_eq(assay_context_get(context, "k"), "one");
}
END_TEST

START_TEST(setting_again_keeps_the_place)
{
    set("a", "1");
    set("b", "2");
    set("a", "3");
    ck_assert_str_eq(assay_context_key(context, 0), "a");
    ck_assert_str_eq(assay_context_key(context, 1), "b");
    ck_assert_ptr_null(assay_context_key(context, 2));
    ck_assert_str_eq(assay_context_get(context, "a"), "3");
}
END_TEST

START_TEST(delete_tells_whether_it_was_there)
{
    set("a", "1");
    set("b", "2");
    set("c", "3");
    ck_assert(assay_context_delete(context, "b"));
    ck_assert(!assay_context_delete(context, "b"));
    ck_assert(!assay_context_delete(context, NULL));
    ck_assert_str_eq(assay_context_key(context, 1), "c");
    ck_assert_str_eq(assay_context_get(context, "c"), "3");
}
END_TEST

START_TEST(empty_key_and_null_value_are_refused)
{
    assay_error err = {0};

    ck_assert_int_eq(assay_context_set(context, "", "v", &err), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "context: no key");
    ck_assert_int_eq(assay_context_set(context, NULL, "v", NULL),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay_context_set(context, "k", NULL, &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "context: no value");
}
END_TEST

START_TEST(value_over_a_mebibyte_is_refused)
{
    const size_t max = (size_t)1024 * 1024;
    char *value = malloc(max + 2);
    assay_error err = {0};

    ck_assert_ptr_nonnull(value);
    memset(value, 'x', max + 1);
    value[max + 1] = '\0';
    ck_assert_int_eq(assay_context_set(context, "k", value, &err),
                     ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "context: \"k\" is over 1048576 bytes");
    value[max] = '\0';
    ck_assert_int_eq(assay_context_set(context, "k", value, NULL), ASSAY_OK);
    free(value);
}
END_TEST

START_TEST(more_than_ten_thousand_keys_are_refused)
{
    assay_error err = {0};
    char key[16];

    for (int i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof key, "key%d", i);
        set(key, "");
    }
    ck_assert_int_eq(assay_context_set(context, "one", "", &err),
                     ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "context: more than 10000 keys");
    ck_assert_int_eq(assay_context_set(context, "key7", "x", NULL), ASSAY_OK);
}
END_TEST

START_TEST(free_accepts_null)
{
    assay_context *none = NULL;

    assay_context_free(&none);
    ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("context");
    TCase *tc = tcase_create("dictionary");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, absent_key_is_null);
    tcase_add_test(tc, keys_compare_with_case);
    tcase_add_test(tc, values_are_copied);
    tcase_add_test(tc, setting_again_keeps_the_place);
    tcase_add_test(tc, delete_tells_whether_it_was_there);
    tcase_add_test(tc, empty_key_and_null_value_are_refused);
    tcase_add_test(tc, value_over_a_mebibyte_is_refused);
    tcase_add_test(tc, more_than_ten_thousand_keys_are_refused);
    tcase_add_test(tc, free_accepts_null);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
