/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <string.h>

#include "base/fields.h"
#include "check_run.h"

static struct assay__strbuf buf;

static void setup(void)
{
    assay__strbuf_init(&buf, 4096);
}

static void teardown(void)
{
    assay__strbuf_fini(&buf);
}

static struct assay__fields reader(void)
{
    return (struct assay__fields){.at = buf.data, .left = buf.len};
}

START_TEST(fields_come_back_in_order)
{
    struct assay__fields fields;

    assay__fields_add_number(&buf, UINT64_MAX);
    assay__fields_add_text(&buf, "one");
    assay__fields_add_text(&buf, NULL);
    assay__fields_add_text(&buf, "");
    fields = reader();
    ck_assert(assay__fields_number(&fields) == UINT64_MAX);
    ck_assert_str_eq(assay__fields_text(&fields), "one");
    ck_assert_ptr_null(assay__fields_text(&fields));
    ck_assert(!fields.failed);
    ck_assert_str_eq(assay__fields_text(&fields), "");
    ck_assert_uint_eq(fields.left, 0);
}
END_TEST

/* Every cut of a record ends in failed, never behind its end. */
START_TEST(a_record_that_is_cut_off_fails)
{
    assay__fields_add_number(&buf, 7);
    assay__fields_add_text(&buf, "text");
    for (size_t left = 0; left < buf.len; left++) {
        struct assay__fields fields = {.at = buf.data, .left = left};

        (void)assay__fields_number(&fields);
        ck_assert_ptr_null(assay__fields_text(&fields));
        ck_assert(fields.failed);
        ck_assert_uint_eq(assay__fields_number(&fields), 0);
    }
}
END_TEST

static const uint64_t lengths[] = {5, 4096, UINT64_MAX - 1, UINT64_MAX / 2};

START_TEST(a_length_is_not_believed)
{
    struct assay__fields fields;

    assay__fields_add_number(&buf, lengths[_i]);
    (void)assay__strbuf_add(&buf, "abcd", 5);
    fields = reader();
    ck_assert_ptr_null(assay__fields_text(&fields));
    ck_assert(fields.failed);
}
END_TEST

START_TEST(a_text_ends_where_its_length_says)
{
    struct assay__fields fields;

    assay__fields_add_number(&buf, 4);
    (void)assay__strbuf_add(&buf, "a\0cd", 5);
    fields = reader();
    ck_assert_ptr_null(assay__fields_text(&fields));
    ck_assert(fields.failed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fields");
    TCase *tc = tcase_create("fields");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, fields_come_back_in_order);
    tcase_add_test(tc, a_record_that_is_cut_off_fails);
    tcase_add_loop_test(tc, a_length_is_not_believed, 0, 4);
    tcase_add_test(tc, a_text_ends_where_its_length_says);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
