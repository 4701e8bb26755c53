/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A phase in the callback form when memory runs out: it begins or it does not,
 * and the session is free afterwards.
 */
#include "runtime/phase_call.h"

#include <check.h>
#include <time.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "policy/session.h"

enum { WAIT_MS = 60000 };

static struct assay__policy policy; /* without modules */
static _Atomic unsigned done_count;
static _Atomic int done_rc;

static void done(void *arg, assay_rc rc, const assay_disposition *disposition,
                 const assay_error *error)
{
    (void)arg;
    (void)disposition;
    (void)error;
    done_rc = rc;
    done_count++;
}

static assay_rc begin(struct assay__phases *phases, assay_session *session)
{
    const struct assay__step step = {
        .kind = ASSAY__STEP_EHLO, .text = "client", .argument = "argument"};
    const struct timespec moment = {.tv_nsec = 1000000};
    assay_rc rc = assay__phases_start(phases, NULL);

    if (rc == ASSAY_OK)
        rc = assay__phases_begin(phases, session, &step, done, NULL, NULL);
    for (int i = 0; rc == ASSAY_OK && done_count == 0 && i < WAIT_MS; i++)
        (void)nanosleep(&moment, NULL);
    alloc_fail_off();
    assay__phases_stop(phases);
    return rc;
}

static void look(assay_rc rc, bool hit, assay_session *session)
{
    if (!hit)
        ck_assert_int_eq(rc, ASSAY_OK);
    ck_assert_uint_eq(done_count, rc == ASSAY_OK);
    /* The phase itself needs memory, too, and then says so. */
    if (done_count > 0)
        ck_assert(done_rc == ASSAY_OK || (hit && done_rc == ASSAY_E_NOMEM));
    ck_assert_int_eq(assay__session_claim(session, NULL), ASSAY_OK);
    assay__session_unclaim(session);
}

/* A thread that cannot be made is ASSAY_E_IO. */
START_TEST(a_phase_that_cannot_begin_leaves_the_session_free)
{
    const struct assay__session_env env = {.policy = &policy};
    bool hit = true;

    for (unsigned long n = 1; hit; n++) {
        assay_options options = ASSAY_OPTIONS_INIT;
        struct assay__phases *phases = NULL;
        assay_session *session = NULL;
        assay_rc rc;

        ck_assert_int_eq(assay__session_new(&env, NULL, &session, NULL),
                         ASSAY_OK);
        done_count = 0;
        alloc_fail_at(n);
        rc = assay__phases_new(&options, &phases, NULL);
        if (rc == ASSAY_OK)
            rc = begin(phases, session);
        hit = alloc_fail_hit();
        alloc_fail_off();
        look(rc, hit, session);
        assay_session_close(&session);
        assay__phases_free(&phases);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("phase_memory");
    TCase *tc = tcase_create("phase_memory");

    tcase_add_test(tc, a_phase_that_cannot_begin_leaves_the_session_free);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
