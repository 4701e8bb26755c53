/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * ThreadPool stanzas and the option `pool` in a configuration (PO-01, AV-21,
 * AV-24).
 */
#include <check.h>
#include <dirent.h>
#include <string.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

#define ENGINE(options) \
    "sample {}\nantivirus \"av\" {\n  sample \"s1\" {\n" options "}\n}\n"

static assay_error err;

/* Each mistake, and what is said of it. */
static const struct {
    const char *config, *says;
} mistakes[] = {
    {ENGINE("pool = COU\n"),
     "assay.conf:4:8: error: 'pool': there is no ThreadPool 'COU'"},
    {ENGINE("pool = COU\n"), "did you mean 'CPU'?"},
    {"ThreadPool Slow { Concurrency = 1 }\n" ENGINE("pool = \"Slaw\"\n"),
     "did you mean 'SLOW'?"},
    {"sample {}\nantivirus av {\n  pool = nowhere\n  sample s1 { }\n}\n",
     "assay.conf:3:10: error: 'pool': there is no ThreadPool 'nowhere'"},
    {"ThreadPool Slow { }\n" ENGINE("pool = slow\n"),
     "assay.conf:5:8: error: the ThreadPool 'SLOW' has Concurrency 0"},
    {"ThreadPool cpu { Concurrency = 0 }\n" ENGINE(""),
     "error: the ThreadPool 'CPU' has Concurrency 0"},
    {"ThreadPool A { Concurrency = 4097 }\n", "4096"},
    {"ThreadPool A { Concurrency = -1 }\n", "'Concurrency'"},
    {"ThreadPool A { Stack_Size = x }\n", "'Stack_Size'"},
    {"ThreadPool A { Backlog = many }\n", "'Backlog'"},
    {"ThreadPool A { Threads = 1 }\n", "'Threads' is not a valid option"},
    {"ThreadPool A { Concurency = 1 }\n", "did you mean 'Concurrency'?"},
    {"ThreadPool A { Sub { } }\n", "'Sub'"},
    {"ThreadPool { Concurrency = 1 }\n", "needs an instance name"},
    {"ThreadPol A { Concurrency = 1 }\n", "did you mean 'ThreadPool'?"},
    {"ThreadPool A { }\nThreadPool \"a\" { }\n",
     "assay.conf:2:12: error: there is a ThreadPool 'a' already"},
    {"ThreadPool A1234567890123456789012345678901234567890 { }\n", "40"},
    {ENGINE("max_concurrency = -1\n"), "'max_concurrency'"},
};

START_TEST(a_mistake_is_an_error_with_its_place)
{
    assay_options options = fixture_options();

    fixture_config(mistakes[_i].config);
    ck_assert_int_eq(assay_check(&options, &err), ASSAY_E_CONF);
    ck_assert_msg(fixture_log_count(mistakes[_i].says) == 1, "case %d: %s", _i,
                  mistakes[_i].says);
}
END_TEST

static const char *const good[] = {
    ENGINE("pool = cpu max_concurrency = 2\n"),
    ENGINE("pool = \"IO\"\n"),
    "ThreadPool \"Slow\" { Concurrency = 2 Stack_Size = 1048576 Backlog = 9 "
    "}\n" ENGINE("pool = SLOW\n"),
    /* The stanza may stand behind who uses it. */
    ENGINE("pool = later\n") "threadpool Later { concurrency = \"1\" }\n",
    "ThreadPool unused { }\nThreadPool IO { Concurrency = 1 }\n" ENGINE(""),
};

/* AV-21, AV-24: no warning that the options have no effect. */
START_TEST(a_good_configuration_scans_in_its_pool)
{
    fixture_open(good[_i]);
    ck_assert_uint_eq(fixture_log_count("warning"), 0);
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_OK);
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(fixture_scan("nothing").status, ASSAY_STATUS_CLEAN);
}
END_TEST

static int threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    int count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    (void)closedir(folder);
    return count;
}

START_TEST(without_a_start_no_thread_exists_and_scans_work)
{
    int before = threads();

    fixture_open(ENGINE(""));
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
    fixture_reload("ThreadPool New { Concurrency = 3 }\n" ENGINE("pool=new\n"));
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(threads(), before);
}
END_TEST

START_TEST(a_reload_moves_an_engine_to_a_new_pool)
{
    fixture_open(ENGINE(""));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_OK);
    fixture_reload("ThreadPool New { Concurrency = 1 }\n" ENGINE("pool=new\n"));
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
    fixture_reload(ENGINE(""));
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(a_reload_that_changes_the_backlog_is_warned_of)
{
    fixture_open("ThreadPool New { Backlog = 5 }\n" ENGINE(""));
    fixture_reload("ThreadPool New { Backlog = 5 }\n" ENGINE(""));
    ck_assert_uint_eq(fixture_log_count("warning"), 0);
    fixture_reload("ThreadPool new { Backlog = 6 }\n" ENGINE(""));
    ck_assert_uint_eq(fixture_log_count("'NEW' keeps 5 until the next start"),
                      1);
}
END_TEST

START_TEST(max_concurrency_changes_without_opening_the_engine)
{
    fixture_open(ENGINE("max_concurrency = 1\n"));
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_OK);
    fixture_reload(ENGINE("max_concurrency = 3\n"));
    ck_assert_uint_eq(fixture_log_count("sample.open s1"), 1);
    ck_assert_int_eq(fixture_scan("a THREAT").status, ASSAY_STATUS_INFECTED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threadpool");
    TCase *tc = tcase_create("threadpool");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tc, a_mistake_is_an_error_with_its_place, 0,
                        COUNT(mistakes));
    tcase_add_loop_test(tc, a_good_configuration_scans_in_its_pool, 0,
                        COUNT(good));
    tcase_add_test(tc, without_a_start_no_thread_exists_and_scans_work);
    tcase_add_test(tc, a_reload_moves_an_engine_to_a_new_pool);
    tcase_add_test(tc, a_reload_that_changes_the_backlog_is_warned_of);
    tcase_add_test(tc, max_concurrency_changes_without_opening_the_engine);
    return check_run(suite);
}
