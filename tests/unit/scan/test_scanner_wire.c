/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The packets between a host and a scanner process, from the side of a peer
 * that lies (C21).
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
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

static const struct assay__wire_request asked = {
    .magic = ASSAY__WIRE_MAGIC, .kind = ASSAY__WIRE_SCAN, .id = 7, .size = 5};

static struct assay__wire_reply clean_reply(void)
{
    return (struct assay__wire_reply){
        .magic = ASSAY__WIRE_MAGIC,
        .kind = ASSAY__WIRE_VERDICT,
        .id = 7,
        .verdict = {.status = ASSAY_STATUS_CLEAN,
                    .coverage = {.bytes_seen = 5,
                                 .bytes_total = 5,
                                 .parts_seen = 1,
                                 .parts_total = 1}},
    };
}

START_TEST(honest_reply_is_sound)
{
    struct assay__wire_reply reply = clean_reply();

    ck_assert(assay__wire_reply_is_sound(&asked, &reply));
}
END_TEST

/* One lie each; never taken for an answer. */
static void lie_magic(struct assay__wire_reply *r)
{
    r->magic ^= 1;
}
static void lie_kind(struct assay__wire_reply *r)
{
    r->kind = ASSAY__WIRE_READY;
}
static void lie_id(struct assay__wire_reply *r)
{
    r->id = 6;
}
static void lie_status(struct assay__wire_reply *r)
{
    r->verdict.status = (assay_status)77;
}
static void lie_reason(struct assay__wire_reply *r)
{
    r->verdict.reason = ASSAY_REASON_COUNT;
}
static void lie_info(struct assay__wire_reply *r)
{
    memset(r->verdict.info, 'a', sizeof r->verdict.info);
}
static void lie_name(struct assay__wire_reply *r)
{
    memcpy(r->verdict.engine, "a\r\nb", 5);
}
static void lie_coverage(struct assay__wire_reply *r)
{
    r->verdict.coverage.bytes_seen = 4;
}
static void lie_size(struct assay__wire_reply *r)
{
    r->verdict.coverage.bytes_seen = r->verdict.coverage.bytes_total = 4;
}
static void lie_limits(struct assay__wire_reply *r)
{
    r->verdict.coverage.limits_hit = ASSAY_LIMIT_FILES;
}

static void (*const lies[])(struct assay__wire_reply *) = {
    lie_magic, lie_kind, lie_id,       lie_status, lie_reason,
    lie_info,  lie_name, lie_coverage, lie_size,   lie_limits,
};

START_TEST(a_lie_is_not_sound)
{
    struct assay__wire_reply reply = clean_reply();

    lies[_i](&reply);
    ck_assert_msg(!assay__wire_reply_is_sound(&asked, &reply),
                  "lie %d was believed", _i);
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
    tcase_add_loop_test(tc, packet_of_another_size_is_refused, 0, 3);
    tcase_add_test(tc, stray_descriptors_are_closed);
    tcase_add_test(tc, end_of_file_is_not_an_answer);
    tcase_add_test(tc, silence_ends_at_the_deadline);
    tcase_add_test(tc, honest_reply_is_sound);
    tcase_add_loop_test(tc, a_lie_is_not_sound, 0,
                        (int)(sizeof lies / sizeof lies[0]));
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
