/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One exchange with a peer in a thread of the test, over loopback: what the
 * peer is told, and how the exchange ends.
 */
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_run.h"
#include "deadline.h"
#include "spamd_connection.h"

enum { PATIENCE_MS = 60000, SHORT_MS = 50, BODY = 3 << 20 };

/* What the peer does with its one connection. */
struct peer {
    int listener;
    bool reads;         /* to the end, before it answers */
    bool holds;         /* until the test lets it go on */
    int go_on[2];       /* a pipe: it goes on when the second end closes */
    bool resets;        /* instead of a close */
    const char *answer; /* NULL: none */
    size_t times;       /* that it is sent */
    size_t received;
    char head[64];
};

static struct peer peer;
static struct assay__spamd_places places;
static struct assay__spamd_answer *answer;
static char *body;
static pthread_t thread;
static bool has_thread;
static assay_error err;

static void setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    memset(&peer, 0, sizeof peer);
    peer.times = 1;
    ck_assert_int_eq(pipe2(peer.go_on, O_CLOEXEC), 0);
    peer.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(peer.listener, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(peer.listener, 1), 0);
    ck_assert_int_eq(
        getsockname(peer.listener, (struct sockaddr *)&address, &len), 0);
    places.count = 1;
    places.at[0].len = len;
    memcpy(&places.at[0].address, &address, len);
    answer = malloc(sizeof *answer);
    body = calloc(1, BODY);
    ck_assert(answer && body);
}

static void teardown(void)
{
    (void)shutdown(peer.listener, SHUT_RDWR);
    (void)close(peer.go_on[1]);
    if (has_thread)
        (void)pthread_join(thread, NULL);
    has_thread = false;
    (void)close(peer.go_on[0]);
    (void)close(peer.listener);
    free(answer);
    free(body);
}

static void read_all(int fd)
{
    char data[4096];
    ssize_t got;

    while ((got = recv(fd, data, sizeof data, 0)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (peer.received + (size_t)i < sizeof peer.head - 1)
                peer.head[peer.received + (size_t)i] = data[i];
        peer.received += (size_t)got;
    }
}

static void *serve(void *arg)
{
    const struct linger linger = {.l_onoff = 1};
    int fd = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return arg;
    if (peer.reads)
        read_all(fd);
    for (size_t i = 0; peer.answer && i < peer.times; i++)
        if (send(fd, peer.answer, strlen(peer.answer), MSG_NOSIGNAL) < 0)
            break;
    if (peer.holds)
        (void)!read(peer.go_on[0], &(char){0}, 1);
    if (peer.resets)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    (void)close(fd);
    return arg;
}

static assay_rc exchange(size_t size, int64_t patience_ms)
{
    const struct assay__spamd_request request = {"HEAD\r\n", 6, body, size};
    int64_t deadline_ms = assay__cloudmark_now_ms() + patience_ms;

    has_thread = pthread_create(&thread, NULL, serve, NULL) == 0;
    return assay__spamd_exchange(&places, &request, deadline_ms, answer, &err);
}

START_TEST(all_is_sent_and_the_end_is_told)
{
    peer.reads = true;
    peer.answer = "answer";
    ck_assert_msg(exchange(BODY, PATIENCE_MS) == ASSAY_OK, "%s", err.msg);
    ck_assert_uint_eq(peer.received, BODY + 6);
    ck_assert(!memcmp(peer.head, "HEAD\r\n\0", 7));
    ck_assert_uint_eq(answer->len, 6);
    ck_assert(!memcmp(answer->data, "answer", 6));
    ck_assert(!answer->is_early && !answer->is_broken);
}
END_TEST

START_TEST(an_answer_before_the_end_is_early)
{
    peer.answer = "answer";
    if (exchange(BODY, PATIENCE_MS) == ASSAY_OK)
        ck_assert(answer->is_early || answer->is_broken);
    else
        ck_assert_int_eq(err.code, ASSAY_E_UNAVAILABLE);
}
END_TEST

START_TEST(a_reset_behind_an_answer_is_told)
{
    peer.reads = peer.resets = true;
    peer.answer = "answer";
    if (exchange(0, PATIENCE_MS) == ASSAY_OK)
        ck_assert(answer->is_broken);
    else /* it took the answer with it */
        ck_assert_int_eq(err.code, ASSAY_E_UNAVAILABLE);
}
END_TEST

START_TEST(no_answer_is_unavailable)
{
    peer.reads = true;
    ck_assert_int_eq(exchange(10, PATIENCE_MS), ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg, "closed without an answer");
}
END_TEST

START_TEST(a_flood_ends_at_the_limit)
{
    peer.answer = "0123456789abcdef";
    peer.reads = true;
    peer.times = ASSAY__SPAMD_REPLY_MAX / 16;
    ck_assert_msg(exchange(0, PATIENCE_MS) == ASSAY_OK, "%s", err.msg);
    ck_assert_uint_eq(answer->len, ASSAY__SPAMD_REPLY_MAX);
    (void)pthread_join(thread, NULL);
    peer.times++;
    ck_assert_int_eq(exchange(0, PATIENCE_MS), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "answered more than 65536 bytes");
}
END_TEST

START_TEST(the_deadline_ends_it)
{
    peer.answer = "answer";
    peer.holds = true;
    ck_assert_int_eq(exchange(10, SHORT_MS), ASSAY_E_TIMEOUT);
    ck_assert_str_eq(err.msg, "did not answer in time");
}
END_TEST

START_TEST(the_next_place_is_tried)
{
    const struct assay__spamd_request request = {"HEAD\r\n", 6, NULL, 0};
    int64_t deadline_ms = assay__cloudmark_now_ms() + PATIENCE_MS;

    places.at[1] = places.at[0];
    places.count = 2;
    memset(&places.at[0].address, 0, sizeof places.at[0].address);
    places.at[0].address.ss_family = AF_UNIX; /* an address of no one */
    peer.reads = true;
    peer.answer = "answer";
    has_thread = pthread_create(&thread, NULL, serve, NULL) == 0;
    ck_assert_msg(assay__spamd_exchange(&places, &request, deadline_ms, answer,
                                        &err) == ASSAY_OK,
                  "%s", err.msg);
}
END_TEST

START_TEST(nobody_there_is_unavailable)
{
    const struct assay__spamd_request request = {"HEAD\r\n", 6, NULL, 0};
    int64_t deadline_ms = assay__cloudmark_now_ms() + PATIENCE_MS;

    (void)close(peer.listener);
    peer.listener = -1;
    ck_assert_int_eq(
        assay__spamd_exchange(&places, &request, deadline_ms, answer, &err),
        ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg, "cannot be reached: Connection refused");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spamd_connection");
    TCase *tc = tcase_create("exchange");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, all_is_sent_and_the_end_is_told);
    tcase_add_test(tc, an_answer_before_the_end_is_early);
    tcase_add_test(tc, a_reset_behind_an_answer_is_told);
    tcase_add_test(tc, no_answer_is_unavailable);
    tcase_add_test(tc, a_flood_ends_at_the_limit);
    tcase_add_test(tc, the_deadline_ends_it);
    tcase_add_test(tc, the_next_place_is_tried);
    tcase_add_test(tc, nobody_there_is_unavailable);
    return check_run(suite);
}
