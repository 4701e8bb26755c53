/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The reload thread: reloads are remembered, and one that hangs does not keep
 * the process from ending. USR1 is blocked in every thread, as in assayd.
 *
 * What stops the process reaches the main thread alone, however many other
 * threads wait for it, as libmilter's does.
 */
#include "signals.h"

#include <check.h>
#include <dirent.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

enum { STOPS = 200 };

static int rival_got;

/* Waits for what stops the process, as libmilter's signal thread does: once,
 * and not at the very moment in which a signal comes. */
static void *run_rival(void *arg)
{
    sigset_t set;
    int number;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGUSR2);
    (void)sem_post(arg);
    (void)sigwait(&set, &number);
    rival_got = number;
    return NULL;
}

/* @return true when all other threads sleep */
static bool rival_sleeps(void)
{
    char path[64], line[256] = "";
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    bool sleeps = true;

    ck_assert_ptr_nonnull(tasks);
    while ((task = readdir(tasks)) != NULL) {
        FILE *file;

        if (task->d_name[0] == '.' ||
            strtol(task->d_name, NULL, 10) == getpid())
            continue;
        (void)snprintf(path, sizeof path, "/proc/self/task/%.20s/stat",
                       task->d_name);
        file = fopen(path, "r");
        if (file && fgets(line, sizeof line, file))
            sleeps = strstr(line, ") S ") != NULL && sleeps;
        if (file)
            (void)fclose(file);
    }
    (void)closedir(tasks);
    return sleeps;
}

static const sigset_t *usr2(void)
{
    static sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR2);
    return &set;
}

START_TEST(stop_reaches_the_main_thread_alone)
{
    pthread_t rival;
    assay_error err = {0};

    ck_assert_int_eq(sem_init(&entered, 0, 0), 0);
    ck_assert_int_eq(assay__signals_hold_stop(&err), ASSAY_OK);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, usr2(), NULL), 0);
    ck_assert_int_eq(assay__signals_create_thread(&rival, run_rival, &entered),
                     0);
    ck_assert_int_eq(sem_wait(&entered), 0);
    while (!rival_sleeps())
        (void)usleep(1000);
    for (int i = 0; i < STOPS; i++) {
        ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
        ck_assert_int_eq(assay__signals_wait_stop(), SIGTERM);
    }
    ck_assert_int_eq(assay__signals_poll_stop(0), 0);
    ck_assert_int_eq(pthread_kill(rival, SIGUSR2), 0);
    ck_assert_int_eq(pthread_join(rival, NULL), 0);
    ck_assert_int_eq(rival_got, SIGUSR2);
}
END_TEST

START_TEST(stop_that_comes_early_is_remembered)
{
    assay_error err = {0};

    ck_assert_int_eq(assay__signals_hold_stop(&err), ASSAY_OK);
    ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
    ck_assert_int_eq(assay__signals_poll_stop(0), SIGHUP);
    ck_assert_int_eq(assay__signals_poll_stop(1), 0);
    assay__signals_wake();
    ck_assert_int_eq(assay__signals_wait_stop(), SIGTERM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter signals");
    TCase *stops = tcase_create("stop");
    TCase *tcase = tcase_create("reload thread");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, stop_does_not_wait_for_a_reload_that_hangs);
    tcase_add_test(tcase, reload_asked_for_during_a_reload_is_remembered);
    suite_add_tcase(suite, tcase);
    tcase_add_test(stops, stop_reaches_the_main_thread_alone);
    tcase_add_test(stops, stop_that_comes_early_is_remembered);
    suite_add_tcase(suite, stops);
    return check_run(suite);
}
