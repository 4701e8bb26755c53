/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scanner processes, with the real assay-scanner program: verdicts come back,
 * a crash costs one verdict, and nothing is left behind.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <assay/scanner.h>

#include "check_run.h"

static char folder[] = "/tmp/assay-test-XXXXXX";
static char config[64];
static assay_error err;
static assay_scanner *scanner;

static void write_config(const char *engine_options)
{
    FILE *file = fopen(config, "we");

    ck_assert_ptr_nonnull(file);
    fprintf(file,
            "Module_Path = \"%s\"\nsample {}\nantivirus \"av\" {\n"
            "  sample \"s1\" { threat = EVIL %s }\n}\n",
            ASSAY_TEST_MODULES, engine_options);
    fclose(file);
}

static void setup(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(config, sizeof config, "%s/assay.conf", folder);
}

static void teardown(void)
{
    assay_scanner_stop(&scanner);
    unlink(config);
    rmdir(folder);
}

static void start(void)
{
    ck_assert_msg(assay_scanner_start(config, ASSAY_TEST_SCANNER, &scanner,
                                      &err) == ASSAY_OK,
                  "%s", err.msg);
}

static assay_verdict scan(const char *text, size_t len)
{
    assay_message *message = NULL;
    assay_verdict verdict;

    ck_assert_int_eq(
        assay_message_new_borrowed(text, len, NULL, &message, &err), ASSAY_OK);
    assay_scanner_scan(scanner, message, NULL, 30000, &verdict);
    assay_message_free(&message);
    return verdict;
}

START_TEST(verdicts_come_back)
{
    assay_verdict verdict;

    write_config("");
    start();
    verdict = scan("a: b\r\n\r\nEVIL", 12);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(verdict.info, "Sample.EVIL");
    ck_assert_str_eq(verdict.engine, "sample");
    verdict = scan("a: b\r\n\r\ngood", 12);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(verdict.coverage.bytes_seen, 12);
    ck_assert_int_eq(scan("", 0).status, ASSAY_STATUS_CLEAN);
}
END_TEST

START_TEST(large_content_passes_by_descriptor)
{
    size_t len = 64u << 20;
    char *text = calloc(1, len);
    assay_verdict verdict;

    ck_assert_ptr_nonnull(text);
    memcpy(text + len - 4, "EVIL", 4);
    write_config("");
    start();
    verdict = scan(text, len);
    free(text);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(verdict.coverage.bytes_total, len);
}
END_TEST

static int open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

START_TEST(a_crash_costs_one_verdict)
{
    int before = open_descriptors();
    assay_verdict verdict;

    write_config("crash = on");
    start();
    for (int i = 0; i < 3; i++) { /* each on a fresh process */
        verdict = scan("x", 1);
        ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
        ck_assert_int_eq(verdict.reason, ASSAY_REASON_CRASHED);
        ck_assert_msg(strncmp(verdict.info, "error", 5) == 0, "%s",
                      verdict.info);
    }
    ck_assert_int_eq(scan("", 0).status, ASSAY_STATUS_CLEAN);
    assay_scanner_stop(&scanner);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}
END_TEST

/* What goes wrong on our side does not cost the process. */
START_TEST(no_free_descriptor_is_not_a_crash)
{
    struct rlimit before, none;
    assay_verdict verdict;

    write_config("");
    start();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    verdict = scan("x", 1);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_DESCRIPTORS);
    ck_assert_int_eq(scan("x", 1).status, ASSAY_STATUS_CLEAN);
}
END_TEST

START_TEST(an_engine_that_does_not_open_is_a_failed_start)
{
    write_config("refuse = on");
    ck_assert_int_eq(
        assay_scanner_start(config, ASSAY_TEST_SCANNER, &scanner, &err),
        ASSAY_E_UNAVAILABLE);
    ck_assert_ptr_null(scanner);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_a_failed_start)
{
    write_config("");
    ck_assert_int_ne(
        assay_scanner_start(config, "/nonexistent", &scanner, &err), ASSAY_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent"));
}
END_TEST

START_TEST(an_engine_name_too_long_is_said_before_asking)
{
    char name[ASSAY_NAME_MAX + 2];
    assay_message *message = NULL;
    assay_verdict verdict;

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    write_config("");
    start();
    ck_assert_int_eq(assay_message_new_borrowed("x", 1, NULL, &message, &err),
                     ASSAY_OK);
    assay_scanner_scan(scanner, message, name, 1000, &verdict);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_NAME_TOO_LONG);
    assay_message_free(&message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scanner");
    TCase *tc = tcase_create("process");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, verdicts_come_back);
    tcase_add_test(tc, large_content_passes_by_descriptor);
    tcase_add_test(tc, a_crash_costs_one_verdict);
    tcase_add_test(tc, no_free_descriptor_is_not_a_crash);
    tcase_add_test(tc, an_engine_that_does_not_open_is_a_failed_start);
    tcase_add_test(tc, a_program_that_is_not_there_is_a_failed_start);
    tcase_add_test(tc, an_engine_name_too_long_is_said_before_asking);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
