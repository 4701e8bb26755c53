/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Addresses and statuses of the HTTP client; what goes over a connection is in
 * tests/conformance. */
#include <check.h>
#include <string.h>

#include "check_run.h"
#include "http.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static assay_error err;

static const struct {
    const char *text, *want; /* NULL: refused */
} addresses[] = {
    {"127.0.0.1:2713", "http://127.0.0.1:2713"},
    {"scores.example.org:80", "http://scores.example.org:80"},
    {"[::1]:2713", "http://[::1]:2713"},
    {"http://a:1", "http://a:1"},
    {"HTTP://a:1/", "http://a:1"},
    {"http://a:80", "http://a:80"},
    {"https://a:443/", "https://a:443"},
    {"http://[fe80::1%25lo]:1", "http://[fe80::1%25lo]:1"},
    {"[fe80::1%lo]:1", "http://[fe80::1%25lo]:1"},
    {"http://a", NULL},
    {"http://a/", NULL},
    {"http://a:", NULL},
    {"https://a", NULL},
    {"http://[::1]", NULL},
    {"[::1]", NULL},
    {"https://a:8443", "https://a:8443"},
    {"", NULL},
    {"a", NULL},
    {"a:", NULL},
    {":1", NULL},
    {"a:b", NULL},
    {"a:65536", NULL},
    {"http://", NULL},
    {"http://a:1/path", NULL},
    {"http://a:1/?q", NULL},
    {"http://a:1#f", NULL},
    {"http://user@a:1", NULL},
    {"http://user:word@a:1", NULL},
    {"ftp://a:1", NULL},
    {"file:///etc/passwd", NULL},
    {"a b:1", NULL},
    {"a\r\n:1", NULL},
};

START_TEST(addresses_have_one_form)
{
    char out[ASSAY__SERVER_TEXT_MAX] = "untouched";
    const char *want = addresses[_i].want;
    assay_rc rc = assay__http_parse_server(addresses[_i].text, out, &err);

    if (!want) {
        ck_assert_msg(rc == ASSAY_E_INVAL, "case %d: %s", _i, out);
        ck_assert_str_ne(err.msg, "");
        return;
    }
    ck_assert_msg(rc == ASSAY_OK, "case %d: %s", _i, err.msg);
    ck_assert_str_eq(out, want);
}
END_TEST

START_TEST(a_long_address_is_refused)
{
    char text[1000];
    char out[ASSAY__SERVER_TEXT_MAX];

    memset(text, 'a', sizeof text);
    memcpy(text, "http://", 7);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(assay__http_parse_server(text, out, &err), ASSAY_E_INVAL);
}
END_TEST

static const struct {
    long status;
    assay_rc want;
} statuses[] = {
    {200, ASSAY_OK},
    {201, ASSAY_E_IO},
    {204, ASSAY_E_IO},
    {302, ASSAY_E_IO},
    {400, ASSAY_E_IO},
    {404, ASSAY_E_NOTFOUND},
    {405, ASSAY_E_NOTFOUND},
    {413, ASSAY_E_LIMIT},
    {500, ASSAY_E_IO},
    {501, ASSAY_E_NOTFOUND},
    {502, ASSAY_E_UNAVAILABLE},
    {503, ASSAY_E_UNAVAILABLE},
    {504, ASSAY_E_UNAVAILABLE},
    {0, ASSAY_E_IO},
};

START_TEST(only_200_is_an_answer)
{
    const struct assay__server_turn turn = {.server = "http://a:1"};
    const struct assay__http_request request = {.turn = &turn, .path = "/x"};
    const struct assay__http_reply reply = {.status = statuses[_i].status};

    ck_assert_int_eq(assay__http_check_status(&request, &reply, &err),
                     statuses[_i].want);
    if (statuses[_i].want != ASSAY_OK)
        ck_assert_ptr_nonnull(strstr(err.msg, "http://a:1"));
}
END_TEST

START_TEST(a_client_is_made_and_freed)
{
    struct assay__http *http = NULL;

    ck_assert_int_eq(assay__http_new(4, "/etc/passwd", &http, &err), ASSAY_OK);
    assay__http_free(&http);
    ck_assert_ptr_null(http);
    assay__http_free(&http);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark_http");
    TCase *tcase = tcase_create("http");

    tcase_add_loop_test(tcase, addresses_have_one_form, 0, COUNT_OF(addresses));
    tcase_add_test(tcase, a_long_address_is_refused);
    tcase_add_loop_test(tcase, only_200_is_an_answer, 0, COUNT_OF(statuses));
    tcase_add_test(tcase, a_client_is_made_and_freed);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
