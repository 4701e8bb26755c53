/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading a cartridge: a file that is none, or one for another interface, is
 * refused with a sentence that names the file and the member, before any of
 * its functions runs.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cartridge_object.h"
#include "check_run.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__cartridge_object object;
static char work[64];

static void setup(void)
{
    (void)snprintf(work, sizeof work, "/tmp/assay-test-cartridge-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(work));
}

static void teardown(void)
{
    char command[128];

    assay__cartridge_object_unload(&object);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", work);
    ck_assert_int_eq(system(command), 0);
}

static void refuse(const char *path, assay_rc want_rc, const char *want)
{
    char full[ASSAY_ERROR_MAX];
    assay_error err = {0};
    assay_rc rc = assay__cartridge_object_load(path, &object, &err);

    (void)snprintf(full, sizeof full, "%s: %s", path, want);
    ck_assert_msg(rc == want_rc && !strncmp(err.msg, full, strlen(full)),
                  "got %d \"%s\", want %d \"%s\"", rc, err.msg, want_rc, full);
    ck_assert_ptr_null(object.handle);
}

START_TEST(a_good_cartridge_is_loaded)
{
    assay_error err = {0};

    ck_assert_msg(assay__cartridge_object_load(CARTRIDGES "/plain.so", &object,
                                               &err) == ASSAY_OK,
                  "%s", err.msg);
    ck_assert_str_eq(object.table.name, "sample");
    ck_assert_ptr_nonnull(object.table.score);
    ck_assert_ptr_null(object.table.analyze);
    ck_assert_ptr_null(object.table.score_ip);
}
END_TEST

static const struct {
    const char *file, *want;
} bad[] = {
    {"major", "built for cartridge ABI 2.0, this backend has 1.0"},
    {"minor", "built for cartridge ABI 1.99, this backend has 1.0"},
    {"short", "'struct_size' is 24, cartridge ABI 1.0 needs 72"},
    {"long", "'struct_size' is 4096, but its cartridge table has 72 bytes"},
    {"noname", "'name' is missing in its cartridge table"},
    {"emptyname", "'name' is not 1 to 64 printable characters"},
    {"badname", "'name' is not 1 to 64 printable characters"},
    {"noinit", "'init' is missing in its cartridge table"},
    {"noshutdown", "'shutdown' is missing in its cartridge table"},
    {"noscore", "'score' is missing in its cartridge table"},
    {"noversion", "'version' is missing in its cartridge table"},
    {"notable", "is not a cartridge: it has no 'assay_authority_cartridge_v1'"},
    {"function", "is not a cartridge: it has no "
                 "'assay_authority_cartridge_v1'"},
    {"small", "its 'assay_authority_cartridge_v1' is no cartridge table: 4 "
              "bytes"},
    {"undefined", "cannot be loaded: undefined symbol: assay_tests_nowhere"},
};

START_TEST(a_bad_cartridge_is_refused_by_name_and_member)
{
    char path[256];

    (void)snprintf(path, sizeof path, CARTRIDGES "/bad_%s.so", bad[_i].file);
    refuse(path, ASSAY_E_ABI, bad[_i].want);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    char path[128];

    refuse("/nonexistent/acme.so", ASSAY_E_NOTFOUND, "no such file");
    refuse("/tmp", ASSAY_E_ABI, "is not a shared object: it is a folder");
    (void)snprintf(path, sizeof path, "%s/fifo", work);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuse(path, ASSAY_E_ABI, "is not a shared object");
}
END_TEST

/* The dynamic linker would end the process with SIGBUS. */
START_TEST(a_file_cut_short_is_refused)
{
    char path[128], command[512];

    (void)snprintf(path, sizeof path, "%s/cut.so", work);
    (void)snprintf(command, sizeof command,
                   "head -c 5000 '" CARTRIDGES "/sample.so' > '%s'", path);
    ck_assert_int_eq(system(command), 0);
    refuse(path, ASSAY_E_ABI, "is not a shared object: it is cut short");
    ck_assert_int_eq(truncate(path, 3), 0);
    refuse(path, ASSAY_E_ABI, "is not a shared object");
}
END_TEST

static void put_file(const char *name, const char *path)
{
    char command[512];

    (void)snprintf(command, sizeof command,
                   "cp '" CARTRIDGES "/%s' '%s.new' && mv '%s.new' '%s'", name,
                   path, path, path);
    ck_assert_int_eq(system(command), 0);
}

/* `sample` analyzes and `plain` does not, so one knows which is there. Whether
 * an object is ever unloaded is not ours to say (-z nodelete). */
START_TEST(a_file_that_was_replaced_is_noticed)
{
    struct assay__cartridge_object second;
    assay_error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/a.so", work);
    put_file("sample.so", path);
    ck_assert_int_eq(assay__cartridge_object_load(path, &object, &err),
                     ASSAY_OK);
    ck_assert(assay__cartridge_object_is_current(&object, path));
    put_file("sample.so", path); /* the same again */
    ck_assert(assay__cartridge_object_is_current(&object, path));
    put_file("plain.so", path);
    ck_assert_int_eq(assay__cartridge_object_load(path, &second, &err),
                     ASSAY_OK);
    ck_assert_ptr_nonnull(second.table.analyze);
    ck_assert(!assay__cartridge_object_is_current(&second, path));
    assay__cartridge_object_unload(&second);
    assay__cartridge_object_unload(&object);
    ck_assert_int_eq(assay__cartridge_object_load(path, &object, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__cartridge_object_is_current(&object, path),
                     object.table.analyze == NULL);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!assay__cartridge_object_is_current(&object, path));
    put_file("sample.so", path);
    ck_assert_int_eq(truncate(path, 5000), 0);
    ck_assert(!assay__cartridge_object_is_current(&object, path));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cartridge_object");
    TCase *tc = tcase_create("load");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_cartridge_is_loaded);
    tcase_add_loop_test(tc, a_bad_cartridge_is_refused_by_name_and_member, 0,
                        (int)COUNT_OF(bad));
    tcase_add_test(tc, what_is_no_file_is_refused);
    tcase_add_test(tc, a_file_cut_short_is_refused);
    tcase_add_test(tc, a_file_that_was_replaced_is_noticed);
    return check_run(suite);
}
