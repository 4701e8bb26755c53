/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * accept() as libmilter calls it.
 *
 * When there is no descriptor left for a connection, libmilter polls and
 * accepts again at once, as long as one waits, and takes a whole processor for
 * that. Nobody can tell it to pause, but it calls the accept() of this program,
 * because the program comes before the C library: this one sleeps a moment
 * before it says that there is no descriptor. It runs in libmilter's listening
 * thread, which has nothing else to do.
 */
#include <errno.h>
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
