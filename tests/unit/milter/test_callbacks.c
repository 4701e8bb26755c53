/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The callbacks, driven in every order a real or a false MTA may call them.
 * After each test no session and no message may be left.
 */
#include "callbacks.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "fake_assay.h"
#include "fake_mfapi.h"
#include "hub.h"
#include "log.h"
#include "check_run.h"

enum { ALL_STEPS = 0x1fffff };

static struct smfi_str ctx;
static struct smfiDesc desc;
static struct assay__milter milter;
static unsigned long actions, steps;

static void setup(void)
{
    fake_mfapi_reset(&ctx);
    fake_assay_reset();
    milter = (struct assay__milter){.hub = assay__hub_new(2)};
    ck_assert_ptr_nonnull(milter.hub);
    ck_assert(assay__callbacks_register(&milter));
    desc = fake_registered;
}

static void teardown(void)
{
    (void)desc.xxfi_close(&ctx);
    ck_assert_ptr_null(ctx.priv);
    ck_assert_int_eq(fake.messages, 0);
    ck_assert_int_eq(fake.sessions, 0);
    ck_assert_uint_eq(assay__hub_messages(milter.hub), 0);
    free(milter.hub);
}

/* ---- a small MTA ------------------------------------------------------- */

static sfsistat negotiate(unsigned long offered_steps)
{
    unsigned long none2, none3;

    actions = 0;
    steps = SMFIP_NODATA;
    return desc.xxfi_negotiate(&ctx, 0x1ff, offered_steps, 0, 0, &actions,
                               &steps, &none2, &none3);
}

static sfsistat connect_client(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(4711)};
    static char host[] = "client.test";

    (void)inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    return desc.xxfi_connect(&ctx, host, (struct sockaddr *)&address);
}

static sfsistat mail(void)
{
    static char sender[] = "<a@test>", size[] = "SIZE=7";
    char *argv[] = {sender, size, NULL};

    return desc.xxfi_envfrom(&ctx, argv);
}

static sfsistat rcpt(void)
{
    static char recipient[] = "<b@test>";
    char *argv[] = {recipient, NULL};

    return desc.xxfi_envrcpt(&ctx, argv);
}

static sfsistat header(void)
{
    static char name[] = "Subject", value[] = " hi";

    return desc.xxfi_header(&ctx, name, value);
}

static sfsistat body(void)
{
    static unsigned char chunk[] = "text\r\n";

    return desc.xxfi_body(&ctx, chunk, sizeof chunk - 1);
}

static sfsistat helo(void)
{
    static char name[] = "client.test";

    return desc.xxfi_helo(&ctx, name);
}

/* Steps by letter: n c h m r s(ubject) e b . a(bort) q */
static sfsistat play(const char *letters)
{
    sfsistat status = SMFIS_CONTINUE;

    for (const char *p = letters; *p != '\0'; p++) {
        switch (*p) {
        case 'n':
            status = negotiate(ALL_STEPS);
            break;
        case 'c':
            status = connect_client();
            break;
        case 'h':
            status = helo();
            break;
        case 'm':
            status = mail();
            break;
        case 'r':
            status = rcpt();
            break;
        case 's':
            status = header();
            break;
        case 'e':
            status = desc.xxfi_eoh(&ctx);
            break;
        case 'b':
            status = body();
            break;
        case '.':
            status = desc.xxfi_eom(&ctx);
            break;
        case 'a':
            status = desc.xxfi_abort(&ctx);
            break;
        default:
            status = desc.xxfi_close(&ctx);
            break;
        }
    }
    return status;
}

/* ---- tests ------------------------------------------------------------- */

START_TEST(negotiation_asks_for_headers_as_received)
{
    ck_assert_int_eq(negotiate(ALL_STEPS), SMFIS_CONTINUE);
    ck_assert_uint_eq(actions, SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT);
    ck_assert_uint_eq(steps, SMFIP_NODATA | SMFIP_HDR_LEADSPC | SMFIP_NR_HDR |
                                 SMFIP_NR_EOH | SMFIP_NR_BODY);
}
END_TEST

/* What a client was refused must not become a recipient of the message. */
START_TEST(refused_recipients_are_not_asked_for)
{
    (void)negotiate(ALL_STEPS);
    ck_assert_uint_eq(steps & SMFIP_RCPT_REJ, 0);
    ck_assert_uint_eq(steps & SMFIP_SKIP, 0);
}
END_TEST

START_TEST(steps_become_phases)
{
    ck_assert_int_eq(play("nchmrseb."), SMFIS_CONTINUE);
    ck_assert_str_eq(fake.calls,
                     "connect ehlo(client.test) mailfrom(a@test|<a@test> "
                     "SIZE=7) rcptto(b@test|<b@test>) data ");
    ck_assert_str_eq(fake.data, "Subject: hi\r\n\r\ntext\r\n");
    ck_assert_str_eq(fake.peer, "192.0.2.1:4711 client.test");
    ck_assert_int_eq(fake.messages, 0);
}
END_TEST

START_TEST(space_is_added_without_leadspc)
{
    static char name[] = "Subject", value[] = "hi";

    (void)negotiate(ALL_STEPS & ~SMFIP_HDR_LEADSPC);
    (void)play("chmr");
    (void)desc.xxfi_header(&ctx, name, value);
    ck_assert_int_eq(play("eb."), SMFIS_CONTINUE);
    ck_assert_str_eq(fake.data, "Subject: hi\r\n\r\ntext\r\n");
}
END_TEST

START_TEST(header_and_body_never_answer)
{
    ck_assert_int_eq(play("nchmrs"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("e"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("b"), SMFIS_NOREPLY);
}
END_TEST

START_TEST(body_without_end_of_header_is_no_header)
{
    (void)play("nchmrsb.");
    ck_assert_str_eq(fake.data, "Subject: hi\r\n\r\ntext\r\n");
}
END_TEST

START_TEST(body_without_header_is_no_header)
{
    (void)play("nchmreb.");
    ck_assert_str_eq(fake.data, "\r\ntext\r\n");
    (void)play("mrb.");
    ck_assert_str_eq(fake.data, "\r\ntext\r\n");
}
END_TEST

START_TEST(next_client_on_the_same_connection_needs_no_negotiation)
{
    (void)play("nchmrseb.q");
    ck_assert_int_eq(play("chmrseb."), SMFIS_CONTINUE);
    ck_assert_str_eq(fake.data, "Subject: hi\r\n\r\ntext\r\n");
}
END_TEST

START_TEST(macros_reach_contexts_and_id)
{
    fake_mfapi_macro(&ctx, "{daemon_addr}", "192.0.2.9");
    fake_mfapi_macro(&ctx, "{tls_version}", "TLSv1.3");
    fake_mfapi_macro(&ctx, "{auth_authen}", "joe");
    (void)play("nchmr");
    fake_mfapi_macro(&ctx, "i", "4F00BA12"); /* Postfix: not before RCPT */
    (void)play("seb.");
    ck_assert_str_eq(fake.context, "daemon_addr=192.0.2.9;tls=TLSv1.3;"
                                   "auth_user=joe;auth_status=pass;");
    ck_assert_str_eq(fake.id, "4F00BA12");
}
END_TEST

START_TEST(progress_is_passed_on)
{
    fake.call_progress = true;
    (void)play("nchmrseb.");
    ck_assert_int_eq(ctx.progress_calls, 1);
}
END_TEST

/* The letters end with the step that is to be refused. */
static const struct {
    assay_phase phase;
    const char *letters;
} phases[] = {
    {ASSAY_PHASE_CONNECT, "nc"},     {ASSAY_PHASE_EHLO, "nch"},
    {ASSAY_PHASE_MAILFROM, "nchm"},  {ASSAY_PHASE_RCPTTO, "nchmr"},
    {ASSAY_PHASE_DATA, "nchmrseb."},
};
enum { PHASES = sizeof phases / sizeof *phases };

START_TEST(reject_is_answered_in_its_phase)
{
    fake.phase = phases[_i].phase;
    fake.disposition = (assay_disposition){.action = ASSAY_ACTION_REJECT,
                                           .code = 550,
                                           .enhanced = "5.7.1",
                                           .text = "no"};
    ck_assert_int_eq(play(phases[_i].letters), SMFIS_REJECT);
    ck_assert_str_eq(ctx.reply, "550 5.7.1 no");
}
END_TEST

START_TEST(disconnect_answers_421_from_then_on)
{
    fake.phase = phases[_i].phase;
    fake.disposition = (assay_disposition){.action = ASSAY_ACTION_REJECT,
                                           .disconnect = true,
                                           .code = 554,
                                           .text = "go away"};
    ck_assert_int_eq(play(phases[_i].letters), SMFIS_REJECT);
    fake.phase = ASSAY_PHASE_COUNT;
    ck_assert_int_eq(play("m"), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "421 4.3.2 Closing connection");
}
END_TEST

START_TEST(failed_call_is_451)
{
    fake.phase_rc = ASSAY_E_NOMEM;
    if (_i > 0) { /* only the last step fails */
        char before[16];

        fake.phase_rc = ASSAY_OK;
        (void)snprintf(before, sizeof before, "%s", phases[_i].letters);
        before[strlen(before) - 1] = '\0';
        (void)play(before);
        fake.phase_rc = ASSAY_E_NOMEM;
        ck_assert_int_eq(
            play(phases[_i].letters + strlen(phases[_i].letters) - 1),
            SMFIS_TEMPFAIL);
    } else {
        ck_assert_int_eq(play("nc"), SMFIS_TEMPFAIL);
    }
    ck_assert_str_eq(ctx.reply, "451 4.3.0 Could not check the message, try "
                                "again later");
}
END_TEST

START_TEST(no_session_is_451)
{
    fake.open_rc = ASSAY_E_NOMEM;
    ck_assert_int_eq(play("nc"), SMFIS_TEMPFAIL);
    ck_assert_int_eq(play("hm"), SMFIS_TEMPFAIL);
    ck_assert_str_eq(fake.calls, "");
}
END_TEST

/* ---- steps that do not answer ------------------------------------------ */

START_TEST(steps_without_callout_do_not_answer)
{
    fake.phases = UINT32_C(1) << ASSAY_PHASE_DATA;
    (void)negotiate(ALL_STEPS);
    ck_assert_uint_eq(
        steps & (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT),
        SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT);
    ck_assert_int_eq(play("c"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("h"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("m"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("r"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("seb."), SMFIS_CONTINUE);
}
END_TEST

START_TEST(step_with_callout_answers)
{
    fake.phases = UINT32_C(1) << ASSAY_PHASE_RCPTTO;
    ck_assert_int_eq(play("nchm"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("r"), SMFIS_CONTINUE);
}
END_TEST

START_TEST(mta_that_wants_answers_gets_them)
{
    fake.phases = 0;
    (void)negotiate(ALL_STEPS & ~(SMFIP_NR_CONN | SMFIP_NR_HELO |
                                  SMFIP_NR_MAIL | SMFIP_NR_RCPT));
    ck_assert_int_eq(play("chmr"), SMFIS_CONTINUE);
}
END_TEST

/* A callout that a reload brought: nothing that it refuses comes through. */
START_TEST(refusal_of_a_silent_step_is_answered_at_the_end)
{
    bool is_recipient = phases[_i].phase == ASSAY_PHASE_RCPTTO;

    fake.phases = UINT32_C(1) << ASSAY_PHASE_DATA;
    fake.phase = phases[_i].phase;
    fake.disposition = (assay_disposition){.action = ASSAY_ACTION_REJECT,
                                           .code = 550,
                                           .enhanced = "5.7.1",
                                           .text = "no"};
    ck_assert_int_eq(play("nchmrseb."),
                     is_recipient ? SMFIS_TEMPFAIL : SMFIS_REJECT);
    ck_assert_str_eq(ctx.reply,
                     is_recipient
                         ? "451 4.3.0 Could not check the message, try again "
                           "later"
                         : "550 5.7.1 no");
    fake.phase = ASSAY_PHASE_COUNT; /* the next message of this connection */
    ck_assert_int_eq(play("mrseb."), phases[_i].phase < ASSAY_PHASE_MAILFROM
                                         ? SMFIS_REJECT
                                         : SMFIS_CONTINUE);
}
END_TEST

START_TEST(fault_of_a_silent_step_is_answered_at_the_end)
{
    fake.phases = 0;
    fake.open_rc = ASSAY_E_NOMEM;
    ck_assert_int_eq(play("nchmrseb."), SMFIS_TEMPFAIL);
}
END_TEST

/* The client was not told at connect, has no session, and learns why. */
START_TEST(refused_connection_that_is_silent_says_why)
{
    fake.phases = 0;
    (void)play("n");
    assay__hub_drain(milter.hub);
    ck_assert_int_eq(play("chmrseb."), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "421 4.3.2 Service is stopping");
}
END_TEST

START_TEST(aborted_message_takes_its_refusal_along)
{
    fake.phases = 0;
    fake.phase = ASSAY_PHASE_MAILFROM;
    fake.disposition =
        (assay_disposition){.action = ASSAY_ACTION_REJECT, .code = 550};
    (void)play("nchmra");
    fake.phase = ASSAY_PHASE_COUNT;
    ck_assert_int_eq(play("mrseb."), SMFIS_CONTINUE);
}
END_TEST

START_TEST(next_client_on_the_same_connection_is_as_silent)
{
    fake.phases = 0;
    (void)play("nchmrseb.q");
    fake.phases = UINT32_MAX; /* too late to agree on anything else */
    ck_assert_int_eq(play("chmr"), SMFIS_NOREPLY);
    fake.phase = ASSAY_PHASE_DATA;
    ck_assert_int_eq(play("seb."), SMFIS_CONTINUE);
}
END_TEST

/* Of a connection that was forgotten nobody knows: both, then. */
START_TEST(unknown_connection_answers_and_holds)
{
    fake.phase = ASSAY_PHASE_EHLO;
    fake.disposition = (assay_disposition){
        .action = ASSAY_ACTION_REJECT, .code = 550, .text = "no"};
    ck_assert_int_eq(play("ch"), SMFIS_REJECT);
    fake.phase = ASSAY_PHASE_COUNT;
    ck_assert_int_eq(play("mrseb."), SMFIS_REJECT);
}
END_TEST

static const struct {
    assay_rc rc;
    sfsistat want;
    const char *want_reply;
} failures[] = {
    {ASSAY_E_LIMIT, SMFIS_REJECT, "552 5.3.4 Message is too large"},
    {ASSAY_E_NOMEM, SMFIS_TEMPFAIL,
     "451 4.3.0 Could not check the message, try again later"},
    {ASSAY_E_IO, SMFIS_TEMPFAIL,
     "451 4.3.0 Could not check the message, try again later"},
};

START_TEST(message_that_was_not_stored_is_refused)
{
    static const char points[] = {'s', 'e', 'b'};
    const char point[] = {points[_i % 3], '\0'};

    (void)play("nchmr"); /* without a header eoh stores the empty line */
    fake.append_rc = failures[_i / 3].rc;
    ck_assert_int_eq(play(point), SMFIS_NOREPLY);
    fake.append_rc = ASSAY_OK; /* one failure is enough */
    ck_assert_int_eq(play("seb."), failures[_i / 3].want);
    ck_assert_str_eq(ctx.reply, failures[_i / 3].want_reply);
    ck_assert_ptr_null(strstr(fake.calls, "data"));
    ck_assert_int_eq(play("mrseb."), SMFIS_CONTINUE);
}
END_TEST

START_TEST(recipient_that_ends_the_message_drops_it)
{
    static const assay_disposition ends[] = {
        {.action = ASSAY_ACTION_DISCARD},
        {.action = ASSAY_ACTION_TEMPFAIL, .disconnect = true, .code = 421},
        {.action = ASSAY_ACTION_REJECT, .disconnect = true, .code = 554},
    };

    fake.phase = ASSAY_PHASE_RCPTTO;
    fake.disposition = ends[_i];
    (void)play("nchmr");
    ck_assert_int_eq(fake.messages, 0);
    ck_assert_uint_eq(assay__hub_messages(milter.hub), 0);
}
END_TEST

START_TEST(recipient_that_is_refused_leaves_the_message)
{
    fake.phase = ASSAY_PHASE_RCPTTO;
    fake.disposition =
        (assay_disposition){.action = ASSAY_ACTION_REJECT, .code = 550};
    ck_assert_int_eq(play("nchmr"), SMFIS_REJECT);
    fake.phase = ASSAY_PHASE_COUNT;
    ck_assert_int_eq(play("rseb."), SMFIS_CONTINUE);
    ck_assert_str_eq(fake.data, "Subject: hi\r\n\r\ntext\r\n");
}
END_TEST

/* ---- the log ----------------------------------------------------------- */

static char logged[8192];

static void keep_line(void *arg, assay_log_level level, const char *line)
{
    size_t len = strlen(logged);

    (void)arg;
    (void)level;
    (void)snprintf(logged + len, sizeof logged - len, "%s\n", line);
}

START_TEST(quotes_in_a_text_do_not_end_it)
{
    const assay_log log = {.sink = keep_line, .threshold = ASSAY_LOG_DEBUG};
    static char host[] = "a\" action=\\b";

    milter.log = &log;
    logged[0] = '\0';
    fake.phase = ASSAY_PHASE_DATA;
    fake.disposition = (assay_disposition){
        .action = ASSAY_ACTION_REJECT, .code = 550, .text = "\"no\" x=\\y"};
    (void)play("n");
    (void)desc.xxfi_connect(&ctx, host, NULL);
    (void)play("hmrseb.");
    ck_assert_msg(strstr(logged, "host=\"a' action='b\"\n"), "%s", logged);
    ck_assert_msg(strstr(logged, "text=\"'no' x='y\"\n"), "%s", logged);
    milter.log = NULL;
}
END_TEST

static const struct {
    const char *text;
    const char *want;
} findings[] = {
    {"error: no \"x\"", "assayd.finding text=\"error: no 'x'\"\n"},
    {"error: x\nhint", "assayd.finding text=\"error: x\" hint=\"hint\"\n"},
    {"f:1:2: error: x\n a\n ^\n", "assayd.finding text=\"f:1:2: error: x\"\n"},
    {"f:1:2: error: x\n a\n ^\ndid you mean 'b'?",
     "assayd.finding text=\"f:1:2: error: x\" hint=\"did you mean 'b'?\"\n"},
    {"", "assayd.finding text=\"\"\n"},
};

START_TEST(finding_is_one_line)
{
    const assay_log log = {.sink = keep_line, .threshold = ASSAY_LOG_DEBUG};

    logged[0] = '\0';
    assay__log_finding(&log, findings[_i].text);
    ck_assert_str_eq(logged, findings[_i].want);
}
END_TEST

START_TEST(discard_only_when_policy_says_so)
{
    fake.phase = ASSAY_PHASE_DATA;
    fake.disposition = (assay_disposition){.action = ASSAY_ACTION_DISCARD};
    ck_assert_int_eq(play("nchmrseb."), SMFIS_DISCARD);
}
END_TEST

START_TEST(edit_that_fails_is_451)
{
    fake.edits[0] = (assay_edit){ASSAY_EDIT_APPEND, "X-AV", "clean"};
    ctx.changes_allowed = 0;
    ck_assert_int_eq(play("nchmrseb."), SMFIS_TEMPFAIL);
}
END_TEST

START_TEST(rejected_message_gets_no_edits)
{
    fake.phase = ASSAY_PHASE_DATA;
    fake.disposition =
        (assay_disposition){.action = ASSAY_ACTION_REJECT, .code = 550};
    fake.edits[0] = (assay_edit){ASSAY_EDIT_APPEND, "X-AV", "clean"};
    ck_assert_int_eq(play("nchmrseb."), SMFIS_REJECT);
    ck_assert_str_eq(ctx.changes, "");
}
END_TEST

/* Abort, close and nonsense at every point; the fixture counts what is left.*/
static const char *const orders[] = {
    "",        "n",         "nc",       "nch",         "nchm",
    "nchmr",   "nchmrs",    "nchmrse",  "nchmrseb",    "nchmrseb.",
    "a",       "na",        "nca",      "nchma",       "nchmra",
    "nchmrsa", "nchmrseba", "nchmamr.", "nchmrsebaq",  "q",
    "nq",      "ncqq",      ".",        "n.",          "nc.",
    "nch.",    "b",         "nb",       "ncseb.",      "m",
    "r",       "hmrseb.",   "nhmrseb.", "ncmmmrrseb.", "nn",
    "nncc",    "ncccmrb",   "nchm.",    "nchmr..",     "nchmrseb.seb.",
};

START_TEST(any_order_leaves_nothing)
{
    (void)play(orders[_i]);
}
END_TEST

START_TEST(message_after_abort_starts_empty)
{
    (void)play("nchmrseba");
    ck_assert_int_eq(play("mrseb."), SMFIS_CONTINUE);
    ck_assert_str_eq(fake.data, "Subject: hi\r\n\r\ntext\r\n");
}
END_TEST

START_TEST(end_without_message_is_451)
{
    ck_assert_int_eq(play("nch."), SMFIS_TEMPFAIL);
    ck_assert_ptr_null(strstr(fake.calls, "data"));
}
END_TEST

START_TEST(too_many_connections_get_421)
{
    struct assay__connection *one = assay__hub_connect(milter.hub);
    struct assay__connection *two = assay__hub_connect(milter.hub);

    ck_assert_int_eq(play("nc"), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "421 4.3.2 Too many connections");
    assay__hub_disconnect(milter.hub, one);
    assay__hub_disconnect(milter.hub, two);
}
END_TEST

START_TEST(draining_finishes_the_message_and_takes_no_other)
{
    (void)play("nchmrs");
    assay__hub_drain(milter.hub);
    ck_assert_uint_eq(assay__hub_messages(milter.hub), 1);
    ck_assert_int_eq(play("eb."), SMFIS_CONTINUE);
    ck_assert_uint_eq(assay__hub_messages(milter.hub), 0);
    ck_assert_int_eq(play("m"), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "421 4.3.2 Service is stopping");
}
END_TEST

START_TEST(failed_allocation_is_never_accepted)
{
    fake.edits[0] = (assay_edit){ASSAY_EDIT_APPEND, "X-AV", "clean"};
    for (unsigned long n = 1;; n++) {
        const char *letters = "nchmrseb.";
        sfsistat status = SMFIS_CONTINUE;
        bool hit;

        ctx.changes[0] = '\0';
        alloc_fail_at(n);
        for (const char *p = letters; *p != '\0'; p++) {
            const char letter[] = {*p, '\0'};

            status = play(letter);
            if (status != SMFIS_CONTINUE && status != SMFIS_NOREPLY)
                break; /* the MTA would not go on */
        }
        hit = alloc_fail_hit();
        alloc_fail_off();
        (void)play("q");
        ck_assert_msg(hit == (status != SMFIS_CONTINUE),
                      "allocation %lu: status %d", n, status);
        if (!hit)
            break;
        ck_assert_uint_lt(n, 100);
    }
    ck_assert_str_eq(ctx.changes, "add 0 X-AV: clean\n");
}
END_TEST

START_TEST(shut_gate_touches_nothing)
{
    (void)play("nchmrs");
    ck_assert(assay__hub_shut(milter.hub, 0));
    assay__hub_clear(milter.hub);
    ck_assert_int_eq(fake.sessions, 0);
    ck_assert_int_eq(play("eb"), SMFIS_NOREPLY);
    ck_assert_int_eq(play("."), SMFIS_TEMPFAIL);
    ck_assert_int_eq(play("c"), SMFIS_TEMPFAIL);
    ck_assert_int_eq(play("aq"), SMFIS_CONTINUE);
    ctx.priv = NULL; /* as the process would end now */
}
END_TEST

START_TEST(shutting_waits_for_callbacks_inside)
{
    ck_assert(assay__hub_enter(milter.hub));
    ck_assert(!assay__hub_shut(milter.hub, 1));
    assay__hub_leave(milter.hub);
    ck_assert(assay__hub_shut(milter.hub, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter callbacks");
    TCase *tcase = tcase_create("callbacks");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, negotiation_asks_for_headers_as_received);
    tcase_add_test(tcase, steps_become_phases);
    tcase_add_test(tcase, space_is_added_without_leadspc);
    tcase_add_test(tcase, header_and_body_never_answer);
    tcase_add_test(tcase, body_without_end_of_header_is_no_header);
    tcase_add_test(tcase, body_without_header_is_no_header);
    tcase_add_test(tcase,
                   next_client_on_the_same_connection_needs_no_negotiation);
    tcase_add_test(tcase, macros_reach_contexts_and_id);
    tcase_add_test(tcase, progress_is_passed_on);
    tcase_add_test(tcase, steps_without_callout_do_not_answer);
    tcase_add_test(tcase, step_with_callout_answers);
    tcase_add_test(tcase, mta_that_wants_answers_gets_them);
    tcase_add_loop_test(tcase, refusal_of_a_silent_step_is_answered_at_the_end,
                        0, PHASES);
    tcase_add_test(tcase, fault_of_a_silent_step_is_answered_at_the_end);
    tcase_add_test(tcase, refused_connection_that_is_silent_says_why);
    tcase_add_test(tcase, aborted_message_takes_its_refusal_along);
    tcase_add_test(tcase, next_client_on_the_same_connection_is_as_silent);
    tcase_add_test(tcase, unknown_connection_answers_and_holds);
    tcase_add_loop_test(tcase, reject_is_answered_in_its_phase, 0, PHASES);
    tcase_add_loop_test(tcase, disconnect_answers_421_from_then_on, 0, PHASES);
    tcase_add_loop_test(tcase, failed_call_is_451, 0, PHASES);
    tcase_add_test(tcase, no_session_is_451);
    tcase_add_test(tcase, refused_recipients_are_not_asked_for);
    tcase_add_loop_test(tcase, message_that_was_not_stored_is_refused, 0,
                        3 * (int)(sizeof failures / sizeof *failures));
    tcase_add_loop_test(tcase, recipient_that_ends_the_message_drops_it, 0, 3);
    tcase_add_test(tcase, recipient_that_is_refused_leaves_the_message);
    tcase_add_test(tcase, quotes_in_a_text_do_not_end_it);
    tcase_add_loop_test(tcase, finding_is_one_line, 0,
                        (int)(sizeof findings / sizeof *findings));
    tcase_add_test(tcase, discard_only_when_policy_says_so);
    tcase_add_test(tcase, edit_that_fails_is_451);
    tcase_add_test(tcase, rejected_message_gets_no_edits);
    tcase_add_loop_test(tcase, any_order_leaves_nothing, 0,
                        (int)(sizeof orders / sizeof *orders));
    tcase_add_test(tcase, message_after_abort_starts_empty);
    tcase_add_test(tcase, end_without_message_is_451);
    tcase_add_test(tcase, too_many_connections_get_421);
    tcase_add_test(tcase, draining_finishes_the_message_and_takes_no_other);
    tcase_add_test(tcase, failed_allocation_is_never_accepted);
    tcase_add_test(tcase, shut_gate_touches_nothing);
    tcase_add_test(tcase, shutting_waits_for_callbacks_inside);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
