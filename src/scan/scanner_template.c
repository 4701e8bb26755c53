/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A template: opens one engine instance, then forks workers from its only
 * thread. It sees no mail. Its walls go up before the engine's file is loaded,
 * because signatures come from outside, too.
 *
 * It ends its workers and itself when the host is gone. While the engine
 * opens, which may take a minute, SIGIO of the socket does that.
 */
#include <assay/scanner.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scan/scanner_record.h"
#include "scan/scanner_wire.h"
#include "scan/scanner_worker.h"

enum { CHILDREN_MAX = 1024 };

struct child {
    pid_t pid;
    uint64_t number;
};

struct template
{
    const assay_scanner_walls *walls;
    int fd, signal_fd;
    struct assay__arena arena;
    void *map; /* of the record, which strings are borrowed from */
    size_t map_size;
    struct assay__scanner_record record;
    void *settings;
    struct assay__engine_module *module;
    const assay_engine_ops *ops;
    void *instance;
    struct assay__scanner_log sink;
    assay_log log;
    bool is_retired;
    size_t child_count;
    struct child children[CHILDREN_MAX];
};

/* ---- starting ---------------------------------------------------------- */

static assay_rc receive_record(struct template *self,
                               struct assay__fields *fields_out,
                               assay_error *err)
{
    struct assay__wire_request request;
    int fd = -1;
    assay_rc rc =
        assay__wire_receive(self->fd, &request, sizeof request, &fd, -1, err);

    if (rc != ASSAY_OK)
        return rc;
    if (fd < 0 || !assay__wire_request_is_sound(&request) ||
        request.kind != ASSAY__WIRE_START ||
        request.size > ASSAY__SCANNER_RECORD_MAX)
        rc = assay_error_set(err, ASSAY_E_INVAL,
                             "scanner: the request makes no sense");
    else
        rc = assay__wire_map(fd, request.size, &self->map, err);
    if (fd >= 0)
        (void)close(fd);
    if (rc != ASSAY_OK)
        return rc;
    self->map_size = (size_t)request.size;
    *fields_out =
        (struct assay__fields){.at = self->map, .left = self->map_size};
    return ASSAY_OK;
}

static assay_rc open_engine(struct template *self, struct assay__fields *fields,
                            assay_error *err)
{
    const struct assay__scanner_record *record = &self->record;
    const assay_engine_module *table;
    assay_engine_args args = {
        .instance = record->instance,
        .scope = record->scope,
        .log = &self->log,
        .file_base = record->file_base,
        .temporary = record->walls.temporary,
        .timeout_ms = record->timeout_ms,
        .max_size = record->max_size,
    };
    assay_rc rc = assay__engine_module_load(record->module, &self->module, err);

    if (rc != ASSAY_OK)
        return rc;
    table = assay__engine_module_table(self->module);
    self->ops = table->ops;
    rc = assay__scanner_record_settings(fields, table, &self->arena,
                                        &self->settings, err);
    if (rc != ASSAY_OK)
        return rc;
    args.settings = self->settings;
    rc = self->ops->open(&args, &self->instance, err);
    if (rc == ASSAY_OK && !self->instance)
        rc = assay_error_set(err, ASSAY_E_UNAVAILABLE,
                             "the engine does not open and does not say why");
    return rc;
}

static void set_epoch(const struct template *self, char *epoch)
{
    self->ops->epoch(self->instance, epoch, ASSAY_EPOCH_MAX);
    epoch[ASSAY_EPOCH_MAX - 1] = '\0';
}

/* Another engine of this kind will need at its peak what this one did. */
static uint64_t peak_bytes(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0
               ? (uint64_t)usage.ru_maxrss * 1024
               : 0;
}

static assay_rc start(struct template *self, assay_error *err)
{
    struct assay__wire_reply ready;
    struct assay__fields fields;
    assay_rc rc = receive_record(self, &fields, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__scanner_own(self->fd);
    if (!assay__scanner_watch_host(self->fd))
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "scanner: the host has ended");
    rc =
        assay__scanner_record_unpack(&fields, &self->arena, &self->record, err);
    if (rc != ASSAY_OK)
        return rc;
    self->log.threshold = self->record.log_level;
    assay__wire_reply_init(&ready, ASSAY__WIRE_READY, 0);
    rc = self->walls->enter_template(&self->record.walls, ready.text, err);
    if (rc == ASSAY_OK)
        rc = open_engine(self, &fields, err);
    assay__scanner_unwatch_host(self->fd);
    if (rc != ASSAY_OK)
        return rc;
    set_epoch(self, ready.epoch);
    ready.number = peak_bytes();
    return assay__wire_send(self->fd, &ready, sizeof ready, -1, err);
}

/* ---- workers ----------------------------------------------------------- */

static _Noreturn void be_worker(struct template *self, uint64_t number, int fd)
{
    const struct assay__scanner_worker worker = {
        .walls = self->walls,
        .confinement = &self->record.walls,
        .ops = self->ops,
        .instance = self->instance,
        .number = number,
        .fd = fd,
    };
    sigset_t none;

    (void)close(self->fd);
    (void)close(self->signal_fd);
    sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    self->sink.fd = fd;
    assay__scanner_worker_run(&worker);
}

/* Zero and negative tell what went wrong to the host, by FAILED. */
static pid_t fork_worker(struct template *self, uint64_t number, int fd,
                         assay_error *err)
{
    pid_t pid;

    if (self->child_count == CHILDREN_MAX) {
        (void)assay_error_set(err, ASSAY_E_LIMIT,
                              "scanner: there are %d workers already",
                              CHILDREN_MAX);
        return -1;
    }
    pid = fork();
    if (pid == 0)
        be_worker(self, number, fd);
    if (pid < 0)
        (void)assay_error_set(err, ASSAY_E_IO, "scanner: fork: %s",
                              strerrordesc_np(errno));
    else
        self->children[self->child_count++] = (struct child){pid, number};
    return pid;
}

static assay_rc answer_fork(struct template *self, uint64_t number, int fd,
                            assay_error *err)
{
    struct assay__wire_reply reply;
    assay_error own = {0};
    pid_t pid = fork_worker(self, number, fd, &own);
    int pid_fd = pid > 0 ? pidfd_open(pid, 0) : -1;
    assay_rc rc;

    if (pid > 0 && pid_fd < 0) {
        (void)assay_error_set(&own, ASSAY_E_IO, "scanner: pidfd_open: %s",
                              strerrordesc_np(errno));
        (void)kill(pid, SIGKILL); /* not reaped: still our child */
    }
    if (pid_fd < 0) {
        assay__scanner_tell_failure(self->fd, number, &own);
        return ASSAY_OK;
    }
    assay__wire_reply_init(&reply, ASSAY__WIRE_FORKED, number);
    reply.number = (uint64_t)pid;
    rc = assay__wire_send(self->fd, &reply, sizeof reply, pid_fd, err);
    (void)close(pid_fd);
    return rc;
}

/* What ends because the host wants it is no news. */
static void report_end(struct template *self, const struct child *child,
                       const siginfo_t *info)
{
    unsigned long long number = child->number;

    if (info->si_code == CLD_EXITED)
        assay_log_write(&self->log,
                        info->si_status ? ASSAY_LOG_WARN : ASSAY_LOG_DEBUG,
                        "scanner.worker_ended",
                        "scope=%s instance=%s worker=%llu pid=%d exit=%d",
                        self->record.scope, self->record.instance, number,
                        (int)child->pid, info->si_status);
    else
        assay_log_write(&self->log,
                        info->si_status == SIGKILL ? ASSAY_LOG_DEBUG
                                                   : ASSAY_LOG_WARN,
                        "scanner.worker_ended",
                        "scope=%s instance=%s worker=%llu pid=%d signal=%s",
                        self->record.scope, self->record.instance, number,
                        (int)child->pid, sigabbrev_np(info->si_status));
}

static void forget_child(struct template *self, const siginfo_t *info)
{
    for (size_t i = 0; i < self->child_count; i++) {
        struct child child = self->children[i];

        if (child.pid != info->si_pid)
            continue;
        self->children[i] = self->children[--self->child_count];
        self->walls->forget_temporary(&self->record.walls, child.number);
        report_end(self, &child, info);
        return;
    }
}

static void reap(struct template *self)
{
    struct signalfd_siginfo ignored;
    siginfo_t info;

    while (read(self->signal_fd, &ignored, sizeof ignored) > 0)
        continue;
    for (;;) {
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
            return;
        forget_child(self, &info);
    }
}

static void end_children(struct template *self)
{
    siginfo_t info;

    for (size_t i = 0; i < self->child_count; i++)
        (void)kill(self->children[i].pid, SIGKILL);
    while (self->child_count > 0 && waitid(P_ALL, 0, &info, WEXITED) == 0)
        forget_child(self, &info);
}

/* ---- requests ---------------------------------------------------------- */

static assay_rc answer_newer(struct template *self, uint64_t id,
                             assay_error *err)
{
    struct assay__wire_reply reply;
    assay_error own = {0};
    uint64_t set = 0;

    if (self->ops->newer(self->instance, &set, &own) != ASSAY_OK) {
        assay__scanner_tell_failure(self->fd, id, &own);
        return ASSAY_OK;
    }
    assay__wire_reply_init(&reply, ASSAY__WIRE_ANSWER, id);
    reply.number = set;
    return assay__wire_send(self->fd, &reply, sizeof reply, -1, err);
}

static assay_rc answer_version(struct template *self, uint64_t id,
                               assay_error *err)
{
    struct assay__wire_reply reply;

    assay__wire_reply_init(&reply, ASSAY__WIRE_ANSWER, id);
    self->ops->version(self->instance, reply.text, sizeof reply.text);
    reply.text[sizeof reply.text - 1] = '\0';
    return assay__wire_send(self->fd, &reply, sizeof reply, -1, err);
}

static assay_rc answer(struct template *self,
                       const struct assay__wire_request *request, int fd,
                       assay_error *err)
{
    switch (request->kind) {
    case ASSAY__WIRE_FORK:
        if (fd >= 0)
            return answer_fork(self, request->id, fd, err);
        break;
    case ASSAY__WIRE_NEWER:
        return answer_newer(self, request->id, err);
    case ASSAY__WIRE_VERSION:
        return answer_version(self, request->id, err);
    case ASSAY__WIRE_RETIRE:
        self->is_retired = true;
        return ASSAY_OK;
    default:
        break;
    }
    return assay_error_set(err, ASSAY_E_INVAL,
                           "scanner: the request makes no sense");
}

static assay_rc serve_one(struct template *self, assay_error *err)
{
    struct assay__wire_request request;
    int fd = -1;
    assay_rc rc =
        assay__wire_receive(self->fd, &request, sizeof request, &fd, -1, err);

    if (rc != ASSAY_OK)
        return rc;
    if (assay__wire_request_is_sound(&request))
        rc = answer(self, &request, fd, err);
    else
        rc = assay_error_set(err, ASSAY_E_INVAL,
                             "scanner: the request makes no sense");
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

static assay_rc serve(struct template *self, assay_error *err)
{
    struct pollfd fds[] = {{.fd = self->fd, .events = POLLIN},
                           {.fd = self->signal_fd, .events = POLLIN}};
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK && !(self->is_retired && self->child_count == 0)) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return assay_error_set(err, ASSAY_E_IO, "scanner: poll: %s",
                                   strerrordesc_np(errno));
        if (fds[1].revents)
            reap(self);
        if (fds[0].revents)
            rc = serve_one(self, err);
    }
    return rc == ASSAY_E_NOTFOUND ? ASSAY_OK : rc;
}

/* ------------------------------------------------------------------------ */

static assay_rc watch_children(struct template *self, assay_error *err)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    (void)pthread_sigmask(SIG_BLOCK, &child, NULL);
    self->signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (self->signal_fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "scanner: signalfd: %s",
                               strerrordesc_np(errno));
    return ASSAY_OK;
}

static void tidy_up(struct template *self)
{
    if (self->instance)
        self->ops->close(self->instance);
    assay__engine_module_unref(&self->module);
    assay__arena_fini(&self->arena);
    if (self->map)
        (void)munmap(self->map, self->map_size);
    if (self->signal_fd >= 0)
        (void)close(self->signal_fd);
    free(self);
}

assay_rc assay_scanner_run(const assay_scanner_walls *walls, int socket_fd,
                           assay_error *err)
{
    struct template *self = calloc(1, sizeof *self);
    assay_error own = {0};
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner");
    self->walls = walls;
    self->fd = self->sink.fd = socket_fd;
    self->signal_fd = -1;
    self->log = (assay_log){.sink = assay__scanner_log_line,
                            .arg = &self->sink,
                            .threshold = ASSAY_LOG_WARN};
    assay__arena_init(&self->arena);
    rc = start(self, &own);
    if (rc == ASSAY_OK)
        rc = watch_children(self, &own);
    if (rc == ASSAY_OK) {
        rc = serve(self, &own);
        end_children(self);
    } else {
        own.code = rc;
        assay__scanner_tell_failure(socket_fd, 0, &own);
    }
    tidy_up(self);
    return rc == ASSAY_OK ? rc : assay_error_set(err, rc, "%s", own.msg);
}
