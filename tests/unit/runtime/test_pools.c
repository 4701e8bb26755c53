/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The registry of thread pools (PO-01): what is prepared, what holds from the
 * commit on, and that a reload never takes a pool away.
 */
#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "opt_file.h"
#include "runtime/pools.h"

static struct assay__pools *pools;
static struct assay__pool_plans plans;
static assay_error err;

static void setup(void)
{
    pools = NULL;
    assay__pool_plans_init(&plans);
    ck_assert_int_eq(assay__pools_new(&pools, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay__pools_free(&pools);
}

static void commit(void)
{
    ck_assert_int_eq(assay__pools_prepare(pools, &plans, &err), ASSAY_OK);
    assay__pools_commit(pools, &plans);
}

static struct assay__pool_stats stats_of(const char *name)
{
    struct assay__pool *pool = assay__pools_find(pools, name);
    struct assay__pool_stats stats;

    ck_assert_ptr_nonnull(pool);
    assay__pool_stats(pool, &stats);
    return stats;
}

START_TEST(cpu_and_io_have_the_documented_sizes)
{
    commit();
    ck_assert_uint_eq(stats_of("CPU").concurrency, 4);
    ck_assert_uint_eq(stats_of("IO").concurrency, 50);
    ck_assert_str_eq(assay__pool_name(assay__pools_at(pools, 0)), "CPU");
    ck_assert_str_eq(assay__pool_name(assay__pools_at(pools, 1)), "IO");
    ck_assert_ptr_null(assay__pools_at(pools, 2));
}
END_TEST

START_TEST(names_compare_without_case_and_show_in_upper_case)
{
    assay__pool_plans_add(&plans, "slow_1")->options.concurrency = 2;
    ck_assert_ptr_nonnull(assay__pool_plans_find(&plans, "Slow_1"));
    commit();
    ck_assert_ptr_eq(assay__pools_find(pools, "SLOW_1"),
                     assay__pools_find(pools, "slow_1"));
    ck_assert_str_eq(assay__pool_name(assay__pools_at(pools, 2)), "SLOW_1");
    ck_assert_ptr_eq(assay__pools_find(pools, "cpu"),
                     assay__pools_at(pools, 0));
    ck_assert_ptr_null(assay__pools_find(pools, "slow"));
}
END_TEST

/* Promise 5: what was prepared is seen by nobody before the commit. */
START_TEST(what_is_only_prepared_changes_nothing)
{
    commit();
    assay__pool_plans_find(&plans, "CPU")->options.concurrency = 9;
    assay__pool_plans_add(&plans, "NEW");
    ck_assert_int_eq(assay__pools_prepare(pools, &plans, &err), ASSAY_OK);
    ck_assert_uint_eq(stats_of("CPU").concurrency, 4);
    ck_assert_ptr_null(assay__pools_find(pools, "NEW"));
    assay__pool_plans_init(&plans);
    commit();
    ck_assert_ptr_null(assay__pools_find(pools, "NEW"));
}
END_TEST

START_TEST(a_prepared_pool_starts_with_the_options_of_the_last_try)
{
    commit();
    assay__pool_plans_add(&plans, "NEW")->options.backlog = 7;
    ck_assert_int_eq(assay__pools_prepare(pools, &plans, &err), ASSAY_OK);
    assay__pool_plans_find(&plans, "NEW")->options.backlog = 8;
    commit();
    ck_assert_uint_eq(assay__pool_backlog(assay__pools_find(pools, "NEW")), 8);
}
END_TEST

START_TEST(a_pool_no_longer_configured_stays)
{
    struct assay__pool *old;

    assay__pool_plans_add(&plans, "OLD")->options.concurrency = 3;
    commit();
    old = assay__pools_find(pools, "OLD");
    assay__pool_plans_init(&plans);
    commit();
    ck_assert_ptr_eq(assay__pools_find(pools, "OLD"), old);
    assay__pool_plans_add(&plans, "old")->options.concurrency = 5;
    commit();
    ck_assert_ptr_eq(assay__pools_find(pools, "OLD"), old);
    ck_assert_uint_eq(stats_of("OLD").concurrency, 5);
}
END_TEST

START_TEST(no_thread_exists_before_the_start_nor_after_the_stop)
{
    commit();
    ck_assert_uint_eq(stats_of("CPU").threads + stats_of("IO").threads, 0);
    ck_assert_int_eq(assay__pools_start(pools, &err), ASSAY_OK);
    ck_assert_uint_ge(stats_of("CPU").threads, 1);
    assay__pools_stop(pools);
    ck_assert_uint_eq(stats_of("CPU").threads + stats_of("IO").threads, 0);
}
END_TEST

static void count(struct assay__job *job)
{
    (void)job;
}

START_TEST(a_pool_added_while_running_takes_jobs)
{
    struct assay__job job = {.run = count};

    commit();
    ck_assert_int_eq(assay__pools_start(pools, &err), ASSAY_OK);
    assay__pool_plans_add(&plans, "NEW")->options.concurrency = 1;
    commit();
    ck_assert_int_eq(assay__pool_submit(assay__pools_find(pools, "NEW"), &job,
                                        INT64_MAX, &err),
                     ASSAY_OK);
    assay__pools_stop(pools);
    ck_assert_uint_eq(stats_of("NEW").invocations, 1);
}
END_TEST

START_TEST(more_pools_than_the_limit_are_refused)
{
    char name[16];

    for (int i = 2; i < ASSAY__POOLS_MAX; i++) {
        (void)snprintf(name, sizeof name, "P%d", i);
        ck_assert_ptr_nonnull(assay__pool_plans_add(&plans, name));
    }
    ck_assert_ptr_null(assay__pool_plans_add(&plans, "ONE_MORE"));
    commit();
    assay__pool_plans_init(&plans);
    assay__pool_plans_add(&plans, "ONE_MORE");
    ck_assert_int_eq(assay__pools_prepare(pools, &plans, &err), ASSAY_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.msg, "there were 64 thread pools"));
    ck_assert_ptr_null(assay__pools_find(pools, "ONE_MORE"));
}
END_TEST

START_TEST(preparing_survives_each_failing_allocation)
{
    assay__pool_plans_add(&plans, "NEW");
    for (unsigned long n = 1;; n++) {
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = assay__pools_prepare(pools, &plans, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_ptr_null(assay__pools_at(pools, 0));
        if (!hit) {
            ck_assert_int_eq(rc, ASSAY_OK);
            ck_assert_uint_gt(n, 3);
            return;
        }
        ck_assert_int_eq(rc, ASSAY_E_NOMEM);
    }
}
END_TEST

static void *look_up(void *arg)
{
    atomic_bool *stop = arg;
    struct assay__pool_stats stats;

    while (!atomic_load(stop)) {
        for (size_t i = 0; assay__pools_at(pools, i); i++)
            assay__pool_stats(assay__pools_at(pools, i), &stats);
        if (!assay__pools_find(pools, "cpu"))
            return arg;
    }
    return NULL;
}

/* For ThreadSanitizer. */
START_TEST(pools_are_looked_up_while_others_are_added)
{
    atomic_bool stop = false;
    pthread_t reader;
    void *failed;
    char name[16];

    commit();
    ck_assert_int_eq(pthread_create(&reader, NULL, look_up, &stop), 0);
    for (int i = 2; i < ASSAY__POOLS_MAX; i++) {
        (void)snprintf(name, sizeof name, "P%d", i);
        assay__pool_plans_add(&plans, name)->options.concurrency = 1;
        commit();
    }
    atomic_store(&stop, true);
    ck_assert_int_eq(pthread_join(reader, &failed), 0);
    ck_assert_ptr_null(failed);
}
END_TEST

START_TEST(description_agrees_with_table)
{
    char text[2048];
    size_t differences =
        opt_file_compare(SOURCE_FOLDER "/src/runtime/threadpool.opt",
                         assay__pool_option_table, text, sizeof text);

    ck_assert_msg(differences == 0, "%s", text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pools");
    TCase *tc = tcase_create("pools");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, cpu_and_io_have_the_documented_sizes);
    tcase_add_test(tc, names_compare_without_case_and_show_in_upper_case);
    tcase_add_test(tc, what_is_only_prepared_changes_nothing);
    tcase_add_test(tc, a_prepared_pool_starts_with_the_options_of_the_last_try);
    tcase_add_test(tc, a_pool_no_longer_configured_stays);
    tcase_add_test(tc, no_thread_exists_before_the_start_nor_after_the_stop);
    tcase_add_test(tc, a_pool_added_while_running_takes_jobs);
    tcase_add_test(tc, more_pools_than_the_limit_are_refused);
    tcase_add_test(tc, preparing_survives_each_failing_allocation);
    tcase_add_test(tc, pools_are_looked_up_while_others_are_added);
    tcase_add_test(tc, description_agrees_with_table);
    return check_run(suite);
}
