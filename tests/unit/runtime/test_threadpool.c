/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * ThreadPool stanzas and the option `pool` in a configuration (PO-01, AV-21,
 * AV-24).
 */
#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include <assay/policy.h>

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

/* ---- pools as policies see them (PO-02) -------------------------------- */

static assay_session *session;
static sem_t entered, leave;
static atomic_int runs;
static pthread_t ran_in;

static void open_session(const char *config, bool start)
{
    fixture_open(config);
    if (start)
        ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_OK);
    session = fixture_session();
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&leave, 0, 0);
    atomic_store(&runs, 0);
}

static void note_thread(void *arg)
{
    (void)arg;
    ran_in = pthread_self();
    atomic_fetch_add(&runs, 1);
}

static void hold(void *arg)
{
    (void)arg;
    (void)sem_post(&entered);
    (void)sem_wait(&leave);
    atomic_fetch_add(&runs, 1);
}

START_TEST(a_policy_sees_all_pools_by_name)
{
    assay_pool_stats stats;

    open_session("ThreadPool mine { Concurrency = 3 }\n" ENGINE(""), true);
    ck_assert_str_eq(assay_session_pool(session, 0), "CPU");
    ck_assert_str_eq(assay_session_pool(session, 1), "IO");
    ck_assert_str_eq(assay_session_pool(session, 2), "MINE");
    ck_assert_ptr_null(assay_session_pool(session, 3));
    ck_assert(assay_session_pool_stats(session, "Mine", &stats, sizeof stats));
    ck_assert_str_eq(stats.name, "MINE");
    ck_assert_uint_eq(stats.concurrency, 3);
    ck_assert_uint_eq(stats.invocations, 0);
    ck_assert(!assay_session_pool_stats(session, "no", &stats, sizeof stats));
    assay_session_close(&session);
}
END_TEST

START_TEST(an_older_struct_is_filled_as_far_as_it_goes)
{
    struct {
        assay_pool_stats stats;
        char behind;
    } both;

    memset(&both, 7, sizeof both);
    open_session(ENGINE(""), false);
    ck_assert(assay_session_pool_stats(session, "CPU", &both.stats,
                                       offsetof(assay_pool_stats, queued)));
    ck_assert_uint_eq(both.stats.concurrency, 4);
    ck_assert_uint_eq(both.stats.queued, 0x07070707);
    assay_session_close(&session);
}
END_TEST

START_TEST(scans_count_as_invocations_of_their_pool)
{
    assay_pool_stats stats;

    open_session(
        "ThreadPool mine { Concurrency = 1 }\n" ENGINE("pool = mine\n"), true);
    (void)fixture_scan("one");
    (void)fixture_scan("two");
    ck_assert(assay_session_pool_stats(session, "MINE", &stats, sizeof stats));
    ck_assert_uint_ge(stats.invocations, 1);
    ck_assert(assay_session_pool_stats(session, "CPU", &stats, sizeof stats));
    ck_assert_uint_eq(stats.invocations, 0);
    assay_session_close(&session);
}
END_TEST

START_TEST(a_function_runs_in_a_thread_of_the_pool)
{
    open_session(ENGINE(""), true);
    ck_assert_int_eq(
        assay_session_run_in_pool(session, "cpu", note_thread, NULL, &err),
        ASSAY_OK);
    ck_assert_int_eq(atomic_load(&runs), 1);
    ck_assert(!pthread_equal(ran_in, pthread_self()));
    ck_assert_int_eq(
        assay_session_run_in_pool(session, "cup", note_thread, NULL, &err),
        ASSAY_E_NOTFOUND);
    ck_assert_str_eq(err.msg, "there is no thread pool 'cup'");
    ck_assert_int_eq(atomic_load(&runs), 1);
    assay_session_close(&session);
}
END_TEST

static void run_inside(void *arg)
{
    pthread_t self = pthread_self();

    ck_assert_int_eq(
        assay_session_run_in_pool(session, arg, note_thread, NULL, NULL),
        ASSAY_OK);
    if (!pthread_equal(ran_in, self))
        atomic_store(&runs, -1);
}

START_TEST(inside_a_pool_a_function_runs_at_once)
{
    static char io[] = "IO";

    open_session(ENGINE(""), true);
    ck_assert_int_eq(
        assay_session_run_in_pool(session, "CPU", run_inside, io, &err),
        ASSAY_OK);
    ck_assert_int_eq(atomic_load(&runs), 1);
    assay_session_close(&session);
}
END_TEST

START_TEST(without_a_start_a_function_runs_in_the_calling_thread)
{
    open_session(ENGINE(""), false);
    ck_assert_int_eq(
        assay_session_run_in_pool(session, "CPU", note_thread, NULL, &err),
        ASSAY_OK);
    ck_assert(pthread_equal(ran_in, pthread_self()));
    ck_assert_int_eq(
        assay_session_post(session, "CPU", note_thread, NULL, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(atomic_load(&runs), 1);
    assay_session_close(&session);
}
END_TEST

/* What is posted keeps the generation of its session: its engine closes when
 * the function is done, after a reload without it. */
START_TEST(a_posted_function_keeps_the_configuration_of_its_session)
{
    open_session(ENGINE(""), true);
    ck_assert_int_eq(assay_session_post(session, "IO", hold, NULL, &err),
                     ASSAY_OK);
    (void)sem_wait(&entered);
    assay_session_close(&session);
    fixture_reload("sample {}\nantivirus \"av\" { }\n");
    ck_assert_uint_eq(fixture_log_count("sample.close s1"), 0);
    (void)sem_post(&leave);
    ck_assert(fixture_log_wait("sample.close s1"));
    ck_assert_int_eq(atomic_load(&runs), 1);
}
END_TEST

START_TEST(a_stop_runs_what_was_posted)
{
    open_session("ThreadPool one { Concurrency = 1 }\n" ENGINE(""), true);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(
            assay_session_post(session, "ONE", note_thread, NULL, &err),
            ASSAY_OK);
    assay_session_close(&session);
    assay_stop(fixture_library);
    ck_assert_int_eq(atomic_load(&runs), 20);
}
END_TEST

START_TEST(posts_are_limited)
{
    assay_rc rc = ASSAY_OK;

    open_session("ThreadPool one { Concurrency = 0 }\n" ENGINE(""), true);
    for (int i = 0; i < ASSAY_POOL_POSTS_MAX; i++)
        ck_assert_int_eq(
            assay_session_post(session, "ONE", note_thread, NULL, &err),
            ASSAY_OK);
    rc = assay_session_post(session, "ONE", note_thread, NULL, &err);
    ck_assert_int_eq(rc, ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "overload: 1000 jobs wait in pool ONE already");
    assay_session_close(&session);
    assay_stop(fixture_library);
    ck_assert_int_eq(atomic_load(&runs), ASSAY_POOL_POSTS_MAX);
}
END_TEST

static void add_policy_tests(TCase *tc)
{
    tcase_add_test(tc, a_policy_sees_all_pools_by_name);
    tcase_add_test(tc, an_older_struct_is_filled_as_far_as_it_goes);
    tcase_add_test(tc, scans_count_as_invocations_of_their_pool);
    tcase_add_test(tc, a_function_runs_in_a_thread_of_the_pool);
    tcase_add_test(tc, inside_a_pool_a_function_runs_at_once);
    tcase_add_test(tc, without_a_start_a_function_runs_in_the_calling_thread);
    tcase_add_test(tc,
                   a_posted_function_keeps_the_configuration_of_its_session);
    tcase_add_test(tc, a_stop_runs_what_was_posted);
    tcase_add_test(tc, posts_are_limited);
}

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
    add_policy_tests(tc);
    return check_run(suite);
}
