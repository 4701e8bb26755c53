/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: recipients of Maildir domains in a session (MD-04, MD-08):
 * what RCPT TO is answered, and that a message is delivered to all of its
 * mailboxes or to none, once.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "policy/session.h"
#include "store/maildir_fixture.h"
#include "check_run.h"

#define USER "msi.local/user"
#define OTHER "msi.local/other"

/* ---- fixture ----------------------------------------------------------- */

static const char *const domains[] = {"msi.local", NULL};
static const struct assay__maildir_options *stanzas[1];
static struct assay__maildirs maildirs;
static struct assay__policy policy;
static assay_session *session;
static assay_disposition d;
static assay_error err;
static char logged[65536];

static void keep_line(void *arg, assay_log_level level, const char *line)
{
    size_t len = strlen(logged);

    (void)arg;
    (void)level;
    (void)snprintf(logged + len, sizeof logged - len, "%s\n", line);
}

static const assay_log log_ = {.sink = keep_line, .threshold = ASSAY_LOG_INFO};

/* A policy that refuses one recipient, and in phase data what it is told. */
static assay_action data_action;

static assay_rc run(void *instance, void **state, const assay_call *call,
                    assay_flow *flow, assay_error *error)
{
    (void)instance;
    (void)state;
    *flow = ASSAY_FLOW_CONTINUE;
    if (call->phase == ASSAY_PHASE_RCPTTO && strstr(call->argument, "refused@"))
        return assay_session_set_reply(call->session, 554, "5.7.9 no", error);
    if (call->phase != ASSAY_PHASE_DATA)
        return ASSAY_OK;
    if (data_action == ASSAY_ACTION_REJECT)
        return assay_session_set_reply(call->session, 550, "no", error);
    if (data_action == ASSAY_ACTION_DISCARD)
        return assay_session_discard(call->session, "no", error);
    return assay_message_edit(call->message, ASSAY_EDIT_PREPEND, "X-Edit",
                              "yes", error);
}

static const assay_language_ops ops = {.struct_size = sizeof ops, .run = run};
static const struct assay__policy_module module = {
    .kind = ASSAY__POLICY_LANGUAGE, .name = "fake:one", .ops = &ops};

static void setup(void)
{
    struct assay__session_env env = {.policy = &policy};

    maildir_setup();
    maildir_options.all_domains = false;
    maildir_options.domains = (assay_conf_list){domains, 1};
    stanzas[0] = &maildir_options;
    maildirs = (struct assay__maildirs){stanzas, 1};
    policy = (struct assay__policy){
        .modules = &module, .count = 1, .maildirs = &maildirs, .log = &log_};
    data_action = ASSAY_ACTION_CONTINUE;
    logged[0] = '\0';
    ck_assert_int_eq(assay__session_new(&env, NULL, &session, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay_session_close(&session);
    maildir_teardown();
}

static void begin(const char *sender)
{
    ck_assert_int_eq(assay_session_mailfrom(session, sender, NULL, &d, &err),
                     ASSAY_OK);
    assay_message_set_id(assay_session_message(session), "QUEUE1");
}

static assay_action rcpt(const char *recipient)
{
    ck_assert_int_eq(assay_session_rcptto(session, recipient, NULL, &d, &err),
                     ASSAY_OK);
    return d.action;
}

static void data(void)
{
    static const char text[] = "Subject: hi\r\n\r\ntext\r\n";

    ck_assert_int_eq(assay_message_append(assay_session_message(session), text,
                                          sizeof text - 1, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
}

static int in_new(const char *user)
{
    char folder[128];

    (void)snprintf(folder, sizeof folder, "msi.local/%s/new", user);
    return maildir_count(folder) < 0 ? 0 : maildir_count(folder);
}

/* ---- RCPT TO ----------------------------------------------------------- */

/* Acceptance test 16. */
START_TEST(unknown_mailbox_is_rejected)
{
    maildir_options.create_users = false;
    begin("a@remote.test");
    ck_assert_int_eq(rcpt("user@msi.local"), ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 550);
    ck_assert_str_eq(d.enhanced, "5.1.1");
    ck_assert_str_eq(d.module, "maildir:maildir1");
    ck_assert(!d.disconnect);
    ck_assert_uint_eq(
        assay_message_recipient_count(assay_session_message(session)), 0);
    ck_assert_ptr_nonnull(
        strstr(logged, "policy.answer module=maildir:maildir1 phase=rcptto "
                       "action=reject code=550 id=QUEUE1"));
}
END_TEST

static const char *const unsafe[] = {"../../etc/x@msi.local",
                                     "\"a b\"@msi.local", "@msi.local",
                                     ".@msi.local", "a/b@MSI.LOCAL"};

START_TEST(unsafe_recipient_is_rejected)
{
    begin("a@remote.test");
    ck_assert_int_eq(rcpt(unsafe[_i]), ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 553);
    ck_assert_str_eq(d.enhanced, "5.1.3");
    ck_assert_str_eq(d.module, "maildir:maildir1");
    ck_assert_int_eq(maildir_count("."), 0);
}
END_TEST

START_TEST(store_that_cannot_be_used_defers)
{
    begin("a@remote.test");
    ck_assert_int_eq(rmdir(maildir_base), 0);
    ck_assert_int_eq(rcpt("user@msi.local"), ASSAY_ACTION_TEMPFAIL);
    ck_assert_int_eq(d.code, 451);
    ck_assert_str_eq(d.enhanced, "4.3.0");
    ck_assert_ptr_null(strstr(d.text, maildir_base));
    ck_assert_ptr_nonnull(strstr(logged, "maildir.unusable maildir=maildir1 "
                                         "error=io reason=\"basedir "));
}
END_TEST

START_TEST(policy_is_asked_before_the_mailbox)
{
    maildir_options.create_users = false;
    begin("a@remote.test");
    ck_assert_int_eq(rcpt("refused@msi.local"), ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 554);
    ck_assert_str_eq(d.module, "fake:one");
}
END_TEST

START_TEST(other_domains_are_not_looked_at)
{
    begin("a@remote.test");
    ck_assert_int_eq(rcpt("../x@remote.test"), ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(rcpt("user@msi.local"), ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(rcpt("y@remote.test"), ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(rcpt("refused@msi.local"), ASSAY_ACTION_REJECT);
    ck_assert_str_eq(assay_session_stored(session, 0), "user@msi.local");
    ck_assert_ptr_null(assay_session_stored(session, 1));
    begin("a@remote.test");
    ck_assert_ptr_null(assay_session_stored(session, 0));
}
END_TEST

/* ---- the mailbox of ActiveFilter --------------------------------------- */

static const char *const flat_domains[] = {"flat.test", NULL};
static struct assay__maildir_options flat;
static const struct assay__maildir_options *two_stanzas[2];
static char same_base[128];

/* Besides, a stanza for flat.test that has the same mailboxes as msi.local, by
 * another path. */
static void add_activefilter(void)
{
    const struct assay__activefilter_options options = {
        .state = maildir_path("state"),
        .max_entries = 10,
        .expire_s = 60,
        .maildirs = &maildirs,
        .log = &log_,
    };

    flat = maildir_options;
    flat.domains = (assay_conf_list){flat_domains, 1};
    flat.domain_in_path = false;
    (void)snprintf(same_base, sizeof same_base, "%s/./msi.local", maildir_base);
    flat.basedir = same_base;
    two_stanzas[0] = &maildir_options;
    two_stanzas[1] = &flat;
    maildirs = (struct assay__maildirs){two_stanzas, 2};
    ck_assert_int_eq(
        assay__activefilter_new(&options, &policy.activefilter, &err),
        ASSAY_OK);
}

static void choose(const char *address)
{
    ck_assert_int_eq(assay_activefilter_set_mode(policy.activefilter,
                                                 ASSAY_ACTIVEFILTER_KEEP, NULL,
                                                 NULL, false, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_activefilter_set_address(policy.activefilter, address, &err),
        ASSAY_OK);
    ck_assert_int_eq(assay__activefilter_seal(policy.activefilter, &err),
                     ASSAY_OK);
}

static void make_box(const char *user)
{
    static const char *const folders[] = {"", "/tmp", "/new", "/cur"};
    char path[64];

    (void)mkdir(maildir_path("msi.local"), 0700);
    for (size_t i = 0; i < ASSAY_COUNT_OF(folders); i++) {
        (void)snprintf(path, sizeof path, "msi.local/%s%s", user, folders[i]);
        ck_assert_int_eq(mkdir(maildir_path(path), 0700), 0);
    }
}

static const char *const same_mailbox[] = {
    "af@msi.local",       "af@MSI.Local",  "\"af\"@msi.local",
    "\"a\\f\"@msi.local", "af@msi.local.", "af@flat.test"};

/* Who can send mail must not be able to forge what ActiveFilter tells. */
START_TEST(mailbox_of_activefilter_takes_no_mail)
{
    add_activefilter();
    make_box("af");
    choose("af@Msi.local");
    begin("a@remote.test");
    ck_assert_int_eq(rcpt(same_mailbox[_i]), ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 550);
    ck_assert_str_eq(d.enhanced, "5.7.1");
    ck_assert_ptr_nonnull(strstr(logged, "code=550 id=QUEUE1"));
    ck_assert_ptr_null(assay_session_stored(session, 0));
    assay__activefilter_free(&policy.activefilter);
}
END_TEST

START_TEST(other_mailboxes_take_mail_beside_activefilter)
{
    add_activefilter();
    begin("a@remote.test"); /* the scripts have set nothing */
    ck_assert_int_eq(rcpt("af@msi.local"), ASSAY_ACTION_CONTINUE);
    choose("af@msi.local"); /* there is no such folder yet */
    ck_assert_int_eq(rcpt("af@msi.local"), ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 550);
    make_box("af");
    ck_assert_int_eq(rcpt("AF@msi.local"), ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(rcpt("user@flat.test"), ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(rcpt("af@remote.test"), ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(rcpt("../af@msi.local"), ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 553);
    assay__activefilter_free(&policy.activefilter);
}
END_TEST

START_TEST(recipients_are_answered_where_there_are_maildirs)
{
    policy.count = 0;
    ck_assert_uint_eq(assay__policy_phases(&policy), UINT32_C(1)
                                                         << ASSAY_PHASE_RCPTTO);
    maildirs.count = 0;
    ck_assert_uint_eq(assay__policy_phases(&policy), 0);
    policy.maildirs = NULL;
    ck_assert_uint_eq(assay__policy_phases(&policy), 0);
}
END_TEST

/* ---- delivery ---------------------------------------------------------- */

START_TEST(mail_is_stored_with_edits_and_envelope)
{
    begin("a@remote.test");
    (void)rcpt("user@MSI.local");
    data();
    ck_assert_int_eq(in_new("user"), 0);
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_str_eq(maildir_text(USER "/new"),
                     "Return-Path: <a@remote.test>\n"
                     "Delivered-To: user@MSI.local\n"
                     "X-Edit: yes\nSubject: hi\n\ntext\n");
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
}
END_TEST

START_TEST(log_tells_the_domain_but_not_the_user)
{
    begin("a@remote.test");
    (void)rcpt("user@msi.local");
    data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_ptr_nonnull(strstr(
        logged, "message.stored id=QUEUE1 maildir=maildir1 domain=msi.local "
                "mail="));
    ck_assert_ptr_null(strstr(logged, "user"));
}
END_TEST

START_TEST(sender_cannot_add_headers)
{
    static const char want[] = "Return-Path: <a??X-Evil: 1????@x>\n"
                               "Delivered-To: ";

    begin("a\r\nX-Evil: 1\r\n\r\n@x");
    (void)rcpt("user@msi.local");
    data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_int_eq(strncmp(maildir_text(USER "/new"), want, sizeof want - 1),
                     0);
}
END_TEST

START_TEST(null_sender_is_empty_brackets)
{
    begin("");
    (void)rcpt("user@msi.local");
    data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_int_eq(
        strncmp(maildir_text(USER "/new"), "Return-Path: <>\n", 16), 0);
}
END_TEST

START_TEST(same_mailbox_gets_one_mail)
{
    begin("a@remote.test");
    (void)rcpt("user@msi.local");
    (void)rcpt("user@MSI.LOCAL");
    (void)rcpt("\"user\"@msi.local");
    (void)rcpt("other@msi.local");
    data();
    ck_assert_ptr_nonnull(assay_session_stored(session, 3));
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_int_eq(in_new("user"), 1);
    ck_assert_int_eq(in_new("other"), 1);
}
END_TEST

/* Each of 600 mailboxes once, 400 of them named twice; and no descriptor for
 * each that waits. */
START_TEST(thousand_recipients_are_served)
{
    char address[64];
    int total = 0;

    begin("a@remote.test");
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(address, sizeof address, "u%d@msi.local", i % 600);
        ck_assert_int_eq(rcpt(address), ASSAY_ACTION_CONTINUE);
    }
    data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    for (int i = 0; i < 600; i++) {
        (void)snprintf(address, sizeof address, "u%d", i);
        total += in_new(address) == 1;
    }
    ck_assert_int_eq(total, 600);
}
END_TEST

/* Before the data step; rejected; discarded. */
START_TEST(nothing_is_stored_unless_policy_let_it_pass)
{
    data_action = _i == 2 ? ASSAY_ACTION_DISCARD : ASSAY_ACTION_REJECT;
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_E_STATE);
    begin("a@remote.test");
    (void)rcpt("user@msi.local");
    if (_i > 0)
        data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_E_STATE);
    ck_assert_int_eq(in_new("user"), 0);
}
END_TEST

START_TEST(message_is_stored_once)
{
    begin("a@remote.test");
    (void)rcpt("user@msi.local");
    data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_E_STATE);
    ck_assert_int_eq(in_new("user"), 1);
}
END_TEST

START_TEST(message_for_nobody_here_stores_nothing)
{
    begin("a@remote.test");
    (void)rcpt("x@remote.test");
    data();
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_int_eq(maildir_count("."), 0);
}
END_TEST

/* ---- all or none ------------------------------------------------------- */

static void put_link(const char *relative)
{
    (void)rename(maildir_path(relative), maildir_path("moved"));
    ck_assert_int_eq(symlink("/nonexistent", maildir_path(relative)), 0);
}

START_TEST(mailbox_that_cannot_be_staged_leaves_all_without)
{
    begin("a@remote.test");
    (void)rcpt("other@msi.local");
    (void)rcpt("user@msi.local");
    (void)rcpt("zoe@msi.local");
    data();
    ck_assert_int_eq(mkdir(maildir_path("msi.local"), 0700), 0);
    put_link(USER);
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_E_IO);
    ck_assert_int_eq(in_new("other") + in_new("zoe"), 0);
    ck_assert_int_eq(maildir_count(OTHER "/tmp"), 0);
    ck_assert_ptr_null(strstr(logged, "message.stored"));
}
END_TEST

/* After the second mail is committed, the third mailbox goes away. */
static int ticks;

static void lose_a_mailbox(void *arg)
{
    (void)arg;
    if (++ticks == 3 + 2)
        put_link("msi.local/zoe/new");
}

START_TEST(mailbox_that_cannot_be_committed_takes_the_others_back)
{
    ticks = 0;
    assay_session_on_progress(session, lose_a_mailbox, NULL, 0);
    begin("a@remote.test");
    (void)rcpt("other@msi.local");
    (void)rcpt("user@msi.local");
    (void)rcpt("zoe@msi.local");
    data();
    ticks = 0;
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_E_IO);
    ck_assert_int_eq(ticks, 6);
    ck_assert_int_eq(in_new("other") + in_new("user"), 0);
    ck_assert_int_eq(maildir_count(USER "/tmp"), 0);
    ck_assert_int_eq(maildir_count("moved"), 0);
    ck_assert_ptr_nonnull(strstr(logged, "message.revoked"));
    ck_assert_ptr_null(strstr(logged, "message.stored"));
}
END_TEST

START_TEST(mailbox_removed_after_rcpt_is_an_error)
{
    maildir_options.create_users = false;
    ck_assert_int_eq(mkdir(maildir_path("msi.local"), 0700), 0);
    ck_assert_int_eq(mkdir(maildir_path(USER), 0700), 0);
    ck_assert_int_eq(mkdir(maildir_path(USER "/tmp"), 0700), 0);
    ck_assert_int_eq(mkdir(maildir_path(USER "/new"), 0700), 0);
    ck_assert_int_eq(mkdir(maildir_path(USER "/cur"), 0700), 0);
    begin("a@remote.test");
    ck_assert_int_eq(rcpt("user@msi.local"), ASSAY_ACTION_CONTINUE);
    data();
    ck_assert_int_eq(rename(maildir_path(USER), maildir_path("moved")), 0);
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_E_IO);
    ck_assert_int_eq(rename(maildir_path("moved"), maildir_path(USER)), 0);
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    ck_assert_int_eq(in_new("user"), 1);
}
END_TEST

START_TEST(lack_of_memory_stores_nothing)
{
    begin("a@remote.test");
    (void)rcpt("user@msi.local");
    (void)rcpt("other@msi.local");
    data();
    for (unsigned long n = 1; n < 100; n++) {
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = assay_session_store(session, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, hit ? ASSAY_E_NOMEM : ASSAY_OK);
        ck_assert_int_eq(in_new("user") + in_new("other"), hit ? 0 : 2);
        if (!hit)
            return;
    }
    ck_abort_msg("it fails without end");
}
END_TEST

/* The client is told to come again, and would get it twice. */
START_TEST(recipient_there_is_no_memory_for_is_not_kept)
{
    begin("a@remote.test");
    for (unsigned long n = 1; n < 100; n++) {
        assay_message *message = assay_session_message(session);
        assay_rc rc;
        bool is_kept;

        alloc_fail_at(n);
        rc = assay_session_rcptto(session, "user@msi.local", NULL, &d, &err);
        is_kept = d.action == ASSAY_ACTION_CONTINUE;
        alloc_fail_off();
        ck_assert_uint_eq(assay_message_recipient_count(message), is_kept);
        ck_assert_int_eq(assay_session_stored(session, 0) != NULL, is_kept);
        if (is_kept) {
            ck_assert_int_eq(rc, ASSAY_OK);
            return;
        }
        ck_assert_int_eq(d.code, 451);
        ck_assert_int_eq(assay_session_reset(session), ASSAY_OK);
        begin("a@remote.test");
    }
    ck_abort_msg("it fails without end");
}
END_TEST

/* ---- suite ------------------------------------------------------------- */

static TCase *recipients_case(void)
{
    TCase *tc = tcase_create("recipients");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, unknown_mailbox_is_rejected);
    tcase_add_loop_test(tc, unsafe_recipient_is_rejected, 0,
                        (int)ASSAY_COUNT_OF(unsafe));
    tcase_add_test(tc, store_that_cannot_be_used_defers);
    tcase_add_test(tc, policy_is_asked_before_the_mailbox);
    tcase_add_test(tc, other_domains_are_not_looked_at);
    tcase_add_loop_test(tc, mailbox_of_activefilter_takes_no_mail, 0,
                        (int)ASSAY_COUNT_OF(same_mailbox));
    tcase_add_test(tc, other_mailboxes_take_mail_beside_activefilter);
    tcase_add_test(tc, recipients_are_answered_where_there_are_maildirs);
    return tc;
}

static TCase *delivery_case(void)
{
    TCase *tc = tcase_create("delivery");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, mail_is_stored_with_edits_and_envelope);
    tcase_add_test(tc, log_tells_the_domain_but_not_the_user);
    tcase_add_test(tc, sender_cannot_add_headers);
    tcase_add_test(tc, null_sender_is_empty_brackets);
    tcase_add_test(tc, same_mailbox_gets_one_mail);
    tcase_add_test(tc, thousand_recipients_are_served);
    tcase_add_loop_test(tc, nothing_is_stored_unless_policy_let_it_pass, 0, 3);
    tcase_add_test(tc, message_is_stored_once);
    tcase_add_test(tc, message_for_nobody_here_stores_nothing);
    tcase_add_test(tc, mailbox_that_cannot_be_staged_leaves_all_without);
    tcase_add_test(tc, mailbox_that_cannot_be_committed_takes_the_others_back);
    tcase_add_test(tc, mailbox_removed_after_rcpt_is_an_error);
    tcase_add_test(tc, recipient_there_is_no_memory_for_is_not_kept);
    tcase_add_test(tc, lack_of_memory_stores_nothing);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("session_store");

    suite_add_tcase(suite, recipients_case());
    suite_add_tcase(suite, delivery_case());
    return check_run(suite);
}
