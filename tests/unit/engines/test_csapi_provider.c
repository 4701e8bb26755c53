/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading a provider of the csapi engine: a file that is none, or one for
 * another interface, is refused with a sentence that names the file and the
 * member, before any of its code runs.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"
#include "csapi_provider.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__csapi_provider provider;
static char work[64];

static void setup(void)
{
    (void)snprintf(work, sizeof work, "/tmp/assay-test-csapi-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(work));
}

static void teardown(void)
{
    char command[128];

    assay__csapi_provider_unload(&provider);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", work);
    ck_assert_int_eq(system(command), 0);
}

static void refuse(const char *path, assay_rc want_rc, const char *want)
{
    char full[ASSAY_ERROR_MAX];
    assay_error err = {0};
    assay_rc rc = assay__csapi_provider_load(path, &provider, &err);

    (void)snprintf(full, sizeof full, "%s: %s", path, want);
    ck_assert_msg(rc == want_rc && !strncmp(err.msg, full, strlen(full)),
                  "got %d \"%s\", want %d \"%s\"", rc, err.msg, want_rc, full);
    ck_assert_ptr_null(provider.handle);
}

START_TEST(a_good_provider_is_loaded)
{
    assay_error err = {0};

    ck_assert_msg(assay__csapi_provider_load(PROVIDERS "/fake.so", &provider,
                                             &err) == ASSAY_OK,
                  "%s", err.msg);
    ck_assert_str_eq(provider.table.name, "fake");
    ck_assert_str_eq(provider.table.version, "3");
    ck_assert_ptr_nonnull(provider.ops.scan_memory);
    ck_assert_ptr_null(provider.ops.scan_file);
}
END_TEST

static const struct {
    const char *file, *want;
} bad[] = {
    {"major", "built for provider ABI 2.0, this engine has 1.0"},
    {"minor", "built for provider ABI 1.99, this engine has 1.0"},
    {"short", "'struct_size' is 24, provider ABI 1.0 needs 48"},
    {"long", "'struct_size' is 4096, but its provider table has 48 bytes"},
    {"noname", "'name' is missing in its provider table"},
    {"badname", "'name' is \"Not A Name\"; it must be a-z, 0-9 and _, at most "
                "40 of them"},
    {"longname", "'name' is \"a2345678901234567890123456789012345678901\"; it "
                 "must be"},
    {"noversion", "'version' is missing in its provider table"},
    {"noops", "'ops' is missing in its provider table"},
    {"shortops", "'struct_size' of its calls is 8, provider ABI 1.0 needs 72"},
    {"noinit", "'initialize' is missing in its calls"},
    {"noscan", "'scan_memory' or 'scan_file' is missing in its calls"},
    {"noversions", "'versions' is missing in its calls"},
    {"noshutdown", "'shutdown' is missing in its calls"},
    {"notable", "is not a provider: it has no 'assay_csapi_provider_v1'"},
    {"function", "is not a provider: it has no 'assay_csapi_provider_v1'"},
    {"small", "its 'assay_csapi_provider_v1' is no provider table: 4 bytes"},
    {"undefined", "cannot be loaded: undefined symbol: assay_tests_nowhere"},
};

START_TEST(a_bad_provider_is_refused_by_name_and_member)
{
    char path[256];

    (void)snprintf(path, sizeof path, PROVIDERS "/bad_%s.so", bad[_i].file);
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
                   "head -c 5000 '" PROVIDERS "/fake.so' > '%s'", path);
    ck_assert_int_eq(system(command), 0);
    refuse(path, ASSAY_E_ABI, "is not a shared object: it is cut short");
    ck_assert_int_eq(truncate(path, 3), 0);
    refuse(path, ASSAY_E_ABI, "is not a shared object");
}
END_TEST

START_TEST(the_shipped_provider_lies_beside_the_engines)
{
    char path[512];

    ck_assert(assay__csapi_provider_shipped(path, sizeof path));
    ck_assert_msg(
        strlen(path) > strlen("/../providers/clamav.so") &&
            !strcmp(path + strlen(path) - strlen("/../providers/clamav.so"),
                    "/../providers/clamav.so"),
        "%s", path);
    ck_assert(!assay__csapi_provider_shipped(path, 20));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi_provider");
    TCase *tc = tcase_create("load");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_provider_is_loaded);
    tcase_add_loop_test(tc, a_bad_provider_is_refused_by_name_and_member, 0,
                        (int)COUNT_OF(bad));
    tcase_add_test(tc, what_is_no_file_is_refused);
    tcase_add_test(tc, a_file_cut_short_is_refused);
    tcase_add_test(tc, the_shipped_provider_lies_beside_the_engines);
    return check_run(suite);
}
