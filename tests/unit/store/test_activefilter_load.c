/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* What ActiveFilter does when there is much of something: copies, changes,
 * threads, time. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "activefilter_kit.h"
#include "check_run.h"

int64_t __real_assay__clock_ms(void);
int64_t __wrap_assay__clock_ms(void);
int __real_sqlite3_busy_timeout(sqlite3 *handle, int timeout_ms);
int __wrap_sqlite3_busy_timeout(sqlite3 *handle, int timeout_ms);

static _Atomic int64_t later_ms; /* how far the clock is ahead */
static _Atomic int64_t step_ms;  /* by which each look at it takes it there */
static _Atomic bool never_waits; /* for another writer */

int64_t __wrap_assay__clock_ms(void)
{
    return __real_assay__clock_ms() +
           atomic_fetch_add(&later_ms, atomic_load(&step_ms));
}

int __wrap_sqlite3_busy_timeout(sqlite3 *handle, int timeout_ms)
{
    return __real_sqlite3_busy_timeout(
        handle, atomic_load(&never_waits) ? 0 : timeout_ms);
}

static assay_activefilter *filter;

static void setup(void)
{
    kit_setup();
    filter = NULL;
    atomic_store(&later_ms, 0);
    atomic_store(&step_ms, 0);
    atomic_store(&never_waits, false);
}

static void teardown(void)
{
    assay__activefilter_free(&filter);
    kit_teardown();
}

static void assert_registered(const char *id, double score)
{
    ck_assert_msg(kit_register(filter, id, score) == ASSAY_OK, "%s", err.msg);
}

/* ---- leftovers --------------------------------------------------------- */

static void put_old_in_tmp(const char *name)
{
    static const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[2 * PATH_MAX];
    int fd;

    (void)snprintf(path, sizeof path, "%s/tmp/%s", kit.box, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(futimens(fd, old), 0);
    ck_assert_int_eq(close(fd), 0);
}

START_TEST(leftovers_are_swept_every_hour)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
    assert_registered("R1", 10);
    put_old_in_tmp("1796022000.A00V000000R00.activefilter");
    put_old_in_tmp("1796022000.A00V000000R00.activefilter.M1P2_3.part");
    put_old_in_tmp("1796022000.M1P2_3.somebody");
    assert_registered("R2", 10);
    ck_assert_uint_eq(kit_count("tmp"), 3); /* not yet */
    atomic_store(&later_ms, 3600 * 1000);
    assert_registered("R3", 10);
    ck_assert_uint_eq(kit_count("tmp"), 1); /* that of somebody else */
}
END_TEST

/* ---- threads ----------------------------------------------------------- */

enum { WRITERS = 8, ROUNDS = 10 };

static void *register_some(void *arg)
{
    _Atomic unsigned *failures = arg;
    static _Atomic unsigned next;
    char id[32];

    for (int i = 0; i < ROUNDS; i++) {
        assay_message *message = kit_message(KIT_BODY, 1);
        struct assay__activefilter_event event = {.id = id,
                                                  .message = message,
                                                  .score = kit_score(10),
                                                  .threshold = 80};

        (void)snprintf(id, sizeof id, "T%u", atomic_fetch_add(&next, 1U));
        if (assay__activefilter_register(filter, &event, NULL) != ASSAY_OK)
            atomic_fetch_add(failures, 1U);
        assay_message_free(&message);
    }
    return NULL;
}

/* However slow the disk is: with no time at all to wait for another, the
 * threads of one process do not meet at the database. */
START_TEST(threads_write_one_after_the_other)
{
    _Atomic unsigned failures = 0;
    pthread_t threads[WRITERS];

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    atomic_store(&never_waits, true);
    for (size_t i = 0; i < WRITERS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, register_some, &failures), 0);
    for (size_t i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_msg(atomic_load(&failures) == 0, "%s", kit.logged);
    ck_assert_uint_eq(kit_count("new"), WRITERS * ROUNDS + 1);
}
END_TEST

START_TEST(failed_registration_is_logged)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(rmdir(kit.base), 0);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_ptr_nonnull(
        strstr(kit.logged, "warn: activefilter.not-registered id=\"R1\""));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_load");
    TCase *tcase = tcase_create("load");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, leftovers_are_swept_every_hour);
    tcase_add_test(tcase, threads_write_one_after_the_other);
    tcase_add_test(tcase, failed_registration_is_logged);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
