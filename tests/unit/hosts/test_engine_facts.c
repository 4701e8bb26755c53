/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "hosts/cli/engine_facts.h"

#define LIES ENGINES "/lies/"

static struct assay__elf_image *image;
static struct assay__engine_facts facts;

static void read_facts(const char *path)
{
    assay_error err = {0};

    ck_assert_msg(assay__elf_image_read(path, &image, &err) == ASSAY_OK, "%s",
                  err.msg);
    assay__engine_facts_read("x.so", image, &facts);
}

static void teardown(void)
{
    assay__engine_facts_fini(&facts);
    assay__elf_image_free(&image);
}

START_TEST(engine_says_what_it_is)
{
    read_facts(ENGINES "/skeleton.so");
    ck_assert_int_eq(facts.kind, ASSAY__MODULE_ENGINE);
    ck_assert_msg(facts.verdict == ASSAY_OK, "%s", facts.refusal.msg);
    ck_assert_str_eq(facts.table.name, "skeleton");
    ck_assert_str_eq(facts.table.version, "1.0");
    ck_assert_str_eq(facts.table.description, "finds one text");
    ck_assert_ptr_null(facts.table.infected_value);
    ck_assert_ptr_nonnull(facts.ops.probe);
    ck_assert_ptr_null(facts.ops.refresh);
}
END_TEST

START_TEST(options_are_those_of_the_table)
{
    read_facts(ENGINES "/skeleton.so");
    ck_assert_uint_eq(facts.option_count, 1);
    ck_assert_str_eq(facts.options[0].name, "needle");
    ck_assert_int_eq(facts.options[0].type, ASSAY_CONF_STRING);
    ck_assert_str_eq(facts.options[0].default_value, "skeleton-test-needle");
    teardown();
    read_facts(LIES "none.so");
    ck_assert_msg(facts.verdict == ASSAY_OK, "%s", facts.refusal.msg);
    ck_assert_uint_eq(facts.option_count, 1);
    ck_assert_str_eq(facts.options[0].words[0].name, "first");
    ck_assert_ptr_null(facts.options[0].words[1].name);
}
END_TEST

static const struct {
    const char *path;
    const char *want;
} lies[] = {
    {LIES "name_wild.so", "'name' in its engine table is no text in the file "
                          "of less than 4096 bytes"},
    {LIES "text_long.so", "'description' in its engine table is no text in "
                          "the file of less than 4096 bytes"},
    {LIES "ops_wild.so", "'ops' in its engine table does not lie in the file"},
    {LIES "conf_wild.so",
     "'conf' in its engine table does not lie in the file"},
    {LIES "options_wild.so", "'options' in its 'conf' has no end in the file"},
    {LIES "options_many.so", "option 'same' in its 'conf' is there twice"},
    {LIES "option_type.so", "option 'odd' in its 'conf' has an unknown type"},
    {LIES "option_outside.so",
     "option 'far' in its 'conf' lies outside its settings"},
    {LIES "words_wild.so",
     "'mode' in its 'conf' has words that do not lie in the file"},
    {LIES "words_many.so", "'mode' in its 'conf' has more than 256 words"},
    {LIES "word_wild.so", "'mode' in its 'conf' is no text in the file of "
                          "less than 4096 bytes"},
    {LIES "default_wild.so", "'mode' in its 'conf' is no text in the file of "
                             "less than 4096 bytes"},
    {LIES "size_lies.so",
     "'struct_size' is 4096, but its engine table has 72 bytes"},
    {LIES "minor.so", "built for engine ABI 1."},
    {FAKES "/bad/short.so", "'struct_size' is 16, engine ABI 1."},
    {FAKES "/bad/newer.so", "built for engine ABI 2."},
    {FAKES "/bad/noscan.so", "'scan' is missing in its operations"},
    {FAKES "/bad/noname.so", "'name' is missing in its engine table"},
    {FAKES "/bad/notable.so",
     "is not an engine: it has no 'assay_engine_module_v1'"},
    {FAKES "/bad/small.so",
     "its 'assay_engine_module_v1' is no engine table: 4 bytes"},
    {FAKES "/bad/undefined.so",
     "cannot be loaded: undefined symbol: assay_tests_nowhere"},
};

START_TEST(lie_is_refused_in_the_words_of_the_loader)
{
    char want[ASSAY_ERROR_MAX];

    read_facts(lies[_i].path);
    (void)snprintf(want, sizeof want, "x.so: %s", lies[_i].want);
    ck_assert_int_eq(facts.verdict, ASSAY_E_ABI);
    ck_assert_msg(strncmp(facts.refusal.msg, want, strlen(want)) == 0,
                  "got %s, want %s", facts.refusal.msg, want);
}
END_TEST

/* The loader clamps that size, too. */
START_TEST(operations_of_a_later_libassay_are_cut)
{
    read_facts(LIES "ops_huge.so");
    ck_assert_msg(facts.verdict == ASSAY_OK, "%s", facts.refusal.msg);
    ck_assert_ptr_nonnull(facts.ops.scan);
    ck_assert_ptr_null(facts.ops.newer);
}
END_TEST

static const struct {
    const char *path;
    enum assay__module_kind kind;
    const char *name;
} others[] = {
    {SCORERS "/spamd.so", ASSAY__MODULE_SCORER, "spamd"},
    {CARTRIDGES "/sample.so", ASSAY__MODULE_CARTRIDGE, "sample"},
    {PROVIDERS "/hostile.so", ASSAY__MODULE_PROVIDER, "hostile"},
};

START_TEST(other_module_is_recognised)
{
    read_facts(others[_i].path);
    ck_assert_int_eq(facts.kind, others[_i].kind);
    ck_assert_str_eq(facts.table.name, others[_i].name);
    ck_assert_int_eq(facts.verdict, ASSAY_OK);
}
END_TEST

#if defined(__x86_64__)
START_TEST(engine_for_another_machine_is_read_and_not_loaded)
{
    read_facts(CORPUS "/engine_aarch64");
    ck_assert_str_eq(facts.table.name, "skeleton");
    ck_assert_str_eq(facts.options[0].default_value, "skeleton-test-needle");
    ck_assert_ptr_nonnull(facts.ops.scan);
    ck_assert_str_eq(facts.refusal.msg, "x.so: cannot be loaded: it is for "
                                        "aarch64, this is another machine");
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("engine_facts");
    TCase *tc = tcase_create("facts");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, engine_says_what_it_is);
    tcase_add_test(tc, options_are_those_of_the_table);
    tcase_add_loop_test(tc, lie_is_refused_in_the_words_of_the_loader, 0,
                        sizeof lies / sizeof *lies);
    tcase_add_test(tc, operations_of_a_later_libassay_are_cut);
#if defined(__x86_64__)
    tcase_add_test(tc, engine_for_another_machine_is_read_and_not_loaded);
#endif
    tcase_add_loop_test(tc, other_module_is_recognised, 0,
                        sizeof others / sizeof *others);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
