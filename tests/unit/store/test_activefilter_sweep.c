/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* What a crash left in tmp of ActiveFilter's mailbox goes, by the file system's
 * clock. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activefilter_kit.h"
#include "base/wall_clock.h"
#include "check_run.h"

enum { STALE_S = 36 * 3600 + 60 };

static int64_t later_s; /* how far the host's clock is ahead */

static int64_t clock_of_host(void *arg)
{
    (void)arg;
    return assay__wall_clock_ms(NULL) + later_s * 1000;
}

static const struct assay__wall_clock host_clock = {.now_ms = clock_of_host};

static assay_activefilter *filter;

static void setup(void)
{
    kit_setup();
    kit.options.clock = &host_clock;
    later_s = 0;
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    free(kit_take(&(size_t){0}));
}

static void teardown(void)
{
    assay__activefilter_free(&filter);
    kit_teardown();
}

static void put_in_tmp(const char *name)
{
    char path[2 * PATH_MAX];
    int fd;

    (void)snprintf(path, sizeof path, "%s/tmp/%s", kit.box, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(fd), 0);
}

static void make_stale(const char *name)
{
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = (time_t)assay__wall_clock_s(NULL) - STALE_S}};
    char path[2 * PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/tmp/%s", kit.box, name);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

START_TEST(stale_mails_of_ours_are_removed)
{
    static const char ours[] = "1796022000.A00V0R00.activefilter";

    put_in_tmp(ours);
    put_in_tmp("1796022000.M1P2_3.somebody");
    assay__activefilter_recover(filter);
    ck_assert_uint_eq(kit_count("tmp"), 2); /* young */
    later_s = STALE_S; /* not what the file system goes by */
    assay__activefilter_recover(filter);
    ck_assert_uint_eq(kit_count("tmp"), 2);
    make_stale(ours);
    assay__activefilter_recover(filter);
    ck_assert_uint_eq(kit_count("tmp"), 1); /* that of somebody else */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activefilter_sweep");
    TCase *tcase = tcase_create("sweep");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, stale_mails_of_ours_are_removed);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
