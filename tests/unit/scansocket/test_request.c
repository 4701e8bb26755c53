/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

static struct assay__budget budget;
static struct assay__request request;
static enum assay__request_want want;
static assay_error err;

static void setup(void)
{
    assay__budget_init(&budget, (size_t)256 << 20);
    assay__request_init(&request, &budget);
    err = (assay_error){.code = ASSAY_OK};
    want = ASSAY__WANT_LINE;
}

static void teardown(void)
{
    assay__request_fini(&request);
    ck_assert_uint_eq(budget.used, 0);
}

static assay_rc line(const char *text)
{
    return assay__request_line(&request, text, strlen(text), &want, &err);
}

static void lines(const char *const *texts)
{
    for (; *texts; texts++)
        ck_assert_msg(line(*texts) == ASSAY_OK, "%s: %s", *texts, err.msg);
}

START_TEST(whole_request_is_understood)
{
    static const char *const texts[] = {"assay/1 check",  "client=exim 4.96",
                                        "peer=192.0.2.1", "port=25",
                                        "host=h",         "ehlo=e",
                                        "sender=a@b",     "rcpt=c%40d",
                                        "rcpt=e@f",       "sender_args=SIZE=1",
                                        "id=1-2",         "conn.k=v%0A=",
                                        "mess.a%3Db=",    NULL};
    const char *key = NULL, *value = NULL;
    size_t cursor = 0;

    lines(texts);
    ck_assert_int_eq(line("headers=812"), ASSAY_OK);
    ck_assert_int_eq(want, ASSAY__WANT_HEADERS);
    ck_assert_uint_eq(request.headers_len, 812);
    ck_assert_int_eq(line("body=fd 19"), ASSAY_OK);
    ck_assert_int_eq(want, ASSAY__WANT_LINE);
    ck_assert_int_eq(request.body, ASSAY__BODY_DESCRIPTOR);
    ck_assert_uint_eq(request.body_number, 19);
    ck_assert_int_eq(line("end"), ASSAY_OK);
    ck_assert_int_eq(want, ASSAY__WANT_NOTHING);
    ck_assert(request.is_complete);
    ck_assert_uint_eq(request.port, 25);
    ck_assert_str_eq(assay__request_text(&request, ASSAY__FIELD_CLIENT),
                     "exim 4.96");
    ck_assert_str_eq(assay__request_text(&request, ASSAY__FIELD_SENDER_ARGS),
                     "SIZE=1");
    ck_assert_ptr_null(assay__request_text(&request, ASSAY__FIELD_ENGINE));
    ck_assert_uint_eq(request.recipients, 2);
    ck_assert(assay__request_next(&request, ASSAY__LIST_RECIPIENTS, &cursor,
                                  NULL, &value));
    ck_assert_str_eq(value, "c@d");
    ck_assert(assay__request_next(&request, ASSAY__LIST_RECIPIENTS, &cursor,
                                  NULL, &value));
    ck_assert_str_eq(value, "e@f");
    ck_assert(!assay__request_next(&request, ASSAY__LIST_RECIPIENTS, &cursor,
                                   NULL, &value));
    cursor = 0;
    ck_assert(
        assay__request_next(&request, ASSAY__LIST_CONN, &cursor, &key, &value));
    ck_assert_str_eq(key, "k");
    ck_assert_str_eq(value, "v\n=");
    cursor = 0;
    ck_assert(
        assay__request_next(&request, ASSAY__LIST_MESS, &cursor, &key, &value));
    ck_assert_str_eq(key, "a=b");
    ck_assert_str_eq(value, "");
}
END_TEST

START_TEST(empty_text_is_given)
{
    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    ck_assert_int_eq(line("sender="), ASSAY_OK);
    ck_assert_str_eq(assay__request_text(&request, ASSAY__FIELD_SENDER), "");
    ck_assert_int_eq(line("sender="), ASSAY_E_INVAL);
}
END_TEST

START_TEST(body_inline_is_read_next)
{
    ck_assert_int_eq(line("assay/1 scan"), ASSAY_OK);
    ck_assert_int_eq(request.kind, ASSAY__REQUEST_SCAN);
    ck_assert_int_eq(line("engine=clamav1"), ASSAY_OK);
    ck_assert_int_eq(line("body=inline 0"), ASSAY_OK);
    ck_assert_int_eq(want, ASSAY__WANT_BODY);
    ck_assert_int_eq(request.body, ASSAY__BODY_INLINE);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} wrong_first[] = {
    {"", "this is assay/1"},
    {"assay/2 check", "this is assay/1"},
    {"assay/1", "this is assay/1"},
    {"assay/1 ", "a request is check or scan"},
    {"assay/1 check ", "a request is check or scan"},
    {"assay/1 check\r", "a request is check or scan"},
    {"end", "this is assay/1"},
};

START_TEST(wrong_first_line_is_refused)
{
    ck_assert_int_eq(line(wrong_first[_i].text), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, wrong_first[_i].error);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} wrong[] = {
    {"", ": neither key=value nor end"},
    {"end ", "end: neither key=value nor end"},
    {"end\r", "end: neither key=value nor end"},
    {"end", "there is no body"},
    {"Sender=a", "Sender: no such key"},
    {"sender =a", "sender: no such key"},
    {"=a", ": no such key"},
    {"x\001y=a", "x: no such key"},
    {"rcpt=", "rcpt: a recipient is empty"},
    {"rcpt=%00", "rcpt: the value has a NUL"},
    {"id=a%0Ab", "id: the value has a control character"},
    {"client=a%7F", "client: the value has a control character"},
    {"rcpt=a\r", "rcpt: the value is not coded with %XX"},
    {"rcpt=100%", "rcpt: the value is not coded with %XX"},
    {"rcpt=\xc3\xbc", "rcpt: the value is not coded with %XX"},
    {"conn.=a", ": a variable without a name"},
    {"conn.a%00=b", "a%00: the value has a NUL"},
    {"mess.a%0A=b", "a%0A: the value has a control character"},
    {"mess.a=%00", "a: the value has a NUL"},
    {"engine=a", "engine: for scan only"},
    {"port=", "port: not a number from 0 to 65535"},
    {"port=65536", "port: not a number from 0 to 65535"},
    {"port=-1", "port: not a number from 0 to 65535"},
    {"port=+1", "port: not a number from 0 to 65535"},
    {"port= 1", "port: not a number from 0 to 65535"},
    {"headers=", "headers: not a number"},
    {"headers=18446744073709551616", "headers: not a number"},
    {"body=", "body: neither inline nor fd"},
    {"body=inline", "body: neither inline nor fd"},
    {"body=fd", "body: neither inline nor fd"},
    {"body=fd ", "body: not a number"},
    {"body=inline 1 ", "body: not a number"},
    {"body=inline 0x1", "body: not a number"},
};

START_TEST(wrong_line_is_refused)
{
    assay_rc rc;

    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    rc = line(wrong[_i].text);
    ck_assert_msg(rc == ASSAY_E_INVAL || rc == ASSAY_E_LIMIT, "%s",
                  wrong[_i].text);
    ck_assert_str_eq(err.msg, wrong[_i].error);
}
END_TEST

static const char *const once[] = {
    "client=a", "peer=a", "port=1",    "host=a",    "ehlo=a",
    "sender=a", "id=a",   "headers=1", "body=fd 1", "sender_args=a"};

START_TEST(what_is_given_once_is_refused_twice)
{
    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    ck_assert_int_eq(line(once[_i]), ASSAY_OK);
    ck_assert_int_eq(line(once[_i]), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "given twice"));
}
END_TEST

static const struct {
    const char *line;
    enum assay__request_field field;
} free_lines[] = {
    {"sender=%01\"a%0D%09b\"%7F@example.org%0A", ASSAY__FIELD_SENDER},
    {"ehlo=%01\"a%0D%09b\"%7F@example.org%0A", ASSAY__FIELD_EHLO},
    {"host=%01\"a%0D%09b\"%7F@example.org%0A", ASSAY__FIELD_HOST},
    {"sender_args=%01\"a%0D%09b\"%7F@example.org%0A", ASSAY__FIELD_SENDER_ARGS},
};

START_TEST(text_of_the_smtp_client_may_have_control_characters)
{
    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    ck_assert_int_eq(line(free_lines[_i].line), ASSAY_OK);
    ck_assert_str_eq(assay__request_text(&request, free_lines[_i].field),
                     "\001\"a\r\tb\"\177@example.org\n");
}
END_TEST

START_TEST(recipient_may_have_control_characters)
{
    const char *value = NULL;
    size_t cursor = 0;

    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    ck_assert_int_eq(line("rcpt=\"a%09b\"@example.org"), ASSAY_OK);
    ck_assert(assay__request_next(&request, ASSAY__LIST_RECIPIENTS, &cursor,
                                  NULL, &value));
    ck_assert_str_eq(value, "\"a\tb\"@example.org");
}
END_TEST

START_TEST(nothing_follows_the_end)
{
    static const char *const texts[] = {"assay/1 scan", "body=fd 0", "end",
                                        NULL};

    lines(texts);
    ck_assert_int_eq(line("id=1"), ASSAY_E_STATE);
}
END_TEST

START_TEST(lines_have_a_limit)
{
    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    for (int i = 1; i < ASSAY__REQUEST_LINES_MAX; i++)
        ck_assert_int_eq(line("rcpt=a"), ASSAY_OK);
    ck_assert_int_eq(line("rcpt=a"), ASSAY_E_LIMIT);
    ck_assert_uint_eq(request.recipients, ASSAY__REQUEST_LINES_MAX - 1);
}
END_TEST

START_TEST(texts_have_a_limit)
{
    char *text = malloc(ASSAY__REQUEST_LINE_MAX + 2);
    assay_rc rc = ASSAY_OK;
    int count = 0;

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', ASSAY__REQUEST_LINE_MAX + 1);
    text[ASSAY__REQUEST_LINE_MAX + 1] = '\0';
    memcpy(text, "conn.a=", 7);
    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    ck_assert_int_eq(line(text), ASSAY_E_LIMIT);
    text[ASSAY__REQUEST_LINE_MAX] = '\0';
    while (rc == ASSAY_OK && count++ < 1000)
        rc = line(text);
    ck_assert_int_eq(rc, ASSAY_E_LIMIT);
    ck_assert_uint_le(request.text.len, ASSAY__REQUEST_TEXT_MAX);
    free(text);
}
END_TEST

START_TEST(used_up_budget_is_told)
{
    struct assay__budget small;
    assay_rc rc = ASSAY_OK;

    assay__budget_init(&small, 8192);
    assay__request_fini(&request);
    assay__request_init(&request, &small);
    ck_assert_int_eq(line("assay/1 check"), ASSAY_OK);
    for (int i = 0; rc == ASSAY_OK && i < 10000; i++)
        rc = line("rcpt=a@example.org");
    ck_assert_int_eq(rc, ASSAY_E_UNAVAILABLE);
    assay__request_fini(&request);
    ck_assert_uint_eq(small.used, 0);
    assay__request_init(&request, &budget);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tcase = tcase_create("request");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, whole_request_is_understood);
    tcase_add_test(tcase, empty_text_is_given);
    tcase_add_test(tcase, body_inline_is_read_next);
    tcase_add_loop_test(tcase, wrong_first_line_is_refused, 0,
                        (int)(sizeof wrong_first / sizeof *wrong_first));
    tcase_add_loop_test(tcase, wrong_line_is_refused, 0,
                        (int)(sizeof wrong / sizeof *wrong));
    tcase_add_loop_test(tcase, what_is_given_once_is_refused_twice, 0,
                        (int)(sizeof once / sizeof *once));
    tcase_add_loop_test(tcase,
                        text_of_the_smtp_client_may_have_control_characters, 0,
                        (int)(sizeof free_lines / sizeof *free_lines));
    tcase_add_test(tcase, recipient_may_have_control_characters);
    tcase_add_test(tcase, nothing_follows_the_end);
    tcase_add_test(tcase, lines_have_a_limit);
    tcase_add_test(tcase, texts_have_a_limit);
    tcase_add_test(tcase, used_up_budget_is_told);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
