/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Every way a policy-language file can be wrong gives a sentence that names
 * the file and the member, before any of its code runs.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/language_module.h"
#include "check_run.h"

static const struct {
    const char *variant;
    assay_rc want;
    const char *text;
} cases[] = {
    {"SYMBOL", ASSAY_E_ABI, "does not export 'assay_language_module_v1'"},
    {"SHORT", ASSAY_E_ABI, "too short"},
    {"SIZE", ASSAY_E_ABI, "too short"},
    {"MAJOR", ASSAY_E_ABI, "built for policy-language ABI 2.2"},
    {"NAME", ASSAY_E_ABI, "'name' is missing"},
    {"CONF", ASSAY_E_ABI, "'conf' is missing"},
    {"OPS", ASSAY_E_ABI, "'ops' is missing"},
    {"RUN", ASSAY_E_ABI, "'run' is missing"},
    {"nothing-of-that-name", ASSAY_E_NOTFOUND, "no such file"},
};

static struct assay__language_module *module;
static assay_error err;

static assay_rc load(const char *variant)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.so", ASSAY_TEST_LANGUAGES,
                   variant);
    return assay__language_module_load(path, &module, &err);
}

START_TEST(a_wrong_file_is_refused_with_a_sentence)
{
    ck_assert_int_eq(load(cases[_i].variant), cases[_i].want);
    ck_assert_msg(strstr(err.msg, cases[_i].text), "%s: got %s, want %s",
                  cases[_i].variant, err.msg, cases[_i].text);
    ck_assert_ptr_nonnull(strstr(err.msg, cases[_i].variant));
    ck_assert_ptr_null(module);
}
END_TEST

START_TEST(a_right_file_is_loaded)
{
    ck_assert_msg(load("NOTHING") == ASSAY_OK, "%s", err.msg);
    ck_assert_str_eq(assay__language_module_table(module)->name, "bad");
    assay__language_module_free(&module);
    ck_assert_ptr_null(module);
    assay__language_module_free(&module);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("language_module");
    TCase *tc = tcase_create("load");

    tcase_add_loop_test(tc, a_wrong_file_is_refused_with_a_sentence, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tc, a_right_file_is_loaded);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
