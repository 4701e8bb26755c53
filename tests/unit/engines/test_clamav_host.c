/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine as a host has it. The thread pool that a stanza scans in
 * (CL-02, AV-24): IO with `daemon`, CPU in this process, and the one that
 * `pool` names in either case; it is the pool whose count of invocations grows.
 * And what the console prints of it (AV-31).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <assay/control.h>
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

/* AV-31: what the engine says, with its signatures on a line of their own. */
static const struct {
    const char *options, *begins, *ends;
} versions[] = {
    {LOCAL, "antivirus: clamav 1.", "\nAV definitions version: 0\n"},
    {REMOTE, "antivirus: clamav unknown (not in service)",
     "\nAV definitions version: 0\n"},
};

START_TEST(the_console_prints_its_version)
{
    static const char line[] = "antivirus:av version";
    assay_control_session *console = NULL;
    char *text = NULL;
    size_t tail = strlen(versions[_i].ends);

    start_with("", versions[_i].options);
    ck_assert_int_eq(assay_control_session_open(fixture_library, NULL, true,
                                                "uid=0 pid=1", &console, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_control_session_run(console, line, sizeof line - 1, &text), 0);
    ck_assert_msg(
        strncmp(text, versions[_i].begins, strlen(versions[_i].begins)) == 0,
        "%s", text);
    ck_assert_msg(strlen(text) > tail && strcmp(text + strlen(text) - tail,
                                                versions[_i].ends) == 0,
                  "%s", text);
    free(text);
    assay_control_session_close(&console);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamav");
    TCase *tc = tcase_create("host");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_scan_runs_in_its_pool, 0, COUNT(cases));
    tcase_add_loop_test(tc, the_pool_of_the_scope_is_inherited, 0, 2);
    tcase_add_loop_test(tc, the_console_prints_its_version, 0, COUNT(versions));
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
