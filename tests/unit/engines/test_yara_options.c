/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options of a yara stanza as a configuration sets them.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "opt_file.h"
#include "yara_engine.h"

#define COUNT_OF(array) (int)(sizeof(array) / sizeof((array)[0]))

static struct assay__conf_store *store;
static struct assay__yara_settings settings;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    ck_assert_msg(assay__conf_defaults(assay__yara_conf.options,
                                       sizeof settings, store, &settings,
                                       &err) == ASSAY_OK,
                  "%s", err.msg);
}

static void teardown(void)
{
    assay__conf_store_free(&store);
    conf_teardown();
}

static const char *fill(const char *text)
{
    ck_assert_int_eq(assay__conf_fill(assay__yara_conf.options,
                                      conf_parse_good(text), store, diags,
                                      &settings, NULL, &err),
                     ASSAY_OK);
    return conf_findings();
}

START_TEST(options_are_documented)
{
    char text[2048];

    ck_assert_msg(opt_file_compare(YARA_OPT, assay__yara_conf.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(defaults_are_the_documented_ones)
{
    ck_assert_ptr_null(settings.rules);
    ck_assert_int_eq(settings.scan_timeout, 0);
    ck_assert(!settings.fast_mode);
    ck_assert_int_eq(settings.max_files, 10000);
    ck_assert_uint_eq(settings.max_rules_size, 67108864);
    ck_assert_int_eq(settings.max_rules, 100000);
    ck_assert_str_eq(settings.threat_meta, "threat");
    ck_assert_str_eq(settings.code_meta, "scan_code");
    ck_assert_str_eq(settings.severity_meta, "severity");
    ck_assert_int_eq(settings.min_severity, 0);
    ck_assert_uint_eq(settings.ignore_tags.count, 0);
}
END_TEST

START_TEST(all_documented_options_are_taken)
{
    ck_assert_str_eq(fill("rules = \"/srv/rules\"\nscan_timeout = 5\n"
                          "fast_mode = on\nmax_files = 20\n"
                          "max_rules_size = 4096\nmax_rules = 7\n"
                          "threat_meta = malware\ncode_meta = id\n"
                          "severity_meta = score\nmin_severity = -3\n"
                          "ignore_tags = ( info test )\n"),
                     "");
    ck_assert_str_eq(settings.rules, "/srv/rules");
    ck_assert_int_eq(settings.scan_timeout, 5);
    ck_assert(settings.fast_mode);
    ck_assert_int_eq(settings.max_files, 20);
    ck_assert_uint_eq(settings.max_rules_size, 4096);
    ck_assert_int_eq(settings.max_rules, 7);
    ck_assert_str_eq(settings.threat_meta, "malware");
    ck_assert_str_eq(settings.code_meta, "id");
    ck_assert_str_eq(settings.severity_meta, "score");
    ck_assert_int_eq(settings.min_severity, -3);
    ck_assert_uint_eq(settings.ignore_tags.count, 2);
}
END_TEST

static const struct {
    const char *text, *want;
} wrong[] = {
    {"rules = \"\"", "rules"},
    {"scan_timeout = -1", "0 to 86400"},
    {"fast_mode = perhaps", "perhaps"},
    {"max_files = 0", "1 to 1000000"},
    {"max_rules_size = 1023", "1024 to 1073741824"},
    {"max_rules = 0", "1 to 10000000"},
    {"min_severity = high", "high"},
};

START_TEST(a_wrong_value_is_an_error_with_its_range)
{
    const char *findings = fill(wrong[_i].text);

    ck_assert_msg(
        strstr(findings, "error: ") && strstr(findings, wrong[_i].want),
        "%s: got \"%s\", want %s", wrong[_i].text, findings, wrong[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yara_options");
    TCase *tc = tcase_create("options");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, options_are_documented);
    tcase_add_test(tc, defaults_are_the_documented_ones);
    tcase_add_test(tc, all_documented_options_are_taken);
    tcase_add_loop_test(tc, a_wrong_value_is_an_error_with_its_range, 0,
                        COUNT_OF(wrong));
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
