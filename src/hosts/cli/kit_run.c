/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One check in a process of its own: its own process group, no core file, the
 * standard streams elsewhere. What it does to itself, or does not end, is the
 * answer of the check.
 */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit_measure.h"

enum { TICK_MS = 200 };

/* ---- in the child ---------------------------------------------------------
 */

static void set_streams(struct assay__kit_child *child, int output)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    child->output = output;
    child->log_fd =
        child->kit->is_verbose ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(output, STDOUT_FILENO);
    (void)dup2(output, STDERR_FILENO);
    if (null > STDERR_FILENO)
        (void)close(null);
}

static void set_signals(void)
{
    const struct sigaction ordinary = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int i = 1; i <= 64; i++)
        (void)sigaction(i, &ordinary, NULL);
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void be_child(const struct assay__kit *kit,
                               const struct assay__kit_check *check, int output,
                               struct assay__kit_report *report)
{
    static struct assay__kit_child child;
    const struct rlimit no_core = {0, 0};

    child = (struct assay__kit_child){.kit = kit, .report = report};
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    set_streams(&child, output);
    set_signals();
    assay__kit_manners_note(&child.before);
    if (assay__kit_load(&child))
        check->run(&child);
    if (!assay__kit_has_failed(&child))
        atomic_store(&report->outcome, ASSAY__KIT_OK);
    (void)fflush(NULL); /* what the engine printed is shown */
    _exit(0);
}

/* ---- in the kit -----------------------------------------------------------
 */

static void fail(struct assay__kit_report *result, const char *what)
{
    char stage[sizeof result->stage];

    memcpy(stage, result->stage, sizeof stage);
    stage[sizeof stage - 1] = '\0';
    result->outcome = ASSAY__KIT_FAILED;
    (void)snprintf(result->text, sizeof result->text, "%s during %.300s", what,
                   stage[0] != '\0' ? stage : "the start");
}

/* What an end means that nothing was said about, or that came after it. */
static void judge_end(const siginfo_t *end, struct assay__kit_report *result)
{
    char what[128];

    if (end->si_code == CLD_EXITED && end->si_status == 0 &&
        result->outcome != ASSAY__KIT_NONE)
        return;
    if (end->si_code == CLD_EXITED)
        (void)snprintf(what, sizeof what,
                       "the process was ended with exit status %d",
                       end->si_status);
    else
        (void)snprintf(
            what, sizeof what, "SIG%s (%s)",
            sigabbrev_np(end->si_status) ? sigabbrev_np(end->si_status) : "RT",
            sigdescr_np(end->si_status) ? sigdescr_np(end->si_status)
                                        : "a signal");
    fail(result, what);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return b > 0 && b < a ? b : a;
}

/* What ended the waiting. */
enum ending { ENDED, TOO_LATE, OVER_DEADLINE, INTERRUPTED };

static bool has_ended(pid_t pid)
{
    siginfo_t end = {0};

    return waitid(P_PID, (id_t)pid, &end, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           end.si_pid == pid;
}

/* Until the process ends, a signal comes, or some time has passed. Valgrind
 * has no pidfd_open(); then it is a short time.
 * @return whether a signal came */
static bool wait_a_while(int pidfd, int interrupt_fd, int64_t left)
{
    struct pollfd fds[] = {{.fd = interrupt_fd, .events = POLLIN},
                           {.fd = pidfd, .events = POLLIN}};
    int64_t most = pidfd >= 0 ? TICK_MS : TICK_MS / 10;

    return poll(fds, 2, (int)(left < most ? left + 1 : most)) > 0 &&
           fds[0].revents != 0;
}

static enum ending await(const struct assay__kit *kit, pid_t pid,
                         int interrupt_fd, void (*tick)(void *arg),
                         void *tick_arg, const struct assay__kit_report *report)
{
    int64_t end = assay__kit_now_ms() + kit->patience_ms;
    enum ending ending = ENDED;
    int pidfd = pidfd_open(pid, 0);

    while (ending == ENDED && !has_ended(pid)) {
        int64_t until = atomic_load(&report->until_ms);
        int64_t left = earlier(end, until) - assay__kit_now_ms();

        if (left < 0)
            ending = until > 0 && until < end ? OVER_DEADLINE : TOO_LATE;
        else if (wait_a_while(pidfd, interrupt_fd, left))
            ending = INTERRUPTED;
        else
            tick(tick_arg);
    }
    if (pidfd >= 0)
        (void)close(pidfd);
    return ending;
}

/* Only whole numbers: the last of a buffer that is full may be cut.
 * @return false: there is one that is not ours to kill */
static bool kill_strays(char *pids)
{
    char *end = pids;

    for (long pid = strtol(pids, &end, 10); pid > 0 && *end == ' ';
         pid = strtol(end, &end, 10)) {
        if (kill((pid_t)pid, SIGKILL) != 0)
            return false;
        while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    return true;
}

/* What left the group, as a daemon does, is a child of the kit by now. */
static void reap_strays(void)
{
    char path[64], pids[4096];

    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children",
                   (long)getpid());
    for (bool goes_on = true; goes_on;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t len = fd >= 0 ? read(fd, pids, sizeof pids - 1) : -1;

        if (fd >= 0)
            (void)close(fd);
        if (len <= 0)
            return;
        pids[len] = '\0';
        goes_on = kill_strays(pids);
    }
}

/* Whatever is left of its group goes as well, before its number is free. */
static void reap(pid_t pid, siginfo_t *end)
{
    memset(end, 0, sizeof *end);
    while (waitid(P_PID, (id_t)pid, end, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR)
        ;
    (void)kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    reap_strays();
}

static void take_report(const struct assay__kit_report *shared,
                        struct assay__kit_report *result)
{
    memcpy(result->text, shared->text, sizeof result->text);
    memcpy(result->stage, shared->stage, sizeof result->stage);
    result->text[sizeof result->text - 1] = '\0';
    result->stage[sizeof result->stage - 1] = '\0';
    result->outcome = shared->outcome;
}

static void judge(const struct assay__kit *kit, enum ending ending,
                  const siginfo_t *end, struct assay__kit_report *result)
{
    char what[128];

    switch (ending) {
    case ENDED:
        judge_end(end, result);
        return;
    case TOO_LATE:
        (void)snprintf(what, sizeof what, "no end within %lld s",
                       (long long)(kit->patience_ms / 1000));
        fail(result, what);
        return;
    case OVER_DEADLINE:
        (void)snprintf(what, sizeof what,
                       "no end within %lld ms after the deadline",
                       (long long)kit->grace_ms);
        fail(result, what);
        return;
    case INTERRUPTED:
        result->outcome = ASSAY__KIT_NONE;
        return;
    }
}

static void system_failure(struct assay__kit_report *result, const char *what)
{
    result->outcome = ASSAY__KIT_FAILED;
    (void)snprintf(result->text, sizeof result->text, "the kit itself: %s: %s",
                   what, strerrordesc_np(errno));
}

/* NOLINTNEXTLINE(readability-function-size): one call, all of it needed */
void assay__kit_run(const struct assay__kit *kit,
                    const struct assay__kit_check *check, int output,
                    int interrupt_fd, void (*tick)(void *arg), void *tick_arg,
                    struct assay__kit_report *result)
{
    struct assay__kit_report *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    enum ending ending;
    siginfo_t end;
    pid_t pid;

    memset(result, 0, sizeof *result);
    if (shared == MAP_FAILED) {
        system_failure(result, "mmap");
        return;
    }
    (void)fflush(NULL); /* or the child would have a copy of what waits */
    pid = fork();
    if (pid == 0)
        be_child(kit, check, output, shared);
    if (pid < 0) {
        system_failure(result, "fork");
        goto out;
    }
    (void)setpgid(pid, pid); /* whichever of the two is first */
    ending = await(kit, pid, interrupt_fd, tick, tick_arg, shared);
    if (ending != ENDED)
        (void)kill(-pid, SIGKILL);
    reap(pid, &end);
    take_report(shared, result);
    judge(kit, ending, &end, result);
out:
    (void)munmap(shared, sizeof *shared);
}
