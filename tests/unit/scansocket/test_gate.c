/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "gate.h"

#include <check.h>

#include "check_run.h"

enum { PATIENCE_MS = 60000 };

static struct assay__gate gate;

static void setup(void)
{
    assay__gate_init(&gate);
}

static void teardown(void)
{
    assay__gate_fini(&gate);
}

START_TEST(what_runs_is_counted)
{
    struct assay__gate_counts counts;

    ck_assert_uint_eq(assay__gate_enter(&gate), 1);
    ck_assert_uint_eq(assay__gate_enter(&gate), 2);
    assay__gate_begin(&gate);
    counts = assay__gate_count(&gate);
    ck_assert_uint_eq(counts.connections, 2);
    ck_assert_uint_eq(counts.requests, 1);
    ck_assert_uint_eq(counts.served, 0);
    assay__gate_end(&gate);
    assay__gate_leave(&gate);
    counts = assay__gate_count(&gate);
    ck_assert_uint_eq(counts.connections, 1);
    ck_assert_uint_eq(counts.requests, 0);
    ck_assert_uint_eq(counts.served, 1);
}
END_TEST

START_TEST(wait_ends_while_somebody_is_inside)
{
    ck_assert(assay__gate_wait(&gate, 0));
    (void)assay__gate_enter(&gate);
    ck_assert(!assay__gate_wait(&gate, 1));
    assay__gate_leave(&gate);
    ck_assert(assay__gate_wait(&gate, 1));
}
END_TEST

static void *leave(void *arg)
{
    (void)arg;
    assay__gate_leave(&gate);
    return NULL;
}

START_TEST(wait_ends_with_the_last)
{
    pthread_t thread;

    (void)assay__gate_enter(&gate);
    ck_assert_int_eq(pthread_create(&thread, NULL, leave, NULL), 0);
    ck_assert(assay__gate_wait(&gate, PATIENCE_MS));
    (void)pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate");
    TCase *tcase = tcase_create("gate");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 90);
    tcase_add_test(tcase, what_runs_is_counted);
    tcase_add_test(tcase, wait_ends_while_somebody_is_inside);
    tcase_add_test(tcase, wait_ends_with_the_last);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
