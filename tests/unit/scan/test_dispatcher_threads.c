/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Four threads scan through one scope while a fifth probes it. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fake_scope.h"
#include "fake_world.h"
#include "check_run.h"

#define THREADS 4
#define ROUNDS 200

static struct fake_scope fake;

struct tally {
    unsigned clean, infected, errors, others;
};

static void scan_once(const char *text, struct tally *tally)
{
    struct assay__dispatch request = {0};
    assay_verdict verdict;

    if (assay_message_new_borrowed(text, strlen(text), NULL, &request.message,
                                   NULL) != ASSAY_OK)
        return;
    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    assay_message_free(&request.message);
    if (verdict.status == ASSAY_STATUS_CLEAN)
        tally->clean++;
    else if (verdict.status == ASSAY_STATUS_INFECTED)
        tally->infected++;
    else if (verdict.status == ASSAY_STATUS_ERROR)
        tally->errors++;
    else
        tally->others++;
}

static void *scan_many(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        scan_once("Subject: a\r\n\r\nhello\r\n", arg);
        scan_once("Subject: b\r\n\r\nalpha: FOUND Worm\r\n", arg);
        scan_once("Subject: c\r\n\r\nbeta: FAULT no room\r\n", arg);
    }
    return NULL;
}

static void *probe_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        assay__scope_probe(fake.scopes[0], &fake.log);
    return NULL;
}

START_TEST(threads_share_a_scope)
{
    pthread_t threads[THREADS];
    struct tally tallies[THREADS] = {{0}};
    pthread_t prober;
    const struct assay__engine_stats *alpha;
    const struct assay__engine_stats *beta;

    fake_world_reset();
    fake_scope_open(&fake);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, scan_many, &tallies[i]), 0);
    ck_assert_int_eq(pthread_create(&prober, NULL, probe_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(pthread_join(prober, NULL), 0);

    for (int i = 0; i < THREADS; i++) {
        ck_assert_uint_eq(tallies[i].clean, ROUNDS);
        ck_assert_uint_eq(tallies[i].infected, ROUNDS);
        ck_assert_uint_eq(tallies[i].errors, ROUNDS);
        ck_assert_uint_eq(tallies[i].others, 0);
    }
    alpha = &fake.scopes[0]->engines[0]->core->stats;
    beta = &fake.scopes[0]->engines[1]->core->stats;
    ck_assert_uint_eq(atomic_load(&alpha->messages), 3 * THREADS * ROUNDS);
    ck_assert_uint_eq(atomic_load(&alpha->infected), THREADS * ROUNDS);
    ck_assert_uint_eq(atomic_load(&beta->messages), 2 * THREADS * ROUNDS);
    ck_assert_uint_eq(atomic_load(&beta->errors), THREADS * ROUNDS);
    fake_scope_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dispatcher_threads");
    TCase *tc = tcase_create("threads");

    tcase_add_test(tc, threads_share_a_scope);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
