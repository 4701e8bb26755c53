/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "kit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kit_measure.h"

/* ---- saying ---------------------------------------------------------------
 */

ASSAY_PRINTF(3, 0)
static void say(struct assay__kit_child *child, enum assay__kit_outcome outcome,
                const char *fmt, va_list args)
{
    struct assay__kit_report *report = child->report;

    if (atomic_load(&report->outcome) != ASSAY__KIT_NONE)
        return;
    (void)vsnprintf(report->text, sizeof report->text, fmt, args);
    if (outcome != ASSAY__KIT_NONE)
        atomic_store(&report->outcome, (int)outcome);
}

void assay__kit_fail(struct assay__kit_child *child, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(child, ASSAY__KIT_FAILED, fmt, args);
    va_end(args);
}

void assay__kit_skip(struct assay__kit_child *child, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(child, ASSAY__KIT_SKIPPED, fmt, args);
    va_end(args);
}

void assay__kit_note(struct assay__kit_child *child, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(child, ASSAY__KIT_NONE, fmt, args);
    va_end(args);
}

bool assay__kit_has_failed(const struct assay__kit_child *child)
{
    return atomic_load(&child->report->outcome) != ASSAY__KIT_NONE;
}

void assay__kit_stage(struct assay__kit_child *child, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(child->report->stage, sizeof child->report->stage, fmt,
                    args);
    va_end(args);
}

int64_t assay__kit_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- loading --------------------------------------------------------------
 */

static void write_log(void *arg, assay_log_level level, const char *line)
{
    const struct assay__kit_child *child = arg;

    (void)level;
    if (child->log_fd >= 0)
        (void)dprintf(child->log_fd, "  log: %s\n", line);
}

/* The kit tells findings about options by the text of its report. */
static void take_finding(void *arg, const char *text)
{
    struct assay__kit_child *child = arg;
    char *report = child->report->text;
    size_t have = strlen(report);

    (void)snprintf(report + have, sizeof child->report->text - have, "%s%s",
                   have > 0 ? "\n" : "", text);
}

static bool configure(struct assay__kit_child *child)
{
    assay_error err = {0};

    child->report->text[0] = '\0';
    if (assay_engine_kit_configure(child->engine, child->kit->options,
                                   take_finding, child, &err) == ASSAY_OK) {
        child->report->text[0] = '\0'; /* warnings */
        return true;
    }
    if (err.code != ASSAY_E_CONF)
        assay__kit_fail(child, "%s", err.msg);
    else
        atomic_store(&child->report->outcome, ASSAY__KIT_USAGE);
    return false;
}

static bool make_folders(struct assay__kit_child *child)
{
    (void)snprintf(child->folder, sizeof child->folder, "%s/%ld",
                   child->kit->folder, (long)getpid());
    (void)snprintf(child->worker_folder, sizeof child->worker_folder,
                   "%s.worker", child->folder);
    if (mkdir(child->folder, 0700) == 0 &&
        mkdir(child->worker_folder, 0700) == 0)
        return true;
    assay__kit_fail(child, "cannot make folders for it: %s",
                    strerrordesc_np(errno));
    return false;
}

bool assay__kit_load(struct assay__kit_child *child)
{
    assay_error err = {0};

    assay__kit_stage(child, "loading");
    if (assay_engine_kit_load(child->kit->path, &child->engine, &err) !=
        ASSAY_OK) {
        assay__kit_fail(child, "%s", err.msg);
        return false;
    }
    child->threads = assay__kit_count_threads();
    child->table = assay_engine_kit_module(child->engine);
    child->ops = child->table->ops;
    assay__kit_stage(child, "reading options");
    if (!configure(child) || !make_folders(child))
        return false;
    child->log = (assay_log){
        .sink = write_log, .arg = child, .threshold = ASSAY_LOG_DEBUG};
    child->args = (assay_engine_args){
        .instance = "kit1",
        .scope = "kit",
        .settings = assay_engine_kit_settings(child->engine),
        .log = &child->log,
        .file_base = child->folder,
        .timeout_ms = child->kit->patience_ms,
        .max_size = UINT64_MAX,
    };
    assay__kit_stage(child, "flags");
    child->flags = child->ops->flags ? child->ops->flags(child->args.settings)
                                     : child->table->flags;
    if (assay__kit_is_process(child))
        child->args.temporary = child->folder;
    return true;
}

bool assay__kit_is_remote(const struct assay__kit_child *child)
{
    return (child->flags & ASSAY_ENGINE_REMOTE) != 0;
}

bool assay__kit_is_process(const struct assay__kit_child *child)
{
    return (child->flags & ASSAY_ENGINE_PROCESS) != 0;
}

/* ---- opening --------------------------------------------------------------
 */

bool assay__kit_open(struct assay__kit_child *child)
{
    assay_error err = {0};
    void *instance = NULL;
    assay_rc rc;

    assay__kit_stage(child, "open");
    rc = child->ops->open(&child->args, &instance, &err);
    err.msg[sizeof err.msg - 1] = '\0';
    if (rc != ASSAY_OK)
        assay__kit_fail(child, "open says %s: %s", assay_rc_name(rc),
                        err.msg[0] != '\0' ? err.msg : "and not why");
    else if (!instance)
        assay__kit_fail(child, "open says ok and gives no instance");
    child->instance = rc == ASSAY_OK ? instance : NULL;
    return child->instance != NULL;
}

/* Ends this process the way the other one ended. */
static _Noreturn void follow(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status)) {
        (void)signal(WTERMSIG(status), SIG_DFL);
        (void)raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static bool become_worker(struct assay__kit_child *child)
{
    assay_error err = {0};
    pid_t pid = fork();

    if (pid < 0) {
        assay__kit_fail(child, "fork: %s", strerrordesc_np(errno));
        return false;
    }
    if (pid > 0)
        follow(pid);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    child->is_worker = true;
    assay__kit_stage(child, "forked");
    if (!child->ops->forked ||
        child->ops->forked(child->instance, child->worker_folder, &err) ==
            ASSAY_OK)
        return true;
    assay__kit_fail(child, "forked fails: %s", err.msg);
    return false;
}

bool assay__kit_ready(struct assay__kit_child *child)
{
    return assay__kit_open(child) &&
           (!assay__kit_is_process(child) || become_worker(child));
}

void assay__kit_close(struct assay__kit_child *child)
{
    if (child->instance && !child->is_worker) {
        assay__kit_stage(child, "close");
        child->ops->close(child->instance);
    }
    child->instance = NULL;
}

/* ---- scanning -------------------------------------------------------------
 */

void assay__kit_scan(struct assay__kit_child *child, const char *what,
                     const assay_content *content, int64_t within_ms,
                     assay_finding *finding)
{
    /* One that writes a little too much fails the check of that alone. */
    static struct {
        assay_finding finding;
        char slack[256];
    } room;

    assay__kit_scan_into(child, what, content, within_ms, &room.finding);
    *finding = room.finding;
}

void assay__kit_scan_into(struct assay__kit_child *child, const char *what,
                          const assay_content *content, int64_t within_ms,
                          assay_finding *finding)
{
    const assay_scan_args args = {content, assay__kit_now_ms() + within_ms};

    memset(finding, 0, sizeof *finding);
    finding->coverage.bytes_total = content->size;
    assay__kit_stage(child, "the scan of %s", what);
    child->ops->scan(child->instance, &args, finding);
}

const char *assay__kit_found_name(assay_found found)
{
    switch (found) {
    case ASSAY_FOUND_FAULT:
        return "FAULT";
    case ASSAY_FOUND_NOTHING:
        return "NOTHING";
    case ASSAY_FOUND_THREAT:
        return "THREAT";
    case ASSAY_FOUND_UNSCANNABLE:
        return "UNSCANNABLE";
    case ASSAY_FOUND_NOT_SUITABLE:
        return "NOT_SUITABLE";
    }
    return "no finding";
}

/* As the dispatcher counts: one that counts no parts has one. */
static bool is_complete(const assay_coverage *told, uint64_t size)
{
    assay_coverage coverage = *told;

    coverage.bytes_total = size;
    if (coverage.parts_total == 0 && coverage.parts_seen == 0) {
        coverage.parts_total = 1;
        coverage.parts_seen = coverage.bytes_seen == size;
    }
    return assay_coverage_is_complete(&coverage);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

/* What does not depend on what was found. */
static const char *form_problem(const assay_finding *finding, uint64_t size)
{
    bool is_known = finding->found <= ASSAY_FOUND_NOT_SUITABLE;

    if (!is_known)
        return "found is none of the values there are";
    if (!memchr(finding->info, '\0', sizeof finding->info))
        return "info is not terminated";
    if (!memchr(finding->scan_code, '\0', sizeof finding->scan_code))
        return "scan_code is not terminated";
    if (finding->coverage.bytes_total != size)
        return "coverage.bytes_total was changed";
    if (finding->coverage.bytes_seen > size)
        return "coverage.bytes_seen is more than the content has";
    if (finding->reason != ASSAY_REASON_NONE &&
        assay_reason_name(finding->reason)[0] == '\0')
        return "reason is none of the values there are";
    return NULL;
}

const char *assay__kit_finding_problem(const assay_finding *finding,
                                       uint64_t size, char *buf,
                                       size_t buf_size)
{
    const char *problem = form_problem(finding, size);

    if (problem)
        return problem;
    if (finding->found == ASSAY_FOUND_THREAT && is_blank(finding->info))
        return "THREAT without a name in info";
    if ((finding->found == ASSAY_FOUND_FAULT ||
         finding->found == ASSAY_FOUND_UNSCANNABLE) &&
        finding->reason == ASSAY_REASON_NONE && is_blank(finding->info) &&
        is_blank(finding->scan_code)) {
        (void)snprintf(buf, buf_size, "%s without a reason",
                       assay__kit_found_name(finding->found));
        return buf;
    }
    if (finding->found != ASSAY_FOUND_NOTHING ||
        is_complete(&finding->coverage, size))
        return NULL;
    (void)snprintf(buf, buf_size,
                   "NOTHING, but of %llu bytes %llu were seen, of %u parts %u, "
                   "with limits %#x hit and %u members unopened",
                   (unsigned long long)size,
                   (unsigned long long)finding->coverage.bytes_seen,
                   finding->coverage.parts_total, finding->coverage.parts_seen,
                   finding->coverage.limits_hit,
                   finding->coverage.members_unopened);
    return buf;
}
