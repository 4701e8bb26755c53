/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/strbuf.h"
#include "check_run.h"

static struct assay__strbuf buf;

static void setup(void)
{
    assay__strbuf_init(&buf, 1 << 20);
}

static void teardown(void)
{
    assay__strbuf_fini(&buf);
}

START_TEST(a_new_one_is_empty_text)
{
    ck_assert_str_eq(assay__strbuf_str(&buf), "");
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_ptr_null(buf.data);
}
END_TEST

START_TEST(appends_are_joined)
{
    ck_assert_int_eq(assay__strbuf_add(&buf, "ab\0c", 4), ASSAY_OK);
    ck_assert_int_eq(assay__strbuf_adds(&buf, "de"), ASSAY_OK);
    ck_assert_int_eq(assay__strbuf_addc(&buf, 'f'), ASSAY_OK);
    ck_assert_int_eq(assay__strbuf_addf(&buf, "%d%s", 12, "g"), ASSAY_OK);
    ck_assert_uint_eq(buf.len, 10);
    ck_assert_mem_eq(buf.data, "ab\0cdef12g", 11);
}
END_TEST

START_TEST(grows_byte_by_byte)
{
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(assay__strbuf_addc(&buf, (char)('a' + i % 26)),
                         ASSAY_OK);
    ck_assert_uint_eq(buf.len, 100000);
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(buf.data[i], 'a' + i % 26);
    ck_assert_int_eq(buf.data[buf.len], '\0');
}
END_TEST

START_TEST(the_maximum_fits_exactly)
{
    assay__strbuf_init(&buf, 3);
    ck_assert_int_eq(assay__strbuf_adds(&buf, "abc"), ASSAY_OK);
    ck_assert_uint_le(buf.cap, 4);
    ck_assert_int_eq(assay__strbuf_addc(&buf, 'd'), ASSAY_E_LIMIT);
    ck_assert(buf.failed);
}
END_TEST

START_TEST(formatted_text_over_the_maximum_adds_nothing)
{
    assay__strbuf_init(&buf, 3);
    ck_assert_int_eq(assay__strbuf_addf(&buf, "%s", "abcd"), ASSAY_E_LIMIT);
    ck_assert_uint_eq(buf.len, 0);
}
END_TEST

START_TEST(an_impossible_length_is_over_the_limit)
{
    assay__strbuf_init(&buf, SIZE_MAX);
    ck_assert_int_eq(assay__strbuf_addc(&buf, 'x'), ASSAY_OK);
    ck_assert_int_eq(assay__strbuf_reserve(&buf, SIZE_MAX), ASSAY_E_LIMIT);
}
END_TEST

START_TEST(after_a_failure_nothing_is_added)
{
    assay__strbuf_init(&buf, 3);
    ck_assert_int_eq(assay__strbuf_adds(&buf, "ab"), ASSAY_OK);
    ck_assert_int_eq(assay__strbuf_adds(&buf, "cde"), ASSAY_E_LIMIT);
    ck_assert_int_ne(assay__strbuf_addc(&buf, 'c'), ASSAY_OK);
    ck_assert_str_eq(assay__strbuf_str(&buf), "ab");
    ck_assert_ptr_null(assay__strbuf_take(&buf));
    ck_assert_ptr_null(buf.data);
}
END_TEST

START_TEST(reset_clears_text_and_failure)
{
    assay__strbuf_init(&buf, 3);
    (void)assay__strbuf_adds(&buf, "ab");
    (void)assay__strbuf_adds(&buf, "cde");
    assay__strbuf_reset(&buf);
    ck_assert_str_eq(assay__strbuf_str(&buf), "");
    ck_assert_int_eq(assay__strbuf_adds(&buf, "xyz"), ASSAY_OK);
    ck_assert_str_eq(assay__strbuf_str(&buf), "xyz");
}
END_TEST

START_TEST(take_moves_the_text_out)
{
    char *text;

    (void)assay__strbuf_adds(&buf, "abc");
    text = assay__strbuf_take(&buf);
    ck_assert_str_eq(text, "abc");
    ck_assert_str_eq(assay__strbuf_str(&buf), "");
    free(text);
    text = assay__strbuf_take(&buf);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(out_of_memory_keeps_what_there_is)
{
    assay_rc rc;

    (void)assay__strbuf_adds(&buf, "abc");
    alloc_fail_at(1);
    rc = assay__strbuf_reserve(&buf, 10000);
    alloc_fail_off();
    ck_assert(alloc_fail_hit());
    ck_assert_int_eq(rc, ASSAY_E_NOMEM);
    ck_assert(buf.failed);
    ck_assert_str_eq(assay__strbuf_str(&buf), "abc");
}
END_TEST

START_TEST(take_of_an_empty_one_may_run_out_of_memory)
{
    char *text;

    alloc_fail_at(1);
    text = assay__strbuf_take(&buf);
    alloc_fail_off();
    ck_assert_ptr_null(text);
    ck_assert(!buf.failed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_strbuf");
    TCase *tc = tcase_create("strbuf");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_new_one_is_empty_text);
    tcase_add_test(tc, appends_are_joined);
    tcase_add_test(tc, grows_byte_by_byte);
    tcase_add_test(tc, the_maximum_fits_exactly);
    tcase_add_test(tc, formatted_text_over_the_maximum_adds_nothing);
    tcase_add_test(tc, an_impossible_length_is_over_the_limit);
    tcase_add_test(tc, after_a_failure_nothing_is_added);
    tcase_add_test(tc, reset_clears_text_and_failure);
    tcase_add_test(tc, take_moves_the_text_out);
    tcase_add_test(tc, out_of_memory_keeps_what_there_is);
    tcase_add_test(tc, take_of_an_empty_one_may_run_out_of_memory);
    return check_run(suite);
}
