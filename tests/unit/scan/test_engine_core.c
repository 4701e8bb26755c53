/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Looking for newer signatures: what is logged, one refresh at a time, and
 * that neither probes nor the epoch wait for a slow one. The engine is a table
 * of this program.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_run.h"
#include "fake_world.h"
#include "scan/engine_core.h"

static _Atomic int epoch;
static const char *failure; /* what refresh says; NULL: it works */
static bool newer;          /* whether it finds newer signatures */
static unsigned refreshes;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool entered;

static void get_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    (void)snprintf(buf, size, "db/%d", atomic_load(&epoch));
}

static assay_rc refresh(void *instance, bool *changed_out, assay_error *err)
{
    (void)instance;
    refreshes++;
    atomic_store(&entered, true);
    (void)pthread_mutex_lock(&gate); /* closed by a test to make this slow */
    (void)pthread_mutex_unlock(&gate);
    if (failure)
        return assay_error_set(err, ASSAY_E_INVAL, "%s", failure);
    *changed_out = newer;
    if (newer)
        atomic_fetch_add(&epoch, 1);
    newer = false;
    return ASSAY_OK;
}

static assay_rc probe(void *instance, assay_error *err)
{
    (void)instance;
    (void)err;
    return ASSAY_OK;
}

static _Atomic bool is_closed;

static void close_engine(void *instance)
{
    (void)instance;
    is_closed = true;
}

static const assay_engine_ops ops = {
    .struct_size = sizeof ops,
    .close = close_engine,
    .epoch = get_epoch,
    .refresh = refresh,
    .probe = probe,
};
static const assay_engine_module table = {.name = "local", .ops = &ops};
static const assay_log log_all = {fake_log_sink, NULL, ASSAY_LOG_DEBUG};
static struct assay__engine_core core;

static void setup(void)
{
    fake_world_reset();
    atomic_store(&epoch, 1);
    failure = NULL;
    newer = false;
    refreshes = 0;
    atomic_store(&entered, false);
    memset(&core, 0, sizeof core);
    (void)snprintf(core.name, sizeof core.name, "one");
    (void)snprintf(core.scope, sizeof core.scope, "av1");
    core.table = &table;
    core.ops = &ops;
    core.instance = &core;
    is_closed = false;
    ck_assert_int_eq(assay__lock_init(&core.lock, ASSAY__LOCK_engine, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay__cond_init(&core.idle, NULL), ASSAY_OK);
}

static void teardown(void)
{
    assay__cond_fini(&core.idle);
    assay__lock_fini(&core.lock);
}

static assay_rc look(bool *changed)
{
    return assay__engine_core_refresh(&core, &log_all, changed, NULL);
}

START_TEST(newer_signatures_are_logged_with_both_epochs)
{
    bool changed = true;

    ck_assert_int_eq(look(&changed), ASSAY_OK);
    ck_assert(!changed);
    ck_assert_uint_eq(fake_log_count(), 0);
    newer = true;
    ck_assert_int_eq(look(&changed), ASSAY_OK);
    ck_assert(changed);
    ck_assert_ptr_nonnull(
        strstr(fake_log_last(ASSAY_LOG_INFO), "engine.signatures scope=av1"));
    ck_assert_ptr_nonnull(
        strstr(fake_log_last(ASSAY_LOG_INFO), "from=\"db/1\" to=\"db/2\""));
}
END_TEST

START_TEST(a_failure_is_logged_once_and_so_is_its_end)
{
    assay_error err = {0};
    bool changed = true;

    failure = "the file is broken";
    ck_assert_int_eq(
        assay__engine_core_refresh(&core, &log_all, &changed, &err),
        ASSAY_E_INVAL);
    ck_assert(!changed);
    ck_assert_str_eq(err.msg,
                     "antivirus \"av1\": local \"one\": the file is broken");
    ck_assert_ptr_nonnull(strstr(fake_log_last(ASSAY_LOG_ERROR),
                                 "engine.signatures_failed scope=av1"));
    ck_assert_ptr_nonnull(
        strstr(fake_log_last(ASSAY_LOG_ERROR), "epoch=\"db/1\""));
    ck_assert_int_eq(look(NULL), ASSAY_E_INVAL);
    ck_assert_uint_eq(fake_log_count(), 1);
    failure = "another file is broken";
    ck_assert_int_eq(look(NULL), ASSAY_E_INVAL);
    ck_assert_uint_eq(fake_log_count(), 2);
    failure = NULL;
    ck_assert_int_eq(look(NULL), ASSAY_OK);
    ck_assert_uint_eq(fake_log_count(), 3);
    ck_assert_ptr_nonnull(
        strstr(fake_log_last(ASSAY_LOG_INFO), "engine.signatures_good"));
    ck_assert_int_eq(look(NULL), ASSAY_OK);
    ck_assert_uint_eq(fake_log_count(), 3);
}
END_TEST

static void *look_aside(void *arg)
{
    (void)arg;
    (void)look(NULL);
    return NULL;
}

START_TEST(a_slow_refresh_holds_nothing_up)
{
    char text[ASSAY_EPOCH_MAX];
    pthread_t thread;

    newer = true;
    (void)pthread_mutex_lock(&gate);
    ck_assert_int_eq(pthread_create(&thread, NULL, look_aside, NULL), 0);
    while (!atomic_load(&entered))
        continue;
    atomic_store(&core.out_of_service, true);
    assay__engine_core_probe(&core, &log_all);
    ck_assert(!atomic_load(&core.out_of_service));
    core.table->ops->epoch(core.instance, text, sizeof text);
    ck_assert_str_eq(text, "db/1");
    ck_assert_int_eq(look(NULL), ASSAY_E_STATE);
    (void)pthread_mutex_unlock(&gate);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(refreshes, 1);
    ck_assert_int_eq(look(NULL), ASSAY_OK);
    ck_assert_int_eq(atomic_load(&epoch), 2);
}
END_TEST

static void *close_core(void *arg)
{
    assay__engine_core_close(&core);
    return arg;
}

/* At the stop of the library others may look at it, or scan with it. */
START_TEST(an_engine_closes_when_nobody_uses_it)
{
    pthread_t thread;

    ck_assert_ptr_eq(assay__engine_core_take(&core), &core);
    ck_assert_ptr_eq(assay__engine_core_take(&core), &core);
    ck_assert_int_eq(pthread_create(&thread, NULL, close_core, NULL), 0);
    while (core.instance)
        (void)sched_yield();
    ck_assert_ptr_null(assay__engine_core_take(&core));
    assay__engine_core_give(&core);
    (void)usleep(10000);
    ck_assert(!is_closed);
    assay__engine_core_give(&core);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert(is_closed);
}
END_TEST

START_TEST(an_engine_that_is_not_open_is_not_asked)
{
    core.instance = NULL;
    ck_assert_int_eq(look(NULL), ASSAY_E_STATE);
    ck_assert_uint_eq(refreshes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_core");
    TCase *tc = tcase_create("refresh");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, newer_signatures_are_logged_with_both_epochs);
    tcase_add_test(tc, a_failure_is_logged_once_and_so_is_its_end);
    tcase_add_test(tc, a_slow_refresh_holds_nothing_up);
    tcase_add_test(tc, an_engine_closes_when_nobody_uses_it);
    tcase_add_test(tc, an_engine_that_is_not_open_is_not_asked);
    return check_run(suite);
}
