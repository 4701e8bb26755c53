/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdlib.h>

#include "policy/disposition.h"
#include "check_run.h"

static const struct {
    int code;
    const char *text;
    assay_action want_action;
    const char *want_enhanced;
    const char *want_text;
} cases[] = {
    {550, "5.7.1 no thanks", ASSAY_ACTION_REJECT, "5.7.1", "no thanks"},
    {550, "no thanks", ASSAY_ACTION_REJECT, "5.7.1", "no thanks"},
    {451, "later", ASSAY_ACTION_TEMPFAIL, "4.7.1", "later"},
    {421, "bye", ASSAY_ACTION_TEMPFAIL, "4.3.2", "bye"},
    {554, "5.6.0", ASSAY_ACTION_REJECT, "5.6.0", ""},
    {550, "4.7.1 wrong class", ASSAY_ACTION_REJECT, "5.7.1",
     "4.7.1 wrong class"},
    {550, "5.7.1234 long", ASSAY_ACTION_REJECT, "5.7.1", "5.7.1234 long"},
    {550, "5.7.1x glued", ASSAY_ACTION_REJECT, "5.7.1", "5.7.1x glued"},
    {550, "5.7 short", ASSAY_ACTION_REJECT, "5.7.1", "5.7 short"},
    {550, "a\r\n250 ok", ASSAY_ACTION_REJECT, "5.7.1", "a??250 ok"},
    {550, "na\xc3\xafve", ASSAY_ACTION_REJECT, "5.7.1", "na??ve"},
    {550, NULL, ASSAY_ACTION_REJECT, "5.7.1", ""},
};

START_TEST(reply_is_split_and_cleaned)
{
    assay_disposition d;

    ck_assert_int_eq(
        assay__disposition_reply(&d, cases[_i].code, cases[_i].text, NULL),
        ASSAY_OK);
    ck_assert_int_eq(d.action, cases[_i].want_action);
    ck_assert_int_eq(d.code, cases[_i].code);
    ck_assert_msg(strcmp(d.enhanced, cases[_i].want_enhanced) == 0,
                  "case %d: got %s, want %s", _i, d.enhanced,
                  cases[_i].want_enhanced);
    ck_assert_msg(strcmp(d.text, cases[_i].want_text) == 0,
                  "case %d: got '%s', want '%s'", _i, d.text,
                  cases[_i].want_text);
}
END_TEST

START_TEST(code_2xx_takes_an_answer_back)
{
    assay_disposition d;

    ck_assert_int_eq(assay__disposition_reply(&d, 550, "no", NULL), ASSAY_OK);
    ck_assert_int_eq(assay__disposition_reply(&d, 250, "ok", NULL), ASSAY_OK);
    ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(d.code, 0);
}
END_TEST

START_TEST(other_codes_are_refused_and_change_nothing)
{
    static const int codes[] = {0, -1, 199, 300, 354, 399, 600, 5500};
    assay_disposition d;
    assay_error err = {0};

    ck_assert_int_eq(assay__disposition_reply(&d, 550, "kept", NULL), ASSAY_OK);
    ck_assert_int_eq(assay__disposition_reply(&d, codes[_i], "x", &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(d.text, "kept");
    ck_assert_ptr_nonnull(strstr(err.msg, "is not an SMTP reply code"));
}
END_TEST

START_TEST(overlong_text_is_cut)
{
    char text[2 * ASSAY_REPLY_TEXT_MAX];
    assay_disposition d;

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(assay__disposition_reply(&d, 550, text, NULL), ASSAY_OK);
    ck_assert_uint_eq(strlen(d.text), ASSAY_REPLY_TEXT_MAX - 1);
}
END_TEST

START_TEST(discard_has_a_reason)
{
    assay_disposition d;

    assay__disposition_discard(&d, NULL);
    ck_assert_int_eq(d.action, ASSAY_ACTION_DISCARD);
    ck_assert_str_eq(d.text, "discarded by policy");
}
END_TEST

START_TEST(names_are_known_for_every_value)
{
    for (int i = 0; i < ASSAY_PHASE_COUNT; i++)
        ck_assert_str_ne(assay_phase_name((assay_phase)i), "unknown");
    ck_assert_str_eq(assay_phase_name(ASSAY_PHASE_COUNT), "unknown");
    ck_assert_str_eq(assay_action_name(ASSAY_ACTION_DISCARD), "discard");
    ck_assert_str_eq(assay_action_name((assay_action)99), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disposition");
    TCase *tc = tcase_create("reply");

    tcase_add_loop_test(tc, reply_is_split_and_cleaned, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tc, code_2xx_takes_an_answer_back);
    tcase_add_loop_test(tc, other_codes_are_refused_and_change_nothing, 0, 8);
    tcase_add_test(tc, overlong_text_is_cut);
    tcase_add_test(tc, discard_has_a_reason);
    tcase_add_test(tc, names_are_known_for_every_value);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
