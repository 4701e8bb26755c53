/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "percent.h"

#include <check.h>
#include <string.h>

#include "check_run.h"

static struct assay__budget budget;
static struct assay__stream out;

static void setup(void)
{
    assay__budget_init(&budget, 1 << 20);
    assay__stream_init(&out, &budget, 1 << 16);
}

static void teardown(void)
{
    assay__stream_fini(&out);
    ck_assert_uint_eq(budget.used, 0);
}

static const struct {
    const char *coded;
    size_t coded_len;
    const char *plain; /* NULL: refused */
    size_t plain_len;
} cases[] = {
    {"", 0, "", 0},
    {"abc ~", 5, "abc ~", 5},
    {"%41%0a%0D", 9, "A\n\r", 3},
    {"%00", 3, "\0", 1},
    {"%fF%25", 6, "\xff%", 2},
    {"%", 1, NULL, 0},
    {"%4", 2, NULL, 0},
    {"%4g", 3, NULL, 0},
    {"%+1", 3, NULL, 0},
    {"100%", 4, NULL, 0},
    {"a\nb", 3, NULL, 0},
    {"a\rb", 3, NULL, 0},
    {"a\tb", 3, NULL, 0},
    {"a\0b", 3, NULL, 0},
    {"\x7f", 1, NULL, 0},
    {"\xc3\xbc", 2, NULL, 0},
};

START_TEST(decoding_is_strict)
{
    char text[16];
    size_t len = 99;
    bool is_good =
        assay__percent_decode(cases[_i].coded, cases[_i].coded_len, text, &len);

    ck_assert_msg(is_good == (cases[_i].plain != NULL), "case %d", _i);
    if (!is_good) {
        ck_assert_uint_eq(len, 99);
        return;
    }
    ck_assert_uint_eq(len, cases[_i].plain_len);
    ck_assert_mem_eq(text, cases[_i].plain, len);
}
END_TEST

START_TEST(decoding_may_be_in_place)
{
    char text[] = "%61b%63";
    size_t len;

    ck_assert(assay__percent_decode(text, 7, text, &len));
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(text, "abc", 3);
}
END_TEST

START_TEST(every_byte_survives)
{
    char all[256], back[256 * 3];
    size_t len;

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(unsigned char)i;
    ck_assert_int_eq(assay__percent_encode(&out, all, sizeof all, '\0', NULL),
                     ASSAY_OK);
    for (size_t i = 0; i < out.len; i++)
        ck_assert(out.data[i] >= 0x20 && out.data[i] <= 0x7e);
    ck_assert(assay__percent_decode(out.data, out.len, back, &len));
    ck_assert_uint_eq(len, sizeof all);
    ck_assert_mem_eq(back, all, len);
}
END_TEST

START_TEST(another_byte_is_coded_on_request)
{
    ck_assert_int_eq(assay__percent_encode(&out, "a b%", 4, ' ', NULL),
                     ASSAY_OK);
    ck_assert_uint_eq(out.len, 8);
    ck_assert_mem_eq(out.data, "a%20b%25", 8);
}
END_TEST

START_TEST(full_stream_is_told)
{
    assay__stream_init(&out, &budget, 4);
    ck_assert_int_eq(assay__percent_encode(&out, "\n\n", 2, '\0', NULL),
                     ASSAY_E_LIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("percent");
    TCase *tcase = tcase_create("percent");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, decoding_is_strict, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, decoding_may_be_in_place);
    tcase_add_test(tcase, every_byte_survives);
    tcase_add_test(tcase, another_byte_is_coded_on_request);
    tcase_add_test(tcase, full_stream_is_told);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
