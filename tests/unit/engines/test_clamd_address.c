/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* The option `daemon` (CL-01): which addresses are taken, and what is said of
 * the others. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "clamd_address.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__clamd_address address;
static assay_error err;

static const struct {
    const char *text, *host, *port, *path;
    bool is_name;
} good[] = {
    {"127.0.0.1:3310", "127.0.0.1", "3310", "", false},
    {"scanner.example.org:3310", "scanner.example.org", "3310", "", true},
    {"clam_1:00042", "clam_1", "42", "", true},
    {"localhost:65535", "localhost", "65535", "", true},
    {"[::1]:3310", "::1", "3310", "", false},
    {"[fe80::1%eth0]:1", "fe80::1%eth0", "1", "", false},
    {"/run/clamav/clamd.ctl", "", "", "/run/clamav/clamd.ctl", false},
    {"unix:/run/c:1", "", "", "/run/c:1", false},
};

START_TEST(good_addresses_are_taken)
{
    assay_rc rc = assay__clamd_address_parse(good[_i].text, &address, &err);

    ck_assert_msg(rc == ASSAY_OK, "%s: %s", good[_i].text, err.msg);
    ck_assert_str_eq(address.host, good[_i].host);
    ck_assert_str_eq(address.port, good[_i].port);
    ck_assert_str_eq(address.path, good[_i].path);
    ck_assert_str_eq(address.text, good[_i].text);
    ck_assert_int_eq(address.is_unix, good[_i].path[0] != '\0');
    ck_assert_int_eq(address.is_name, good[_i].is_name);
}
END_TEST

static const struct {
    const char *text, *want;
} bad[] = {
    {"", "write \"host:port\" or the path of a socket"},
    {"127.0.0.1", "write \"host:port\" or the path of a socket"},
    {":3310", "is not a host name"},
    {"a b:1", "is not a host name"},
    {"a/b:1", "is not a host name"},
    {"127.0.0.1:", "'' is not a port (1 to 65535)"},
    {"127.0.0.1:0", "'0' is not a port"},
    {"127.0.0.1:65536", "'65536' is not a port"},
    {"127.0.0.1:100000", "'100000' is not a port"},
    {"127.0.0.1:99999999999999999999", "is not a port"},
    {"127.0.0.1:33a", "'33a' is not a port"},
    {"127.0.0.1:+1", "'+1' is not a port"},
    {"::1:3310", "an IPv6 address is written [::1]:3310"},
    {"[::1]", "an IPv6 address is written [::1]:3310"},
    {"[::1:3310", "an IPv6 address is written [::1]:3310"},
    {"[]:3310", "'' is not an IPv6 address"},
    {"[127.0.0.1]:3310", "'127.0.0.1' is not an IPv6 address"},
    {"[::1]:x", "'x' is not a port"},
    {"unix:run/c", "the path of a socket begins with /"},
    {"unix:", "the path of a socket begins with /"},
};

START_TEST(bad_addresses_are_explained)
{
    struct assay__clamd_address before;

    memset(&address, 'x', sizeof address);
    before = address;
    ck_assert_int_eq(assay__clamd_address_parse(bad[_i].text, &address, &err),
                     ASSAY_E_INVAL);
    ck_assert_msg(strstr(err.msg, bad[_i].want) != NULL, "%s: got %s",
                  bad[_i].text, err.msg);
    ck_assert_int_eq(memcmp(&before, &address, sizeof address), 0);
}
END_TEST

START_TEST(lengths_are_limited)
{
    char path[ASSAY__CLAMD_PATH_MAX + 2], host[ASSAY__CLAMD_HOST_MAX + 8];

    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    ck_assert_int_eq(assay__clamd_address_parse(path, &address, &err),
                     ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "at most 107 bytes"));
    path[sizeof path - 2] = '\0';
    ck_assert_int_eq(assay__clamd_address_parse(path, &address, &err),
                     ASSAY_OK);
    ck_assert_str_eq(address.path, path);

    memset(host, 'a', sizeof host);
    (void)snprintf(host + ASSAY__CLAMD_HOST_MAX + 1, 7, ":3310");
    ck_assert_int_eq(assay__clamd_address_parse(host, &address, &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay__clamd_address_parse(host + 1, &address, &err),
                     ASSAY_OK);
    ck_assert_str_eq(address.text, host + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamd_address");
    TCase *tc = tcase_create("address");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, good_addresses_are_taken, 0, COUNT_OF(good));
    tcase_add_loop_test(tc, bad_addresses_are_explained, 0, COUNT_OF(bad));
    tcase_add_test(tc, lengths_are_limited);
    return check_run(suite);
}
