/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * C16: the configuration is reloaded every 100 ms, alternating between two,
 * while sessions deliver. Each message has a verdict, and all of it comes from
 * one generation. ASSAY_TEST_RELOAD_S is how long (5 s).
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check_run.h"
#include "runtime_fixture.h"

enum { SENDERS = 4, MESSAGES = 7, PAUSE_MS = 100 };

/* s1 is opened anew by each reload, s2 is never. Each engine leaves the name
 * of its generation in the message. */
#define CONFIG(mark, seconds, code)                                       \
    "sample {}\nantivirus \"av\" { action = pass\n"                       \
    "  sample \"s1\" { threat = EVIL timeout = " seconds                  \
    "    context_variable = " mark "1 }\n"                                \
    "  sample \"s2\" { threat = EVIL context_variable = " mark "2 }\n}\n" \
    "fakepolicy \"p\" { rule \"data_spool\" { code = " code " } }\n"

static const char *const configs[] = {CONFIG("a", "10", "551"),
                                      CONFIG("b", "11", "552")};

static _Atomic bool stop;
static _Atomic unsigned sent, wrong;

static bool has(assay_context *context, const char *key)
{
    const char *value = assay_context_get(context, key);

    return value && strcmp(value, "virus") == 0;
}

/* All of one generation, and nothing of the other. */
static bool is_whole(assay_session *session, const assay_disposition *d)
{
    assay_context *context =
        assay_message_context(assay_session_message(session));
    bool a = has(context, "a1"), b = has(context, "b1");

    return a != b && a == has(context, "a2") && b == has(context, "b2") &&
           d->code == (a ? 551 : 552);
}

/* One connection of some messages. @return false when a step failed */
static bool deliver(void)
{
    const assay_peer peer = {.address = "192.0.2.1"};
    assay_session *session = NULL;
    assay_disposition d;
    bool works = assay_session_open(fixture_library, &peer, &session, NULL) ==
                     ASSAY_OK &&
                 assay_session_connect(session, &d, NULL) == ASSAY_OK &&
                 assay_session_ehlo(session, "me", &d, NULL) == ASSAY_OK;

    for (int i = 0; works && i < MESSAGES; i++) {
        works = assay_session_mailfrom(session, "a@b", "<a@b>", &d, NULL) ==
                    ASSAY_OK &&
                assay_session_rcptto(session, "c@d", "<c@d>", &d, NULL) ==
                    ASSAY_OK &&
                assay_message_append(assay_session_message(session), "EVIL", 4,
                                     NULL) == ASSAY_OK &&
                assay_session_data(session, &d, NULL) == ASSAY_OK;
        if (works && !is_whole(session, &d))
            atomic_fetch_add(&wrong, 1);
        atomic_fetch_add(&sent, 1);
    }
    assay_session_close(&session);
    return works;
}

static void *send_on(void *arg)
{
    while (!atomic_load(&stop))
        if (!deliver())
            return arg;
    return NULL;
}

static int64_t seconds_wanted(void)
{
    const char *text = getenv("ASSAY_TEST_RELOAD_S");

    return text ? strtol(text, NULL, 10) : 5;
}

START_TEST(each_message_sees_one_generation)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t reloads = seconds_wanted() * 1000 / PAUSE_MS;
    pthread_t threads[SENDERS];
    unsigned failed = 0;

    fixture_open(configs[0]);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    for (int i = 0; i < SENDERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_on, &threads),
                         0);
    for (int64_t i = 0; i < reloads; i++) {
        fixture_reload(configs[(i + 1) % 2]);
        (void)nanosleep(&pause, NULL);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < SENDERS; i++) {
        void *result = NULL;

        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        failed += result != NULL;
    }
    ck_assert_uint_eq(failed, 0);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
    ck_assert_uint_gt(atomic_load(&sent), 0);
    assay_close(&fixture_library);
    ck_assert_uint_eq(fixture_log_count("sample.open s2"), 1);
    ck_assert_uint_eq(fixture_log_count("sample.close s2"), 1);
    ck_assert_uint_eq(fixture_log_count("sample.open s1"),
                      fixture_log_count("sample.close s1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reload_load");
    TCase *tc = tcase_create("load");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, (double)seconds_wanted() * 10 + 120);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_test(tc, each_message_sees_one_generation);
    return check_run(suite);
}
