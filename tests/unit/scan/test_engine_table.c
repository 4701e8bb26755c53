/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* What makes the loader refuse a table, member by member. */
#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "scan/engine_table.h"
#include "check_run.h"

struct settings {
    const char *folder;
    int64_t depth;
    int mode;
};

/* A complete engine of the test's own, to be spoiled by one change. */
static struct engine {
    assay_engine_module table;
    assay_engine_ops ops;
    assay_conf_stanza conf;
    assay_conf_option options[3];
    size_t available;
} it;

static assay_rc any_open(const assay_engine_args *args, void **instance_out,
                         assay_error *err)
{
    (void)args;
    (void)instance_out;
    (void)err;
    abort();
}

static void any_close(void *instance)
{
    (void)instance;
    abort();
}

static void any_scan(void *instance, const assay_scan_args *args,
                     assay_finding *finding)
{
    (void)instance;
    (void)args;
    (void)finding;
    abort();
}

static void any_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    memset(buf, 0, size);
    abort();
}

static void setup(void)
{
    it.options[0] =
        (assay_conf_option){.name = "folder",
                            .type = ASSAY_CONF_PATH,
                            .offset = offsetof(struct settings, folder)};
    it.options[1] =
        (assay_conf_option){.name = "depth",
                            .type = ASSAY_CONF_INT,
                            .offset = offsetof(struct settings, depth),
                            .min = 1,
                            .max = 9};
    it.options[2] = (assay_conf_option){.name = NULL};
    it.conf = (assay_conf_stanza){.name = "foo",
                                  .named = true,
                                  .settings_size = sizeof(struct settings),
                                  .options = it.options};
    it.ops = (assay_engine_ops){.struct_size = sizeof it.ops,
                                .open = any_open,
                                .close = any_close,
                                .scan = any_scan,
                                .epoch = any_epoch};
    it.table = (assay_engine_module){.struct_size = sizeof it.table,
                                     .abi_major = ASSAY_ENGINE_ABI_MAJOR,
                                     .abi_minor = ASSAY_ENGINE_ABI_MINOR,
                                     .name = "foo",
                                     .version = "1",
                                     .conf = &it.conf,
                                     .ops = &it.ops};
    it.available = sizeof it.table;
}

static assay_rc check(assay_error *err)
{
    return assay__engine_table_check("foo.so", &it.table, it.available, err);
}

static void another_major(void)
{
    it.table.abi_major = 2;
}
static void another_major_and_layout(void)
{
    it.table.abi_major = 3;
    it.table.abi_minor = 4;
    it.table.name = NULL;
    it.table.struct_size = 0;
}
static void tiny_symbol(void)
{
    it.available = 4;
}
static void short_table(void)
{
    it.table.struct_size = 16;
}
static void table_longer_than_symbol(void)
{
    it.table.struct_size += 8;
}
static void no_name(void)
{
    it.table.name = NULL;
}
static void empty_name(void)
{
    it.table.name = "";
}
static void capital_name(void)
{
    it.table.name = "Foo";
}
static void path_name(void)
{
    it.table.name = "foo/../bar";
}
static void long_name(void)
{
    it.table.name = "a2345678901234567890123456789012345678901";
}
static void no_version(void)
{
    it.table.version = NULL;
}
static void no_ops(void)
{
    it.table.ops = NULL;
}
static void short_ops(void)
{
    it.ops.struct_size = 8;
}
static void no_open(void)
{
    it.ops.open = NULL;
}
static void no_close(void)
{
    it.ops.close = NULL;
}
static void no_scan(void)
{
    it.ops.scan = NULL;
}
static void no_epoch(void)
{
    it.ops.epoch = NULL;
}
static void no_conf(void)
{
    it.table.conf = NULL;
}
static void conf_of_another(void)
{
    it.conf.name = "bar";
}
static void conf_without_name(void)
{
    it.conf.name = NULL;
}
static void conf_not_named(void)
{
    it.conf.named = false;
}
static void option_with_blank(void)
{
    it.options[0].name = "the folder";
}
static void option_twice(void)
{
    it.options[1].name = "folder";
}
static void option_of_no_type(void)
{
    it.options[1].type = (assay_conf_type)55;
}
static void option_outside(void)
{
    it.options[1].offset = sizeof(struct settings) - 4;
}
static void option_far_outside(void)
{
    it.options[1].offset = (size_t)-4;
}
static void option_with_empty_range(void)
{
    it.options[1].min = 10;
}
static void option_without_words(void)
{
    it.options[1].type = ASSAY_CONF_ENUM;
}

static const struct {
    void (*spoil)(void);
    const char *want;
} refusals[] = {
    {another_major, "foo.so: built for engine ABI 2.3, this libassay has 1.3"},
    {another_major_and_layout,
     "foo.so: built for engine ABI 3.4, this libassay has 1.3"},
    {tiny_symbol,
     "foo.so: its 'assay_engine_module_v1' is no engine table: 4 bytes"},
    {short_table, "foo.so: 'struct_size' is 16, engine ABI 1.3 needs 72"},
    {table_longer_than_symbol,
     "foo.so: 'struct_size' is 80, but its engine table has 72 bytes"},
    {no_name, "foo.so: 'name' is missing in its engine table"},
    {empty_name, "foo.so: 'name' is missing in its engine table"},
    {capital_name, "foo.so: 'name' is \"Foo\"; it must be a-z, 0-9 and _, at "
                   "most 40 of them"},
    {path_name, "foo.so: 'name' is \"foo/../bar\"; it must be a-z, 0-9 and _, "
                "at most 40 of them"},
    {long_name, "foo.so: 'name' is \"a2345678901234567890123456789012345678901"
                "\"; it must be a-z, 0-9 and _, at most 40 of them"},
    {no_version, "foo.so: 'version' is missing in its engine table"},
    {no_ops, "foo.so: 'ops' is missing in its engine table"},
    {short_ops, "foo.so: 'struct_size' of its operations is 8, engine ABI 1.3 "
                "needs 56"},
    {no_open, "foo.so: 'open' is missing in its operations"},
    {no_close, "foo.so: 'close' is missing in its operations"},
    {no_scan, "foo.so: 'scan' is missing in its operations"},
    {no_epoch, "foo.so: 'epoch' is missing in its operations"},
    {no_conf, "foo.so: 'conf' is missing in its engine table"},
    {conf_of_another,
     "foo.so: 'conf' is for a stanza 'bar', the engine's name is 'foo'"},
    {conf_without_name,
     "foo.so: 'conf' is for a stanza '', the engine's name is 'foo'"},
    {conf_not_named, "foo.so: 'named' is not set in its 'conf'; an engine "
                     "stanza takes an instance name"},
    {option_with_blank, "foo.so: option 'the folder' in its 'conf' has a name "
                        "that is not a-z, 0-9 and _"},
    {option_twice, "foo.so: option 'folder' in its 'conf' is there twice"},
    {option_of_no_type,
     "foo.so: option 'depth' in its 'conf' has an unknown type"},
    {option_outside,
     "foo.so: option 'depth' in its 'conf' lies outside its settings"},
    {option_far_outside,
     "foo.so: option 'depth' in its 'conf' lies outside its settings"},
    {option_with_empty_range,
     "foo.so: option 'depth' in its 'conf' has a range that is empty"},
    {option_without_words,
     "foo.so: option 'depth' in its 'conf' has no words to choose from"},
};

START_TEST(refusal_names_file_and_member)
{
    assay_error err = {0};

    refusals[_i].spoil();
    ck_assert_int_eq(check(&err), ASSAY_E_ABI);
    ck_assert_str_eq(err.msg, refusals[_i].want);
}
END_TEST

START_TEST(complete_table_is_accepted)
{
    assay_error err = {0};

    ck_assert_msg(check(&err) == ASSAY_OK, "%s", err.msg);
    it.conf.options = NULL;
    ck_assert_msg(check(&err) == ASSAY_OK, "%s", err.msg);
}
END_TEST

START_TEST(longest_name_is_accepted)
{
    assay_error err = {0};

    it.table.name = it.conf.name = "a23456789012345678901234567890123456789_";
    ck_assert_uint_eq(strlen(it.table.name), ASSAY_NAME_MAX);
    ck_assert_msg(check(&err) == ASSAY_OK, "%s", err.msg);
}
END_TEST

START_TEST(table_without_end_stops_at_the_limit)
{
    static assay_conf_option many[ASSAY__ENGINE_OPTIONS_MAX + 1];
    static char names[ASSAY__ENGINE_OPTIONS_MAX + 1][4];
    assay_error err = {0};

    for (size_t i = 0; i < ASSAY_COUNT_OF(many); i++) {
        names[i][0] = 'o';
        names[i][1] = (char)('a' + i / 26);
        names[i][2] = (char)('a' + i % 26);
        many[i] = (assay_conf_option){
            .name = names[i], .type = ASSAY_CONF_INT, .offset = 8};
    }
    it.conf.options = many;
    ck_assert_int_eq(check(&err), ASSAY_E_ABI);
    ck_assert_str_eq(err.msg,
                     "foo.so: option 'ocm' in its 'conf' is one too many");
}
END_TEST

/* It could use members of our structs that we do not have. */
START_TEST(newer_minor_is_refused)
{
    assay_error err = {0};

    it.table.abi_minor = ASSAY_ENGINE_ABI_MINOR + 1;
    ck_assert_int_eq(check(&err), ASSAY_E_ABI);
    ck_assert_str_eq(err.msg,
                     "foo.so: built for engine ABI 1.4, this libassay has 1.3");
}
END_TEST

START_TEST(defaults_stand_in_for_null)
{
    assay_engine_module copy;
    assay_engine_ops ops;
    assay_error err = {0};

    assay__engine_table_copy(&it.table, &copy, &ops);
    ck_assert_ptr_eq(copy.ops, &ops);
    ck_assert_str_eq(copy.description, "");
    ck_assert_str_eq(copy.infected_value, "virus");
    ck_assert_ptr_nonnull(ops.probe);
    ck_assert_int_eq(ops.probe(NULL, &err), ASSAY_OK);
    ck_assert(ops.version == ops.epoch);
}
END_TEST

START_TEST(null_error_is_allowed)
{
    it.ops.scan = NULL;
    ck_assert_int_eq(check(NULL), ASSAY_E_ABI);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_table");
    TCase *tc = tcase_create("engine_table");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, refusal_names_file_and_member, 0,
                        ASSAY_COUNT_OF(refusals));
    tcase_add_test(tc, complete_table_is_accepted);
    tcase_add_test(tc, longest_name_is_accepted);
    tcase_add_test(tc, table_without_end_stops_at_the_limit);
    tcase_add_test(tc, newer_minor_is_refused);
    tcase_add_test(tc, defaults_stand_in_for_null);
    tcase_add_test(tc, null_error_is_allowed);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
