/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The connection: its bounds, and the descriptor it passes.
 */
#include "client.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check_run.h"

const char assay__exim_config_path[] = "";

static char folder[] = "/tmp/assay-exim.XXXXXX";
static struct assay__exim_options options;
static struct assay__exim_client client;
static struct assay__exim_reason why;
static int listener;

static void setup(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    assay__exim_options_default(&options);
    (void)snprintf(options.socket, sizeof options.socket, "%s/s", folder);
    memcpy(address.sun_path, options.socket, sizeof address.sun_path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    client.fd = -1;
    assay__exim_client_set_timeout(&client, 60);
}

static void teardown(void)
{
    assay__exim_client_close(&client);
    (void)close(listener);
    (void)unlink(options.socket);
    (void)rmdir(folder);
}

static int accept_one(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void open_client(void)
{
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_msg(assay__exim_client_open(&client, &options, &why), "%s",
                  why.text);
}

START_TEST(nobody_listening_is_told)
{
    ck_assert(!assay__exim_client_open(&client, &options, &why));
    ck_assert_ptr_nonnull(strstr(why.text, ": Connection refused"));
    ck_assert_int_eq(client.fd, -1);
}
END_TEST

START_TEST(full_queue_is_waited_for_no_longer_than_connect_timeout)
{
    struct assay__exim_client first = {.fd = -1};
    bool second;

    ck_assert_int_eq(listen(listener, 0), 0);
    options.connect_timeout_s = 1;
    assay__exim_client_set_timeout(&first, 60);
    ck_assert(assay__exim_client_open(&first, &options, &why));
    second = assay__exim_client_open(&client, &options, &why);
    assay__exim_client_close(&first);
    ck_assert(!second);
    ck_assert_ptr_nonnull(strstr(why.text, ": Connection timed out"));
}
END_TEST

START_TEST(deadline_that_is_over_opens_nothing)
{
    ck_assert_int_eq(listen(listener, 8), 0);
    assay__exim_client_set_timeout(&client, 0);
    ck_assert(!assay__exim_client_open(&client, &options, &why));
    ck_assert_ptr_nonnull(strstr(why.text, ": Connection timed out"));
}
END_TEST

static void receive_descriptor(int from, int *fd_out)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    const struct cmsghdr *header;

    ck_assert_int_eq(recvmsg(from, &message, MSG_CMSG_CLOEXEC), 1);
    header = CMSG_FIRSTHDR(&message);
    ck_assert_ptr_nonnull(header);
    ck_assert_int_eq(header->cmsg_type, SCM_RIGHTS);
    memcpy(fd_out, CMSG_DATA(header), sizeof *fd_out);
}

START_TEST(descriptor_goes_beside_the_first_byte)
{
    int server, passed = -1;
    FILE *file = tmpfile();
    char back[8] = "";

    open_client();
    server = accept_one();
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("content", file), 0);
    ck_assert_int_eq(fflush(file), 0);
    ck_assert(
        assay__exim_client_send(&client, "request", 7, fileno(file), &why));
    receive_descriptor(server, &passed);
    ck_assert_int_eq(pread(passed, back, 7, 0), 7);
    ck_assert_str_eq(back, "content");
    ck_assert_int_eq(recv(server, back, sizeof back, 0), 6);
    (void)close(passed);
    (void)close(server);
    (void)fclose(file);
}
END_TEST

START_TEST(peer_that_does_not_read_ends_at_the_deadline)
{
    static char much[1024 * 1024];
    int server;

    open_client();
    server = accept_one();
    assay__exim_client_set_timeout(&client, 1);
    ck_assert(!assay__exim_client_send(&client, much, sizeof much, -1, &why));
    ck_assert_str_eq(why.text, "assayd did not answer in time");
    (void)close(server);
}
END_TEST

START_TEST(peer_that_went_raises_no_signal)
{
    open_client();
    (void)close(accept_one());
    ck_assert(!assay__exim_client_send(&client, "x", 1, -1, &why));
    ck_assert_str_eq(why.text, "sending to assayd: Broken pipe");
}
END_TEST

START_TEST(silence_ends_at_the_deadline)
{
    struct assay__exim_buffer buffer = {.limit = 100};
    int server;

    open_client();
    server = accept_one();
    assay__exim_client_set_timeout(&client, 1);
    ck_assert(!assay__exim_client_receive(&client, &buffer, &why));
    ck_assert_str_eq(why.text, "assayd did not answer in time");
    (void)close(server);
}
END_TEST

START_TEST(flood_ends_at_the_limit)
{
    struct assay__exim_buffer buffer = {.limit = 3};
    int server;

    open_client();
    server = accept_one();
    ck_assert_int_eq(send(server, "1234", 4, MSG_NOSIGNAL), 4);
    ck_assert(!assay__exim_client_receive(&client, &buffer, &why));
    ck_assert_str_eq(why.text,
                     "assayd's answer is over 3 bytes, or memory is short");
    assay__exim_buffer_clear(&buffer);
    (void)close(server);
}
END_TEST

START_TEST(close_is_seen_although_a_child_has_the_socket)
{
    int server, copy;
    char byte;

    open_client();
    server = accept_one();
    copy = dup(client.fd);
    assay__exim_client_close(&client);
    ck_assert_int_eq(recv(server, &byte, 1, 0), 0);
    (void)close(copy);
    (void)close(server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim client");
    TCase *tcase = tcase_create("client");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nobody_listening_is_told);
    tcase_add_test(tcase,
                   full_queue_is_waited_for_no_longer_than_connect_timeout);
    tcase_add_test(tcase, deadline_that_is_over_opens_nothing);
    tcase_add_test(tcase, descriptor_goes_beside_the_first_byte);
    tcase_add_test(tcase, peer_that_does_not_read_ends_at_the_deadline);
    tcase_add_test(tcase, peer_that_went_raises_no_signal);
    tcase_add_test(tcase, silence_ends_at_the_deadline);
    tcase_add_test(tcase, flood_ends_at_the_limit);
    tcase_add_test(tcase, close_is_seen_although_a_child_has_the_socket);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
