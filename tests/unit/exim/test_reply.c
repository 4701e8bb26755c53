/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Reply lines and texts made of answers of assayd.
 */
#include "reply.h"

#include <check.h>
#include <string.h>

#include "check_run.h"

static const struct {
    const char *name;
    const char *answer; /* between the first line and end */
    enum assay__exim_action want_action;
    const char *want_line;
    const char *want_text;
} cases[] = {
    {"continue", "action=continue\n", ASSAY__EXIM_CONTINUE, "", ""},
    {"discard", "action=discard\ncode=550\n", ASSAY__EXIM_DISCARD, "", ""},
    {"reject", "action=reject\ncode=554\nenhanced=5.7.1\ntext=no 100%25\n",
     ASSAY__EXIM_REJECT, "554 5.7.1 no 100%", "5.7.1 no 100%"},
    {"tempfail", "action=tempfail\ncode=450\nenhanced=4.3.0\ntext=later\n",
     ASSAY__EXIM_TEMPFAIL, "450 4.3.0 later", "4.3.0 later"},
    {"without words", "action=reject\n", ASSAY__EXIM_REJECT,
     "550 Refused by policy", "Refused by policy"},
    {"tempfail without words", "action=tempfail\ntext=\n", ASSAY__EXIM_TEMPFAIL,
     "451 Try again later", "Try again later"},
    {"code of another class", "action=reject\ncode=250\ntext=x\n",
     ASSAY__EXIM_REJECT, "550 x", "x"},
    {"no number", "action=tempfail\ncode=4x1\ntext=x\n", ASSAY__EXIM_TEMPFAIL,
     "451 x", "x"},
    {"number too long", "action=reject\ncode=5500\ntext=x\n",
     ASSAY__EXIM_REJECT, "550 x", "x"},
    {"enhanced code of another class",
     "action=reject\ncode=550\nenhanced=2.0.0\ntext=x\n", ASSAY__EXIM_REJECT,
     "550 x", "x"},
    {"no enhanced code", "action=reject\nenhanced=5.7.1234\ntext=x\n",
     ASSAY__EXIM_REJECT, "550 x", "x"},
    {"enhanced code with a line end",
     "action=reject\nenhanced=5.7.1%0A\ntext=x\n", ASSAY__EXIM_REJECT, "550 x",
     "x"},
    {"recipient refused",
     "action=continue\nrefused=b@x 554 5.1.1 nobody\nrefused=c@x 550 no\n",
     ASSAY__EXIM_REJECT, "554 5.1.1 nobody", "5.1.1 nobody"},
    {"recipient refused for now",
     "action=continue\nrefused=b@x 550 no\nrefused=c@x 450 4.2.1 later\n",
     ASSAY__EXIM_TEMPFAIL, "450 4.2.1 later", "4.2.1 later"},
    {"recipient refused without enhanced code",
     "action=continue\nrefused=b@x 550 no such mailbox\n", ASSAY__EXIM_REJECT,
     "550 no such mailbox", "no such mailbox"},
    {"recipient refused in a way that cannot be read",
     "action=continue\nrefused=b@x what is this\n", ASSAY__EXIM_TEMPFAIL,
     "451 what is this", "what is this"},
    {"recipient refused without a word", "action=continue\nrefused=b@x \n",
     ASSAY__EXIM_TEMPFAIL, "451 Try again later", "Try again later"},
    {"recipient refused, and the message, too",
     "action=reject\ncode=552\ntext=big\nrefused=b@x 450 later\n",
     ASSAY__EXIM_REJECT, "552 big", "big"},
    {"line ends stay in the line", "action=reject\ntext=a%0D%0A250 OK%80\n",
     ASSAY__EXIM_REJECT, "550 a??250 OK?", "a??250 OK?"},
};

static enum assay__exim_on_refused on_refused;

static bool read_reply(const char *text, struct assay__exim_reply *reply,
                       struct assay__exim_reason *why)
{
    struct assay__exim_answer answer = {
        .bytes = {.limit = ASSAY__EXIM_ANSWER_MAX}};
    bool ok;

    assay__exim_buffer_add_text(&answer.bytes, "assay/1 ok\n");
    assay__exim_buffer_add_text(&answer.bytes, text);
    assay__exim_buffer_add_text(&answer.bytes, "end\n");
    ck_assert(assay__exim_answer_parse(&answer, why));
    ok = assay__exim_reply_read(reply, &answer, on_refused, why);
    assay__exim_answer_clear(&answer);
    return ok;
}

START_TEST(answer_becomes_reply)
{
    struct assay__exim_reply reply;
    struct assay__exim_reason why = {""};
    char out[ASSAY__EXIM_REPLY_LINE_SIZE];

    ck_assert_msg(read_reply(cases[_i].answer, &reply, &why), "%s: %s",
                  cases[_i].name, why.text);
    ck_assert_msg(reply.action == cases[_i].want_action, "%s: action %d",
                  cases[_i].name, (int)reply.action);
    assay__exim_reply_line(&reply, out);
    ck_assert_msg(strcmp(out, cases[_i].want_line) == 0, "%s: line \"%s\"",
                  cases[_i].name, out);
    assay__exim_reply_text(&reply, out);
    ck_assert_msg(strcmp(out, cases[_i].want_text) == 0, "%s: text \"%s\"",
                  cases[_i].name, out);
}
END_TEST

START_TEST(refused_recipient_may_be_dropped)
{
    struct assay__exim_reply reply;
    struct assay__exim_reason why = {""};

    on_refused = ASSAY__EXIM_REFUSED_DROP;
    ck_assert(
        read_reply("action=continue\nrefused=b@x 550 no\n", &reply, &why));
    ck_assert_int_eq(reply.action, ASSAY__EXIM_CONTINUE);
}
END_TEST

START_TEST(answer_without_action_is_none)
{
    struct assay__exim_reply reply;
    struct assay__exim_reason why = {""};

    ck_assert(!read_reply("status=clean\n", &reply, &why));
    ck_assert_str_eq(why.text, "assayd's answer has no action");
    ck_assert_int_eq(reply.action, ASSAY__EXIM_TEMPFAIL);
}
END_TEST

START_TEST(unknown_action_is_none)
{
    struct assay__exim_reply reply;
    struct assay__exim_reason why = {""};

    ck_assert(!read_reply("action=accept\n", &reply, &why));
    ck_assert_str_eq(why.text,
                     "assayd's answer has an unknown action \"accept\"");
}
END_TEST

START_TEST(long_text_fits_a_reply_line)
{
    struct assay__exim_reply reply;
    struct assay__exim_reason why = {""};
    char text[700] = "action=reject\ncode=554\nenhanced=5.700.100\ntext=";
    char out[ASSAY__EXIM_REPLY_LINE_SIZE];
    size_t at = strlen(text);

    memset(text + at, 'x', sizeof text - 2 - at);
    text[sizeof text - 2] = '\n';
    text[sizeof text - 1] = '\0';
    ck_assert(read_reply(text, &reply, &why));
    assay__exim_reply_line(&reply, out);
    ck_assert_uint_eq(strlen(out) + 2, 512);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim reply");
    TCase *tcase = tcase_create("reply");

    tcase_add_loop_test(tcase, answer_becomes_reply, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, refused_recipient_may_be_dropped);
    tcase_add_test(tcase, answer_without_action_is_none);
    tcase_add_test(tcase, unknown_action_is_none);
    tcase_add_test(tcase, long_text_fits_a_reply_line);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
