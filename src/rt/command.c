/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static int start(const char *const *argv, pid_t *pid_out)
{
    union {
        const char *const *in;
        char *const *out;
    } words = {.in = argv}; /* posix_spawn() does not change them */
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    sigemptyset(&none);
    sigfillset(&all);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &all);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    for (int fd = STDIN_FILENO; rc == 0 && fd <= STDERR_FILENO; fd++)
        rc = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR,
                                              0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(&actions,
                                                      STDERR_FILENO + 1);
    if (rc == 0)
        rc =
            posix_spawnp(pid_out, argv[0], &actions, &attr, words.out, environ);
    (void)posix_spawnattr_destroy(&attr);
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* @return ASSAY_OK when it has ended by itself */
static assay_rc await(int pid_fd, int stop_fd, int64_t deadline_ms,
                      const char *name, assay_error *err)
{
    struct pollfd fds[] = {{.fd = pid_fd, .events = POLLIN},
                           {.fd = stop_fd, .events = POLLIN}};

    for (;;) {
        int64_t left = deadline_ms - assay__clock_ms();
        int n = poll(fds, 2, left > 0 ? (int)(left < 60000 ? left : 60000) : 0);

        if (n > 0 && fds[0].revents)
            return ASSAY_OK;
        if (n > 0)
            return assay_error_set(err, ASSAY_E_STATE, "%s was stopped", name);
        if (n == 0 && left <= 0)
            return assay_error_set(err, ASSAY_E_TIMEOUT,
                                   "%s did not end in time", name);
    }
}

assay_rc assay__command_run(const char *const *argv, int stop_fd,
                            int64_t deadline_ms, assay_error *err)
{
    siginfo_t info = {0};
    int pid_fd, failed;
    assay_rc rc;
    pid_t pid;

    failed = start(argv, &pid);
    if (failed != 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be started: %s",
                               argv[0], strerrordesc_np(failed));
    pid_fd = pidfd_open(pid, 0);
    rc = pid_fd >= 0 ? await(pid_fd, stop_fd, deadline_ms, argv[0], err)
                     : assay_error_set(err, ASSAY_E_IO, "%s: pidfd_open: %s",
                                       argv[0], strerrordesc_np(errno));
    if (rc != ASSAY_OK)
        (void)kill(pid, SIGKILL); /* not reaped: still our child */
    while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
        continue;
    if (pid_fd >= 0)
        (void)close(pid_fd);
    if (rc == ASSAY_OK && (info.si_code != CLD_EXITED || info.si_status != 0))
        return assay_error_set(err, ASSAY_E_IO, "%s ended with %s %d", argv[0],
                               info.si_code == CLD_EXITED ? "status" : "signal",
                               info.si_status);
    return rc;
}
