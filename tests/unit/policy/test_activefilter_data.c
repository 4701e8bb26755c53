/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "check_run.h"
#include "policy/activefilter_data.h"

static struct assay__activefilter_data data;

static void teardown(void)
{
    assay__activefilter_data_clear(&data);
}

static assay_rc add(const char *address, const char *key, const char *value)
{
    return assay__activefilter_data_add(&data, address, key, value, NULL);
}

START_TEST(keeps_what_was_said_of_each_recipient) /* CM-29 */
{
    ck_assert_int_eq(add("a@b", "account", "1"), ASSAY_OK);
    ck_assert_int_eq(add("c@d", "account", "2"), ASSAY_OK);
    ck_assert_int_eq(add("a@b", "account", "3"), ASSAY_OK);
    ck_assert_uint_eq(data.count, 2);
    ck_assert_str_eq(data.items[0].value, "3");
    ck_assert_str_eq(data.items[1].address, "c@d");
}
END_TEST

START_TEST(an_address_is_the_same_in_upper_case)
{
    ck_assert_int_eq(add("bob@b.example", "account", "1"), ASSAY_OK);
    ck_assert_int_eq(add("BOB@B.example", "account", "2"), ASSAY_OK);
    ck_assert_uint_eq(data.count, 1);
    ck_assert_str_eq(data.items[0].value, "2");
}
END_TEST

/* Recipients that are refused later count, too: nobody can say how many a
 * client will try. */
START_TEST(all_recipients_together_are_bounded)
{
    char address[32];
    assay_rc rc = ASSAY_OK;
    int i;

    for (i = 0; rc == ASSAY_OK && i < 100000; i++) {
        (void)snprintf(address, sizeof address, "u%d@b", i);
        rc = add(address, "k", "v");
    }
    ck_assert_int_eq(rc, ASSAY_E_LIMIT);
    ck_assert_uint_eq(data.count, ASSAY__ACTIVEFILTER_DATA_MAX);
    ck_assert_int_eq(add("u1@b", "k", "w"), ASSAY_OK);
}
END_TEST

START_TEST(all_bytes_together_are_bounded)
{
    static char value[ASSAY__ACTIVEFILTER_VALUE_MAX + 1];
    char address[32];
    assay_rc rc = ASSAY_OK;

    memset(value, 'v', sizeof value - 1);
    for (int i = 0; rc == ASSAY_OK && i < 100000; i++) {
        (void)snprintf(address, sizeof address, "u%d@b", i);
        rc = add(address, "k", value);
    }
    ck_assert_int_eq(rc, ASSAY_E_LIMIT);
    ck_assert_uint_le(data.bytes, ASSAY__ACTIVEFILTER_BYTES_MAX);
    ck_assert_uint_gt(data.bytes, ASSAY__ACTIVEFILTER_BYTES_MAX -
                                      ASSAY__ACTIVEFILTER_VALUE_MAX - 32);
}
END_TEST

static const struct {
    const char *address, *key, *value;
} refused[] = {
    {"", "k", "v"},        {"a@b", "", "v"},     {"a@b", "a b", "v"},
    {"a@b", "a<b", "v"},   {"a@b", "k", "\x01"}, {"a@b", "k", "\xff"},
    {"a@b", "k", "\x1b["},
};

START_TEST(refuses_what_no_document_could_carry)
{
    ck_assert_int_eq(
        add(refused[_i].address, refused[_i].key, refused[_i].value),
        ASSAY_E_INVAL);
    ck_assert_uint_eq(data.count, 0);
}
END_TEST

START_TEST(takes_what_only_looks_dangerous)
{
    ck_assert_int_eq(add("a@b", "k", "<&\"'>]]> \t\r\n gr\xc3\xbc\xc3\x9f"),
                     ASSAY_OK);
}
END_TEST

START_TEST(values_and_keys_are_bounded)
{
    char value[ASSAY__ACTIVEFILTER_VALUE_MAX + 2];
    char key[ASSAY__ACTIVEFILTER_KEY_MAX + 2];

    memset(value, 'v', sizeof value);
    memset(key, 'k', sizeof key);
    value[sizeof value - 1] = key[sizeof key - 1] = '\0';
    ck_assert_int_eq(add("a@b", "k", value), ASSAY_E_INVAL);
    ck_assert_int_eq(add("a@b", key, "v"), ASSAY_E_INVAL);
    value[sizeof value - 2] = key[sizeof key - 2] = '\0';
    ck_assert_int_eq(add("a@b", key, value), ASSAY_OK);
}
END_TEST

START_TEST(a_recipient_has_a_bounded_number_of_keys)
{
    char key[16];

    for (int i = 0; i < ASSAY__ACTIVEFILTER_KEYS_MAX; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        ck_assert_int_eq(add("a@b", key, "v"), ASSAY_OK);
    }
    ck_assert_int_eq(add("a@b", "more", "v"), ASSAY_E_LIMIT);
    ck_assert_int_eq(add("c@d", "more", "v"), ASSAY_OK);
    ck_assert_int_eq(add("a@b", "k0", "changed"), ASSAY_OK);
}
END_TEST

START_TEST(survives_each_failed_allocation)
{
    assay_rc rc = ASSAY_E_NOMEM;

    for (unsigned n = 1; rc != ASSAY_OK; n++) {
        alloc_fail_at(n);
        rc = add("a@b", "account", "1");
        alloc_fail_off();
        ck_assert(rc == ASSAY_OK || rc == ASSAY_E_NOMEM);
        ck_assert_uint_eq(data.count, rc == ASSAY_OK);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activefilter_data");
    TCase *tcase = tcase_create("activefilter_data");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, keeps_what_was_said_of_each_recipient);
    tcase_add_test(tcase, an_address_is_the_same_in_upper_case);
    tcase_add_test(tcase, all_recipients_together_are_bounded);
    tcase_add_test(tcase, all_bytes_together_are_bounded);
    tcase_add_loop_test(tcase, refuses_what_no_document_could_carry, 0,
                        ASSAY_COUNT_OF(refused));
    tcase_add_test(tcase, takes_what_only_looks_dangerous);
    tcase_add_test(tcase, values_and_keys_are_bounded);
    tcase_add_test(tcase, a_recipient_has_a_bounded_number_of_keys);
    tcase_add_test(tcase, survives_each_failed_allocation);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
