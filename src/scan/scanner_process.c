/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scanner_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "rt/spawn.h"

enum {
    OPEN_TIMEOUT_MS = 15 * 60 * 1000, /* large databases on slow disks */
    FORK_TIMEOUT_MS = 10 * 1000,
    LINES_MAX = 65536, /* log lines of a template before one answer */
    WORKER_LINES_MAX = 4096,
    WORKER_LINES_WRITTEN = 64 /* of a worker before one answer */
};

/* ---- packets ----------------------------------------------------------- */

assay_rc assay__scanner_send(struct assay__scanner_peer *peer,
                             struct assay__wire_request *request, int fd,
                             assay_error *err)
{
    request->id = ++peer->last_id;
    return assay__wire_send(peer->fd, request, sizeof *request, fd, err);
}

assay_rc assay__scanner_send_content(struct assay__scanner_peer *peer,
                                     struct assay__wire_request *request,
                                     assay_bytes content, assay_error *err)
{
    int fd = assay__wire_window_put(&peer->window, content), own = -1;
    assay_rc rc;

    if (fd < 0 && assay__wire_seal(content, &own, err) != ASSAY_OK)
        return ASSAY_E_LIMIT;
    request->id = ++peer->last_id;
    rc = assay__wire_send_until(peer->fd, request, sizeof *request,
                                fd >= 0 ? fd : own, request->deadline_ms, err);
    if (own >= 0)
        (void)close(own);
    return rc;
}

/* The line comes from a process that may have been taken over, a worker by a
 * mail: what that says is told as its words, not as an event, and a mail that
 * makes it talk does not fill the log. */
static void write_line(const struct assay__scanner_peer *peer,
                       const struct assay__wire_reply *reply, int lines_before)
{
    const assay_log *log = peer->log;
    char line[ASSAY_LOG_LINE_MAX];
    assay_log_level level =
        reply->rc >= ASSAY_LOG_ERROR && reply->rc <= ASSAY_LOG_DEBUG
            ? (assay_log_level)reply->rc
            : ASSAY_LOG_WARN;

    if (!log || !log->sink || level > log->threshold)
        return;
    if (peer->is_worker && lines_before >= WORKER_LINES_WRITTEN)
        return;
    (void)assay__text_copy_clean(line, sizeof line, reply->text, false);
    if (!peer->is_worker) {
        log->sink(log->arg, level, line);
        return;
    }
    assay__text_unquote(line);
    assay_log_write(log, level, "scanner.said", "pid=%d line=\"%s\"",
                    (int)peer->pid, line);
}

static int lines_most(const struct assay__scanner_peer *peer)
{
    return peer->is_worker ? WORKER_LINES_MAX : LINES_MAX;
}

static void close_received(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static assay_rc wait_for(const struct assay__scanner_peer *peer, int stop_fd,
                         int64_t deadline_ms, assay_error *err)
{
    struct pollfd ended = {.fd = peer->pid_fd, .events = POLLIN};
    assay_rc rc = assay__wire_wait(
        peer->fd, stop_fd >= 0 ? stop_fd : peer->pid_fd, deadline_ms, err);

    /* Dead, although somebody still has its end of the socket. */
    if (rc == ASSAY_E_STATE && peer->pid_fd >= 0 && poll(&ended, 1, 0) == 1)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "scanner: the process has ended");
    return rc;
}

assay_rc assay__scanner_receive(struct assay__scanner_peer *peer,
                                struct assay__wire_reply *reply, int *fd_out,
                                int stop_fd, int64_t deadline_ms,
                                assay_error *err)
{
    int fd = -1;
    assay_rc rc = ASSAY_OK;

    /* So that callers can tell what was said from what failed. */
    reply->kind = 0;
    for (int i = 0; i < lines_most(peer); i++) {
        rc = wait_for(peer, stop_fd, deadline_ms, err);
        if (rc == ASSAY_OK) /* there is something: it does not wait */
            rc = assay__wire_receive(peer->fd, reply, sizeof *reply,
                                     fd_out ? &fd : NULL, -1, err);
        if (rc != ASSAY_OK)
            return rc;
        if (!assay__wire_reply_is_sound(reply))
            break;
        if (reply->kind == ASSAY__WIRE_LOG) {
            close_received(&fd);
            write_line(peer, reply, i);
            continue;
        }
        if (reply->id != peer->last_id)
            break;
        if (reply->kind == ASSAY__WIRE_FAILED) {
            close_received(&fd);
            (void)assay__text_copy_clean(reply->text, sizeof reply->text,
                                         reply->text, false);
            return assay_error_set(
                err, reply->rc < 0 ? (assay_rc)reply->rc : ASSAY_E_UNAVAILABLE,
                "%s", reply->text);
        }
        if (fd_out)
            *fd_out = fd;
        return ASSAY_OK;
    }
    close_received(&fd);
    reply->kind = 0;
    return assay_error_set(err, ASSAY_E_INVAL,
                           "scanner: its answer makes no sense");
}

bool assay__scanner_is_quiet(struct assay__scanner_peer *peer)
{
    struct pollfd readable = {.fd = peer->fd, .events = POLLIN};
    struct assay__wire_reply reply;
    assay_rc rc = ASSAY_OK;

    for (int i = 0; rc == ASSAY_OK && poll(&readable, 1, 0) == 1; i++) {
        rc = assay__wire_receive(peer->fd, &reply, sizeof reply, NULL, 0, NULL);
        if (rc == ASSAY_OK && i < lines_most(peer) &&
            assay__wire_reply_is_sound(&reply) && reply.kind == ASSAY__WIRE_LOG)
            write_line(peer, &reply, i);
        else if (rc == ASSAY_OK)
            rc = ASSAY_E_INVAL; /* nobody asked */
    }
    return rc == ASSAY_OK;
}

void assay__scanner_peer_close(struct assay__scanner_peer *peer)
{
    if (peer->fd >= 0)
        (void)close(peer->fd);
    if (peer->pid_fd >= 0)
        (void)close(peer->pid_fd);
    peer->fd = peer->pid_fd = -1;
    assay__wire_window_close(&peer->window);
}

void assay__scanner_peer_kill(struct assay__scanner_peer *peer)
{
    if (peer->pid_fd >= 0)
        (void)pidfd_send_signal(peer->pid_fd, SIGKILL, NULL, 0);
    assay__scanner_peer_close(peer);
}

/* ---- starting a template ----------------------------------------------- */

/* Of the environment, what a program of ours reads. A host may have been
 * started by somebody else than who it runs as. */
static bool is_wanted(const char *entry)
{
    static const char *const names[] = {
        "PATH=",          "TZ=",           "LANG=",
        "LC_ALL=",        "ASAN_OPTIONS=", "LSAN_OPTIONS=",
        "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "ASSAY_KEEP_MODULES=",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static char **make_environment(void)
{
    char **environment;
    size_t count = 0, kept = 0;

    while (environ && environ[count])
        count++;
    environment = calloc(count + 1, sizeof *environment);
    for (size_t i = 0; environment && i < count; i++)
        if (is_wanted(environ[i]))
            environment[kept++] = environ[i];
    return environment;
}

/* Sanitizers and libraries write there what nobody else would see. */
static bool keeps_stderr(void)
{
    const char *value = secure_getenv("ASSAY_SCANNER_STDERR");

    return value && strcmp(value, "inherit") == 0;
}

_Static_assert(ASSAY_SCANNER_FD == (int)ASSAY__SPAWN_FD, "other number");

/* @return 0, or an errno */
static int spawn(const char *program, int child_fd,
                 struct assay__scanner_peer *peer)
{
    const char *const argv[] = {program, NULL};
    char **environment = make_environment();
    const struct assay__spawn what = {
        .argv = argv,
        .environment = environment,
        .fd = child_fd,
        .keeps_stderr = keeps_stderr(),
    };
    int rc =
        environment ? assay__spawn(&what, &peer->pid, &peer->pid_fd) : ENOMEM;

    free(environment);
    return rc;
}

/* ECHILD is an end, too: the host reaps all children, or has the kernel do so.
 */
static void reap(int pid_fd)
{
    siginfo_t info;

    while (waitid(P_PIDFD, (id_t)pid_fd, &info, WEXITED) < 0 && errno == EINTR)
        continue;
}

static assay_rc start_process(struct assay__scanner_peer *peer,
                              const char *program, assay_error *err)
{
    int pair[2], rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return assay_error_set(err, ASSAY_E_IO, "scanner: socketpair: %s",
                               strerrordesc_np(errno));
    rc = spawn(program, pair[1], peer);
    (void)close(pair[1]);
    if (rc != 0) {
        (void)close(pair[0]);
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be started: %s",
                               program, strerrordesc_np(rc));
    }
    peer->fd = pair[0];
    return ASSAY_OK;
}

static assay_rc send_record(struct assay__scanner_peer *peer,
                            const struct assay__scanner_plan *plan,
                            assay_error *err)
{
    struct assay__wire_request request;
    struct assay__strbuf record;
    int fd = -1;
    assay_rc rc = ASSAY_OK;

    assay__strbuf_init(&record, ASSAY__SCANNER_RECORD_MAX);
    assay__scanner_record_pack(plan->record, plan->table, plan->settings,
                               &record);
    if (record.failed)
        rc = assay_error_set(err, ASSAY_E_LIMIT,
                             "scanner: the settings are too large");
    if (rc == ASSAY_OK)
        rc = assay__wire_seal((assay_bytes){record.data, record.len}, &fd, err);
    if (rc == ASSAY_OK) {
        assay__wire_request_init(&request, ASSAY__WIRE_START, 0);
        request.size = record.len;
        rc = assay__wire_send(peer->fd, &request, sizeof request, fd, err);
        (void)close(fd);
    }
    assay__strbuf_fini(&record);
    return rc;
}

/* Numbers of files are used again; when each was made tells them apart. */
uint64_t assay__scanner_places(const char *const *paths)
{
    enum { PRIME = 1000003 };
    uint64_t places = 1;

    for (; *paths; paths++) {
        struct statx status = {0};

        (void)statx(AT_FDCWD, *paths, 0, STATX_INO | STATX_BTIME, &status);
        places = places * PRIME + status.stx_dev_major;
        places = places * PRIME + status.stx_dev_minor;
        places = places * PRIME + status.stx_ino;
        places = places * PRIME + (uint64_t)status.stx_btime.tv_sec;
        places = places * PRIME + status.stx_btime.tv_nsec;
    }
    return places ? places : 1;
}

/* The code of an engine or of a wall; those that mean something else here are
 * not passed on. */
static assay_rc own_failure(assay_rc rc, assay_error *err)
{
    bool is_ours =
        rc == ASSAY_E_STATE || rc == ASSAY_E_NOTFOUND || rc == ASSAY_E_TIMEOUT;

    if (is_ours && err)
        err->code = ASSAY_E_UNAVAILABLE;
    return is_ours ? ASSAY_E_UNAVAILABLE : rc;
}

/* A program that ended without a word. */
static assay_rc explain(const char *program, assay_rc rc, assay_error *err)
{
    if (rc == ASSAY_E_NOTFOUND || rc == ASSAY_E_IO)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "%s ended before its engine was open; is it an "
                               "assay-scanner?",
                               program);
    if (rc == ASSAY_E_TIMEOUT)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "%s did not open its engine in %d minutes",
                               program, OPEN_TIMEOUT_MS / 60000);
    return rc;
}

assay_rc assay__scanner_process_start(const struct assay__scanner_plan *plan,
                                      const assay_log *log, int stop_fd,
                                      struct assay__scanner_process *out,
                                      assay_error *err)
{
    struct assay__scanner_process process = {
        .peer = {.fd = -1, .pid_fd = -1, .log = log},
        .places = assay__scanner_places(plan->record->walls.readable)};
    struct assay__wire_reply reply = {.kind = 0};
    int64_t start_ms = assay__clock_ms();
    assay_error own = {0};
    assay_rc rc = start_process(&process.peer, plan->program, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = send_record(&process.peer, plan, &own);
    /* It may have told us why it does not want the record. */
    if (rc == ASSAY_OK || rc == ASSAY_E_IO)
        rc = assay__scanner_receive(&process.peer, &reply, NULL, stop_fd,
                                    assay__clock_ms() + OPEN_TIMEOUT_MS, &own);
    if (rc == ASSAY_OK && reply.kind != ASSAY__WIRE_READY)
        rc = assay_error_set(&own, ASSAY_E_INVAL,
                             "scanner: its answer makes no sense");
    if (rc != ASSAY_OK) {
        rc = reply.kind == ASSAY__WIRE_FAILED
                 ? own_failure(rc, &own)
                 : explain(plan->program, rc, &own);
        assay__scanner_process_end(&process);
        return assay_error_set(err, rc, "%s", own.msg);
    }
    (void)assay__text_copy_clean(process.epoch, sizeof process.epoch,
                                 reply.epoch, true);
    (void)assay__text_copy_clean(process.missing, sizeof process.missing,
                                 reply.text, true);
    process.footprint = reply.number;
    process.took_ms = assay__clock_ms() - start_ms;
    *out = process;
    return ASSAY_OK;
}

/* ---- workers ----------------------------------------------------------- */

static assay_rc ask_for_worker(struct assay__scanner_process *process,
                               uint64_t number, int child_fd, int stop_fd,
                               struct assay__scanner_peer *worker,
                               assay_error *err)
{
    struct assay__wire_request request;
    struct assay__wire_reply reply = {.kind = 0};
    assay_rc rc;

    assay__wire_request_init(&request, ASSAY__WIRE_FORK, 0);
    process->peer.last_id = number - 1; /* the id is the worker's number */
    rc = assay__scanner_send(&process->peer, &request, child_fd, err);
    if (rc == ASSAY_OK)
        rc = assay__scanner_receive(&process->peer, &reply, &worker->pid_fd,
                                    stop_fd,
                                    assay__clock_ms() + FORK_TIMEOUT_MS, err);
    if (reply.kind == ASSAY__WIRE_FAILED) /* it is well, and says why */
        return own_failure(rc, err);
    if (rc == ASSAY_E_STATE)
        return rc;
    if (rc != ASSAY_OK || reply.kind != ASSAY__WIRE_FORKED ||
        worker->pid_fd < 0)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "scanner: the template is gone, or hangs");
    worker->pid = (pid_t)reply.number;
    return ASSAY_OK;
}

assay_rc assay__scanner_process_fork(struct assay__scanner_process *process,
                                     uint64_t number, int stop_fd,
                                     struct assay__scanner_peer *worker_out,
                                     assay_error *err)
{
    struct assay__scanner_peer worker = {.pid_fd = -1,
                                         .log = process->peer.log,
                                         .last_id = number,
                                         .is_worker = true};
    struct assay__wire_reply reply = {.kind = 0};
    int pair[2];
    assay_rc rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return assay_error_set(err, ASSAY_E_IO, "scanner: socketpair: %s",
                               strerrordesc_np(errno));
    worker.fd = pair[0];
    rc = ask_for_worker(process, number, pair[1], stop_fd, &worker, err);
    (void)close(pair[1]);
    if (rc == ASSAY_OK) {
        rc = assay__scanner_receive(&worker, &reply, NULL, stop_fd,
                                    assay__clock_ms() + FORK_TIMEOUT_MS, err);
        if (reply.kind == ASSAY__WIRE_FAILED)
            rc = own_failure(rc, err);
        else if (rc == ASSAY_E_TIMEOUT)
            rc = assay_error_set(err, ASSAY_E_UNAVAILABLE,
                                 "scanner: a worker did not begin to work");
        else if (rc != ASSAY_E_STATE && reply.kind != ASSAY__WIRE_WORKING)
            rc = assay_error_set(err, ASSAY_E_UNAVAILABLE,
                                 "scanner: a worker ended before it worked");
    }
    if (rc != ASSAY_OK) {
        assay__scanner_peer_kill(&worker);
        return rc;
    }
    *worker_out = worker;
    return ASSAY_OK;
}

/* ---- ending ------------------------------------------------------------ */

void assay__scanner_process_retire(struct assay__scanner_process *process)
{
    struct assay__wire_request request;

    assay__wire_request_init(&request, ASSAY__WIRE_RETIRE, 0);
    (void)assay__scanner_send(&process->peer, &request, -1, NULL);
}

bool assay__scanner_process_has_ended(struct assay__scanner_process *process)
{
    if (assay__scanner_is_quiet(&process->peer))
        return false;
    assay__scanner_process_end(process);
    return true;
}

void assay__scanner_process_end(struct assay__scanner_process *process)
{
    struct assay__scanner_peer *peer = &process->peer;
    struct pollfd ended = {.fd = peer->pid_fd, .events = POLLIN};

    if (peer->pid_fd < 0) { /* it has ended, and was reaped */
        assay__scanner_peer_close(peer);
        return;
    }
    /* End of file makes it end its workers and tidy up; a hung one is killed.
     */
    if (peer->fd >= 0)
        (void)close(peer->fd);
    peer->fd = -1;
    if (poll(&ended, 1, 1000) != 1)
        (void)pidfd_send_signal(peer->pid_fd, SIGKILL, NULL, 0);
    reap(peer->pid_fd);
    assay__scanner_peer_close(peer);
}
