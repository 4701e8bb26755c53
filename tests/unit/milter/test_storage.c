/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Mail for Maildirs, from the last step of a message to what the MTA is told
 * (MD-08): recipients that are stored are dropped at the MTA, once, and
 * nothing is accepted that was not stored.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callbacks.h"
#include "fake_assay.h"
#include "fake_mfapi.h"
#include "hub.h"
#include "check_run.h"

enum { ALL_ACTIONS = 0x1ff, ALL_STEPS = 0x1fffff };

static struct smfi_str ctx;
static struct smfiDesc desc;
static struct assay__milter milter;
static char logged[4096];

static void keep_line(void *arg, assay_log_level level, const char *line)
{
    size_t len = strlen(logged);

    (void)arg;
    (void)level;
    (void)snprintf(logged + len, sizeof logged - len, "%s\n", line);
}

static const assay_log log_ = {.sink = keep_line, .threshold = ASSAY_LOG_INFO};

static void begin(void)
{
    static char sender[] = "<a@test>", name[] = "client.test";
    char *argv[] = {sender, NULL};
    unsigned long actions = 0, steps = 0, none2, none3;

    (void)desc.xxfi_negotiate(&ctx, ALL_ACTIONS, ALL_STEPS, 0, 0, &actions,
                              &steps, &none2, &none3);
    ck_assert(actions & SMFIF_DELRCPT);
    (void)desc.xxfi_connect(&ctx, name, NULL);
    (void)desc.xxfi_helo(&ctx, name);
    (void)desc.xxfi_envfrom(&ctx, argv);
}

static void setup(void)
{
    fake_mfapi_reset(&ctx);
    fake_assay_reset();
    logged[0] = '\0';
    milter = (struct assay__milter){.hub = assay__hub_new(2), .log = &log_};
    ck_assert_ptr_nonnull(milter.hub);
    ck_assert(assay__callbacks_register(&milter));
    desc = fake_registered;
    begin();
}

static void teardown(void)
{
    (void)desc.xxfi_close(&ctx);
    ck_assert_int_eq(fake.messages, 0);
    ck_assert_int_eq(fake.sessions, 0);
    free(milter.hub);
}

static void rcpt(const char *path)
{
    char copy[64];
    char *argv[] = {copy, NULL};

    (void)snprintf(copy, sizeof copy, "%s", path);
    ck_assert_int_eq(desc.xxfi_envrcpt(&ctx, argv), SMFIS_CONTINUE);
}

static sfsistat end(void)
{
    static unsigned char chunk[] = "text\r\n";

    (void)desc.xxfi_body(&ctx, chunk, sizeof chunk - 1);
    return desc.xxfi_eom(&ctx);
}

static void assert_logged(const char *want)
{
    ck_assert_msg(strstr(logged, want), "no '%s' in: %s", want, logged);
}

START_TEST(message_without_maildir_is_left_to_the_mta)
{
    rcpt("<x@remote>");
    ck_assert_int_eq(end(), SMFIS_CONTINUE);
    ck_assert_str_eq(ctx.changes, "");
    ck_assert_ptr_null(strstr(fake.calls, "store"));
    assert_logged("recipients=1 stored=0");
}
END_TEST

START_TEST(stored_recipients_are_dropped_at_the_mta)
{
    rcpt("<x@remote>");
    rcpt("<One@local>");
    rcpt("two@local");
    fake.edits[0] = (assay_edit){ASSAY_EDIT_APPEND, "X-AV", "clean"};
    ck_assert_int_eq(end(), SMFIS_CONTINUE);
    ck_assert_str_eq(ctx.changes, "add 0 X-AV: clean\n"
                                  "drop 0 <One@local>:\n"
                                  "drop 0 <two@local>:\n");
    ck_assert_ptr_nonnull(strstr(fake.calls, "store "));
    assert_logged("recipients=3 stored=2");
    assert_logged("action=continue");
}
END_TEST

START_TEST(message_for_maildirs_alone_needs_no_mta)
{
    rcpt("<one@local>");
    rcpt("<two@local>");
    ck_assert_int_eq(end(), SMFIS_DISCARD);
    ck_assert_ptr_nonnull(strstr(fake.calls, "store "));
    ck_assert_ptr_null(strstr(ctx.changes, "drop"));
    assert_logged("recipients=2 stored=2");
    assert_logged("action=stored");
}
END_TEST

START_TEST(mta_that_keeps_recipients_defers_and_nothing_is_stored)
{
    rcpt("<one@local>");
    rcpt("<x@remote>");
    ctx.changes_allowed = 0;
    ck_assert_int_eq(end(), SMFIS_TEMPFAIL);
    ck_assert_ptr_null(strstr(fake.calls, "store"));
    assert_logged("the MTA does not let recipients be dropped");
}
END_TEST

static const struct {
    assay_rc rc;
    const char *want_reply;
} failures[] = {
    {ASSAY_E_IO, "451 4.3.0 The mailbox cannot be used now"},
    {ASSAY_E_NOMEM, "451 4.3.0 The mailbox cannot be used now"},
    {ASSAY_E_LIMIT, "452 4.3.1 Insufficient system storage"},
};

START_TEST(mail_that_is_not_stored_is_deferred)
{
    rcpt("<one@local>");
    if (_i % 2)
        rcpt("<x@remote>");
    fake.store_rc = failures[_i / 2].rc;
    ck_assert_int_eq(end(), SMFIS_TEMPFAIL);
    ck_assert_int_eq(strncmp(ctx.reply, failures[_i / 2].want_reply,
                             strlen(failures[_i / 2].want_reply)),
                     0);
    assert_logged("milter.fault");
    assert_logged("stored=0");
    assert_logged("action=tempfail");
}
END_TEST

START_TEST(refused_message_is_not_stored)
{
    fake.phase = ASSAY_PHASE_DATA;
    fake.disposition = (assay_disposition){
        .action = _i ? ASSAY_ACTION_DISCARD : ASSAY_ACTION_REJECT, .code = 550};
    rcpt("<one@local>");
    ck_assert_int_eq(end(), _i ? SMFIS_DISCARD : SMFIS_REJECT);
    ck_assert_ptr_null(strstr(fake.calls, "store"));
    ck_assert_str_eq(ctx.changes, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter storage");
    TCase *tcase = tcase_create("storage");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, message_without_maildir_is_left_to_the_mta);
    tcase_add_test(tcase, stored_recipients_are_dropped_at_the_mta);
    tcase_add_test(tcase, message_for_maildirs_alone_needs_no_mta);
    tcase_add_test(tcase,
                   mta_that_keeps_recipients_defers_and_nothing_is_stored);
    tcase_add_loop_test(tcase, mail_that_is_not_stored_is_deferred, 0, 6);
    tcase_add_loop_test(tcase, refused_message_is_not_stored, 0, 2);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
