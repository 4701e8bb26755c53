/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: the files of a tree, copied, edited, and parsed again from
 * memory alone. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_fixture.h"
#include "check_run.h"
#include "conf/files.h"

static char folder[64];
static char path[256];
static struct assay__conf_files files;

static const char *in_folder(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "wbe");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
    conf_setup();
    (void)snprintf(folder, sizeof folder, "/tmp/assay-conf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(mkdir(in_folder("d"), 0700), 0);
    write_file("main.conf", "a = 1\ninclude \"d\"\nreadonly_include \"x\"\n");
    write_file("d/2", "c = 3\n");
    write_file("d/1", "b = 2\n");
    write_file("d/.3", "never = 1\n");
    write_file("x", "d = 4\n");
    ck_assert_int_eq(
        assay__conf_parse_file(in_folder("main.conf"), diags, &tree, &err),
        ASSAY_OK);
    ck_assert_int_eq(assay__conf_files_of(tree, &files, &err), ASSAY_OK);
}

static void remove_all(void)
{
    static const char *const names[] = {"main.conf", "d/2", "d/1",
                                        "d/.3",      "x",   "d/4"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in_folder(names[i]));
    (void)rmdir(in_folder("d"));
    (void)rmdir(folder);
}

static void teardown(void)
{
    remove_all();
    assay__conf_files_fini(&files);
    conf_teardown();
}

static const struct assay__conf_item *parse_again(void)
{
    assay__conf_tree_free(&tree);
    ck_assert_msg(assay__conf_parse_files(&files, diags, &tree, &err) ==
                      ASSAY_OK,
                  "%s\n%s", err.msg, conf_findings());
    return assay__conf_tree_root(tree);
}

/* What changed on disk since then must not come along with an edit. */
START_TEST(files_parse_again_without_the_disk)
{
    const struct assay__conf_item *root;

    write_file("d/4", "late = 1\n");
    write_file("main.conf", "other = 1\n");
    (void)unlink(in_folder("d/1"));
    ck_assert_uint_eq(files.count, 4);
    root = parse_again();
    ck_assert_uint_eq(root->count, 4);
    ck_assert_str_eq(root->items[0].name, "a");
    ck_assert_str_eq(root->items[1].name, "b");
    ck_assert_str_eq(root->items[2].name, "c");
    ck_assert_str_eq(root->items[3].name, "d");
    ck_assert(!root->items[2].read_only);
    ck_assert(root->items[3].read_only);
}
END_TEST

START_TEST(an_edit_shows_and_what_is_on_disk_is_remembered)
{
    struct assay__conf_memory_file *file =
        assay__conf_files_find(&files, in_folder("d/1"));
    struct assay__conf_files again;

    ck_assert_ptr_nonnull(file);
    ck_assert(!assay__conf_file_is_changed(file));
    ck_assert_int_eq(assay__conf_file_splice(file, 4, 1, "22", &err), ASSAY_OK);
    ck_assert(assay__conf_file_is_changed(file));
    ck_assert_str_eq(conf_item(parse_again(), "b")->value.text, "22");
    /* through the tree and back */
    ck_assert_int_eq(assay__conf_files_of(tree, &again, &err), ASSAY_OK);
    file = assay__conf_files_find(&again, path);
    ck_assert(assay__conf_file_is_changed(file));
    ck_assert_str_eq(file->disk, "b = 2\n");
    ck_assert_int_eq(assay__conf_file_splice(file, 4, 2, "2", &err), ASSAY_OK);
    ck_assert(!assay__conf_file_is_changed(file));
    assay__conf_files_fini(&again);
}
END_TEST

START_TEST(an_include_of_what_is_not_there_reads_nothing)
{
    ck_assert_int_eq(assay__conf_file_splice(&files.at[0], 0, 0,
                                             "include \"nowhere\"\n", &err),
                     ASSAY_OK);
    ck_assert_uint_eq(parse_again()->count, 4);
}
END_TEST

START_TEST(a_file_has_a_limit)
{
    char *large = malloc(ASSAY__CONF_FILE_BYTES_MAX + 1);

    ck_assert_ptr_nonnull(large);
    memset(large, ' ', ASSAY__CONF_FILE_BYTES_MAX);
    large[ASSAY__CONF_FILE_BYTES_MAX] = '\0';
    ck_assert_int_eq(assay__conf_file_splice(&files.at[0], 0, 0, large, &err),
                     ASSAY_E_LIMIT);
    ck_assert(!assay__conf_file_is_changed(&files.at[0]));
    free(large);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_files");
    TCase *tc = tcase_create("files");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, files_parse_again_without_the_disk);
    tcase_add_test(tc, an_edit_shows_and_what_is_on_disk_is_remembered);
    tcase_add_test(tc, an_include_of_what_is_not_there_reads_nothing);
    tcase_add_test(tc, a_file_has_a_limit);
    return check_run(suite);
}
