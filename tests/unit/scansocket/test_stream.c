/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stream.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_run.h"

static struct assay__budget budget;
static struct assay__stream stream;
static assay_error err;

static void setup(void)
{
    assay__budget_init(&budget, 100000);
    assay__stream_init(&stream, &budget, 50000);
}

static void teardown(void)
{
    assay__stream_fini(&stream);
    ck_assert_uint_eq(budget.used, 0);
}

static int make_file(const void *data, size_t len)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
    return fd;
}

START_TEST(bytes_are_kept)
{
    ck_assert_int_eq(assay__stream_add(&stream, "ab", 2, &err), ASSAY_OK);
    ck_assert_int_eq(assay__stream_add(&stream, NULL, 0, &err), ASSAY_OK);
    ck_assert_int_eq(assay__stream_add(&stream, "c", 1, &err), ASSAY_OK);
    ck_assert_uint_eq(stream.len, 3);
    ck_assert_mem_eq(stream.data, "abc", 3);
}
END_TEST

START_TEST(memory_is_not_taken_by_what_is_announced)
{
    size_t room;

    ck_assert_int_eq(assay__stream_room(&stream, SIZE_MAX, &room, &err),
                     ASSAY_OK);
    ck_assert_uint_le(room, 4096);
    ck_assert_uint_le(budget.used, 4096);
}
END_TEST

START_TEST(stream_has_a_limit)
{
    char bytes[1000] = "";
    size_t room;

    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(assay__stream_add(&stream, bytes, 1000, &err),
                         ASSAY_OK);
    ck_assert_int_eq(assay__stream_add(&stream, bytes, 1, &err), ASSAY_E_LIMIT);
    ck_assert_int_eq(assay__stream_room(&stream, 1, &room, &err),
                     ASSAY_E_LIMIT);
    ck_assert_uint_eq(stream.len, 50000);
    ck_assert_uint_eq(budget.used, 50000);
}
END_TEST

START_TEST(all_streams_have_a_budget)
{
    struct assay__stream other;
    char bytes[1000] = "";
    assay_rc rc = ASSAY_OK;

    ck_assert(assay__budget_take(&budget, 60000));
    ck_assert(!assay__budget_take(&budget, 40001));
    assay__stream_init(&other, &budget, 50000);
    for (int i = 0; i < 50 && rc == ASSAY_OK; i++)
        rc = assay__stream_add(&other, bytes, 1000, &err);
    ck_assert_int_eq(rc, ASSAY_E_UNAVAILABLE);
    assay__stream_fini(&other);
    assay__budget_give(&budget, 60000);
}
END_TEST

START_TEST(file_is_read_whatever_its_position)
{
    int fd = make_file("0123456789", 10);

    ck_assert_int_eq(assay__stream_add_file(&stream, fd, &err), ASSAY_OK);
    ck_assert_uint_eq(stream.len, 10);
    ck_assert_mem_eq(stream.data, "0123456789", 10);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 10);
    (void)close(fd);
}
END_TEST

START_TEST(empty_file_is_empty)
{
    int fd = make_file("", 0);

    ck_assert_int_eq(assay__stream_add_file(&stream, fd, &err), ASSAY_OK);
    ck_assert_uint_eq(stream.len, 0);
    (void)close(fd);
}
END_TEST

START_TEST(sparse_file_over_the_limit_is_not_read)
{
    int fd = make_file("", 0);

    ck_assert_int_eq(ftruncate(fd, (off_t)1 << 40), 0);
    ck_assert_int_eq(assay__stream_add_file(&stream, fd, &err), ASSAY_E_LIMIT);
    ck_assert_uint_eq(budget.used, 0);
    (void)close(fd);
}
END_TEST

/* Each is something that reading could block on, or has nothing to read. */
START_TEST(what_is_no_readable_file_is_refused)
{
    int fds[5];
    int pipes[2];

    ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
    fds[0] = pipes[0];
    fds[1] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fds[2] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    fds[3] = open("/etc/passwd", O_PATH | O_CLOEXEC);
    fds[4] = open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        ck_assert_int_ge(fds[i], 0);
        ck_assert_msg(assay__stream_add_file(&stream, fds[i], &err) ==
                          ASSAY_E_INVAL,
                      "%zu: %s", i, err.msg);
        (void)close(fds[i]);
    }
    (void)close(pipes[1]);
}
END_TEST

/* Those of /proc say that they are empty. */
START_TEST(file_with_more_than_its_size_is_refused)
{
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(assay__stream_add_file(&stream, fd, &err), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "the file has more than its size says");
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tcase = tcase_create("stream");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, bytes_are_kept);
    tcase_add_test(tcase, memory_is_not_taken_by_what_is_announced);
    tcase_add_test(tcase, stream_has_a_limit);
    tcase_add_test(tcase, all_streams_have_a_budget);
    tcase_add_test(tcase, file_is_read_whatever_its_position);
    tcase_add_test(tcase, empty_file_is_empty);
    tcase_add_test(tcase, sparse_file_over_the_limit_is_not_read);
    tcase_add_test(tcase, what_is_no_readable_file_is_refused);
    tcase_add_test(tcase, file_with_more_than_its_size_is_refused);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
