/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* What ActiveFilter does when there is much of something: copies, changes,
 * threads, time. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "activefilter_kit.h"
#include "check_run.h"
#include "store/activefilter_state_db.h"

int64_t __real_assay__clock_ms(void);
int64_t __wrap_assay__clock_ms(void);
int __real_sqlite3_busy_timeout(sqlite3 *handle, int timeout_ms);
int __wrap_sqlite3_busy_timeout(sqlite3 *handle, int timeout_ms);

static _Atomic int64_t later_ms; /* how far the clock is ahead */
static _Atomic int64_t step_ms;  /* by which each look at it takes it there */
static _Atomic bool never_waits; /* for another writer */

int64_t __wrap_assay__clock_ms(void)
{
    return __real_assay__clock_ms() +
           atomic_fetch_add(&later_ms, atomic_load(&step_ms));
}

int __wrap_sqlite3_busy_timeout(sqlite3 *handle, int timeout_ms)
{
    return __real_sqlite3_busy_timeout(
        handle, atomic_load(&never_waits) ? 0 : timeout_ms);
}

static assay_activefilter *filter;

static void setup(void)
{
    kit_setup();
    filter = NULL;
    atomic_store(&later_ms, 0);
    atomic_store(&step_ms, 0);
    atomic_store(&never_waits, false);
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

/* ---- leftovers --------------------------------------------------------- */

static void put_old_in_tmp(const char *name)
{
    static const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[2 * PATH_MAX];
    int fd;

    (void)snprintf(path, sizeof path, "%s/tmp/%s", kit.box, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(futimens(fd, old), 0);
    ck_assert_int_eq(close(fd), 0);
}

START_TEST(leftovers_are_swept_every_hour)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
    assert_registered("R1", 10);
    put_old_in_tmp("1796022000.A00V000000R00.activefilter");
    put_old_in_tmp("1796022000.A00V000000R00.activefilter.M1P2_3.part");
    put_old_in_tmp("1796022000.M1P2_3.somebody");
    assert_registered("R2", 10);
    ck_assert_uint_eq(kit_count("tmp"), 3); /* not yet */
    atomic_store(&later_ms, 3600 * 1000);
    assert_registered("R3", 10);
    ck_assert_uint_eq(kit_count("tmp"), 1); /* that of somebody else */
}
END_TEST

/* ---- changes ----------------------------------------------------------- */

static size_t count_logged(const char *text)
{
    size_t count = 0;

    for (const char *at = kit.logged; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* Anybody may send a body again, so that it is scored otherwise. */
START_TEST(updates_of_a_registration_are_bounded)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    for (int i = 0; i < 40; i++)
        kit_rejudge(filter, i % 2 ? 10 : 90);
    ck_assert_uint_eq(kit_count("new"), 1 + 16);
    ck_assert_uint_eq(kit_count("tmp"), 0);
    ck_assert_uint_eq(
        count_logged("warn: activefilter.restless id=\"R1\" updates=16"), 1);
    ck_assert_uint_eq(count_logged("\n"), 1);
    assert_registered("R1", 90);
    ck_assert_uint_eq(kit_count("new"), 1 + 16);
    assert_registered("R2", 10); /* has a bound of its own */
    kit_rejudge(filter, 90);
    ck_assert_uint_eq(kit_count("new"), 1 + 16 + 2);
    ck_assert_uint_eq(count_logged("activefilter.restless"), 1);
}
END_TEST

START_TEST(one_score_has_little_time_for_others)
{
    enum { MANY = 20 };
    char id[16];
    size_t told;

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "R%d", i);
        assert_registered(id, 10);
    }
    atomic_store(&step_ms, 100); /* a slow disk */
    kit_rejudge(filter, 90);
    atomic_store(&step_ms, 0);
    told = kit_count("new") - MANY;
    ck_assert_uint_gt(told, 0);
    ck_assert_uint_lt(told, MANY);
    kit_rejudge(filter, 90); /* goes on */
    ck_assert_uint_eq(kit_count("new"), 2 * MANY);
    ck_assert_str_eq(kit.logged, "");
}
END_TEST

/* Of the only entry there is. */
static void make_copies(void)
{
    (void)kit_sql(
        "WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
        "number LIMIT 1000) INSERT INTO entry (id, created, fingerprint, "
        "threshold, score, is_spam, revision, details) SELECT 'copy' || i, "
        "created, fingerprint, threshold, score, is_spam, 0, details FROM "
        "entry, number");
}

START_TEST(what_nobody_is_told_of_is_noted_at_once)
{
    static const struct {
        assay_activefilter_mode mode;
        double first, then;
    } cases[] = {{ASSAY_ACTIVEFILTER_KEEP, 10, 90},
                 {ASSAY_ACTIVEFILTER_KEEP, 90, 10},
                 {ASSAY_ACTIVEFILTER_DISCARD, 90, 10}};

    filter = kit_filter(cases[_i].mode);
    assert_registered("R1", cases[_i].first);
    make_copies();
    kit_rejudge(filter, cases[_i].then);
    ck_assert_int_eq(kit_sql("SELECT sum(is_spam) FROM entry"),
                     cases[_i].then > 80 ? 1001 : 0);
    ck_assert_int_eq(
        kit_sql("SELECT count(*) FROM entry WHERE score IN (10, 90) AND "
                "(score = 90) = is_spam"),
        1001);
    ck_assert_uint_eq(kit_count("new"), 1);
}
END_TEST

/* ---- copies ------------------------------------------------------------ */

/* @param found  how often each of wanted stands in the plan */
static void explain(struct assay__activefilter_db *db,
                    enum assay__activefilter_sql which,
                    const char *const wanted[3], int found[3])
{
    sqlite3_stmt *statement = NULL, *plan = NULL;
    char text[4096];

    ck_assert_int_eq(assay__activefilter_db_begin(db, which, &statement, ""),
                     SQLITE_OK);
    (void)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s",
                   sqlite3_sql(statement));
    ck_assert_int_eq(sqlite3_prepare_v2(db->handle, text, -1, &plan, NULL),
                     SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(plan, 3);

        ck_assert_msg(!strstr(line, "SCAN entry"), "%s", line);
        ck_assert_msg(!strstr(line, "TEMP B-TREE"), "%s", line);
        for (size_t i = 0; i < 3; i++)
            found[i] += strstr(line, wanted[i]) != NULL;
    }
    (void)sqlite3_finalize(plan);
}

/* However many registrations there are of one content. */
START_TEST(changes_are_found_by_index)
{
    static const char *const wanted[3] = {
        "entry_content (fingerprint=? AND is_spam=? AND threshold<?)",
        "entry_content (fingerprint=? AND is_spam=? AND threshold>?)",
        "entry_content_pending (fingerprint=?)"};
    static const struct {
        enum assay__activefilter_sql which;
        int found[3];
    } cases[] = {{ASSAY__AF_CHANGED, {1, 1, 1}},
                 {ASSAY__AF_HAS_TO_SPAM, {1, 0, 0}},
                 {ASSAY__AF_HAS_TO_HAM, {0, 1, 0}},
                 {ASSAY__AF_NOTE_TO_SPAM, {1, 0, 0}},
                 {ASSAY__AF_NOTE_TO_HAM, {0, 1, 0}}};
    struct assay__activefilter_db *db = NULL;
    int found[3] = {0};

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(
        assay__activefilter_db_open(kit.state, false, &kit.log, &db, &err),
        ASSAY_OK);
    explain(db, cases[_i].which, wanted, found);
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(found[i] == cases[_i].found[i], "%s: %d", wanted[i],
                      found[i]);
    assay__activefilter_db_close(&db);
}
END_TEST

/* ---- threads ----------------------------------------------------------- */

enum { WRITERS = 8, ROUNDS = 10 };

static void *register_some(void *arg)
{
    _Atomic unsigned *failures = arg;
    static _Atomic unsigned next;
    char id[32];

    for (int i = 0; i < ROUNDS; i++) {
        assay_message *message = kit_message(KIT_BODY, 1);
        struct assay__activefilter_event event = {.id = id,
                                                  .message = message,
                                                  .score = kit_score(10),
                                                  .threshold = 80};

        (void)snprintf(id, sizeof id, "T%u", atomic_fetch_add(&next, 1U));
        if (assay__activefilter_register(filter, &event, NULL) != ASSAY_OK)
            atomic_fetch_add(failures, 1U);
        assay_message_free(&message);
    }
    return NULL;
}

/* However slow the disk is: with no time at all to wait for another, the
 * threads of one process do not meet at the database. */
START_TEST(threads_write_one_after_the_other)
{
    _Atomic unsigned failures = 0;
    pthread_t threads[WRITERS];

    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    assert_registered("R1", 10);
    atomic_store(&never_waits, true);
    for (size_t i = 0; i < WRITERS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, register_some, &failures), 0);
    for (size_t i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(atomic_load(&failures), 0);
    ck_assert_uint_eq(kit_count("new"), WRITERS * ROUNDS + 1);
}
END_TEST

START_TEST(failed_registration_is_logged)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(rmdir(kit.base), 0);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_ptr_nonnull(
        strstr(kit.logged, "warn: activefilter.not-registered id=\"R1\""));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_load");
    TCase *tcase = tcase_create("load");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, leftovers_are_swept_every_hour);
    tcase_add_test(tcase, threads_write_one_after_the_other);
    tcase_add_test(tcase, failed_registration_is_logged);
    tcase_add_test(tcase, updates_of_a_registration_are_bounded);
    tcase_add_test(tcase, one_score_has_little_time_for_others);
    tcase_add_loop_test(tcase, what_nobody_is_told_of_is_noted_at_once, 0, 3);
    tcase_add_loop_test(tcase, changes_are_found_by_index, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
