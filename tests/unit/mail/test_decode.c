/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Transfer decoding, legal and not.
 */
#include "mail_test.h"

#include "base/sizes.h"
#include "mail/decode.h"
#include "check_run.h"

typedef assay_rc decoder(assay_bytes in, size_t max_bytes,
                         struct assay__decoded *out);

#define CASE(source, result, bad)                                     \
    {                                                                 \
        .in = {(source), sizeof(source) - 1},                         \
        .want = {(result), sizeof(result) - 1}, .want_defects = (bad) \
    }

struct decode_case {
    assay_bytes in;
    assay_bytes want;
    size_t want_defects;
};

static void run_case(decoder *decode, const struct decode_case *c, int index)
{
    struct assay__decoded got = {0};

    ck_assert_int_eq(decode(c->in, c->want.len, &got), ASSAY_OK);
    ck_bytes_at(index, ((assay_bytes){got.data ? got.data : "", got.len}),
                c->want);
    ck_assert_msg(got.defects == c->want_defects,
                  "case %d: got %zu defects, want %zu", index, got.defects,
                  c->want_defects);
    free(got.data);
    if (c->want.len > 0) {
        ck_assert_msg(decode(c->in, c->want.len - 1, &got) == ASSAY_E_LIMIT,
                      "case %d is over its limit", index);
    }
}

static const struct decode_case base64_cases[] = {
    CASE("", "", 0),
    CASE("YQ==", "a", 0),
    CASE("YWI=", "ab", 0),
    CASE("YWJj", "abc", 0),
    CASE("YWJj\r\nZGVm\r\n", "abcdef", 0),
    CASE(" Y\tW\r\nJ j\n", "abc", 0),
    CASE("AP/+", "\x00\xff\xfe", 0),
    /* padding is missing */
    CASE("YQ", "a", 0),
    CASE("YWI", "ab", 0),
    CASE("YQ=\r\n", "a", 0),
    CASE("YWJjZ", "abc", 1),
    /* characters that are not in the alphabet, NUL and 8 bit too */
    CASE("Y!W*J-j", "abc", 3),
    CASE("YW\0Jj\xff", "abc", 2),
    /* padding in the middle, as joined attachments have it */
    CASE("YQ==YWI=YWJj", "aababc", 2),
    CASE("YQ==\r\nYg==\r\n", "ab", 1),
    CASE("YQ=YWJj", "aabc", 1),
    CASE("=YWJj", "abc", 2),
    CASE("Y=WJj", "X\x98", 3),
    CASE("YWJj====ZGVm", "abcdef", 5),
};

START_TEST(base64_decodes)
{
    run_case(assay__decode_base64, &base64_cases[_i], _i);
}
END_TEST

static const struct decode_case qp_cases[] = {
    CASE("", "", 0),
    CASE("abc", "abc", 0),
    CASE("a=3Db=3db", "a=b=b", 0),
    CASE("=00=FF", "\x00\xff", 0),
    CASE("one=\r\ntwo\r\n", "onetwo\r\n", 0),
    CASE("one=\ntwo\n", "onetwo\n", 0),
    CASE("one= \t\r\ntwo", "onetwo", 0),
    CASE("one=", "one", 0),
    /* blanks at the end of a line were added on the way */
    CASE("one \t\r\ntwo  \nthree \t", "one\r\ntwo\nthree", 0),
    CASE("one=20\r\n", "one \r\n", 0),
    CASE(" \r\n\r\n", "\r\n\r\n", 0),
    /* escapes that are none */
    CASE("=XY", "=XY", 1),
    CASE("=4", "=4", 1),
    CASE("=4\r\n=41", "=4\r\nA", 1),
    CASE("==41", "=A", 1),
    CASE("a=b=c", "a=b=c", 2),
    /* characters that must not stand for themselves */
    CASE("\xc3\xa4\0", "\xc3\xa4\0", 3),
    CASE("a\rb", "a\rb", 1),
};

START_TEST(quoted_printable_decodes)
{
    run_case(assay__decode_quoted_printable, &qp_cases[_i], _i);
}
END_TEST

static const struct decode_case uu_cases[] = {
    CASE("begin 644 f\n#86)C\n`\nend\n", "abc", 0),
    CASE("begin 644 f\r\n#86)C\r\n`\r\nend\r\n", "abc", 0),
    CASE("text\nbegin 0644 a b\n!80``\n \nend\nmore\n", "a", 0),
    CASE("begin 644 f\n#86)C", "abc", 0),              /* no end */
    CASE("begin 644 f\n#86)Cx\nend\n", "abc", 1),      /* too long */
    CASE("begin 644 f\n&86)C\nend\n", "abc\0\0\0", 0), /* blanks lost */
    CASE("begin 644 f\n#86)\xff\nend\n", "ab\x5f", 1),
    CASE("begin 644 f\n#86)C\nend\nbegin 644 g\n!80  \nend\n", "abca", 0),
    CASE("begin 644 f\n\n#86)C\nend  \n", "abc", 0), /* an empty line */
    CASE("begin 644 f\nend\n", "", 0),
};

START_TEST(uuencode_decodes)
{
    run_case(assay__decode_uuencode, &uu_cases[_i], _i);
}
END_TEST

static const char *const no_begin[] = {
    "",
    "#86)C\n",
    "begin\n",
    "begin 64 f\n",
    "begin 999 f\n",
    "begin 644\n",
    " begin 644 f\n",
};

START_TEST(uuencode_needs_a_begin_line)
{
    struct assay__decoded got;

    ck_assert_msg(assay__decode_uuencode(TEXT(no_begin[_i]), 100, &got) ==
                      ASSAY_E_NOTFOUND,
                  "case %d has a begin line", _i);
}
END_TEST

START_TEST(base64_of_all_lengths_comes_back)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
                                   "pqrstuvwxyz0123456789+/";
    struct assay__decoded got;
    unsigned bits = 0;

    ck_assert_int_eq(assay__decode_base64(TEXT(alphabet), 48, &got), ASSAY_OK);
    ck_assert_uint_eq(got.len, 48);
    for (unsigned i = 0; i < 64; i++) {
        if (i % 4 == 0)
            bits = (unsigned)(unsigned char)got.data[i / 4 * 3] << 16 |
                   (unsigned)(unsigned char)got.data[i / 4 * 3 + 1] << 8 |
                   (unsigned)(unsigned char)got.data[i / 4 * 3 + 2];
        ck_assert_uint_eq(bits >> (18 - 6 * (i % 4)) & 63, i);
    }
    free(got.data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *tc = tcase_create("decoders");

    tcase_add_loop_test(tc, base64_decodes, 0, ASSAY_COUNT_OF(base64_cases));
    tcase_add_loop_test(tc, quoted_printable_decodes, 0,
                        ASSAY_COUNT_OF(qp_cases));
    tcase_add_loop_test(tc, uuencode_decodes, 0, ASSAY_COUNT_OF(uu_cases));
    tcase_add_loop_test(tc, uuencode_needs_a_begin_line, 0,
                        ASSAY_COUNT_OF(no_begin));
    tcase_add_test(tc, base64_of_all_lengths_comes_back);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
