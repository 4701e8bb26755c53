/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Rules that change while the engine scans: newer ones are taken in, broken
 * ones are not, and every scan has the old or the new ones.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"
#include "yara_fixture.h"

enum { SETTLE_MS = 150 };

#define EVIL(name) \
    "rule " name " { strings: $a = \"evil words\" condition: $a }\n"

static struct assay__yara *self;

static void setup(void)
{
    fixture_setup();
    fixture_rule("a.yar", EVIL("First"));
    fixture_open();
    self = fixture_instance;
    self->settle_ms = SETTLE_MS;
}

static bool refresh(assay_error *err)
{
    bool changed = true;
    assay_error own = {0};
    assay_rc rc = assay__yara_ops.refresh(self, &changed, err ? err : &own);

    ck_assert_msg(err || rc == ASSAY_OK, "%s", own.msg);
    ck_assert_msg(!err || rc != ASSAY_OK, "it was not refused");
    return changed;
}

static uint64_t newer(void)
{
    uint64_t set = 77;

    ck_assert_int_eq(assay__yara_ops.newer(self, &set, NULL), ASSAY_OK);
    return set;
}

static void expect_name(const char *name)
{
    ck_assert_str_eq(fixture_scan("evil words").info, name);
}

static void get_epoch(char *epoch)
{
    assay__yara_ops.epoch(self, epoch, ASSAY_EPOCH_MAX);
}

static bool version_says(const char *text)
{
    char version[1024];

    assay__yara_ops.version(self, version, sizeof version);
    return strstr(version, text) != NULL;
}

START_TEST(nothing_new_is_no_change)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];

    get_epoch(before);
    ck_assert_int_eq(strncmp(before, "yara-4.", 7), 0);
    ck_assert(!refresh(NULL));
    ck_assert_uint_eq(newer(), 0);
    fixture_rule("notes.txt", "no rule");
    ck_assert(!refresh(NULL));
    ck_assert_uint_eq(newer(), 0);
    get_epoch(after);
    ck_assert_str_eq(before, after);
}
END_TEST

/* Written again with the same bytes: nothing is forgotten for that. */
START_TEST(a_touched_file_is_no_change)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];

    get_epoch(before);
    fixture_rule("a.yar", EVIL("First"));
    ck_assert_uint_eq(newer(), 0);
    ck_assert(!refresh(NULL));
    get_epoch(after);
    ck_assert_str_eq(before, after);
}
END_TEST

static void add_file(void)
{
    fixture_rule("b.yar", "rule Second { condition: filesize > 5 }");
}

static void change_bytes(void)
{
    fixture_rule("a.yar", EVIL("Fitst")); /* of the same size */
}

static void add_in_folder(void)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/more", fixture_rules);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    fixture_rule("more/c.yara", EVIL("Third"));
}

static void rename_file(void)
{
    char from[128], to[128];

    (void)snprintf(from, sizeof from, "%s/a.yar", fixture_rules);
    (void)snprintf(to, sizeof to, "%s/z.yar", fixture_rules);
    ck_assert_int_eq(rename(from, to), 0);
}

static const struct {
    void (*change)(void);
    const char *code; /* afterwards */
} changes[] = {
    {add_file, "a.yar:First"},
    {change_bytes, "a.yar:Fitst"},
    {add_in_folder, "a.yar:First"},
    {rename_file, "z.yar:First"},
};

START_TEST(a_change_is_seen_and_loaded)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    uint64_t set;

    get_epoch(before);
    changes[_i].change();
    set = newer();
    ck_assert_uint_ne(set, 0);
    ck_assert_uint_eq(newer(), set);
    ck_assert(refresh(NULL));
    get_epoch(after);
    ck_assert_str_ne(before, after);
    ck_assert_str_eq(fixture_scan("evil words").scan_code, changes[_i].code);
    ck_assert_uint_eq(newer(), 0);
    ck_assert(!refresh(NULL));
}
END_TEST

/* What comes back has an epoch of its own: verdicts of the rules in between
 * must not be taken for those of the old ones. */
START_TEST(what_comes_back_has_an_epoch_of_its_own)
{
    char first[ASSAY_EPOCH_MAX], third[ASSAY_EPOCH_MAX];

    get_epoch(first);
    fixture_rule("a.yar", EVIL("Other"));
    ck_assert(refresh(NULL));
    fixture_rule("a.yar", EVIL("First"));
    ck_assert(refresh(NULL));
    get_epoch(third);
    expect_name("First");
    ck_assert_str_ne(first, third);
}
END_TEST

/* ---- what is refused ---------------------------------------------------- */

static void break_file(void)
{
    fixture_rule("a.yar", "rule First {\n condition: tru }");
}

static void break_another(void)
{
    fixture_rule("b.yar", "rule Second { condition: ");
}

static void remove_all(void)
{
    fixture_remove("a.yar");
}

static void empty_file(void)
{
    fixture_rule("a.yar", "");
}

static void no_text(void)
{
    fixture_file("b.yar", "\0\0\0", 3);
}

static const struct {
    void (*spoil)(void);
    const char *want;
} spoils[] = {
    {break_file, "a.yar:2: undefined identifier 'tru'"},
    {break_another, "b.yar:1: syntax error"},
    {remove_all, "no file *.yar"},
    {empty_file, "there is no rule"},
    {no_text, "b.yar: no text"},
};

START_TEST(a_spoilt_folder_leaves_the_old_in_use)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    assay_error err = {0}, again = {0};

    get_epoch(before);
    spoils[_i].spoil();
    ck_assert(!refresh(&err));
    ck_assert_msg(strstr(err.msg, spoils[_i].want), "got: %s", err.msg);
    expect_name("First");
    get_epoch(after);
    ck_assert_str_eq(before, after);
    ck_assert(version_says("Newer definitions refused: "));
    ck_assert_int_eq(assay__yara_ops.probe(self, NULL), ASSAY_OK);
    ck_assert(!refresh(&again));
    ck_assert_str_eq(err.msg, again.msg);
}
END_TEST

/* Not compiled again each minute, until something changes. */
START_TEST(broken_rules_are_not_compiled_again_and_again)
{
    assay_error err = {0};

    break_file();
    ck_assert(!refresh(&err));
    ck_assert(!refresh(&err));
    ck_assert_uint_eq(fixture_logged("yara.broken_rules"), 1);
    fixture_rule("a.yar", EVIL("Mended"));
    ck_assert(refresh(NULL));
    expect_name("Mended");
    ck_assert(!version_says("refused"));
}
END_TEST

START_TEST(what_is_put_back_is_no_failure)
{
    assay_error err = {0};

    break_file();
    ck_assert(!refresh(&err));
    fixture_rule("a.yar", EVIL("First"));
    ck_assert(!refresh(NULL));
    ck_assert(!version_says("refused"));
    break_file();
    ck_assert(!refresh(&err));
}
END_TEST

/* ---- while it works ----------------------------------------------------- */

struct writer {
    char path[128];
    _Atomic bool stop;
};

/* A rule at a time, so that each half compiles. */
static void *write_slowly(void *arg)
{
    struct writer *writer = arg;
    FILE *out = fopen(writer->path, "we");

    for (int i = 0; !atomic_load(&writer->stop); i++) {
        fprintf(out, "rule r%d { condition: filesize == %d }\n", i, i + 1000);
        fflush(out);
        usleep(10000);
    }
    fclose(out);
    return NULL;
}

START_TEST(a_file_that_is_being_written_is_waited_for)
{
    struct writer writer = {.stop = false};
    assay_error err = {0};
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    pthread_t thread;

    get_epoch(before);
    self->settle_ms = TIMEOUT_MS; /* however seldom the writer may run */
    (void)snprintf(writer.path, sizeof writer.path, "%s/slow.yar",
                   fixture_rules);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    while (access(writer.path, F_OK) != 0)
        usleep(1000);
    for (int i = 1; i < 10; i++)
        ck_assert(!refresh(NULL));
    get_epoch(after);
    ck_assert_str_eq(before, after);
    ck_assert(!refresh(&err)); /* it goes on for too long */
    ck_assert_ptr_nonnull(strstr(err.msg, "never stay unchanged"));
    atomic_store(&writer.stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    self->settle_ms = SETTLE_MS;
    ck_assert(refresh(NULL));
    get_epoch(after);
    ck_assert_str_ne(before, after);
}
END_TEST

enum { THREADS = 4, SWAPS = 20 };

static _Atomic bool stop_scans;
static _Atomic unsigned wrong, scans;

static void *scan_on(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop_scans)) {
        assay_finding got = fixture_scan("evil words");
        char epoch[ASSAY_EPOCH_MAX];

        if (got.found != ASSAY_FOUND_THREAT ||
            (strcmp(got.info, "First") != 0 && strcmp(got.info, "Second") != 0))
            atomic_fetch_add(&wrong, 1);
        if (assay__yara_ops.probe(self, NULL) != ASSAY_OK)
            atomic_fetch_add(&wrong, 1);
        get_epoch(epoch);
        (void)version_says("x");
        atomic_fetch_add(&scans, 1);
    }
    return NULL;
}

START_TEST(scans_see_the_old_rules_or_the_new_ones)
{
    pthread_t threads[THREADS];

    self->settle_ms = 0;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, scan_on, NULL), 0);
    for (int i = 0; i < SWAPS; i++) {
        unsigned before = atomic_load(&scans);

        fixture_rule("a.yar", i % 2 ? EVIL("First") : EVIL("Second"));
        ck_assert(refresh(NULL));
        while (atomic_load(&scans) < before + THREADS)
            usleep(100);
    }
    atomic_store(&stop_scans, true);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yara_refresh");
    TCase *tc = tcase_create("refresh");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, fixture_teardown);
    tcase_add_test(tc, nothing_new_is_no_change);
    tcase_add_test(tc, a_touched_file_is_no_change);
    tcase_add_loop_test(tc, a_change_is_seen_and_loaded, 0,
                        (int)(sizeof changes / sizeof *changes));
    tcase_add_test(tc, what_comes_back_has_an_epoch_of_its_own);
    tcase_add_loop_test(tc, a_spoilt_folder_leaves_the_old_in_use, 0,
                        (int)(sizeof spoils / sizeof *spoils));
    tcase_add_test(tc, broken_rules_are_not_compiled_again_and_again);
    tcase_add_test(tc, what_is_put_back_is_no_failure);
    tcase_add_test(tc, a_file_that_is_being_written_is_waited_for);
    tcase_add_test(tc, scans_see_the_old_rules_or_the_new_ones);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
