/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Answers of the scan socket: what is one, what never can be.
 */
#include "answer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

static struct assay__exim_answer answer;
static struct assay__exim_reason why;

static void setup(void)
{
    memset(&answer, 0, sizeof answer);
    answer.bytes.limit = ASSAY__EXIM_ANSWER_MAX;
    why.text[0] = '\0';
}

static void teardown(void)
{
    assay__exim_answer_clear(&answer);
}

static void add(const char *text)
{
    assay__exim_buffer_add_text(&answer.bytes, text);
}

START_TEST(lines_are_decoded)
{
    size_t at = 0;

    add("assay/1 ok\naction=continue\nmess.a=b=c\nedit=append X%3a 1%0d%0A "
        "2\nstored=b@example.net\nstored=c@example.net\ninfo=\nend\n");
    ck_assert(assay__exim_answer_parse(&answer, &why));
    ck_assert_str_eq(assay__exim_answer_get(&answer, "action"), "continue");
    ck_assert_str_eq(assay__exim_answer_get(&answer, "mess.a"), "b=c");
    ck_assert_str_eq(assay__exim_answer_get(&answer, "edit"),
                     "append X: 1\r\n 2");
    ck_assert_str_eq(assay__exim_answer_get(&answer, "info"), "");
    ck_assert_ptr_null(assay__exim_answer_get(&answer, "scope"));
    ck_assert_str_eq(assay__exim_answer_next(&answer, "stored", &at),
                     "b@example.net");
    ck_assert_str_eq(assay__exim_answer_next(&answer, "stored", &at),
                     "c@example.net");
    ck_assert_ptr_null(assay__exim_answer_next(&answer, "stored", &at));
}
END_TEST

START_TEST(keys_are_decoded)
{
    add("assay/1 ok\nmess.a%3Db%25=c\nend\n");
    ck_assert(assay__exim_answer_parse(&answer, &why));
    ck_assert_str_eq(assay__exim_answer_get(&answer, "mess.a=b%"), "c");
}
END_TEST

START_TEST(refused_recipient_is_cut_before_it_is_decoded)
{
    const struct assay__exim_line *line;
    size_t at = 0;

    add("assay/1 ok\nrefused=\"a%20b\"@example.net 550 5.1.1 no%25\nend\n");
    ck_assert(assay__exim_answer_parse(&answer, &why));
    line = assay__exim_answer_next_line(&answer, "refused", &at);
    ck_assert_ptr_nonnull(line);
    ck_assert_str_eq(line->value, "\"a b\"@example.net");
    ck_assert_str_eq(line->reply, "550 5.1.1 no%");
    ck_assert_ptr_null(assay__exim_answer_next_line(&answer, "refused", &at));
}
END_TEST

static const struct {
    const char *text;
    const char *want;
} refused[] = {
    {"assay/1 error out of%20memory\nend\n", "assayd says: out of memory"},
    {"assay/1 error a%0Ab\nend\n", "assayd says: a?b"},
    {"assay/2 ok\nend\n", "assayd's answer begins with \"assay/2 ok\""},
    {"assay/1 okay\nend\n", "assayd's answer begins with \"assay/1 okay\""},
    {"PONG\nend\n", "assayd's answer begins with \"PONG\""},
    {"end\n", "assayd's answer cannot be read"},
    {"assay/1 ok\naction\nend\n", "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\na=b\n=c\nend\n", "line 3 of assayd's answer cannot be read"},
    {"assay/1 ok\na=%\nend\n", "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\na=%4\nend\n", "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\na=%zz\nend\n", "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\na=x%00y\nend\n", "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\n%4=b\nend\n", "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\nrefused=b@x\nend\n",
     "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\nrefused=b@x 550 %\nend\n",
     "line 2 of assayd's answer cannot be read"},
    {"assay/1 ok\n\nend\n", "line 2 of assayd's answer cannot be read"},
};

START_TEST(nonsense_is_refused)
{
    add(refused[_i].text);
    ck_assert_msg(!assay__exim_answer_parse(&answer, &why), "%s",
                  refused[_i].text);
    ck_assert_str_eq(why.text, refused[_i].want);
}
END_TEST

START_TEST(nul_is_refused)
{
    static const char text[] = "assay/1 ok\naction=continue\0x\nend\n";

    assay__exim_buffer_add(&answer.bytes, text, sizeof text - 1);
    ck_assert(!assay__exim_answer_parse(&answer, &why));
}
END_TEST

START_TEST(answer_is_complete_at_its_end_only)
{
    static const char text[] = "assay/1 ok\nrend=end\nend=\nend\n";
    size_t scanned = 0;
    bool complete = true;

    for (size_t i = 0; i < sizeof text - 1; i++) {
        assay__exim_buffer_add(&answer.bytes, text + i, 1);
        ck_assert(
            assay__exim_answer_is_complete(&answer, &scanned, &complete, &why));
        ck_assert_msg(complete == (i + 2 == sizeof text), "byte %zu", i);
    }
    ck_assert(assay__exim_answer_parse(&answer, &why));
}
END_TEST

START_TEST(more_than_an_answer_is_refused)
{
    size_t scanned = 0;
    bool complete;

    add("assay/1 ok\nend\nassay");
    ck_assert(
        !assay__exim_answer_is_complete(&answer, &scanned, &complete, &why));
    ck_assert_str_eq(why.text, "assayd sent more than an answer");
}
END_TEST

START_TEST(line_has_a_limit)
{
    size_t scanned = 0;
    bool complete;
    char piece[4096];

    memset(piece, 'x', sizeof piece);
    add("assay/1 ok\n");
    for (int i = 0; i < 16; i++) {
        assay__exim_buffer_add(&answer.bytes, piece, sizeof piece);
        ck_assert(
            assay__exim_answer_is_complete(&answer, &scanned, &complete, &why));
    }
    add("x");
    ck_assert(
        !assay__exim_answer_is_complete(&answer, &scanned, &complete, &why));
    ck_assert_str_eq(why.text, "assayd's answer has a line over 65536 bytes");
}
END_TEST

START_TEST(lines_have_a_limit)
{
    add("assay/1 ok\n");
    for (int i = 0; i < ASSAY__EXIM_ANSWER_LINES_MAX; i++)
        add("a=\n");
    add("end\n");
    ck_assert(!assay__exim_answer_parse(&answer, &why));
    ck_assert_str_eq(why.text, "assayd's answer is over 100200 lines");
}
END_TEST

START_TEST(bytes_have_a_limit)
{
    answer.bytes.limit = 10;
    add("0123456789");
    ck_assert(!answer.bytes.failed);
    add("x");
    ck_assert(answer.bytes.failed);
    ck_assert_uint_eq(answer.bytes.length, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim answer");
    TCase *tcase = tcase_create("answer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, lines_are_decoded);
    tcase_add_test(tcase, keys_are_decoded);
    tcase_add_test(tcase, refused_recipient_is_cut_before_it_is_decoded);
    tcase_add_loop_test(tcase, nonsense_is_refused, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, nul_is_refused);
    tcase_add_test(tcase, answer_is_complete_at_its_end_only);
    tcase_add_test(tcase, more_than_an_answer_is_refused);
    tcase_add_test(tcase, line_has_a_limit);
    tcase_add_test(tcase, lines_have_a_limit);
    tcase_add_test(tcase, bytes_have_a_limit);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
