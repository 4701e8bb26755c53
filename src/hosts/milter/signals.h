/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Who receives which signal.
 *
 *   SIGTERM, SIGINT, SIGHUP  the main thread: drain and stop
 *   SIGUSR1                  a thread of its own: reload
 *
 * libmilter starts a thread that waits for SIGTERM, SIGINT and SIGHUP as well
 * and then stops without finishing what runs; at the start it even fails. So
 * these signals have a handler and are blocked in every thread but the main
 * one: the kernel prefers a main thread that does not block a signal to any
 * thread that waits for it. One that begins to wait at that very moment could
 * still take it; libmilter's never does (libmilter_calls.c).
 *
 * SIGUSR1 is blocked everywhere, so that one that comes while a reload runs
 * stays pending and is the next reload.
 */
#ifndef ASSAY_MILTER_SIGNALS_H
#define ASSAY_MILTER_SIGNALS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <assay/error.h>

/** Block SIGUSR1, so that one that comes during the start is not lost, and
 *  ignore SIGPIPE. */
void assay__signals_hold_reload(void);
/** Handle what stops the process; from now on only wait_stop() sees it.
 *  @return ASSAY_OK; ASSAY_E_IO */
assay_rc assay__signals_hold_stop(assay_error *err) ASSAY_MUST_CHECK;

/** pthread_create(), and the new thread blocks what stops the process. So do
 *  all threads that it starts. @return 0 or an errno */
int assay__signals_create_thread(pthread_t *thread, void *(*run)(void *arg),
                                 void *arg);

/** Wait for a signal that stops the process. Main thread only.
 *  @return its number */
int assay__signals_wait_stop(void);
/** Likewise for at most wait_ms. @return 0 when none came */
int assay__signals_poll_stop(int64_t wait_ms);
/** End the wait of the main thread, as if SIGTERM had come. */
void assay__signals_wake(void);

/** Called once for each reload that is asked for. */
typedef void assay__reload(void *arg);

/** A thread that waits for SIGUSR1. */
struct assay__reloader {
    pthread_t thread;
    bool is_running;
    bool is_stopping; /* atomic */
    assay__reload *reload;
    void *arg;
};

assay_rc assay__reloader_start(struct assay__reloader *reloader,
                               assay__reload *reload, void *arg,
                               assay_error *err) ASSAY_MUST_CHECK;
/**
 * End the thread. A reload that is running is waited for, but not for ever:
 * an engine that loads cannot be interrupted.
 *
 * @return false when it still ran after wait_ms and may touch anything
 */
bool assay__reloader_stop(struct assay__reloader *reloader, int64_t wait_ms);

#endif
