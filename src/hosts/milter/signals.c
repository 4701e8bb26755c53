/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Who receives which signal; the header tells the story.
 */
#include "signals.h"

#include <signal.h>
#include <string.h>
#include <time.h>

/* How often a stop looks whether the reload is done. */
enum { JOIN_POLL_MS = 10 };

static void stop_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
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

void assay__signals_hold_stop(void)
{
    sigset_t set;

    stop_set(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int assay__signals_wait_stop(void)
{
    sigset_t set;
    int number;

    stop_set(&set);
    while (sigwait(&set, &number) != 0)
        ;
    return number;
}

int assay__signals_poll_stop(int64_t wait_ms)
{
    struct timespec wait = {.tv_sec = (time_t)(wait_ms / 1000),
                            .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    sigset_t set;
    int number;

    stop_set(&set);
    number = sigtimedwait(&set, NULL, &wait);
    return number > 0 ? number : 0;
}

void assay__signals_wake(pthread_t main_thread)
{
    /* It waits for the signal; nothing is terminated.
     * NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread) */
    (void)pthread_kill(main_thread, SIGTERM);
}

static void *run_reloader(void *arg)
{
    struct assay__reloader *reloader = arg;
    sigset_t set;
    int number;

    reload_set(&set);
    for (;;) {
        if (sigwait(&set, &number) != 0)
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
    rc = pthread_create(&reloader->thread, NULL, run_reloader, reloader);
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
