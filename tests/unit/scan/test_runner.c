/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * How engines are called: in a pool, with progress calls, within the deadline.
 * On the real clock, so that waiting is waiting.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/sizes.h"
#include "check_run.h"
#include "fake_scope.h"
#include "fake_world.h"
#include "rt/pool.h"

static struct fake_scope fake;
static struct assay__pool *pool;

static void use_pool(unsigned concurrency, unsigned backlog)
{
    const struct assay__pool_options options = {.concurrency = concurrency,
                                                .backlog = backlog};

    ck_assert_int_eq(assay__pool_new("test", &options, &pool, NULL), ASSAY_OK);
    for (size_t i = 0; i < fake.scopes[0]->engine_count; i++)
        fake.scopes[0]->engines[i]->core->pool = pool;
}

static void setup(void)
{
    fake_world_reset();
    fake_scope_open(&fake);
}

static void teardown(void)
{
    fake_gate_open();
    fake_scope_close(&fake);
    assay__pool_free(&pool);
}

static assay_verdict scan(const char *text, struct assay__pulse *pulse)
{
    struct assay__dispatch request = {.message = fake_message(text),
                                      .pulse = pulse};
    assay_verdict verdict;

    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    assay_message_free(&request.message);
    return verdict;
}

/* AV-24 */
START_TEST(engine_runs_in_a_thread_of_its_pool)
{
    assay_verdict got;

    use_pool(2, 0);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    got = scan("alpha: FOUND Worm\r\n", NULL);
    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert(!pthread_equal(fake_last_sight()->thread, pthread_self()));
}
END_TEST

START_TEST(engine_runs_in_the_caller_before_the_pool_is_started)
{
    assay_verdict got;

    use_pool(2, 0);
    got = scan("alpha: FOUND Worm\r\n", NULL);
    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert(pthread_equal(fake_last_sight()->thread, pthread_self()));
}
END_TEST

struct beats {
    unsigned count, until;
    int64_t until_ms;
    pthread_t thread;
};

/* Opens the gate when there were enough. */
static void beat(void *arg)
{
    struct beats *beats = arg;

    beats->thread = pthread_self();
    if (++beats->count >= beats->until && assay__clock_ms() > beats->until_ms)
        fake_gate_open();
}

static struct assay__pulse pulse_of(struct beats *beats)
{
    struct assay__pulse pulse = {.beat = beat, .arg = beats, .interval_ms = 1};

    assay__pulse_start(&pulse);
    return pulse;
}

START_TEST(progress_is_told_while_an_engine_works)
{
    struct beats beats = {.until = 3};
    struct assay__pulse pulse = pulse_of(&beats);
    assay_verdict got;

    use_pool(2, 0);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    got = scan("alpha: WAIT CLEAN\r\n", &pulse);
    ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_ge(beats.count, 3);
    ck_assert(pthread_equal(beats.thread, pthread_self()));
}
END_TEST

/* AV-26: who works on the message past the deadline is waited for. */
static const struct {
    const char *text;
    assay_status want;
    assay_reason want_reason;
} late[] = {
    {"alpha: WAIT CLEAN\r\n", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT},
    {"alpha: WAIT FOUND Worm\r\n", ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE},
    {"alpha: WAIT PARTIAL\r\n", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT},
};

START_TEST(call_past_the_deadline_is_waited_for)
{
    struct beats beats = {.until_ms = assay__clock_ms() + 1100};
    struct assay__pulse pulse = pulse_of(&beats);
    assay_verdict got;

    fake.scopes[0]->engines[0]->options.timeout_s = 1;
    use_pool(2, 0);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    got = scan(late[_i].text, &pulse);
    ck_assert_int_eq(got.status, late[_i].want);
    ck_assert_int_eq(got.reason, late[_i].want_reason);
}
END_TEST

static void *scan_waiting(void *arg)
{
    *(assay_verdict *)arg = scan("alpha: WAIT CLEAN\r\n", NULL);
    return NULL;
}

static void assert_overload(const assay_verdict *got)
{
    ck_assert_msg(got->status == ASSAY_STATUS_ERROR &&
                      got->reason == ASSAY_REASON_OVERLOAD,
                  "got %s (%s)", assay_status_name(got->status), got->info);
    ck_assert(!assay_coverage_is_complete(&got->coverage));
}

/* AV-26, PO-05: waiting for a thread counts, too. */
START_TEST(scan_that_finds_no_thread_before_the_deadline_is_overload)
{
    assay_verdict first, second;
    pthread_t thread;

    fake.scopes[0]->engines[1]->options.timeout_s = 1;
    use_pool(1, 0);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, scan_waiting, &first), 0);
    fake_gate_await(1);
    fake.scopes[0]->engines[0]->options.timeout_s = 1;
    second = scan("beta: FOUND Worm\r\n", NULL);
    assert_overload(&second);
    ck_assert_uint_eq(fake_sight_count(), 1);
    fake_gate_open();
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

/* PO-05: when it is its turn the time left would not do. */
START_TEST(scan_that_waited_too_long_is_not_begun)
{
    struct assay__job_class *jobs = &fake.scopes[0]->engines[0]->core->jobs;
    struct beats beats = {.until = 1};
    assay_verdict first, second;
    struct assay__pulse pulse;
    pthread_t thread;

    use_pool(1, 0);
    /* With the first scan there is a history: of some 30 s. */
    jobs->done = 3;
    jobs->typical_us = 40000000;
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, scan_waiting, &first), 0);
    fake_gate_await(1);
    pulse = pulse_of(&beats);
    second = scan("alpha: FOUND Worm\r\n", &pulse);
    assert_overload(&second);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(first.status, ASSAY_STATUS_CLEAN);
}
END_TEST

/* AV-21: max_concurrency of one engine leaves the pool to others. */
START_TEST(max_concurrency_limits_one_engine)
{
    assay_verdict first, second;
    struct assay__dispatch request = {.engine = "beta"};
    pthread_t thread;

    use_pool(4, 0);
    assay__job_class_set_limit(pool, &fake.scopes[0]->engines[0]->core->jobs,
                               1);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, scan_waiting, &first), 0);
    fake_gate_await(1);
    request.message = fake_message("beta: FOUND Worm\r\n");
    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &second);
    assay_message_free(&request.message);
    ck_assert_int_eq(second.status, ASSAY_STATUS_INFECTED);
    fake.scopes[0]->engines[0]->options.timeout_s = 1;
    fake.scopes[0]->engines[1]->options.timeout_s = 1;
    second = scan("alpha: CLEAN\r\n", NULL);
    assert_overload(&second);
    fake_gate_open();
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

#define THREADS 4
#define ROUNDS 200

static void *scan_many(void *arg)
{
    unsigned *wrong = arg;

    for (int i = 0; i < ROUNDS; i++) {
        *wrong +=
            scan("alpha: FOUND Worm\r\n", NULL).status != ASSAY_STATUS_INFECTED;
        *wrong += scan("hello\r\n", NULL).status != ASSAY_STATUS_CLEAN;
    }
    return NULL;
}

START_TEST(threads_share_a_pool)
{
    pthread_t threads[THREADS];
    unsigned wrong[THREADS] = {0};

    use_pool(2, 2);
    ck_assert_int_eq(assay__pool_start(pool, NULL), ASSAY_OK);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, scan_many, &wrong[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(wrong[i], 0);
    }
    ck_assert_uint_eq(fake_sight_count(), 3 * THREADS * ROUNDS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runner");
    TCase *tc = tcase_create("pool");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, engine_runs_in_a_thread_of_its_pool);
    tcase_add_test(tc, engine_runs_in_the_caller_before_the_pool_is_started);
    tcase_add_test(tc, progress_is_told_while_an_engine_works);
    tcase_add_loop_test(tc, call_past_the_deadline_is_waited_for, 0,
                        (int)ASSAY_COUNT_OF(late));
    tcase_add_test(tc, scan_that_waited_too_long_is_not_begun);
    tcase_add_test(tc,
                   scan_that_finds_no_thread_before_the_deadline_is_overload);
    tcase_add_test(tc, max_concurrency_limits_one_engine);
    tcase_add_test(tc, threads_share_a_pool);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
