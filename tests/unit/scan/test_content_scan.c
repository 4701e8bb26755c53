/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* AV-14: the dispatcher and the verdict cache of its engines. */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/sizes.h"
#include "check_run.h"
#include "fake_scope.h"
#include "fake_world.h"
#include "rt/pool.h"

static struct fake_scope fake;
static struct assay__pool *pool;
static _Atomic unsigned decodes;

assay_rc __real_assay_part_decode(assay_part *part, assay_bytes *data_out,
                                  size_t *defects_out, assay_error *err);
assay_rc __wrap_assay_part_decode(assay_part *part, assay_bytes *data_out,
                                  size_t *defects_out, assay_error *err);

assay_rc __wrap_assay_part_decode(assay_part *part, assay_bytes *data_out,
                                  size_t *defects_out, assay_error *err)
{
    atomic_fetch_add(&decodes, 1);
    return __real_assay_part_decode(part, data_out, defects_out, err);
}

static void open_with(int64_t infected, int64_t clean, bool uses_names)
{
    const struct fake_settings settings = {.uses_names = uses_names};
    struct assay__scope_options options = fake_options();

    options.cache_size = infected;
    options.clean_cache_size = clean;
    fake_scope_open_with(&fake, &options, &settings);
}

static void setup(void)
{
    fake_world_reset();
    atomic_store(&decodes, 0);
    open_with(1000, 10000, false);
}

static void teardown(void)
{
    fake_gate_open();
    fake_scope_close(&fake);
    assay__pool_free(&pool);
}

static void reopen_with(int64_t infected, int64_t clean, bool uses_names)
{
    fake_scope_close(&fake);
    open_with(infected, clean, uses_names);
}

static const struct assay__engine_stats *stats(void)
{
    return &fake.scopes[0]->engines[0]->core->stats;
}

static assay_verdict scan(const char *text)
{
    struct assay__dispatch request = {.message = fake_message(text),
                                      .engine = "alpha"};
    assay_verdict verdict;

    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    assay_message_free(&request.message);
    return verdict;
}

/* A message with one attachment of these headers. */
static const char *mail(const char *headers, const char *body)
{
    static char text[1024];

    (void)snprintf(text, sizeof text,
                   "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                   "--b\r\n%s\r\n%s\r\n--b--\r\n",
                   headers, body);
    return text;
}

static assay_verdict scan_part(const char *headers, const char *body)
{
    struct assay__dispatch request = {.engine = "alpha"};
    assay_message *message = fake_message(mail(headers, body));
    assay_part *root = NULL;
    assay_verdict verdict;

    ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_OK);
    request.part = assay_part_first_child(root);
    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    assay_message_free(&message);
    return verdict;
}

static const struct {
    const char *text;
    assay_status status;
    unsigned calls; /* of two scans */
} twice[] = {
    {"alpha: FOUND Worm\r\n", ASSAY_STATUS_INFECTED, 1},
    {"hello\r\n", ASSAY_STATUS_CLEAN, 1},
    {"", ASSAY_STATUS_CLEAN, 1},
    /* nothing else is remembered */
    {"alpha: FAULT no room\r\n", ASSAY_STATUS_ERROR, 2},
    {"alpha: TIMEOUT\r\n", ASSAY_STATUS_ERROR, 2},
    {"alpha: PARTIAL\r\n", ASSAY_STATUS_UNSCANNABLE, 2},
    {"alpha: ENCRYPTED\r\n", ASSAY_STATUS_UNSCANNABLE, 2},
    {"alpha: UNSUITABLE\r\n", ASSAY_STATUS_NOT_SUITABLE, 2},
};

START_TEST(second_scan_is_answered_from_the_cache)
{
    assay_verdict first = scan(twice[_i].text);
    assay_verdict second = scan(twice[_i].text);

    ck_assert_int_eq(first.status, twice[_i].status);
    ck_assert_uint_eq(fake_sight_count(), twice[_i].calls);
    first.elapsed_us = second.elapsed_us = 0;
    ck_assert_int_eq(second.status, first.status);
    ck_assert_int_eq(second.reason, first.reason);
    ck_assert_str_eq(second.info, first.info);
    ck_assert_str_eq(second.scan_code, first.scan_code);
    ck_assert_str_eq(second.engine, first.engine);
    ck_assert_str_eq(second.scope, first.scope);
    ck_assert_str_eq(second.epoch, first.epoch);
    ck_assert_mem_eq(&second.coverage, &first.coverage, sizeof first.coverage);
}
END_TEST

/* AV-30: what the cache answers was checked, too. */
START_TEST(hits_are_counted_as_scans)
{
    (void)scan("alpha: FOUND Worm\r\n");
    (void)scan("alpha: FOUND Worm\r\n");
    ck_assert_uint_eq(atomic_load(&stats()->messages), 2);
    ck_assert_uint_eq(atomic_load(&stats()->parts), 2);
    ck_assert_uint_eq(atomic_load(&stats()->infected), 2);
    ck_assert_uint_eq(atomic_load(&stats()->cache_hits), 1);
}
END_TEST

START_TEST(hit_needs_no_decoding)
{
    static const char headers[] = "Content-Transfer-Encoding: base64\r\n";
    static const char body[] = "YWxwaGE6IEZPVU5EIFdvcm0K"; /* alpha: FOUND */

    ck_assert_int_eq(scan_part(headers, body).status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(atomic_load(&decodes), 1);
    ck_assert_int_eq(scan_part(headers, body).status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(atomic_load(&decodes), 1);
    ck_assert_uint_eq(fake_sight_count(), 1);
}
END_TEST

/* A hit is answered even when no thread of the pool would ever be free. */
START_TEST(hit_needs_no_other_thread)
{
    const struct assay__pool_options none = {.concurrency = 0};

    (void)scan("alpha: FOUND Worm\r\n");
    ck_assert_int_eq(assay__pool_new("none", &none, &pool, NULL), ASSAY_OK);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    fake.scopes[0]->engines[0]->core->pool = pool;
    ck_assert_int_eq(scan("alpha: FOUND Worm\r\n").status,
                     ASSAY_STATUS_INFECTED);
}
END_TEST

static const struct {
    const char *headers, *body;
    bool is_same;
} others[] = {
    {"Content-Type: application/zip\r\n", "alpha", true},
    {"X: y\r\nContent-Type: Application/ZIP; name=a\r\n", "alpha", true},
    {"Content-Type: application/zip\r\nContent-Transfer-Encoding: 8bit\r\n",
     "alpha", true},
    {"Content-Type: application/zip\r\n", "alphb", false},
    {"Content-Type: text/html\r\n", "alpha", false},
    {"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n",
     "alpha", false},
};

START_TEST(content_encoding_and_type_make_the_key)
{
    (void)scan_part(others[0].headers, others[0].body);
    (void)scan_part(others[_i].headers, others[_i].body);
    ck_assert_uint_eq(fake_sight_count(), others[_i].is_same ? 1 : 2);
}
END_TEST

START_TEST(file_name_is_of_the_key_where_the_engine_uses_it)
{
    (void)scan_part("Content-Type: text/x; name=a\r\n", "same");
    (void)scan_part("Content-Type: text/x; name=b\r\n", "same");
    ck_assert_uint_eq(fake_sight_count(), 1);
    reopen_with(10, 10, true);
    (void)scan_part("Content-Type: text/x; name=a\r\n", "same");
    (void)scan_part("Content-Type: text/x; name=b\r\n", "same");
    ck_assert_uint_eq(fake_sight_count(), 3);
}
END_TEST

/* A file and a message of the same bytes are two contents. */
START_TEST(kind_is_of_the_key)
{
    const assay_content file = {.kind = ASSAY_CONTENT_FILE,
                                .data = "same",
                                .size = 4,
                                .media_type = "message/rfc822"};
    assay_verdict verdict;

    (void)scan("same");
    assay__dispatch_content(&fake.dispatcher, &file, &verdict);
    ck_assert_uint_eq(atomic_load(&stats()->cache_hits), 0);
    ck_assert_uint_eq(fake_sight_count(), 3); /* both engines */
}
END_TEST

START_TEST(new_signatures_scan_again)
{
    (void)scan("hello\r\n");
    fake_database_set(8);
    ck_assert_str_eq(scan("hello\r\n").epoch, "alpha/1 db/8");
    ck_assert_uint_eq(fake_sight_count(), 2);
}
END_TEST

START_TEST(missed_canary_forgets_what_was_clean)
{
    (void)scan("hello\r\n");
    (void)scan("alpha: FOUND Worm\r\n");
    fake_probe_set(false);
    assay__scope_probe(fake.scopes[0], NULL);
    ck_assert_int_eq(scan("hello\r\n").reason, ASSAY_REASON_CANARY);
    fake_probe_set(true);
    assay__scope_probe(fake.scopes[0], NULL);
    ck_assert_uint_eq(fake_sight_count(), 2);
    (void)scan("hello\r\n");
    (void)scan("alpha: FOUND Worm\r\n");
    ck_assert_uint_eq(fake_sight_count(), 3);
}
END_TEST

START_TEST(sizes_of_zero_keep_nothing)
{
    reopen_with(0, 10, false);
    (void)scan("alpha: FOUND Worm\r\n");
    (void)scan("alpha: FOUND Worm\r\n");
    ck_assert_uint_eq(fake_sight_count(), 2);
    (void)scan("hello\r\n");
    (void)scan("hello\r\n");
    ck_assert_uint_eq(fake_sight_count(), 3);
    reopen_with(0, 0, false);
    (void)scan("hello\r\n");
    (void)scan("hello\r\n");
    ck_assert_uint_eq(fake_sight_count(), 5);
}
END_TEST

START_TEST(bounds_follow_a_reload)
{
    (void)scan("hello\r\n");
    fake.scopes[0]->engines[0]->options.clean_cache_size = 0;
    assay__scope_size_caches(fake.scopes[0]);
    (void)scan("hello\r\n");
    ck_assert_uint_eq(fake_sight_count(), 2);
}
END_TEST

/* ---- single flight ------------------------------------------------------ */

#define THREADS 8

struct scanner {
    pthread_t thread;
    const char *text;
    assay_verdict verdict;
};

static void *run_scanner(void *arg)
{
    struct scanner *scanner = arg;

    scanner->verdict = scan(scanner->text);
    return NULL;
}

static uint64_t pending(void)
{
    struct assay__cache_stats cache;

    assay__cache_stats(fake.scopes[0]->engines[0]->core->cache, &cache);
    return cache.pending;
}

/* Everybody asks while the first one is at the gate. */
static void scan_at_once(const char *text, struct scanner scanners[THREADS])
{
    for (int i = 0; i < THREADS; i++) {
        scanners[i].text = text;
        ck_assert_int_eq(pthread_create(&scanners[i].thread, NULL, run_scanner,
                                        &scanners[i]),
                         0);
    }
    fake_gate_await(1);
    while (pending() < THREADS - 1)
        sched_yield();
    fake_gate_open();
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(scanners[i].thread, NULL), 0);
}

START_TEST(equal_scans_at_once_are_one)
{
    struct scanner scanners[THREADS];

    scan_at_once("alpha: WAIT FOUND Worm\r\n", scanners);
    ck_assert_uint_eq(fake_sight_count(), 1);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(scanners[i].verdict.status, ASSAY_STATUS_INFECTED);
        ck_assert_str_eq(scanners[i].verdict.info, "Worm");
        ck_assert_str_eq(scanners[i].verdict.engine, "alpha");
    }
    ck_assert_uint_eq(atomic_load(&stats()->cache_hits), THREADS - 1);
}
END_TEST

/* A leaf that readers differ on is scanned by everybody: at the same time, and
 * not one after the other. */
START_TEST(scans_that_cannot_be_shared_do_not_wait_for_each_other)
{
    const char *text = mail("", "begin 644 a\r\nalpha: WAIT CLEAN\r\nend");
    struct scanner scanners[THREADS];

    for (size_t i = 0; i < fake.scopes[0]->engine_count; i++)
        fake.scopes[0]->engines[i]->options.mime_decompose = true;
    for (int i = 0; i < THREADS; i++) {
        scanners[i].text = text;
        ck_assert_int_eq(pthread_create(&scanners[i].thread, NULL, run_scanner,
                                        &scanners[i]),
                         0);
    }
    fake_gate_await(1);
    while (pending() < THREADS - 1)
        sched_yield();
    fake_gate_pass_one();
    fake_gate_await(THREADS); /* the first one is at the message now */
    fake_gate_open();
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(scanners[i].thread, NULL), 0);
}
END_TEST

/* A timeout is the scanner's own trouble: the next one tries for itself. */
START_TEST(timeout_is_not_shared)
{
    struct scanner scanners[THREADS];

    scan_at_once("alpha: WAIT TIMEOUT\r\n", scanners);
    ck_assert_uint_eq(fake_sight_count(), THREADS);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(scanners[i].verdict.reason, ASSAY_REASON_TIMEOUT);
}
END_TEST

START_TEST(error_is_shared_but_not_remembered)
{
    struct scanner scanners[THREADS];

    scan_at_once("alpha: WAIT FAULT no room\r\n", scanners);
    ck_assert_uint_eq(fake_sight_count(), 1);
    for (int i = 0; i < THREADS; i++)
        ck_assert_str_eq(scanners[i].verdict.info, "error: no room");
    (void)scan("alpha: WAIT FAULT no room\r\n");
    ck_assert_uint_eq(fake_sight_count(), 2);
}
END_TEST

/* Waiting for somebody else's scan counts against the deadline (AV-26), with
 * progress calls. */
static void beat(void *arg)
{
    ++*(unsigned *)arg;
}

START_TEST(wait_for_another_scan_ends_at_the_deadline)
{
    struct scanner first = {.text = "alpha: WAIT CLEAN\r\n"};
    unsigned beats = 0;
    struct assay__pulse pulse = {.beat = beat, .arg = &beats, .interval_ms = 1};
    struct assay__dispatch request = {.engine = "alpha", .pulse = &pulse};
    assay_verdict got;

    ck_assert_int_eq(pthread_create(&first.thread, NULL, run_scanner, &first),
                     0);
    fake_gate_await(1);
    request.message = fake_message(first.text);
    request.spent_ms = 9900; /* of 10 s */
    assay__pulse_start(&pulse);
    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &got);
    assay_message_free(&request.message);
    ck_assert_int_eq(got.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_uint_ge(beats, 1);
    ck_assert_uint_eq(fake_sight_count(), 1);
    fake_gate_open();
    ck_assert_int_eq(pthread_join(first.thread, NULL), 0);
    ck_assert_int_eq(first.verdict.status, ASSAY_STATUS_CLEAN);
}
END_TEST

struct scan_job {
    struct assay__job job; /* first */
    assay_verdict verdict;
};

/* Asks for what somebody scans who waits for this thread. */
static void run_scan_job(struct assay__job *job)
{
    struct assay__pool_stats stats;

    do {
        sched_yield();
        assay__pool_stats(pool, &stats);
    } while (stats.queued == 0);
    ((struct scan_job *)job)->verdict = scan("hello\r\n");
}

START_TEST(thread_of_the_pool_does_not_wait_for_who_waits_for_it)
{
    const struct assay__pool_options one = {.concurrency = 1};
    struct scan_job job = {.job.run = run_scan_job};

    ck_assert_int_eq(assay__pool_new("one", &one, &pool, NULL), ASSAY_OK);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    fake.scopes[0]->engines[0]->core->pool = pool;
    ck_assert_int_eq(assay__pool_submit(pool, &job.job, INT64_MAX, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(scan("hello\r\n").status, ASSAY_STATUS_CLEAN);
    assay__pool_stop(pool);
    ck_assert_int_eq(job.verdict.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fake_sight_count(), 2);
}
END_TEST

static void add_flight_tests(Suite *suite)
{
    TCase *tc = tcase_create("single flight");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, equal_scans_at_once_are_one);
    tcase_add_test(tc, scans_that_cannot_be_shared_do_not_wait_for_each_other);
    tcase_add_test(tc, timeout_is_not_shared);
    tcase_add_test(tc, error_is_shared_but_not_remembered);
    tcase_add_test(tc, wait_for_another_scan_ends_at_the_deadline);
    tcase_add_test(tc, thread_of_the_pool_does_not_wait_for_who_waits_for_it);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    Suite *suite = suite_create("content_scan");
    TCase *tc = tcase_create("cache");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, second_scan_is_answered_from_the_cache, 0,
                        (int)ASSAY_COUNT_OF(twice));
    tcase_add_test(tc, hits_are_counted_as_scans);
    tcase_add_test(tc, hit_needs_no_decoding);
    tcase_add_test(tc, hit_needs_no_other_thread);
    tcase_add_loop_test(tc, content_encoding_and_type_make_the_key, 0,
                        (int)ASSAY_COUNT_OF(others));
    tcase_add_test(tc, file_name_is_of_the_key_where_the_engine_uses_it);
    tcase_add_test(tc, kind_is_of_the_key);
    tcase_add_test(tc, new_signatures_scan_again);
    tcase_add_test(tc, missed_canary_forgets_what_was_clean);
    tcase_add_test(tc, sizes_of_zero_keep_nothing);
    tcase_add_test(tc, bounds_follow_a_reload);
    suite_add_tcase(suite, tc);
    add_flight_tests(suite);
    return check_run(suite);
}
