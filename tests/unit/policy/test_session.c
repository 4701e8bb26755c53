/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Sessions and the order of phases, with a policy language made of C: a
 * script of what to do in which phase.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "policy/session.h"
#include "check_run.h"

/* ---- a scripted policy language ---------------------------------------- */

struct step {
    assay_phase phase;
    int code; /* set_reply when not 0 */
    bool disconnect, discard, fail;
    bool takes_long; /* the host's progress is told twice */
    assay_flow flow;
};

struct scripted {
    const struct step *steps;
    size_t count;
    char trace[512]; /* "c e m r d …" what was called */
    int messages_closed, sessions_closed, released;
    char each[256]; /* rcptto_string seen in each_rcpt */
};

static void note(struct scripted *s, const char *word)
{
    strncat(s->trace, word, sizeof s->trace - strlen(s->trace) - 1);
    strncat(s->trace, " ", sizeof s->trace - strlen(s->trace) - 1);
}

static assay_rc act(const struct step *step, const assay_call *call,
                    assay_flow *flow, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (int i = 0; i < 2 && step->takes_long; i++)
        assay__pulse_tick(assay__session_pulse(call->session));
    if (step->fail)
        return assay_error_set(err, ASSAY_E_SCRIPT, "scripted failure");
    if (step->discard)
        rc = assay_session_discard(call->session, "550 not wanted", err);
    else if (step->disconnect)
        rc = assay_session_disconnect(call->session, step->code, "bye", err);
    else if (step->code)
        rc =
            assay_session_set_reply(call->session, step->code, "scripted", err);
    *flow = step->flow;
    return rc;
}

static assay_rc run(void *instance, void **state, const assay_call *call,
                    assay_flow *flow, assay_error *err)
{
    struct scripted *s = instance;

    *state = s;
    note(s, assay_phase_name(call->phase));
    if (call->phase == ASSAY_PHASE_DATA_SPOOL_EACH_RCPT) {
        strncat(s->each,
                assay_context_get(assay_message_context(call->message),
                                  "rcptto_string"),
                sizeof s->each - strlen(s->each) - 1);
        strncat(s->each, ";", sizeof s->each - strlen(s->each) - 1);
    }
    for (size_t i = 0; i < s->count; i++)
        if (s->steps[i].phase == call->phase)
            return act(&s->steps[i], call, flow, err);
    *flow = ASSAY_FLOW_CONTINUE;
    return ASSAY_OK;
}

static void message_close(void *instance, void *state)
{
    ck_assert_ptr_eq(instance, state);
    ((struct scripted *)instance)->messages_closed++;
}

static void session_close(void *instance, void *state)
{
    ck_assert_ptr_eq(instance, state);
    ((struct scripted *)instance)->sessions_closed++;
}

static const assay_language_ops ops = {
    .struct_size = sizeof ops,
    .run = run,
    .message_close = message_close,
    .session_close = session_close,
};

/* ---- fixture ----------------------------------------------------------- */

static struct scripted script, second;
static struct assay__policy_module modules[2];
static struct assay__policy policy;
static assay_session *session;
static assay_disposition d;
static assay_error err;

static void release(void *arg)
{
    ((struct scripted *)arg)->released++;
}

static void setup(void)
{
    struct assay__session_env env = {
        .policy = &policy, .release = release, .arg = &script};
    const assay_peer peer = {.address = "192.0.2.7", .port = 2525};

    memset(&script, 0, sizeof script);
    memset(&second, 0, sizeof second);
    memset(&policy, 0, sizeof policy);
    for (size_t i = 0; i < 2; i++)
        modules[i] = (struct assay__policy_module){
            .kind = ASSAY__POLICY_LANGUAGE,
            .name = "fake:one",
            .ops = &ops,
            .instance = i == 0 ? &script : &second,
        };
    memcpy(modules[1].name, "fake:two", 9);
    policy.modules = modules;
    policy.count = 2;
    ck_assert_int_eq(assay__session_new(&env, &peer, &session, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay_session_close(&session);
}

static void use(const struct step *steps, size_t count)
{
    script.steps = steps;
    script.count = count;
}

#define USE(...)                                           \
    do {                                                   \
        static const struct step steps_[] = {__VA_ARGS__}; \
        use(steps_, sizeof steps_ / sizeof steps_[0]);     \
    } while (0)

static void send_message(const char *text)
{
    ck_assert_int_eq(assay_session_mailfrom(session, "a@example.net",
                                            "<a@example.net> SIZE=5", &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_session_rcptto(session, "b@example.org", NULL, &d, &err),
        ASSAY_OK);
    ck_assert_int_eq(assay_message_append(assay_session_message(session), text,
                                          strlen(text), &err),
                     ASSAY_OK);
}

/* ---- tests ------------------------------------------------------------- */

START_TEST(phases_run_in_smtp_order)
{
    ck_assert_int_eq(assay_session_connect(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(assay_session_ehlo(session, "mx", &d, &err), ASSAY_OK);
    send_message("Subject: x\r\n\r\nhi\r\n");
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
    ck_assert_str_eq(script.trace,
                     "connect ehlo mailfrom rcptto data data_spool "
                     "data_spool_each_rcpt set_binding ");
    ck_assert_str_eq(second.trace, script.trace);
}
END_TEST

START_TEST(done_keeps_later_modules_from_running)
{
    USE({.phase = ASSAY_PHASE_MAILFROM, .code = 550, .flow = ASSAY_FLOW_DONE});
    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", "<a@b>", &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_REJECT);
    ck_assert_str_eq(d.module, "fake:one");
    ck_assert_str_eq(second.trace, "");
}
END_TEST

START_TEST(continue_after_set_code_keeps_the_answer)
{
    USE({.phase = ASSAY_PHASE_DATA, .code = 451});
    send_message("x");
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_TEMPFAIL);
    ck_assert_str_eq(second.trace, "mailfrom rcptto data ");
    ck_assert_str_eq(d.module, "fake:one");
}
END_TEST

START_TEST(an_answer_does_not_leak_into_the_next_phase)
{
    USE({.phase = ASSAY_PHASE_EHLO, .code = 550});
    ck_assert_int_eq(assay_session_ehlo(session, "mx", &d, &err), ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_REJECT);
    ck_assert_int_eq(assay_session_mailfrom(session, "", "<>", &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
}
END_TEST

/* LU: an error in a callout answers 421 and closes the session. */
START_TEST(a_failing_script_answers_421_in_every_phase)
{
    static const struct step steps[] = {
        {.phase = ASSAY_PHASE_CONNECT, .fail = true},
        {.phase = ASSAY_PHASE_EHLO, .fail = true},
        {.phase = ASSAY_PHASE_MAILFROM, .fail = true},
        {.phase = ASSAY_PHASE_RCPTTO, .fail = true},
        {.phase = ASSAY_PHASE_DATA, .fail = true},
        {.phase = ASSAY_PHASE_DATA_SPOOL, .fail = true},
        {.phase = ASSAY_PHASE_DATA_SPOOL_EACH_RCPT, .fail = true},
        {.phase = ASSAY_PHASE_SET_BINDING, .fail = true},
    };
    assay_disposition step[5];

    use(&steps[_i], 1);
    ck_assert_int_eq(assay_session_connect(session, &step[0], &err), ASSAY_OK);
    ck_assert_int_eq(assay_session_ehlo(session, "mx", &step[1], &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_session_mailfrom(session, "a@b", "<a@b>", &step[2], &err),
        ASSAY_OK);
    ck_assert_int_eq(
        assay_session_rcptto(session, "c@d", "<c@d>", &step[3], &err),
        ASSAY_OK);
    if (_i == 3) /* the refused recipient was not kept: none is left */
        ck_assert_uint_eq(
            assay_message_recipient_count(assay_session_message(session)), 0);
    ck_assert_int_eq(assay_session_data(session, &step[4], &err), ASSAY_OK);
    d = step[_i < 4 ? _i : 4];
    ck_assert_int_eq(d.code, 421);
    ck_assert(d.disconnect);
    ck_assert_int_eq(d.action, ASSAY_ACTION_TEMPFAIL);
}
END_TEST

START_TEST(disconnect_is_part_of_the_disposition)
{
    USE({.phase = ASSAY_PHASE_CONNECT, .code = 421, .disconnect = true});
    ck_assert_int_eq(assay_session_connect(session, &d, &err), ASSAY_OK);
    ck_assert(d.disconnect);
    ck_assert_int_eq(d.code, 421);
}
END_TEST

START_TEST(disconnect_outlives_the_phase_it_was_set_in)
{
    USE({.phase = ASSAY_PHASE_DATA, .code = 250, .disconnect = true},
        {.phase = ASSAY_PHASE_DATA_SPOOL, .discard = true});
    send_message("x");
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_DISCARD);
    ck_assert(d.disconnect);
}
END_TEST

START_TEST(discard_accepts_and_drops)
{
    USE({.phase = ASSAY_PHASE_DATA_SPOOL, .discard = true});
    send_message("x");
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_DISCARD);
    ck_assert_str_eq(d.text, "550 not wanted");
}
END_TEST

START_TEST(discard_without_a_message_is_refused)
{
    ck_assert_int_eq(assay_session_discard(session, "x", &err), ASSAY_E_STATE);
}
END_TEST

START_TEST(each_recipient_sees_its_own_address)
{
    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", "<a@b>", &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_rcptto(session, "one@x", NULL, &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_rcptto(session, "two@y", NULL, &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_str_eq(script.each, "one@x;two@y;");
}
END_TEST

START_TEST(address_keys_are_in_the_message_context)
{
    assay_context *context;

    send_message("x");
    context = assay_message_context(assay_session_message(session));
    ck_assert_str_eq(assay_context_get(context, "mailfrom_string"),
                     "<a@example.net> SIZE=5");
    ck_assert_str_eq(assay_context_get(context, "mailfrom_localpart"), "a");
    ck_assert_str_eq(assay_context_get(context, "mailfrom_domain"),
                     "example.net");
    ck_assert_str_eq(assay_context_get(context, "rcptto_domain"),
                     "example.org");
    ck_assert_str_eq(assay_context_get(assay_session_context(session),
                                       "connection_message_count"),
                     "1");
    ck_assert_str_eq(
        assay_context_get(assay_session_context(session), "message_rcpt_count"),
        "1");
}
END_TEST

START_TEST(a_second_mailfrom_drops_the_first_message)
{
    send_message("one");
    send_message("two");
    ck_assert_int_eq(script.messages_closed, 1);
    ck_assert_uint_eq(assay_message_size(assay_session_message(session)), 3);
    assay_session_reset(session);
    ck_assert_ptr_null(assay_session_message(session));
    ck_assert_int_eq(script.messages_closed, 2);
}
END_TEST

START_TEST(steps_out_of_order_are_refused_with_a_tempfail)
{
    ck_assert_int_eq(assay_session_rcptto(session, "a@b", NULL, &d, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(d.action, ASSAY_ACTION_TEMPFAIL);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_E_STATE);
    ck_assert_int_eq(d.code, 451);
    send_message("x");
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_E_STATE);
    ck_assert_int_eq(assay_session_rcptto(session, "a@b", NULL, &d, &err),
                     ASSAY_E_STATE);
}
END_TEST

START_TEST(closing_releases_everything_once)
{
    send_message("x");
    assay_session_close(&session);
    ck_assert_ptr_null(session);
    ck_assert_int_eq(script.messages_closed, 1);
    ck_assert_int_eq(script.sessions_closed, 1);
    ck_assert_int_eq(second.sessions_closed, 1);
    ck_assert_int_eq(script.released, 1);
    assay_session_close(&session);
    ck_assert_int_eq(script.released, 1);
}
END_TEST

static void close_the_session(void *arg)
{
    ++*(int *)arg;
    assay_session_close(&session);
}

/* What the host gave for it may be gone. */
START_TEST(a_closed_session_makes_no_progress)
{
    int calls = 0;

    USE({.phase = ASSAY_PHASE_DATA, .takes_long = true});
    send_message("x");
    assay_session_on_progress(session, close_the_session, &calls, 0);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(script.sessions_closed, 1);
    ck_assert_int_eq(script.released, 1);
}
END_TEST

START_TEST(peer_is_shown_with_its_port)
{
    ck_assert_str_eq(assay_session_peer(session), "192.0.2.7:2525");
}
END_TEST

START_TEST(scan_without_scopes_says_no_engine)
{
    assay_scan_request request = {0};
    assay_verdict verdict;

    send_message("x");
    ck_assert_int_eq(assay_message_finish(assay_session_message(session), &err),
                     ASSAY_OK);
    request.message = assay_session_message(session);
    assay_session_scan(session, &request, &verdict);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_NO_ENGINE); /* LU-12 */
    ck_assert_ptr_null(assay_session_engine(session, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *tc = tcase_create("session");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, phases_run_in_smtp_order);
    tcase_add_test(tc, done_keeps_later_modules_from_running);
    tcase_add_test(tc, continue_after_set_code_keeps_the_answer);
    tcase_add_test(tc, an_answer_does_not_leak_into_the_next_phase);
    tcase_add_loop_test(tc, a_failing_script_answers_421_in_every_phase, 0, 8);
    tcase_add_test(tc, disconnect_is_part_of_the_disposition);
    tcase_add_test(tc, disconnect_outlives_the_phase_it_was_set_in);
    tcase_add_test(tc, discard_accepts_and_drops);
    tcase_add_test(tc, discard_without_a_message_is_refused);
    tcase_add_test(tc, each_recipient_sees_its_own_address);
    tcase_add_test(tc, address_keys_are_in_the_message_context);
    tcase_add_test(tc, a_second_mailfrom_drops_the_first_message);
    tcase_add_test(tc, steps_out_of_order_are_refused_with_a_tempfail);
    tcase_add_test(tc, closing_releases_everything_once);
    tcase_add_test(tc, a_closed_session_makes_no_progress);
    tcase_add_test(tc, peer_is_shown_with_its_port);
    tcase_add_test(tc, scan_without_scopes_says_no_engine);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
