/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "wire.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check_run.h"

enum { PATIENCE_MS = 60000, AT_ONCE_MS = 50 };

static struct assay__wire wire;
static int peer;
static struct assay__wire_events events;
static const char *line;
static size_t len;

static void setup(void)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                     0);
    peer = fds[1];
    events.drain_fd = eventfd(0, EFD_CLOEXEC);
    events.abort_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert(assay__wire_init(&wire, fds[0], events, PATIENCE_MS));
}

static void teardown(void)
{
    assay__wire_fini(&wire);
    (void)close(peer);
    (void)close(events.drain_fd);
    (void)close(events.abort_fd);
}

static void put(const char *data, size_t size)
{
    ck_assert_int_eq(write(peer, data, size), (ssize_t)size);
}

/* @param count  descriptors, each another one of the same file */
static void put_descriptors(const char *data, size_t size, size_t count)
{
    char bytes[8];
    char control[CMSG_SPACE(sizeof(int) * 32)] = "";
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    ck_assert_uint_le(size, sizeof bytes);
    memcpy(bytes, data, size);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    for (size_t i = 0; i < count; i++)
        memcpy(CMSG_DATA(header) + i * sizeof(int), &events.drain_fd,
               sizeof(int));
    ck_assert_int_eq(sendmsg(peer, &message, 0), (ssize_t)size);
}

static size_t open_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

START_TEST(lines_are_cut_at_their_delimiter)
{
    char first;

    put("ab\0c\nd", 6);
    ck_assert_int_eq(assay__wire_peek(&wire, &first), ASSAY__WIRE_OK);
    ck_assert_int_eq(first, 'a');
    ck_assert_int_eq(assay__wire_line(&wire, '\0', 10, &line, &len),
                     ASSAY__WIRE_OK);
    ck_assert_uint_eq(len, 2);
    ck_assert_mem_eq(line, "ab", 2);
    ck_assert_uint_eq(assay__wire_place(&wire), 3);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_OK);
    ck_assert_mem_eq(line, "c", 1);
    (void)shutdown(peer, SHUT_WR);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_END);
}
END_TEST

START_TEST(line_over_its_limit_is_told)
{
    put("abc\n", 4);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 2, &line, &len),
                     ASSAY__WIRE_TOO_LONG);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 3, &line, &len),
                     ASSAY__WIRE_OK);
    put("abcd", 4);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 3, &line, &len),
                     ASSAY__WIRE_TOO_LONG);
}
END_TEST

/* A hundred bytes of lines and data, whichever way the socket gives them. */
static void *send_split(void *arg)
{
    size_t at = *(const size_t *)arg;
    char all[100];

    memset(all, 'x', sizeof all);
    all[19] = '\n';
    all[59] = '\n';
    for (size_t i = 0; i < sizeof all; i += at)
        put(all + i, sizeof all - i < at ? sizeof all - i : at);
    return NULL;
}

START_TEST(any_split_reads_the_same)
{
    size_t at = (size_t)_i;
    pthread_t thread;
    char data[40];

    ck_assert_int_eq(pthread_create(&thread, NULL, send_split, &at), 0);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 50, &line, &len),
                     ASSAY__WIRE_OK);
    ck_assert_uint_eq(len, 19);
    ck_assert_int_eq(assay__wire_read(&wire, data, 20), ASSAY__WIRE_OK);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 50, &line, &len),
                     ASSAY__WIRE_OK);
    ck_assert_uint_eq(len, 19);
    ck_assert_int_eq(assay__wire_read(&wire, data, 40), ASSAY__WIRE_OK);
    ck_assert_uint_eq(assay__wire_place(&wire), 100);
    (void)pthread_join(thread, NULL);
}
END_TEST

START_TEST(pause_ends_a_wait)
{
    char first;

    wire.pause_ms = AT_ONCE_MS;
    ck_assert_int_eq(assay__wire_peek(&wire, &first), ASSAY__WIRE_TIMEOUT);
}
END_TEST

START_TEST(deadline_ends_a_drip)
{
    put("a", 1);
    assay__wire_begin(&wire, 0);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_TIMEOUT);
    assay__wire_finish(&wire);
    put("\n", 1);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_OK);
}
END_TEST

START_TEST(drain_ends_what_is_idle_only)
{
    const uint64_t one = 1;
    char first;

    ck_assert_int_eq(write(events.drain_fd, &one, sizeof one), sizeof one);
    ck_assert_int_eq(assay__wire_peek(&wire, &first), ASSAY__WIRE_STOPPED);
    put("a\n", 2);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_OK);
}
END_TEST

START_TEST(abort_ends_all)
{
    const uint64_t one = 1;

    ck_assert_int_eq(write(events.abort_fd, &one, sizeof one), sizeof one);
    put("a\n", 2);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_STOPPED);
}
END_TEST

START_TEST(stream_takes_what_was_read_ahead_and_the_rest)
{
    struct assay__budget budget;
    struct assay__stream stream;
    assay_rc rc;

    assay__budget_init(&budget, 1 << 16);
    assay__stream_init(&stream, &budget, 1 << 16);
    put("line\nabc", 8);
    ck_assert_int_eq(assay__wire_line(&wire, '\n', 10, &line, &len),
                     ASSAY__WIRE_OK);
    put("def", 3);
    ck_assert_int_eq(assay__wire_stream(&wire, 5, &stream, &rc, NULL),
                     ASSAY__WIRE_OK);
    ck_assert_int_eq(rc, ASSAY_OK);
    ck_assert_uint_eq(stream.len, 5);
    ck_assert_mem_eq(stream.data, "abcde", 5);
    assay__stream_fini(&stream);
}
END_TEST

START_TEST(full_stream_is_told)
{
    struct assay__budget budget;
    struct assay__stream stream;
    assay_rc rc;

    assay__budget_init(&budget, 1 << 16);
    assay__stream_init(&stream, &budget, 2);
    put("abc", 3);
    ck_assert_int_eq(assay__wire_stream(&wire, 3, &stream, &rc, NULL),
                     ASSAY__WIRE_OK);
    ck_assert_int_eq(rc, ASSAY_E_LIMIT);
    assay__stream_fini(&stream);
}
END_TEST

START_TEST(descriptor_belongs_to_its_bytes)
{
    char byte;
    int fd;

    put("ab", 2);
    ck_assert_int_eq(assay__wire_read(&wire, &byte, 1), ASSAY__WIRE_OK);
    put_descriptors("c", 1, 1);
    ck_assert_int_eq(assay__wire_peek(&wire, &byte), ASSAY__WIRE_OK);
    ck_assert_int_eq(assay__wire_read(&wire, &byte, 1), ASSAY__WIRE_OK);
    ck_assert(!assay__wire_has_stray(&wire));
    ck_assert_int_eq(assay__wire_read(&wire, &byte, 1), ASSAY__WIRE_OK);
    ck_assert_int_eq(byte, 'c');
    ck_assert(assay__wire_has_stray(&wire));
    ck_assert_int_eq(assay__wire_take_descriptor(&wire, 3), -1);
    fd = assay__wire_take_descriptor(&wire, 2);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert(!assay__wire_has_stray(&wire));
    (void)close(fd);
}
END_TEST

static const size_t counts[] = {2, 8, 9, 32};

START_TEST(surplus_descriptors_are_closed)
{
    size_t before = open_descriptors();
    char byte;

    put_descriptors("a", 1, counts[_i]);
    ck_assert_int_eq(assay__wire_read(&wire, &byte, 1), ASSAY__WIRE_OK);
    ck_assert(wire.has_surplus);
    ck_assert_uint_eq(open_descriptors(), before + 1);
    assay__wire_fini(&wire);
    ck_assert_uint_eq(open_descriptors(), before - 1); /* and its socket */
}
END_TEST

START_TEST(descriptor_that_is_sent_again_is_surplus)
{
    size_t before = open_descriptors();
    char byte;

    for (int i = 0; i < 20; i++) {
        put_descriptors("a", 1, 1);
        ck_assert_int_eq(assay__wire_read(&wire, &byte, 1), ASSAY__WIRE_OK);
    }
    ck_assert(wire.has_surplus);
    ck_assert_uint_eq(open_descriptors(), before + 1);
}
END_TEST

START_TEST(client_that_never_reads_ends_a_send)
{
    char *data = calloc(1, 16 << 20);

    ck_assert_ptr_nonnull(data);
    wire.pause_ms = AT_ONCE_MS;
    ck_assert_int_eq(assay__wire_send(&wire, data, 16 << 20),
                     ASSAY__WIRE_TIMEOUT);
    free(data);
}
END_TEST

START_TEST(client_that_is_gone_ends_a_send)
{
    (void)close(peer);
    ck_assert_int_eq(assay__wire_send(&wire, "a", 1), ASSAY__WIRE_END);
    peer = -1;
}
END_TEST

/* Reads the answer only after it could not write any more. */
static void *flood(void *arg)
{
    char data[4096] = "";
    size_t *got = arg;
    ssize_t count;

    while (send(peer, data, sizeof data, MSG_NOSIGNAL) > 0)
        ;
    while ((count = read(peer, data, sizeof data)) > 0)
        *got += (size_t)count;
    return NULL;
}

START_TEST(answer_reaches_a_client_that_still_sends)
{
    pthread_t thread;
    size_t got = 0;
    char byte;

    ck_assert_int_eq(pthread_create(&thread, NULL, flood, &got), 0);
    ck_assert_int_eq(assay__wire_read(&wire, &byte, 1), ASSAY__WIRE_OK);
    ck_assert_int_eq(assay__wire_send(&wire, "answer", 6), ASSAY__WIRE_OK);
    assay__wire_linger(&wire); /* two seconds of it */
    assay__wire_fini(&wire);
    (void)pthread_join(thread, NULL);
    ck_assert_uint_eq(got, 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *tcase = tcase_create("wire");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 90);
    tcase_add_test(tcase, lines_are_cut_at_their_delimiter);
    tcase_add_test(tcase, line_over_its_limit_is_told);
    tcase_add_loop_test(tcase, any_split_reads_the_same, 1, 101);
    tcase_add_test(tcase, pause_ends_a_wait);
    tcase_add_test(tcase, deadline_ends_a_drip);
    tcase_add_test(tcase, drain_ends_what_is_idle_only);
    tcase_add_test(tcase, abort_ends_all);
    tcase_add_test(tcase, stream_takes_what_was_read_ahead_and_the_rest);
    tcase_add_test(tcase, full_stream_is_told);
    tcase_add_test(tcase, descriptor_belongs_to_its_bytes);
    tcase_add_loop_test(tcase, surplus_descriptors_are_closed, 0,
                        (int)(sizeof counts / sizeof *counts));
    tcase_add_test(tcase, descriptor_that_is_sent_again_is_surplus);
    tcase_add_test(tcase, client_that_never_reads_ends_a_send);
    tcase_add_test(tcase, client_that_is_gone_ends_a_send);
    tcase_add_test(tcase, answer_reaches_a_client_that_still_sends);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
