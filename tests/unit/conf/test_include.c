/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: includes and files. Each test has a folder of its own. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_fixture.h"
#include "check_run.h"

static char folder[64];
static char path[256]; /* of the latest in_folder() */

static const char *in_folder(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    FILE *file = fopen(in_folder(name), "wbe");

    ck_assert_msg(file != NULL, "%s: errno %d", path, errno);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_file(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void make_folder(const char *name)
{
    ck_assert_int_eq(mkdir(in_folder(name), 0700), 0);
}

static assay_rc parse(const char *name)
{
    return assay__conf_parse_file(in_folder(name), diags, &tree, &err);
}

static const struct assay__conf_item *parse_good(const char *name)
{
    assay_rc rc = parse(name);

    ck_assert_msg(rc == ASSAY_OK, "%s\n%s", err.msg, conf_findings());
    return assay__conf_tree_root(tree);
}

static void expect_finding(const char *part)
{
    ck_assert_msg(strstr(conf_findings(), part) != NULL, "no '%s' in\n%s", part,
                  conf_findings());
    ck_assert_msg(assay__conf_diags_errors(diags) == 1, "%s", conf_findings());
}

static void expect_value(const struct assay__conf_item *stanza,
                         const char *name, const char *want)
{
    ck_assert_str_eq(conf_item(stanza, name)->value.text, want);
}

static void setup(void)
{
    conf_setup();
    (void)snprintf(folder, sizeof folder, "/tmp/assay-conf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(unsetenv("EC_CONF_SEARCH_PATH"), 0);
}

static void teardown(void)
{
    char command[128];

    conf_teardown();
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(reads_a_file_beside_the_including_one)
{
    make_folder("sub");
    write_file("main.conf", "a = 1\ninclude \"sub/x.conf\"\nc = 3");
    write_file("sub/x.conf", "b = 2\ninclude 'y.conf'");
    write_file("sub/y.conf", "d = 4");
    expect_value(parse_good("main.conf"), "b", "2");
    expect_value(assay__conf_tree_root(tree), "d", "4");
    ck_assert_str_eq(conf_item(assay__conf_tree_root(tree), "c")->name, "c");
    ck_assert_uint_eq(assay__conf_tree_root(tree)->count, 4);
    ck_assert_str_eq(assay__conf_tree_root(tree)->items[1].pos.file,
                     in_folder("sub/x.conf"));
}
END_TEST

START_TEST(reads_an_absolute_path_without_quotes)
{
    char text[sizeof path + sizeof "s { Include  }"];

    write_file("x.conf", "b = 2");
    (void)snprintf(text, sizeof text, "s { Include %s }", in_folder("x.conf"));
    write_file("main.conf", text);
    expect_value(conf_item(parse_good("main.conf"), "s"), "b", "2");
}
END_TEST

START_TEST(reads_a_folder_in_order_of_names)
{
    make_folder("conf.d");
    make_folder("conf.d/sub");
    write_file("conf.d/20-b", "x = b");
    write_file("conf.d/10-a.conf", "x = a");
    write_file("conf.d/.hidden", "x = hidden");
    write_file("conf.d/sub/c", "x = c");
    write_file("linked", "x = linked");
    ck_assert_int_eq(symlink("../linked", in_folder("conf.d/15")), 0);
    write_file("main.conf", "s {\ninclude \"conf.d\"\n}");

    const struct assay__conf_item *s = conf_item(parse_good("main.conf"), "s");

    ck_assert_uint_eq(s->count, 3);
    ck_assert_str_eq(s->items[0].value.text, "a");
    ck_assert_str_eq(s->items[1].value.text, "linked");
    ck_assert_str_eq(s->items[2].value.text, "b");
}
END_TEST

START_TEST(an_empty_folder_is_fine)
{
    make_folder("conf.d");
    write_file("main.conf", "include conf.d/\na = 1");
    ck_assert_uint_eq(parse_good("main.conf")->count, 1);
}
END_TEST

START_TEST(readonly_include_marks_all_inside)
{
    write_file("main.conf", "a = 1\nReadonly_Include \"x.conf\"\nd = 4");
    write_file("x.conf", "s { b = 2 }\ninclude \"y.conf\"");
    write_file("y.conf", "c = 3");

    const struct assay__conf_item *root = parse_good("main.conf");

    ck_assert(!conf_item(root, "a")->read_only);
    ck_assert(conf_item(root, "s")->read_only);
    ck_assert(conf_item(conf_item(root, "s"), "b")->read_only);
    ck_assert(conf_item(root, "c")->read_only);
    ck_assert(!conf_item(root, "d")->read_only);
}
END_TEST

START_TEST(search_path_is_used_after_the_own_folder)
{
    char folders[256];

    make_folder("one");
    make_folder("two");
    write_file("main.conf", "include \"x.conf\"\ninclude \"y.conf\"");
    write_file("x.conf", "x = beside");
    write_file("one/x.conf", "x = one");
    write_file("two/y.conf", "y = two");
    (void)snprintf(folders, sizeof folders, ":%s/one:%s/none:%s/two/:", folder,
                   folder, folder);
    ck_assert_int_eq(setenv("EC_CONF_SEARCH_PATH", folders, 1), 0);
    expect_value(parse_good("main.conf"), "x", "beside");
    expect_value(assay__conf_tree_root(tree), "y", "two");
}
END_TEST

START_TEST(same_file_twice_is_no_loop)
{
    write_file("main.conf", "s { include x.conf }\nt { include x.conf }");
    write_file("x.conf", "a = 1");
    expect_value(conf_item(parse_good("main.conf"), "t"), "a", "1");
}
END_TEST

START_TEST(a_loop_names_the_chain)
{
    write_file("main.conf", "include \"x.conf\"\na = 1");
    write_file("x.conf", "include \"y.conf\"\nb = 2");
    write_file("y.conf", "include \"./main.conf\"\nc = 3");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("y.conf:1:9: error: '");
    expect_finding("/./main.conf' includes itself\n"
                   "include \"./main.conf\"\n"
                   "        ^~~~~~~~~~~~~\n"
                   "included by '");
    expect_finding("/y.conf', which is included by '");
    ck_assert_uint_eq(assay__conf_tree_root(tree)->count, 3);
}
END_TEST

START_TEST(a_folder_that_includes_itself_is_a_loop)
{
    make_folder("conf.d");
    write_file("main.conf", "include \"conf.d\"");
    write_file("conf.d/a", "include \"../conf.d\"\na = 1");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("includes itself");
}
END_TEST

/* A chain of n includes behind main.conf. */
static assay_rc parse_chain(int n)
{
    char name[32], text[64];

    write_file("main.conf", "include 1");
    for (int i = 1; i <= n; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        if (i < n)
            (void)snprintf(text, sizeof text, "include %d", i + 1);
        else
            (void)snprintf(text, sizeof text, "a = 1");
        write_file(name, text);
    }
    return parse("main.conf");
}

START_TEST(includes_go_as_deep_as_the_limit)
{
    ck_assert_int_eq(parse_chain(ASSAY__CONF_INCLUDE_DEPTH_MAX), ASSAY_OK);
    expect_value(assay__conf_tree_root(tree), "a", "1");
}
END_TEST

START_TEST(includes_deeper_than_the_limit_name_the_chain)
{
    ck_assert_int_eq(parse_chain(ASSAY__CONF_INCLUDE_DEPTH_MAX + 1),
                     ASSAY_E_CONF);
    expect_finding("more than 32 levels of includes, the limit\n");
    expect_finding("included by '");
}
END_TEST

START_TEST(number_of_files_has_a_limit)
{
    struct assay__strbuf text;

    assay__strbuf_init(&text, 1 << 20);
    for (int i = 0; i < ASSAY__CONF_FILES_MAX; i++)
        (void)assay__strbuf_adds(&text, "include x\n");
    write_file("main.conf", assay__strbuf_str(&text));
    assay__strbuf_fini(&text);
    write_file("x", "a = 1");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("main.conf:1000:9: error: more than 1000 files, the limit");
}
END_TEST

START_TEST(size_of_a_file_has_a_limit)
{
    write_file("main.conf", "include big");
    write_file("big", "#");
    ck_assert_int_eq(truncate(in_folder("big"), ASSAY__CONF_FILE_BYTES_MAX + 1),
                     0);
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("is larger than 16777216 bytes, the limit for one file");
}
END_TEST

START_TEST(a_file_of_the_largest_size_is_read)
{
    char *text = malloc(ASSAY__CONF_FILE_BYTES_MAX);

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', ASSAY__CONF_FILE_BYTES_MAX);
    memcpy(text, "a = 1", 5);
    write_bytes("main.conf", text, ASSAY__CONF_FILE_BYTES_MAX);
    free(text);
    expect_value(parse_good("main.conf"), "a", "1");
}
END_TEST

START_TEST(mistakes_of_all_files_are_reported)
{
    write_file("main.conf", "include x\na 1\ninclude y");
    write_file("x", "...\nb = 1");
    write_file("y", "c = \"\n");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 3);
    ck_assert_ptr_nonnull(strstr(err.msg, "3 errors in configuration "));
}
END_TEST

START_TEST(a_brace_does_not_close_across_files)
{
    write_file("main.conf", "s {\ninclude x\na = 1\n}\nc = 1");
    write_file("x", "b = 1\n}");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("/x:2:1: error: syntax error near '}': no stanza is open");
    expect_value(conf_item(assay__conf_tree_root(tree), "s"), "a", "1");
}
END_TEST

START_TEST(a_missing_main_file_has_no_place)
{
    ck_assert_int_eq(parse("none.conf"), ASSAY_E_CONF);
    ck_assert_int_eq(strncmp(conf_findings(), "error: cannot open '", 20), 0);
    expect_finding("none.conf': No such file or directory\n");
}
END_TEST

START_TEST(a_folder_as_main_file_is_refused)
{
    make_folder("d");
    ck_assert_int_eq(parse("d"), ASSAY_E_CONF);
    expect_finding("' is a folder");
}
END_TEST

START_TEST(a_missing_include_points_at_its_name)
{
    write_file("main.conf", "a = 1\n  include \"none\"\nb = 2");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("main.conf:2:11: error: cannot open '");
    expect_finding("none': No such file or directory\n  include \"none\"\n"
                   "          ^~~~~~\n");
    ck_assert_uint_eq(assay__conf_tree_root(tree)->count, 2);
}
END_TEST

START_TEST(a_missing_include_says_where_it_was_searched)
{
    ck_assert_int_eq(setenv("EC_CONF_SEARCH_PATH", "/nonexistent", 1), 0);
    write_file("main.conf", "include none");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("cannot find 'none', neither beside '");
    expect_finding("' nor in EC_CONF_SEARCH_PATH");
}
END_TEST

START_TEST(a_link_to_nowhere_in_a_folder_is_an_error)
{
    make_folder("conf.d");
    ck_assert_int_eq(symlink("nowhere", in_folder("conf.d/a")), 0);
    write_file("main.conf", "include conf.d");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("conf.d/a': No such file or directory");
}
END_TEST

START_TEST(a_fifo_does_not_block)
{
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    write_file("main.conf", "include fifo");
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    expect_finding("fifo' is neither a file nor a folder");
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
    int before, after;

    make_folder("conf.d");
    write_file("conf.d/a", "a = 1");
    write_file("main.conf", "include conf.d\ninclude none\ninclude main.conf");
    before = dup(0);
    ck_assert_int_eq(close(before), 0);
    ck_assert_int_eq(parse("main.conf"), ASSAY_E_CONF);
    after = dup(0);
    ck_assert_int_eq(close(after), 0);
    ck_assert_int_eq(before, after);
}
END_TEST

static void add_reading(TCase *tc)
{
    tcase_add_test(tc, reads_a_file_beside_the_including_one);
    tcase_add_test(tc, reads_an_absolute_path_without_quotes);
    tcase_add_test(tc, reads_a_folder_in_order_of_names);
    tcase_add_test(tc, an_empty_folder_is_fine);
    tcase_add_test(tc, readonly_include_marks_all_inside);
    tcase_add_test(tc, search_path_is_used_after_the_own_folder);
    tcase_add_test(tc, same_file_twice_is_no_loop);
    tcase_add_test(tc, includes_go_as_deep_as_the_limit);
    tcase_add_test(tc, a_file_of_the_largest_size_is_read);
    tcase_add_test(tc, no_descriptor_stays_open);
}

static void add_mistakes(TCase *tc)
{
    tcase_add_test(tc, a_loop_names_the_chain);
    tcase_add_test(tc, a_folder_that_includes_itself_is_a_loop);
    tcase_add_test(tc, includes_deeper_than_the_limit_name_the_chain);
    tcase_add_test(tc, number_of_files_has_a_limit);
    tcase_add_test(tc, size_of_a_file_has_a_limit);
    tcase_add_test(tc, mistakes_of_all_files_are_reported);
    tcase_add_test(tc, a_brace_does_not_close_across_files);
    tcase_add_test(tc, a_missing_main_file_has_no_place);
    tcase_add_test(tc, a_folder_as_main_file_is_refused);
    tcase_add_test(tc, a_missing_include_points_at_its_name);
    tcase_add_test(tc, a_missing_include_says_where_it_was_searched);
    tcase_add_test(tc, a_link_to_nowhere_in_a_folder_is_an_error);
    tcase_add_test(tc, a_fifo_does_not_block);
}

int main(void)
{
    Suite *suite = suite_create("conf_include");
    TCase *tc = tcase_create("include");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    add_reading(tc);
    add_mistakes(tc);
    return check_run(suite);
}
