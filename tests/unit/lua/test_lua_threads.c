/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Many threads in few interpreters. Run under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define THREADS 4
#define SESSIONS_PER_THREAD 25

static const char policy[] =
    "local m = {}\n"
    "function m:validate_ehlo(str, accept, vctx)\n"
    "  self.name = str\n"
    "  vctx:set(msys.core.VCTX_CONN, 'name', str) return 0 end\n"
    "local function scan(msg)\n"
    "  local rc, info = msys.av.scan('clamav', msg)\n"
    "  assert(rc == msys.av.EC_AV_INFECTED) return info end\n"
    "function m:validate_data(msg, accept, vctx)\n"
    "  local t = {} for i = 1, 200 do t[i] = {i .. self.name} end\n"
    "  local info\n"
    "  table.sort({3, 1, 2}, function(a, b) info = scan(msg)"
    " return a < b end)\n"
    "  coroutine.wrap(function() info = scan(msg) end)()\n"
    "  assert(pcall(scan, msg))\n"
    "  for i = 1, 200 do assert(t[i][1] == i .. self.name) end\n"
    "  assert(vctx:get(msys.core.VCTX_CONN, 'name') == self.name)\n"
    "  assert(info == self.name, info)\n"
    "  msg:header('X-Name', self.name)\n"
    "  assert(msg:header('X-Name')[1] == self.name)\n"
    "  return 1 end\n"
    "msys.registerModule('m', m)";

/* The state of one SMTP session of a thread. */
struct visit {
    assay_session *session;
    assay_message *message;
    void *state;
    assay_error err;
    char name[32];
};

static assay_rc visit_run(struct visit *visit, assay_phase phase)
{
    assay_call call = {.phase = phase,
                       .session = visit->session,
                       .message = visit->message,
                       .argument = visit->name};
    assay_flow flow;

    return assay_language_module_v1.ops->run(fixture_instance, &visit->state,
                                             &call, &flow, &visit->err);
}

static bool visit_open(struct visit *visit, int thread, int number)
{
    static const char mail[] = "Subject: x\r\n\r\nbody\r\n";

    memset(visit, 0, sizeof *visit);
    snprintf(visit->name, sizeof visit->name, "t%d-%d", thread, number);
    visit->session = fake_session_new();
    fake_session_verdict(visit->session, ASSAY_STATUS_INFECTED, visit->name,
                         "clamav", NULL);
    if (assay_message_new_borrowed(mail, sizeof mail - 1, NULL, &visit->message,
                                   NULL) != ASSAY_OK)
        return false;
    visit->session->message = visit->message;
    return true;
}

static void visit_close(struct visit *visit)
{
    const assay_language_ops *ops = assay_language_module_v1.ops;

    ops->message_close(fixture_instance, visit->state);
    assay_message_free(&visit->message);
    ops->session_close(fixture_instance, visit->state);
    fake_session_free(&visit->session);
}

static atomic_int failures;

static void *visitor(void *arg)
{
    int thread = *(int *)arg;

    for (int i = 0; i < SESSIONS_PER_THREAD; i++) {
        struct visit visit;

        if (!visit_open(&visit, thread, i) ||
            visit_run(&visit, ASSAY_PHASE_EHLO) != ASSAY_OK ||
            visit_run(&visit, ASSAY_PHASE_DATA) != ASSAY_OK) {
            atomic_fetch_add(&failures, 1);
            fprintf(stderr, "%s: %s\n", visit.name, visit.err.msg);
        }
        visit_close(&visit);
    }
    return NULL;
}

static const int interpreter_counts[] = {1, 2};

START_TEST(sessions_of_threads_do_not_mix)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];

    fixture_settings.interpreters = interpreter_counts[_i];
    fixture_settings.time_limit_ms = 5000;
    fixture_script("m", policy);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, visitor, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(atomic_load(&failures), 0);
}
END_TEST

/* Two sessions of one interpreter that meet in their scans: neither could
 * get there if the other kept the interpreter. */
static pthread_barrier_t meeting;

static void meet(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&meeting);
}

static void *meeting_visitor(void *arg)
{
    struct visit *visit = arg;

    visit->session->on_scan = meet;
    if (visit_run(visit, ASSAY_PHASE_DATA) != ASSAY_OK)
        atomic_fetch_add(&failures, 1);
    return NULL;
}

static const char *const meeting_places[] = {
    "msys.av.scan()",
    "pcall(msys.av.scan)",
    /* Scores wait in the same way. */
    "assert(msys.cloudmark.score())",
    "assert(pcall(msys.cloudmark.score))",
    "assert(msys.cloudmark.analyze('x'))",
    "assert(msys.cloudmark.score_ip('192.0.2.1'))",
    "table.sort({1, 2}, function(a, b) msys.av.scan() return a < b end)",
    "coroutine.wrap(function() msys.av.scan() end)()",
};

START_TEST(interpreter_is_free_during_scans)
{
    struct visit visits[2];
    pthread_t threads[2];
    char script[512];

    snprintf(script, sizeof script,
             "local m = {} function m:validate_data() %s return 0 end"
             " msys.registerModule('m', m)",
             meeting_places[_i]);
    fixture_script("m", script);
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_int_eq(pthread_barrier_init(&meeting, NULL, 2), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert(visit_open(&visits[i], i, 0));
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, meeting_visitor, &visits[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        visit_close(&visits[i]);
    }
    pthread_barrier_destroy(&meeting);
    ck_assert_int_eq(atomic_load(&failures), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("threads");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    add_cases(tcase, sessions_of_threads_do_not_mix, interpreter_counts);
    add_cases(tcase, interpreter_is_free_during_scans, meeting_places);
    return fixture_main(tcase);
}
