/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Taking mbox files apart: where messages begin, what is undone in them.
 */
#include "hosts/cli/mbox.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"
#include "check_run.h"

enum { MESSAGES_MAX = 4, LIMIT = ASSAY__MBOX_MAX_SEPARATOR, AMPLE = 1 << 20 };

/* What makes a "From " line a separator. */
#define AT " Sun Nov 22 09:30:00 2026"

static const struct mbox_case {
    const char *name;
    const char *file;
    const char *want[MESSAGES_MAX]; /* ends with NULL */
} cases[] = {
    {"one message",
     "From a" AT "\nSubject: x\n\nbody\n",
     {"Subject: x\n\nbody\n"}},
    {"two messages; the empty line between belongs to none",
     "From a" AT "\nS: 1\n\none\n\nFrom b" AT "\nS: 2\n\ntwo\n\n",
     {"S: 1\n\none\n", "S: 2\n\ntwo\n"}},
    {"no line end at the end", "From a" AT "\n\nbody", {"\nbody"}},
    {"a From line that is the whole file", "From a" AT "\n", {""}},
    {"From without an empty line before is text",
     "From a" AT "\nS: 1\n\nDear X,\nFrom here\n",
     {"S: 1\n\nDear X,\nFrom here\n"}},
    {"a From line as the first line of a message is text",
     "From a" AT "\nFrom b" AT "\n\nx\n",
     {"From b" AT "\n\nx\n"}},
    {"an empty message between two",
     "From a" AT "\n\nFrom b" AT "\nS: 2\n\n\nFrom c" AT "\nS: 3\n",
     {"", "S: 2\n\n", "S: 3\n"}},
    {"only the last of several empty lines goes",
     "From a" AT "\nS: 1\n\n\n\n\nFrom b" AT "\n\n",
     {"S: 1\n\n\n\n", ""}},
    {"mboxrd quoting loses one mark",
     "From a" AT "\n\n>From x\n>>From y\n>>>From z\n>Fro\n> From\n",
     {"\nFrom x\n>From y\n>>From z\n>Fro\n> From\n"}},
    {"a quoted From line begins nothing",
     "From a" AT "\nS: 1\n\n>From x\n",
     {"S: 1\n\nFrom x\n"}},
    {"CRLF",
     "From a" AT "\r\nS: 1\r\n\r\n>From x\r\n\r\nFrom b" AT "\r\nS: 2\r\n\r\n",
     {"S: 1\r\n\r\nFrom x\r\n", "S: 2\r\n"}},
    {"From in another case is text",
     "From a" AT "\n\n\nfrom b\n\nFROM c\n\nFrom\td\n",
     {"\n\nfrom b\n\nFROM c\n\nFrom\td\n"}},
    {"a last From line opens a message",
     "From a" AT "\nS: 1\n\nFrom b" AT "\n",
     {"S: 1\n", ""}},
    {"a From line without a line end is text",
     "From a" AT "\nS: 1\n\nFrom b" AT,
     {"S: 1\n\nFrom b" AT}},
    {"a From line without a date is text",
     "From a" AT "\nS: 1\n\nFrom here on\n\nFrom 09:30 on\n\nFrom 2026 on\n",
     {"S: 1\n\nFrom here on\n\nFrom 09:30 on\n\nFrom 2026 on\n"}},
};

static struct assay__input input;

static void open_mbox(struct assay__mbox *mbox, size_t max_bytes)
{
    assay_error err = {0};
    int fd = open("mbox", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    assay__input_init(&input, fd, -1);
    ck_assert_int_eq(assay__mbox_init(mbox, &input, max_bytes, &err), ASSAY_OK);
}

START_TEST(mbox_is_cut_where_messages_begin)
{
    const struct mbox_case *c = &cases[_i];
    struct assay__mbox mbox;
    bool found = true;

    tree_text("mbox", c->file);
    open_mbox(&mbox, AMPLE);
    for (size_t n = 0; found; n++) {
        struct assay__buffer got = {0};
        const char *want = n < MESSAGES_MAX ? c->want[n] : NULL;

        ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, NULL), ASSAY_OK);
        ck_assert_msg(found == (want != NULL), "%s: message %zu: got %s",
                      c->name, n, found ? "one" : "none");
        ck_assert_msg(
            !found || (got.len == strlen(want) &&
                       (got.len == 0 || memcmp(got.data, want, got.len) == 0)),
            "%s: message %zu: got \"%.*s\", want \"%s\"", c->name, n,
            (int)got.len, got.len ? got.data : "", want);
        assay__buffer_fini(&got);
    }
    (void)close(input.fd);
}
END_TEST

static void add_text(struct assay__buffer *buffer, const char *text)
{
    ck_assert_int_eq(assay__buffer_append(buffer, text, strlen(text), NULL), 0);
}

/* Lines and From_ marks that lie across the chunks of the input. */
START_TEST(chunk_borders_change_nothing)
{
    static const char first[] = "From a" AT "\n";
    static const char second[] = "\n>From q\r\n\r\nFrom b" AT "\nlast\n";
    static char padding[ASSAY__INPUT_CHUNK + 8];
    size_t pad = ASSAY__INPUT_CHUNK - 90 + (size_t)_i;
    struct assay__buffer file = {0}, got = {0};
    struct assay__mbox mbox;
    bool found;

    memset(padding, 'x', sizeof padding);
    add_text(&file, first);
    ck_assert_int_eq(assay__buffer_append(&file, padding, pad, NULL), 0);
    add_text(&file, second);
    tree_file("mbox", file.data, file.len);
    open_mbox(&mbox, AMPLE);
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, NULL), ASSAY_OK);
    ck_assert(found);
    ck_assert_uint_eq(got.len, pad + sizeof "\nFrom q\r\n" - 1);
    ck_assert(memcmp(got.data + pad, "\nFrom q\r\n", 9) == 0);
    got.len = 0;
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, NULL), ASSAY_OK);
    ck_assert(found);
    ck_assert_mem_eq(got.data, "last\n", 5);
    assay__buffer_fini(&got);
    assay__buffer_fini(&file);
    (void)close(input.fd);
}
END_TEST

START_TEST(message_over_the_limit_is_stepped_over)
{
    static char line[2 * LIMIT];
    struct assay__buffer file = {0}, got = {0};
    struct assay__mbox mbox;
    assay_error err = {0};
    bool found;

    memset(line, 'x', sizeof line);
    add_text(&file, "From a" AT "\nfirst\n\nFrom b" AT "\n");
    for (int i = 0; i < LIMIT / 10; i++)
        add_text(&file, "many short lines\n");
    ck_assert_int_eq(assay__buffer_append(&file, line, sizeof line, NULL), 0);
    add_text(&file, "\n\nFrom c" AT "\nthird\n");
    tree_file("mbox", file.data, file.len);
    open_mbox(&mbox, LIMIT);
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, &err), ASSAY_OK);
    got.len = 0;
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, &err),
                     ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "larger than 998 bytes");
    ck_assert_uint_le(got.len, LIMIT);
    got.len = 0;
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, &err), ASSAY_OK);
    ck_assert(found);
    ck_assert_uint_eq(got.len, 6);
    ck_assert_mem_eq(got.data, "third\n", 6);
    assay__buffer_fini(&got);
    assay__buffer_fini(&file);
    (void)close(input.fd);
}
END_TEST

START_TEST(message_of_the_limit_is_taken)
{
    struct assay__buffer file = {0}, got = {0};
    struct assay__mbox mbox;
    bool found;

    add_text(&file, "From a" AT "\n");
    for (int i = 0; i < LIMIT; i++)
        add_text(&file, i < LIMIT - 1 ? "x" : "\n");
    tree_file("mbox", file.data, file.len);
    open_mbox(&mbox, LIMIT);
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, NULL), ASSAY_OK);
    ck_assert(found);
    ck_assert_uint_eq(got.len, LIMIT);
    assay__buffer_fini(&got);
    assay__buffer_fini(&file);
    (void)close(input.fd);
}
END_TEST

static const struct detect_case {
    const char *start;
    bool want;
} detect_cases[] = {
    {"From a@b.example Sun Nov 22 09:30:00 2026\n", true},
    {"From a@b.example Sun Nov 22 09:30:00 2026\r\nS: 1\r\n", true},
    {"From a@b.example Sun Nov 22 09:30:00 2026 +0100\n", true},
    {"From a@b.example Sun Nov 22 09:30 CET 2026 remote from c\n", true},
    {"From - Sun Nov  2 9:30:00 1996\n", true},
    {"From MAILER-DAEMON Sun, 22 Nov 2026 09:30:00 +0100\n", true},
    {"From \"a b\"@c.example\tSun Nov 22 09:30:00 2026\n", true},
    {"From 2026 09:30\n", true},
    {"", false},
    {"From", false},
    {"From ", false},
    {"From \n", false},
    {"From a@b.example\n", false},
    {"From a@b.example\nSun Nov 22 09:30:00 2026\n", false},
    {"From a@b.example Sun Nov 22 09:30:00 2026", false},
    {"From a@b.example Sun Nov 22 09:30:00\n", false},
    {"From a@b.example Sun Nov 22 2026\n", false},
    {"From a@b.example Sun Nov 22 09-30 2026\n", false},
    {"From a@b.example Sun Nov 22 09:30 20265\n", false},
    {"From: a@b.example Sun Nov 22 09:30:00 2026\n", false},
    {">From a@b.example Sun Nov 22 09:30:00 2026\n", false},
    {"from a@b.example Sun Nov 22 09:30:00 2026\n", false},
};

START_TEST(mbox_begins_with_a_separator)
{
    const struct detect_case *c = &detect_cases[_i];
    bool got = assay__mbox_detect((assay_bytes){c->start, strlen(c->start)});

    ck_assert_msg(got == c->want, "got %d, want %d: %s", got, c->want,
                  c->start);
}
END_TEST

START_TEST(separator_is_short)
{
    char line[ASSAY__MBOX_MAX_SEPARATOR + 1] = "From a" AT;

    memset(line + strlen(line), ' ', sizeof line - strlen(line));
    line[ASSAY__MBOX_MAX_SEPARATOR - 1] = '\n';
    ck_assert(assay__mbox_detect((assay_bytes){line, sizeof line}));
    line[ASSAY__MBOX_MAX_SEPARATOR - 1] = ' ';
    line[ASSAY__MBOX_MAX_SEPARATOR] = '\n';
    ck_assert(!assay__mbox_detect((assay_bytes){line, sizeof line}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mbox");
    TCase *tcase = tcase_create("mbox");

    tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
    tcase_add_loop_test(tcase, mbox_is_cut_where_messages_begin, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(tcase, chunk_borders_change_nothing, 0, 98);
    tcase_add_test(tcase, message_over_the_limit_is_stepped_over);
    tcase_add_test(tcase, message_of_the_limit_is_taken);
    tcase_add_loop_test(tcase, mbox_begins_with_a_separator, 0,
                        (int)(sizeof detect_cases / sizeof *detect_cases));
    tcase_add_test(tcase, separator_is_short);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
