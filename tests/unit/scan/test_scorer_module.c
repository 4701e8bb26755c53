/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <string.h>

#include "base/sizes.h"
#include "check_run.h"
#include "scan/scorer_module.h"

static const struct {
    const char *backend;
    assay_rc want;
    const char *want_text;
} refusals[] = {
    {"bad_symbol", ASSAY_E_ABI, "it has no 'assay_scorer_module_v1'"},
    {"bad_size", ASSAY_E_ABI, "too short (16 bytes"},
    {"bad_major", ASSAY_E_ABI, "built for scorer ABI 2.0, this libassay has"},
    {"bad_minor", ASSAY_E_ABI, "built for scorer ABI 1.1, this libassay has"},
    {"bad_name", ASSAY_E_ABI, "calls itself 'another', not 'bad_name'"},
    {"bad_ops", ASSAY_E_ABI, "'ops' is missing"},
    {"bad_score", ASSAY_E_ABI, "'score' is missing"},
    {"bad_conf", ASSAY_E_ABI, "option 'outside' in its 'conf' lies outside"},
    {"missing", ASSAY_E_NOTFOUND, "missing.so"},
    {"../scripted", ASSAY_E_INVAL, "cannot be a backend"},
    {"", ASSAY_E_INVAL, "cannot be a backend"},
};

START_TEST(refuses_with_a_sentence)
{
    struct assay__scorer_module *module = NULL;
    assay_error err = {0};
    assay_rc rc = assay__scorer_module_load(
        SCORERS_FOLDER, refusals[_i].backend, &module, &err);

    ck_assert_msg(rc == refusals[_i].want, "case %d: %s", _i, err.msg);
    ck_assert_msg(strstr(err.msg, refusals[_i].want_text), "case %d: %s", _i,
                  err.msg);
    ck_assert_ptr_null(module);
}
END_TEST

START_TEST(puts_defaults_in_place_of_null)
{
    struct assay__scorer_module *module = NULL;
    const assay_scorer_ops *ops;
    assay_error err = {0};

    ck_assert_int_eq(
        assay__scorer_module_load(SCORERS_FOLDER, "plain", &module, &err),
        ASSAY_OK);
    ops = assay__scorer_module_table(module)->ops;
    ck_assert_int_eq(ops->analyze(NULL, "x", 1, 0, NULL, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(ops->score_address(NULL, "x", 0, NULL, &err),
                     ASSAY_E_NOTFOUND);
    ops->start(NULL, 0);
    assay__scorer_module_unref(&module);
    ck_assert_ptr_null(module);
}
END_TEST

START_TEST(the_same_file_twice_is_the_same_code)
{
    struct assay__scorer_module *one = NULL, *two = NULL;

    ck_assert_int_eq(
        assay__scorer_module_load(SCORERS_FOLDER, "scripted", &one, NULL),
        ASSAY_OK);
    ck_assert_int_eq(
        assay__scorer_module_load(SCORERS_FOLDER, "scripted", &two, NULL),
        ASSAY_OK);
    ck_assert(assay__scorer_module_is_same(one, two));
    assay__scorer_module_unref(&one);
    assay__scorer_module_unref(&two);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scorer_module");
    TCase *tcase = tcase_create("scorer_module");

    tcase_add_loop_test(tcase, refuses_with_a_sentence, 0,
                        ASSAY_COUNT_OF(refusals));
    tcase_add_test(tcase, puts_defaults_in_place_of_null);
    tcase_add_test(tcase, the_same_file_twice_is_the_same_code);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
