/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The packets between a host and a scanner process, from the side of a peer
 * that lies (C21).
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "scan/scanner_wire.h"
#include "check_run.h"

static int pair[2];
static assay_error err;
static const assay_bytes content = {"hello", 5};

static void setup(void)
{
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void teardown(void)
{
    close(pair[0]);
    close(pair[1]);
}

static int sealed(void)
{
    int fd = -1;

    ck_assert_int_eq(assay__wire_seal(content, &fd, &err), ASSAY_OK);
    return fd;
}

START_TEST(content_travels_sealed)
{
    struct assay__wire_request out = {.magic = ASSAY__WIRE_MAGIC}, in;
    int fd = sealed(), got = -1;
    void *map = NULL;

    ck_assert_int_eq(assay__wire_send(pair[0], &out, sizeof out, fd, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay__wire_receive(pair[1], &in, sizeof in, &got, -1, &err), ASSAY_OK);
    ck_assert_int_ge(got, 0);
    ck_assert_int_eq(write(fd, "x", 1), -1); /* nobody can change it now */
    ck_assert_int_eq(assay__wire_map(got, content.len, &map, &err), ASSAY_OK);
    ck_assert_int_eq(memcmp(map, "hello", 5), 0);
    munmap(map, content.len);
    close(got);
    close(fd);
}
END_TEST

START_TEST(unsealed_content_is_refused)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *map = NULL;

    ck_assert_int_eq(write(fd, "hello", 5), 5);
    ck_assert_int_eq(assay__wire_map(fd, 5, &map, &err), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "not sealed"));
    close(fd);
}
END_TEST

START_TEST(content_of_another_size_is_refused)
{
    int fd = sealed();
    void *map = NULL;

    ck_assert_int_eq(assay__wire_map(fd, 6, &map, &err), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "another size"));
    close(fd);
}
END_TEST

START_TEST(content_is_copied_out)
{
    char copy[] = "------";
    int fd = sealed();

    ck_assert_int_eq(assay__wire_read(fd, content.len, copy, &err), ASSAY_OK);
    ck_assert_str_eq(copy, "hello-");
    close(fd);
}
END_TEST

START_TEST(what_is_not_mapped_is_not_copied)
{
    int unsealed = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int fd = sealed();
    char copy[8];

    ck_assert_int_eq(assay__wire_read(fd, 4, copy, &err), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "another size"));
    ck_assert_int_eq(assay__wire_read(unsealed, 0, copy, &err), ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "not sealed"));
    close(unsealed);
    close(fd);
}
END_TEST

START_TEST(window_takes_one_content_after_another)
{
    struct assay__wire_window window = {0};
    char copy[] = "------";
    int fd = assay__wire_window_put(&window, content);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(assay__wire_read(fd, content.len, copy, &err), ASSAY_OK);
    ck_assert_str_eq(copy, "hello-");
    ck_assert_int_eq(assay__wire_window_put(&window, (assay_bytes){"bye", 3}),
                     fd);
    ck_assert_int_eq(assay__wire_read(fd, 3, copy, &err), ASSAY_OK);
    ck_assert_str_eq(copy, "byelo-");
    assay__wire_window_close(&window);
    assay__wire_window_close(&window); /* as one that was never open */
}
END_TEST

START_TEST(window_is_written_by_its_owner_only)
{
    struct assay__wire_window window = {0};
    int fd = assay__wire_window_put(&window, content);
    void *map = NULL;

    ck_assert_int_eq(write(fd, "x", 1), -1);
    ck_assert_int_eq(ftruncate(fd, 0), -1);
    ck_assert_int_eq(
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
    ck_assert(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
              MAP_FAILED);
    /* What is mapped must not change, and it can. */
    ck_assert_int_eq(assay__wire_map(fd, ASSAY__WIRE_WINDOW, &map, &err),
                     ASSAY_E_INVAL);
    assay__wire_window_close(&window);
}
END_TEST

START_TEST(large_content_does_not_fit_a_window)
{
    struct assay__wire_window window = {0};
    char *large = calloc(1, ASSAY__WIRE_WINDOW + 1);
    assay_bytes bytes = {large, ASSAY__WIRE_WINDOW + 1};

    ck_assert_ptr_nonnull(large);
    ck_assert_int_eq(assay__wire_window_put(&window, bytes), -1);
    bytes.len--;
    ck_assert_int_ge(assay__wire_window_put(&window, bytes), 0);
    assay__wire_window_close(&window);
    free(large);
}
END_TEST

enum { FEW = 32, STRANGER = 64999 };

/* Sends a descriptor to nobody. @return false: the kernel takes no more */
static bool leave_on_the_way(int socket_fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec iov = {.iov_base = &byte, .iov_len = 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof control.space};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &socket_fd, sizeof socket_fd);
    return sendmsg(socket_fd, &msg, MSG_NOSIGNAL) == 1;
}

static void *take_all(void *arg)
{
    char byte;

    (void)poll(NULL, 0, 50); /* let the other find it crowded */
    while (recv(*(int *)arg, &byte, 1, MSG_DONTWAIT) == 1)
        continue;
    return NULL;
}

/* In a process without capabilities. @return its exit status */
static int send_when_crowded(void)
{
    const struct rlimit limit = {FEW, FEW};
    struct assay__wire_request out = {.magic = ASSAY__WIRE_MAGIC};
    int crowd[2], sent = 0;
    pthread_t thread;

    if ((geteuid() == 0 && setuid(STRANGER)) ||
        setrlimit(RLIMIT_NOFILE, &limit) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, crowd))
        return 1;
    while (leave_on_the_way(crowd[0]) && sent < 10 * FEW)
        sent++;
    if (errno != ETOOMANYREFS)
        return 5;
    /* Not longer than a scan may take. */
    if (assay__wire_send_until(pair[0], &out, sizeof out, crowd[0], 0, &err) !=
        ASSAY_E_IO)
        return 6;
    if (pthread_create(&thread, NULL, take_all, &crowd[1]))
        return 2;
    if (assay__wire_send(pair[0], &out, sizeof out, crowd[0], &err) != ASSAY_OK)
        return 3;
    return pthread_join(thread, NULL) ? 4 : 0;
}

START_TEST(descriptor_waits_for_others_on_their_way)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(send_when_crowded());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(packet_of_another_size_is_refused)
{
    struct assay__wire_request in;
    char longer[sizeof in + 1] = {0};
    const size_t sizes[] = {1, sizeof in - 1, sizeof in + 1};

    ck_assert_int_eq(assay__wire_send(pair[0], longer, sizes[_i], -1, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay__wire_receive(pair[1], &in, sizeof in, NULL, -1, &err),
        ASSAY_E_INVAL);
}
END_TEST

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

START_TEST(stray_descriptors_are_closed)
{
    struct assay__wire_reply reply = {0}, in;
    int fd = sealed(), before = open_descriptors();

    ck_assert_int_eq(assay__wire_send(pair[0], &reply, sizeof reply, fd, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay__wire_receive(pair[1], &in, sizeof in, NULL, -1, &err),
        ASSAY_E_INVAL);
    ck_assert_int_eq(open_descriptors(), before);
    close(fd);
}
END_TEST

START_TEST(end_of_file_is_not_an_answer)
{
    struct assay__wire_reply in;

    shutdown(pair[0], SHUT_RDWR);
    ck_assert_int_eq(
        assay__wire_receive(pair[1], &in, sizeof in, NULL, -1, &err),
        ASSAY_E_NOTFOUND);
}
END_TEST

START_TEST(silence_ends_at_the_deadline)
{
    struct assay__wire_reply in;

    ck_assert_int_eq(assay__wire_receive(pair[1], &in, sizeof in, NULL,
                                         assay__clock_ms() + 1, &err),
                     ASSAY_E_TIMEOUT);
}
END_TEST

START_TEST(peer_that_died_unread_is_told_apart)
{
    struct assay__wire_request out = {.magic = ASSAY__WIRE_MAGIC};
    struct assay__wire_reply in;

    ck_assert_int_eq(assay__wire_send(pair[0], &out, sizeof out, -1, &err),
                     ASSAY_OK);
    close(pair[1]);
    ck_assert_int_eq(
        assay__wire_receive(pair[0], &in, sizeof in, NULL, -1, &err),
        ASSAY_E_IO);
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}
END_TEST

static struct assay__wire_reply honest_reply(void)
{
    struct assay__wire_reply reply;

    assay__wire_reply_init(&reply, ASSAY__WIRE_FINDING, 7);
    reply.finding.found = ASSAY_FOUND_NOTHING;
    return reply;
}

START_TEST(honest_reply_is_sound)
{
    struct assay__wire_reply reply = honest_reply();

    ck_assert(assay__wire_reply_is_sound(&reply));
}
END_TEST

/* One lie each; never taken for an answer. What a finding says of its coverage
 * is judged elsewhere, and its size is not asked at all. */
static void lie_magic(struct assay__wire_reply *r)
{
    r->magic ^= 1;
}
static void lie_kind(struct assay__wire_reply *r)
{
    r->kind = ASSAY__WIRE_SCAN;
}
static void lie_kind_beyond(struct assay__wire_reply *r)
{
    r->kind = ASSAY__WIRE_FAILED + 1;
}
static void lie_found(struct assay__wire_reply *r)
{
    r->finding.found = (assay_found)77;
}
static void lie_reason(struct assay__wire_reply *r)
{
    r->finding.reason = ASSAY_REASON_COUNT;
}
static void lie_info(struct assay__wire_reply *r)
{
    memset(r->finding.info, 'a', sizeof r->finding.info);
}
static void lie_code(struct assay__wire_reply *r)
{
    memset(r->finding.scan_code, 'a', sizeof r->finding.scan_code);
}
static void lie_text(struct assay__wire_reply *r)
{
    memset(r->text, 'a', sizeof r->text);
}
static void lie_epoch(struct assay__wire_reply *r)
{
    memset(r->epoch, 'a', sizeof r->epoch);
}

static void (*const lies[])(struct assay__wire_reply *) = {
    lie_magic, lie_kind, lie_kind_beyond, lie_found, lie_reason,
    lie_info,  lie_code, lie_text,        lie_epoch,
};

START_TEST(a_lie_is_not_sound)
{
    struct assay__wire_reply reply = honest_reply();

    lies[_i](&reply);
    ck_assert_msg(!assay__wire_reply_is_sound(&reply), "lie %d was believed",
                  _i);
}
END_TEST

START_TEST(content_arrives_as_it_was_sent)
{
    const assay_content sent = {.kind = ASSAY_CONTENT_PART,
                                .data = content.data,
                                .size = content.len,
                                .media_type = "text/html",
                                .reading = "raw"};
    struct assay__wire_request request;
    assay_content got;

    assay__wire_request_init(&request, ASSAY__WIRE_SCAN, 1);
    assay__wire_put_content(&request, &sent);
    ck_assert(assay__wire_request_is_sound(&request));
    assay__wire_get_content(&request, content.data, &got);
    ck_assert_int_eq(got.kind, ASSAY_CONTENT_PART);
    ck_assert_uint_eq(got.size, content.len);
    ck_assert_str_eq(got.media_type, "text/html");
    ck_assert_str_eq(got.reading, "raw");
    ck_assert_ptr_null(got.file_name);
}
END_TEST

START_TEST(long_file_name_keeps_its_extension)
{
    char name[2000];
    assay_content sent = {.file_name = name}, got;
    struct assay__wire_request request;

    memset(name, 'n', sizeof name);
    memcpy(name + sizeof name - 5, ".exe", 5);
    assay__wire_request_init(&request, ASSAY__WIRE_SCAN, 1);
    assay__wire_put_content(&request, &sent);
    assay__wire_get_content(&request, NULL, &got);
    ck_assert_uint_eq(strlen(got.file_name), ASSAY__WIRE_FILE_NAME - 1);
    ck_assert_str_eq(got.file_name + ASSAY__WIRE_FILE_NAME - 5, ".exe");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scanner_wire");
    TCase *tc = tcase_create("wire");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, content_travels_sealed);
    tcase_add_test(tc, unsealed_content_is_refused);
    tcase_add_test(tc, content_of_another_size_is_refused);
    tcase_add_test(tc, content_is_copied_out);
    tcase_add_test(tc, what_is_not_mapped_is_not_copied);
    tcase_add_test(tc, window_takes_one_content_after_another);
    tcase_add_test(tc, window_is_written_by_its_owner_only);
    tcase_add_test(tc, large_content_does_not_fit_a_window);
    tcase_add_loop_test(tc, packet_of_another_size_is_refused, 0, 3);
    tcase_add_test(tc, descriptor_waits_for_others_on_their_way);
    tcase_add_test(tc, stray_descriptors_are_closed);
    tcase_add_test(tc, end_of_file_is_not_an_answer);
    tcase_add_test(tc, silence_ends_at_the_deadline);
    tcase_add_test(tc, peer_that_died_unread_is_told_apart);
    tcase_add_test(tc, honest_reply_is_sound);
    tcase_add_test(tc, content_arrives_as_it_was_sent);
    tcase_add_test(tc, long_file_name_keeps_its_extension);
    tcase_add_loop_test(tc, a_lie_is_not_sound, 0,
                        (int)(sizeof lies / sizeof lies[0]));
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
