/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What spamd says: only a complete reply that says a score is a score.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "spamd_reply.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define STATUS "SPAMD/1.1 0 EX_OK\r\n"
#define LENGTH "Content-length: 7\r\n"
#define SPAM "Spam: True ; 15.0 / 5.0\r\n"
#define BODY "\r\nGTUBE\r\n"
#define GOOD STATUS LENGTH SPAM BODY

static struct assay__spamd_reply reply;
static assay_error err;

/* In memory of its own, whose end is a bound for ASan. */
static assay_rc parse(const char *data, size_t len)
{
    char *copy = malloc(len + 1);
    assay_rc rc;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, len);
    rc = assay__spamd_reply_parse(copy, len, &reply, &err);
    free(copy);
    return rc;
}

START_TEST(a_whole_reply_is_read)
{
    static const char good[] = GOOD;

    ck_assert_msg(assay__spamd_reply_parse(good, strlen(good), &reply, &err) ==
                      ASSAY_OK,
                  "%s", err.msg);
    ck_assert(reply.is_spam);
    ck_assert_double_eq(reply.points, 15);
    ck_assert_double_eq(reply.threshold, 5);
    ck_assert_uint_eq(reply.symbols_len, 7);
    ck_assert(memcmp(reply.symbols, "GTUBE\r\n", 7) == 0);
}
END_TEST

/* Spellings that are in use. */
static const struct {
    const char *reply;
    bool is_spam;
    double points, threshold;
} spellings[] = {
    {STATUS LENGTH "Spam: Yes ; 15.0 / 5.0\r\n" BODY, true, 15, 5},
    {STATUS LENGTH "Spam: yes;15/5\r\n" BODY, true, 15, 5},
    {STATUS LENGTH "Spam: No ; 1.25 / 5.0\r\n" BODY, false, 1.25, 5},
    {STATUS LENGTH "SPAM:False ;  -102.7  /  5.0 \r\n" BODY, false, -102.7, 5},
    {STATUS LENGTH "Spam:\tFALSE\t;\t-0.0\t/\t5\r\n" BODY, false, 0, 5},
    {STATUS LENGTH "Spam: False ; 5.0 / 5.0\r\n" BODY, false, 5, 5},
    {STATUS LENGTH "Spam: True ; 0.0 / -5.0\r\n" BODY, true, 0, -5},
    {STATUS "X-Unknown: x\r\n" SPAM "y:\r\n" LENGTH BODY, true, 15, 5},
    {STATUS "content-LENGTH:7 \r\n" SPAM BODY, true, 15, 5},
    {"SPAMD/1.5 0 EX_OK\r\n" LENGTH SPAM BODY, true, 15, 5},
    {"SPAMD/1.1 0\r\n" LENGTH SPAM BODY, true, 15, 5},
    {STATUS "Content-length: 0\r\n" SPAM "\r\n", true, 15, 5},
    {STATUS "Content-length: 5\r\n" SPAM "\r\nGTUBE", true, 15, 5},
    {STATUS LENGTH "Spam: True ; 999999999.999999 / 0.000001\r\n" BODY, true,
     999999999.999999, 0.000001},
};

START_TEST(spellings_are_understood)
{
    const char *text = spellings[_i].reply;

    ck_assert_msg(parse(text, strlen(text)) == ASSAY_OK, "%s: %s", text,
                  err.msg);
    ck_assert_int_eq(reply.is_spam, spellings[_i].is_spam);
    ck_assert_double_eq(reply.points, spellings[_i].points);
    ck_assert_double_eq(reply.threshold, spellings[_i].threshold);
}
END_TEST

static const struct {
    const char *reply;
    assay_rc want_rc;
    const char *want;
} wrong[] = {
    /* what spamd says instead */
    {"SPAMD/1.0 75 EX_TEMPFAIL\r\n", ASSAY_E_UNAVAILABLE,
     "it answers 75 EX_TEMPFAIL"},
    {"SPAMD/1.0 69 EX_UNAVAILABLE\r\n", ASSAY_E_UNAVAILABLE, "it answers 69"},
    {"SPAMD/1.0 71 EX_OSERR\r\n", ASSAY_E_UNAVAILABLE, "it answers 71"},
    {"SPAMD/1.0 79 Timeout: (30 second timeout)\r\n", ASSAY_E_UNAVAILABLE,
     "it answers 79 Timeout"},
    {"SPAMD/1.0 98 too big\r\n", ASSAY_E_LIMIT, "it answers 98 too big"},
    {"SPAMD/1.0 866 EX_TOOBIG\r\n", ASSAY_E_LIMIT, "it answers 866"},
    {"SPAMD/1.0 76 Bad header line: (\x1b[1m)\r\n", ASSAY_E_IO,
     "it answers 76 Bad header line: (?[1m)"},
    {"SPAMD/1.0 70 EX_SOFTWARE\r\n" LENGTH SPAM BODY, ASSAY_E_IO,
     "it answers 70"},
    {"SPAMD/1.0 1\r\n", ASSAY_E_IO, "it answers 1"},
    /* status lines that are none */
    {"SPAMD/1.1 0 EX_OK\n" LENGTH SPAM BODY, ASSAY_E_IO,
     "does not answer as"
     " spamd"},
    {"", ASSAY_E_UNAVAILABLE, "its answer is cut off"},
    {"\r\n", ASSAY_E_IO, "does not answer as spamd"},
    {"SPAMD/1.1 -1 EX_OK\r\n", ASSAY_E_IO, "its answer has no code"},
    {"SPAMD/1.1 0EX_OK\r\n", ASSAY_E_IO, "its answer has no code"},
    {"SPAMD/1.1 0000 EX_OK\r\n", ASSAY_E_IO, "its answer has no code"},
    {"SPAMD/1.1 EX_OK\r\n", ASSAY_E_IO, "its answer has no code"},
    {"SPAMD/1 0 EX_OK\r\n", ASSAY_E_IO, "does not answer as spamd"},
    {"SPAMD/x.y 0 EX_OK\r\n", ASSAY_E_IO, "does not answer as spamd"},
    {"spamd/1.1 0 EX_OK\r\n", ASSAY_E_IO, "does not answer as spamd"},
    {" " GOOD, ASSAY_E_IO, "does not answer as spamd"},
    {"HTTP/1.1 200 OK\r\n\r\n", ASSAY_E_IO, "does not answer as spamd"},
    /* headers */
    {STATUS LENGTH BODY, ASSAY_E_IO, "no line 'Spam:'"},
    {STATUS SPAM BODY, ASSAY_E_IO, "no line 'Content-length:'"},
    {STATUS LENGTH SPAM SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS LENGTH LENGTH SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS LENGTH "nonsense\r\n" SPAM BODY, ASSAY_E_IO, "a bad line: \"non"},
    {STATUS LENGTH ": x\r\n" SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS LENGTH "X: a\nb\r\n" SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS LENGTH " " SPAM BODY, ASSAY_E_IO, "no line 'Spam:'"},
    {STATUS "Content-length: -7\r\n" SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS "Content-length: 7x\r\n" SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS "Content-length:\r\n" SPAM BODY, ASSAY_E_IO, "a bad line"},
    {STATUS "Content-length: 18446744073709551623\r\n" SPAM BODY, ASSAY_E_IO,
     "a bad line"},
    /* lengths */
    {STATUS "Content-length: 6\r\n" SPAM BODY, ASSAY_E_IO,
     "longer than it says: 7 bytes, not 6"},
    {STATUS "Content-length: 0\r\n" SPAM BODY, ASSAY_E_IO, "longer than it"},
    {STATUS "Content-length: 8\r\n" SPAM BODY, ASSAY_E_UNAVAILABLE,
     "its answer is cut off"},
    /* contradictions */
    {STATUS LENGTH "Spam: True ; 4.9 / 5.0\r\n" BODY, ASSAY_E_IO,
     "contradicts itself: spam with 4.9 points of 5.0"},
    {STATUS LENGTH "Spam: False ; 5.1 / 5.0\r\n" BODY, ASSAY_E_IO,
     "contradicts itself: no spam with"},
};

START_TEST(what_is_no_score_is_an_error)
{
    const char *text = wrong[_i].reply;
    assay_rc rc = parse(text, strlen(text));

    ck_assert_msg(rc == wrong[_i].want_rc && strstr(err.msg, wrong[_i].want),
                  "%s: got %d \"%s\", want %d \"%s\"", text, rc, err.msg,
                  wrong[_i].want_rc, wrong[_i].want);
}
END_TEST

/* Values of Spam: that are no score. */
static const char *const garbage[] = {
    "",
    "True",
    "True ;",
    "True ; 15.0",
    "True ; 15.0 /",
    "True ; / 5.0",
    "True 15.0 / 5.0",
    "True ; 15.0 5.0",
    "True ; inf / 5.0",
    "True ; -inf / 5.0",
    "True ; 15.0 / inf",
    "True ; Infinity / 5.0",
    "True ; nan / 5.0",
    "True ; 1e3 / 5.0",
    "True ; 0x10 / 5.0",
    "True ; 15,0 / 5,0",
    "True ; 15. / 5.0",
    "True ; .5 / 0.1",
    "True ; +15.0 / 5.0",
    "True ; --15.0 / 5.0",
    "True ; - 15.0 / 5.0",
    "True ; 1234567890.0 / 5.0",
    "True ; 15.0000000 / 5.0",
    "True ; 15.0 / 5.0 / 5.0",
    "True ; 15.0 / 5.0 x",
    "Truely ; 15.0 / 5.0",
    "Maybe ; 15.0 / 5.0",
    "1 ; 15.0 / 5.0",
    "; 15.0 / 5.0",
    "True ; 15.0 / 5.0\r",
};

START_TEST(a_verdict_that_is_none_is_an_error)
{
    char text[512];

    (void)snprintf(text, sizeof text, STATUS LENGTH "Spam: %s\r\n" BODY,
                   garbage[_i]);
    ck_assert_msg(parse(text, strlen(text)) == ASSAY_E_IO, "%s", garbage[_i]);
    ck_assert_msg(strstr(err.msg, "its answer has a bad line") != NULL, "%s",
                  err.msg);
}
END_TEST

START_TEST(a_reply_cut_at_any_byte_is_no_score)
{
    static const char good[] = GOOD;

    for (size_t len = 0; len < strlen(good); len++)
        ck_assert_msg(parse(good, len) == ASSAY_E_UNAVAILABLE, "%zu bytes: %s",
                      len, err.msg);
}
END_TEST

START_TEST(a_byte_too_many_is_no_score)
{
    char text[sizeof GOOD + 1];

    for (int c = 0; c < 256; c++) {
        (void)snprintf(text, sizeof text, GOOD "x");
        text[sizeof GOOD - 1] = (char)c;
        ck_assert_msg(parse(text, sizeof GOOD) == ASSAY_E_IO, "byte %d", c);
    }
}
END_TEST

START_TEST(a_nul_in_the_head_is_an_error)
{
    static const char good[] = GOOD;
    size_t head = strlen(good) - strlen("GTUBE\r\n");
    char text[sizeof good];

    for (size_t at = 0; at < head; at++) {
        memcpy(text, good, sizeof good);
        text[at] = '\0';
        ck_assert_msg(parse(text, strlen(good)) != ASSAY_OK, "byte %zu", at);
    }
}
END_TEST

START_TEST(headers_are_bounded)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, STATUS LENGTH SPAM);

    for (int i = 2; i < ASSAY__SPAMD_HEADERS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "X: y\r\n");
    (void)snprintf(text + len, sizeof text - len, BODY);
    ck_assert_msg(parse(text, strlen(text)) == ASSAY_OK, "%s", err.msg);
    (void)snprintf(text + len, sizeof text - len, "X: y\r\n" BODY);
    ck_assert_int_eq(parse(text, strlen(text)), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "its answer has over 64 headers");
}
END_TEST

static const struct {
    const char *reply;
    assay_rc want_rc;
    const char *want;
} pongs[] = {
    {"SPAMD/1.5 0 PONG\r\n", ASSAY_OK, "SPAMD/1.5"},
    {"SPAMD/123.456 0 PONG\r\n", ASSAY_OK, "SPAMD/123.456"},
    {"SPAMD/1.5 0 PONG\r", ASSAY_E_UNAVAILABLE, "cut off"},
    {"SPAMD/1.5 0 PING\r\n", ASSAY_E_IO, "does not answer a ping: \"PING\""},
    {"SPAMD/1.5 0\r\n", ASSAY_E_IO, "does not answer a ping"},
    {"SPAMD/1.5 75 PONG\r\n", ASSAY_E_UNAVAILABLE, "it answers 75"},
    {"PONG\r\n", ASSAY_E_IO, "does not answer as spamd"},
};

START_TEST(a_pong_tells_the_version)
{
    char version[64] = "";
    assay_rc rc =
        assay__spamd_pong_parse(pongs[_i].reply, strlen(pongs[_i].reply),
                                version, sizeof version, &err);

    ck_assert_int_eq(rc, pongs[_i].want_rc);
    ck_assert_msg(strstr(rc == ASSAY_OK ? version : err.msg, pongs[_i].want) !=
                      NULL,
                  "%s: %s %s", pongs[_i].reply, version, err.msg);
    ck_assert((version[0] != '\0') == (rc == ASSAY_OK));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spamd_reply");
    TCase *tc = tcase_create("reply");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, a_whole_reply_is_read);
    tcase_add_loop_test(tc, spellings_are_understood, 0,
                        (int)COUNT_OF(spellings));
    tcase_add_loop_test(tc, what_is_no_score_is_an_error, 0,
                        (int)COUNT_OF(wrong));
    tcase_add_loop_test(tc, a_verdict_that_is_none_is_an_error, 0,
                        (int)COUNT_OF(garbage));
    tcase_add_test(tc, a_reply_cut_at_any_byte_is_no_score);
    tcase_add_test(tc, a_byte_too_many_is_no_score);
    tcase_add_test(tc, a_nul_in_the_head_is_an_error);
    tcase_add_test(tc, headers_are_bounded);
    tcase_add_loop_test(tc, a_pong_tells_the_version, 0, (int)COUNT_OF(pongs));
    return check_run(suite);
}
