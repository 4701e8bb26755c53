/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Two calls of the C library as libmilter makes them: it reaches those of this
 * program, because the program comes before the C library. There is no other
 * way to tell libmilter what follows.
 *
 * accept(): when there is no descriptor left for a connection, libmilter polls
 * and accepts again at once, as long as one waits, and takes a whole processor
 * for that. This one sleeps a moment before it says that there is no
 * descriptor. It runs in libmilter's listening thread, which has nothing else
 * to do.
 *
 * sigwait(): a thread of libmilter waits for SIGTERM, SIGINT and SIGHUP and
 * then ends everything without an answer to anyone, or, while it starts, lets
 * smfi_main() fail. These signals are the main thread's (signals.h), and this
 * call never takes one.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 100 };

/* Under a name of our own, because the C library declares it with a union in
 * place of the pointer. */
int assay__accept(int fd, struct sockaddr *address,
                  socklen_t *size) __asm__("accept");

int assay__accept(int fd, struct sockaddr *address, socklen_t *size)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    /* Past the thread sanitizer, which does not follow libmilter's use of the
     * descriptor either and would see half of its life. */
    int client = (int)syscall(SYS_accept4, fd, address, size, SOCK_CLOEXEC);

    if (client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                       errno == ENOMEM)) {
        int saved = errno;

        (void)nanosleep(&pause, NULL);
        errno = saved;
    }
    return client;
}

int assay__sigwait(const sigset_t *set, int *number) __asm__("sigwait");

/* NOLINTNEXTLINE(readability-non-const-parameter): the C library's signature */
int assay__sigwait(const sigset_t *set, int *number)
{
    (void)set;
    (void)number;
    for (;;)
        (void)pause(); /* the thread blocks what it says it waits for */
}
