/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail_guess.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

static const struct {
    const char *text;
    bool is_mail, is_plain, has_lf;
    size_t start;
} cases[] = {
    {"From: a\r\n\r\n", true, true, false, 0},
    {"From: a\n\n", true, true, true, 0},
    {"Subject:x", true, true, false, 0},
    {"From a b\nSubject: x\n", true, true, true, 9},
    {"From a b\r\nSubject: x\r\n", true, true, false, 10},
    {"X-Envelope-From: <a>\nX-Envelope-To: b,\n\tc\nTo: d\n", true, true, true,
     42},
    {"From a\nx-envelope-from: <a>\nTo: d\n", true, true, true, 28},
    {"From a\nX-Envelope-To: <a>\nTo: d\n", true, true, true, 26},
    /* taken for what was put in front only once and in this order */
    {"X-Envelope-To: <a>\nX-Envelope-From: d\n", true, true, true, 19},
    {"From a\nFrom b\nTo: c\n", false, false, false, 0},
    {"To: a\nX-Envelope-From: <a>\n", true, true, true, 0},
    {"\r\n \tTo: a\r\n", true, false, false, 4},
    {"\xef\xbb\xbfTo: a\r\n", true, false, false, 3},
    {"From a\n\nTo: c\n", true, false, true, 8},
    {"X-Envelope-From: <a>\n", false, false, false, 0},
    {"From a", false, false, false, 0},
    {"From ", false, false, false, 0},
    {"", false, false, false, 0},
    {"\n", false, false, false, 0},
    {":", false, false, false, 0},
    {"no header here\n", false, false, false, 0},
    {"with blank : x\n", false, false, false, 0},
    {"\x7f"
     "ELF: x\n",
     false, false, false, 0},
    {"%PDF-1.4\nTo: x\n", false, false, false, 0},
    /* Fields that RFC 5322 does not have, and readers do. */
    {"Subject : x\r\n", true, false, false, 0},
    {"Subject\t \t: x\n", true, false, true, 0},
    {"X-\xe4: x\n", true, false, true, 0},
    {"From a\nSubject : x\n", true, false, true, 7},
    /* What some readers see as a line of its own is no front. */
    {"X-Envelope-From: a\rContent-Type: b\nTo: c\n", true, true, true, 0},
    {"From a\rContent-Type: b\nTo: c\n", true, false, true, 0},
    {"From a\rb\nTo: c\n", false, false, false, 0},
    /* MIME fields behind a line that is none. */
    {"no header here\r\nContent-Type: a\r\n", true, false, false, 0},
    {"no header here\nCONTENT-transfer-encoding : a\n", true, false, true, 0},
    {"no header here\rmime-version: 1\n", true, false, true, 0},
    {"\n>From a\nX: y\nMIME-Version: 1.0", true, false, true, 0},
    {"no header here\nX-Content-Type: a\n", false, false, false, 0},
    {"no header here\nContent-: a\n", false, false, false, 0},
    {"no header here\nMIME-Versions: a\n", false, false, false, 0},
    {"no header here\n Content-Type: a\n", false, false, false, 0},
    {"no header here\nContent-Type", false, false, false, 0},
};

START_TEST(guess_is_as_documented)
{
    size_t len = strlen(cases[_i].text);
    char *copy = malloc(len > 0 ? len : 1); /* its end is a bound for ASan */
    struct assay__mail_guess got;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, cases[_i].text, len);
    got = assay__mail_guess(copy, len);
    free(copy);
    ck_assert_msg(got.is_mail == cases[_i].is_mail &&
                      got.is_plain == cases[_i].is_plain &&
                      got.has_lf == cases[_i].has_lf &&
                      got.start == cases[_i].start,
                  "case %d: mail %d plain %d lf %d start %zu", _i, got.is_mail,
                  got.is_plain, got.has_lf, got.start);
}
END_TEST

START_TEST(nothing_is_no_mail)
{
    ck_assert(!assay__mail_guess(NULL, 0).is_mail);
}
END_TEST

START_TEST(nul_is_no_header)
{
    ck_assert(!assay__mail_guess("\0To: a\n", 7).is_mail);
    ck_assert(!assay__mail_guess("T\0o: a\n", 7).is_mail);
}
END_TEST

START_TEST(name_has_a_limit)
{
    char text[ASSAY__MAIL_NAME_MAX + 2];

    memset(text, 'a', sizeof text);
    text[ASSAY__MAIL_NAME_MAX] = ':';
    ck_assert(assay__mail_guess(text, sizeof text).is_mail);
    text[ASSAY__MAIL_NAME_MAX] = 'a';
    text[ASSAY__MAIL_NAME_MAX + 1] = ':';
    ck_assert(!assay__mail_guess(text, sizeof text).is_mail);
}
END_TEST

START_TEST(mime_fields_are_looked_for_as_far_as_headers_go)
{
    static const char field[] = "\nMIME-Version:";
    size_t len = sizeof field - 1, size = ASSAY__MAIL_LOOK_MAX + 1;
    char *text = malloc(size);

    ck_assert_ptr_nonnull(text);
    memset(text, '-', size);
    memcpy(text + size - len, field, len);
    ck_assert(!assay__mail_guess(text, size).is_mail);
    ck_assert(assay__mail_guess(text + 1, size - 1).is_mail);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mail guess");
    TCase *tcase = tcase_create("mail guess");

    tcase_add_loop_test(tcase, guess_is_as_documented, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, nothing_is_no_mail);
    tcase_add_test(tcase, nul_is_no_header);
    tcase_add_test(tcase, name_has_a_limit);
    tcase_add_test(tcase, mime_fields_are_looked_for_as_far_as_headers_go);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
