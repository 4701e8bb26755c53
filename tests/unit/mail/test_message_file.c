/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Messages from a spool: descriptors, and lines that end with LF alone.
 */
#include "mail_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sizes.h"
#include "check_run.h"

static assay_message *message;
static assay_error err;
static int fd;

static void setup(void)
{
    ck_assert_int_eq(assay_message_new(NULL, &message, &err), ASSAY_OK);
    fd = memfd_create("spool", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
    assay_message_free(&message);
    (void)close(fd);
}

static void fill(const void *data, size_t len)
{
    ck_assert_int_eq(pwrite(fd, data, len, 0), (ssize_t)len);
}

static void check_bytes(const char *want, size_t len)
{
    assay_bytes bytes = {NULL, 0};

    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_OK);
    ck_assert_int_eq(
        assay_message_bytes(message, ASSAY_RENDITION_RECEIVED, &bytes, &err),
        ASSAY_OK);
    ck_assert_uint_eq(bytes.len, len);
    ck_assert_mem_eq(bytes.data, want, len);
}

static const struct {
    const char *text, *want;
} lines[] = {
    {"a\nb\n", "a\r\nb\r\n"},
    {"a\r\nb\r\n", "a\r\nb\r\n"},
    {"\n\n", "\r\n\r\n"},
    {"a\rb\r\r\nc", "a\rb\r\r\nc"},
    {"a\n\r\n\nb\r", "a\r\n\r\n\r\nb\r"},
};

START_TEST(lf_becomes_crlf_whatever_the_split)
{
    const char *text = lines[_i].text;
    size_t len = strlen(text);

    for (size_t step = 1; step <= len; step++) {
        for (size_t at = 0; at < len; at += step) {
            size_t piece = len - at < step ? len - at : step;

            ck_assert_int_eq(
                assay_message_append_text(message, text + at, piece, &err),
                ASSAY_OK);
        }
        check_bytes(lines[_i].want, strlen(lines[_i].want));
        assay_message_free(&message);
        ck_assert_int_eq(assay_message_new(NULL, &message, &err), ASSAY_OK);
    }
}
END_TEST

START_TEST(file_is_read_from_its_offset_and_keeps_its_position)
{
    fill("0123456789\nbody\n", 16);
    ck_assert_int_eq(lseek(fd, 3, SEEK_SET), 3);
    ck_assert_int_eq(assay_message_append_header(message, "A", " b", &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_message_append_fd(message, fd, 11, ASSAY_MESSAGE_LF, &err),
        ASSAY_OK);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 3);
    check_bytes("A: b\r\n\r\nbody\r\n", 14);
}
END_TEST

START_TEST(file_of_many_pieces_comes_whole)
{
    const size_t len = (1 << 20) + 17;
    char *data = malloc(len);

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 31 % 251);
    fill(data, len);
    ck_assert_int_eq(assay_message_append_fd(message, fd, 0, 0, &err),
                     ASSAY_OK);
    check_bytes(data, len);
    free(data);
}
END_TEST

START_TEST(offset_at_the_end_is_an_empty_body_and_past_it_an_error)
{
    fill("abc", 3);
    ck_assert_int_eq(assay_message_append_fd(message, fd, 3, 0, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_append_fd(message, fd, 4, 0, &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_E_INVAL);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    int pipes[2];

    ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
    ck_assert_int_eq(assay_message_append_fd(message, pipes[0], 0, 0, &err),
                     ASSAY_E_INVAL);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_E_INVAL);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}
END_TEST

START_TEST(descriptor_that_cannot_be_read_fails_for_good)
{
    int blind = open("/proc/self/exe", O_PATH | O_CLOEXEC);

    ck_assert_int_ge(blind, 0);
    ck_assert_int_eq(assay_message_append_fd(message, blind, 0, 0, &err),
                     ASSAY_E_IO);
    ck_assert_int_eq(assay_message_append(message, "a", 1, &err), ASSAY_E_IO);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_E_IO);
    (void)close(blind);
}
END_TEST

START_TEST(file_over_the_limit_is_refused)
{
    const assay_message_limits limits = {.max_message_bytes = 10};

    assay_message_free(&message);
    ck_assert_int_eq(assay_message_new(&limits, &message, &err), ASSAY_OK);
    fill("12345678901", 11);
    ck_assert_int_eq(assay_message_append_fd(message, fd, 0, 0, &err),
                     ASSAY_E_LIMIT);
}
END_TEST

/* It may be a terabyte of nothing. */
START_TEST(file_over_the_limit_is_not_read)
{
    const assay_message_limits limits = {.max_message_bytes = 100000};

    assay_message_free(&message);
    ck_assert_int_eq(assay_message_new(&limits, &message, &err), ASSAY_OK);
    ck_assert_int_eq(ftruncate(fd, (off_t)1 << 40), 0);
    ck_assert_int_eq(assay_message_append_fd(message, fd, 0, 0, &err),
                     ASSAY_E_LIMIT);
    ck_assert_uint_eq(assay_message_size(message), 0);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_E_LIMIT);
}
END_TEST

START_TEST(flags_that_nobody_knows_are_refused_as_such)
{
    fill("a", 1);
    ck_assert_int_eq(assay_message_append_fd(message, fd, 0, 2, &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "no such flags for the message's file: 0x2");
}
END_TEST

/* Those of /proc say that they are empty. */
START_TEST(file_with_more_than_its_size_is_an_error)
{
    int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(status, 0);
    ck_assert_int_eq(assay_message_append_fd(message, status, 0, 0, &err),
                     ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "the message has more than the size of its file");
    (void)close(status);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message_file");
    TCase *tc = tcase_create("spool");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, lf_becomes_crlf_whatever_the_split, 0,
                        ASSAY_COUNT_OF(lines));
    tcase_add_test(tc, file_is_read_from_its_offset_and_keeps_its_position);
    tcase_add_test(tc, file_of_many_pieces_comes_whole);
    tcase_add_test(tc, offset_at_the_end_is_an_empty_body_and_past_it_an_error);
    tcase_add_test(tc, what_is_no_file_is_refused);
    tcase_add_test(tc, descriptor_that_cannot_be_read_fails_for_good);
    tcase_add_test(tc, file_over_the_limit_is_refused);
    tcase_add_test(tc, file_over_the_limit_is_not_read);
    tcase_add_test(tc, flags_that_nobody_knows_are_refused_as_such);
    tcase_add_test(tc, file_with_more_than_its_size_is_an_error);
    return check_run(suite);
}
