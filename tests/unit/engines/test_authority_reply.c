/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Replies of an Authority service; the long list of absurd ones is in
 * tests/conformance/test_authority.py. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority_reply.h"
#include "check_run.h"
#include "seal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct assay__authority_keys no_keys,
    keys = {.category = "c",
            .category_desc = "cd",
            .sub_category = "s",
            .sub_category_desc = "sd",
            .rescan = "r"};
static assay_score score;
static assay_error err;

static void setup(void)
{
    memset(&score, 0, sizeof score);
    err = (assay_error){0};
}

/* From a block of its own, so that sanitizers see its end. */
static assay_rc parse(const char *text, const struct assay__authority_keys *k)
{
    size_t size = strlen(text);
    char *data = malloc(size + 1);
    assay_rc rc;

    ck_assert_ptr_nonnull(data);
    memcpy(data, text, size);
    rc = assay__authority_reply_parse(data, size, k, &score, &err);
    free(data);
    return rc;
}

START_TEST(all_members_are_taken)
{
    ck_assert_msg(
        parse(
            "{\"score\": 99.5, \"analysis\": \"v=2 \\u00e9\", \"x\": [],"
            "\"appendHeaders\": [{\"headerField\": \"X-A\", \"body\": \"b\"}],"
            "\"c\": 7, \"cd\": \"D\", \"s\": \"S\", \"sd\": \"T\","
            "\"r\": true}",
            &keys) == ASSAY_OK,
        "%s", err.msg);
    ck_assert_double_eq(score.score, 99.5);
    ck_assert_str_eq(score.analysis, "v=2 \xc3\xa9");
    ck_assert_uint_eq(score.header_count, 1);
    ck_assert_str_eq(score.headers[0].name, "X-A");
    ck_assert_str_eq(score.headers[0].value, "b");
    ck_assert_str_eq(score.category, "7");
    ck_assert_str_eq(score.category_desc, "D");
    ck_assert_str_eq(score.sub_category, "S");
    ck_assert_str_eq(score.sub_category_desc, "T");
    ck_assert(score.rescan);
}
END_TEST

START_TEST(members_without_a_key_are_not_looked_at)
{
    ck_assert_int_eq(parse("{\"score\": 1, \"c\": [], \"r\": {}}", &no_keys),
                     ASSAY_OK);
    ck_assert_str_eq(score.category, "");
    ck_assert(!score.rescan);
}
END_TEST

static const struct {
    const char *text, *want;
} wrong[] = {
    {"", "not JSON"},
    {"{\"score\": 1}x", "not JSON"},
    {"{\"score\": 1, \"score\": 1}", "not JSON"},
    {"{\"score\": 1e999}", "not JSON"},
    {"{\"score\": NaN}", "not JSON"},
    {"[]", "not an object"},
    {"{}", "no 'score'"},
    {"{\"score\": \"1\"}", "'score' is not a number"},
    {"{\"score\": false}", "'score' is not a number"},
    {"{\"score\": -1}", "from 0 to 100"},
    {"{\"score\": 100.5}", "from 0 to 100"},
    {"{\"score\": 1, \"analysis\": 2}", "'analysis' is not a text"},
    {"{\"score\": 1, \"analysis\": \"a\\r\\nb\"}", "control character"},
    {"{\"score\": 1, \"analysis\": \"a\\u0000b\"}", "not JSON"},
    {"{\"score\": 1, \"analysis\": \"\\u009f\"}", "control character"},
    {"{\"score\": 1, \"appendHeaders\": {}}", "not a list"},
    {"{\"score\": 1, \"appendHeaders\": [1]}", "not an object"},
    {"{\"score\": 1, \"appendHeaders\": [{\"headerField\": \"a b\","
     "\"body\": \"\"}]}",
     "not the name of a header field"},
    {"{\"score\": 1, \"appendHeaders\": [{\"headerField\": \"X\","
     "\"body\": \"a\\nb\"}]}",
     "'body' has a control character"},
    {"{\"score\": 1, \"c\": true}", "'c' is not a text"},
    {"{\"score\": 1, \"r\": 2}", "'r' is neither true nor false"},
    {"{\"score\": 1, \"r\": \"yes\"}", "'r' is neither true nor false"},
};

START_TEST(wrong_replies_are_errors)
{
    assay_rc rc = parse(wrong[_i].text, &keys);

    ck_assert_msg(rc == ASSAY_E_IO, "case %d: %d", _i, (int)rc);
    ck_assert_msg(strstr(err.msg, wrong[_i].want) != NULL,
                  "case %d: got %s, want %s", _i, err.msg, wrong[_i].want);
}
END_TEST

static assay_rc parse_analysis(size_t len)
{
    char *text = malloc(len + 64);
    int head;
    assay_rc rc;

    ck_assert_ptr_nonnull(text);
    head = snprintf(text, 64, "{\"score\": 1, \"analysis\": \"");
    memset(text + head, 'a', len);
    memcpy(text + head + len, "\"}", 3);
    rc = parse(text, &no_keys);
    free(text);
    return rc;
}

START_TEST(an_analysis_leaves_room_for_the_seal)
{
    size_t most = ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM;

    ck_assert_int_eq(parse_analysis(most), ASSAY_OK);
    ck_assert_uint_eq(strlen(score.analysis), most);
    ck_assert_int_eq(parse_analysis(most + 1), ASSAY_E_IO);
}
END_TEST

static const struct {
    const char *text;
    int64_t want; /* 0: an error */
} sizes[] = {
    {"{\"maxMessageSize\": 1}", 1},
    {"{\"maxMessageSize\": 9223372036854775807}", INT64_MAX},
    {"{\"maxMessageSize\": 9223372036854775808}", 0},
    {"{\"maxMessageSize\": 0}", 0},
    {"{\"maxMessageSize\": -5}", 0},
    {"{\"maxMessageSize\": 1.5}", 0},
    {"{\"maxMessageSize\": \"5\"}", 0},
    {"{\"maxMessageSize\": true}", 0},
    {"{}", 0},
    {"5", 0},
    {"<html>", 0},
};

START_TEST(sizes_are_whole_numbers_above_0)
{
    int64_t bytes = -7;
    assay_rc rc = assay__authority_size_parse(
        sizes[_i].text, strlen(sizes[_i].text), &bytes, &err);

    ck_assert_msg(rc == (sizes[_i].want ? ASSAY_OK : ASSAY_E_IO), "case %d",
                  _i);
    ck_assert_int_eq(bytes, sizes[_i].want ? sizes[_i].want : -7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("authority_reply");
    TCase *tcase = tcase_create("authority_reply");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, all_members_are_taken);
    tcase_add_test(tcase, members_without_a_key_are_not_looked_at);
    tcase_add_loop_test(tcase, wrong_replies_are_errors, 0, COUNT_OF(wrong));
    tcase_add_test(tcase, an_analysis_leaves_room_for_the_seal);
    tcase_add_loop_test(tcase, sizes_are_whole_numbers_above_0, 0,
                        COUNT_OF(sizes));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
