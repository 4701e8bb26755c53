/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Both ends of a scanner process: the parent that starts it, asks and kills
 * it, and the loop that runs inside it.
 *
 * The parent reaps this child alone, through its pidfd, and touches no signal
 * handler. The child learns of its parent's death by end of file.
 */
#include <assay/scanner.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "runtime/assay_priv.h"
#include "runtime/paths.h"
#include "scan/scanner_wire.h"

extern char **environ;

/* Signatures of any size load within this; a scanner that needs longer is
 * taken for hung. */
enum {
    READY_TIMEOUT_MS = 10 * 60 * 1000,
    STOP_WAIT_MS = 2000,
    GRACE_MS = 100 /* for an engine that answers at its own deadline */
};

struct assay_scanner {
    char *config_path, *program;
    int socket_fd, pid_fd; /* -1: no process */
    pid_t pid;
    int64_t timeout_ms; /* of a scan, as the process was configured */
    uint64_t last_id;
};

/* ---- the process ------------------------------------------------------- */

/* An idle process ends by itself when its socket closes, and tidies up; one
 * that is busy or hung gets wait_ms and is killed. */
static void end_process(assay_scanner *scanner, int wait_ms)
{
    struct pollfd ended = {.fd = scanner->pid_fd, .events = POLLIN};
    siginfo_t info;

    if (scanner->socket_fd >= 0)
        close(scanner->socket_fd);
    scanner->socket_fd = -1;
    if (scanner->pid_fd < 0)
        return;
    if (wait_ms == 0 || poll(&ended, 1, wait_ms) != 1)
        (void)pidfd_send_signal(scanner->pid_fd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)scanner->pid_fd, &info, WEXITED) < 0 &&
           errno == EINTR)
        continue;
    close(scanner->pid_fd);
    scanner->pid_fd = -1;
}

/* The child gets its socket as ASSAY_SCANNER_FD; everything else of ours is
 * CLOEXEC. */
static int spawn_child(assay_scanner *scanner, int child_fd)
{
    char *argv[] = {scanner->program, (char[]){"-c"}, scanner->config_path,
                    NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc;

    rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    sigemptyset(&none);
    sigfillset(&all);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &all);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawn_file_actions_adddup2(&actions, child_fd, ASSAY_SCANNER_FD);
    if (rc == 0)
        rc = posix_spawn(&scanner->pid, scanner->program, &actions, &attr, argv,
                         environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static assay_rc wait_ready(assay_scanner *scanner, assay_error *err)
{
    struct assay__wire_reply reply;
    assay_rc rc =
        assay__wire_receive(scanner->socket_fd, &reply, sizeof reply, NULL,
                            assay__clock_ms() + READY_TIMEOUT_MS, err);

    if (rc == ASSAY_OK && reply.magic == ASSAY__WIRE_MAGIC &&
        reply.kind == ASSAY__WIRE_READY && reply.timeout_ms > 0) {
        scanner->timeout_ms = reply.timeout_ms;
        return ASSAY_OK;
    }
    end_process(scanner, 0);
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "%s ended before it was ready; its log says why",
                           scanner->program);
}

static assay_rc start_process(assay_scanner *scanner, assay_error *err)
{
    int pair[2], rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return assay_error_set(err, ASSAY_E_IO, "scanner: socketpair: %s",
                               strerrordesc_np(errno));
    rc = spawn_child(scanner, pair[1]);
    close(pair[1]);
    scanner->socket_fd = pair[0];
    if (rc != 0) {
        end_process(scanner, 0);
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot start: %s",
                               scanner->program, strerrordesc_np(rc));
    }
    scanner->pid_fd = pidfd_open(scanner->pid, 0);
    if (scanner->pid_fd < 0) {
        rc = errno;
        (void)kill(scanner->pid, SIGKILL); /* not reaped: still our child */
        (void)waitpid(scanner->pid, NULL, 0);
        end_process(scanner, 0);
        return assay_error_set(err, ASSAY_E_IO, "scanner: pidfd_open: %s",
                               strerrordesc_np(rc));
    }
    return wait_ready(scanner, err);
}

assay_rc assay_scanner_start(const char *config_path, const char *program,
                             assay_scanner **out, assay_error *err)
{
    assay_scanner *scanner = calloc(1, sizeof *scanner);
    assay_rc rc;

    if (!scanner)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner");
    scanner->socket_fd = scanner->pid_fd = -1;
    scanner->config_path = assay__text_dup(config_path, strlen(config_path));
    rc = assay__path_beside_library(program, "../libexec/assay-scanner",
                                    &scanner->program, err);
    if (rc == ASSAY_OK && !scanner->config_path)
        rc = assay_error_set(err, ASSAY_E_NOMEM, "scanner");
    if (rc == ASSAY_OK)
        rc = start_process(scanner, err);
    if (rc != ASSAY_OK) {
        assay_scanner_stop(&scanner);
        return rc;
    }
    *out = scanner;
    return ASSAY_OK;
}

void assay_scanner_stop(assay_scanner **scanner)
{
    assay_scanner *s = *scanner;

    *scanner = NULL;
    if (!s)
        return;
    end_process(s, STOP_WAIT_MS);
    free(s->config_path);
    free(s->program);
    free(s);
}

/* ---- asking ------------------------------------------------------------ */

static void set_error(assay_verdict *verdict, assay_reason reason,
                      const char *text)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->reason = reason;
    (void)snprintf(verdict->info, sizeof verdict->info, "error: %.200s", text);
}

static assay_rc ask(assay_scanner *scanner,
                    const struct assay__wire_request *request, int content_fd,
                    int64_t deadline_ms, struct assay__wire_reply *reply,
                    assay_error *err)
{
    assay_rc rc = assay__wire_send(scanner->socket_fd, request, sizeof *request,
                                   content_fd, err);

    if (rc == ASSAY_OK)
        rc = assay__wire_receive(scanner->socket_fd, reply, sizeof *reply, NULL,
                                 deadline_ms, err);
    if (rc == ASSAY_OK && !assay__wire_reply_is_sound(request, reply))
        rc = assay_error_set(err, ASSAY_E_INVAL,
                             "scanner: the reply makes no sense");
    return rc;
}

static assay_reason reason_of(assay_rc rc)
{
    switch (rc) {
    case ASSAY_E_TIMEOUT:
        return ASSAY_REASON_TIMEOUT;
    case ASSAY_E_NOTFOUND:
    case ASSAY_E_IO:
        return ASSAY_REASON_CRASHED;
    default:
        return ASSAY_REASON_ENGINE;
    }
}

/* Whatever goes wrong from here on is the fault of the process, and it ends. */
static void ask_or_kill(assay_scanner *scanner, assay_bytes bytes,
                        const char *engine, int content_fd, int64_t deadline_ms,
                        assay_verdict *verdict_out)
{
    struct assay__wire_request request = {
        .magic = ASSAY__WIRE_MAGIC,
        .kind = ASSAY__WIRE_SCAN,
        .id = ++scanner->last_id,
        .size = bytes.len,
    };
    struct assay__wire_reply reply;
    assay_error err = {0};
    assay_rc rc;

    assay__text_copy(request.engine, sizeof request.engine, engine);
    rc = ask(scanner, &request, content_fd, deadline_ms, &reply, &err);
    if (rc == ASSAY_OK) {
        *verdict_out = reply.verdict;
        return;
    }
    end_process(scanner, 0);
    set_error(verdict_out, reason_of(rc), err.msg);
}

void assay_scanner_scan(assay_scanner *scanner, assay_message *message,
                        const char *engine, int64_t timeout_ms,
                        assay_verdict *verdict_out)
{
    int64_t start_ms = assay__clock_ms();
    assay_error err = {0};
    assay_bytes bytes;
    int content_fd = -1;
    assay_rc rc;

    if (engine && strlen(engine) > ASSAY_NAME_MAX) {
        set_error(verdict_out, ASSAY_REASON_NONE, "engine name is too long");
        verdict_out->status = ASSAY_STATUS_NAME_TOO_LONG;
        return;
    }
    rc = assay_message_bytes(message, ASSAY_RENDITION_CANONICAL, &bytes, &err);
    if (rc == ASSAY_OK)
        rc = assay__wire_seal(bytes, &content_fd, &err);
    if (rc != ASSAY_OK) {
        set_error(verdict_out,
                  rc == ASSAY_E_NOMEM ? ASSAY_REASON_MEMORY
                                      : ASSAY_REASON_DESCRIPTORS,
                  err.msg);
        return;
    }
    if (scanner->socket_fd < 0) {
        rc = start_process(scanner, &err);
        start_ms = assay__clock_ms();
    }
    if (timeout_ms <= 0)
        timeout_ms = scanner->timeout_ms + GRACE_MS;
    if (rc == ASSAY_OK)
        ask_or_kill(scanner, bytes, engine, content_fd, start_ms + timeout_ms,
                    verdict_out);
    else
        set_error(verdict_out, ASSAY_REASON_UNAVAILABLE, err.msg);
    close(content_fd);
}

/* ---- inside the process ------------------------------------------------ */

static bool request_is_sound(const struct assay__wire_request *request)
{
    return request->magic == ASSAY__WIRE_MAGIC &&
           request->kind == ASSAY__WIRE_SCAN &&
           memchr(request->engine, '\0', sizeof request->engine) != NULL;
}

static void scan_map(assay *self, const struct assay__wire_request *request,
                     const void *map, assay_verdict *verdict)
{
    const char *engine = request->engine[0] != '\0' ? request->engine : NULL;
    assay_message_limits limits = {.max_message_bytes = SIZE_MAX / 2};
    assay_message *message = NULL;
    assay_error err = {0};

    if (assay_message_new_borrowed(map, (size_t)request->size, &limits,
                                   &message, &err) == ASSAY_OK)
        assay_scan(self, message, engine, verdict);
    else
        set_error(verdict, ASSAY_REASON_MEMORY, err.msg);
    assay_message_free(&message);
}

static assay_rc serve_one(assay *self, int socket_fd, assay_error *err)
{
    struct assay__wire_request request;
    struct assay__wire_reply reply = {.magic = ASSAY__WIRE_MAGIC,
                                      .kind = ASSAY__WIRE_VERDICT};
    void *map = NULL;
    int fd = -1;
    assay_rc rc =
        assay__wire_receive(socket_fd, &request, sizeof request, &fd, -1, err);

    if (rc != ASSAY_OK)
        return rc;
    if (fd < 0 || !request_is_sound(&request))
        rc = assay_error_set(err, ASSAY_E_INVAL,
                             "scanner: the request makes no sense");
    else
        rc = assay__wire_map(fd, request.size, &map, err);
    if (fd >= 0)
        close(fd);
    if (rc != ASSAY_OK)
        return rc;
    scan_map(self, &request, map, &reply.verdict);
    if (map)
        (void)munmap(map, (size_t)request.size);
    reply.id = request.id;
    return assay__wire_send(socket_fd, &reply, sizeof reply, -1, err);
}

assay_rc assay_scanner_serve(assay *assay_, int socket_fd, assay_error *err)
{
    struct assay__wire_reply ready = {
        .magic = ASSAY__WIRE_MAGIC,
        .kind = ASSAY__WIRE_READY,
        /* Without any engine there is nothing to wait for. */
        .timeout_ms = assay__longest_scan_ms(assay_) + 1,
    };
    assay_rc rc = assay__wire_send(socket_fd, &ready, sizeof ready, -1, err);

    while (rc == ASSAY_OK)
        rc = serve_one(assay_, socket_fd, err);
    return rc == ASSAY_E_NOTFOUND ? ASSAY_OK : rc;
}
