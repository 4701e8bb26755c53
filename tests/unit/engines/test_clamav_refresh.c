/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Signatures that change while the engine scans (C17, C18): newer ones are
 * taken in, damaged ones are not, and every scan has the old or the new ones.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"
#include "clamav_fixture.h"

enum { SETTLE_MS = 150 };

static struct assay__clamav *self;
static const char threat[] = THREAT_A THREAT_B;

static void setup(void)
{
    fixture_open_ready();
    self = fixture_instance;
    self->settle_ms = SETTLE_MS;
}

static bool refresh(assay_error *err)
{
    bool changed = true;
    assay_error own = {0};
    assay_rc rc = assay__clamav_ops.refresh(self, &changed, err ? err : &own);

    ck_assert_msg(err || rc == ASSAY_OK, "%s", own.msg);
    ck_assert_msg(!err || rc != ASSAY_OK, "it was not refused");
    return changed;
}

static assay_finding scan(const char *data, size_t size)
{
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE, .data = data, .size = size};
    const assay_scan_args args = {&content,
                                  assay__clamav_now_ms() + TIMEOUT_MS};
    assay_finding finding = {.coverage.bytes_total = size};

    assay__clamav_ops.scan(self, &args, &finding);
    return finding;
}

static void expect_name(const char *name)
{
    assay_finding finding = scan(threat, sizeof threat - 1);
    char full[64];

    snprintf(full, sizeof full, "%s.UNOFFICIAL", name);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_THREAT);
    ck_assert_str_eq(finding.info, full);
}

static void get_epoch(char *epoch)
{
    assay__clamav_ops.epoch(self, epoch, ASSAY_EPOCH_MAX);
}

static bool version_says(const char *text)
{
    char version[1024];

    assay__clamav_ops.version(self, version, sizeof version);
    return strstr(version, text) != NULL;
}

START_TEST(nothing_new_is_no_change)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];

    get_epoch(before);
    ck_assert(!refresh(NULL));
    get_epoch(after);
    ck_assert_str_eq(before, after);
    ck_assert(!version_says("refused"));
}
END_TEST

START_TEST(a_new_file_is_found)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    static const char other[] = "an unlikely text 5e1f";

    get_epoch(before);
    ck_assert_int_eq(scan(other, sizeof other - 1).found, ASSAY_FOUND_NOTHING);
    fixture_file(fixture_signatures, "more.ndb",
                 FIRST("Another:0:*:616e20756e6c696b656c792074657874\n"));
    ck_assert(refresh(NULL));
    get_epoch(after);
    ck_assert_str_ne(before, after);
    ck_assert_int_eq(scan(other, sizeof other - 1).found, ASSAY_FOUND_THREAT);
    expect_name("Test-Threat");
    ck_assert(!refresh(NULL));
}
END_TEST

/* The old file comes back with its old time: still another epoch, or verdicts
 * of the set in between could be taken for its own. */
START_TEST(what_comes_back_has_an_epoch_of_its_own)
{
    char first[ASSAY_EPOCH_MAX], second[ASSAY_EPOCH_MAX],
        third[ASSAY_EPOCH_MAX];
    char path[192], aside[192];

    snprintf(path, sizeof path, "%s/test.ndb", fixture_signatures);
    snprintf(aside, sizeof aside, "%s/aside", fixture_root);
    get_epoch(first);
    ck_assert_int_eq(rename(path, aside), 0);
    fixture_signature("Tast-Threat");
    ck_assert(refresh(NULL));
    get_epoch(second);
    expect_name("Tast-Threat");
    ck_assert_int_eq(rename(aside, path), 0);
    ck_assert(refresh(NULL));
    get_epoch(third);
    expect_name("Test-Threat");
    ck_assert_str_ne(first, second);
    ck_assert_str_ne(second, third);
    ck_assert_str_ne(first, third);
}
END_TEST

/* ---- C17 --------------------------------------------------------------- */

static void truncate_file(void)
{
    fixture_file(fixture_signatures, "test.ndb",
                 FIRST("A-Name:0:*:aabbccdd\nB-Name:0"));
}

static void flip_bits(void)
{
    char data[1024] = "ClamAV-VDB:10 Jan 2025 00-00 +0000:27000:100:90:X:X:"
                      "builder:1700000000";

    memset(data + 80, ' ', 512 - 80);
    memset(data + 512, 0x5a, 512);
    fixture_file(fixture_signatures, "daily.cvd", data, sizeof data);
}

static void remove_test(void)
{
    char path[192];

    snprintf(path, sizeof path, "%s/test.ndb", fixture_signatures);
    ck_assert_int_eq(unlink(path), 0);
}

static void empty_file(void)
{
    fixture_file(fixture_signatures, "test.ndb", "", 0);
}

static void no_signature(void)
{
    remove_test();
    fixture_file(fixture_signatures, "local.ign2", FIRST("Some-Name\n"));
}

static void no_folder(void)
{
    char aside[192];

    snprintf(aside, sizeof aside, "%s/aside", fixture_root);
    ck_assert_int_eq(rename(fixture_signatures, aside), 0);
}

static void fifo(void)
{
    char path[192];

    snprintf(path, sizeof path, "%s/x.ndb", fixture_signatures);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static const struct {
    void (*spoil)(void);
    const char *want;
} spoils[] = {
    {truncate_file, "test.ndb: Malformed database"},
    {flip_bits, "daily.cvd: Can't verify database integrity"},
    {remove_test, "has no signature files"},
    {empty_file, "test.ndb: "},
    {no_signature, "has no signatures"},
    {no_folder, "does not exist"},
    {fifo, "x.ndb is not a regular file"},
};

/* AV-31: `version` tells that the definitions are not the newest. */
START_TEST(a_spoilt_folder_leaves_the_old_in_use)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    assay_error err = {0}, again = {0};

    get_epoch(before);
    spoils[_i].spoil();
    ck_assert(!refresh(&err));
    ck_assert_msg(strstr(err.msg, spoils[_i].want), "got: %s", err.msg);
    expect_name("Test-Threat");
    get_epoch(after);
    ck_assert_str_eq(before, after);
    ck_assert(version_says("Newer definitions refused: "));
    ck_assert(version_says(spoils[_i].want));
    ck_assert_int_eq(assay__clamav_ops.probe(self, NULL), ASSAY_OK);
    ck_assert(!refresh(&again));
    ck_assert_str_eq(err.msg, again.msg);
}
END_TEST

START_TEST(an_unreadable_folder_leaves_the_old_in_use)
{
    assay_error err = {0};

    ck_assert_int_eq(chown(fixture_root, 65534, 65534), 0);
    ck_assert_int_eq(chown(self->folder.path, 65534, 65534), 0);
    ck_assert_int_eq(chown(fixture_temporary, 65534, 65534), 0);
    ck_assert_int_eq(chown(fixture_signatures, 65534, 65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    ck_assert_int_eq(chmod(fixture_signatures, 0), 0);
    ck_assert(!refresh(&err));
    ck_assert_msg(strstr(err.msg, "cannot read the signature folder"), "%s",
                  err.msg);
    expect_name("Test-Threat");
    ck_assert_int_eq(chmod(fixture_signatures, 0700), 0);
}
END_TEST

/* It is loaded once, not each minute, until something changes. */
START_TEST(spoilt_signatures_are_not_loaded_again_and_again)
{
    assay_error err = {0};
    int64_t retry_ms;

    truncate_file();
    ck_assert(!refresh(&err));
    retry_ms = self->retry_ms;
    ck_assert_int_gt(retry_ms, assay__clamav_now_ms() + 60 * 1000);
    ck_assert(!refresh(&err));
    ck_assert_int_eq(self->retry_ms, retry_ms);
    self->retry_ms = 0; /* as if the time had come */
    ck_assert(!refresh(&err));
    ck_assert_int_ge(self->retry_ms, retry_ms);
    fixture_signature("Tast-Threat");
    ck_assert(refresh(NULL));
    expect_name("Tast-Threat");
    ck_assert(!version_says("refused"));
}
END_TEST

struct writer {
    char path[192];
    _Atomic bool stop;
};

/* A line at a time, so that each half loads well. */
static void *write_slowly(void *arg)
{
    struct writer *writer = arg;
    FILE *out = fopen(writer->path, "we");

    for (int i = 0; !atomic_load(&writer->stop); i++) {
        fprintf(out, "Slow-%d:0:*:%032x\n", i, i + 1);
        fflush(out);
        usleep(10000);
    }
    fclose(out);
    return NULL;
}

/* A copy in progress is left alone; complete, it is loaded. */
START_TEST(a_file_that_is_being_copied_is_waited_for)
{
    struct writer writer = {.stop = false};
    assay_error err = {0};
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    pthread_t thread;

    get_epoch(before);
    self->settle_ms = TIMEOUT_MS; /* however seldom the writer may run */
    snprintf(writer.path, sizeof writer.path, "%s/slow.ndb",
             fixture_signatures);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    while (access(writer.path, F_OK) != 0)
        usleep(1000);
    for (int i = 1; i < 10; i++)
        ck_assert(!refresh(NULL));
    get_epoch(after);
    ck_assert_str_eq(before, after);
    ck_assert(!refresh(&err)); /* it goes on for too long */
    ck_assert_ptr_nonnull(strstr(err.msg, "never stays unchanged"));
    atomic_store(&writer.stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    self->settle_ms = SETTLE_MS;
    ck_assert(refresh(NULL));
    get_epoch(after);
    ck_assert_str_ne(before, after);
    expect_name("Test-Threat");
}
END_TEST

/* freshclam's folder beside the files is no change. */
START_TEST(the_workplace_of_an_updater_is_no_change)
{
    char path[192];

    snprintf(path, sizeof path, "%s/tmp.0123456789", fixture_signatures);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    fixture_file(fixture_signatures, "freshclam.dat", FIRST("x"));
    ck_assert(!refresh(NULL));
}
END_TEST

/* C18: without room for both, the old ones stay. */
START_TEST(without_memory_for_both_the_old_stay)
{
    struct rlimit limit;
    assay_error err = {0};

    fixture_signature("Tast-Threat");
    self->present->footprint = (uint64_t)1 << 50;
    ck_assert(!refresh(&err));
    ck_assert_msg(strstr(err.msg, "of the memory of this machine"), "%s",
                  err.msg);
    self->retry_ms = 0;
    self->present->footprint = 64 << 20;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = assay__clamav_memory_used() + (32 << 20);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert(!refresh(&err));
    ck_assert_msg(strstr(err.msg, "RLIMIT_AS"), "%s", err.msg);
    expect_name("Test-Threat");
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    self->retry_ms = 0;
    ck_assert(refresh(NULL));
    expect_name("Tast-Threat");
}
END_TEST

/* The canary is asked before new signatures are used, and a temporary folder
 * without room is no reason to give up the old ones. */
START_TEST(new_signatures_are_proven_before_they_are_used)
{
    uint64_t inodes = self->guard.claimed.inodes;
    assay_error err = {0};

    self->timeout_ms = 100; /* of the wait for room */
    fixture_signature("Tast-Threat");
    self->guard.claimed.inodes = UINT64_MAX / 2;
    self->guard.claimed.bytes = UINT64_MAX / 2;
    ck_assert(!refresh(&err));
    ck_assert_ptr_nonnull(strstr(err.msg, "scanning may need"));
    self->guard.claimed.inodes = inodes;
    self->guard.claimed.bytes = 0;
    self->timeout_ms = TIMEOUT_MS;
    expect_name("Test-Threat");
    memset(self->canary.samples[3].data, ' ', self->canary.samples[3].size);
    self->retry_ms = 0;
    ck_assert(!refresh(&err));
    ck_assert_msg(strstr(err.msg, "the canary failed"), "%s", err.msg);
    expect_name("Test-Threat");
}
END_TEST

/* ---- scans meanwhile --------------------------------------------------- */

enum { SCANNERS = 8, SWAPS = 6 };

static _Atomic bool stop;
static _Atomic unsigned scans, wrong;

static void *scan_on(void *arg)
{
    static const char good[] = "nothing to see here";

    while (!atomic_load(&stop)) {
        assay_finding bad = scan(threat, sizeof threat - 1);
        assay_finding clean = scan(good, sizeof good - 1);

        if (bad.found != ASSAY_FOUND_THREAT ||
            (strcmp(bad.info, "Test-Threat.UNOFFICIAL") != 0 &&
             strcmp(bad.info, "Tast-Threat.UNOFFICIAL") != 0) ||
            clean.found != ASSAY_FOUND_NOTHING)
            atomic_fetch_add(&wrong, 1);
        atomic_fetch_add(&scans, 1);
    }
    return arg;
}

START_TEST(scans_go_on_while_signatures_change)
{
    pthread_t threads[SCANNERS];
    unsigned before = 0;

    atomic_store(&stop, false);
    for (int i = 0; i < SCANNERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, scan_on, NULL), 0);
    for (int i = 0; i < SWAPS; i++) {
        fixture_signature(i % 2 ? "Test-Threat" : "Tast-Threat");
        ck_assert(refresh(NULL));
        while (atomic_load(&scans) <= before)
            usleep(1000);
        before = atomic_load(&scans);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < SCANNERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
    expect_name("Test-Threat");
    ck_assert_uint_eq(self->present->users, 0);
}
END_TEST

/* A scan that does not end keeps its signatures, and nothing waits for it. */
START_TEST(signatures_in_use_are_freed_later)
{
    struct assay__clamav_database *held = assay__clamav_signatures_take(self);

    self->drain_ms = 50;
    fixture_signature("Tast-Threat");
    ck_assert(refresh(NULL));
    ck_assert_ptr_eq(self->retired, held);
    ck_assert_ptr_ne(self->present, held);
    assay__clamav_signatures_drop(self, held);
    ck_assert(!refresh(NULL));
    ck_assert_ptr_null(self->retired);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamav_refresh");
    TCase *tcase = tcase_create("signatures");

    tcase_add_checked_fixture(tcase, setup, fixture_close_ready);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, nothing_new_is_no_change);
    tcase_add_test(tcase, a_new_file_is_found);
    tcase_add_test(tcase, what_comes_back_has_an_epoch_of_its_own);
    tcase_add_loop_test(tcase, a_spoilt_folder_leaves_the_old_in_use, 0,
                        (int)COUNT_OF(spoils));
    if (!geteuid())
        tcase_add_test(tcase, an_unreadable_folder_leaves_the_old_in_use);
    tcase_add_test(tcase, spoilt_signatures_are_not_loaded_again_and_again);
    tcase_add_test(tcase, a_file_that_is_being_copied_is_waited_for);
    tcase_add_test(tcase, the_workplace_of_an_updater_is_no_change);
    tcase_add_test(tcase, without_memory_for_both_the_old_stay);
    tcase_add_test(tcase, new_signatures_are_proven_before_they_are_used);
    tcase_add_test(tcase, scans_go_on_while_signatures_change);
    tcase_add_test(tcase, signatures_in_use_are_freed_later);
    return check_run(suite);
}
