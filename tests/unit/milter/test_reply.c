/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Dispositions and the answers they become (antivirus.md 4, faults.md 5).
 */
#include "reply.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "fake_mfapi.h"
#include "check_run.h"

static struct smfi_str ctx;

static void setup(void)
{
    fake_mfapi_reset(&ctx);
}

static const struct {
    const char *name;
    assay_disposition disposition;
    sfsistat want;
    const char *want_reply;
} cases[] = {
    {"continue", {.action = ASSAY_ACTION_CONTINUE}, SMFIS_CONTINUE, ""},
    {"discard", {.action = ASSAY_ACTION_DISCARD}, SMFIS_DISCARD, ""},
    {"reject",
     {.action = ASSAY_ACTION_REJECT,
      .code = 550,
      .enhanced = "5.7.1",
      .text = "Infected: X"},
     SMFIS_REJECT,
     "550 5.7.1 Infected: X"},
    {"tempfail",
     {.action = ASSAY_ACTION_TEMPFAIL,
      .code = 451,
      .enhanced = "4.3.0",
      .text = "later"},
     SMFIS_TEMPFAIL,
     "451 4.3.0 later"},
    {"421 ends the connection",
     {.action = ASSAY_ACTION_TEMPFAIL,
      .code = 421,
      .disconnect = true,
      .text = "bye"},
     SMFIS_TEMPFAIL,
     "421 bye"},
    {"percent is doubled",
     {.action = ASSAY_ACTION_REJECT, .code = 554, .text = "100% %s"},
     SMFIS_REJECT,
     "554 100%% %%s"},
    {"line ends are replaced",
     {.action = ASSAY_ACTION_REJECT, .code = 554, .text = "a\r\nb\x80"},
     SMFIS_REJECT,
     "554 a??b?"},
    {"code of another kind",
     {.action = ASSAY_ACTION_REJECT, .code = 451, .text = "no"},
     SMFIS_REJECT,
     "550 no"},
    {"no code",
     {.action = ASSAY_ACTION_TEMPFAIL, .text = "no"},
     SMFIS_TEMPFAIL,
     "451 no"},
    {"huge code",
     {.action = ASSAY_ACTION_TEMPFAIL, .code = 4000, .text = "no"},
     SMFIS_TEMPFAIL,
     "451 no"},
    {"enhanced code of another kind",
     {.action = ASSAY_ACTION_REJECT,
      .code = 550,
      .enhanced = "4.7.1",
      .text = "no"},
     SMFIS_REJECT,
     "550 no"},
    {"malformed enhanced code",
     {.action = ASSAY_ACTION_REJECT,
      .code = 550,
      .enhanced = "5.x",
      .text = "no"},
     SMFIS_REJECT,
     "550 no"},
    {"no text",
     {.action = ASSAY_ACTION_REJECT, .code = 550, .enhanced = "5.7.1"},
     SMFIS_REJECT,
     "550 5.7.1 Refused by policy"},
    {"unknown action is never accepted",
     {.action = (assay_action)77, .text = "what"},
     SMFIS_TEMPFAIL,
     "451 what"},
};

START_TEST(disposition_becomes_answer)
{
    sfsistat got = assay__reply_send(&ctx, &cases[_i].disposition);

    ck_assert_msg(got == cases[_i].want, "%s: got %d, want %d", cases[_i].name,
                  got, cases[_i].want);
    ck_assert_msg(strcmp(ctx.reply, cases[_i].want_reply) == 0,
                  "%s: got \"%s\", want \"%s\"", cases[_i].name, ctx.reply,
                  cases[_i].want_reply);
}
END_TEST

START_TEST(longest_text_still_is_a_reply)
{
    assay_disposition disposition = {
        .action = ASSAY_ACTION_REJECT, .code = 550, .enhanced = "5.7.1"};

    memset(disposition.text, '%', sizeof disposition.text - 1);
    ck_assert_int_eq(assay__reply_send(&ctx, &disposition), SMFIS_REJECT);
    ck_assert_msg(strlen(ctx.reply) > 900 && strlen(ctx.reply) <= 1000,
                  "got %zu bytes", strlen(ctx.reply));
    ck_assert_msg((strlen(ctx.reply) - strlen("550 5.7.1 ")) % 2 == 0,
                  "a doubled %% was cut in two");
}
END_TEST

START_TEST(fault_is_451)
{
    assay_disposition disposition;

    assay__reply_set_fault(&disposition);
    ck_assert_int_eq(assay__reply_send(&ctx, &disposition), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "451 4.3.0 Could not check the message, try "
                                "again later");
}
END_TEST

/* The message was checked; it is the mailbox that is in the way. */
START_TEST(message_that_is_not_stored_is_451)
{
    assay_disposition disposition;

    assay__reply_set_not_stored(&disposition);
    ck_assert_int_eq(assay__reply_send(&ctx, &disposition), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "451 4.3.0 The mailbox cannot be used now, try "
                                "again later");
}
END_TEST

START_TEST(too_large_is_552)
{
    assay_disposition disposition;

    assay__reply_set_too_large(&disposition);
    ck_assert_int_eq(assay__reply_send(&ctx, &disposition), SMFIS_REJECT);
    ck_assert_str_eq(ctx.reply, "552 5.3.4 Message is too large");
}
END_TEST

START_TEST(closing_is_421)
{
    assay_disposition disposition;

    assay__reply_set_closing(&disposition, "Too many connections");
    ck_assert(disposition.disconnect);
    ck_assert_int_eq(assay__reply_send(&ctx, &disposition), SMFIS_TEMPFAIL);
    ck_assert_str_eq(ctx.reply, "421 4.3.2 Too many connections");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter reply");
    TCase *tcase = tcase_create("reply");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, disposition_becomes_answer, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, longest_text_still_is_a_reply);
    tcase_add_test(tcase, fault_is_451);
    tcase_add_test(tcase, message_that_is_not_stored_is_451);
    tcase_add_test(tcase, too_large_is_552);
    tcase_add_test(tcase, closing_is_421);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
