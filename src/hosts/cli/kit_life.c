/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Checks of the life of an instance: what open, close and scans leave.
 */
#include "kit_checks.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit_content.h"
#include "kit_measure.h"

enum { LATE_MS = -1000 };

void assay__kit_check_open(struct assay__kit_child *child)
{
    int64_t start = assay__kit_now_ms();

    if (!assay__kit_open(child))
        return;
    assay__kit_note(child, "in %lld ms",
                    (long long)(assay__kit_now_ms() - start));
    assay__kit_close(child);
}

/* ---- rounds ---------------------------------------------------------------
 */

static bool open_and_close(struct assay__kit_child *child, void *arg)
{
    (void)arg;
    if (!assay__kit_open(child))
        return false;
    assay__kit_close(child);
    return true;
}

void assay__kit_check_lifecycle(struct assay__kit_child *child)
{
    assay__kit_check_growth(child, child->kit->rounds, open_and_close, NULL);
    assay__kit_check_ended(child, child->threads);
}

static bool scan_all(struct assay__kit_child *child, void *arg)
{
    const struct assay__kit_samples *samples = arg;
    assay_finding finding;

    for (size_t i = 0; i < samples->count; i++)
        assay__kit_scan(child, samples->at[i].what, &samples->at[i].content,
                        child->kit->patience_ms, &finding);
    assay__kit_scan(child, "a mail, after the deadline",
                    &samples->at[0].content, LATE_MS, &finding);
    return true;
}

void assay__kit_check_leaks(struct assay__kit_child *child)
{
    struct assay__kit_samples samples;
    struct assay__kit_measure before = {0};

    if (!assay__kit_samples_init(child, &samples))
        return;
    if (assay__kit_ready(child)) {
        assay__kit_measure(child, &before);
        assay__kit_check_growth(child, 5 * child->kit->rounds, scan_all,
                                &samples);
        assay__kit_close(child); /* after scans that failed, too */
    }
    assay__kit_samples_fini(&samples);
    if (!child->is_worker)
        assay__kit_check_ended(child, before.threads);
}

/* ---- open that fails -------------------------------------------------------
 */

static bool set_descriptor_limit(rlim_t limit)
{
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return false;
    now.rlim_cur = limit;
    return setrlimit(RLIMIT_NOFILE, &now) == 0;
}

/* The lowest number that is free is the limit: no other can be opened. */
static bool forbid_descriptors(void)
{
    int next = dup(STDIN_FILENO);

    if (next < 0)
        return false;
    (void)close(next);
    return set_descriptor_limit((rlim_t)next);
}

static bool open_without_descriptors(struct assay__kit_child *child, void *arg)
{
    unsigned *failures = arg;
    struct rlimit before;
    assay_error err = {0};
    void *instance = NULL;
    assay_rc rc;

    if (getrlimit(RLIMIT_NOFILE, &before) != 0 || !forbid_descriptors()) {
        assay__kit_fail(child, "the kit itself: %s", strerrordesc_np(errno));
        return false;
    }
    assay__kit_stage(child, "open without a free descriptor");
    rc = child->ops->open(&child->args, &instance, &err);
    (void)setrlimit(RLIMIT_NOFILE, &before);
    if (rc == ASSAY_OK && instance)
        child->ops->close(instance);
    else if (rc != ASSAY_OK && err.msg[0] == '\0')
        assay__kit_fail(child, "open fails and does not say why");
    else if (rc != ASSAY_OK && instance)
        assay__kit_fail(child, "open fails and gives an instance");
    *failures += rc != ASSAY_OK;
    return true;
}

void assay__kit_check_no_descriptors(struct assay__kit_child *child)
{
    unsigned failures = 0;

    assay__kit_check_growth(child, child->kit->rounds, open_without_descriptors,
                            &failures);
    assay__kit_check_ended(child, child->threads);
    if (failures == 0)
        assay__kit_skip(child, "open needs no descriptors, so it did not fail");
}

/* ---- processes -------------------------------------------------------------
 */

static void scan_small(struct assay__kit_child *child, assay_finding *finding)
{
    assay__kit_scan(child, "a small mail", assay__kit_small_mail(),
                    child->kit->patience_ms, finding);
}

/* Scans until it is killed; the pipe tells that it has begun. */
static _Noreturn void be_victim(struct assay__kit_child *child, int pipe_fd)
{
    assay_finding finding;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!assay__kit_ready(child))
        _exit(1);
    scan_small(child, &finding);
    (void)!write(pipe_fd, "", 1);
    for (;;)
        scan_small(child, &finding);
}

/* @return false: it did not get as far as scanning */
static bool kill_victim(struct assay__kit_child *child)
{
    int fds[2], status;
    char byte;
    bool has_begun;
    pid_t pid;

    if (pipe(fds) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        be_victim(child, fds[1]);
    (void)close(fds[1]);
    has_begun = pid > 0 && read(fds[0], &byte, 1) == 1;
    (void)close(fds[0]);
    if (pid > 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
    }
    return has_begun;
}

void assay__kit_check_killed(struct assay__kit_child *child)
{
    assay_finding finding;

    if (!kill_victim(child)) {
        assay__kit_fail(child, "it does not scan in a second process");
        return;
    }
    assay__kit_stage(child,
                     "open, after a process with an instance was killed");
    if (!assay__kit_ready(child))
        return;
    scan_small(child, &finding);
    assay__kit_close(child);
}

static void compare_with_parent(struct assay__kit_child *child,
                                const assay_finding *before)
{
    assay_finding finding;

    assay__kit_stage(child, "forked");
    if (!child->is_worker && child->ops->forked) {
        assay_error err = {0};

        if (child->ops->forked(child->instance, child->worker_folder, &err) !=
            ASSAY_OK) {
            assay__kit_fail(child, "forked fails: %s", err.msg);
            return;
        }
    }
    scan_small(child, &finding);
    if (before && finding.found != before->found)
        assay__kit_fail(child, "the scan says %s there, and %s before the fork",
                        assay__kit_found_name(finding.found),
                        assay__kit_found_name(before->found));
}

void assay__kit_check_forked(struct assay__kit_child *child)
{
    assay_finding before;
    siginfo_t end;
    pid_t pid;

    if (assay__kit_is_remote(child)) {
        assay__kit_skip(child, "a remote engine is not isolated");
        return;
    }
    if (!assay__kit_ready(child))
        return;
    if (child->is_worker) { /* that was the fork */
        compare_with_parent(child, NULL);
        return;
    }
    scan_small(child, &before);
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        compare_with_parent(child, &before);
        _exit(0);
    }
    if (pid < 0 || waitid(P_PID, (id_t)pid, &end, WEXITED) != 0)
        assay__kit_fail(child, "the kit itself: %s", strerrordesc_np(errno));
    else if (end.si_code != CLD_EXITED || end.si_status != 0)
        assay__kit_fail(child, "the forked process ended by %s%d during %.200s",
                        end.si_code == CLD_EXITED ? "exit status " : "signal ",
                        end.si_status, child->report->stage);
    assay__kit_close(child);
}
