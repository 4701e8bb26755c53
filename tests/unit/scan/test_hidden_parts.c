/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which leaves count as hidden from an engine that reads the mail by itself;
 * each case says how many.
 */
#include <check.h>
#include <string.h>

#include "scan/hidden_parts.h"
#include "check_run.h"

#define LEAF "Content-Type: application/zip\r\n\r\nleaf\r\n"
#define IN(type)                                                            \
    "Content-Type: " type "; boundary=b\r\n\r\n--b\r\n" LEAF "--b\r\n" LEAF \
    "--b--\r\n"

static const struct {
    const char *text;
    int want;
} cases[] = {
    {"Subject: x\r\n\r\nplain\r\n", 0},
    {IN("multipart/mixed"), 0},
    {IN("multipart/alternative"), 0},
    {IN("Multipart/RELATED"), 0},
    /* only the first part is looked at, or none */
    {IN("multipart/signed"), 2},
    {IN("multipart/form-data"), 2},
    {IN("multipart/x-unknown"), 2},
    /* messages that are not simply nested */
    {"Content-Type: message/rfc822\r\n\r\n" LEAF, 0},
    {"Content-Type: message/global\r\n\r\n" LEAF, 1},
    {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n"
     "\r\nU3ViamVjdDogeA0KDQp4DQo=\r\n",
     1},
    {"Content-Type: message/partial; id=1; number=1; total=1\r\n\r\n" LEAF, 1},
    {"Content-Type: message/external-body; access-type=x\r\n\r\n" LEAF, 1},
    /* headers that readers take differently */
    {"Content-Transfer-Encoding:\r\n base64\r\n\r\nbGVhZg==\r\n", 1},
    {"Content-Transfer-Encoding: (c) base64\r\n\r\nbGVhZg==\r\n", 1},
    {"Content-Transfer-Encoding: base64 x\r\n\r\nbGVhZg==\r\n", 1},
    {"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n"
     "\r\nbGVhZg==\r\n",
     1},
    {"Content-Type:\r\n text/plain\r\n\r\nleaf\r\n", 1},
    {"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nleaf\r\n", 1},
    {"Content-Type:\r\n multipart/mixed; boundary=b\r\n\r\n--b\r\n" LEAF
     "--b--\r\n",
     1},
    /* below an odd container, at any depth, and behind it no more */
    {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" IN(
         "multipart/signed") "--o\r\n" LEAF "--o--\r\n",
     2},
    {"Content-Type: multipart/signed; boundary=o\r\n\r\n--o\r\n" IN(
         "multipart/mixed") "--o\r\n" LEAF "--o--\r\n",
     3},
    /* nothing to look at */
    {"Content-Type: message/partial; id=1\r\n\r\n", 0},
    {"", 0},
};

START_TEST(hidden_leaves_are_found)
{
    assay_message *message = NULL;
    struct assay__hidden_walk walk;
    assay_part *root = NULL;
    int got = 0;

    ck_assert_int_eq(assay_message_new_borrowed(cases[_i].text,
                                                strlen(cases[_i].text), NULL,
                                                &message, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_OK);
    assay__hidden_walk_init(&walk, root);
    while (assay__hidden_walk_next(&walk))
        got++;
    ck_assert_msg(got == cases[_i].want, "%s\ngot %d, want %d", cases[_i].text,
                  got, cases[_i].want);
    assay_message_free(&message);
}
END_TEST

START_TEST(nothing_has_no_hidden_part)
{
    struct assay__hidden_walk walk;

    assay__hidden_walk_init(&walk, NULL);
    ck_assert_ptr_null(assay__hidden_walk_next(&walk));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hidden_parts");
    TCase *tc = tcase_create("parts");

    tcase_add_loop_test(tc, hidden_leaves_are_found, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tc, nothing_has_no_hidden_part);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
