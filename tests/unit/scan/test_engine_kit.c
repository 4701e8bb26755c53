/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <assay/engine_kit.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "check_run.h"

static assay_engine_kit *kit;
static assay_error err;
static char said[1024];

static void setup(void)
{
    err = (assay_error){0};
    said[0] = '\0';
    ck_assert_msg(assay_engine_kit_load(SKELETON, &kit, &err) == ASSAY_OK, "%s",
                  err.msg);
}

static void teardown(void)
{
    assay_engine_kit_free(&kit);
    ck_assert_ptr_null(kit);
}

static void take(void *arg, const char *text)
{
    size_t have = strlen(said);

    (void)arg;
    (void)snprintf(said + have, sizeof said - have, "%s|", text);
}

static assay_rc configure(const char *first, const char *second)
{
    const char *const options[] = {first, second, NULL};

    return assay_engine_kit_configure(kit, options, take, NULL, &err);
}

/* The settings of the template engine begin with its needle. */
static const char *needle(void)
{
    return *(const char *const *)assay_engine_kit_settings(kit);
}

START_TEST(table_has_null_for_what_is_left_out)
{
    const assay_engine_module *table = assay_engine_kit_module(kit);

    ck_assert_str_eq(table->name, "skeleton");
    ck_assert_uint_eq(table->struct_size, sizeof *table);
    ck_assert_ptr_nonnull(table->ops->scan);
    ck_assert_ptr_null(table->ops->version);
    ck_assert_ptr_null(table->infected_value);
}
END_TEST

START_TEST(defaults_fill_the_settings)
{
    ck_assert_ptr_null(assay_engine_kit_settings(kit));
    ck_assert_int_eq(assay_engine_kit_configure(kit, NULL, NULL, NULL, &err),
                     ASSAY_OK);
    ck_assert_str_eq(needle(), "skeleton-test-needle");
}
END_TEST

START_TEST(last_of_several_counts_and_text_is_taken_as_it_is)
{
    ck_assert_int_eq(configure("needle=a", "NEEDLE=b \"c\" = {"), ASSAY_OK);
    ck_assert_str_eq(needle(), "b \"c\" = {");
    ck_assert_str_eq(said, "");
}
END_TEST

static const struct {
    const char *first, *second;
    const char *msg, *said;
} wrong[] = {
    {"needle=", NULL, "options of skeleton: 1 error", "'needle': cannot be"},
    {"nedle=a", NULL, "options of skeleton: 1 error", "did you mean 'needle'?"},
    {"needle", NULL, "options of skeleton: 1 error", "written name=value"},
    {"=a", "needle", "options of skeleton: 2 errors", "written name=value"},
    {"a=b", "c=d", "options of skeleton: 2 errors", "'c' is not a valid"},
};

START_TEST(wrong_option_is_a_finding)
{
    ck_assert_int_eq(configure(wrong[_i].first, wrong[_i].second),
                     ASSAY_E_CONF);
    ck_assert_str_eq(err.msg, wrong[_i].msg);
    ck_assert_msg(strstr(said, wrong[_i].said) != NULL, "said %s", said);
}
END_TEST

START_TEST(options_are_given_once)
{
    ck_assert_int_eq(configure(NULL, NULL), ASSAY_OK);
    ck_assert_int_eq(configure(NULL, NULL), ASSAY_E_STATE);
}
END_TEST

START_TEST(file_that_is_no_engine_is_refused)
{
    assay_engine_kit *other = NULL;

    ck_assert_int_eq(assay_engine_kit_load("/nowhere.so", &other, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(
        assay_engine_kit_load(FAKE_FOLDER "/bad/noscan.so", &other, &err),
        ASSAY_E_ABI);
    ck_assert_ptr_null(other);
    assay_engine_kit_free(&other);
}
END_TEST

START_TEST(table_check_is_the_loaders)
{
    assay_engine_module table = *assay_engine_kit_module(kit);

    ck_assert_int_eq(
        assay_engine_table_check("x.so", &table, sizeof table, &err), ASSAY_OK);
    table.version = "";
    ck_assert_int_eq(
        assay_engine_table_check("x.so", &table, sizeof table, &err),
        ASSAY_E_ABI);
    ck_assert_str_eq(err.msg, "x.so: 'version' is missing in its engine table");
}
END_TEST

/* Every allocation in turn fails once. */
START_TEST(no_memory_is_an_error_and_leaks_nothing)
{
    const char *const options[] = {"needle=a", NULL};
    bool hit = true;
    assay_rc rc;

    for (unsigned long n = 1; hit; n++) {
        assay_engine_kit_free(&kit);
        ck_assert_int_eq(assay_engine_kit_load(SKELETON, &kit, &err), ASSAY_OK);
        alloc_fail_at(n);
        rc = assay_engine_kit_configure(kit, options, NULL, NULL, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, hit ? ASSAY_E_NOMEM : ASSAY_OK);
    }
    ck_assert_str_eq(needle(), "a");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_kit");
    TCase *tc = tcase_create("kit");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, table_has_null_for_what_is_left_out);
    tcase_add_test(tc, defaults_fill_the_settings);
    tcase_add_test(tc, last_of_several_counts_and_text_is_taken_as_it_is);
    tcase_add_loop_test(tc, wrong_option_is_a_finding, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_test(tc, options_are_given_once);
    tcase_add_test(tc, file_that_is_no_engine_is_refused);
    tcase_add_test(tc, table_check_is_the_loaders);
    tcase_add_test(tc, no_memory_is_an_error_and_leaks_nothing);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
