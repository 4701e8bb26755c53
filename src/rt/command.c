/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "rt/spawn.h"

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

/* @return false: nobody knows how it ended */
static bool reap(int pid_fd, siginfo_t *info)
{
    int failed;

    do
        failed = waitid(P_PIDFD, (id_t)pid_fd, info, WEXITED);
    while (failed && errno == EINTR);
    return !failed;
}

assay_rc assay__command_run(const char *const *argv, int stop_fd,
                            int64_t deadline_ms, assay_error *err)
{
    const struct assay__spawn what = {.argv = argv, .fd = -1};
    siginfo_t info = {0};
    bool is_known;
    int pid_fd, failed;
    assay_rc rc;
    pid_t pid;

    failed = assay__spawn(&what, &pid, &pid_fd);
    if (failed != 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be started: %s",
                               argv[0], strerrordesc_np(failed));
    if (pid_fd < 0)
        return ASSAY_OK;
    rc = await(pid_fd, stop_fd, deadline_ms, argv[0], err);
    if (rc != ASSAY_OK)
        (void)pidfd_send_signal(pid_fd, SIGKILL, NULL, 0);
    is_known = reap(pid_fd, &info);
    (void)close(pid_fd);
    if (rc == ASSAY_OK && is_known &&
        (info.si_code != CLD_EXITED || info.si_status != 0))
        return assay_error_set(err, ASSAY_E_IO, "%s ended with %s %d", argv[0],
                               info.si_code == CLD_EXITED ? "status" : "signal",
                               info.si_status);
    return rc;
}
