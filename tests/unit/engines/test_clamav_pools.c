/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The thread pool that a clamav stanza scans in (CL-02, AV-24): IO with
 * `daemon`, CPU in this process, and the one that `pool` names in either case.
 * As a host sees it: the pool whose count of invocations grows.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <assay/policy.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define LOCAL "signatures = \"db\"\n"
/* Nobody listens there; whether the daemon answers does not matter here. */
#define REMOTE "daemon = \"unix:/nonexistent/clamd.sock\"\n"

static const struct {
    const char *options, *pool;
} cases[] = {
    {LOCAL, "CPU"},
    {REMOTE, "IO"},
    {LOCAL "pool = IO\n", "IO"},
    {REMOTE "pool = \"CPU\"\n", "CPU"},
    {LOCAL "pool = scans\n", "SCANS"},
    {REMOTE "pool = Scans\n", "SCANS"},
};

static assay_session *session;

static void setup(void)
{
    char path[96];

    fixture_setup();
    (void)snprintf(path, sizeof path, "%s/db", fixture_folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    /* "A THREAT" */
    fixture_write("db/test.ndb", "Test.Threat:0:*:4120544852454154\n");
}

static void teardown(void)
{
    assay_session_close(&session);
    fixture_teardown();
}

static uint64_t invocations(const char *pool)
{
    assay_pool_stats stats = {0};

    ck_assert(assay_session_pool_stats(session, pool, &stats, sizeof stats));
    return stats.invocations;
}

static void start_with(const char *scope_options, const char *options)
{
    char config[1024];

    (void)snprintf(config, sizeof config,
                   "ThreadPool scans { Concurrency = 1 }\nclamav { }\n"
                   "antivirus \"av\" {\n%s  clamav \"c\" {\n%s  }\n}\n",
                   scope_options, options);
    fixture_open(config);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    session = fixture_session();
}

static void expect_only(const char *pool)
{
    static const char *const pools[] = {"CPU", "IO", "SCANS"};

    for (int i = 0; i < COUNT(pools); i++)
        ck_assert_msg((invocations(pools[i]) > 0) ==
                          (strcmp(pools[i], pool) == 0),
                      "%s: %ju, want %s", pools[i],
                      (uintmax_t)invocations(pools[i]), pool);
}

START_TEST(a_scan_runs_in_its_pool)
{
    bool is_remote = strstr(cases[_i].options, "daemon") != NULL;

    start_with("", cases[_i].options);
    ck_assert_int_eq(fixture_scan("A THREAT").status,
                     is_remote ? ASSAY_STATUS_ERROR : ASSAY_STATUS_INFECTED);
    expect_only(cases[_i].pool);
}
END_TEST

/* A pool named in the scope holds for its engines, remote or not. */
START_TEST(the_pool_of_the_scope_is_inherited)
{
    start_with("  pool = scans\n", _i == 0 ? LOCAL : REMOTE);
    (void)fixture_scan("A THREAT");
    expect_only("SCANS");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamav");
    TCase *tc = tcase_create("pools");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_scan_runs_in_its_pool, 0, COUNT(cases));
    tcase_add_loop_test(tc, the_pool_of_the_scope_is_inherited, 0, 2);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
