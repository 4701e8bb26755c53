/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Which server is asked, left alone and tried again; on a clock of the test's
 * own but where calls are made. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "deadline.h"
#include "servers.h"

enum { START_MS = 1000000, LONG_MS = 600000 };

static struct assay__servers *servers;
static assay_error err;

static assay_rc parse(const char *text, char out[ASSAY__SERVER_TEXT_MAX],
                      assay_error *error)
{
    if (!strcmp(text, "bad"))
        return assay_error_set(error, ASSAY_E_INVAL, "'bad' is bad");
    (void)snprintf(out, ASSAY__SERVER_TEXT_MAX, "<%s>", text);
    return ASSAY_OK;
}

static void setup(void)
{
    static const char *const items[] = {"a", "b", "c", NULL};
    const assay_conf_list written = {items, 3};

    err = (assay_error){0};
    ck_assert_int_eq(
        assay__servers_new(&written, "usual", parse, &servers, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay__servers_free(&servers);
    ck_assert_ptr_null(servers);
}

/* The order in which one call asks, as far as the first `most`. */
static const char *order(int64_t now_ms, size_t most)
{
    static char text[8];
    struct assay__server_walk walk = {0};
    size_t len = 0;

    while (len < most) {
        size_t index = assay__servers_next(servers, &walk, now_ms);

        if (index == assay__servers_count(servers))
            break;
        text[len++] = (char)('a' + index);
    }
    text[len] = '\0';
    return text;
}

START_TEST(the_usual_one_stands_for_none)
{
    const assay_conf_list none = {NULL, 0};
    struct assay__servers *one = NULL;

    ck_assert_int_eq(assay__servers_new(&none, "usual", parse, &one, &err),
                     ASSAY_OK);
    ck_assert_uint_eq(assay__servers_count(one), 1);
    ck_assert_str_eq(assay__servers_text(one, 0), "<usual>");
    assay__servers_free(&one);
}
END_TEST

START_TEST(a_wrong_one_is_refused)
{
    static const char *const items[] = {"a", "bad", NULL};
    const assay_conf_list written = {items, 2};
    struct assay__servers *none = NULL;

    ck_assert_int_eq(assay__servers_new(&written, "usual", parse, &none, &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "'bad' is bad");
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(too_many_are_refused)
{
    const char *items[ASSAY__SERVERS_MAX + 1];
    assay_conf_list written = {items, ASSAY__SERVERS_MAX + 1};
    struct assay__servers *many = NULL;

    for (size_t i = 0; i < written.count; i++)
        items[i] = "a";
    ck_assert_int_eq(assay__servers_new(&written, "usual", parse, &many, &err),
                     ASSAY_E_LIMIT);
    written.count--;
    ck_assert_int_eq(assay__servers_new(&written, "usual", parse, &many, &err),
                     ASSAY_OK);
    assay__servers_free(&many);
}
END_TEST

START_TEST(all_are_asked_in_order_and_once)
{
    ck_assert_str_eq(order(START_MS, 7), "abc");
    ck_assert_str_eq(order(START_MS, 7), "abc");
}
END_TEST

START_TEST(one_that_failed_comes_last)
{
    assay__servers_failed(servers, 0, START_MS);
    ck_assert_str_eq(order(START_MS, 7), "bca");
    ck_assert_str_eq(order(START_MS + ASSAY__SERVER_BACKOFF_MS - 1, 7), "bca");
}
END_TEST

START_TEST(when_all_failed_all_are_asked_in_order)
{
    for (size_t i = 0; i < 3; i++)
        assay__servers_failed(servers, i, START_MS);
    ck_assert_str_eq(order(START_MS, 7), "abc");
}
END_TEST

START_TEST(one_call_finds_out_whether_it_is_back)
{
    int64_t later_ms = START_MS + ASSAY__SERVER_BACKOFF_MS;

    assay__servers_failed(servers, 0, START_MS);
    ck_assert_str_eq(order(later_ms, 1), "a");
    ck_assert_str_eq(order(later_ms, 1), "b"); /* the others do not wait */
    ck_assert_str_eq(order(later_ms + ASSAY__SERVER_BACKOFF_MS, 1), "a");
}
END_TEST

START_TEST(one_that_answers_is_the_first_again)
{
    assay__servers_failed(servers, 0, START_MS);
    assay__servers_answered(servers, 0);
    ck_assert_str_eq(order(START_MS, 7), "abc");
}
END_TEST

/* ---- calls -------------------------------------------------------------- */

struct play {
    const assay_rc *answers; /* of each server */
    char asked[8];
    int64_t begun_ms, until_ms[3]; /* of the call, and of the turn of each */
    size_t count;
};

static assay_rc ask(void *arg, const struct assay__server_turn *turn,
                    assay_error *error)
{
    struct play *play = arg;
    assay_rc rc = play->answers[turn->index];

    ck_assert_str_eq(turn->server, assay__servers_text(servers, turn->index));
    play->until_ms[turn->index] = turn->deadline_ms;
    play->asked[play->count++] = turn->server[1];
    return rc == ASSAY_OK ? rc : assay_error_set(error, rc, "%s", turn->server);
}

static assay_rc call(struct play *play, const assay_rc *answers)
{
    *play = (struct play){.answers = answers,
                          .begun_ms = assay__cloudmark_now_ms()};
    return assay__servers_ask(servers, play->begun_ms + LONG_MS, ask, play,
                              &err);
}

START_TEST(the_next_is_asked_when_one_fails)
{
    static const assay_rc answers[] = {ASSAY_E_UNAVAILABLE, ASSAY_E_TIMEOUT,
                                       ASSAY_OK};
    struct play play;

    ck_assert_int_eq(call(&play, answers), ASSAY_OK);
    ck_assert_str_eq(play.asked, "abc");
    ck_assert_int_eq(call(&play, answers), ASSAY_OK);
    ck_assert_str_eq(play.asked, "c");
}
END_TEST

START_TEST(an_answer_ends_the_call_whatever_it_is)
{
    static const assay_rc kinds[] = {ASSAY_E_IO, ASSAY_E_LIMIT, ASSAY_E_INVAL,
                                     ASSAY_E_NOTFOUND, ASSAY_E_NOMEM};
    struct play play;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const assay_rc answers[] = {kinds[i], ASSAY_OK, ASSAY_OK};

        ck_assert_int_eq(call(&play, answers), kinds[i]);
        ck_assert_str_eq(play.asked, "a");
        ck_assert_str_eq(err.msg, "<a>");
    }
}
END_TEST

START_TEST(the_last_failure_is_told)
{
    static const assay_rc answers[] = {ASSAY_E_TIMEOUT, ASSAY_E_TIMEOUT,
                                       ASSAY_E_UNAVAILABLE};
    struct play play;

    ck_assert_int_eq(call(&play, answers), ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(play.asked, "abc");
    ck_assert_str_eq(err.msg, "<c>");
}
END_TEST

/* One that never answers must leave time to those behind it. The clock is that
 * of the system: only how much is left over for others is looked at. */
START_TEST(a_turn_has_its_share_of_the_time)
{
    static const assay_rc answers[] = {ASSAY_E_TIMEOUT, ASSAY_E_TIMEOUT,
                                       ASSAY_E_TIMEOUT};
    struct play play;

    ck_assert_int_eq(call(&play, answers), ASSAY_E_TIMEOUT);
    ck_assert_str_eq(play.asked, "abc");
    ck_assert_int_ge(play.until_ms[0], play.begun_ms + LONG_MS / 3);
    ck_assert_int_lt(play.until_ms[0], play.begun_ms + LONG_MS / 2);
    ck_assert_int_ge(play.until_ms[1], play.begun_ms + LONG_MS / 2);
    ck_assert_int_lt(play.until_ms[1], play.begun_ms + LONG_MS);
    ck_assert_int_eq(play.until_ms[2], play.begun_ms + LONG_MS);
}
END_TEST

START_TEST(the_only_one_that_is_up_has_all_of_the_time)
{
    static const assay_rc answers[] = {ASSAY_E_TIMEOUT, ASSAY_E_TIMEOUT,
                                       ASSAY_E_TIMEOUT};
    struct play play;

    assay__servers_failed(servers, 0, assay__cloudmark_now_ms() + LONG_MS);
    assay__servers_failed(servers, 2, assay__cloudmark_now_ms() + LONG_MS);
    ck_assert_int_eq(call(&play, answers), ASSAY_E_TIMEOUT);
    ck_assert_int_eq(play.until_ms[1], play.begun_ms + LONG_MS);
    /* those that are down share what it did not use */
    ck_assert_str_eq(play.asked, "bac");
    ck_assert_int_lt(play.until_ms[0], play.begun_ms + LONG_MS);
    ck_assert_int_eq(play.until_ms[2], play.begun_ms + LONG_MS);
}
END_TEST

START_TEST(nobody_is_asked_after_the_deadline)
{
    struct play play = {0};

    ck_assert_int_eq(assay__servers_ask(servers, assay__cloudmark_now_ms(), ask,
                                        &play, &err),
                     ASSAY_E_TIMEOUT);
    ck_assert_uint_eq(play.count, 0);
    ck_assert_str_ne(err.msg, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark_servers");
    TCase *tcase = tcase_create("servers");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_usual_one_stands_for_none);
    tcase_add_test(tcase, a_wrong_one_is_refused);
    tcase_add_test(tcase, too_many_are_refused);
    tcase_add_test(tcase, all_are_asked_in_order_and_once);
    tcase_add_test(tcase, one_that_failed_comes_last);
    tcase_add_test(tcase, when_all_failed_all_are_asked_in_order);
    tcase_add_test(tcase, one_call_finds_out_whether_it_is_back);
    tcase_add_test(tcase, one_that_answers_is_the_first_again);
    tcase_add_test(tcase, the_next_is_asked_when_one_fails);
    tcase_add_test(tcase, an_answer_ends_the_call_whatever_it_is);
    tcase_add_test(tcase, the_last_failure_is_told);
    tcase_add_test(tcase, a_turn_has_its_share_of_the_time);
    tcase_add_test(tcase, the_only_one_that_is_up_has_all_of_the_time);
    tcase_add_test(tcase, nobody_is_asked_after_the_deadline);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
