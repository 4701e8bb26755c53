/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The reload thread: reloads are remembered, and one that hangs does not keep
 * the process from ending. USR1 is blocked in every thread, as in assayd.
 */
#include "signals.h"

#include <check.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include "check_run.h"

/* Longest wait where the outcome does not hang on it. */
enum { PATIENCE_MS = 60000 };

static sem_t entered, may_leave;
static struct assay__reloader reloader;

static void reload(void *arg)
{
    (void)arg;
    (void)sem_post(&entered);
    (void)sem_wait(&may_leave);
}

static void setup(void)
{
    assay_error err = {0};

    ck_assert_int_eq(sem_init(&entered, 0, 0), 0);
    ck_assert_int_eq(sem_init(&may_leave, 0, 0), 0);
    assay__signals_hold_reload();
    ck_assert_int_eq(assay__reloader_start(&reloader, reload, NULL, &err),
                     ASSAY_OK);
}

static void ask_for_reload(void)
{
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
}

START_TEST(stop_does_not_wait_for_a_reload_that_hangs)
{
    ask_for_reload();
    ck_assert_int_eq(sem_wait(&entered), 0);
    ck_assert(!assay__reloader_stop(&reloader, 20));
    (void)sem_post(&may_leave);
    ck_assert(assay__reloader_stop(&reloader, PATIENCE_MS));
    ck_assert(assay__reloader_stop(&reloader, 0)); /* nothing runs */
}
END_TEST

START_TEST(reload_asked_for_during_a_reload_is_remembered)
{
    ask_for_reload();
    ck_assert_int_eq(sem_wait(&entered), 0);
    ask_for_reload();
    (void)sem_post(&may_leave);
    ck_assert_int_eq(sem_wait(&entered), 0); /* the second */
    (void)sem_post(&may_leave);
    ck_assert(assay__reloader_stop(&reloader, PATIENCE_MS));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter signals");
    TCase *tcase = tcase_create("reload thread");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, stop_does_not_wait_for_a_reload_that_hangs);
    tcase_add_test(tcase, reload_asked_for_during_a_reload_is_remembered);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
