/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "scan/engine_module.h"
#include "check_run.h"

#define ENGINES FAKE_FOLDER "/engines"
#define BAD FAKE_FOLDER "/bad"
#define ALPHA_BYTES_MAX (16u << 20)

/* A folder of the test's own for files that are no engines. */
static char folder[] = "/tmp/assay-engines-XXXXXX";
static char file[sizeof folder + 32];

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/odd.so", folder);
}

static void teardown(void)
{
    (void)unlink(file);
    (void)rmdir(file);
    (void)rmdir(folder);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
}

static void write_file(const void *data, size_t len)
{
    FILE *out = fopen(file, "we");

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(data, 1, len, out), len);
    ck_assert_int_eq(fclose(out), 0);
}

/* The bytes of a real engine; free() them. */
static unsigned char *read_alpha(size_t *len_out)
{
    FILE *in = fopen(ENGINES "/alpha.so", "re");
    unsigned char *data = malloc(ALPHA_BYTES_MAX);

    ck_assert_ptr_nonnull(in);
    ck_assert_ptr_nonnull(data);
    *len_out = fread(data, 1, ALPHA_BYTES_MAX, in);
    (void)fclose(in);
    ck_assert_uint_gt(*len_out, 4096);
    return data;
}

static void assert_refused(const char *path, assay_rc rc, const char *want)
{
    struct assay__engine_module *module = NULL;
    assay_error err = {0};
    char text[ASSAY_ERROR_MAX];

    ck_assert_int_eq(assay__engine_module_load(path, &module, &err), rc);
    ck_assert_ptr_null(module);
    (void)snprintf(text, sizeof text, "%s: %s", path, want);
    ck_assert_msg(strncmp(err.msg, text, strlen(text)) == 0, "got %s, want %s",
                  err.msg, text);
}

/* AV-06 */
START_TEST(engine_is_loaded)
{
    struct assay__engine_module *module = NULL;
    assay_error err = {0};
    const assay_engine_module *table;

    ck_assert_msg(assay__engine_module_load(ENGINES "/alpha.so", &module,
                                            &err) == ASSAY_OK,
                  "%s", err.msg);
    table = assay__engine_module_table(module);
    ck_assert_str_eq(table->name, "alpha");
    ck_assert_ptr_nonnull(table->ops->probe);
    ck_assert(table->ops->version == table->ops->epoch);
    ck_assert_str_eq(table->infected_value, "virus");
    assay__engine_module_unref(&module);
    ck_assert_ptr_null(module);
}
END_TEST

static const struct {
    const char *path;
    assay_rc rc;
    const char *want;
} refusals[] = {
    {BAD "/newer.so", ASSAY_E_ABI,
     "built for engine ABI 2.3, this libassay has 1.3"},
    {BAD "/short.so", ASSAY_E_ABI,
     "'struct_size' is 16, engine ABI 1.3 needs 72"},
    {BAD "/noscan.so", ASSAY_E_ABI, "'scan' is missing in its operations"},
    {BAD "/noname.so", ASSAY_E_ABI, "'name' is missing in its engine table"},
    {BAD "/notable.so", ASSAY_E_ABI,
     "is not an engine: it has no 'assay_engine_module_v1'"},
    {BAD "/small.so", ASSAY_E_ABI,
     "its 'assay_engine_module_v1' is no engine table: "},
    {BAD "/undefined.so", ASSAY_E_ABI,
     "cannot be loaded: undefined symbol: assay_tests_nowhere"},
    {BAD "/absent.so", ASSAY_E_NOTFOUND, "no such file"},
    {BAD, ASSAY_E_ABI, "is not a shared object: it is a folder"},
    {"/dev/null", ASSAY_E_ABI, "is not a shared object"},
    {"libm.so.6", ASSAY_E_NOTFOUND, "no such file"},
};

START_TEST(refusal_is_a_sentence)
{
    assert_refused(refusals[_i].path, refusals[_i].rc, refusals[_i].want);
}
END_TEST

START_TEST(text_file_is_not_a_shared_object)
{
    write_file("#!/bin/sh\n", 10);
    assert_refused(file, ASSAY_E_ABI, "is not a shared object");
}
END_TEST

START_TEST(empty_file_is_not_a_shared_object)
{
    write_file("", 0);
    assert_refused(file, ASSAY_E_ABI, "is not a shared object");
}
END_TEST

/* The dynamic linker answers such files with SIGBUS. */
START_TEST(engine_cut_short_is_not_a_shared_object)
{
    size_t len;
    unsigned char *data = read_alpha(&len);
    const size_t cuts[] = {10, 64, 100, 1000, 4096};

    for (size_t i = 0; i < ASSAY_COUNT_OF(cuts); i++) {
        write_file(data, cuts[i]);
        assert_refused(file, ASSAY_E_ABI, "is not a shared object");
    }
    free(data);
}
END_TEST

START_TEST(program_is_not_a_shared_object)
{
    size_t len;
    unsigned char *data = read_alpha(&len);

    data[16] = 2; /* e_type = ET_EXEC */
    write_file(data, len);
    assert_refused(file, ASSAY_E_ABI, "is not a shared object");
    free(data);
}
END_TEST

START_TEST(fifo_is_not_waited_for)
{
    ck_assert_int_eq(mkfifo(file, 0600), 0);
    assert_refused(file, ASSAY_E_ABI, "is not a shared object");
}
END_TEST

static struct assay__engine_set *new_set(const char *path)
{
    struct assay__engine_set *set = NULL;
    assay_error err = {0};

    ck_assert_msg(assay__engine_set_new(path, &set, &err) == ASSAY_OK, "%s",
                  err.msg);
    return set;
}

START_TEST(set_lists_engines_sorted)
{
    struct assay__engine_set *set = new_set(ENGINES);

    ck_assert_str_eq(assay__engine_set_available(set, 0), "alpha");
    ck_assert_str_eq(assay__engine_set_available(set, 1), "beta");
    ck_assert_str_eq(assay__engine_set_available(set, 2), "gamma");
    ck_assert_ptr_null(assay__engine_set_available(set, 3));
    assay__engine_set_free(&set);
    ck_assert_ptr_null(set);
    assay__engine_set_free(&set);
}
END_TEST

START_TEST(set_loads_once_and_without_case)
{
    struct assay__engine_set *set = new_set(ENGINES);
    struct assay__engine_module *first = NULL;
    struct assay__engine_module *second = NULL;

    ck_assert_int_eq(assay__engine_set_get(set, "alpha", &first, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay__engine_set_get(set, "Alpha", &second, NULL),
                     ASSAY_OK);
    ck_assert_ptr_eq(first, second);
    assay__engine_set_free(&set);
}
END_TEST

START_TEST(module_outlives_its_set)
{
    struct assay__engine_set *set = new_set(ENGINES);
    struct assay__engine_module *module = NULL;
    struct assay__engine_module *mine;

    ck_assert_int_eq(assay__engine_set_get(set, "beta", &module, NULL),
                     ASSAY_OK);
    mine = assay__engine_module_ref(module);
    assay__engine_set_free(&set);
    ck_assert_str_eq(assay__engine_module_table(mine)->name, "beta");
    assay__engine_module_unref(&mine);
}
END_TEST

static const char *const absent[] = {"delta", "../engines/alpha", "", "alpha/"};

START_TEST(set_has_no_such_engine)
{
    struct assay__engine_set *set = new_set(ENGINES);
    struct assay__engine_module *module = NULL;
    assay_error err = {0};
    char want[ASSAY_ERROR_MAX];

    ck_assert_int_eq(assay__engine_set_get(set, absent[_i], &module, &err),
                     ASSAY_E_NOTFOUND);
    (void)snprintf(want, sizeof want, "there is no engine '%s' in " ENGINES,
                   absent[_i]);
    ck_assert_str_eq(err.msg, want);
    assay__engine_set_free(&set);
}
END_TEST

START_TEST(folder_that_is_missing_has_no_engines)
{
    struct assay__engine_set *set = new_set(FAKE_FOLDER "/nowhere");

    ck_assert_ptr_null(assay__engine_set_available(set, 0));
    assay__engine_set_free(&set);
}
END_TEST

START_TEST(file_as_folder_is_an_error)
{
    struct assay__engine_set *set = NULL;
    assay_error err = {0};

    ck_assert_int_eq(assay__engine_set_new(ENGINES "/alpha.so", &set, &err),
                     ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "engine folder " ENGINES "/alpha.so cannot be "
                              "read: Not a directory");
}
END_TEST

START_TEST(duplicate_name_is_refused)
{
    struct assay__engine_set *set = new_set(BAD);
    struct assay__engine_module *module = NULL;
    assay_error err = {0};

    ck_assert_int_eq(assay__engine_set_get(set, "original", &module, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay__engine_set_get(set, "copy", &module, &err),
                     ASSAY_E_EXISTS);
    ck_assert_str_eq(err.msg, BAD "/copy.so: calls itself 'original', and an "
                                  "engine of that name is loaded already");
    assay__engine_set_free(&set);
}
END_TEST

START_TEST(name_of_another_file_is_refused)
{
    struct assay__engine_set *set = new_set(BAD);
    struct assay__engine_module *module = NULL;
    assay_error err = {0};

    ck_assert_int_eq(assay__engine_set_get(set, "copy", &module, &err),
                     ASSAY_E_ABI);
    ck_assert_str_eq(err.msg,
                     BAD "/copy.so: calls itself 'original', not 'copy'");
    assay__engine_set_free(&set);
}
END_TEST

START_TEST(torture_load)
{
    for (unsigned long n = 1;; n++) {
        struct assay__engine_set *set = NULL;
        struct assay__engine_module *module = NULL;
        assay_error err = {0};
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = assay__engine_set_new(ENGINES, &set, &err);
        if (rc == ASSAY_OK)
            rc = assay__engine_set_get(set, "alpha", &module, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, hit ? ASSAY_E_NOMEM : ASSAY_OK);
        ck_assert((module != NULL) == !hit);
        assay__engine_set_free(&set);
        if (!hit)
            return;
        ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_module");
    TCase *load = tcase_create("load");
    TCase *set = tcase_create("set");

    tcase_add_checked_fixture(load, setup, teardown);
    tcase_add_test(load, engine_is_loaded);
    tcase_add_loop_test(load, refusal_is_a_sentence, 0,
                        ASSAY_COUNT_OF(refusals));
    tcase_add_test(load, text_file_is_not_a_shared_object);
    tcase_add_test(load, empty_file_is_not_a_shared_object);
    tcase_add_test(load, engine_cut_short_is_not_a_shared_object);
    tcase_add_test(load, program_is_not_a_shared_object);
    tcase_add_test(load, fifo_is_not_waited_for);
    suite_add_tcase(suite, load);
    tcase_add_test(set, set_lists_engines_sorted);
    tcase_add_test(set, set_loads_once_and_without_case);
    tcase_add_test(set, module_outlives_its_set);
    tcase_add_loop_test(set, set_has_no_such_engine, 0, ASSAY_COUNT_OF(absent));
    tcase_add_test(set, folder_that_is_missing_has_no_engines);
    tcase_add_test(set, file_as_folder_is_an_error);
    tcase_add_test(set, duplicate_name_is_refused);
    tcase_add_test(set, name_of_another_file_is_refused);
    tcase_add_test(set, torture_load);
    suite_add_tcase(suite, set);
    return check_run(suite);
}
