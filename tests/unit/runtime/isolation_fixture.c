/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "isolation_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "runtime/assay_priv.h"
#include "runtime_fixture.h"

void isolation_pause(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};

    (void)nanosleep(&moment, NULL);
}

/* A configuration of one engine; general options stand before own ones. */
const char *isolation_config(const char *general, const char *own)
{
    static char text[1024];

    ck_assert_int_lt(
        snprintf(text, sizeof text,
                 "sample {}\nantivirus \"av1\" {\n  timeout = 30\n"
                 "  isolation = \"process\"\n%s\n  sample \"s1\" {\n"
                 "    troubles = true\n%s\n  }\n}\n",
                 general, own),
        (int)sizeof text);
    return text;
}

void isolation_start(const char *general, const char *own)
{
    assay_error err = {0};

    fixture_open(isolation_config(general, own));
    ck_assert_msg(assay_start(fixture_library, &err) == ASSAY_OK, "%s",
                  err.msg);
}

struct assay__engine_core *isolation_core(struct assay__generation *generation)
{
    return generation->scopes[0]->engines[0]->core;
}

struct assay__isolation_report isolation_look(void)
{
    struct assay__generation *generation = assay__present(fixture_library);
    struct assay__isolation_report report;

    ck_assert_ptr_nonnull(isolation_core(generation)->instance);
    assay__isolation_look(isolation_core(generation)->instance, &report);
    assay__generation_unref(&generation);
    return report;
}

assay_rc isolation_refresh(bool *changed, assay_error *err)
{
    struct assay__generation *generation = assay__present(fixture_library);
    assay_rc rc = assay__engine_core_refresh(
        isolation_core(generation), assay__log(fixture_library), changed, err);

    assay__generation_unref(&generation);
    return rc;
}

void isolation_probe(void)
{
    struct assay__generation *generation = assay__present(fixture_library);

    assay__engine_core_probe(isolation_core(generation),
                             assay__log(fixture_library));
    assay__generation_unref(&generation);
}

assay_status isolation_status(const char *text)
{
    return fixture_scan(text).status;
}

static void *scan_in_thread(void *arg)
{
    assay_verdict *verdict = arg;

    *verdict = fixture_scan(verdict->info);
    return NULL;
}

void isolation_scan_all(assay_verdict *verdicts, size_t count)
{
    pthread_t threads[8];

    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, scan_in_thread, &verdicts[i]), 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

TCase *isolation_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_set_timeout(tc, 3 * WAIT_S);
    suite_add_tcase(suite, tc);
    return tc;
}
