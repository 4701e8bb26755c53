/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options of a csapi stanza as a configuration sets them (CS-03, CS-05 to
 * CS-13): defaults, ranges, and what they make an instance want of its
 * scanner processes.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "csapi_engine.h"
#include "opt_file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__conf_store *store;
static struct assay__csapi_settings settings;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    ck_assert_msg(assay__conf_defaults(assay__csapi_conf.options,
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
    ck_assert_int_eq(assay__conf_fill(assay__csapi_conf.options,
                                      conf_parse_good(text), store, diags,
                                      &settings, NULL, &err),
                     ASSAY_OK);
    return conf_findings();
}

static assay_engine_isolation isolation(int64_t general_s)
{
    assay_engine_isolation wanted = {.struct_size = sizeof wanted,
                                     .update_interval_s = general_s};

    assay__csapi_ops.isolation(&settings, &wanted);
    return wanted;
}

START_TEST(options_are_documented)
{
    char text[2048];

    ck_assert_msg(opt_file_compare(CSAPI_OPT, assay__csapi_conf.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(defaults_are_the_documented_ones)
{
    ck_assert_int_eq(settings.max_concurrency, 0); /* that is, not set: 1 */
    ck_assert_uint_eq(settings.max_cumulative_extract_size, 0);
    ck_assert_int_eq(settings.max_extract_depth, 10);
    ck_assert_uint_eq(settings.max_extract_size, 104857600);
    ck_assert_int_eq(settings.max_extract_time, 180);
    ck_assert_int_eq(settings.max_file_count, 5000);
    ck_assert(!settings.prefer_mem);
    ck_assert_str_eq(settings.scanner_log, "/var/log/ecelerity/csapi.log");
    ck_assert_ptr_null(settings.scanner_path);
    ck_assert_int_eq(settings.update_interval, 86400);
    ck_assert_ptr_null(settings.provider);
    ck_assert_str_eq(settings.definitions, "/var/lib/clamav");
    ck_assert_uint_eq(settings.updater.count, 0);
}
END_TEST

/* The stanza of the manual, with all that it has. */
START_TEST(all_documented_options_are_taken)
{
    ck_assert_str_eq(
        fill("max_concurrency = 4\n"
             "max_cumulative_extract_size = \"2147483648\"\n"
             "max_extract_depth = 50\nmax_extract_size = 5000000\n"
             "max_extract_time = 0\nmax_file_count = 0\nprefer_mem = true\n"
             "scanner_log = \"/var/log/csapi.log\"\n"
             "scanner_path = \"/opt/msys/ecelerity/sbin/ec_avscan\"\n"
             "update_interval = 600\n"),
        "");
    ck_assert_int_eq(settings.max_concurrency, 4);
    ck_assert_uint_eq(settings.max_cumulative_extract_size, 2147483648);
    ck_assert_int_eq(settings.max_extract_depth, 50);
    ck_assert_uint_eq(settings.max_extract_size, 5000000);
    ck_assert_int_eq(settings.max_extract_time, 0);
    ck_assert_int_eq(settings.max_file_count, 0);
    ck_assert(settings.prefer_mem);
}
END_TEST

static const struct {
    const char *text, *want;
} wrong[] = {
    /* CS-03 */
    {"max_concurrency = 0", "1 to"},
    {"max_concurrency = -1", "1 to"},
    {"max_concurrency = many", "many"},
    /* CS-05 */
    {"max_cumulative_extract_size = 2147483649", "0 to 2147483648"},
    {"max_cumulative_extract_size = 200M", "200M"},
    /* CS-06 */
    {"max_extract_depth = 0", "1 to 50"},
    {"max_extract_depth = 51", "1 to 50"},
    /* CS-07 */
    {"max_extract_size = 2147483649", "0 to 2147483648"},
    {"max_extract_size = -1", "-1"},
    /* CS-08 */
    {"max_extract_time = -1", "0 to"},
    /* CS-09 */
    {"max_file_count = -1", "0 to"},
    /* CS-10 */
    {"prefer_mem = perhaps", "perhaps"},
    /* CS-11 */
    {"scanner_log = \"\"", "scanner_log"},
    /* CS-12 */
    {"scanner_path = \"\"", "scanner_path"},
    /* CS-13 */
    {"update_interval = 0", "1 to"},
    {"update_interval = daily", "daily"},
};

START_TEST(a_wrong_value_is_an_error_with_its_range)
{
    const char *findings = fill(wrong[_i].text);

    ck_assert_msg(
        strstr(findings, "t.conf:1:") == findings &&
            strstr(findings, "error: ") && strstr(findings, wrong[_i].want),
        "%s: got \"%s\", want %s", wrong[_i].text, findings, wrong[_i].want);
}
END_TEST

/* ---- isolation ---------------------------------------------------------- */

START_TEST(a_plain_stanza_wants_the_defaults)
{
    assay_engine_isolation got = isolation(0);

    ck_assert_ptr_null(got.program);
    ck_assert_str_eq(got.log_path, "/var/log/ecelerity/csapi.log");
    ck_assert_uint_eq(got.max_workers, 1);
    ck_assert_uint_eq(got.temporary_bytes,
                      209715200 + 2 * 104857600 + 16777216);
    ck_assert_uint_eq(got.temporary_files, 5000 + 1024);
    ck_assert_ptr_null(got.updater);
    ck_assert_int_eq(got.update_interval_s, 0);
}
END_TEST

START_TEST(options_say_what_the_processes_are)
{
    assay_engine_isolation got;

    ck_assert_str_eq(fill("max_concurrency = 7\nmax_file_count = 0\n"
                          "max_cumulative_extract_size = 1000\n"
                          "max_extract_size = 0\n"
                          "scanner_log = /tmp/l\nscanner_path = /tmp/p\n"
                          "updater = ( /usr/bin/freshclam --quiet )\n"),
                     "");
    got = isolation(60);
    ck_assert_str_eq(got.program, "/tmp/p");
    ck_assert_str_eq(got.log_path, "/tmp/l");
    ck_assert_uint_eq(got.max_workers, 7);
    ck_assert_uint_eq(got.temporary_bytes, 1000 + 2 * 104857600 + 16777216);
    ck_assert_uint_eq(got.temporary_files, 0);
    ck_assert_str_eq(got.updater[0], "/usr/bin/freshclam");
    ck_assert_str_eq(got.updater[1], "--quiet");
    ck_assert_ptr_null(got.updater[2]);
    ck_assert_int_eq(got.update_interval_s, 86400);
}
END_TEST

/* CS-13: an updater runs in its interval. A folder that is only watched is
 * looked at as any other, unless the interval is shorter. */
static const struct {
    const char *text;
    int64_t general_s, want_s;
} intervals[] = {
    {"update_interval = 86400\n", 0, 0},
    {"update_interval = 86400\n", 300, 300},
    {"update_interval = 5\n", 0, 5},
    {"update_interval = 5\n", 300, 5},
    {"update_interval = 600\nupdater = /bin/true\n", 0, 600},
    {"update_interval = 600\nupdater = /bin/true\n", 60, 600},
};

START_TEST(the_interval_is_that_of_the_updater)
{
    ck_assert_str_eq(fill(intervals[_i].text), "");
    ck_assert_int_eq(isolation(intervals[_i].general_s).update_interval_s,
                     intervals[_i].want_s);
}
END_TEST

/* CS-01, CS-16: never in the host, and an empty status variable.
 *
 * CS-22: there is no Sieve here, so that no policy can use the verb
 * csapi_avscan. There is only the name of which it would be made, which also
 * is the one of the jobs: that of the engine with _avscan behind it, see
 * its_jobs_are_labelled_with_the_name_of_the_engine in test_isolation.c.
 *
 * CS-24: RHEL 4 and 5 and Solaris are no platforms of this engine. It is built
 * and tested on Linux only; its scanner processes need what only Linux has. */
START_TEST(the_module_says_what_it_is)
{
    extern const assay_engine_module assay_engine_module_v1;
    const assay_engine_module *module = &assay_engine_module_v1;

    ck_assert_str_eq(module->name, "csapi");
    ck_assert_uint_eq(module->flags, ASSAY_ENGINE_PROCESS);
    ck_assert_str_eq(module->infected_value, "");
    ck_assert_ptr_eq(module->conf, &assay__csapi_conf);
    ck_assert_uint_eq(module->ops->struct_size, sizeof(assay_engine_ops));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi_options");
    TCase *tc = tcase_create("options");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, options_are_documented);
    tcase_add_test(tc, defaults_are_the_documented_ones);
    tcase_add_test(tc, all_documented_options_are_taken);
    tcase_add_loop_test(tc, a_wrong_value_is_an_error_with_its_range, 0,
                        (int)COUNT_OF(wrong));
    tcase_add_test(tc, a_plain_stanza_wants_the_defaults);
    tcase_add_test(tc, options_say_what_the_processes_are);
    tcase_add_loop_test(tc, the_interval_is_that_of_the_updater, 0,
                        (int)COUNT_OF(intervals));
    tcase_add_test(tc, the_module_says_what_it_is);
    return check_run(suite);
}
