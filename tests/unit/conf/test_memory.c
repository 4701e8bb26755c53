/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Each allocation of a load fails in turn: that comes out as ASSAY_E_NOMEM,
 * and (with AddressSanitizer) nothing leaks.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "conf/parse.h"
#include "conf/schema.h"
#include "check_run.h"

struct settings {
    const char *text;
    const char *path;
    assay_conf_list list;
};

static const assay_conf_option options[] = {
    {.name = "text",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct settings, text),
     .default_value = "t"},
    {.name = "path",
     .type = ASSAY_CONF_PATH,
     .offset = offsetof(struct settings, path),
     .default_value = "/tmp"},
    {.name = "list",
     .type = ASSAY_CONF_LIST,
     .offset = offsetof(struct settings, list),
     .default_value = "( a b )"},
    {.name = NULL}};

static void drop(void *arg, const char *text)
{
    (void)text;
    ++*(int *)arg;
}

static assay_rc fill(const struct assay__conf_item *stanza,
                     struct assay__conf_diags *diags, assay_error *err)
{
    static const assay_conf_option *const tables[] = {options, NULL};
    struct assay__conf_store *store = NULL;
    struct settings settings;
    assay_rc rc = assay__conf_store_new(&store, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_defaults(options, sizeof settings, store, &settings,
                                  err);
    if (rc == ASSAY_OK)
        assay__conf_check_names(stanza, tables, NULL, "test", diags);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(options, stanza, store, diags, &settings, NULL,
                              err);
    assay__conf_store_free(&store);
    return rc;
}

/* All that a load does. @return how many texts were rendered in count_out */
static assay_rc load(const char *path, int *count_out, assay_error *err)
{
    struct assay__conf_diags *diags = NULL;
    struct assay__conf_tree *tree = NULL;
    int count = 0;
    assay_rc rc = assay__conf_diags_new(&diags, err), filled;

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__conf_parse_file(path, diags, &tree, err);
    if (rc == ASSAY_OK || rc == ASSAY_E_CONF) {
        filled = fill(assay__conf_tree_root(tree), diags, err);
        if (filled != ASSAY_OK)
            rc = filled;
        assay__conf_diags_render(diags, tree, drop, &count);
    }
    assay__conf_tree_free(&tree);
    assay__conf_diags_free(&diags);
    *count_out = count;
    return rc;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static char folder[64];

static void setup(void)
{
    char path[128];

    (void)snprintf(folder, sizeof folder, "/tmp/assay-conf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/conf.d", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(setenv("EC_CONF_SEARCH_PATH", "/nonexistent", 1), 0);
    write_file(folder, "good.conf",
               "text = \"x\"\npath = y\nlist = ( c d )\ns \"i\" {\n a = [ k = "
               "v ]\n}\ninclude \"conf.d\"\n");
    write_file(folder, "conf.d/a", "list = e");
    write_file(folder, "conf.d/b", "include ../c");
    write_file(folder, "c", "text = z");
    write_file(folder, "bad.conf",
               "text = ( x )\ntetx = y\nlist = [ k = v ]\n...\ninclude none\n"
               "include bad.conf\ntext = ( \n");
}

static void teardown(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void torture(const char *name, assay_rc want, int want_count)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (unsigned long n = 1;; n++) {
        assay_error err = {0};
        int count = -1;
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = load(path, &count, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        if (!hit) {
            ck_assert_msg(rc == want, "got %d: %s", rc, err.msg);
            ck_assert_int_eq(count, want_count);
            ck_assert_uint_gt(n, 20);
            return;
        }
        /* Rendering does without memory, if it must. */
        ck_assert_msg(
            rc == ASSAY_E_NOMEM || (rc == want && count == want_count),
            "allocation %lu: got %d: %s, %d findings", n, rc, err.msg, count);
    }
}

/* The stanza "s" is one that the table does not know. */
START_TEST(a_good_file)
{
    torture("good.conf", ASSAY_OK, 1);
}
END_TEST

START_TEST(a_bad_file)
{
    torture("bad.conf", ASSAY_E_CONF, 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_memory");
    TCase *tc = tcase_create("memory");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_file);
    tcase_add_test(tc, a_bad_file);
    return check_run(suite);
}
