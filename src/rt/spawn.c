/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int add_actions(const struct assay__spawn *what,
                       posix_spawn_file_actions_t *actions)
{
    int last = what->keeps_stderr ? STDOUT_FILENO : STDERR_FILENO;
    int rc = 0;

    /* First, because it may be one of the streams. */
    if (what->fd >= 0)
        rc = posix_spawn_file_actions_adddup2(actions, what->fd,
                                              ASSAY__SPAWN_FD);
    for (int fd = STDIN_FILENO; rc == 0 && fd <= last; fd++)
        rc = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR,
                                              0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(
            actions, what->fd >= 0 ? ASSAY__SPAWN_FD + 1 : ASSAY__SPAWN_FD);
    return rc;
}

static int start(const struct assay__spawn *what,
                 const posix_spawn_file_actions_t *actions, pid_t *pid_out)
{
    union {
        const char *const *in;
        char *const *out;
    } words = {.in = what->argv}; /* posix_spawn() does not change them */
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc = posix_spawnattr_init(&attr);

    if (rc != 0)
        return rc;
    sigemptyset(&none);
    sigfillset(&all);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &all);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawnp(pid_out, what->argv[0], actions, &attr, words.out,
                      what->environment ? what->environment : environ);
    (void)posix_spawnattr_destroy(&attr);
    return rc;
}

/* @return whether it is a child of ours that nobody has reaped */
static bool is_there(idtype_t type, int id)
{
    siginfo_t info;

    return waitid(type, (id_t)id, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* @return 0 with a descriptor, or with -1 when it has ended and was reaped by
 * somebody else; an errno when nothing runs */
static int open_child(pid_t pid, int *pid_fd_out)
{
    int pid_fd = pidfd_open(pid, 0), rc = errno;

    if (pid_fd >= 0 && !is_there(P_PIDFD, pid_fd)) {
        (void)close(pid_fd); /* of another that has its number now */
        pid_fd = -1;
        rc = ESRCH;
    }
    if (pid_fd < 0 && rc != ESRCH) {
        if (is_there(P_PID, pid))
            (void)kill(pid, SIGKILL); /* there is no descriptor to do it by */
        (void)waitpid(pid, NULL, 0);
        return rc;
    }
    *pid_fd_out = pid_fd;
    return 0;
}

int assay__spawn(const struct assay__spawn *what, pid_t *pid_out,
                 int *pid_fd_out)
{
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions), pid_fd = -1;
    pid_t pid;

    if (rc != 0)
        return rc;
    rc = add_actions(what, &actions);
    if (rc == 0)
        rc = start(what, &actions, &pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        return rc;
    rc = open_child(pid, &pid_fd);
    if (rc != 0)
        return rc;
    *pid_out = pid;
    *pid_fd_out = pid_fd;
    return 0;
}
