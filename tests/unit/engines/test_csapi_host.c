/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A csapi stanza as a host checks it: where it may stand (CS-02), what is said
 * of its max_concurrency (CS-03, CS-04), and what it sets (CS-16).
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define IN_SCOPE(options) \
    "antivirus \"av\" {\n  csapi \"c\" {\n" options "  }\n}\n"
#define ENGINE(options) "csapi { }\n" IN_SCOPE(options)
#define TOO_MANY(place, pool, threads, processes)                   \
    "assay.conf:" place ": warning: the pool " pool " has " threads \
    " threads, and csapi has max_concurrency = " processes

static assay_rc check(const char *config)
{
    assay_options options = fixture_options();
    assay_error err = {0};

    options.is_in_process = false;
    fixture_config(config);
    return assay_check(&options, &err);
}

static const struct {
    const char *config, *says;
} warned[] = {
    {ENGINE(""), TOO_MANY("3:3", "CPU", "4", "1")},
    {ENGINE("max_concurrency = 4\n"), TOO_MANY("3:3", "CPU", "4", "4")},
    {ENGINE("max_concurrency = 3\npool = IO\n"),
     TOO_MANY("3:3", "IO", "50", "3")},
    {"ThreadPool CPU { Concurrency = 9 }\n" ENGINE("max_concurrency = 8\n"),
     TOO_MANY("4:3", "CPU", "9", "8")},
    {IN_SCOPE("max_concurrency = 9\n"),
     "assay.conf:2:3: warning: there is no global stanza 'csapi { }'; it is "
     "implied"},
};

START_TEST(a_doubtful_stanza_is_warned_of)
{
    ck_assert_int_eq(check(warned[_i].config), ASSAY_OK);
    ck_assert_msg(fixture_log_count(warned[_i].says) == 1, "got %s, want %s",
                  fixture_log(), warned[_i].says);
    ck_assert_uint_eq(fixture_log_count("warning: "), 1);
}
END_TEST

static const char *const good[] = {
    ENGINE("max_concurrency = 5\n"),
    ENGINE("max_concurrency = 2\npool = slow\n") "ThreadPool slow { "
                                                 "Concurrency = 1 }\n",
    "ThreadPool CPU { Concurrency = 7 }\n" ENGINE("max_concurrency = 8\n"),
    /* CS-14, CS-15 */
    ENGINE("max_concurrency = 5\nuse_wire_rep = false\n"
           "updater = ( \"/opt/Symantec/LiveUpdate/update\" )\n"),
};

START_TEST(fewer_threads_than_processes_are_right)
{
    ck_assert_int_eq(check(good[_i]), ASSAY_OK);
    ck_assert_msg(fixture_log_count("warning: ") == 0, "%s", fixture_log());
}
END_TEST

static const struct {
    const char *config, *says;
} refused[] = {
    {ENGINE("max_concurrency = 0\n"),
     "assay.conf:4:19: error: 'max_concurrency': '0' is out of range, it must "
     "be from 1 to 2147483647"},
    {"csapi \"c\" { max_concurrency = 5 }\n", "assay.conf:1:"},
    {"csapi { max_extract_depth = 5 }\n" IN_SCOPE("max_concurrency = 5\n"),
     "assay.conf:1:9: error: 'max_extract_depth' is not a valid option in "
     "scope 'csapi'"},
    {ENGINE("max_concurrency = 5\nmax_extract_deep = 5\n"),
     "did you mean 'max_extract_depth'?"},
};

START_TEST(a_wrong_stanza_is_refused)
{
    ck_assert_int_eq(check(refused[_i].config), ASSAY_E_CONF);
    ck_assert_msg(fixture_log_count(refused[_i].says) > 0, "got %s, want %s",
                  fixture_log(), refused[_i].says);
}
END_TEST

/* One option, two tables with it, one finding. */
START_TEST(max_concurrency_is_blamed_once)
{
    ck_assert_int_eq(check(ENGINE("max_concurrency = many\n")), ASSAY_E_CONF);
    ck_assert_msg(fixture_log_count("error: 'max_concurrency'") == 1, "%s",
                  fixture_log());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi_host");
    TCase *tc = tcase_create("check");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tc, a_doubtful_stanza_is_warned_of, 0,
                        (int)COUNT_OF(warned));
    tcase_add_loop_test(tc, fewer_threads_than_processes_are_right, 0,
                        (int)COUNT_OF(good));
    tcase_add_loop_test(tc, a_wrong_stanza_is_refused, 0,
                        (int)COUNT_OF(refused));
    tcase_add_test(tc, max_concurrency_is_blamed_once);
    return check_run(suite);
}
