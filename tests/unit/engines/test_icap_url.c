/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Addresses of ICAP services: what is read from them, what is refused.
 */
#include <check.h>
#include <string.h>

#include "check_run.h"
#include "icap_url.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *text, *host, *port, *authority, *path;
    bool is_name;
} good[] = {
    {"icap://127.0.0.1:1345/avscan", "127.0.0.1", "1345", "127.0.0.1:1345",
     "/avscan", false},
    {"icap://127.0.0.1/avscan", "127.0.0.1", "1344", "127.0.0.1:1344",
     "/avscan", false},
    {"ICAP://Scan.example.org/av/respmod?a=b&c=/d", "Scan.example.org", "1344",
     "Scan.example.org:1344", "/av/respmod?a=b&c=/d", true},
    {"icap://[::1]:65535/s", "::1", "65535", "[::1]:65535", "/s", false},
    {"icap://[2001:db8::1]/s", "2001:db8::1", "1344", "[2001:db8::1]:1344",
     "/s", false},
    {"icap://scanner", "scanner", "1344", "scanner:1344", "/", true},
    {"icap://scanner/", "scanner", "1344", "scanner:1344", "/", true},
};

START_TEST(an_address_is_read)
{
    struct assay__icap_url out;
    assay_error err = {0};

    ck_assert_msg(assay__icap_url_parse(good[_i].text, &out, &err) == ASSAY_OK,
                  "%s: %s", good[_i].text, err.msg);
    ck_assert_str_eq(out.host, good[_i].host);
    ck_assert_str_eq(out.port, good[_i].port);
    ck_assert_str_eq(out.authority, good[_i].authority);
    ck_assert_str_eq(out.path, good[_i].path);
    ck_assert_int_eq(out.is_name, good[_i].is_name);
}
END_TEST

static const struct {
    const char *text, *want;
} bad[] = {
    {"", "write icap://host:port/service"},
    {"127.0.0.1:1344", "write icap://host:port/service"},
    {"http://a/b", "write icap://host:port/service"},
    {"icaps://a/b", "TLS is not spoken here"},
    {"icap:///b", "not a host name"},
    {"icap://:1344/b", "not a host name"},
    {"icap://a b/c", "not a host name"},
    {"icap://user@a/c", "not a host name"},
    {"icap://a\r\nX: y/c", "not a host name"},
    {"icap://a:/b", "a port (1 to 65535)"},
    {"icap://a:0/b", "a port (1 to 65535)"},
    {"icap://a:65536/b", "a port (1 to 65535)"},
    {"icap://a:1344x/b", "a port (1 to 65535)"},
    {"icap://a:-1/b", "a port (1 to 65535)"},
    {"icap://a:+1/b", "a port (1 to 65535)"},
    {"icap://a:000001/b", "a port (1 to 65535)"},
    {"icap://a:18446744073709551617/b", "a port (1 to 65535)"},
    {"icap://::1/b", "not a host name"},
    {"icap://[::1/b", "not an IPv6 address"},
    {"icap://[]/b", "not an IPv6 address"},
    {"icap://[127.0.0.1]/b", "not an IPv6 address"},
    {"icap://[::1]x/b", "a port (1 to 65535)"},
    {"icap://[::1]1344/b", "a port (1 to 65535)"},
    {"icap://a?x=y", "a service stands between"},
    {"icap://a/b c", "cannot stand in a request"},
    {"icap://a/b\tc", "cannot stand in a request"},
    {"icap://a/b\r\nX: y", "cannot stand in a request"},
    {"icap://a/b#c", "cannot stand in a request"},
    {"icap://a/\xc3\xa4", "cannot stand in a request"},
};

START_TEST(what_is_no_address_is_refused)
{
    struct assay__icap_url out;
    assay_error err = {0};

    ck_assert_int_eq(assay__icap_url_parse(bad[_i].text, &out, &err),
                     ASSAY_E_INVAL);
    ck_assert_msg(strstr(err.msg, bad[_i].want) != NULL, "'%s': %s",
                  bad[_i].text, err.msg);
}
END_TEST

START_TEST(lengths_are_limited)
{
    char text[1024] = "icap://";
    struct assay__icap_url out;
    assay_error err = {0};

    memset(text + 7, 'a', ASSAY__ICAP_HOST_MAX);
    ck_assert_int_eq(assay__icap_url_parse(text, &out, &err), ASSAY_OK);
    memset(text + 7, 'a', ASSAY__ICAP_HOST_MAX + 1);
    ck_assert_int_eq(assay__icap_url_parse(text, &out, &err), ASSAY_E_INVAL);
    memset(text, 0, sizeof text);
    memcpy(text, "icap://a/", 9);
    memset(text + 9, 'b', ASSAY__ICAP_PATH_MAX - 1);
    ck_assert_int_eq(assay__icap_url_parse(text, &out, &err), ASSAY_OK);
    memset(text + 9, 'b', ASSAY__ICAP_PATH_MAX);
    ck_assert_int_eq(assay__icap_url_parse(text, &out, &err), ASSAY_E_INVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icap_url");
    TCase *tc = tcase_create("url");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, an_address_is_read, 0, (int)COUNT_OF(good));
    tcase_add_loop_test(tc, what_is_no_address_is_refused, 0,
                        (int)COUNT_OF(bad));
    tcase_add_test(tc, lengths_are_limited);
    return check_run(suite);
}
