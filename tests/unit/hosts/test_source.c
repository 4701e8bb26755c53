/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From paths to messages: files, mbox files, Maildirs, folders, standard
 * input, and everything in a folder that is none of them.
 */
#include "hosts/cli/source.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hosts/cli/input.h"
#include "hosts/cli/walk.h"
#include "tree.h"
#include "check_run.h"

enum { LIST_MAX = 8192, SMALL_LIMIT = 100 };

/* What makes a "From " line a separator of an mbox. */
#define AT " Sun Nov 22 09:30:00 2026"

/* What a source yields, one item a line: name=bytes or name!problem. */
static char list[LIST_MAX];
static char skipped[LIST_MAX];

static void add(char *to, const char *text)
{
    size_t len = strlen(to);

    (void)snprintf(to + len, LIST_MAX - len, "%s", text);
}

static void note(void *arg, const char *path, const char *what)
{
    (void)arg;
    add(skipped, path);
    add(skipped, ": ");
    add(skipped, what);
    add(skipped, "\n");
}

static void add_item(const struct assay__item *item)
{
    char bytes[LIST_MAX];

    (void)snprintf(bytes, sizeof bytes, "%.*s", (int)item->bytes.len,
                   item->bytes.data ? item->bytes.data : "");
    add(list, item->name);
    add(list, item->problem.code == ASSAY_OK ? "=" : "!");
    add(list, item->problem.code == ASSAY_OK ? bytes : item->problem.msg);
    add(list, "\n");
}

static void read_paths_limited(char *const *paths, size_t count, size_t max)
{
    const struct assay__source_options options = {
        .paths = paths,
        .path_count = count,
        .stop_fd = -1,
        .max_bytes = max,
        .skipped = note,
    };
    struct assay__source *source = assay__source_new(&options);
    struct assay__item item;

    list[0] = skipped[0] = '\0';
    ck_assert_ptr_nonnull(source);
    while (assay__source_next(source, &item)) {
        add_item(&item);
        assay__item_fini(&item);
    }
    assay__source_free(&source);
    ck_assert_ptr_null(source);
}

static void read_path(const char *path)
{
    char copy[LIST_MAX];
    char *paths[] = {copy};

    (void)snprintf(copy, sizeof copy, "%s", path);
    read_paths_limited(paths, 1, ASSAY__INPUT_MAX_MESSAGE);
}

START_TEST(file_is_one_message)
{
    tree_text("a.eml", "Subject: a\n\nbody\n");
    read_path("a.eml");
    ck_assert_str_eq(list, "a.eml=Subject: a\n\nbody\n\n");
}
END_TEST

START_TEST(empty_file_is_an_empty_message)
{
    tree_text("a.eml", "");
    read_path("a.eml");
    ck_assert_str_eq(list, "a.eml=\n");
}
END_TEST

START_TEST(mbox_messages_are_numbered)
{
    tree_text("box", "From a" AT "\none\n\nFrom b" AT "\ntwo\n");
    tree_text("c.eml", "three\n");
    read_paths_limited((char *[]){(char[]){"box"}, (char[]){"c.eml"}}, 2,
                       ASSAY__INPUT_MAX_MESSAGE);
    ck_assert_str_eq(list, "box#1=one\n\nbox#2=two\n\nc.eml=three\n\n");
}
END_TEST

/* Nothing looks at separators, so nothing else may pass for one. */
START_TEST(file_that_begins_like_an_mbox_is_one_message)
{
    tree_text("line", "From here on");
    tree_text("lines", "From here on\n\nFrom a" AT "\n");
    read_paths_limited((char *[]){(char[]){"line"}, (char[]){"lines"}}, 2,
                       ASSAY__INPUT_MAX_MESSAGE);
    ck_assert_str_eq(list, "line=From here on\nlines=From here on\n\n"
                           "From a" AT "\n\n");
}
END_TEST

START_TEST(separator_without_a_message_is_a_problem)
{
    tree_text("box", "From a" AT "\n\nFrom b" AT "\ntwo\n\nFrom c" AT "\n");
    read_path("box");
    ck_assert_str_eq(list, "box#1!nothing after the \"From \" line\n"
                           "box#2=two\n\n"
                           "box#3!nothing after the \"From \" line\n");
}
END_TEST

START_TEST(folder_is_walked_in_order_of_names)
{
    tree_folder("mail");
    tree_folder("mail/b");
    tree_text("mail/b/2", "b2");
    tree_text("mail/b/1", "b1");
    tree_text("mail/a", "a");
    tree_text("mail/c", "From x" AT "\nc\n");
    tree_text("mail/.hidden", "h");
    read_path("mail/");
    ck_assert_str_eq(list, "mail/.hidden=h\nmail/a=a\nmail/b/1=b1\n"
                           "mail/b/2=b2\nmail/c#1=c\n\n");
}
END_TEST

START_TEST(empty_folder_yields_nothing)
{
    tree_folder("mail");
    read_path("mail");
    ck_assert_str_eq(list, "");
    ck_assert_str_eq(skipped, "");
}
END_TEST

/* Only cur and new hold messages; each file is one whatever it begins with;
 * folders of a Maildir++ are Maildirs of their own. */
START_TEST(maildir_yields_cur_and_new)
{
    tree_folder("M");
    tree_folder("M/cur");
    tree_folder("M/new");
    tree_folder("M/tmp");
    tree_folder("M/.Sent");
    tree_folder("M/.Sent/cur");
    tree_folder("M/.Sent/new");
    tree_text("M/dovecot-uidlist", "3 V1");
    tree_text("M/cur/1:2,S", "one");
    tree_text("M/new/2", "From x" AT "\n\nFrom y" AT "\n");
    tree_text("M/tmp/3", "half");
    tree_text("M/.Sent/cur/4", "four");
    read_path("M");
    ck_assert_str_eq(list, "M/.Sent/cur/4=four\nM/cur/1:2,S=one\n"
                           "M/new/2=From x" AT "\n\nFrom y" AT "\n\n");
}
END_TEST

START_TEST(folder_with_cur_alone_is_plain)
{
    tree_folder("P");
    tree_folder("P/cur");
    tree_text("P/cur/1", "one");
    tree_text("P/index", "text");
    read_path("P");
    ck_assert_str_eq(list, "P/cur/1=one\nP/index=text\n");
}
END_TEST

START_TEST(links_are_not_followed_in_folders)
{
    tree_folder("L");
    tree_text("outside", "secret");
    ck_assert_int_eq(symlink("..", "L/up"), 0);
    ck_assert_int_eq(symlink(".", "L/self"), 0);
    ck_assert_int_eq(symlink("../outside", "L/file"), 0);
    ck_assert_int_eq(symlink("nowhere", "L/broken"), 0);
    read_path("L");
    ck_assert_str_eq(list, "");
    ck_assert_str_eq(skipped, "L/broken: a symbolic link\n"
                              "L/file: a symbolic link\n"
                              "L/self: a symbolic link\n"
                              "L/up: a symbolic link\n");
}
END_TEST

START_TEST(link_on_the_command_line_is_followed)
{
    tree_folder("L");
    tree_text("L/a", "a");
    ck_assert_int_eq(symlink("L", "link"), 0);
    read_path("link");
    ck_assert_str_eq(list, "link/a=a\n");
}
END_TEST

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    (void)close(fd);
}

START_TEST(special_files_are_skipped_with_a_word)
{
    tree_folder("S");
    ck_assert_int_eq(mkfifo("S/fifo", 0600), 0);
    make_socket("S/socket");
    tree_text("S/a", "a");
    read_path("S");
    ck_assert_str_eq(list, "S/a=a\n");
    ck_assert_str_eq(skipped, "S/fifo: a FIFO\nS/socket: a socket\n");
}
END_TEST

START_TEST(special_file_that_is_named_is_a_problem)
{
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    read_path("fifo");
    ck_assert_str_eq(list, "fifo!a FIFO, not a file or folder\n");
    read_path("/dev/null");
    ck_assert_str_eq(list, "/dev/null!a device, not a file or folder\n");
}
END_TEST

START_TEST(missing_path_is_a_problem_and_others_go_on)
{
    tree_text("b", "b");
    read_paths_limited((char *[]){(char[]){"a"}, (char[]){"b"}}, 2,
                       ASSAY__INPUT_MAX_MESSAGE);
    ck_assert_str_eq(list, "a!No such file or directory\nb=b\n");
}
END_TEST

START_TEST(unreadable_file_is_a_problem_and_others_go_on)
{
    tree_folder("U");
    tree_text("U/a", "a");
    tree_text("U/b", "b");
    tree_folder("U/c");
    ck_assert_int_eq(chmod("U/a", 0), 0);
    ck_assert_int_eq(chmod("U/c", 0), 0);
    if (geteuid() == 0) /* root reads all; be nobody in here */
        ck_assert_int_eq(chmod(".", 0755) | chmod("U", 0755) |
                             chmod("U/b", 0644) | seteuid(65534),
                         0);
    read_path("U");
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod("U/c", 0700), 0);
    ck_assert_str_eq(list, "U/a!Permission denied\nU/b=b\n"
                           "U/c!Permission denied\n");
}
END_TEST

START_TEST(file_over_the_limit_is_a_problem)
{
    char text[SMALL_LIMIT + 2];

    memset(text, 'x', sizeof text);
    tree_file("over", text, SMALL_LIMIT + 1);
    tree_file("just", text, SMALL_LIMIT);
    read_paths_limited((char *[]){(char[]){"over"}, (char[]){"just"}}, 2,
                       SMALL_LIMIT);
    text[SMALL_LIMIT] = '\0';
    ck_assert_msg(strncmp(list, "over!larger than 100 bytes\njust=x", 33) == 0,
                  "got %s", list);
}
END_TEST

START_TEST(deep_folders_end_with_a_problem)
{
    char path[4 * ASSAY__WALK_MAX_DEPTH] = "d";

    for (int i = 0; i < ASSAY__WALK_MAX_DEPTH + 1; i++) {
        tree_folder(path);
        add(path, "/d");
    }
    path[strlen(path) - 2] = '\0';
    add(path, "/file");
    tree_text(path, "deep");
    read_path("d");
    ck_assert_msg(strstr(list, "!folders are nested deeper than 100\n") &&
                      !strstr(list, "deep\n="),
                  "got %s", list);
}
END_TEST

/* Standard input is a pipe here: no size is known, an mbox is told as in a
 * file. */
static void feed_stdin(const char *text, size_t len)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], text, len), (ssize_t)len);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

START_TEST(standard_input_is_read)
{
    static const char box[] = "From a" AT "\none\n\nFrom b" AT "\ntwo\n";

    feed_stdin("one", 3);
    read_path("-");
    ck_assert_str_eq(list, "-=one\n");
    feed_stdin(box, sizeof box - 1);
    read_path("-");
    ck_assert_str_eq(list, "-#1=one\n\n-#2=two\n\n");
}
END_TEST

START_TEST(waiting_for_input_ends_when_told_to)
{
    char *paths[] = {(char[]){"-"}};
    int idle[2], stop[2];
    struct assay__source_options options = {
        .paths = paths, .path_count = 1, .max_bytes = SMALL_LIMIT};
    struct assay__source *source;
    struct assay__item item;

    ck_assert_int_eq(pipe2(idle, O_CLOEXEC) | pipe2(stop, O_CLOEXEC), 0);
    ck_assert_int_eq(dup2(idle[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(write(stop[1], "x", 1), 1);
    options.stop_fd = stop[0];
    source = assay__source_new(&options);
    ck_assert(assay__source_next(source, &item));
    ck_assert_int_eq(item.problem.code, ASSAY_E_STATE);
    ck_assert_str_eq(item.problem.msg, "interrupted");
    assay__item_fini(&item);
    ck_assert(!assay__source_next(source, &item));
    assay__source_free(&source);
}
END_TEST

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static bool always(void *arg)
{
    (void)arg;
    return true;
}

START_TEST(measure_adds_up_what_would_be_read)
{
    char *paths[] = {(char[]){"M"}, (char[]){"x"}, (char[]){"-"}};
    struct assay__source_size size;

    tree_folder("M");
    tree_text("M/a", "12345");
    tree_text("M/b", "123");
    ck_assert_int_eq(mkfifo("M/fifo", 0600), 0);
    tree_text("x", "12");
    size = assay__source_measure(paths, 2, never, NULL);
    ck_assert(size.is_known);
    ck_assert_uint_eq(size.bytes, 10);
    ck_assert(!assay__source_measure(paths, 3, never, NULL).is_known);
    ck_assert(!assay__source_measure(paths, 2, always, NULL).is_known);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        file_is_one_message,
        empty_file_is_an_empty_message,
        mbox_messages_are_numbered,
        file_that_begins_like_an_mbox_is_one_message,
        separator_without_a_message_is_a_problem,
        folder_is_walked_in_order_of_names,
        empty_folder_yields_nothing,
        maildir_yields_cur_and_new,
        folder_with_cur_alone_is_plain,
        links_are_not_followed_in_folders,
        link_on_the_command_line_is_followed,
        special_files_are_skipped_with_a_word,
        special_file_that_is_named_is_a_problem,
        missing_path_is_a_problem_and_others_go_on,
        unreadable_file_is_a_problem_and_others_go_on,
        file_over_the_limit_is_a_problem,
        deep_folders_end_with_a_problem,
        standard_input_is_read,
        waiting_for_input_ends_when_told_to,
        measure_adds_up_what_would_be_read,
    };
    Suite *suite = suite_create("source");
    TCase *tcase = tcase_create("source");

    tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
