/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Sender and recipients out of a header.
 */
#include "hosts/cli/envelope.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

enum { WANT_MAX = 4 };

static const struct list_case {
    const char *list;
    const char *want[WANT_MAX]; /* ends with NULL */
} lists[] = {
    {"a@b.example", {"a@b.example"}},
    {" a@b.example\r\n", {"a@b.example"}},
    {"A B <a@b>, c@d", {"a@b", "c@d"}},
    {"\"B, A\" <a@b>,\r\n <c@d>", {"a@b", "c@d"}},
    {"<>", {""}},
    {"", {NULL}},
    {" , ,", {NULL}},
    {"(x, <y@z>) a@b (c (d) \\) e)", {"a@b"}},
    {"friends: a@b, C <c@d>; e@f", {"a@b", "c@d", "e@f"}},
    {"undisclosed-recipients:;", {NULL}},
    {"<@r1,@r2:a@b>", {"a@b"}},
    {"\"a b\"@c", {"\"a b\"@c"}},
    {"\"a\\\"b,\"@c, d@e", {"\"a\\\"b,\"@c", "d@e"}},
    {"<a@b> trailing \"words\"", {"a@b"}},
    {"<a\x01@b>, c@d", {"c@d"}},
    {"<a@b", {"a@b"}},
    {"\"never closed <a@b>", {"\"never closed <a@b>"}},
    {"(never closed a@b", {NULL}},
    {"root", {"root"}},
    {"a\\", {"a\\"}},
};

START_TEST(list_yields_addresses)
{
    const struct list_case *c = &lists[_i];
    assay_bytes rest = {c->list, strlen(c->list)};
    char got[ASSAY__ADDRESS_MAX];
    size_t n = 0;

    for (; assay__envelope_next_address(&rest, got); n++) {
        ck_assert_msg(n < WANT_MAX && c->want[n], "case %d: got also %s", _i,
                      got);
        ck_assert_msg(strcmp(got, c->want[n]) == 0, "case %d: got %s, want %s",
                      _i, got, c->want[n]);
    }
    ck_assert_msg(n == WANT_MAX || !c->want[n], "case %d: %s is missing", _i,
                  c->want[n]);
    ck_assert_uint_eq(rest.len, 0);
}
END_TEST

START_TEST(address_that_is_too_long_is_left_out)
{
    char list[ASSAY__ADDRESS_MAX + 16], got[ASSAY__ADDRESS_MAX];
    assay_bytes rest = {list, ASSAY__ADDRESS_MAX + 4};

    memset(list, 'a', sizeof list);
    memcpy(list + ASSAY__ADDRESS_MAX, ",b@c", 4);
    ck_assert(assay__envelope_next_address(&rest, got));
    ck_assert_str_eq(got, "b@c");
    rest = (assay_bytes){list, ASSAY__ADDRESS_MAX - 1};
    ck_assert(assay__envelope_next_address(&rest, got));
    ck_assert_uint_eq(strlen(got), ASSAY__ADDRESS_MAX - 1);
}
END_TEST

static const struct header_case {
    const char *text, *sender;
    const char *recipients[WANT_MAX]; /* ends with NULL */
} headers[] = {
    {"From: A <a@b>\r\nTo: c@d, e@f\r\nTo: g@h\r\n\r\nx",
     "a@b",
     {"c@d", "e@f", "g@h"}},
    {"Return-Path: <r@p>\nFrom: a@b\nDelivered-To: d@t\nTo: c@d\n\n",
     "r@p",
     {"d@t"}},
    {"Return-Path: <>\r\nFrom: a@b\r\n\r\n", "", {"postmaster"}},
    {"Return-Path:\r\nFrom: a@b\r\nTo: list:;\r\n\r\n", "a@b", {"postmaster"}},
    {"Subject: x\r\n\r\nFrom: no@header\r\n", "", {"postmaster"}},
    {"", "", {"postmaster"}},
};

START_TEST(header_yields_envelope)
{
    const struct header_case *c = &headers[_i];
    struct assay__envelope *got = malloc(sizeof *got);
    assay_message *message = NULL;
    assay_error err = {0};
    size_t n = 0;

    ck_assert_int_eq(assay_message_new_borrowed(c->text, strlen(c->text), NULL,
                                                &message, &err),
                     ASSAY_OK);
    ck_assert_msg(assay__envelope_read(message, got, &err) == ASSAY_OK,
                  "case %d: %s", _i, err.msg);
    ck_assert_str_eq(got->sender, c->sender);
    for (; n < WANT_MAX && c->recipients[n]; n++)
        ck_assert_msg(n < got->recipient_count &&
                          strcmp(got->recipients[n], c->recipients[n]) == 0,
                      "case %d: recipient %zu: want %s", _i, n,
                      c->recipients[n]);
    ck_assert_uint_eq(got->recipient_count, n);
    assay_message_free(&message);
    free(got);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("envelope");
    TCase *tcase = tcase_create("envelope");

    tcase_add_loop_test(tcase, list_yields_addresses, 0,
                        (int)(sizeof lists / sizeof *lists));
    tcase_add_test(tcase, address_that_is_too_long_is_left_out);
    tcase_add_loop_test(tcase, header_yields_envelope, 0,
                        (int)(sizeof headers / sizeof *headers));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
