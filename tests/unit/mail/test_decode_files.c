/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Files inside texts and foreign containers: whole ones, and broken ones as
 * far as they go.
 */
#include "mail/decode_files.h"

#include "base/sizes.h"
#include "check_run.h"
#include "mail_test.h"

#define B(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static struct assay__decoded decoded;
static struct assay__binhex hqx;

static void teardown(void)
{
    free(decoded.data);
    free(hqx.data.data);
    free(hqx.resource.data);
    decoded = (struct assay__decoded){0};
    hqx = (struct assay__binhex){0};
}

/* ---- yEnc -----------------------------------------------------------------
 */

static const struct {
    assay_bytes text;
    assay_bytes want;
} yenc[] = {
    {B("=ybegin line=128 size=3 name=a\r\n\x8b\x8c\x8d\r\n=yend size=3\r\n"),
     B("abc")},
    {B("=ybegin name=a\n=ypart begin=1 end=2\n\x8b\n\x8c\n=yend\n"), B("ab")},
    {B("=ybegin name=a\n=}=M\n=yend\n"), B("\x13\xe3")}, /* escapes */
    {B("=ybegin name=a\n\x8b"), B("a")},                 /* cut off */
    {B("=ybegin name=a\n\x8b=\n=yend\n\x8c"), B("a\x13")},
    {B("=ybegin name=a"), B("")},
};

START_TEST(yenc_is_undone)
{
    ck_assert_int_eq(assay__decode_yenc(yenc[_i].text, 1000, &decoded),
                     ASSAY_OK);
    ck_bytes_at(_i, ((assay_bytes){decoded.data, decoded.len}), yenc[_i].want);
}
END_TEST

START_TEST(yenc_needs_its_first_line_and_room)
{
    ck_assert_int_eq(assay__decode_yenc(BYTES("x\n=ybegin \n"), 9, &decoded),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(
        assay__decode_yenc(BYTES("=ybegin name=a\nabc\n"), 2, &decoded),
        ASSAY_E_LIMIT);
    ck_assert_ptr_null(decoded.data);
}
END_TEST

/* ---- BinHex ---------------------------------------------------------------
 */

/* "a.b": "hello", 0x90 and seven "z" (as a run), and a resource fork "RS" */
#define HQX ":!f%ZBJ\"849K8G(4iG!!!!!!!$3!!!!*YE@KPE'a[N!\"kN!Fb+9*6!NX:"

START_TEST(binhex_gives_both_forks)
{
    size_t used = 0;

    ck_assert_int_eq(assay__decode_binhex(BYTES(HQX "rest"), 99, &hqx, &used),
                     ASSAY_OK);
    ck_assert_uint_eq(used, sizeof HQX - 1);
    ck_assert_str_eq(hqx.name, "a.b");
    ck_bytes(((assay_bytes){hqx.data.data, hqx.data.len}), "hello\x90zzzzzzz");
    ck_bytes(((assay_bytes){hqx.resource.data, hqx.resource.len}), "RS");
}
END_TEST

START_TEST(binhex_that_is_cut_gives_what_is_there)
{
    size_t used = 0;

    ck_assert_int_eq(
        assay__decode_binhex((assay_bytes){HQX, 40}, 99, &hqx, &used),
        ASSAY_OK);
    ck_assert_uint_eq(used, 40);
    ck_assert_uint_gt(hqx.data.len, 2);
    ck_assert_mem_eq(hqx.data.data, "hello", hqx.data.len);
    ck_assert_uint_eq(hqx.resource.len, 0);
}
END_TEST

START_TEST(binhex_without_a_header_is_none)
{
    size_t used = 0;

    ck_assert_int_eq(assay__decode_binhex(BYTES("x"), 99, &hqx, &used),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(assay__decode_binhex(BYTES(":"), 99, &hqx, &used),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(assay__decode_binhex(BYTES(":!!!!:"), 99, &hqx, &used),
                     ASSAY_E_NOTFOUND);
    ck_assert_int_eq(assay__decode_binhex(BYTES(HQX), 3, &hqx, &used),
                     ASSAY_E_LIMIT);
}
END_TEST

/* ---- TNEF -----------------------------------------------------------------
 */

#define TNEF_BEGIN "\x78\x9f\x3e\x22\x01\x00"
#define TNEF_REND "\x02\x02\x90\x06\x00\x02\x00\x00\x00zz\0\0"
#define TNEF_TITLE "\x02\x10\x80\x01\x00\x04\x00\x00\x00N.c\0\0\0"
#define TNEF_DATA "\x02\x0f\x80\x06\x00\x03\x00\x00\x00hex\0\0"
/* one property: 0x3707 of type 0x001f, "W" */
#define TNEF_LONG_NAME                                                         \
    "\x02\x05\x90\x06\x00\x14\x00\x00\x00\x01\x00\x00\x00\x1f\x00\x07\x37\x01" \
    "\x00\x00\x00\x04\x00\x00\x00W\0\0\0\0\0"

static const struct {
    assay_bytes data;
    const char *want_data[2];
    const char *want_name;
} tnefs[] = {
    {B(TNEF_BEGIN), {NULL, NULL}, NULL},
    {B(TNEF_BEGIN TNEF_REND TNEF_TITLE TNEF_DATA), {"hex", NULL}, "N.c"},
    {B(TNEF_BEGIN TNEF_DATA), {"hex", NULL}, ""},
    {B(TNEF_BEGIN TNEF_DATA TNEF_DATA), {"hex", "hex"}, ""},
    {B(TNEF_BEGIN TNEF_REND TNEF_DATA TNEF_REND TNEF_DATA TNEF_TITLE),
     {"hex", "hex"},
     ""},
    {B(TNEF_BEGIN TNEF_TITLE TNEF_DATA TNEF_LONG_NAME), {"hex", NULL}, "W"},
    {B(TNEF_BEGIN "\x02\x0f\x80\x06\x00\xff\xff\xff\xffhe"), /* cut off */
     {"he", NULL},
     ""},
    {B(TNEF_BEGIN "\x02\x05\x90\x06\x00\x08\x00\x00\x00\xff\xff\xff\xff\x1e\0"),
     {NULL, NULL},
     NULL},
};

START_TEST(files_of_tnef_are_found)
{
    struct assay__tnef_file file;
    size_t at = 0;

    for (size_t i = 0; i < 2 && tnefs[_i].want_data[i]; i++) {
        ck_assert_msg(assay__tnef_next(tnefs[_i].data, &at, &file),
                      "case %d: file %zu is missing", _i, i);
        ck_bytes_at(_i, file.data, TEXT(tnefs[_i].want_data[i]));
        if (i == 0)
            ck_assert_int_eq(file.name.data[0] == tnefs[_i].want_name[0] ||
                                 file.name.len == 0,
                             1);
    }
    ck_assert(!assay__tnef_next(tnefs[_i].data, &at, &file));
}
END_TEST

START_TEST(other_data_is_no_tnef)
{
    struct assay__tnef_file file;
    size_t at = 0;

    ck_assert(!assay__tnef_is(BYTES("\x78\x9f\x3e")));
    ck_assert(!assay__tnef_next(BYTES("some text"), &at, &file));
}
END_TEST

/* ---- uuencode -------------------------------------------------------------
 */

START_TEST(uuencode_needs_no_begin_line)
{
    ck_assert_int_eq(
        assay__decode_uu_lines(BYTES("#86)C\r\nend\r\n"), 99, &decoded),
        ASSAY_OK);
    ck_bytes(((assay_bytes){decoded.data, decoded.len}), "abc");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode_files");
    TCase *tcase = tcase_create("files");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, yenc_is_undone, 0, (int)ASSAY_COUNT_OF(yenc));
    tcase_add_test(tcase, yenc_needs_its_first_line_and_room);
    tcase_add_test(tcase, binhex_gives_both_forks);
    tcase_add_test(tcase, binhex_that_is_cut_gives_what_is_there);
    tcase_add_test(tcase, binhex_without_a_header_is_none);
    tcase_add_loop_test(tcase, files_of_tnef_are_found, 0,
                        (int)ASSAY_COUNT_OF(tnefs));
    tcase_add_test(tcase, other_data_is_no_tnef);
    tcase_add_test(tcase, uuencode_needs_no_begin_line);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
