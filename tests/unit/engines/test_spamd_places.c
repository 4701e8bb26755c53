/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The places of an address of spamd: what needs no look-up is known at once,
 * and a look-up keeps to the deadline of whoever waits for it.
 */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "check_run.h"
#include "deadline.h"
#include "spamd_places.h"

enum { PATIENCE_MS = 60000 };

static struct assay__spamd_directory directory;
static struct assay__spamd_places places;
static assay_error err;

static void open_address(const char *text)
{
    struct assay__spamd_address address;

    ck_assert_int_eq(assay__spamd_address_parse(text, &address, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__spamd_directory_init(&directory, &address, &err),
                     ASSAY_OK);
}

static void teardown(void)
{
    assay__spamd_directory_fini(&directory);
}

static assay_rc get(int64_t patience_ms)
{
    return assay__spamd_directory_get(
        &directory, assay__cloudmark_now_ms() + patience_ms, &places, &err);
}

START_TEST(a_path_is_a_place)
{
    struct sockaddr_un address;

    open_address("unix:/run/spamd.sock");
    ck_assert_int_eq(get(0), ASSAY_OK);
    ck_assert_uint_eq(places.count, 1);
    memcpy(&address, &places.at[0].address, sizeof address);
    ck_assert_int_eq(address.sun_family, AF_UNIX);
    ck_assert_str_eq(address.sun_path, "/run/spamd.sock");
}
END_TEST

/* Without a thread, and so even when the deadline has passed. */
START_TEST(numbers_are_a_place)
{
    struct sockaddr_in address;

    open_address("192.0.2.7:783");
    ck_assert_int_eq(get(0), ASSAY_OK);
    ck_assert_uint_eq(places.count, 1);
    memcpy(&address, &places.at[0].address, sizeof address);
    ck_assert_int_eq(address.sin_family, AF_INET);
    ck_assert_int_eq(ntohs(address.sin_port), 783);
    ck_assert_uint_eq(ntohl(address.sin_addr.s_addr), 0xc0000207);
    ck_assert(!directory.has_thread);
    assay__spamd_directory_expire(&directory);
    ck_assert_int_eq(get(0), ASSAY_OK);
    ck_assert(!directory.has_thread);
}
END_TEST

START_TEST(numbers_of_ipv6_are_a_place)
{
    open_address("[2001:db8::1]:783");
    ck_assert_int_eq(get(0), ASSAY_OK);
    ck_assert_int_eq(places.at[0].address.ss_family, AF_INET6);
}
END_TEST

START_TEST(a_name_is_looked_up)
{
    open_address("localhost:783");
    ck_assert_msg(get(PATIENCE_MS) == ASSAY_OK, "%s", err.msg);
    ck_assert_uint_ge(places.count, 1);
    ck_assert_uint_le(places.count, ASSAY__SPAMD_PLACES_MAX);
    /* the last answer serves while a new one is fetched */
    assay__spamd_directory_expire(&directory);
    ck_assert_int_eq(get(0), ASSAY_OK);
    ck_assert_int_eq(get(PATIENCE_MS), ASSAY_OK);
}
END_TEST

START_TEST(nobody_waits_beyond_his_deadline)
{
    open_address("no-such-name.invalid:783");
    ck_assert_int_eq(get(0), ASSAY_E_UNAVAILABLE);
    ck_assert_msg(!strncmp(err.msg, "its name cannot be looked up: ", 30), "%s",
                  err.msg);
    ck_assert_int_eq(get(PATIENCE_MS), ASSAY_E_UNAVAILABLE);
    ck_assert_uint_eq(places.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spamd_places");
    TCase *tc = tcase_create("places");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_path_is_a_place);
    tcase_add_test(tc, numbers_are_a_place);
    tcase_add_test(tc, numbers_of_ipv6_are_a_place);
    tcase_add_test(tc, a_name_is_looked_up);
    tcase_add_test(tc, nobody_waits_beyond_his_deadline);
    return check_run(suite);
}
