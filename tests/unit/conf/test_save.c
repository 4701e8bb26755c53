/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: what an include forbids to change, and how a changed file
 * replaces the one on disk. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/edit.h"
#include "conf/write.h"
#include "conf_fixture.h"
#include "check_run.h"

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

static const char *read_file(const char *name)
{
    static char text[512];
    FILE *file = fopen(in_folder(name), "rbe");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

static void setup(void)
{
    conf_setup();
    (void)snprintf(folder, sizeof folder, "/tmp/assay-conf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    static const char *const names[] = {"main.conf", "x", "y", "link"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in_folder(names[i]));
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else is left behind */
    assay__conf_files_fini(&files);
    conf_teardown();
}

static void load(void)
{
    ck_assert_msg(assay__conf_parse_file(in_folder("main.conf"), diags, &tree,
                                         &err) == ASSAY_OK,
                  "%s", err.msg);
    ck_assert_int_eq(assay__conf_files_of(tree, &files, &err), ASSAY_OK);
}

static assay_rc set(const char *const *words, size_t count, const char *option,
                    const char *value)
{
    const struct assay__conf_path at = {words, count};
    const struct assay__conf_edit edit = {&files, tree};

    return assay__conf_edit_set(&edit, &at, option, value, &err);
}

static const char *text_of(const char *name)
{
    return assay__conf_files_find(&files, in_folder(name))->text;
}

/* ---- read-only --------------------------------------------------------- */

START_TEST(what_is_read_only_is_set_behind_it)
{
    static const char *const stanza[] = {"s"};

    write_file("main.conf", "readonly_include \"x\"\nb = 1\n");
    write_file("x", "a = 1\ns { c = 1 }\n");
    load();
    ck_assert_int_eq(set(NULL, 0, "a", "2"), ASSAY_OK);
    ck_assert_str_eq(text_of("x"), "a = 1\ns { c = 1 }\n");
    ck_assert_str_eq(text_of("main.conf"),
                     "readonly_include \"x\"\nb = 1\na = 2\n");
    ck_assert_int_eq(set(stanza, 1, "c", "2"), ASSAY_OK);
    ck_assert_str_eq(text_of("main.conf"), "readonly_include \"x\"\nb = 1\n"
                                           "a = 2\n\ns {\n  c = 2\n}\n");
}
END_TEST

START_TEST(a_named_stanza_that_is_read_only_is_refused)
{
    static const char *const stanza[] = {"s", "i"};
    const struct assay__conf_path at = {stanza, 2};
    const struct assay__conf_edit edit = {&files, NULL};
    struct assay__conf_edit full = edit;

    write_file("main.conf", "readonly_include \"x\"\n");
    write_file("x", "s \"i\" { c = 1 }\n");
    load();
    full.tree = tree;
    ck_assert_int_eq(set(stanza, 2, "c", "2"), ASSAY_E_STATE);
    ck_assert_msg(strstr(err.msg, "read-only"), "%s", err.msg);
    ck_assert_int_eq(assay__conf_edit_unset(&full, &at, "c", &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(assay__conf_edit_clear(&full, &at, &err), ASSAY_E_STATE);
    ck_assert_str_eq(text_of("x"), "s \"i\" { c = 1 }\n");
}
END_TEST

START_TEST(a_file_that_is_included_twice_is_not_changed)
{
    write_file("main.conf", "s a { include \"x\" }\ns b { include \"x\" }\n");
    write_file("x", "c = 1\n");
    load();
    {
        static const char *const stanza[] = {"s", "b"};

        ck_assert_int_eq(set(stanza, 2, "c", "2"), ASSAY_OK);
    }
    ck_assert_str_eq(text_of("x"), "c = 1\n");
    ck_assert_str_eq(text_of("main.conf"),
                     "s a { include \"x\" }\ns b { include \"x\" c = 2 }\n");
}
END_TEST

/* ---- saving ------------------------------------------------------------ */

START_TEST(saving_keeps_the_mode_and_a_link)
{
    struct stat st;

    write_file("y", "a = 1\n");
    ck_assert_int_eq(chmod(in_folder("y"), 0640), 0);
    ck_assert_int_eq(symlink("y", in_folder("main.conf")), 0);
    load();
    ck_assert_int_eq(set(NULL, 0, "a", "2"), ASSAY_OK);
    ck_assert_int_eq(assay__conf_file_save(&files.at[0], &err), ASSAY_OK);
    ck_assert(!assay__conf_file_is_changed(&files.at[0]));
    ck_assert_str_eq(read_file("y"), "a = 2\n");
    ck_assert_int_eq(lstat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_int_eq(lstat(in_folder("main.conf"), &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(what_somebody_else_wrote_is_not_overwritten)
{
    write_file("main.conf", "a = 1\n");
    load();
    ck_assert_int_eq(set(NULL, 0, "a", "2"), ASSAY_OK);
    write_file("main.conf", "a = 3\n");
    ck_assert_int_eq(assay__conf_file_save(&files.at[0], &err), ASSAY_E_STATE);
    ck_assert_msg(strstr(err.msg, "changed on disk"), "%s", err.msg);
    ck_assert_str_eq(read_file("main.conf"), "a = 3\n");
    ck_assert(assay__conf_file_is_changed(&files.at[0]));
    (void)unlink(path);
    ck_assert_int_eq(assay__conf_file_save(&files.at[0], &err), ASSAY_E_IO);
}
END_TEST

START_TEST(a_failure_leaves_the_old_file)
{
    ck_assert_int_eq(assay__conf_text_save("/nonexistent/x", "", 0, &err),
                     ASSAY_E_IO);
    ck_assert_int_eq(assay__conf_text_save(folder, "a", 1, &err), ASSAY_E_IO);
    ck_assert_msg(strstr(err.msg, "regular file"), "%s", err.msg);
    ck_assert_int_eq(assay__conf_text_save(in_folder("x"), "new", 3, &err),
                     ASSAY_OK);
    ck_assert_str_eq(read_file("x"), "new");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_save");
    TCase *tc = tcase_create("save");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_read_only_is_set_behind_it);
    tcase_add_test(tc, a_named_stanza_that_is_read_only_is_refused);
    tcase_add_test(tc, a_file_that_is_included_twice_is_not_changed);
    tcase_add_test(tc, saving_keeps_the_mode_and_a_link);
    tcase_add_test(tc, what_somebody_else_wrote_is_not_overwritten);
    tcase_add_test(tc, a_failure_leaves_the_old_file);
    return check_run(suite);
}
