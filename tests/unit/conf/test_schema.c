/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: value types, fallback, module options, error texts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "check_run.h"

struct settings {
    const char *text;
    const char *path;
    int64_t timeout;
    int64_t any;
    int64_t least;
    uint64_t size;
    uint64_t small;
    bool flag;
    int action;
    uint32_t mode;
    assay_conf_list list;
    const char *needed;
};

static const assay_conf_word actions[] = {
    {"reject", 1, NULL},
    {"pass", 2, NULL},
    {"tempfail", 3, NULL},
    {"quarantine", 0, "'quarantine' has not been an action since 3.1"},
    {NULL, 0, NULL}};

#define MEMBER(m) .offset = offsetof(struct settings, m)

static assay_rc check_member(const char *text, assay_error *why)
{
    if (strcmp(text, "bad") != 0)
        return ASSAY_OK;
    return assay_error_set(why, ASSAY_E_INVAL, "'%s' is not a domain", text);
}

static const assay_conf_option options[] = {
    {.name = "text",
     .type = ASSAY_CONF_STRING,
     MEMBER(text),
     .default_value = "a b"},
    {.name = "path", .type = ASSAY_CONF_PATH, MEMBER(path)},
    {.name = "timeout",
     .type = ASSAY_CONF_INT,
     MEMBER(timeout),
     .default_value = "10",
     .min = 1,
     .max = 3600},
    {.name = "any", .type = ASSAY_CONF_INT, MEMBER(any)},
    {.name = "least",
     .type = ASSAY_CONF_INT,
     MEMBER(least),
     .min = -2,
     .max = INT64_MAX},
    {.name = "size", .type = ASSAY_CONF_SIZE, MEMBER(size)},
    {.name = "small",
     .type = ASSAY_CONF_SIZE,
     MEMBER(small),
     .min = 1,
     .max = 10},
    {.name = "Use_Wire_Rep",
     .type = ASSAY_CONF_BOOL,
     MEMBER(flag),
     .default_value = "true"},
    {.name = "action",
     .type = ASSAY_CONF_ENUM,
     MEMBER(action),
     .default_value = "reject",
     .words = actions},
    {.name = "file_mode",
     .type = ASSAY_CONF_PERMS,
     MEMBER(mode),
     .default_value = "0660"},
    {.name = "domain",
     .type = ASSAY_CONF_LIST,
     MEMBER(list),
     .default_value = "( x \"y z\" )",
     .check = check_member},
    {.name = "needed",
     .type = ASSAY_CONF_STRING,
     MEMBER(needed),
     .required = true},
    {.name = NULL}};

enum { NEEDED = 11 }; /* index of "needed" */

static struct assay__conf_store *store;
static struct settings settings;
static uint64_t set_mask;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    ck_assert_int_eq(
        assay__conf_defaults(options, sizeof settings, store, &settings, &err),
        ASSAY_OK);
    set_mask = 0;
}

static void teardown(void)
{
    assay__conf_store_free(&store);
    conf_teardown();
}

static void fill_from(const struct assay__conf_item *stanza)
{
    ck_assert_int_eq(assay__conf_fill(options, stanza, store, diags, &settings,
                                      &set_mask, &err),
                     ASSAY_OK);
}

static void fill(const char *text)
{
    fill_from(conf_parse_good(text));
}

static void fill_good(const char *text)
{
    fill(text);
    ck_assert_str_eq(conf_findings(), "");
}

static void expect_list(const char *want)
{
    char got[256] = "";

    for (size_t i = 0; i < settings.list.count; i++) {
        size_t used = strlen(got);

        (void)snprintf(got + used, sizeof got - used, "%s|",
                       settings.list.items[i]);
    }
    ck_assert_str_eq(got, want);
}

/* ---- types ------------------------------------------------------------- */

START_TEST(defaults_are_written)
{
    ck_assert_str_eq(settings.text, "a b");
    ck_assert_ptr_null(settings.path);
    ck_assert_int_eq(settings.timeout, 10);
    ck_assert_int_eq(settings.any, 0);
    ck_assert(settings.flag);
    ck_assert_int_eq(settings.action, 1);
    ck_assert_uint_eq(settings.mode, 0660);
    expect_list("x|y z|");
}
END_TEST

START_TEST(a_wrong_default_names_the_option)
{
    static const assay_conf_option wrong[] = {{.name = "timeout",
                                               .type = ASSAY_CONF_INT,
                                               MEMBER(timeout),
                                               .default_value = "10s"},
                                              {.name = NULL}};

    ck_assert_int_eq(
        assay__conf_defaults(wrong, sizeof settings, store, &settings, &err),
        ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "default of 'timeout': '10s'"));
}
END_TEST

START_TEST(strings_are_kept_as_written)
{
    fill_good("TEXT = \"x \\\"y\\\"\"");
    ck_assert_str_eq(settings.text, "x \"y\"");
    fill_good("text = ''");
    ck_assert_str_eq(settings.text, "");
    ck_assert_uint_eq(set_mask, 1);
}
END_TEST

START_TEST(settings_outlive_the_tree)
{
    fill_good("text = abc domain = ( d )");
    assay__conf_tree_free(&tree);
    ck_assert_str_eq(settings.text, "abc");
    expect_list("d|");
}
END_TEST

static const struct {
    const char *file, *value, *want;
} paths[] = {
    {"/etc/assay/assay.conf", "policy/a.lua", "/etc/assay/policy/a.lua"},
    {"/etc/assay/assay.conf", "/var/tmp", "/var/tmp"},
    {"/assay.conf", "x", "/x"},
    {"conf/assay.conf", "x", "conf/x"},
    {"assay.conf", "x", "x"},
};

START_TEST(paths_are_relative_to_the_file)
{
    char text[64];
    int len = snprintf(text, sizeof text, "path = \"%s\"", paths[_i].value);

    ck_assert_int_eq(assay__conf_parse_text(paths[_i].file, text, (size_t)len,
                                            diags, &tree, &err),
                     ASSAY_OK);
    fill_from(assay__conf_tree_root(tree));
    ck_assert_msg(strcmp(settings.path, paths[_i].want) == 0,
                  "case %d: got %s, want %s", _i, settings.path,
                  paths[_i].want);
}
END_TEST

static const struct {
    const char *text;
    int64_t want;
} integers[] = {
    {"0", 0},
    {"20", 20},
    {"\"20\"", 20},
    {"-1", -1},
    {"-0", 0},
    {"007", 7},
    {"9223372036854775807", INT64_MAX},
    {"-9223372036854775807", -INT64_MAX},
};

START_TEST(integers_are_read)
{
    char text[64];

    (void)snprintf(text, sizeof text, "any = %s", integers[_i].text);
    fill_good(text);
    ck_assert_msg(settings.any == integers[_i].want, "case %s: got %lld",
                  integers[_i].text, (long long)settings.any);
}
END_TEST

START_TEST(sizes_go_to_the_last_bit)
{
    fill_good("size = 18446744073709551615 small = '10'");
    ck_assert(settings.size == UINT64_MAX);
    ck_assert(settings.small == 10);
}
END_TEST

static const struct {
    const char *text;
    bool want;
} booleans[] = {
    {"on", true},     {"off", false},    {"true", true},
    {"FALSE", false}, {"Enabled", true}, {"disabled", false},
    {"yes", true},    {"No", false},     {"1", true},
    {"0", false},     {"\"on\"", true},  {"\"disabled\"", false},
};

START_TEST(booleans_are_read)
{
    char text[64];

    settings.flag = !booleans[_i].want;
    (void)snprintf(text, sizeof text, "use_wire_rep = %s", booleans[_i].text);
    fill_good(text);
    ck_assert_msg(settings.flag == booleans[_i].want, "case %s",
                  booleans[_i].text);
}
END_TEST

START_TEST(words_are_read_without_case)
{
    fill_good("action = pass");
    ck_assert_int_eq(settings.action, 2);
    fill_good("action = \"Reject\"");
    ck_assert_int_eq(settings.action, 1);
}
END_TEST

static const struct {
    const char *text;
    uint32_t want;
} modes[] = {
    {"0666", 0666}, {"775", 0775},   {"\"0660\"", 0660},
    {"0", 0},       {"7777", 07777}, {"00600", 0600},
};

START_TEST(modes_are_octal)
{
    char text[64];

    (void)snprintf(text, sizeof text, "file_mode = %s", modes[_i].text);
    fill_good(text);
    ck_assert_msg(settings.mode == modes[_i].want, "case %s: got %o",
                  modes[_i].text, settings.mode);
}
END_TEST

START_TEST(lists_replace_the_default_and_accumulate)
{
    fill_good("domain = a\ndomain = ( \"b c\", d )\ndomain = ()");
    expect_list("a|b c|d|");
}
END_TEST

START_TEST(an_empty_list_replaces_the_default)
{
    fill_good("domain = ()");
    expect_list("");
}
END_TEST

START_TEST(later_assignment_wins)
{
    fill_good("timeout = 5\nTimeout = 7");
    ck_assert_int_eq(settings.timeout, 7);
}
END_TEST

/* ---- wrong values ------------------------------------------------------ */

static const struct {
    const char *text;
    const char *want; /* the finding, as rendered in front of the line */
} wrong[] = {
    {"timeout = 10s", "1:11: error: 'timeout': '10s' is not a number: units "
                      "are not understood, write plain digits\n"},
    {"size = 10M", "1:8: error: 'size': '10M' is not a number: units are not "
                   "understood, write plain digits\n"},
    {"domain = bad", "1:10: error: 'domain': 'bad' is not a domain\n"},
    {"domain = ( a bad )", "1:14: error: 'domain': 'bad' is not a domain\n"},
    {"timeout = ten", "1:11: error: 'timeout': 'ten' is not a whole number\n"},
    {"timeout = 1.5", "1:11: error: 'timeout': '1.5' is not a whole number\n"},
    {"timeout = \"\"", "1:11: error: 'timeout': '' is not a whole number\n"},
    {"any = -", "1:7: error: 'any': '-' is not a whole number\n"},
    {"any = +1", "1:7: error: 'any': '+1' is not a whole number\n"},
    {"timeout = 0", "1:11: error: 'timeout': '0' is out of range, it must be "
                    "from 1 to 3600\n"},
    {"Timeout = 3601", "1:11: error: 'Timeout': '3601' is out of range, it "
                       "must be from 1 to 3600\n"},
    {"least = -3",
     "1:9: error: 'least': '-3' is out of range, it must be -2 or more\n"},
    {"any = 9223372036854775808",
     "1:7: error: 'any': '9223372036854775808' is out of range, it must be "
     "from -9223372036854775808 to 9223372036854775807\n"},
    {"timeout = 99999999999999999999999",
     "1:11: error: 'timeout': '99999999999999999999999' is out of range, it "
     "must be from 1 to 3600\n"},
    {"size = -1", "1:8: error: 'size': '-1' is out of range, it must be from "
                  "0 to 18446744073709551615 bytes\n"},
    {"size = 18446744073709551616",
     "1:8: error: 'size': '18446744073709551616' is out of range, it must be "
     "from 0 to 18446744073709551615 bytes\n"},
    {"small = 11", "1:9: error: 'small': '11' is out of range, it must be from "
                   "1 to 10 bytes\n"},
    {"use_wire_rep = maybe",
     "1:16: error: 'use_wire_rep': 'maybe' is neither on nor off (true or "
     "false, enabled or disabled, yes or no, 1 or 0)\n"},
    {"action = rejct",
     "1:10: error: 'action': 'rejct' is not valid, it must be reject, pass or "
     "tempfail\naction = rejct\n         ^~~~~\ndid you mean 'reject'?\n"},
    {"action = zzz", "1:10: error: 'action': 'zzz' is not valid, it must be "
                     "reject, pass or tempfail\naction = zzz\n         ^~~\n"},
    {"action = \"Quarantine\"",
     "1:10: error: 'action': 'quarantine' has not been an action since 3.1\n"},
    {"file_mode = 0689", "1:13: error: 'file_mode': '0689' is no file mode, it "
                         "must be octal from 0 to 07777\n"},
    {"file_mode = 10000", "1:13: error: 'file_mode': '10000' is no file mode"},
    {"file_mode = \"\"", "1:13: error: 'file_mode': '' is no file mode"},
    {"path = \"\"", "1:8: error: 'path': a path cannot be empty\n"},
    {"timeout = ( 1 2 )",
     "1:11: error: 'timeout' takes one value, not a list\n"},
    {"text = [ a = b ]", "1:8: error: 'text' takes one value, not a dict\n"},
    {"domain = [ a = b ]",
     "1:10: error: 'domain': a list is written ( a b )\n"},
    {"domain = ( a ( b ) )", "1:14: error: 'domain': a list holds only words"},
};

START_TEST(wrong_values_are_found)
{
    static const struct settings zero;
    char want[512];

    settings = zero;
    settings.timeout = 10;
    (void)snprintf(want, sizeof want, "t.conf:%s", wrong[_i].want);
    fill(wrong[_i].text);
    ck_assert_msg(strncmp(conf_findings(), want, strlen(want)) == 0,
                  "case %d: got\n%swant\n%s", _i, conf_findings(), want);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
}
END_TEST

START_TEST(a_wrong_value_leaves_what_was)
{
    fill("timeout = 0 action = x use_wire_rep = x file_mode = 9");
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 4);
    ck_assert_int_eq(settings.timeout, 10);
    ck_assert_int_eq(settings.action, 1);
    ck_assert(settings.flag);
    ck_assert_uint_eq(settings.mode, 0660);
    ck_assert_uint_eq(set_mask, 0);
}
END_TEST

/* ---- layers ------------------------------------------------------------ */

/* Default, then the antivirus stanza, then the engine's. */
START_TEST(inner_stanza_wins_over_outer_and_default)
{
    const struct assay__conf_item *outer = conf_item(
        conf_parse_good("antivirus \"a\" {\n"
                        "  timeout = 20\n  action = pass\n  domain = ( o p )\n"
                        "  clamav \"c\" { timeout = 30\n domain = q }\n"
                        "}"),
        "antivirus");

    fill_from(outer);
    fill_from(conf_item(outer, "clamav"));
    ck_assert_int_eq(settings.timeout, 30);
    ck_assert_int_eq(settings.action, 2);
    ck_assert_str_eq(settings.text, "a b");
    expect_list("q|");
    ck_assert_uint_eq(set_mask, 1U << 2 | 1U << 8 | 1U << 10);
}
END_TEST

START_TEST(a_shared_outer_stanza_is_judged_once)
{
    const struct assay__conf_item *root = conf_parse_good("timeout = 0");

    fill_from(root);
    fill_from(root);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
    ck_assert_uint_eq(set_mask, 0);
}
END_TEST

START_TEST(required_option_may_come_from_any_layer)
{
    const struct assay__conf_item *root =
        conf_parse_good("needed = x\nclamav \"c\" { }");

    fill_from(root);
    fill_from(conf_item(root, "clamav"));
    ck_assert_uint_eq(set_mask, 1U << NEEDED);
    assay__conf_check_required(options, set_mask, conf_item(root, "clamav"),
                               "clamav", diags);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 0);
}
END_TEST

START_TEST(missing_required_option_is_found)
{
    const struct assay__conf_item *root = conf_parse_good("\nclamav \"c\" { }");

    assay__conf_check_required(options, 0, conf_item(root, "clamav"), "clamav",
                               diags);
    ck_assert_str_eq(conf_findings(),
                     "t.conf:2:1: error: option 'needed' is required in scope "
                     "'clamav'\nclamav \"c\" { }\n^~~~~~\n");
}
END_TEST

START_TEST(required_option_with_a_wrong_value_is_not_missing_too)
{
    fill("needed = ( a )");
    assay__conf_check_required(options, set_mask, assay__conf_tree_root(tree),
                               "clamav", diags);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
}
END_TEST

/* ---- names ------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *want;
} names[] = {
    {"timeout = 1 CLAMAV { } license = x", ""},
    {"  timout = 10", "t.conf:1:3: error: 'timout' is not a valid option in "
                      "scope 'antivirus'\n  timout = 10\n  ^~~~~~\n"
                      "did you mean 'timeout'?\n"},
    {"licence = 10", "t.conf:1:1: error: 'licence' is not a valid option in "
                     "scope 'antivirus'\nlicence = 10\n^~~~~~~\n"
                     "did you mean 'license'?\n"},
    {"zzz = 10", "t.conf:1:1: error: 'zzz' is not a valid option in scope "
                 "'antivirus'\nzzz = 10\n^~~\n"},
    {"clamva { }", "t.conf:1:1: error: 'clamva' is not a valid scope name in "
                   "scope 'antivirus'\nclamva { }\n^~~~~~\n"
                   "did you mean 'clamav'?\n"},
    {"timeout { }", "t.conf:1:1: error: 'timeout' is an option, not a stanza, "
                    "in scope 'antivirus'; it is written 'timeout = value'\n"
                    "timeout { }\n^~~~~~~\n"},
    {"clamav = 1", "t.conf:1:1: error: 'clamav' is a stanza, not an option, in "
                   "scope 'antivirus'; it is written with braces\n"
                   "clamav = 1\n^~~~~~\n"},
};

START_TEST(names_are_checked)
{
    static const assay_conf_option more[] = {{.name = "license"},
                                             {.name = NULL}};
    static const assay_conf_option *const tables[] = {options, more, NULL};
    static const char *const children[] = {"clamav", "csapi", NULL};

    assay__conf_check_names(conf_parse_good(names[_i].text), tables, children,
                            "antivirus", diags);
    ck_assert_msg(strcmp(conf_findings(), names[_i].want) == 0,
                  "case %d: got\n%swant\n%s", _i, conf_findings(),
                  names[_i].want);
}
END_TEST

static const struct {
    const char *text;
    bool named;
    const char *want;
} instances[] = {
    {"clamav \"c\" { }", true, ""},
    {"clamav { }", false, ""},
    {"clamav { }", true,
     "t.conf:1:1: error: stanza 'clamav' needs an instance "
     "name: clamav \"name\" { }\n"},
    {"clamav \"c\" { }", false,
     "t.conf:1:8: error: stanza 'clamav' takes no "
     "instance name\n"},
    {"clamav \"\" { }", true,
     "t.conf:1:8: error: the instance name of 'clamav' is empty\n"},
    {"clamav \"1234567890123456789012345678901234567890\" { }", true, ""},
    {"clamav 12345678901234567890123456789012345678901 { }", true,
     "t.conf:1:8: error: the instance name is longer than 40 bytes, the "
     "limit\n"},
};

START_TEST(instances_are_checked)
{
    const char *want = instances[_i].want;

    assay__conf_check_instance(
        conf_item(conf_parse_good(instances[_i].text), "clamav"),
        instances[_i].named, diags);
    ck_assert_msg(strncmp(conf_findings(), want, strlen(want)) == 0 &&
                      (*want != '\0' || *conf_findings() == '\0'),
                  "case %d: got\n%swant\n%s", _i, conf_findings(), want);
}
END_TEST

static const char *next_candidate(void *arg, size_t i)
{
    static const char *const candidates[] = {
        "timeout",    "use_wire_rep",     "pool",
        "cache_size", "clean_cache_size", NULL};

    (void)arg;
    return candidates[i];
}

static const struct {
    const char *word, *want;
} nearest[] = {
    {"timeout", "timeout"},
    {"timout", "timeout"},
    {"itmeout", "timeout"},
    {"TIME_OUT", "timeout"},
    {"tmot", NULL},
    {"cachesize", "cache_size"},
    {"clean_cachesize", "clean_cache_size"},
    {"wire_rep", NULL},
    {"use-wire-rep", "use_wire_rep"},
    {"pol", "pool"},
    {"po", NULL},
    {"", NULL},
    {"0123456789012345678901234567890123456789012345678901234567890123456",
     NULL},
};

START_TEST(nearest_word_is_found)
{
    const char *got =
        assay__conf_nearest(nearest[_i].word, next_candidate, NULL);

    ck_assert_msg(
        got == nearest[_i].want ||
            (got && nearest[_i].want && strcmp(got, nearest[_i].want) == 0),
        "%s: got %s, want %s", nearest[_i].word, got ? got : "(none)",
        nearest[_i].want ? nearest[_i].want : "(none)");
}
END_TEST

static void add_types(TCase *tc)
{
    tcase_add_test(tc, defaults_are_written);
    tcase_add_test(tc, a_wrong_default_names_the_option);
    tcase_add_test(tc, strings_are_kept_as_written);
    tcase_add_test(tc, settings_outlive_the_tree);
    tcase_add_loop_test(tc, paths_are_relative_to_the_file, 0,
                        ASSAY_COUNT_OF(paths));
    tcase_add_loop_test(tc, integers_are_read, 0, ASSAY_COUNT_OF(integers));
    tcase_add_test(tc, sizes_go_to_the_last_bit);
    tcase_add_loop_test(tc, booleans_are_read, 0, ASSAY_COUNT_OF(booleans));
    tcase_add_test(tc, words_are_read_without_case);
    tcase_add_loop_test(tc, modes_are_octal, 0, ASSAY_COUNT_OF(modes));
    tcase_add_test(tc, lists_replace_the_default_and_accumulate);
    tcase_add_test(tc, an_empty_list_replaces_the_default);
    tcase_add_test(tc, later_assignment_wins);
    tcase_add_loop_test(tc, wrong_values_are_found, 0, ASSAY_COUNT_OF(wrong));
    tcase_add_test(tc, a_wrong_value_leaves_what_was);
}

static void add_checks(TCase *tc)
{
    tcase_add_test(tc, inner_stanza_wins_over_outer_and_default);
    tcase_add_test(tc, a_shared_outer_stanza_is_judged_once);
    tcase_add_test(tc, required_option_may_come_from_any_layer);
    tcase_add_test(tc, missing_required_option_is_found);
    tcase_add_test(tc, required_option_with_a_wrong_value_is_not_missing_too);
    tcase_add_loop_test(tc, names_are_checked, 0, ASSAY_COUNT_OF(names));
    tcase_add_loop_test(tc, instances_are_checked, 0,
                        ASSAY_COUNT_OF(instances));
    tcase_add_loop_test(tc, nearest_word_is_found, 0, ASSAY_COUNT_OF(nearest));
}

int main(void)
{
    Suite *suite = suite_create("conf_schema");
    TCase *tc = tcase_create("schema");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    add_types(tc);
    add_checks(tc);
    return check_run(suite);
}
