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

enum { MESSAGES_MAX = 4, AMPLE = 1 << 20 };

static const struct mbox_case {
    const char *name;
    const char *file;
    const char *want[MESSAGES_MAX]; /* ends with NULL */
} cases[] = {
    {"one message", "From a\nSubject: x\n\nbody\n", {"Subject: x\n\nbody\n"}},
    {"two messages; the empty line between belongs to none",
     "From a\nS: 1\n\none\n\nFrom b\nS: 2\n\ntwo\n\n",
     {"S: 1\n\none\n", "S: 2\n\ntwo\n"}},
    {"no line end at the end", "From a\n\nbody", {"\nbody"}},
    {"a From line that is the whole file", "From a\n", {""}},
    {"a From line without a line end", "From a", {""}},
    {"From without an empty line before is text",
     "From a\nS: 1\n\nDear X,\nFrom here\n",
     {"S: 1\n\nDear X,\nFrom here\n"}},
    {"a From line as the first line of a message is text",
     "From a\nFrom b\n\nx\n",
     {"From b\n\nx\n"}},
    {"an empty message between two",
     "From a\n\nFrom b\nS: 2\n\n\nFrom c\nS: 3\n",
     {"", "S: 2\n\n", "S: 3\n"}},
    {"only the last of several empty lines goes",
     "From a\nS: 1\n\n\n\n\nFrom b\n\n",
     {"S: 1\n\n\n\n", ""}},
    {"mboxrd quoting loses one mark",
     "From a\n\n>From x\n>>From y\n>>>From z\n>Fro\n> From\n",
     {"\nFrom x\n>From y\n>>From z\n>Fro\n> From\n"}},
    {"a quoted From line begins nothing",
     "From a\nS: 1\n\n>From x\n",
     {"S: 1\n\nFrom x\n"}},
    {"CRLF",
     "From a\r\nS: 1\r\n\r\n>From x\r\n\r\nFrom b\r\nS: 2\r\n\r\n",
     {"S: 1\r\n\r\nFrom x\r\n", "S: 2\r\n"}},
    {"From in another case is text",
     "From a\n\n\nfrom b\n\nFROM c\n\nFrom\td\n",
     {"\n\nfrom b\n\nFROM c\n\nFrom\td\n"}},
    {"a last From line opens a message",
     "From a\nS: 1\n\nFrom b",
     {"S: 1\n", ""}},
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

/* Lines and From_ marks that lie across the chunks of the input. */
START_TEST(chunk_borders_change_nothing)
{
    static char padding[ASSAY__INPUT_CHUNK + 8];
    size_t pad = ASSAY__INPUT_CHUNK - 40 + (size_t)_i;
    struct assay__buffer file = {0}, got = {0};
    struct assay__mbox mbox;
    bool found;

    memset(padding, 'x', sizeof padding);
    ck_assert_int_eq(assay__buffer_append(&file, "From a\n", 7, NULL), 0);
    ck_assert_int_eq(assay__buffer_append(&file, padding, pad, NULL), 0);
    ck_assert_int_eq(assay__buffer_append(
                         &file, "\n>From q\r\n\r\nFrom b\nlast\n", 24, NULL),
                     0);
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
    struct assay__buffer got = {0};
    struct assay__mbox mbox;
    assay_error err = {0};
    bool found;

    tree_text("mbox", "From a\nfirst\n\n"
                      "From b\nmany short lines\nmany short lines\n"
                      "and one line of more than the limit of bytes\n\n"
                      "From c\nthird\n");
    open_mbox(&mbox, 32);
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, &err), ASSAY_OK);
    got.len = 0;
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, &err),
                     ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "larger than 32 bytes");
    ck_assert_uint_le(got.len, 32);
    got.len = 0;
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, &err), ASSAY_OK);
    ck_assert(found);
    ck_assert_uint_eq(got.len, 6);
    ck_assert_mem_eq(got.data, "third\n", 6);
    assay__buffer_fini(&got);
    (void)close(input.fd);
}
END_TEST

START_TEST(message_of_the_limit_is_taken)
{
    struct assay__buffer got = {0};
    struct assay__mbox mbox;
    bool found;

    tree_text("mbox", "From a\n1234567\n");
    open_mbox(&mbox, 8);
    ck_assert_int_eq(assay__mbox_next(&mbox, &got, &found, NULL), ASSAY_OK);
    ck_assert(found);
    ck_assert_uint_eq(got.len, 8);
    assay__buffer_fini(&got);
    (void)close(input.fd);
}
END_TEST

START_TEST(detects_by_the_first_five_bytes)
{
    ck_assert(assay__mbox_detect((assay_bytes){"From a", 6}));
    ck_assert(!assay__mbox_detect((assay_bytes){"From", 4}));
    ck_assert(!assay__mbox_detect((assay_bytes){"From: a", 7}));
    ck_assert(!assay__mbox_detect((assay_bytes){"", 0}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mbox");
    TCase *tcase = tcase_create("mbox");

    tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
    tcase_add_loop_test(tcase, mbox_is_cut_where_messages_begin, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(tcase, chunk_borders_change_nothing, 0, 48);
    tcase_add_test(tcase, message_over_the_limit_is_stepped_over);
    tcase_add_test(tcase, message_of_the_limit_is_taken);
    tcase_add_test(tcase, detects_by_the_first_five_bytes);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
