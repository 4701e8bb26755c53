/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Callbacks in callbacks, and those of other threads.
 */
#include "policy/host_call.h"

#include <check.h>
#include <pthread.h>

#include "check_run.h"

static int one, other;

START_TEST(callbacks_are_counted_by_whose_they_are)
{
    struct assay__host_call outer, inner, innermost;

    ck_assert_uint_eq(assay__host_call_depth(&one), 0);
    assay__host_call_enter(&outer, &one);
    assay__host_call_enter(&inner, &other);
    assay__host_call_enter(&innermost, &one);
    ck_assert_uint_eq(assay__host_call_depth(&one), 2);
    ck_assert_uint_eq(assay__host_call_depth(&other), 1);
    assay__host_call_leave(&innermost);
    assay__host_call_leave(&inner);
    ck_assert_uint_eq(assay__host_call_depth(&one), 1);
    ck_assert_uint_eq(assay__host_call_depth(&other), 0);
    assay__host_call_leave(&outer);
    ck_assert_uint_eq(assay__host_call_depth(&one), 0);
}
END_TEST

static void *look(void *arg)
{
    return assay__host_call_depth(&one) == 0 ? arg : NULL;
}

START_TEST(another_thread_is_not_in_them)
{
    struct assay__host_call call;
    pthread_t thread;
    void *seen = NULL;

    assay__host_call_enter(&call, &one);
    ck_assert_int_eq(pthread_create(&thread, NULL, look, &one), 0);
    ck_assert_int_eq(pthread_join(thread, &seen), 0);
    assay__host_call_leave(&call);
    ck_assert_ptr_eq(seen, &one);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host_call");
    TCase *tc = tcase_create("host_call");

    tcase_add_test(tc, callbacks_are_counted_by_whose_they_are);
    tcase_add_test(tc, another_thread_is_not_in_them);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
