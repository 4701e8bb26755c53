/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Sealed analysis texts (CM-20): what was sealed is read again, folded or not;
 * what was forged, changed or cut is refused, however long it is.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "check_run.h"
#include "seal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET "a secret of the tests"

static struct assay__seal seal;
static assay_score score, again;
static assay_error err;

static void setup(void)
{
    memset(&score, 0, sizeof score);
    memset(&err, 0, sizeof err);
    ck_assert_int_eq(assay__seal_init(&seal, SECRET, &err), ASSAY_OK);
    score.score = 93.75;
    score.rescan = true;
    (void)snprintf(score.category, sizeof score.category, "blocklist");
    (void)snprintf(score.category_desc, sizeof score.category_desc,
                   "Sender or link on a blocklist");
    (void)snprintf(score.sub_category, sizeof score.sub_category,
                   "RCVD_IN_XBL");
    (void)snprintf(score.sub_category_desc, sizeof score.sub_category_desc,
                   "its sender is on a blocklist");
    (void)snprintf(score.analysis, sizeof score.analysis,
                   "score=15.0 tests=A, B");
}

static void teardown(void)
{
    assay__seal_fini(&seal);
}

static void add(void)
{
    ck_assert_msg(assay__seal_add(&seal, &score, &err) == ASSAY_OK, "%s",
                  err.msg);
}

static assay_rc open_text(const char *text, size_t len)
{
    memset(&again, 0, sizeof again);
    return assay__seal_open(&seal, text, len, &again, &err);
}

static void expect_the_same(void)
{
    ck_assert_double_eq(again.score, score.score);
    ck_assert_int_eq(again.rescan, score.rescan);
    ck_assert_str_eq(again.category, score.category);
    ck_assert_str_eq(again.category_desc, score.category_desc);
    ck_assert_str_eq(again.sub_category, score.sub_category);
    ck_assert_str_eq(again.sub_category_desc, score.sub_category_desc);
    ck_assert_str_eq(again.analysis, score.analysis);
    ck_assert(!again.is_spam);
    ck_assert_uint_eq(again.header_count, 0);
}

START_TEST(what_was_sealed_is_read_again)
{
    add();
    ck_assert_msg(strstr(score.analysis, "tests=A, B assay=1;s=40577"
                                         "00000000000;f=1;c=blocklist;d=*;"
                                         "u=RCVD_IN_XBL;v=*;m=") != NULL,
                  "%s", score.analysis);
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_OK);
    expect_the_same();
}
END_TEST

static const struct {
    double score;
    const char *category, *category_desc, *sub_category, *sub_category_desc;
    const char *analysis;
} values[] = {
    {0, "", "", "", "", ""},
    {100, "", "", "", "", "1.2.3"},
    {0.1, "7", "Casinos", "7;c=9", "100 % \"sure\" \xc3\xa9", "text"},
    {1e-300, "virus", "", "CLAM_VIRUS", "another text", "  blanks  around "},
    {99.99, "*", "*", "GTUBE", "*", "assay=1;s=x assay=1;"},
};

START_TEST(all_values_come_back)
{
    score.score = values[_i].score;
    (void)snprintf(score.category, sizeof score.category, "%s",
                   values[_i].category);
    (void)snprintf(score.category_desc, sizeof score.category_desc, "%s",
                   values[_i].category_desc);
    (void)snprintf(score.sub_category, sizeof score.sub_category, "%s",
                   values[_i].sub_category);
    (void)snprintf(score.sub_category_desc, sizeof score.sub_category_desc,
                   "%s", values[_i].sub_category_desc);
    (void)snprintf(score.analysis, sizeof score.analysis, "%s",
                   values[_i].analysis);
    add();
    ck_assert_msg(open_text(score.analysis, strlen(score.analysis)) == ASSAY_OK,
                  "%s: %s", err.msg, score.analysis);
    expect_the_same();
}
END_TEST

static void fill(char *text, size_t size)
{
    memset(text, '~', size - 1);
    text[size - 1] = '\0';
}

START_TEST(the_longest_texts_have_room)
{
    fill(score.category, sizeof score.category);
    fill(score.category_desc, sizeof score.category_desc);
    fill(score.sub_category, sizeof score.sub_category);
    fill(score.sub_category_desc, sizeof score.sub_category_desc);
    memset(score.analysis, 'a', ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM);
    score.analysis[ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM] = '\0';
    add();
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_OK);
    expect_the_same();
}
END_TEST

START_TEST(an_analysis_without_room_is_a_limit)
{
    size_t len;

    add();
    len = strlen(score.analysis);
    for (size_t size = sizeof score.analysis; size-- > 0;) {
        memset(score.analysis, 'a', size);
        score.analysis[size] = '\0';
        if (assay__seal_add(&seal, &score, &err) == ASSAY_OK)
            break;
        ck_assert_int_eq(err.code, ASSAY_E_LIMIT);
        ck_assert_uint_eq(strlen(score.analysis), size);
    }
    /* the token, and the NUL, are all that is lost */
    ck_assert_uint_eq(strlen(score.analysis), sizeof score.analysis - 1);
    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_OK);
}
END_TEST

START_TEST(control_characters_are_not_sealed)
{
    (void)snprintf(score.analysis, sizeof score.analysis, "a\x1b[1m");
    ck_assert_int_eq(assay__seal_add(&seal, &score, &err), ASSAY_E_INVAL);
}
END_TEST

/* A header of more than 998 bytes is folded by whoever sends it on. */
START_TEST(folding_does_not_break_a_seal)
{
    char folded[2 * ASSAY_SCORE_ANALYSIS_MAX];
    size_t len = 0;

    add();
    len += (size_t)snprintf(folded, sizeof folded, " ");
    for (const char *c = score.analysis; *c != '\0'; c++) {
        if (*c == ' ')
            len +=
                (size_t)snprintf(folded + len, sizeof folded - len, "\r\n\t ");
        else
            folded[len++] = *c;
    }
    len += (size_t)snprintf(folded + len, sizeof folded - len, "\r\n");
    ck_assert_msg(open_text(folded, len) == ASSAY_OK, "%s", err.msg);
    expect_the_same();
}
END_TEST

/* So that folding, which changes runs of blanks, has nothing to change. */
START_TEST(a_run_of_blanks_is_sealed_as_one)
{
    (void)snprintf(score.analysis, sizeof score.analysis, "  v=1   a  b ");
    add();
    ck_assert_msg(!strncmp(score.analysis, "v=1 a b assay=1;", 16), "%s",
                  score.analysis);
}
END_TEST

START_TEST(a_text_cut_anywhere_is_refused)
{
    size_t len;

    add();
    len = strlen(score.analysis);
    for (size_t size = 0; size < len; size++) {
        char *cut = malloc(size + 1); /* its end is a bound for ASan */

        memcpy(cut, score.analysis, size);
        ck_assert_msg(open_text(cut, size) == ASSAY_E_INVAL, "%zu bytes", size);
        free(cut);
    }
    for (size_t from = 1; from < len; from++)
        ck_assert_msg(open_text(score.analysis + from, len - from) ==
                          ASSAY_E_INVAL,
                      "from byte %zu", from);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
    unsigned char *bytes = (unsigned char *)score.analysis;
    size_t len;

    add();
    len = strlen(score.analysis);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= 1U << bit % 8;
        ck_assert_msg(open_text(score.analysis, len) == ASSAY_E_INVAL,
                      "bit %zu: %s", bit, score.analysis);
        bytes[bit / 8] ^= 1U << bit % 8;
    }
    ck_assert_int_eq(open_text(score.analysis, len), ASSAY_OK);
}
END_TEST

START_TEST(nothing_may_stand_behind_or_between)
{
    static const char *const more[] = {"0", " x", ";", "%00", " assay=1;"};
    char longer[ASSAY_SCORE_ANALYSIS_MAX + 16];
    size_t len;

    add();
    len = strlen(score.analysis);
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        (void)snprintf(longer, sizeof longer, "%s%s", score.analysis, more[i]);
        ck_assert_int_eq(open_text(longer, strlen(longer)), ASSAY_E_INVAL);
    }
    for (size_t at = 0; at <= len; at++) { /* a NUL at each place */
        memcpy(longer, score.analysis, at);
        longer[at] = '\0';
        memcpy(longer + at + 1, score.analysis + at, len - at);
        ck_assert_int_eq(open_text(longer, len + 1), ASSAY_E_INVAL);
    }
}
END_TEST

START_TEST(another_secret_is_another_seal)
{
    add();
    assay__seal_fini(&seal);
    ck_assert_int_eq(assay__seal_init(&seal, SECRET "2", &err), ASSAY_OK);
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "the seal of the analysis is not good");
    assay__seal_fini(&seal);
    ck_assert_int_eq(assay__seal_init(&seal, SECRET, &err), ASSAY_OK);
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_OK);
}
END_TEST

START_TEST(without_a_secret_each_instance_has_its_own)
{
    ck_assert_int_eq(assay__seal_init(&seal, NULL, &err), ASSAY_OK);
    add();
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_OK);
    ck_assert_int_eq(assay__seal_init(&seal, NULL, &err), ASSAY_OK);
    ck_assert_int_eq(open_text(score.analysis, strlen(score.analysis)),
                     ASSAY_E_INVAL);
}
END_TEST

/* Put the MAC of a text behind it. */
static void sign(char *text, size_t size)
{
    unsigned char sum[32];
    size_t sum_len = 0, len = strlen(text);

    ck_assert(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, seal.key,
                        sizeof seal.key, (unsigned char *)text, len, sum,
                        sizeof sum, &sum_len) != NULL);
    for (size_t i = 0; i < sum_len; i++)
        len += (size_t)snprintf(text + len, size - len, "%02x", sum[i]);
}

/* Other texts that our key has signed are of no use as a token. */
START_TEST(a_good_seal_over_something_else_is_refused)
{
    static const char *const forged[] = {
        "x assay=1;s=4057700000000000;f=1;c=;d=;u=;v=;x=;m=",
        "x assay=1;s=7ff0000000000000;f=0;c=;d=;u=;v=;m=", /* infinite */
        "x assay=1;s=7ff8000000000000;f=0;c=;d=;u=;v=;m=", /* not a number */
        "x assay=1;s=4059100000000000;f=0;c=;d=;u=;v=;m=", /* 100.25 */
        "x assay=1;s=4057700000000000;f=2;c=;d=;u=;v=;m=",
        "x assay=1;s=4057700000000000;f=0;c=a%0ab;d=;u=;v=;m=",
        "x assay=1;s=4057700000000000;f=0;c=a%0;d=;u=;v=;m=",
        "x assay=1;s=4057700000000000;f=0;c=a\"b;d=;u=;v=;m=",
        "x assay=1;s=4057700000000000;f=0;c=no;d=*;u=;v=;m=",
        "x assay=1;s=40577000;f=0;c=;d=;u=;v=;m=",
        "x assay=2;s=4057700000000000;f=0;c=;d=;u=;v=;m=",
        "x",
        "",
    };

    for (size_t i = 0; i < COUNT_OF(forged); i++) {
        char text[512];

        (void)snprintf(text, sizeof text, "%s", forged[i]);
        sign(text, sizeof text);
        ck_assert_msg(open_text(text, strlen(text)) == ASSAY_E_INVAL, "%s",
                      forged[i]);
        ck_assert_str_ne(err.msg, "the seal of the analysis is not good");
    }
}
END_TEST

START_TEST(a_megabyte_is_refused_at_once)
{
    static const char *const units[] = {" ",         "a",      "assay=1;",
                                        " assay=1;", "\r\n\t", "\xff"};
    size_t len = 1 << 20;
    char *text = malloc(len);

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        for (size_t at = 0; at < len; at++)
            text[at] = units[i][at % strlen(units[i])];
        ck_assert_int_eq(open_text(text, len), ASSAY_E_INVAL);
        ck_assert_int_eq(open_text(text, 60000), ASSAY_E_INVAL);
        ck_assert_int_eq(open_text(text, 16000), ASSAY_E_INVAL);
    }
    free(text);
}
END_TEST

START_TEST(secrets_have_a_length)
{
    char secret[ASSAY__SEAL_SECRET_MAX + 2];

    fill(secret, sizeof secret);
    ck_assert_int_eq(assay__seal_check_secret(secret, &err), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg,
                     "a secret has 16 to 1024 bytes, this one has 1025");
    ck_assert_int_eq(assay__seal_check_secret(secret + 1, &err), ASSAY_OK);
    ck_assert_int_eq(assay__seal_check_secret("fifteen letters", &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay__seal_init(&seal, "short", &err), ASSAY_E_INVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark_seal");
    TCase *tc = tcase_create("seal");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_was_sealed_is_read_again);
    tcase_add_loop_test(tc, all_values_come_back, 0, (int)COUNT_OF(values));
    tcase_add_test(tc, the_longest_texts_have_room);
    tcase_add_test(tc, an_analysis_without_room_is_a_limit);
    tcase_add_test(tc, control_characters_are_not_sealed);
    tcase_add_test(tc, folding_does_not_break_a_seal);
    tcase_add_test(tc, a_run_of_blanks_is_sealed_as_one);
    tcase_add_test(tc, a_text_cut_anywhere_is_refused);
    tcase_add_test(tc, every_flipped_bit_is_noticed);
    tcase_add_test(tc, nothing_may_stand_behind_or_between);
    tcase_add_test(tc, another_secret_is_another_seal);
    tcase_add_test(tc, without_a_secret_each_instance_has_its_own);
    tcase_add_test(tc, a_good_seal_over_something_else_is_refused);
    tcase_add_test(tc, a_megabyte_is_refused_at_once);
    tcase_add_test(tc, secrets_have_a_length);
    return check_run(suite);
}
