/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header blocks: where they end, their fields, and their text.
 */
#include "mail_test.h"

#include "base/sizes.h"
#include "mail/header.h"
#include "mail/header_text.h"
#include "check_run.h"

/* A literal as the initialiser of an assay_bytes. */
#define B(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const assay_message_limits limits = {.max_header_bytes = 1000,
                                            .max_headers = 4};

static const struct {
    assay_bytes message;
    size_t want_len;
    enum assay__header_step want_end;
} blocks[] = {
    {B(""), 0, ASSAY__HEADER_MORE},
    {B("\r\nbody"), 0, ASSAY__HEADER_EMPTY},
    {B("\nbody"), 0, ASSAY__HEADER_EMPTY},
    {B("A: 1\r\n\r\nbody"), 6, ASSAY__HEADER_EMPTY},
    {B("A: 1\nB: 2\n\nbody"), 10, ASSAY__HEADER_EMPTY},
    {B("A: 1"), 4, ASSAY__HEADER_MORE},
    {B("A: 1\r\n fold\r\n\tfold\r\n\r\n"), 20, ASSAY__HEADER_EMPTY},
    {B("A : 1\r\n\r\n"), 7, ASSAY__HEADER_EMPTY},
    {B("A:\r\n \r\n\r\n"), 7, ASSAY__HEADER_EMPTY}, /* blank fold */
    {B("A: 1\r\nno header\r\n\r\n"), 6, ASSAY__HEADER_OTHER},
    {B("A: 1\r\n: 2\r\n"), 6, ASSAY__HEADER_OTHER},
    {B("A: 1\r\nB\xe4: 2\r\n"), 6, ASSAY__HEADER_OTHER},
    {B("A: 1\r\nB\0: 2\r\n"), 6, ASSAY__HEADER_OTHER},
    {B(" fold of nothing\r\n"), 0, ASSAY__HEADER_OTHER},
    {B("From a@b Thu\nA: 1\n\n"), 18, ASSAY__HEADER_EMPTY},
    {B(">From a@b Thu\nA: 1\n\n"), 19, ASSAY__HEADER_EMPTY},
    {B("A: 1\nFrom a@b\n\n"), 5, ASSAY__HEADER_OTHER},
    {B("A:\rB: 2\r\n\r\n"), 9, ASSAY__HEADER_EMPTY}, /* bare CR */
    {B("A:\nB:\nC:\nD:\nE:\n"), 12, ASSAY__HEADER_LIMIT},
    {B("A:\nB:\nC:\nD:\n E\n"), 15, ASSAY__HEADER_MORE},
};

START_TEST(block_ends_where_mtas_end_it)
{
    enum assay__header_step end;
    assay_bytes block = assay__header_block(blocks[_i].message, &limits, &end);

    ck_assert_msg(block.len == blocks[_i].want_len,
                  "case %d: got %zu, want %zu", _i, block.len,
                  blocks[_i].want_len);
    ck_assert_msg(end == blocks[_i].want_end, "case %d: got %d, want %d", _i,
                  (int)end, (int)blocks[_i].want_end);
}
END_TEST

START_TEST(block_over_the_byte_limit_ends_before_the_line)
{
    const assay_message_limits small = {.max_header_bytes = 9,
                                        .max_headers = 10};
    enum assay__header_step end;
    assay_bytes block =
        assay__header_block(BYTES("A: 1\nB: 23\n\n"), &small, &end);

    ck_assert_uint_eq(block.len, 5);
    ck_assert_int_eq(end, ASSAY__HEADER_LIMIT);
}
END_TEST

static const char folded[] = "From me\n"
                             "Subject: one\r\n two\r\n"
                             "X-A :\r\n"
                             "subject:three\r\n"
                             "Last: end";

static const struct {
    const char *name;
    size_t index;
    const char *want; /* NULL: absent */
} fields[] = {
    {"Subject", 0, " one\r\n two"},
    {"SUBJECT", 1, "three"},
    {"Subject", 2, NULL},
    {"x-a", 0, ""},
    {"Last", 0, " end"},
    {"From", 0, NULL},
    {"Sub", 0, NULL},
    {"", 0, NULL},
};

START_TEST(fields_are_found_without_case)
{
    struct assay__header_field field = {0};
    bool found = assay__header_find(BYTES(folded), fields[_i].name,
                                    fields[_i].index, &field);

    ck_assert_msg(found == (fields[_i].want != NULL), "case %d: got %d", _i,
                  found);
    if (found)
        ck_bytes_at(_i, field.value, TEXT(fields[_i].want));
}
END_TEST

START_TEST(raw_field_has_its_folds_and_line_end)
{
    struct assay__header_field field;

    ck_assert(assay__header_find(BYTES(folded), "subject", 0, &field));
    ck_bytes(field.raw, "Subject: one\r\n two\r\n");
    ck_bytes(field.name, "Subject");
}
END_TEST

/* ---- text ---------------------------------------------------------------- */

#define FFFD "\xEF\xBF\xBD"

static const struct {
    assay_bytes value;
    const char *want;
} texts[] = {
    {B(" plain "), "plain"},
    {B(""), ""},
    {B(" \r\n\t"), ""},
    {B("a\r\n b\n\tc"), "a b\tc"}, /* unfold keeps the blank, or tab */
    {B("a\rb"), "a\rb"},
    {B("=?utf-8?q?a_b=C3=A4?="), "a b\xc3\xa4"},
    {B("=?UTF-8?B?w6Q=?="), "\xc3\xa4"},
    {B("=?utf-8*de?q?x?="), "x"},
    {B("=?iso-8859-1?Q?=E4?="), "\xc3\xa4"},
    {B("=?windows-1252?q?=80?="), "\xe2\x82\xac"},
    {B("=?iso-2022-jp?b?GyRCJCIbKEI=?="), "\xe3\x81\x82"},
    {B("=?gb2312?b?xOO6ww==?="), "\xe4\xbd\xa0\xe5\xa5\xbd"},
    /* blanks between two words vanish, others do not */
    {B("=?utf-8?q?a?= =?utf-8?q?b?="), "ab"},
    {B("=?utf-8?q?a?=\r\n =?iso-8859-1?q?=E4?="), "a\xc3\xa4"},
    {B("x =?utf-8?q?a?= y"), "x a y"},
    {B("=?utf-8?q?a?= "), "a"},
    {B("=?utf-8?q?a?==?utf-8?q?b?="), "ab"},
    /* a character split between words, as many senders do */
    {B("=?utf-8?b?ww==?= =?utf-8?b?pA==?="), "\xc3\xa4"},
    {B("=?utf-8?q?=C3?= =?UTF-8?q?=A4?="), "\xc3\xa4"},
    /* what cannot be decoded stays */
    {B("=?x-none?q?a?="), "=?x-none?q?a?="},
    {B("=?x-none?q?a?= =?utf-8?q?b?="), "=?x-none?q?a?= b"},
    {B("=?utf-8//TRANSLIT?q?a?="), "=?utf-8//TRANSLIT?q?a?="},
    {B("=?iso-2022-cn-ext?q?a?="), "=?iso-2022-cn-ext?q?a?="},
    {B("=?utf-8?x?a?="), "=?utf-8?x?a?="},
    {B("=??q?a?="), "=??q?a?="},
    {B("=?utf-8?q?a"), "=?utf-8?q?a"},
    {B("=?utf-8?q?a?"), "=?utf-8?q?a?"},
    {B("=?"), "=?"},
    {B("=?utf-8?q?=4?="), "=4"},
    {B("=?utf-8?q?"
       "?="),
     ""},
    /* bytes that are no text */
    {B("a\xff"), "a" FFFD},
    {B("a\0b"), "a" FFFD "b"},
    {B("=?utf-8?q?=FFa=00?="), FFFD "a" FFFD},
    {B("=?iso-8859-1?q?a=00?="), "a" FFFD},
    {B("=?shift_jis?q?=82?="), FFFD},
    {B("\xed\xa0\x80"), FFFD FFFD FFFD},          /* surrogate */
    {B("\xc0\xaf"), FFFD FFFD},                   /* overlong */
    {B("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80"},  /* an emoji */
    {B("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD}, /* over U+10FFFF */
    {B("\xe4\xbd"), FFFD FFFD},                   /* cut */
};

START_TEST(value_becomes_utf8_text)
{
    char *text = NULL;

    ck_assert_int_eq(assay_header_decode(texts[_i].value, &text, NULL),
                     ASSAY_OK);
    ck_assert_msg(strcmp(text, texts[_i].want) == 0,
                  "case %d: got \"%s\", want \"%s\"", _i, text, texts[_i].want);
    free(text);
}
END_TEST

/* Beginnings of words without an end, in all the ways that could make a
 * search start over. */
static const char *const beginnings[] = {
    "=?", "=?utf-8?q?", "=?utf-8?q? ", "=?a?q?=?", "?=", "=?utf-8?b?A?= ",
};

START_TEST(megabyte_of_beginnings_is_decoded_in_one_pass)
{
    size_t unit = strlen(beginnings[_i]), len = 1024 * 1024 / unit * unit;
    char *value = malloc(len), *text = NULL;

    ck_assert_ptr_nonnull(value);
    for (size_t i = 0; i < len; i++)
        value[i] = beginnings[_i][i % unit];
    ck_assert_int_eq(
        assay_header_decode((assay_bytes){value, len}, &text, NULL), ASSAY_OK);
    ck_assert_uint_le(strlen(text), len);
    free(text);
    free(value);
}
END_TEST

START_TEST(conversions_in_one_value_are_limited)
{
    static const char pair[] = "=?koi8-r?q?a?= =?koi8-u?q?b?= ";
    const size_t count = ASSAY__HEADER_TEXT_CONVERSIONS_MAX;
    const size_t unit = sizeof pair - 1;
    char *value = malloc(count * unit), *text = NULL;

    ck_assert_ptr_nonnull(value);
    for (size_t i = 0; i < count; i++)
        memcpy(value + i * unit, pair, unit);
    ck_assert_int_eq(
        assay_header_decode((assay_bytes){value, count * unit}, &text, NULL),
        ASSAY_OK);
    ck_assert_int_eq(memcmp(text, "abab", 4), 0);
    ck_assert_ptr_eq(strstr(text, "=?koi8-r?q?a?="), text + count);
    free(text);
    free(value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("header");
    TCase *block = tcase_create("block"), *text = tcase_create("text");

    tcase_add_loop_test(block, block_ends_where_mtas_end_it, 0,
                        ASSAY_COUNT_OF(blocks));
    tcase_add_test(block, block_over_the_byte_limit_ends_before_the_line);
    tcase_add_loop_test(block, fields_are_found_without_case, 0,
                        ASSAY_COUNT_OF(fields));
    tcase_add_test(block, raw_field_has_its_folds_and_line_end);
    tcase_add_loop_test(text, value_becomes_utf8_text, 0,
                        ASSAY_COUNT_OF(texts));
    tcase_add_loop_test(text, megabyte_of_beginnings_is_decoded_in_one_pass, 0,
                        ASSAY_COUNT_OF(beginnings));
    tcase_add_test(text, conversions_in_one_value_are_limited);
    suite_add_tcase(suite, block);
    suite_add_tcase(suite, text);
    return check_run(suite);
}
