/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The console listener on a unix socket of the test: the protocol, clients
 * that misbehave, more clients than there is room for, and the stop.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <assay/assay.h>
#include <assay/control.h>

#include "check_run.h"

enum { PATIENCE_S = 60, MANY = 200 };

static char folder[] = "/tmp/assay-test-XXXXXX";
static char config[64];
static struct sockaddr_un address;
static assay_error err;
static assay *library;
static assay_control_options options;
static assay_control *control;
static _Atomic bool is_held, is_released;

static assay_rc hold(void *arg, assay_error *why)
{
    (void)arg;
    (void)why;
    is_held = true;
    while (!is_released)
        usleep(1000);
    return ASSAY_OK;
}

static void open_library(void)
{
    assay_options o = ASSAY_OPTIONS_INIT;
    FILE *file;

    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(config, sizeof config, "%s/assay.conf", folder);
    file = fopen(config, "we");
    ck_assert_ptr_nonnull(file);
    fputs("sample { }\nantivirus \"av1\" { sample \"s1\" { } }\n", file);
    fclose(file);
    o.is_in_process = true;
    o.config_path = config;
    o.module_path = ASSAY_TEST_MODULES;
    ck_assert_msg(assay_open(&o, &library, &err) == ASSAY_OK, "%s", err.msg);
}

static void setup(void)
{
    open_library();
    address.sun_family = AF_UNIX;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    options = (assay_control_options)ASSAY_CONTROL_OPTIONS_INIT;
    options.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    options.host.reopen_logs = hold;
    is_held = is_released = false;
    ck_assert_int_eq(
        bind(options.listen_fd, (struct sockaddr *)&address, sizeof address),
        0);
    ck_assert_int_eq(listen(options.listen_fd, MANY), 0);
}

static void start(void)
{
    ck_assert_msg(assay_control_start(library, &options, &control, &err) ==
                      ASSAY_OK,
                  "%s", err.msg);
}

static void teardown(void)
{
    is_released = true;
    ck_assert(assay_control_stop(&control, -1));
    assay_close(&library);
    (void)close(options.listen_fd);
    unlink(address.sun_path);
    unlink(config);
    rmdir(folder);
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int connected_by(int fd)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    ck_assert_int_eq(
        connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int connected(void)
{
    return connected_by(new_socket());
}

static void put(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
}

/* All that comes until want has come, or the end. */
static void expect(int fd, const char *want)
{
    char got[4096] = "";
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len < strlen(want)) {
        n = recv(fd, got + len, strlen(want) - len, 0);
        len += n > 0 ? (size_t)n : 0;
    }
    got[len] = '\0';
    ck_assert_str_eq(got, want);
}

static void expect_end(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);

    ck_assert_msg(n == 0 || (n < 0 && errno == ECONNRESET), "%zd, errno %d", n,
                  errno);
}

START_TEST(lines_are_answered_in_order)
{
    char version[64];
    int fd;

    start();
    fd = connected();
    put(fd, "version\r\nnot");
    (void)snprintf(version, sizeof version, "0 %zu\nassay version: %s\n",
                   strlen(assay_version()) + 16, assay_version());
    expect(fd, version);
    put(fd, "hing\n\nversion --json");
    expect(fd, "1 53\nUnknown command 'nothing'; 'help' lists the commands\n");
    expect(fd, "0 0\n");
    shutdown(fd, SHUT_WR); /* the last line needs no end */
    (void)snprintf(version, sizeof version, "0 %zu\n{\"version\": \"%s\"}\n",
                   strlen(assay_version()) + 16, assay_version());
    expect(fd, version);
    expect_end(fd);
    close(fd);
}
END_TEST

START_TEST(line_without_end_ends_the_connection) /* C14 */
{
    static char much[65536];
    int fd;

    memset(much, 'x', sizeof much);
    start();
    fd = connected();
    while (send(fd, much, sizeof much, MSG_NOSIGNAL) > 0)
        continue; /* until the server has had enough */
    expect(fd, "1 35\nThe line is longer than 8192 bytes\n");
    close(fd);
}
END_TEST

START_TEST(slow_line_is_not_waited_for) /* C14 */
{
    struct pollfd ready;
    int fd;

    options.timeout_s = 1;
    start();
    fd = connected();
    ready = (struct pollfd){.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, 100) == 0)
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
    expect_end(fd);
    close(fd);
}
END_TEST

START_TEST(answer_that_nobody_reads_is_dropped) /* C14 */
{
    struct pollfd ready;
    int fd;

    options.timeout_s = 1;
    start();
    fd = connected();
    ready = (struct pollfd){.fd = fd, .events = POLLOUT};
    /* full in both directions, then closed by the server */
    while (send(fd, "help\n", 5, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        continue;
    ck_assert_int_eq(errno, EAGAIN);
    ready.events = 0;
    ck_assert_int_eq(poll(&ready, 1, PATIENCE_S * 1000), 1);
    ck_assert(ready.revents & POLLHUP);
    close(fd);
}
END_TEST

START_TEST(idlest_client_makes_room) /* C11 */
{
    int fds[MANY], admin;

    options.max_clients = 8;
    start();
    for (int i = 0; i < MANY; i++)
        fds[i] = connected();
    admin = connected();
    put(admin, "counter help\n");
    expect(admin, "0 ");
    expect_end(fds[0]);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    close(admin);
}
END_TEST

START_TEST(console_answers_without_descriptors) /* C11 */
{
    struct rlimit before, limit;
    int fds[16], waste[64], wasted = 0;

    start();
    for (int i = 0; i < 16; i++)
        fds[i] = connected();
    put(fds[15], "version\n");
    expect(fds[15], "0 "); /* all of them were accepted */
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = 64;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(fds[0]); /* for the socket of the next client */
    while (wasted < 64 && (waste[wasted] = dup(0)) >= 0)
        wasted++;
    ck_assert_int_eq(errno, EMFILE);
    for (int i = 1; i <= 4; i++) {
        int fd = -1;

        while (fd < 0 && wasted > 0) { /* the server wants descriptors, too */
            close(waste[--wasted]);
            fd = new_socket();
        }
        fds[i - 1] = connected_by(fd);
        while (wasted < 63 && (waste[wasted] = dup(0)) >= 0)
            wasted++;
        put(fds[i - 1], "authz id\n");
        expect(fds[i - 1], "0 ");
    }
    while (wasted > 0)
        close(waste[--wasted]);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < 16; i++)
        close(fds[i]);
}
END_TEST

START_TEST(slow_command_holds_up_nobody_else)
{
    int slow, other;

    start();
    slow = connected();
    other = connected();
    put(slow, "reopen logs\nversion\n");
    while (!is_held)
        usleep(1000);
    put(other, "version\n");
    expect(other, "0 ");
    ck_assert(!is_released);
    is_released = true;
    expect(slow, "0 14\nLogs reopened\n0 ");
    close(slow);
    close(other);
}
END_TEST

START_TEST(client_that_hangs_up_is_forgotten_when_its_command_ends)
{
    int slow, other;

    options.max_clients = 1;
    start();
    slow = connected();
    put(slow, "reopen logs\n");
    while (!is_held)
        usleep(1000);
    close(slow);
    other = connected(); /* waits for the only place */
    put(other, "version\n");
    is_released = true;
    expect(other, "0 ");
    close(other);
}
END_TEST

/* In a process of its own: what the command uses is not freed. */
static int stop_beside_a_command(void)
{
    int slow;

    start();
    slow = connected();
    put(slow, "reopen logs\n");
    while (!is_held)
        usleep(1000);
    return assay_control_stop(&control, 10) || control;
}

START_TEST(stop_does_not_wait_for_ever)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(stop_beside_a_command());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(stop_sends_the_last_answer)
{
    int slow;

    start();
    slow = connected();
    put(slow, "reopen logs\n");
    while (!is_held)
        usleep(1000);
    is_released = true;
    ck_assert(assay_control_stop(&control, -1));
    expect(slow, "0 14\nLogs reopened\n");
    expect_end(slow);
    close(slow);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    int fd = options.listen_fd;

    options.listen_fd = -1;
    ck_assert_int_eq(assay_control_start(library, &options, &control, &err),
                     ASSAY_E_INVAL);
    options.listen_fd = fd;
    options.max_clients = 0;
    ck_assert_int_eq(assay_control_start(library, &options, &control, &err),
                     ASSAY_E_INVAL);
}
END_TEST

/* ---- under load -------------------------------------------------------- */

static _Atomic bool is_over;

static void *scan_on(void *arg)
{
    static const char mail[] = "Subject: a\r\n\r\nTHREAT\r\n";

    while (!is_over) {
        assay_message *message = NULL;
        assay_verdict verdict;

        if (assay_message_new(NULL, &message, NULL) != ASSAY_OK ||
            assay_message_append(message, mail, sizeof mail - 1, NULL) !=
                ASSAY_OK ||
            assay_message_finish(message, NULL) != ASSAY_OK)
            abort();
        assay_scan(library, message, NULL, &verdict);
        if (verdict.status != ASSAY_STATUS_INFECTED)
            abort();
        assay_message_free(&message);
    }
    return arg;
}

static void *reload_on(void *arg)
{
    while (!is_over)
        if (assay_reload(library, NULL) != ASSAY_OK)
            abort();
    return arg;
}

/* Every command that only looks, while mail is scanned and the configuration
 * reloaded: for TSan. */
START_TEST(commands_beside_scans_and_reloads)
{
    static const char *const lines[] = {
        "antivirus:av1 stats\n",
        "antivirus:av1 version\n",
        "module list\n",
        "counter list\n",
        "threads stats\n",
        "cache list summary\n",
        "cache stats\n",
        "cache flush\n",
        "counter reset /antivirus/sample/scanned\n",
        "xml antivirus:av1 stats\n",
    };
    pthread_t scanner, reloader;
    int fds[4];

    ck_assert_int_eq(assay_start(library, &err), ASSAY_OK);
    start();
    is_over = false;
    pthread_create(&scanner, NULL, scan_on, NULL);
    pthread_create(&reloader, NULL, reload_on, NULL);
    for (int i = 0; i < 4; i++)
        fds[i] = connected();
    for (int round = 0; round < 200; round++) {
        int fd = fds[round % 4];
        char answer[8192];

        put(fd, lines[(size_t)round % (sizeof lines / sizeof *lines)]);
        ck_assert_int_gt(recv(fd, answer, sizeof answer, 0), 0);
    }
    is_over = true;
    pthread_join(scanner, NULL);
    pthread_join(reloader, NULL);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_server");
    TCase *tc = tcase_create("server");

    tcase_set_timeout(tc, 2 * PATIENCE_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, lines_are_answered_in_order);
    tcase_add_test(tc, line_without_end_ends_the_connection);
    tcase_add_test(tc, slow_line_is_not_waited_for);
    tcase_add_test(tc, answer_that_nobody_reads_is_dropped);
    tcase_add_test(tc, idlest_client_makes_room);
    tcase_add_test(tc, console_answers_without_descriptors);
    tcase_add_test(tc, slow_command_holds_up_nobody_else);
    tcase_add_test(tc, client_that_hangs_up_is_forgotten_when_its_command_ends);
    tcase_add_test(tc, stop_does_not_wait_for_ever);
    tcase_add_test(tc, stop_sends_the_last_answer);
    tcase_add_test(tc, wrong_options_are_refused);
    tcase_add_test(tc, commands_beside_scans_and_reloads);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
