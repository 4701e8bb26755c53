/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Workers: order of results, the bound of the window, cancelling.
 */
#include "hosts/cli/crew.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "check_run.h"

enum { WORKERS = 4, WINDOW = 8, TASKS = 2000, PATIENCE_MS = 60 * 1000 };

struct number {
    unsigned value, square;
};

static void square(void *arg, void *task)
{
    struct number *n = task;
    atomic_uint *runs = arg;

    n->square = n->value * n->value;
    atomic_fetch_add(runs, 1);
}

START_TEST(results_come_in_the_order_of_tasks)
{
    static struct number numbers[TASKS];
    struct assay__crew *crew = NULL;
    atomic_uint runs = 0;
    unsigned taken = 0;

    ck_assert_int_eq(
        assay__crew_new(WORKERS, WINDOW, square, &runs, &crew, NULL), ASSAY_OK);
    for (unsigned given = 0; taken < TASKS;) {
        const struct number *n;

        if (given < TASKS) {
            numbers[given].value = given;
            if (assay__crew_submit(crew, &numbers[given])) {
                given++;
                continue;
            }
            ck_assert_uint_eq(assay__crew_pending(crew), WINDOW);
        }
        n = assay__crew_take(crew, PATIENCE_MS);
        ck_assert_ptr_eq(n, &numbers[taken]);
        ck_assert_uint_eq(n->square, taken * taken);
        taken++;
    }
    ck_assert_uint_eq(atomic_load(&runs), TASKS);
    ck_assert_ptr_null(assay__crew_take(crew, 0));
    assay__crew_free(&crew);
    ck_assert_ptr_null(crew);
}
END_TEST

/* A task that ends when the gate opens. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool begun, open;
};

static void pass_gate(void *arg, void *task)
{
    struct gate *gate = arg;

    (void)pthread_mutex_lock(&gate->lock);
    gate->begun = true;
    (void)pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
    *(bool *)task = true;
}

static struct gate gate;
static bool ran[3];

static struct assay__crew *give_three_to_one_worker(void)
{
    struct assay__crew *crew = NULL;

    memset(ran, 0, sizeof ran);
    gate.begun = gate.open = false;
    (void)pthread_mutex_init(&gate.lock, NULL);
    (void)pthread_cond_init(&gate.changed, NULL);
    ck_assert_int_eq(assay__crew_new(1, 3, pass_gate, &gate, &crew, NULL),
                     ASSAY_OK);
    for (int i = 0; i < 3; i++)
        ck_assert(assay__crew_submit(crew, &ran[i]));
    (void)pthread_mutex_lock(&gate.lock);
    while (!gate.begun)
        (void)pthread_cond_wait(&gate.changed, &gate.lock);
    (void)pthread_mutex_unlock(&gate.lock);
    return crew;
}

static void open_gate(void)
{
    (void)pthread_mutex_lock(&gate.lock);
    gate.open = true;
    (void)pthread_cond_broadcast(&gate.changed);
    (void)pthread_mutex_unlock(&gate.lock);
}

START_TEST(take_does_not_wait_longer_than_told)
{
    struct assay__crew *crew = give_three_to_one_worker();

    ck_assert_ptr_null(assay__crew_take(crew, 0));
    ck_assert_ptr_null(assay__crew_take(crew, 5));
    ck_assert_uint_eq(assay__crew_pending(crew), 3);
    open_gate();
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(assay__crew_take(crew, PATIENCE_MS), &ran[i]);
    ck_assert(ran[0] && ran[1] && ran[2]);
    assay__crew_free(&crew);
}
END_TEST

START_TEST(cancel_leaves_out_what_nobody_began)
{
    struct assay__crew *crew = give_three_to_one_worker();

    assay__crew_cancel(crew);
    ck_assert_ptr_null(assay__crew_take(crew, 0));
    open_gate();
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(assay__crew_take(crew, PATIENCE_MS), &ran[i]);
    ck_assert(ran[0]);
    ck_assert(!ran[1] && !ran[2]);
    assay__crew_free(&crew);
}
END_TEST

START_TEST(crew_without_work_ends)
{
    struct assay__crew *crew = NULL;
    atomic_uint runs = 0;

    ck_assert_int_eq(
        assay__crew_new(WORKERS, WINDOW, square, &runs, &crew, NULL), ASSAY_OK);
    assay__crew_free(&crew);
    assay__crew_free(&crew);
    ck_assert_uint_eq(atomic_load(&runs), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crew");
    TCase *tcase = tcase_create("crew");

    tcase_add_test(tcase, results_come_in_the_order_of_tasks);
    tcase_add_test(tcase, take_does_not_wait_longer_than_told);
    tcase_add_test(tcase, cancel_leaves_out_what_nobody_began);
    tcase_add_test(tcase, crew_without_work_ends);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
