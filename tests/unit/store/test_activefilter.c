/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* CM-24 ... CM-26, CM-30 ... CM-32: what ActiveFilter tells, and when. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activefilter_kit.h"
#include "check_run.h"

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static assay_activefilter *filter;

static void setup(void)
{
    kit_setup();
    filter = NULL;
}

static void teardown(void)
{
    assay__activefilter_free(&filter);
    kit_teardown();
}

static void assert_registered(const char *id, double score)
{
    ck_assert_msg(kit_register(filter, id, score) == ASSAY_OK, "%s", err.msg);
}

/* CM-30, CM-32 */
START_TEST(registration_is_told_in_every_mode)
{
    static const struct {
        assay_activefilter_mode mode;
        const char *element;
    } cases[] = {
        {ASSAY_ACTIVEFILTER_DISCARD, "<mode name=\"discard\"/>"},
        {ASSAY_ACTIVEFILTER_KEEP, "<mode name=\"keep\"/>"},
        {ASSAY_ACTIVEFILTER_MOVEMSG,
         "<mode name=\"movemsg\" inbox=\"Inbox\" spam=\"Junk\" "
         "unread-only=\"yes\"/>"},
    };

    filter = kit_filter(cases[_i].mode);
    assert_registered("R1", 12.5);
    kit_take_with(TEXTS(cases[_i].element, "type=\"registration\"", "id=\"R1\"",
                        "revision=\"0\"", "threshold=\"80\"", "score=\"12.5\"",
                        "judgement=\"ham\"", "action=\"none\"",
                        "message-id=\"&lt;1@a.example", "queue-id=\"Q1\"",
                        "sender=\"alice@a.example\"",
                        "<recipient id=\"R1-0\" address=\"rcpt0@b.example\">",
                        "<data key=\"address\">rcpt0@b.example</data>"));
}
END_TEST

/* CM-24 ... CM-26, CM-31: every mode, both directions. */
START_TEST(change_is_told_as_the_mode_says)
{
    static const struct {
        assay_activefilter_mode mode;
        double first, then;
        const char *action; /* NULL: nothing is told */
    } cases[] = {
        {ASSAY_ACTIVEFILTER_DISCARD, 10, 90, "action=\"discard\""},
        {ASSAY_ACTIVEFILTER_DISCARD, 90, 10, NULL},
        {ASSAY_ACTIVEFILTER_KEEP, 10, 90, NULL},
        {ASSAY_ACTIVEFILTER_KEEP, 90, 10, NULL},
        {ASSAY_ACTIVEFILTER_MOVEMSG, 10, 90, "action=\"move-to-spam\""},
        {ASSAY_ACTIVEFILTER_MOVEMSG, 90, 10, "action=\"move-to-inbox\""},
        /* The threshold is 80, and it must be exceeded. */
        {ASSAY_ACTIVEFILTER_MOVEMSG, 10, 80, NULL},
        {ASSAY_ACTIVEFILTER_MOVEMSG, 10, 80.5, "action=\"move-to-spam\""},
        {ASSAY_ACTIVEFILTER_MOVEMSG, 80.000001, 80, "action=\"move-to-inbox\""},
        {ASSAY_ACTIVEFILTER_MOVEMSG, 10, 30, NULL},
        {ASSAY_ACTIVEFILTER_MOVEMSG, 90, 95, NULL},
    };
    const char *judgement =
        cases[_i].then > 80 ? "judgement=\"spam\"" : "judgement=\"ham\"";

    filter = kit_filter(cases[_i].mode);
    assert_registered("R1", cases[_i].first);
    free(kit_take(&(size_t){0}));
    kit_rejudge(filter, cases[_i].then);
    if (cases[_i].action)
        kit_take_with(TEXTS(cases[_i].action, judgement, "type=\"update\"",
                            "id=\"R1\"", "revision=\"1\"",
                            "previous-score=", "id=\"R1-0\""));
    kit_rejudge(filter, cases[_i].then); /* once is enough */
    ck_assert_uint_eq(kit_count("new"), 0);
    ck_assert_uint_eq(kit_count("tmp"), 0);
}
END_TEST

START_TEST(each_real_change_is_told_once)
{
    static const struct {
        double score;
        size_t mails;
    } steps[] = {{90, 1}, {95, 0}, {10, 1}, {20, 0}, {10, 0}, {81, 1}, {80, 1}};

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    free(kit_take(&(size_t){0}));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        kit_rejudge(filter, steps[i].score);
        ck_assert_uint_eq(kit_count("new"), steps[i].mails);
        if (steps[i].mails > 0)
            free(kit_take(&(size_t){0}));
    }
    ck_assert_int_eq(kit_sql("SELECT revision FROM entry"), 4);
}
END_TEST

/* What DISCARD does not tell it remembers, so that the next is a change. */
START_TEST(discard_remembers_what_it_does_not_tell)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_DISCARD);
    assert_registered("R1", 90);
    free(kit_take(&(size_t){0}));
    kit_rejudge(filter, 10);
    ck_assert_uint_eq(kit_count("new"), 0);
    kit_rejudge(filter, 90);
    kit_take_with(
        TEXTS("action=\"discard\"", "revision=\"1\"", "previous-score=\"10\""));
}
END_TEST

START_TEST(same_id_is_told_once)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    assert_registered("R1", 20);
    free(kit_take(&(size_t){0}));
    assert_registered("R1", 90);
    kit_take_with(TEXTS("type=\"update\"", "action=\"move-to-spam\""));
}
END_TEST

/* A registration is a score of the content of earlier ones as well; each has
 * its own threshold. */
START_TEST(registration_judges_others_by_their_threshold)
{
    assay_message *message = kit_message(KIT_BODY, 1);
    struct assay__activefilter_event event = {.id = "low",
                                              .message = message,
                                              .score = kit_score(20),
                                              .threshold = 30};

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_OK);
    free(kit_take(&(size_t){0}));
    assert_registered("high", 50); /* ham at 80, spam at 30 */
    ck_assert_uint_eq(kit_count("new"), 2);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry WHERE id = 'low' AND "
                             "is_spam AND revision = 1"),
                     1);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry WHERE id = 'high' AND "
                             "NOT is_spam AND revision = 0"),
                     1);
    assay_message_free(&message);
}
END_TEST

START_TEST(short_and_other_contents_are_not_linked)
{
    assay_message *other = kit_message(KIT_BODY "x", 1);
    assay_message *brief = kit_message("Hi\r\n", 1);
    struct assay__activefilter_event event = {.id = "brief",
                                              .message = brief,
                                              .score = kit_score(10),
                                              .threshold = 80};

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    free(kit_take(&(size_t){0}));
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_OK);
    free(kit_take(&(size_t){0}));
    assay__activefilter_rejudge(filter, other, kit_score(90));
    assay__activefilter_rejudge(filter, brief, kit_score(90));
    ck_assert_uint_eq(kit_count("new"), 0);
    assay_message_free(&other);
    assay_message_free(&brief);
}
END_TEST

START_TEST(judgements_outlive_a_restart)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    free(kit_take(&(size_t){0}));
    assay__activefilter_free(&filter);
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assay__activefilter_recover(filter);
    ck_assert_uint_eq(kit_count("new"), 0);
    kit_rejudge(filter, 90);
    kit_take_with(TEXTS("action=\"move-to-spam\""));
}
END_TEST

/* CM-36 */
START_TEST(a_thousand_recipients_are_one_mail)
{
    assay_message *message = kit_message(KIT_BODY, 1000);
    struct assay__activefilter_datum data[] = {
        {"rcpt999@b.example", "account", "last"},
        {"RCPT0@b.example", "account", "first"},
        {"nobody@b.example", "account", "none"},
        {"rcpt0@b.example", "plan", "gold"},
    };
    struct assay__activefilter_event event = {.id = "R1",
                                              .message = message,
                                              .score = kit_score(10),
                                              .threshold = 80,
                                              .data = data,
                                              .data_count = 4};
    static const struct {
        const char *expression, *want;
    } cases[] = {
        {"count(//af:recipient)", "1000"},
        {"count(//af:data)", "1001"},
        {"//af:recipient[1]/af:data[@key='account']", "first"},
        {"//af:recipient[1]/af:data[@key='plan']", "gold"},
        {"//af:recipient[@id='R1-999']/af:data", "last"},
        {"//af:recipient[@id='R1-500']/af:data[@key='address']",
         "rcpt500@b.example"},
    };
    size_t len;
    char *xml;

    filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_OK);
    xml = kit_take(&len);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = kit_xpath(xml, len, cases[i].expression);

        ck_assert_str_eq(got, cases[i].want);
        free(got);
    }
    free(xml);
    assay_message_free(&message);
}
END_TEST

START_TEST(too_much_to_keep_is_refused)
{
    assay_message *message = kit_message(KIT_BODY, 20000);
    struct assay__activefilter_event event = {.id = "R1",
                                              .message = message,
                                              .score = kit_score(10),
                                              .threshold = 80};

    filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_E_LIMIT);
    ck_assert_uint_eq(kit_count("new") + kit_count("tmp"), 0);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 0);
    assay_message_free(&message);
}
END_TEST

START_TEST(bad_events_are_refused)
{
    static const struct {
        const char *id;
        double threshold, score;
    } cases[] = {
        {"", 80, 10},          {"a\nb", 80, 10},       {"caf\xc3\xa9", 80, 10},
        {"R1", -1, 10},        {"R1", 100.5, 10},      {"R1", 80, -0.5},
        {"R1", 80, 1.0 / 0.0}, {"R1", 0.0 / 0.0, 100},
    };
    assay_message *message = kit_message(KIT_BODY, 1);
    struct assay__activefilter_event event = {.id = cases[_i].id,
                                              .message = message,
                                              .score =
                                                  kit_score(cases[_i].score),
                                              .threshold = cases[_i].threshold};

    filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_E_INVAL);
    ck_assert_uint_eq(kit_count("new"), 0);
    assay_message_free(&message);
}
END_TEST

START_TEST(longest_id_is_taken_and_a_longer_one_refused)
{
    char id[257];

    filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
    memset(id, 'i', sizeof id);
    id[256] = '\0';
    ck_assert_int_eq(kit_register(filter, id, 10), ASSAY_E_INVAL);
    id[255] = '\0';
    assert_registered(id, 10);
    free(kit_take(&(size_t){0}));
}
END_TEST

START_TEST(nothing_is_done_while_nothing_is_set)
{
    assay_message *message = kit_message(KIT_BODY, 1);

    filter = kit_new();
    ck_assert_int_eq(assay__activefilter_seal(filter, &err), ASSAY_OK);
    assay__activefilter_recover(filter);
    assay__activefilter_rejudge(filter, message, kit_score(90));
    ck_assert_int_eq(kit_register(filter, "R1", 90), ASSAY_E_STATE);
    ck_assert_int_ne(access(kit.state, F_OK), 0);
    assay_message_free(&message);
}
END_TEST

/* ---- the mailbox fails ------------------------------------------------- */

/* A file where a folder should be stops anybody, root as well. */
static void block(const char *name)
{
    char path[PATH_MAX + 32], aside[PATH_MAX + 32];

    (void)snprintf(path, sizeof path, "%s/%s", kit.box, name);
    (void)snprintf(aside, sizeof aside, "%s/%s.aside", kit.box, name);
    ck_assert_int_eq(rename(path, aside), 0);
    ck_assert_int_eq(mknod(path, S_IFREG | 0600, 0), 0);
}

static void unblock(const char *name)
{
    char path[PATH_MAX + 32], aside[PATH_MAX + 32];

    (void)snprintf(path, sizeof path, "%s/%s", kit.box, name);
    (void)snprintf(aside, sizeof aside, "%s/%s.aside", kit.box, name);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rename(aside, path), 0);
}

START_TEST(registration_that_cannot_be_told_is_none)
{
    static const char *const folders[] = {"tmp", "new"};

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R0", 10);
    free(kit_take(&(size_t){0}));
    block(folders[_i]);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 1);
    unblock(folders[_i]);
    ck_assert_uint_eq(kit_count("tmp"), 0);
    assert_registered("R1", 10);
    free(kit_take(&(size_t){0}));
}
END_TEST

START_TEST(update_that_cannot_be_told_is_tried_again)
{
    static const char *const folders[] = {"tmp", "new"};

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    free(kit_take(&(size_t){0}));
    block(folders[_i]);
    kit_rejudge(filter, 90);
    ck_assert_ptr_nonnull(strstr(kit.logged, "warn: activefilter.not-told"));
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry WHERE NOT is_spam AND "
                             "revision = 0 AND pending IS NULL"),
                     1);
    unblock(folders[_i]);
    kit_rejudge(filter, 90);
    kit_take_with(TEXTS("action=\"move-to-spam\"", "revision=\"1\""));
}
END_TEST

START_TEST(mailbox_removed_while_running_is_made_anew)
{
    char command[PATH_MAX + 32];

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    (void)snprintf(command, sizeof command, "rm -r '%s/msi.local'", kit.base);
    ck_assert_int_eq(system(command), 0);
    assert_registered("R2", 10);
    free(kit_take(&(size_t){0}));
    (void)snprintf(command, sizeof command, "rm -r '%s'", kit.base);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(kit_register(filter, "R3", 10), ASSAY_E_IO);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 2);
    ck_assert_int_eq(mkdir(kit.base, 0700), 0);
    assert_registered("R3", 10);
    free(kit_take(&(size_t){0}));
}
END_TEST

/* ---- threads ----------------------------------------------------------- */

enum { ROUNDS = 40 };

static void *register_many(void *arg)
{
    static _Atomic unsigned next;
    assay_message *message = kit_message(KIT_BODY, 1);
    _Atomic unsigned *failures = arg;
    char id[32];

    for (int i = 0; i < ROUNDS; i++) {
        struct assay__activefilter_event event = {.id = id,
                                                  .message = message,
                                                  .score = kit_score(10),
                                                  .threshold = 80};

        /* Two threads share each id. */
        (void)snprintf(id, sizeof id, "T%u", atomic_fetch_add(&next, 1U) / 2);
        if (assay__activefilter_register(filter, &event, NULL) != ASSAY_OK)
            atomic_fetch_add(failures, 1U);
    }
    assay_message_free(&message);
    return NULL;
}

static void *rejudge_many(void *arg)
{
    assay_message *message = kit_message(KIT_BODY, 1);

    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        assay__activefilter_rejudge(filter, message, kit_score(10));
    assay_message_free(&message);
    return NULL;
}

START_TEST(threads_tell_each_registration_once)
{
    _Atomic unsigned failures = 0;
    pthread_t threads[4];

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL,
                                        i < 2 ? register_many : rejudge_many,
                                        &failures),
                         0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_msg(atomic_load(&failures) == 0, "%s", kit.logged);
    ck_assert_uint_eq(kit_count("new"), ROUNDS);
    ck_assert_uint_eq(kit_count("tmp"), 0);
    ck_assert_int_eq(
        kit_sql("SELECT count(*) FROM entry WHERE pending IS NULL"), ROUNDS);
}
END_TEST

/* The mode is the same for all, so the direction alternates between rounds;
 * in each, two threads see the same change. */
static void *rejudge_spam(void *arg)
{
    assay_message *message = kit_message(KIT_BODY, 1);

    assay__activefilter_rejudge(filter, message, kit_score(*(double *)arg));
    assay_message_free(&message);
    return NULL;
}

START_TEST(threads_tell_each_change_once)
{
    pthread_t threads[2];

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    assert_registered("R2", 10);
    for (size_t round = 1; round <= 10; round++) {
        double score = round % 2 ? 90 : 10;

        for (size_t i = 0; i < 2; i++)
            ck_assert_int_eq(
                pthread_create(&threads[i], NULL, rejudge_spam, &score), 0);
        for (size_t i = 0; i < 2; i++)
            ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(kit_count("new"), 2 + 2 * round);
    }
    ck_assert_uint_eq(kit_count("tmp"), 0);
    ck_assert_str_eq(kit.logged, "");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter");
    TCase *telling = tcase_create("telling");
    TCase *trouble = tcase_create("trouble");
    TCase *threads = tcase_create("threads");

    tcase_add_checked_fixture(telling, setup, teardown);
    tcase_set_timeout(telling, 60);
    tcase_add_loop_test(telling, registration_is_told_in_every_mode, 0, 3);
    tcase_add_loop_test(telling, change_is_told_as_the_mode_says, 0, 11);
    tcase_add_test(telling, each_real_change_is_told_once);
    tcase_add_test(telling, discard_remembers_what_it_does_not_tell);
    tcase_add_test(telling, same_id_is_told_once);
    tcase_add_test(telling, registration_judges_others_by_their_threshold);
    tcase_add_test(telling, short_and_other_contents_are_not_linked);
    tcase_add_test(telling, judgements_outlive_a_restart);
    tcase_add_test(telling, a_thousand_recipients_are_one_mail);
    tcase_add_test(telling, too_much_to_keep_is_refused);
    tcase_add_loop_test(telling, bad_events_are_refused, 0, 8);
    tcase_add_test(telling, longest_id_is_taken_and_a_longer_one_refused);
    tcase_add_test(telling, nothing_is_done_while_nothing_is_set);
    suite_add_tcase(suite, telling);
    tcase_add_checked_fixture(trouble, setup, teardown);
    tcase_add_loop_test(trouble, registration_that_cannot_be_told_is_none, 0,
                        2);
    tcase_add_loop_test(trouble, update_that_cannot_be_told_is_tried_again, 0,
                        2);
    tcase_add_test(trouble, mailbox_removed_while_running_is_made_anew);
    suite_add_tcase(suite, trouble);
    tcase_add_checked_fixture(threads, setup, teardown);
    tcase_set_timeout(threads, 60);
    tcase_add_test(threads, threads_tell_each_registration_once);
    tcase_add_test(threads, threads_tell_each_change_once);
    suite_add_tcase(suite, threads);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
