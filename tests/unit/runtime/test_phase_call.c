/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Phases in the callback form, and what hosts do wrong with them. A phase is
 * held by the policy fakepolicy as long as a file is there.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <assay/assay.h>

#include "check_run.h"
#include "runtime_fixture.h"

enum { WAIT_S = 60, HELD_SESSIONS = ASSAY_PHASES_RUNNING_MAX + 1 };

/* ---- a host -------------------------------------------------------------- */

/* What done callbacks and the queue of completions have come to. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    assay_completion *queue[ASSAY_PHASES_OPEN_MAX]; /* lock */
    size_t queued;                                  /* lock */
    unsigned done;                                  /* lock */
    assay_rc rc;                                    /* lock; of the last */
    assay_disposition disposition;                  /* lock; of the last */
    char text[ASSAY_ERROR_MAX];                     /* lock; of the last */
    pthread_t teller;                               /* lock; of the last */
} host = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .changed = PTHREAD_COND_INITIALIZER};

static void note_done(void *arg, assay_rc rc,
                      const assay_disposition *disposition,
                      const assay_error *error)
{
    ck_assert_ptr_eq(arg, &host);
    (void)pthread_mutex_lock(&host.lock);
    host.done++;
    host.rc = rc;
    host.disposition = *disposition;
    (void)snprintf(host.text, sizeof host.text, "%s", error->msg);
    host.teller = pthread_self();
    (void)pthread_cond_broadcast(&host.changed);
    (void)pthread_mutex_unlock(&host.lock);
}

static void never_done(void *arg, assay_rc rc,
                       const assay_disposition *disposition,
                       const assay_error *error)
{
    (void)disposition;
    (void)error;
    ck_abort_msg("done(%p, %d) was called", arg, (int)rc);
}

static void enqueue(void *arg, assay_completion *completion)
{
    ck_assert_ptr_eq(arg, &host);
    (void)pthread_mutex_lock(&host.lock);
    ck_assert_uint_lt(host.queued, ASSAY_PHASES_OPEN_MAX);
    host.queue[host.queued++] = completion;
    (void)pthread_cond_broadcast(&host.changed);
    (void)pthread_mutex_unlock(&host.lock);
}

static void wait_for(const unsigned *number, unsigned want)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    (void)pthread_mutex_lock(&host.lock);
    while (*number < want)
        ck_assert_int_eq(
            pthread_cond_timedwait(&host.changed, &host.lock, &until), 0);
    (void)pthread_mutex_unlock(&host.lock);
}

static void wait_for_queue(size_t want)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    (void)pthread_mutex_lock(&host.lock);
    while (host.queued < want)
        ck_assert_int_eq(
            pthread_cond_timedwait(&host.changed, &host.lock, &until), 0);
    (void)pthread_mutex_unlock(&host.lock);
}

/* Tell what is queued, in this thread. */
static void drain(void)
{
    (void)pthread_mutex_lock(&host.lock);
    while (host.queued > 0) {
        assay_completion *completion = host.queue[--host.queued];

        (void)pthread_mutex_unlock(&host.lock);
        assay_completion_run(completion);
        (void)pthread_mutex_lock(&host.lock);
    }
    (void)pthread_mutex_unlock(&host.lock);
}

/* ---- a held phase ----------------------------------------------------------
 */

static char hold[128], entered[140];

#define CONFIG                                                \
    "sample {}\nantivirus \"av\" { sample \"s1\" { threat = " \
    "EVIL } }\n"

static void hold_phases(void)
{
    fixture_write("hold", "");
}

static void let_go(void)
{
    fixture_remove("hold");
}

static void wait_until_held(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; i < WAIT_S * 1000; i++) {
        if (access(entered, F_OK) == 0)
            return;
        (void)nanosleep(&moment, NULL);
    }
    ck_abort_msg("the phase did not begin");
}

/* A library whose phase @phase is held while the file is there. */
static void open_library(const char *phase, bool has_loop)
{
    assay_options options = fixture_options();
    assay_error err = {0};
    char text[512];

    (void)snprintf(text, sizeof text,
                   CONFIG "fakepolicy \"p\" { rule \"%s\" { hold = \"%s\" } "
                          "rule \"ehlo\" { code = 554 } }\n",
                   phase, hold);
    fixture_config(text);
    options.host_arg = &host;
    options.complete = has_loop ? enqueue : NULL;
    ck_assert_msg(assay_open(&options, &fixture_library, &err) == ASSAY_OK,
                  "%s\n%s", err.msg, fixture_log());
}

static void start(const char *phase, bool has_loop)
{
    assay_error err = {0};

    open_library(phase, has_loop);
    ck_assert_msg(assay_start(fixture_library, &err) == ASSAY_OK, "%s",
                  err.msg);
}

static void setup(void)
{
    fixture_setup();
    (void)snprintf(hold, sizeof hold, "%s/hold", fixture_folder);
    (void)snprintf(entered, sizeof entered, "%s.in", hold);
    host.queued = 0;
    host.done = 0;
}

/* ---- both ways to be told
 * ---------------------------------------------------- */

/* Where the end of the phase that was just begun is told. */
static void be_told(bool has_loop, unsigned count)
{
    if (has_loop) {
        wait_for_queue(1);
        drain();
    }
    wait_for(&host.done, count);
    ck_assert_int_eq(host.rc, ASSAY_OK);
}

START_TEST(phases_tell_what_the_blocking_ones_return)
{
    bool has_loop = _i;
    assay_error err = {0};
    assay_session *session;

    start("data", has_loop);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, note_done, &host, &err), ASSAY_OK);
    be_told(has_loop, 1);
    ck_assert_int_eq(host.disposition.action, ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(
        assay_session_ehlo_begin(session, "mx", note_done, &host, &err),
        ASSAY_OK);
    be_told(has_loop, 2);
    ck_assert_int_eq(host.disposition.code, 554);
    ck_assert_int_eq(assay_session_mailfrom_begin(session, "a@b", "<a@b>",
                                                  note_done, &host, &err),
                     ASSAY_OK);
    be_told(has_loop, 3);
    ck_assert_int_eq(assay_session_rcptto_begin(session, "c@d", NULL, note_done,
                                                &host, &err),
                     ASSAY_OK);
    be_told(has_loop, 4);
    ck_assert_int_eq(
        assay_message_append(assay_session_message(session), "EVIL", 4, &err),
        ASSAY_OK);
    ck_assert_int_eq(assay_session_data_begin(session, note_done, &host, &err),
                     ASSAY_OK);
    be_told(has_loop, 5);
    ck_assert_int_eq(host.disposition.code, 550);
    ck_assert_str_eq(host.disposition.module, "antivirus:av");
    ck_assert_int_eq(pthread_equal(host.teller, pthread_self()) != 0, has_loop);
    assay_session_close(&session);
}
END_TEST

/* ---- calls that come at the wrong time -------------------------------------
 */

START_TEST(a_busy_session_takes_no_other_call)
{
    assay_disposition d = {.code = 0};
    assay_error err = {0};
    assay_session *session;

    start("connect", false);
    hold_phases();
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, note_done, &host, &err), ASSAY_OK);
    wait_until_held();
    ck_assert_int_eq(
        assay_session_ehlo_begin(session, "mx", never_done, NULL, &err),
        ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "another phase of this session runs");
    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", NULL, &d, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(d.code, 451);
    ck_assert_int_eq(assay_session_reset(session), ASSAY_E_STATE);
    let_go();
    wait_for(&host.done, 1);
    ck_assert_int_eq(assay_session_reset(session), ASSAY_OK);
    assay_session_close(&session);
}
END_TEST

START_TEST(calls_out_of_order_are_refused_at_once)
{
    assay_disposition d;
    assay_error err = {0};
    assay_session *session;

    start("data", false);
    session = fixture_session();
    ck_assert_int_eq(assay_session_rcptto_begin(session, "c@d", NULL,
                                                never_done, NULL, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_data_begin(session, never_done, NULL, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_store_begin(session, never_done, NULL, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(
        assay_session_ehlo_begin(session, NULL, never_done, NULL, &err),
        ASSAY_E_INVAL);
    ck_assert_int_eq(assay_session_connect_begin(session, NULL, NULL, &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay_session_connect(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(
        assay_session_connect_begin(session, never_done, NULL, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_connect(session, &d, &err), ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_mailfrom(session, NULL, NULL, &d, &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay_session_mailfrom(session, "", NULL, &d, &err),
                     ASSAY_OK);
    assay_session_close(&session);
}
END_TEST

START_TEST(before_the_start_only_blocking_phases_run)
{
    assay_disposition d;
    assay_error err = {0};
    assay_session *session;

    open_library("data", false);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, never_done, NULL, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_connect(session, &d, &err), ASSAY_OK);
    assay_session_close(&session);
}
END_TEST

START_TEST(after_the_stop_nothing_runs)
{
    assay_disposition d = {.code = 0};
    assay_error err = {0};
    assay_session *session, *other = NULL;

    start("data", false);
    session = fixture_session();
    assay_stop(fixture_library);
    ck_assert_int_eq(
        assay_session_connect_begin(session, never_done, NULL, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_connect(session, &d, &err), ASSAY_E_STATE);
    ck_assert_int_eq(d.code, 451);
    ck_assert_str_eq(err.msg, "the library is stopped");
    ck_assert_int_eq(assay_session_open(fixture_library, NULL, &other, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(assay_reload(fixture_library, &err), ASSAY_E_STATE);
    assay_session_close(&session);
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_OK);
    session = fixture_session();
    ck_assert_int_eq(fixture_send(session, "EVIL").code, 550);
    assay_session_close(&session);
}
END_TEST

/* ---- sessions that are closed -------------------------------------------- */

static void count_release(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
}

/* The bytes that the phase reads are given back when it is over. */
START_TEST(a_session_closed_in_a_phase_is_freed_at_its_end)
{
    char *text = strdup("A: b\r\n\r\ngood\r\n");
    _Atomic int released = 0;
    assay_error err = {0};
    assay_session *session;
    assay_disposition d;

    start("data", _i);
    hold_phases();
    session = fixture_session();
    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", NULL, &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_borrow(assay_session_message(session), text,
                                          strlen(text), count_release,
                                          &released, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_data_begin(session, never_done, NULL, &err),
                     ASSAY_OK);
    wait_until_held();
    assay_session_close(&session);
    ck_assert_ptr_null(session);
    ck_assert_int_eq(released, 0);
    let_go();
    assay_stop(fixture_library);
    ck_assert_int_eq(released, 1);
    ck_assert_uint_eq(host.queued, 0);
    free(text);
}
END_TEST

START_TEST(what_lies_in_the_queue_of_a_closed_session_tells_nothing)
{
    assay_error err = {0};
    assay_session *session;

    start("data", true);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, never_done, NULL, &err), ASSAY_OK);
    wait_for_queue(1);
    assay_session_close(&session);
    drain();
}
END_TEST

static _Atomic bool returned, may_return;

static void close_own(void *arg, assay_rc rc,
                      const assay_disposition *disposition,
                      const assay_error *error)
{
    assay_session_close(arg);
    note_done(&host, rc, disposition, error);
}

START_TEST(a_done_callback_may_close_its_session)
{
    assay_error err = {0};
    assay_session *session;

    start("data", _i);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, close_own, &session, &err),
        ASSAY_OK);
    be_told(_i, 1);
    ck_assert_ptr_null(session);
}
END_TEST

static void go_on(void *arg, assay_rc rc, const assay_disposition *disposition,
                  const assay_error *error)
{
    assay_session *session = arg;

    (void)disposition;
    (void)error;
    ck_assert_int_eq(rc, ASSAY_OK);
    ck_assert_int_eq(
        assay_session_ehlo_begin(session, "mx", note_done, &host, NULL),
        ASSAY_OK);
}

START_TEST(a_done_callback_may_begin_the_next_phase)
{
    assay_error err = {0};
    assay_session *session;

    start("data", false);
    session = fixture_session();
    ck_assert_int_eq(assay_session_connect_begin(session, go_on, session, &err),
                     ASSAY_OK);
    be_told(false, 1);
    ck_assert_int_eq(host.disposition.code, 554);
    assay_session_close(&session);
}
END_TEST

static void take_long(void *arg, assay_rc rc,
                      const assay_disposition *disposition,
                      const assay_error *error)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    (void)arg;
    note_done(&host, rc, disposition, error);
    while (!may_return)
        (void)nanosleep(&moment, NULL);
    returned = true;
}

static void *close_session(void *arg)
{
    assay_session_close(arg);
    return returned ? NULL : arg;
}

START_TEST(closing_waits_for_a_callback_in_another_thread)
{
    assay_error err = {0};
    assay_session *session;
    pthread_t closer;
    void *early = NULL;

    returned = may_return = false;
    start("data", false);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, take_long, NULL, &err), ASSAY_OK);
    wait_for(&host.done, 1);
    ck_assert_int_eq(pthread_create(&closer, NULL, close_session, &session), 0);
    may_return = true;
    ck_assert_int_eq(pthread_join(closer, &early), 0);
    ck_assert_ptr_null(early);
}
END_TEST

/* A host whose sessions belong to no thread. */
static void run_at_once(void *arg, assay_completion *completion)
{
    (void)arg;
    assay_completion_run(completion);
}

START_TEST(a_completion_may_be_run_where_it_is_handed_out)
{
    assay_options options;
    assay_error err = {0};
    assay_session *sessions[2];

    fixture_config(CONFIG);
    options = fixture_options();
    options.host_arg = &host;
    options.complete = run_at_once;
    ck_assert_int_eq(assay_open(&options, &fixture_library, &err), ASSAY_OK);
    ck_assert_int_eq(assay_start(fixture_library, &err), ASSAY_OK);
    for (size_t i = 0; i < 2; i++) {
        sessions[i] = fixture_session();
        ck_assert_int_eq(
            assay_session_connect_begin(sessions[i], note_done, &host, &err),
            ASSAY_OK);
        wait_for(&host.done, (unsigned)i + 1);
    }
    /* It may close its own, and stopping waits for nothing. */
    ck_assert_int_eq(assay_session_ehlo_begin(sessions[0], "x", close_own,
                                              &sessions[0], &err),
                     ASSAY_OK);
    wait_for(&host.done, 3);
    assay_stop(fixture_library);
    ck_assert_ptr_null(sessions[0]);
    assay_session_close(&sessions[1]);
}
END_TEST

/* ---- a host that never completes ------------------------------------------
 */

START_TEST(completions_that_nobody_runs_block_and_leak_nothing)
{
    enum { COUNT = 8 };
    assay_session *sessions[COUNT];
    assay_error err = {0};

    start("data", true);
    for (size_t i = 0; i < COUNT; i++) {
        sessions[i] = fixture_session();
        ck_assert_int_eq(
            assay_session_connect_begin(sessions[i], never_done, NULL, &err),
            ASSAY_OK);
    }
    wait_for_queue(COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assay_session_close(&sessions[i]);
    assay_close(&fixture_library);
}
END_TEST

START_TEST(a_completion_run_after_the_stop_tells_nothing)
{
    assay_error err = {0};
    assay_session *session;

    start("data", true);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, never_done, NULL, &err), ASSAY_OK);
    wait_for_queue(1);
    assay_stop(fixture_library);
    drain();
    assay_session_close(&session);
}
END_TEST

START_TEST(open_phases_are_bounded)
{
    static assay_session *sessions[ASSAY_PHASES_OPEN_MAX + 1];
    assay_error err = {0};

    start("data", true);
    for (size_t i = 0; i < ASSAY_PHASES_OPEN_MAX; i++) {
        sessions[i] = fixture_session();
        ck_assert_int_eq(
            assay_session_connect_begin(sessions[i], note_done, &host, &err),
            ASSAY_OK);
    }
    sessions[ASSAY_PHASES_OPEN_MAX] = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(sessions[ASSAY_PHASES_OPEN_MAX], never_done,
                                    NULL, &err),
        ASSAY_E_LIMIT);
    wait_for_queue(ASSAY_PHASES_OPEN_MAX);
    drain();
    ck_assert_uint_eq(host.done, ASSAY_PHASES_OPEN_MAX);
    ck_assert_int_eq(
        assay_session_connect_begin(sessions[ASSAY_PHASES_OPEN_MAX], note_done,
                                    &host, &err),
        ASSAY_OK);
    wait_for_queue(1);
    drain();
    for (size_t i = 0; i <= ASSAY_PHASES_OPEN_MAX; i++)
        assay_session_close(&sessions[i]);
}
END_TEST

/* ---- the stop
 * ---------------------------------------------------------------- */

static _Atomic unsigned ended_well, ended_stopped;

static void count_ends(void *arg, assay_rc rc,
                       const assay_disposition *disposition,
                       const assay_error *error)
{
    (void)arg;
    (void)error;
    if (rc == ASSAY_OK)
        ended_well++;
    else if (rc == ASSAY_E_STATE && disposition->code == 451)
        ended_stopped++;
}

static void *stop_library(void *arg)
{
    assay_stop(arg);
    return NULL;
}

static void wait_until_stopping(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; i < WAIT_S * 1000; i++) {
        assay_session *session = NULL;

        if (assay_session_open(fixture_library, NULL, &session, NULL) ==
            ASSAY_E_STATE)
            return;
        assay_session_close(&session);
        (void)nanosleep(&moment, NULL);
    }
    ck_abort_msg("the library does not stop");
}

/* As many as may run at once, and one that waits. */
START_TEST(the_stop_waits_for_what_runs_and_refuses_what_waits)
{
    static assay_session *sessions[HELD_SESSIONS];
    pthread_t stopper;

    ended_well = ended_stopped = 0;
    start("connect", false);
    hold_phases();
    for (size_t i = 0; i < HELD_SESSIONS; i++) {
        sessions[i] = fixture_session();
        ck_assert_int_eq(
            assay_session_connect_begin(sessions[i], count_ends, NULL, NULL),
            ASSAY_OK);
    }
    wait_until_held();
    ck_assert_int_eq(
        pthread_create(&stopper, NULL, stop_library, fixture_library), 0);
    wait_until_stopping();
    ck_assert_uint_eq(ended_well, 0);
    let_go();
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    ck_assert_uint_eq(ended_well + ended_stopped, HELD_SESSIONS);
    ck_assert_uint_ge(ended_well, 1);
    ck_assert_uint_ge(ended_stopped, 1);
    for (size_t i = 0; i < HELD_SESSIONS; i++)
        assay_session_close(&sessions[i]);
}
END_TEST

static void *run_queue(void *arg)
{
    drain();
    return arg;
}

static void wait_a_moment_for(pthread_t thread)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    ck_assert_int_eq(pthread_timedjoin_np(thread, NULL, &until), ETIMEDOUT);
}

/* A host with several loops, one of which tells while another one stops. */
START_TEST(the_stop_waits_for_a_callback_in_another_thread)
{
    assay_error err = {0};
    assay_session *session;
    pthread_t loop, stopper;

    returned = may_return = false;
    start("data", true);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, take_long, NULL, &err), ASSAY_OK);
    wait_for_queue(1);
    ck_assert_int_eq(pthread_create(&loop, NULL, run_queue, NULL), 0);
    wait_for(&host.done, 1);
    ck_assert_int_eq(
        pthread_create(&stopper, NULL, stop_library, fixture_library), 0);
    wait_a_moment_for(stopper);
    may_return = true;
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    ck_assert(returned);
    ck_assert_int_eq(pthread_join(loop, NULL), 0);
    assay_session_close(&session);
}
END_TEST

static void stop_all(void *arg, assay_rc rc,
                     const assay_disposition *disposition,
                     const assay_error *error)
{
    assay_stop(arg);
    note_done(&host, rc, disposition, error);
}

START_TEST(a_done_callback_of_a_loop_may_stop_the_library)
{
    assay_error err = {0};
    assay_session *session;

    start("data", true);
    session = fixture_session();
    ck_assert_int_eq(
        assay_session_connect_begin(session, stop_all, fixture_library, &err),
        ASSAY_OK);
    wait_for_queue(1);
    drain();
    ck_assert_uint_eq(host.done, 1);
    assay_session_close(&session);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("phase_call");
    TCase *tc = tcase_create("phase_call");

    tcase_add_checked_fixture(tc, setup, fixture_teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, phases_tell_what_the_blocking_ones_return, 0, 2);
    tcase_add_test(tc, a_busy_session_takes_no_other_call);
    tcase_add_test(tc, calls_out_of_order_are_refused_at_once);
    tcase_add_test(tc, before_the_start_only_blocking_phases_run);
    tcase_add_test(tc, after_the_stop_nothing_runs);
    tcase_add_loop_test(tc, a_session_closed_in_a_phase_is_freed_at_its_end, 0,
                        2);
    tcase_add_test(tc,
                   what_lies_in_the_queue_of_a_closed_session_tells_nothing);
    tcase_add_loop_test(tc, a_done_callback_may_close_its_session, 0, 2);
    tcase_add_test(tc, a_done_callback_may_begin_the_next_phase);
    tcase_add_test(tc, closing_waits_for_a_callback_in_another_thread);
    tcase_add_test(tc, a_completion_may_be_run_where_it_is_handed_out);
    tcase_add_test(tc, completions_that_nobody_runs_block_and_leak_nothing);
    tcase_add_test(tc, a_completion_run_after_the_stop_tells_nothing);
    tcase_add_test(tc, open_phases_are_bounded);
    tcase_add_test(tc, the_stop_waits_for_what_runs_and_refuses_what_waits);
    tcase_add_test(tc, the_stop_waits_for_a_callback_in_another_thread);
    tcase_add_test(tc, a_done_callback_of_a_loop_may_stop_the_library);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
