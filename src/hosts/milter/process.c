/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a daemon does to itself. All of it happens in one thread, before the
 * library starts its own or after they have ended.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- fork and ready ---------------------------------------------------- */

/* The child wrote one byte when it was ready; else it is about to exit. */
static _Noreturn void wait_for_child(int fd, pid_t child)
{
    char byte;
    ssize_t got;
    int status;

    do {
        got = read(fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1)
        _exit(EXIT_SUCCESS);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            _exit(EXIT_FAILURE);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

assay_rc assay__process_daemonize(int *ready_fd_out, assay_error *err)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return assay_error_set(err, ASSAY_E_IO, "pipe: %s",
                               strerrordesc_np(errno));
    pid = fork();
    if (pid < 0) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        return assay_error_set(err, ASSAY_E_IO, "fork: %s",
                               strerrordesc_np(errno));
    }
    if (pid > 0) {
        (void)close(fds[1]);
        wait_for_child(fds[0], pid);
    }
    (void)close(fds[0]);
    (void)setsid();
    *ready_fd_out = fds[1];
    return ASSAY_OK;
}

/* @param last  the last of the three that goes to /dev/null */
static void close_streams(int last)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    for (int stream = STDIN_FILENO; stream <= last; stream++)
        (void)dup2(fd, stream);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

/* The protocol of sd_notify(3): one datagram. */
static void notify_systemd(const char *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len < 2 || len >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* the abstract name space */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                 (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    (void)close(fd);
}

void assay__process_ready(int ready_fd, bool keep_stderr)
{
    notify_systemd("READY=1");
    if (ready_fd < 0)
        return;
    close_streams(keep_stderr ? STDOUT_FILENO : STDERR_FILENO);
    if (write(ready_fd, "", 1) != 1) {
        /* The parent is gone; nobody waits for the answer. */
    }
    (void)close(ready_fd);
}

void assay__process_stopping(void)
{
    notify_systemd("STOPPING=1");
}

/* ---- limits and user --------------------------------------------------- */

void assay__process_return_memory(void)
{
    const int mapped_bytes = 1 << 20;

    /* Setting one of the two keeps glibc from raising either by itself. */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    (void)mallopt(M_MMAP_THRESHOLD, mapped_bytes);
}

void assay__process_raise_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

assay_rc assay__process_become(const char *user, assay_error *err)
{
    const struct passwd *entry;

    errno = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    entry = getpwnam(user);
    if (!entry)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "no user '%s'%s%s", user,
                               errno ? ": " : "",
                               errno ? strerrordesc_np(errno) : "");
    if (entry->pw_uid == geteuid())
        return ASSAY_OK;
    if (initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
        setuid(entry->pw_uid) != 0)
        return assay_error_set(err, ASSAY_E_IO, "cannot become user '%s': %s",
                               user, strerrordesc_np(errno));
    return ASSAY_OK;
}

/* ---- pid file ---------------------------------------------------------- */

assay_rc assay__pid_file_open(struct assay__pid_file *file, assay_error *err)
{
    file->fd = -1;
    if (!file->path)
        return ASSAY_OK;
    file->fd =
        open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file->fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "pid file %s: %s", file->path,
                               strerrordesc_np(errno));
    if (flock(file->fd, LOCK_EX | LOCK_NB) == 0)
        return ASSAY_OK;
    (void)close(file->fd);
    file->fd = -1;
    return assay_error_set(err, ASSAY_E_EXISTS,
                           "pid file %s: another process holds it", file->path);
}

assay_rc assay__pid_file_write(const struct assay__pid_file *file,
                               assay_error *err)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());

    if (file->fd < 0)
        return ASSAY_OK;
    if (ftruncate(file->fd, 0) == 0 &&
        pwrite(file->fd, text, (size_t)len, 0) == len)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO, "pid file %s: %s", file->path,
                           strerrordesc_np(errno));
}

void assay__pid_file_remove(struct assay__pid_file *file)
{
    if (file->fd < 0)
        return;
    /* The folder may belong to root by now: an empty file says it, too. */
    if (unlink(file->path) != 0 && ftruncate(file->fd, 0) != 0) {
        /* A stale number is left; the lock is gone with the process. */
    }
    (void)close(file->fd);
    file->fd = -1;
}
