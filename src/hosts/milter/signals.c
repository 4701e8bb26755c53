/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Who receives which signal; the header tells the story.
 */
#include "signals.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* How often a stop looks whether the reload is done. */
enum { JOIN_POLL_MS = 10 };

static const int stop_numbers[] = {SIGTERM, SIGINT, SIGHUP};

static void add_stop(sigset_t *set)
{
    for (size_t i = 0; i < sizeof stop_numbers / sizeof *stop_numbers; i++)
        (void)sigaddset(set, stop_numbers[i]);
}

static void reload_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGUSR1);
}

void assay__signals_hold_reload(void)
{
    sigset_t set;

    reload_set(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Written by the handler, read by the main thread after it was woken. */
static volatile sig_atomic_t stop_number;
static sem_t stop_asked;

static void on_stop(int number)
{
    int saved = errno;

    stop_number = number;
    (void)sem_post(&stop_asked);
    errno = saved;
}

assay_rc assay__signals_hold_stop(assay_error *err)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

    add_stop(&action.sa_mask);
    if (sem_init(&stop_asked, 0, 0) != 0)
        return assay_error_set(err, ASSAY_E_IO, "signals: %s",
                               strerrordesc_np(errno));
    for (size_t i = 0; i < sizeof stop_numbers / sizeof *stop_numbers; i++)
        if (sigaction(stop_numbers[i], &action, NULL) != 0)
            return assay_error_set(err, ASSAY_E_IO, "signals: %s",
                                   strerrordesc_np(errno));
    return ASSAY_OK;
}

int assay__signals_create_thread(pthread_t *thread, void *(*run)(void *arg),
                                 void *arg)
{
    pthread_attr_t attr;
    sigset_t set;
    int rc = pthread_attr_init(&attr);

    if (rc != 0)
        return rc;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &set);
    add_stop(&set);
    rc = pthread_attr_setsigmask_np(&attr, &set);
    if (rc == 0)
        rc = pthread_create(thread, &attr, run, arg);
    (void)pthread_attr_destroy(&attr);
    return rc;
}

int assay__signals_wait_stop(void)
{
    while (sem_wait(&stop_asked) != 0)
        ; /* EINTR: the handler ran and has posted */
    return stop_number;
}

int assay__signals_poll_stop(int64_t wait_ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (sem_clockwait(&stop_asked, CLOCK_MONOTONIC, &until) != 0)
        if (errno != EINTR)
            return 0;
    return stop_number;
}

void assay__signals_wake(void)
{
    stop_number = SIGTERM;
    (void)sem_post(&stop_asked);
}

static void *run_reloader(void *arg)
{
    struct assay__reloader *reloader = arg;
    sigset_t set;

    reload_set(&set);
    for (;;) {
        if (sigwaitinfo(&set, NULL) < 0)
            continue;
        if (__atomic_load_n(&reloader->is_stopping, __ATOMIC_ACQUIRE))
            return NULL;
        reloader->reload(reloader->arg);
    }
}

assay_rc assay__reloader_start(struct assay__reloader *reloader,
                               assay__reload *reload, void *arg,
                               assay_error *err)
{
    int rc;

    reloader->reload = reload;
    reloader->arg = arg;
    reloader->is_stopping = false;
    rc =
        assay__signals_create_thread(&reloader->thread, run_reloader, reloader);
    if (rc != 0)
        return assay_error_set(err, ASSAY_E_IO, "reload thread: %s",
                               strerrordesc_np(rc));
    reloader->is_running = true;
    return ASSAY_OK;
}

/* Polled: pthread_timedjoin_np() goes by a clock that can be set back. */
bool assay__reloader_stop(struct assay__reloader *reloader, int64_t wait_ms)
{
    const struct timespec pause = {.tv_nsec = JOIN_POLL_MS * 1000000L};

    if (!reloader->is_running)
        return true;
    __atomic_store_n(&reloader->is_stopping, true, __ATOMIC_RELEASE);
    (void)pthread_kill(reloader->thread, SIGUSR1);
    while (pthread_tryjoin_np(reloader->thread, NULL) != 0) {
        if (wait_ms <= 0)
            return false;
        (void)nanosleep(&pause, NULL);
        wait_ms -= JOIN_POLL_MS;
    }
    reloader->is_running = false;
    return true;
}
